"""Lead times from what was shipped and what was received; what is still out is a lower bound, not left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """What happened to some items."""

    SHIPPING = "shipping"
    RECEIVING = "receiving"


@dataclass(frozen=True, slots=True)
class Movement:
    """Items that left a place, or joined one.

    Parameters
    ----------
    at : time, in any unit. step : what happened. items : ids of what moved. place : where.
    """

    at: float
    step: Step
    items: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class LeadTimeRow:
    """One shipment of one item.

    Parameters
    ----------
    item : its id. origin : where it left. destination : where it arrived, None while it is out.
    duration : from shipping to receiving, or to now, in the unit of the times.
    arrived : false while it is out; the duration is then a lower bound.
    """

    item: str
    origin: str
    destination: str | None
    duration: float
    arrived: bool


def extract_lead_times(movements: Iterable[Movement], *, now: float) -> list[LeadTimeRow]:
    """Return the lead time of each shipment, by item and then by time of shipping.

    A receipt of what was not shipped is ignored. An item that is shipped again before it is received has arrived at a time nobody
    saw; that shipment is left out. What is after ``now`` is not known yet.

    Parameters
    ----------
    movements : in any order; those of one time in the order given. now : as of when.

    Returns
    -------
    One row for each shipment that arrived or is still out.

    Example
    -------
    >>> rows = extract_lead_times(
    ...     [
    ...         Movement(0, Step.SHIPPING, ("s1", "s2"), "A"),
    ...         Movement(30, Step.RECEIVING, ("s1",), "B"),
    ...     ],
    ...     now=100,
    ... )
    >>> [(row.item, row.destination, row.duration, row.arrived) for row in rows]
    [('s1', 'B', 30, True), ('s2', None, 100, False)]

    Source: METHODS 7.1; field names of EPCIS 2.0 (GS1 2022).
    """
    out: dict[str, Movement] = {}
    found: list[tuple[str, float, LeadTimeRow]] = []
    for movement in sorted((one for one in movements if one.at <= now), key=lambda one: one.at):
        for item in movement.items:
            if movement.step is Step.SHIPPING:
                out[item] = movement
            elif item in out:
                sent = out.pop(item)
                row = LeadTimeRow(item, sent.place, movement.place, movement.at - sent.at, arrived=True)
                found.append((item, sent.at, row))
    found += [(item, sent.at, LeadTimeRow(item, sent.place, None, now - sent.at, arrived=False)) for item, sent in out.items()]
    return [row for _, _, row in sorted(found, key=lambda entry: entry[:2])]


def durations_of(rows: Sequence[LeadTimeRow]) -> tuple[list[float], list[bool]]:
    """Return durations and flags of arrival, as fits take them.

    Example
    -------
    >>> durations_of([LeadTimeRow("s1", "A", "B", 30.0, True)])
    ([30.0], [True])
    """
    return [row.duration for row in rows], [row.arrived for row in rows]
