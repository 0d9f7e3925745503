"""What is kept of a report, so that every prediction can say how far it is to be trusted."""

from __future__ import annotations

import math

import polars as pl

from chaintwin.fidelity.backcasting.shelf import ON_HAND
from chaintwin.fidelity.reporting.kept import Covered, Summary
from chaintwin.fidelity.reporting.report import Report


def summary_of(report: Report, *, measured_at: int) -> Summary:
    """Return a report in short.

    Parameters
    ----------
    report : of a twin. measured_at : when it was made, microseconds.
    """
    rows = report.rows
    score = report.overall.score
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
        points=_scores(rows, "stock point"),
        alarms=sum(one.alarm is not None for one in report.lanes) + sum(one.alarmed_at is not None for one in report.points),
        backcasts=report.backcasts,
        sites=_scores(rows, "site"),
    )


def _scores(rows: pl.DataFrame, kind: str) -> dict[str, float]:
    """Return the scores of one kind by name, those that were measured."""
    found = rows.filter(rows["kind"] == kind).select("name", "score").iter_rows()
    return {name: value for name, value in found if value is not None and math.isfinite(value)}
