"""``chaintwin replay``: recorded events once more, in the order and at a multiple of the speed at which they happened."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.feeding.connecting import (
    ConnectorName,
    ConnectorOption,
    MappingFile,
    given_options,
    source_key,
)
from chaintwin.cli.commands.feeding.unknown import show_unknown, unknown_names
from chaintwin.cli.commands.live.logs import StoreUrl, is_project, log_to_write
from chaintwin.cli.commands.log.places import KeyFile
from chaintwin.cli.commands.options import Json
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import INTERRUPTED, fail, session

if TYPE_CHECKING:
    from chaintwin.ingest.connectors.interface import Connector
    from chaintwin.ingest.history.ordering import Ordered
    from chaintwin.ingest.history.playing import Mark, Played, Target


def replay(
    source: Annotated[str, typer.Argument(help="File or folder of recorded events, or of tables.", show_default=False)],
    *,
    project: Annotated[
        Path,
        typer.Option(
            "--project",
            help="Folder with chaintwin.toml and tables, or one XLSX file, whose log takes the events; with --to only what is "
            "noted of how far the replay is lies beside it.",
            show_default=False,
        ),
    ],
    speed: Annotated[
        str, typer.Option(help="Seconds of event time in one second, such as 3600; or max, as fast as they are taken.")
    ] = "max",
    connector: ConnectorName = None,
    option: ConnectorOption = None,
    mapping: MappingFile = None,
    store: StoreUrl = None,
    key_file: KeyFile = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="URL",
            help="EPCIS repository to send to instead of a log, such as http://127.0.0.1:8750/epcis.",
            show_default=False,
        ),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token of that repository, with --to.", show_default=False)
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Only events from this time on.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Only events before this time.", show_default=False)
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Play from the begin instead of going on.")] = False,
    json: Json = False,
) -> None:
    """Play recorded events by their times; stopped, it goes on."""
    with session(is_json=json) as terminal:
        from time import monotonic, sleep

        from chaintwin.ingest.connectors.registry import connector_for, connector_named
        from chaintwin.ingest.history.playing import Sent, play

        rate, between = rate_of(speed), (_moment("--from", begin), _moment("--until", until))
        key = f"replay {source_key(source)} {begin or ''}..{until or ''}"
        known = connector_for(source) if connector is None else connector_named(connector)
        recorded = _read(terminal, known, source, options=given_options(option, mapping), between=between)
        with _target(
            terminal, project, key, store=store, key_file=key_file, to=to, token_file=token_file, connector=known
        ) as target:
            mark = _begun(terminal, recorded, target, is_anew=anew)
            last, is_stopped = None, False
            try:
                for last in play(recorded, target, speed=rate, tick=monotonic, sleep=sleep, begin=mark):
                    _say(terminal, recorded, last)
            except KeyboardInterrupt:
                is_stopped = True
            sent = Sent() if last is None else last.sent
            # A stop may come between noting a group and counting it, so what was noted says how far it is.
            count = target.played().count
            unknown = _unknown(terminal, target, project=project) if sent.accepted and not is_stopped else []
            where = to or log_to_write(project, store)
            _show(terminal, recorded, played=count, sent=sent, where=where, is_stopped=is_stopped, unknown=unknown)
            show_unknown(terminal, unknown)
        if is_stopped:
            terminal.note("Stopped; the same command goes on from here.")
            raise typer.Exit(INTERRUPTED)
        if sent.rejected or sent.conflict or recorded.problems:
            fail()


def rate_of(speed: str) -> float:
    """Return the speed that an option means: seconds in one second, infinity for ``max``.

    Raises
    ------
    UsageError
        It is no number above 0, and not ``max``.
    """
    from chaintwin.errors import UsageError

    try:
        rate = math.inf if speed == "max" else float(speed)
    except ValueError:
        rate = math.nan
    if not rate > 0 or (math.isinf(rate) and speed != "max"):
        raise UsageError(f"--speed: found {speed!r}; allowed: a number above 0, or max")
    return rate


def _read(
    terminal: Terminal,
    connector: Connector,
    source: str,
    *,
    options: Mapping[str, str],
    between: tuple[int | None, int | None],
) -> Ordered:
    from time import sleep

    from chaintwin.cli.terminal.progress import waiting
    from chaintwin.clock import SystemClock
    from chaintwin.ingest.connectors.interface import Run
    from chaintwin.ingest.connectors.running import kept_in_place
    from chaintwin.ingest.history.ordering import in_order

    # All is read before anything is played, so a replay that is stopped needs its files once more.
    run = Run(SystemClock(), sleep, kept_in_place(options, connector), note=terminal.note)
    with waiting(terminal, f"Reading {source}"):
        return in_order(connector.read(source, since=None, run=run), after=between[0], before=between[1])


def _begun(terminal: Terminal, recorded: Ordered, target: Target, *, is_anew: bool) -> Mark:
    """Return how far the source was played before, and keep it; from the begin where other events are there now."""
    from chaintwin.ingest.history.playing import Mark, confirmed

    before = Mark() if is_anew else target.played()
    mark = confirmed(recorded, before)
    target.keep(mark)
    if mark.count and mark.count == recorded.count:
        terminal.note(
            "All of it was played already, so nothing is sent; --anew plays it again, such as to a log that was restored."
        )
    elif mark.count:
        terminal.note(f"Going on behind {mark.count:,} events that were played already; --anew plays them again.")
    elif before.count:
        terminal.note("The source has other events among those that were played, so all are played from the begin.")
    return mark


@contextmanager
def _target(
    terminal: Terminal,
    project: Path,
    key: str,
    *,
    store: str | None,
    key_file: Path | None,
    to: str | None,
    token_file: Path | None,
    connector: Connector,
) -> Iterator[Target]:
    """Yield where events go: a log that is opened, or an address."""
    from time import sleep

    from chaintwin.clock import SystemClock
    from chaintwin.errors import UsageError
    from chaintwin.ingest.connectors.capturing import captured
    from chaintwin.ingest.history.targets import HttpTarget, StoreTarget

    if to is None:
        from chaintwin.store.opening import open_store

        clock = SystemClock()
        with open_store(log_to_write(project, store), clock=clock, key_file=key_file) as log:
            yield StoreTarget(log, captured, key, clock, sleep, connector)
        return
    for option, value in (("--store", store), ("--key-file", key_file)):
        if value is not None:
            raise UsageError(f"{option}: found it beside --to; allowed: one of the two")
    import httpx

    from chaintwin.ingest.history.targets import repository_address

    address, headers = repository_address(to), _authorization(token_file)
    folder = (project if project.is_dir() else project.parent) / ".replays"
    if not folder.parent.is_dir():
        raise UsageError(f"{project}: found nothing there; allowed: a project, beside whose tables is kept how far a replay is")
    folder.mkdir(exist_ok=True)
    kept = folder / f"{hashlib.sha256(f'{to} {key}'.encode()).hexdigest()[:24]}.txt"
    with httpx.Client(headers=headers, timeout=60.0) as client:
        yield HttpTarget(client, address, kept, sleep, terminal.note)


def _unknown(terminal: Terminal, target: Target, *, project: Path) -> list[dict[str, object]]:
    """Return names that the project does not know, where the events went into its log."""
    from chaintwin.ingest.history.targets import StoreTarget

    if not isinstance(target, StoreTarget) or not is_project(project):
        return []
    return unknown_names(terminal, project, log=target.store)


def _authorization(token_file: Path | None) -> dict[str, str]:
    """Return the header that shows the token of a file; none without a file."""
    from chaintwin.guard.token_files import token_in

    return {} if token_file is None else {"Authorization": f"Bearer {token_in(token_file)}"}


def _moment(name: str, text: str | None) -> int | None:
    """Return a moment of an option; without a zone it is one of UTC."""
    from datetime import UTC, datetime

    from chaintwin.clock import microseconds_of
    from chaintwin.errors import UsageError

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{name}: found {text!r}; allowed: a time such as 2026-03-01T06:00:00+01:00") from None
    return microseconds_of(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _say(terminal: Terminal, recorded: Ordered, played: Played) -> None:
    if terminal.notes.is_terminal:
        from chaintwin.clock import text_of

        terminal.note(f"{text_of(played.at)}: {played.count:,} of {recorded.count:,} events")


def _show(
    terminal: Terminal,
    recorded: Ordered,
    *,
    played: int,
    sent: object,
    where: str,
    is_stopped: bool,
    unknown: list[dict[str, object]],
) -> None:
    from dataclasses import asdict

    from rich.table import Table
    from rich.text import Text

    from chaintwin.clock import text_of

    counts = asdict(sent)  # type: ignore[call-overload]
    reasons = counts.pop("reasons")
    unread = len(recorded.problems)
    about = {"to": where, "events": recorded.count, "played": played, "unread": unread, "stopped": is_stopped}
    times = {"first": text_of(recorded.first), "last": text_of(recorded.last)} if recorded.count else {}
    terminal.document(about | times | counts | {"reasons": reasons, "unknown": unknown})
    terminal.title(f"Played {played:,} of {recorded.count:,} events")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for name in counts:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(*(f"{count:,}" for count in counts.values()))
    terminal.show(table)
    for reason, count in sorted(reasons.items()):
        terminal.show(Text(f"  {count:,} x {reason}"))
    for problem in recorded.problems[:5]:
        terminal.show(Text(f"  not read: {problem.findings[0]}"))
