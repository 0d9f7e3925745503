"""What is kept of a report, so that every prediction can say how far it is to be trusted."""

from __future__ import annotations

import math

import polars as pl

from chaintwin.fidelity.backcasting.shelf import ON_HAND
from chaintwin.fidelity.reporting.kept import Covered, Drifted, Summary
from chaintwin.fidelity.reporting.report import Report

DRIFTED_MAX = 100
"""Lanes, and stock points, that are named as drifted."""


def summary_of(report: Report, *, measured_at: int) -> Summary:
    """Return a report in short.

    Parameters
    ----------
    report : of a twin. measured_at : when it was made, microseconds.
    """
    score = report.overall.score
    lanes = [one for one in report.lanes if one.alarm is not None]
    points = [one for one in report.points if one.alarmed_at is not None]
    rows = report.rows
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
        lanes=_scores(rows, "lane"),
        points=_scores(rows, "stock point"),
        alarms=len(lanes) + len(points),
        drifted=(
            *(Drifted("lane", one.subject, one.since, one.expected, one.found, one.arrivals) for one in lanes[:DRIFTED_MAX]),
            *(Drifted("stock point", one.subject, None, None, None, one.forecasts) for one in points[:DRIFTED_MAX]),
        ),
        backcasts=report.backcasts,
        sites=_scores(rows, "site"),
    )


def _scores(rows: pl.DataFrame, kind: str) -> dict[str, float]:
    """Return the scores of one kind by name, those that were measured."""
    found = rows.filter(rows["kind"] == kind).select("name", "score").iter_rows()
    return {name: value for name, value in found if value is not None and math.isfinite(value)}
