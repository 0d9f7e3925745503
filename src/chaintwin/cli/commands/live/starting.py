"""Where a simulation starts that goes on from the live state, and how far that can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from chaintwin.errors import Finding
    from chaintwin.network import Network
    from chaintwin.network.state import State
    from chaintwin.twin import LiveState, Twin

MISFITS = 8
"""Things without a place in a simulation that are named."""

INSTEAD = "feed it first, with chaintwin ingest or chaintwin serve; chaintwin simulate without --from starts from the tables"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a simulation starts.

    Parameters
    ----------
    network : in force at that moment. state : what the simulator takes, all arrivals as they are expected.
    opened : the same with the arrivals open that nobody foretold. about : the same for machines.
    time : that moment, microseconds. known : time of record up to which it is known, microseconds; None for all.
    """

    network: Network
    state: State
    opened: State
    about: dict[str, object]
    time: int
    known: int | None = None


def live_start(
    terminal: Terminal,
    network: Network,
    *,
    project: Path,
    start: str,
    store: str | None,
    known: str | None = None,
    option: str = "--from",
) -> Start:
    """Return the live state at a moment to start from, and warn of all that makes it doubtful.

    Parameters
    ----------
    terminal : where warnings go. network : of the project. project : its place. start : now, a day or a time.
    store : of the log, or None. known : a day or time of record, after which nothing counts. option : that names the moment.

    Raises
    ------
    UsageError
        Nothing is known of that moment: there is no log, it has no event until then, or the moment has not come yet.
    """
    from chaintwin.cli.commands.live.logs import log_place
    from chaintwin.cli.commands.live.opening import latest_record, moment, opened_twin, said
    from chaintwin.clock import text_of
    from chaintwin.errors import UsageError

    time, place = moment(option, start), log_place(project, store)
    if "://" not in place and not Path(place).is_file():
        raise UsageError(
            f"{option}: found no log {place}, so nothing is known of {project}; allowed: a log with events; fix: {INSTEAD}"
        )
    with opened_twin(terminal, network, project=project, store=store) as twin:
        learned = moment("--known", known)
        if learned is not None and learned > twin.clock.now():
            raise UsageError(f"--known: found {text_of(learned)}, which has not come yet; allowed: now, or a moment before")
        live = twin.as_of(time, known=learned)
        last = latest_record(twin.store) if learned is None else learned
        _refuse_nothing(twin, live, time=time, known=learned, place=place, option=option)
    placed = live.placed(live.network.compile())
    terminal.note(said(live))
    terminal.note(f"With {option} {text_of(live.time)} --known {text_of(last)} it starts from there again, whatever comes.")
    warnings = list(_doubts(live))
    if placed.findings:
        warnings.append(_unplaced(placed.findings))
    for text in warnings:
        terminal.warn(text)
    summary = live.summary()
    names = ("age", "discrepancies", "discrepancy_times", "unknown", "unknown_times", "hash")
    latest = summary["latest"]
    about: dict[str, object] = {
        "time": text_of(live.time),
        "latest": text_of(latest) if isinstance(latest, int) else None,
        "period": placed.state.period,
        "known_at": text_of(last),
    }
    about |= {name: summary[name] for name in names}
    about |= {"not_placed": placed.findings, "warnings": warnings}
    return Start(live.network, placed.state, placed.opened, about, live.time, learned)


def _refuse_nothing(twin: Twin, live: LiveState, *, time: int | None, known: int | None, place: str, option: str) -> None:
    """Refuse a moment that nothing is known of."""
    from chaintwin.clock import text_of
    from chaintwin.errors import UsageError

    latest = twin.summary()["latest"]
    if not isinstance(latest, int):
        raise UsageError(f"{option}: found no event in the log {place}; allowed: a log with events; fix: {INSTEAD}")
    if live.latest is None and known is not None and twin.as_of(time).latest is not None:
        found = f"{text_of(known)}, at which nothing was known of {text_of(live.time)}"
        raise UsageError(f"--known: found {found}; allowed: a moment after events of before then were recorded")
    if live.latest is None:
        allowed = f"a moment from its first event on, up to the latest of {text_of(latest)}"
        raise UsageError(f"{option}: found {text_of(live.time)}, before any event of the log; allowed: {allowed}")
    now = twin.clock.now()
    if time is not None and time > max(now, latest):
        allowed = f"now, or a moment up to {text_of(max(now, latest))}"
        raise UsageError(f"{option}: found {text_of(time)}, which has not come yet; allowed: {allowed}")


def _doubts(live: LiveState) -> Iterator[str]:
    """Yield what makes a state doubtful: its age, events of the future, what does not fit."""
    from chaintwin.cli.commands.live.opening import misfits, span
    from chaintwin.cli.views.numbers import number
    from chaintwin.clock import SECOND, text_of
    from chaintwin.twin.live_state import HOUR

    summary, settings = live.summary(), live.network.settings
    age, latest = summary["age"], summary["latest"]
    assert isinstance(age, float)
    assert isinstance(latest, int)
    period = settings.period.hours * HOUR / SECOND
    if age > period:
        yield (
            f"no event for {span(age)} ({number(age / period)} {settings.period.value}s) before the moment it starts from: what "
            "happened since is not in it, and goods that were due meanwhile count as arriving now"
        )
    elif age < 0:
        yield (
            f"the latest event, of {text_of(latest)}, lies {span(-age)} in the future: a clock is wrong, or the events are those "
            "of a simulated run; --from with one of its days starts from there"
        )
    if not live.cells["stock"].cells:
        yield "no stock is known anywhere, so it starts with none; chaintwin state shows what the events told instead"
    if summary["discrepancies"] or summary["unknown"]:
        yield f"{misfits(live)}: the start is off by what they are about; chaintwin state shows them"


def _unplaced(findings: tuple[Finding, ...]) -> str:
    from chaintwin.errors import amount_of

    lines = [f"{amount_of(len(findings), 'thing')} of the state had no place in the simulation, which runs without:"]
    lines += [f"  {finding}" for finding in findings[:MISFITS]]
    if len(findings) > MISFITS:
        lines.append(f"  and {len(findings) - MISFITS:,} more; --json has all")
    return "\n".join(lines)
