"""A log that knows how far its twin is to be trusted, as the commands leave it."""

from __future__ import annotations

from pathlib import Path

from chaintwin.clock import SECOND
from chaintwin.fidelity.calibration.parameters import ParameterSet
from chaintwin.fidelity.reporting.kept import Covered, Drifted, Summary, keep_summary
from chaintwin.fidelity.versions.shelf import Kept, keep_version
from chaintwin.store.opening import open_store

HOUR = 3600 * SECOND
DAY = 24 * HOUR
UNTIL = 20_544 * DAY
"""2026-04-01."""


def summary(*, site: str, lane: str, point: str, version: str) -> Summary:
    """Return what could have been measured of a twin."""
    return Summary(
        measured_at=UNTIL + HOUR,
        until=UNTIL,
        parameters=version,
        score=0.81,
        parts={"state": 0.99, "skill": 0.62, "coverage": 0.93},
        coverage=(Covered(1, 0.91, 400, 8), Covered(7, 0.84, 390, 8)),
        sites={site: 0.4},
        lanes={lane: 0.3},
        points={point: 0.2},
        alarms=1,
        drifted=(Drifted("lane", lane, UNTIL - 30 * DAY, 4.0, 6.5, 41),),
        backcasts=8,
    )


def trusted_log(file: Path, *, site: str, lane: str, point: str) -> tuple[str, str]:
    """Write a log with two versions, of which the second was refused, and a summary; return the ids of both."""
    first = ParameterSet((), made_at=UNTIL - 40 * DAY, seed=7)
    second = ParameterSet((), made_at=UNTIL - DAY, seed=7, parent=first.id)
    with open_store(str(file)) as store:
        for one, accepted, reason in ((first, True, "predicts better"), (second, False, "does not predict better")):
            verdict = Kept(one.id, one.parent, one.made_at, one.made_at + HOUR, accepted, 0, (), "a note", reason)
            keep_version(store, one, decided=verdict)
        keep_summary(store, summary(site=site, lane=lane, point=point, version=first.id))
    return first.id, second.id
