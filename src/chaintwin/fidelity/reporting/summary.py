"""What is kept of a report, so that every prediction can say how far it is to be trusted."""

from __future__ import annotations

import math

import msgspec

from chaintwin.fidelity.backcasting.shelf import ON_HAND
from chaintwin.fidelity.reporting.report import Report
from chaintwin.store.interface import FIDELITY, Store

LATEST = "latest"
"""Name of the one summary on its shelf."""


class Covered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of the truths lay inside their 90 % intervals, so many periods ahead."""

    horizon: int
    inside: float
    forecasts: int
    origins: int


class Summary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fidelity of a twin in short.

    Parameters
    ----------
    measured_at : when, microseconds. until : event time that it goes to. parameters : version in force; empty for the tables.
    score : overall, 0 to 1. parts : of the vector that were measured. coverage : of stock on hand by horizon.
    points : score by stock point. alarms : how many lanes and stock points have drifted. backcasts : moments looked back from.
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


def summary_of(report: Report, *, measured_at: int) -> Summary:
    """Return a report in short.

    Parameters
    ----------
    report : of a twin. measured_at : when it was made, microseconds.
    """
    rows = report.rows
    score = report.overall.score
    points = rows.filter(rows["kind"] == "stock point").select("name", "score").iter_rows()
    return Summary(
        measured_at=measured_at,
        until=report.until,
        parameters=report.parameters,
        score=score if math.isfinite(score) else None,
        parts=report.overall.known,
        coverage=tuple(
            Covered(row["horizon"], row["inside"], row["forecasts"], row["origins"])
            for row in report.coverage.iter_rows(named=True)
            if row["measure"] == ON_HAND
        ),
        points={name: value for name, value in points if value is not None and math.isfinite(value)},
        alarms=sum(one.alarm is not None for one in report.lanes) + sum(one.alarmed_at is not None for one in report.points),
        backcasts=report.backcasts,
    )


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
