"""The live state of a project, opened for a command that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.commands.live.logs import log_to_read
from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from chaintwin.network import Network
    from chaintwin.store.interface import Store
    from chaintwin.twin import LiveState, Twin

NOW = "now"

AHEAD_SECONDS = 60.0
"""Events that are ahead by no more than this are told without a remark: clocks differ a little."""

TIMES = {"discrepancies": "discrepancy", "unknown": "unknown"}
"""How the summary of a state calls the times that something was met."""


def moment(option: str, text: str | None) -> int | None:
    """Return a moment in microseconds since 1970 in UTC; None for now.

    Parameters
    ----------
    option : its name. text : ``now``, a day, or a time; a time without a zone is in UTC.

    Raises
    ------
    UsageError
        It is none of these.
    """
    from chaintwin.clock import microseconds_of
    from chaintwin.errors import UsageError

    if text is None or text == NOW:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        allowed = "now, a day such as 2026-03-31, or a time such as 2026-03-31T16:30+01:00"
        raise UsageError(f"{option}: found {text}; allowed: {allowed}") from error
    return microseconds_of(found if found.tzinfo else found.replace(tzinfo=UTC))


@contextmanager
def opened_twin(terminal: Terminal, network: Network, *, project: Path, store: str | None) -> Iterator[Twin]:
    """Open the twin of a project to read it; a server may go on writing its log.

    Parameters
    ----------
    terminal : where the wait is shown. network : of the project. project : its place. store : of the log, or None.
    """
    from chaintwin.cli.terminal.progress import waiting
    from chaintwin.store.opening import open_store
    from chaintwin.twin import Twin

    with open_store(log_to_read(project, store), read_only=True) as log:
        with waiting(terminal, "Reading the log of events"):
            twin = Twin.open(network, store=log, is_kept=False)
        yield twin


def latest_record(store: Store) -> int:
    """Return when a log learned something last, microseconds: an event, or a version of parameters; 0 where it is empty."""
    from chaintwin.fidelity.versions.shelf import kept_versions
    from chaintwin.store.interface import Search

    found = store.find(Search(by_recorded=True, descending=True), limit=1)
    return max([0, *(at for at, _ in found), *(one.recorded_at for one in kept_versions(store))])


def said(state: LiveState) -> str:
    """Return in one line how old a state is and how much does not fit."""
    from chaintwin.clock import text_of

    summary = state.summary()
    latest, age = summary["latest"], summary["age"]
    if not isinstance(latest, int) or not isinstance(age, float):
        if not state.head:
            return "The live state is empty: the log had no event by then."
        return (
            f"The live state is empty: none of the {state.head:,} events of the log changes it up to then. They may be of a "
            "later time, or only see things and count none (bizStep stock_taking counts)."
        )
    ago = f"{span(age)} before" if age >= 0 else f"{span(-age)} after"
    told = f"Live state of {text_of(state.time)}: latest event {text_of(latest)}, {ago}; {misfits(state)}."
    if age < -AHEAD_SECONDS:
        told += (
            " Events that lie in the future count: is a sender's clock wrong? --at with a time leaves out what comes after it."
        )
    return told


def misfits(state: LiveState) -> str:
    """Return in words what does not fit: how many things, and how often they were met where that is more.

    Example
    -------
    ``misfits(twin.now())`` gives ``2 discrepancies, 1 unknown name or unit (met 40 times)``.
    """
    summary = state.summary()
    parts = []
    for name, one, many in (
        ("discrepancies", "discrepancy", "discrepancies"),
        ("unknown", "unknown name or unit", "unknown names or units"),
    ):
        things, times = int(str(summary[name])), int(str(summary[f"{TIMES[name]}_times"]))
        often = f" (met {times:,} times)" if times > things else ""
        parts.append(f"{things:,} {one if things == 1 else many}{often}")
    return ", ".join(parts)


def span(seconds: float) -> str:
    """Return an age in words: days where there are two or more.

    Example
    -------
    >>> span(200_000.0)
    '2.3 days'
    """
    from chaintwin.cli.views.numbers import duration

    days = seconds / 86_400
    return f"{days:,.1f} days" if days >= 2 else duration(seconds)
