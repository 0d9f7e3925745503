"""``chaintwin ingest``: events from files, folders, tables and other repositories into the log of a project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.live.logs import StoreUrl, is_project, log_place, log_to_write
from chaintwin.cli.commands.live.sources import (
    ConnectorName,
    ConnectorOption,
    MappingFile,
    given_options,
    source_key,
)
from chaintwin.cli.commands.live.unknown import show_unknown, unknown_names
from chaintwin.cli.commands.options import Json, Project
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import fail, session

if TYPE_CHECKING:
    from chaintwin.clock import Clock
    from chaintwin.ingest.connectors.running import Ingest, Summary
    from chaintwin.store.interface import Store
    from chaintwin.store.log.store import LogStore

COUNTS = ("accepted", "duplicate", "conflict", "rejected")
"""What becomes of events."""

Sources = Annotated[
    list[str],
    typer.Argument(help="Files, folders and addresses (https://...) that events come from.", show_default=False),
]


def ingest(
    project: Project,
    source: Sources,
    *,
    connector: ConnectorName = None,
    option: ConnectorOption = None,
    mapping: MappingFile = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on asking for more until Ctrl-C; new files of a folder are taken once.")
    ] = False,
    every: Annotated[float, typer.Option(help="Seconds between two questions, with --follow.", min=0.05, max=86_400)] = 5.0,
    store: StoreUrl = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Read from the begin; what was taken already is then a duplicate.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check only; nothing is written.")] = False,
    json: Json = False,
) -> None:
    """Take events into the log of a project, each of them once."""
    with session(is_json=json) as terminal:
        from time import sleep

        from chaintwin.clock import SystemClock
        from chaintwin.errors import amount_of
        from chaintwin.ingest.connectors.capturing_aside import shared_capture
        from chaintwin.ingest.connectors.registry import connector_for, connector_named
        from chaintwin.ingest.connectors.running import Ingest

        options, clock = given_options(option, mapping), SystemClock()
        log_place(project, store)
        if connector is None:
            _check_there(source)
        keys = [source_key(one) for one in source]
        connectors = [connector_for(one) if connector is None else connector_named(connector) for one in source]
        place = log_place(project, store) if dry_run else log_to_write(project, store)
        with _opened(place, clock, dry=dry_run) as log, shared_capture() as capture:
            runs = [
                Ingest(
                    known,
                    key,
                    log,
                    capture,
                    clock,
                    sleep,
                    options,
                    note=terminal.note,
                    dry=dry_run,
                    anew=anew,
                )
                for known, key in zip(connectors, keys, strict=True)
            ]
            before = [run.read_at() for run in runs]
            found = _followed(terminal, runs, every=every) if follow else _once(terminal, runs)
            unknown = []
            if not dry_run and not follow and is_project(project) and any(summary.read for summary in found):
                unknown = unknown_names(terminal, project, log=log)
            _tell(terminal, runs, found, store=log, place=place, is_dry=dry_run, unknown=unknown)
            _show(terminal, runs, found, before=before, is_dry=dry_run)
            if not dry_run:
                show_unknown(terminal, unknown)
                terminal.show("", f"The log {place} has {amount_of(log.head().sequence, 'event')}.")
        if any(summary.rejected or summary.conflict for summary in found):
            fail()


@contextmanager
def _opened(place: str, clock: Clock, *, dry: bool) -> Iterator[LogStore]:
    """Open the log to write it; for a dry run only to look into it, or one of a moment where there is none yet."""
    from tempfile import TemporaryDirectory

    from chaintwin.store.opening import open_store

    if not dry:
        with open_store(place, clock=clock) as log:
            yield log
    elif "://" in place or Path(place).is_file():
        with open_store(place, clock=clock, read_only=True) as log:
            yield log
    else:
        with TemporaryDirectory() as folder, open_store(Path(folder) / "log.db", clock=clock) as log:
            yield log


def _check_there(sources: list[str]) -> None:
    """Refuse all where one is not there, so that none is taken of a command that cannot be done as a whole."""
    from chaintwin.errors import UsageError

    missing = [source for source in sources if "://" not in source and not Path(source).exists()]
    if missing:
        raise UsageError(f"{', '.join(missing)}: found nothing there; allowed: files, folders, addresses (https://...)")


def _once(terminal: Terminal, runs: list[Ingest]) -> list[Summary]:
    """Take all that is new of each source, one after the other."""
    from chaintwin.cli.terminal.progress import progress_bar
    from chaintwin.ingest.connectors.running import Summary

    found = []
    for run in runs:
        latest = Summary(cursor=run.saved())
        with progress_bar(terminal, f"Taking {run.source}", is_cold=False) as report:
            for latest in run.run():
                if latest.share is not None:
                    report(latest.share)
        found.append(latest)
    return found


def _followed(terminal: Terminal, runs: list[Ingest], *, every: float) -> list[Summary]:
    """Take what is new of all sources in turn until Ctrl-C, which is how this ends."""
    from chaintwin.ingest.connectors.running import Summary

    found = [Summary(cursor=run.saved()) for run in runs]
    # The source is asked again after the pause of the last one only.
    steps: list[Iterator[Summary]] = [
        run.run(follow=True, every=every if place == len(runs) - 1 else 0.0) for place, run in enumerate(runs)
    ]
    terminal.note("Following; stop with Ctrl-C.")
    try:
        while True:
            for place, step in enumerate(steps):
                for latest in step:
                    if latest.read > found[place].read:
                        terminal.note(_line(runs[place].source, latest))
                    found[place] = latest
                    if latest.is_idle:
                        break
    except KeyboardInterrupt:
        terminal.note("Stopped; the same command goes on from here.")
    return found


def _line(source: str, summary: Summary) -> str:
    parts = {name: getattr(summary, name) for name in COUNTS}
    return f"{source}: " + ", ".join(f"{count:,} {name}" for name, count in parts.items() if count)


def _tell(
    terminal: Terminal,
    runs: list[Ingest],
    found: list[Summary],
    *,
    store: Store,
    place: str,
    is_dry: bool,
    unknown: list[dict[str, object]],
) -> None:
    """Give the document for machines."""
    sources = [
        {"source": run.source, "connector": run.connector.name}
        | {name: getattr(summary, name) for name in COUNTS}
        | {"reasons": dict(summary.reasons), "examples": dict(summary.examples)}
        for run, summary in zip(runs, found, strict=True)
    ]
    about = {"store": place, "dry_run": is_dry, "events": store.head().sequence, "sources": sources}
    terminal.document(about | {"unknown": unknown})


def _show(terminal: Terminal, runs: list[Ingest], found: list[Summary], *, before: list[int | None], is_dry: bool) -> None:
    """Say what became of each source: how many, what was refused and why, what was read before."""
    from rich.table import Table
    from rich.text import Text

    from chaintwin.cli.terminal.output import printable
    from chaintwin.clock import text_of

    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("source", overflow="fold")
    for name in COUNTS:
        table.add_column(name, justify="right", no_wrap=True)
    for run, summary in zip(runs, found, strict=True):
        table.add_row(Text(printable(_shown(run.source))), *(f"{getattr(summary, name):,}" for name in COUNTS))
    terminal.title("Checked, nothing written" if is_dry else "Taken into the log")
    terminal.show(table)
    for run, summary, at in zip(runs, found, before, strict=True):
        name = _shown(run.source)
        if at is not None and not summary.read:
            terminal.show(
                Text(printable(f"  {name}: already read at {text_of(at)}, nothing new; --anew reads it from its begin"))
            )
        for reason, count in sorted(summary.reasons.items(), key=lambda pair: (-pair[1], pair[0])):
            terminal.show(Text(printable(f"  {count:,} x {reason}, such as {summary.examples.get(reason, name)}")))
    if any(summary.rejected or summary.conflict for summary in found) and not is_dry:
        terminal.show("", "What was refused is set aside in the log with its reasons: chaintwin refused shows it.")


def _shown(source: str) -> str:
    """Return a source as a table has it: an address as it is, of a path the last part."""
    return source if "://" in source else Path(source).name or source
