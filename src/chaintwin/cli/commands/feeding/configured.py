"""Takes the sources that a project names, side by side, and shows how they are meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chaintwin.cli.commands.feeding.telling import Took, line_of
from chaintwin.cli.terminal.output import Terminal, printable

if TYPE_CHECKING:
    from pathlib import Path

    from chaintwin.clock import Clock
    from chaintwin.ingest.sources.configured import ConfiguredSource
    from chaintwin.ingest.sources.feeding import Feeding, Manner
    from chaintwin.ingest.sources.health import Health
    from chaintwin.store.interface import Store

LOOK_SECONDS, TOLD_SECONDS = 0.25, 2.0
"""How often progress is looked at, and how often a line of it is told where nobody watches a screen."""


def wanted_sources(project: Path, names: Sequence[str]) -> tuple[ConfiguredSource, ...]:
    """Return the sources of a project that are to be taken.

    Parameters
    ----------
    project : folder or workbook. names : that were asked for; none for all that are enabled.

    Raises
    ------
    InputError
        Something is wrong with what the project file says of them.
    UsageError
        There are none, or none of a name.
    """
    from chaintwin.errors import UsageError
    from chaintwin.ingest.sources.configured import chosen_sources, configured_sources

    sources = configured_sources(project)
    wanted = chosen_sources(sources, names)
    if not wanted:
        found = "only sources that are not enabled" if sources else "no [[sources]] in its project file"
        raise UsageError(
            f"{project}: found {found}; allowed: files, folders and addresses behind the project, or [[sources]] in its "
            "chaintwin.toml; fix: name what is to be taken, or add a source as docs/guides/feed-a-twin.md shows"
        )
    return wanted


def take_configured(
    terminal: Terminal, sources: Sequence[ConfiguredSource], *, store: Store, clock: Clock, manner: Manner
) -> list[Took]:
    """Take sources until there is no more, or for ever until Ctrl-C; return what was taken of each.

    Parameters
    ----------
    sources : which. store, clock, manner : as for ``Feeding``.
    """
    from chaintwin.ingest.sources.feeding import Feeding

    def note(name: str, text: str) -> None:
        terminal.note(printable(f"{name}: {text}"))

    feeding = Feeding(sources, store=store, clock=clock, manner=manner, note=note)
    if manner.follow:
        terminal.note("Following; stop with Ctrl-C.")
    try:
        with feeding:
            _watch(terminal, feeding, clock=clock)
    except KeyboardInterrupt:
        if not manner.follow:
            raise
        terminal.note("Stopped; the same command goes on from here.")
    return [
        Took(fed.source.source, fed.source.connector.name, fed.summary, fed.read_at, fed.source.name, fed.error)
        for fed in feeding.fed()
    ]


def _watch(terminal: Terminal, feeding: Feeding, *, clock: Clock) -> None:
    """Show one line for each source until all have ended."""
    from time import monotonic

    told: dict[str, tuple[int, float]] = {}
    with _drawn(terminal, clock) as draw:
        while feeding.wait(LOOK_SECONDS):
            healths = feeding.health()
            draw(healths)
            for health in healths if not terminal.notes.is_terminal else ():
                read = health.accepted + health.duplicate + health.conflict + health.rejected
                before, at = told.get(health.name, (0, 0.0))
                if read > before and monotonic() - at > TOLD_SECONDS:
                    terminal.note(printable(line_of(health.name, health)))
                    told[health.name] = read, monotonic()


@contextmanager
def _drawn(terminal: Terminal, clock: Clock) -> Iterator[Callable[[Sequence[Health]], None]]:
    """Yield what draws how sources are, over and over at the same place, where a person watches."""
    if not terminal.notes.is_terminal:
        yield lambda _: None
        return
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    from chaintwin.cli.commands.feeding.health_view import errors_of, health_table

    with Live(console=terminal.notes, transient=True, auto_refresh=False) as live:

        def draw(healths: Sequence[Health]) -> None:
            now = clock.now()
            errors = [Text(printable(line), style="red") for line in errors_of(healths, now=now)]
            live.update(Group(health_table(healths, now=now), *errors), refresh=True)

        yield draw
