"""Refuses a log that is not whole: one message for what is wrong first."""

from __future__ import annotations

import numpy as np
import polars as pl

from chaintwin.errors import UsageError
from chaintwin.network.program import Program
from chaintwin.simulation.history.event_log import EVENT_SCHEMA, Event, EventLog

_SUBJECTS = {
    "buffer_id": "buffers",
    "activity_id": "activities",
    "stream_id": "streams",
    "resource_id": "resources",
    "disruption_id": "strikes",
}


def check_log(log: EventLog) -> None:
    """Refuse a log with a gap, a double, events out of order, or values that mean nothing.

    Raises
    ------
    UsageError
        Names the first fault.
    """
    events, head = log.events, log.head
    if events.schema != EVENT_SCHEMA:
        raise UsageError(f"log: found columns {', '.join(events.columns)}; allowed: {', '.join(EVENT_SCHEMA)}")
    for name in ("period", "sequence", "event", "quantity"):
        if events[name].null_count():
            raise UsageError(f"log: found an event without {name}; allowed: events that all have one")
    _check_sequence(events["sequence"].to_numpy(), count=head.events)
    period = events["period"].to_numpy()
    back = np.flatnonzero(np.diff(period) < 0)
    if back.size:
        at = int(back[0]) + 1
        raise UsageError(
            f"log: found period {period[at]} after {period[at - 1]}, event {at}; allowed: periods that never go back"
        )
    outside = np.flatnonzero((period < head.begin) | (period >= head.end))
    if outside.size:
        at = int(outside[0])
        raise UsageError(f"log: found period {period[at]}, event {at}; allowed: {head.begin} to {head.end - 1}, as its head says")
    names = [event.value for event in Event]
    unknown = events.filter(~pl.col("event").is_in(names)).head(1)
    if unknown.height:
        raise UsageError(f"log: found an event {unknown['event'][0]}; allowed: {', '.join(names)}")
    if not events["quantity"].is_finite().all():
        raise UsageError("log: found a quantity that is no number; allowed: finite numbers")


def check_program(log: EventLog, program: Program) -> None:
    """Refuse a log of another network: by the digest of the program, and by ids that are not in it.

    Raises
    ------
    UsageError
        The log is of another network, or of this one compiled for other periods.
    """
    digest = program.digest()
    if log.head.program_digest != digest:
        raise UsageError(
            f"log: found the digest {log.head.program_digest} of another network; allowed: {digest}, that of the network given; "
            "fix: read it with the project, and the number of periods, that it was written from"
        )
    for column, table in _SUBJECTS.items():
        known = getattr(program.names, table).to_series(0)
        ids = log.events[column].drop_nulls().unique()
        foreign = ids.filter(~ids.is_in(known.implode()))
        if foreign.len():
            raise UsageError(f"log: found {column} {foreign.sort()[0]}; allowed: ids of the network it is read with")


def _check_sequence(sequence: np.ndarray[tuple[int], np.dtype[np.int64]], *, count: int) -> None:
    wrong = np.flatnonzero(sequence != np.arange(sequence.size))
    if wrong.size:
        at = int(wrong[0])
        found, fix = int(sequence[at]), "; fix: export the log again"
        if found < at:
            what = "twice" if at and sequence[at - 1] == found else f"after {sequence[at - 1] if at else 'nothing'}"
            raise UsageError(f"log: found event {found} {what}; allowed: every number once, in order{fix}")
        if at in sequence[at:]:
            raise UsageError(f"log: found event {found} before {at}; allowed: every number once, in order{fix}")
        raise UsageError(f"log: found a gap, event {found} where {at} should be; allowed: every number once, in order{fix}")
    if sequence.size != count:
        raise UsageError(f"log: found {sequence.size} events; allowed: {count}, as its head says; fix: export the log again")
