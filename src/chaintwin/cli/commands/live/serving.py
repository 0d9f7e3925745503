"""Serving a project from the command line: its log, its token, its sources, and what is said of them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from chaintwin.cli.commands.live.logs import jobs_place, log_to_write
from chaintwin.cli.terminal.output import Terminal, printable

if TYPE_CHECKING:
    from chaintwin.ingest.sources.configured import ConfiguredSource
    from chaintwin.store.interface import Store


class LogFormat(StrEnum):
    """How a server says what it has to say besides its address."""

    TEXT = "text"
    JSON = "json"


class Way(NamedTuple):
    """How one comes in to a server.

    Parameters
    ----------
    url : its address. token : that is let in. link : that signs a browser in once; both empty where no token is shown.
    """

    url: str
    token: str
    link: str


@dataclass(frozen=True, slots=True)
class Served:
    """How a project is served.

    Parameters
    ----------
    host, port, certificate, key : where. store : its log; None for the usual place. key_file : of
        personal values in a database. token_file, is_new_token : who is let in.
    names : that the server may be called by besides. webhooks : hosts that subscriptions may send to.
    workers, jobs : processes that read documents, and that do jobs. log_format : of what the server says.
    has_sources : whether those of the project are taken. measure : share of a core that looks back from the past.
    calibrate : days of events after which it fits parameters anew; 0 for never. ahead : days to look ahead.
    begun : is told how one comes in, once requests are taken.
    """

    host: str = "127.0.0.1"
    port: int = 8750
    store: str | None = None
    key_file: Path | None = None
    token_file: Path | None = None
    is_new_token: bool = False
    certificate: Path | None = None
    key: Path | None = None
    names: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    workers: int = 2
    jobs: int = 1
    log_format: LogFormat = LogFormat.TEXT
    has_sources: bool = True
    measure: float = 0.0
    calibrate: float = 0.0
    ahead: float = 30.0
    begun: Callable[[Way], None] = lambda _: None


def serve_project(terminal: Terminal, project: Path, *, served: Served) -> None:
    """Serve a project until told to stop.

    Parameters
    ----------
    terminal : where it is told. project : folder or workbook. served : how.

    Raises
    ------
    UsageError, InputError
        It cannot be served so, or has faults.
    """
    from chaintwin.serve.memory import allocate_compactly

    # Before anything is loaded that makes threads.
    allocate_compactly()
    from chaintwin.serve import Address, Settings, bound, create_app, run
    from chaintwin.serve.settings import LOOPBACK_HOSTS, JobLimits, OutlookSettings
    from chaintwin.store.opening import open_store
    from chaintwin.twin import Twin

    if served.log_format is LogFormat.JSON:
        _say_as_json()
    address = Address(served.host, served.port, certificate=served.certificate, key=served.key)
    sources = _sources(project) if served.has_sources else ()
    # Where nobody can listen, no log is made.
    with bound(address) as sock, open_store(log_to_write(project, served.store), key_file=served.key_file) as log:
        # A project with faults ends here, before a token is made that nobody would see.
        twin = Twin.open(project, store=log)
        token, hashes = _token(log, token_file=served.token_file, is_new=served.is_new_token)
        settings = Settings(
            hashes,
            hosts=LOOPBACK_HOSTS | {served.host, *served.names},
            webhook_hosts=LOOPBACK_HOSTS | set(served.webhooks),
            workers=served.workers,
            jobs=JobLimits(at_once=served.jobs),
            outlook=OutlookSettings(days=served.ahead),
            folder=jobs_place(project, served.store),
            scenarios=project / "scenarios" if project.is_dir() else None,
        )

        def started(url: str) -> None:
            from chaintwin.guard.tokens import token_hash
            from chaintwin.serve.keys import keep_hash

            if token:
                # Only a token that is shown counts from now on: a port that was taken must not use one up.
                keep_hash(log, token_hash(token))
            _tell(terminal, project, url=url, token=token, served=served, sources=sources, head=log.head().sequence)
            served.begun(Way(url, token, f"{url}/sign-in#{app.once(token)}" if token else ""))

        app = create_app(log, settings=settings, twin=twin, sources=sources, note=partial(_note, terminal, served.log_format))
        with _measuring(log, project=project, place=log_to_write(project, served.store), served=served):
            run(app, address, sock=sock, started=started)


def _tell(
    terminal: Terminal,
    project: Path,
    *,
    url: str,
    token: str,
    served: Served,
    sources: tuple[ConfiguredSource, ...],
    head: int,
) -> None:
    """Say where the server is and how one comes in."""
    from rich.text import Text

    file = served.token_file
    said = token or (f"in {file}" if file else "the one shown before; --new-token makes another")
    # Behind the # of a link nothing is sent to the server, so the token comes into no log and no other page's hands.
    link = f"{url}/sign-in#{token}" if token else f"{url}/sign-in"
    terminal.document({"url": url, "token": token or None, "link": link, "sequence": head})
    terminal.show(Text(f"Serving {project} at {url}"), Text(f"Token: {said}"), Text(f"In a browser: {link}"))
    if sources:
        names = printable(", ".join(source.name for source in sources))
        terminal.show(Text(f"Taking events from {names}; chaintwin sources shows how they are."))
    terminal.show(Text("Stop with Ctrl-C."))


def _note(terminal: Terminal, form: LogFormat, name: str, text: str) -> None:
    """Say something of a source."""
    if form is LogFormat.JSON:
        logging.getLogger("chaintwin.sources").info(text, extra={"fields": {"source": name}})
    else:
        terminal.note(printable(f"{name}: {text}"))


@contextmanager
def _measuring(log: Store, *, project: Path, place: str, served: Served) -> Iterator[None]:
    """Measure fidelity in the background with a share of a core, where one was given, and fit parameters every so many days."""
    if not served.measure:
        yield
        return
    from chaintwin.fidelity.reporting.background import Measuring

    measuring = Measuring(log, project=project, place=place, share=served.measure, calibrate_days=served.calibrate)
    measuring.start()
    try:
        yield
    finally:
        measuring.close()


def _say_as_json() -> None:
    """Let what the server says be lines of JSON."""
    from chaintwin.clock import SystemClock
    from chaintwin.serve.operating.lines import say_as_json

    say_as_json(sys.stderr, clock=SystemClock())


def _sources(project: Path) -> tuple[ConfiguredSource, ...]:
    """Return the sources that the project names and that are enabled; what is wrong with any of them ends the command."""
    from chaintwin.ingest.sources.configured import chosen_sources, configured_sources

    return chosen_sources(configured_sources(project), ())


def _token(log: Store, *, token_file: Path | None, is_new: bool) -> tuple[str, tuple[str, ...]]:
    """Return a token to be shown and kept, empty if it was before or lies in a file, and the hashes of those that are let in."""
    from chaintwin.guard.token_files import token_in, write_token
    from chaintwin.guard.tokens import new_token, token_hash
    from chaintwin.serve.keys import TOKEN_SIGNS_MIN, kept_hashes

    if token_file is not None:
        # Programs keep what a server says; the token is for the file, which only its owner may read.
        if is_new or not token_file.exists():
            write_token(token_file, new_token())
        return "", (token_hash(token_in(token_file, least=TOKEN_SIGNS_MIN)),)
    hashes = kept_hashes(log)
    if hashes and not is_new:
        return "", hashes
    token = new_token()
    return token, (token_hash(token),)
