"""The last report in short, on the shelf of the log; reading it loads none of what measures."""

from __future__ import annotations

import msgspec

from chaintwin.store.interface import FIDELITY, Store

LATEST = "latest"
"""Name of the one summary on its shelf."""


class Covered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of the truths lay inside their 90 % intervals, so many periods ahead."""

    horizon: int
    inside: float
    forecasts: int
    origins: int


class Drifted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lane or stock point that has drifted from the parameters in use.

    Parameters
    ----------
    kind : lane or stock point. name : of it. since : event time of the first that is off, microseconds; None where unknown.
    expected, found : mean lead time of a lane by the law in use, and of the arrivals that are off, periods.
    seen : arrivals or forecasts that the detector saw.
    """

    kind: str
    name: str
    since: int | None
    expected: float | None
    found: float | None
    seen: int


class Summary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fidelity of a twin in short.

    Parameters
    ----------
    measured_at : when, microseconds. until : event time that it goes to. parameters : version in force; empty for the tables.
    score : overall, 0 to 1. parts : of the vector that were measured. coverage : of stock on hand by horizon.
    points, sites, lanes : score of each. alarms : how many lanes and stock points have drifted; drifted : the first of them.
    backcasts : moments looked back from.
    """

    measured_at: int
    until: int
    parameters: str
    score: float | None
    parts: dict[str, float]
    coverage: tuple[Covered, ...]
    points: dict[str, float]
    alarms: int
    backcasts: int
    sites: dict[str, float] = {}
    lanes: dict[str, float] = {}
    drifted: tuple[Drifted, ...] = ()


def keep_summary(store: Store, summary: Summary) -> None:
    """Keep a summary in place of the one before."""
    store.put(FIDELITY, LATEST, content=msgspec.json.encode(summary))


def kept_summary(store: Store) -> Summary | None:
    """Return the summary that was kept last, or None where there is none that can be read."""
    content = store.get(FIDELITY, LATEST)
    try:
        return None if content is None else msgspec.json.decode(content, type=Summary)
    except msgspec.MsgspecError:
        return None
