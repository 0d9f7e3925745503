"""What is worth a warning among all that a look ahead found, and since when it is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WARNINGS_MAX = 100
"""Warnings that are told; the worst."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Stock points that one look ahead warns of.

    Parameters
    ----------
    rows : the worst first, as they are told. count : how many there are, also beyond those that are told.
    since : event time, microseconds, of the first look ahead without a break that warned of each, by stock point.
    """

    rows: tuple[dict[str, Any], ...]
    count: int
    since: Mapping[str, int]


def warned_of(shortages: Iterable[Mapping[str, Any]], *, time: int, likely: float, least: float, before: Warned | None) -> Warned:
    """Return what a look ahead warns of: customers who will likely be kept waiting, and get little of what they ask for.

    Parameters
    ----------
    shortages : rows of that table of a fork. time : event time that it starts from, microseconds.
    likely : probability of a shortage from which on there is a warning. least : share of the demand from which on, given at
        once over all periods, there is none, so that a shop that runs out of one thing for a day is not told of.
    before : what was warned of last; None for nothing known.

    Example
    -------
    >>> row = {"stock_point": "amox at lagos", "is_sold": True, "probability": 0.8, "fill_rate": 0.6, "units": 90.0}
    >>> first = warned_of([row], time=5, likely=0.5, least=0.9, before=None)
    >>> warned_of([row], time=9, likely=0.5, least=0.9, before=first).since
    {'amox at lagos': 5}
    """
    found = [row for row in shortages if _is_warned(row, likely=likely, least=least)]
    known = before.since if before is not None else {}
    since = {row["stock_point"]: known.get(row["stock_point"], time) for row in found}
    found.sort(key=lambda row: (row["fill_rate"], -row["units"], row["stock_point"]))
    return Warned(tuple({**row, "since": since[row["stock_point"]]} for row in found[:WARNINGS_MAX]), len(found), since)


def _is_warned(row: Mapping[str, Any], *, likely: float, least: float) -> bool:
    share = row["fill_rate"]
    return bool(row["is_sold"]) and row["probability"] >= likely and share is not None and share < least
