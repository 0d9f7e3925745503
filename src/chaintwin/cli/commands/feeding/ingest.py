"""``chaintwin ingest``: events from files, folders, tables and other repositories into the log of a project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.feeding.configured import take_configured, wanted_sources
from chaintwin.cli.commands.feeding.connecting import (
    ConnectorName,
    ConnectorOption,
    MappingFile,
    given_options,
    source_key,
)
from chaintwin.cli.commands.feeding.telling import Took, line_of, show, tell
from chaintwin.cli.commands.feeding.unknown import show_unknown, unknown_names
from chaintwin.cli.commands.live.logs import StoreUrl, is_project, log_place, log_to_write
from chaintwin.cli.commands.log.places import KeyFile
from chaintwin.cli.commands.options import Json, Project
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import fail, session

if TYPE_CHECKING:
    from chaintwin.clock import Clock
    from chaintwin.ingest.connectors.interface import Connector
    from chaintwin.ingest.connectors.running import Capture, Ingest, Summary
    from chaintwin.store.log.store import LogStore

EVERY = 5.0
"""Seconds between two looks at sources that were given, unless told otherwise."""

TURN = 20
"""Batches after which one of several sources that are followed leaves the others their turn."""

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files, folders and addresses (https://...) that events come from; by default the sources that the project names.",
        show_default=False,
    ),
]
SourceNames = Annotated[
    list[str] | None,
    typer.Option("--source", help="Only this one of the sources that the project names; may be repeated.", show_default=False),
]


def ingest(
    project: Project,
    source: Sources = None,
    *,
    only: SourceNames = None,
    connector: ConnectorName = None,
    option: ConnectorOption = None,
    mapping: MappingFile = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on asking for more until Ctrl-C; new files of a folder are taken once.")
    ] = False,
    every: Annotated[
        float | None,
        typer.Option(
            help="Seconds between two questions, with --follow; 5 by default, or what the project says of each source.",
            min=0.05,
            max=86_400,
            show_default=False,
        ),
    ] = None,
    store: StoreUrl = None,
    key_file: KeyFile = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Read from the begin; what was taken already is then a duplicate.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check only; nothing is written.")] = False,
    json: Json = False,
) -> None:
    """Take events into the log of a project, each of them once."""
    with session(is_json=json) as terminal:
        from chaintwin.clock import SystemClock
        from chaintwin.errors import amount_of
        from chaintwin.ingest.connectors.capturing_aside import shared_capture
        from chaintwin.ingest.sources.feeding import Manner

        options, clock = given_options(option, mapping), SystemClock()
        log_place(project, store)
        given = _given(source, connector) if source else []
        if not source:
            _refuse_options(connector=connector, option=option, mapping=mapping)
        elif only:
            _refuse_names(only)
        named = () if source else wanted_sources(project, only or ())
        place = log_place(project, store) if dry_run else log_to_write(project, store)
        with _opened(place, clock, key_file=key_file, dry=dry_run) as log, shared_capture() as capture:
            if source:
                runs = _runs(given, options, store=log, capture=capture, clock=clock, terminal=terminal, dry=dry_run, anew=anew)
                took = _followed(terminal, runs, every=every or EVERY) if follow else _once(terminal, runs)
            else:
                manner = Manner(follow=follow, every=every, anew=anew, dry=dry_run)
                took = take_configured(terminal, named, store=log, clock=clock, manner=manner)
            unknown = []
            if not dry_run and not follow and is_project(project) and any(one.summary.read for one in took):
                unknown = unknown_names(terminal, project, log=log)
            tell(terminal, took, store=log, place=place, is_dry=dry_run, unknown=unknown)
            show(terminal, took, is_dry=dry_run)
            if not dry_run:
                show_unknown(terminal, unknown)
                terminal.show("", f"The log {place} has {amount_of(log.head().sequence, 'event')}.")
        if not all(one.is_good for one in took):
            fail()


@contextmanager
def _opened(place: str, clock: Clock, *, key_file: Path | None, dry: bool) -> Iterator[LogStore]:
    """Open the log to write it; for a dry run only to look into it, or one of a moment where there is none yet."""
    from tempfile import TemporaryDirectory

    from chaintwin.store.opening import open_store

    if not dry:
        with open_store(place, clock=clock, key_file=key_file) as log:
            yield log
    elif "://" in place or Path(place).is_file():
        with open_store(place, clock=clock, read_only=True) as log:
            yield log
    else:
        with TemporaryDirectory() as folder, open_store(Path(folder) / "log.db", clock=clock) as log:
            yield log


def _given(sources: list[str], connector: str | None) -> list[tuple[Connector, str]]:
    """Return sources that were given, each with its connector."""
    from chaintwin.ingest.connectors.registry import connector_for, connector_named

    if connector is None:
        _check_there(sources)
    keys = [source_key(one) for one in sources]
    known = [connector_for(one) if connector is None else connector_named(connector) for one in sources]
    return list(zip(known, keys, strict=True))


def _runs(
    given: Sequence[tuple[Connector, str]],
    options: Mapping[str, str],
    *,
    store: LogStore,
    capture: Capture,
    clock: Clock,
    terminal: Terminal,
    dry: bool,
    anew: bool,
) -> list[Ingest]:
    from time import sleep

    from chaintwin.ingest.connectors.running import Ingest

    return [
        Ingest(known, key, store, capture, clock, sleep, options, note=terminal.note, dry=dry, anew=anew) for known, key in given
    ]


def _refuse_options(*, connector: str | None, option: list[str] | None, mapping: str | None) -> None:
    """Refuse options of one source where the project names all of them."""
    from chaintwin.errors import UsageError

    given = {"--connector": connector, "--option": option, "--mapping": mapping}
    for name, value in given.items():
        if value:
            raise UsageError(f"{name}: found no source beside it; allowed: with a file, folder or address behind the project")


def _refuse_names(names: list[str]) -> None:
    from chaintwin.errors import UsageError

    raise UsageError(f"--source: found {', '.join(names)} beside a file, folder or address; allowed: one of the two")


def _check_there(sources: list[str]) -> None:
    """Refuse all where one is not there, so that none is taken of a command that cannot be done as a whole."""
    from chaintwin.errors import UsageError

    missing = [source for source in sources if "://" not in source and not Path(source).exists()]
    if missing:
        raise UsageError(f"{', '.join(missing)}: found nothing there; allowed: files, folders, addresses (https://...)")


def _once(terminal: Terminal, runs: list[Ingest]) -> list[Took]:
    """Take all that is new of each source, one after the other."""
    from chaintwin.cli.terminal.progress import progress_bar
    from chaintwin.ingest.connectors.running import Summary

    found = []
    for run in runs:
        latest, read_at = Summary(cursor=run.saved()), run.read_at()
        with progress_bar(terminal, f"Taking {run.source}", is_cold=False) as report:
            for latest in run.run():
                if latest.share is not None:
                    report(latest.share)
        found.append(_took(run, latest, read_at))
    return found


def _followed(terminal: Terminal, runs: list[Ingest], *, every: float) -> list[Took]:
    """Take what is new of all sources in turn until Ctrl-C, which is how this ends."""
    from chaintwin.ingest.connectors.running import Summary

    found = [Summary(cursor=run.saved()) for run in runs]
    before = [run.read_at() for run in runs]
    # The source is asked again after the pause of the last one only.
    steps: list[Iterator[Summary]] = [
        run.run(follow=True, every=every if place == len(runs) - 1 else 0.0) for place, run in enumerate(runs)
    ]
    terminal.note("Following; stop with Ctrl-C.")
    try:
        while True:
            for place, step in enumerate(steps):
                for batches, latest in enumerate(step, start=1):
                    if latest.read > found[place].read:
                        terminal.note(line_of(runs[place].source, latest))
                    found[place] = latest
                    if latest.is_idle or (batches >= TURN and len(steps) > 1):
                        break
    except KeyboardInterrupt:
        terminal.note("Stopped; the same command goes on from here.")
    return [_took(run, summary, read_at) for run, summary, read_at in zip(runs, found, before, strict=True)]


def _took(run: Ingest, summary: Summary, read_at: int | None) -> Took:
    return Took(run.source, run.connector.name, summary, read_at)
