"""``chaintwin serve``: the twin of a project over HTTP."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.live.logs import StoreUrl, jobs_place, log_to_write
from chaintwin.cli.commands.options import Json, Project, refuse_alone
from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.terminal.session import session

if TYPE_CHECKING:
    from chaintwin.ingest.sources.configured import ConfiguredSource
    from chaintwin.store.interface import Store

Host = Annotated[str, typer.Option(help="Address to listen at; one that others can reach needs --certificate and --key.")]
TokenFile = Annotated[
    Path | None,
    typer.Option(help="File that holds the token; made, readable by its owner only, if there is none.", show_default=False),
]
HostNames = Annotated[
    list[str] | None, typer.Option("--name", help="Further name that the server may be called by.", show_default=False)
]
WebhookHosts = Annotated[
    list[str] | None,
    typer.Option("--allow-webhook", help="Host that subscriptions may send to, besides this machine.", show_default=False),
]

Measure = Annotated[
    float, typer.Option(help="Share of one core that looks back from the past meanwhile, 0 to 1; 0 for none.", min=0, max=1)
]
Calibrate = Annotated[
    float, typer.Option(help="Days of events after which it fits parameters anew; 0 for never. Goes with --measure.", min=0)
]


class LogFormat(StrEnum):
    """How a server says what it has to say besides its address."""

    TEXT = "text"
    JSON = "json"


def serve(
    project: Project,
    *,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at; 0 takes any that is free.", min=0, max=65535)] = 8750,
    store: StoreUrl = None,
    token_file: TokenFile = None,
    new_token: Annotated[
        bool, typer.Option("--new-token", help="Make a new token; the old one is refused from then on.")
    ] = False,
    certificate: Annotated[Path | None, typer.Option(help="Certificate for TLS, PEM.", show_default=False)] = None,
    key: Annotated[Path | None, typer.Option(help="Key of the certificate, PEM.", show_default=False)] = None,
    name: HostNames = None,
    allow_webhook: WebhookHosts = None,
    workers: Annotated[int, typer.Option(help="Processes that read documents; 0 reads in the server itself.", min=0)] = 2,
    jobs: Annotated[
        int, typer.Option(help="Jobs worked on at one time, each by a process of its own; 0 for none.", min=0, max=64)
    ] = 1,
    log_format: Annotated[
        LogFormat, typer.Option(help="How the server says things: text, or json with a line for each request too.")
    ] = LogFormat.TEXT,
    no_sources: Annotated[
        bool, typer.Option("--no-sources", help="Leave out the sources of events that the project names.")
    ] = False,
    measure: Measure = 0.0,
    calibrate: Calibrate = 0.0,
    json: Json = False,
) -> None:
    """Serve the live twin: EPCIS 2.0, its state and its changes."""
    with session(is_json=json) as terminal:
        from chaintwin.serve.memory import allocate_compactly

        refuse_alone("--calibrate", calibrate or None, beside=("--measure", measure or None), why="which gives it part of a core")
        # Before anything is loaded that makes threads.
        allocate_compactly()
        from chaintwin.serve import Address, Settings, bound, create_app, run
        from chaintwin.serve.settings import LOOPBACK_HOSTS, JobLimits
        from chaintwin.store.opening import open_store
        from chaintwin.twin import Twin

        if log_format is LogFormat.JSON:
            _say_as_json()
        address = Address(host, port, certificate=certificate, key=key)
        sources = () if no_sources else _sources(project)
        # Where nobody can listen, no log is made.
        with bound(address) as sock, open_store(log_to_write(project, store)) as log:
            # A project with faults ends here, before a token is made that nobody would see.
            twin = Twin.open(project, store=log)
            token, hashes = _token(log, token_file=token_file, is_new=new_token)
            settings = Settings(
                hashes,
                hosts=LOOPBACK_HOSTS | {host, *(name or ())},
                webhook_hosts=LOOPBACK_HOSTS | set(allow_webhook or ()),
                workers=workers,
                jobs=JobLimits(at_once=jobs),
                folder=jobs_place(project, store),
            )

            def started(url: str) -> None:
                from rich.text import Text

                from chaintwin.guard.tokens import token_hash
                from chaintwin.serve.keys import keep_hash

                if token:
                    # Only a token that is shown counts from now on: a port that was taken must not use one up.
                    keep_hash(log, token_hash(token))
                said = token or (f"in {token_file}" if token_file else "the one shown before; --new-token makes another")
                # Behind the # of a link nothing is sent to the server, so the token comes into no log and no other page's hands.
                link = f"{url}/sign-in#{token}" if token else f"{url}/sign-in"
                head = log.head().sequence
                terminal.document({"url": url, "token": token or None, "link": link, "sequence": head})
                terminal.show(Text(f"Serving {project} at {url}"), Text(f"Token: {said}"), Text(f"In a browser: {link}"))
                if sources:
                    names = printable(", ".join(source.name for source in sources))
                    terminal.show(Text(f"Taking events from {names}; chaintwin sources shows how they are."))
                terminal.show(Text("Stop with Ctrl-C."))

            app = create_app(log, settings=settings, twin=twin, sources=sources, note=partial(_note, terminal, log_format))
            with _measuring(log, project=project, place=log_to_write(project, store), share=(measure, calibrate)):
                run(app, address, sock=sock, started=started)


def _note(terminal: Terminal, form: LogFormat, name: str, text: str) -> None:
    """Say something of a source."""
    if form is LogFormat.JSON:
        logging.getLogger("chaintwin.sources").info(text, extra={"fields": {"source": name}})
    else:
        terminal.note(printable(f"{name}: {text}"))


@contextmanager
def _measuring(log: Store, *, project: Path, place: str, share: tuple[float, float]) -> Iterator[None]:
    """Measure fidelity in the background with a share of a core, where one was given, and fit parameters every so many days."""
    if not share[0]:
        yield
        return
    from chaintwin.fidelity.reporting.background import Measuring

    measuring = Measuring(log, project=project, place=place, share=share[0], calibrate_days=share[1])
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
