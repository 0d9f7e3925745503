"""Forecasts of recorded lead times: each by what was known when the order left, in intervals that keep their coverage."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from chaintwin.clock import DAY, microseconds_of
from chaintwin.fidelity.calibration import Lane, LeadTime
from chaintwin.fidelity.calibration.lanes import Calendar
from chaintwin.fidelity.drift.running import running_forecasts
from tests.shared_data import shared_path

CALENDAR = Calendar(0, DAY)
ORDERED = ("PO Sent to Vendor Date", "PQ First Sent to Client Date")
"""Days that an order is dated by, the best first."""


def at(day: date) -> int:
    return microseconds_of(datetime(day.year, day.month, day.day, tzinfo=UTC))


def deliveries() -> list[LeadTime]:
    """Return lead times from order to delivery; the day of an order is that of the import of shipment logs."""
    file = sorted(shared_path("scms").glob("deliveries_*.csv"))[-1]
    lines = pl.read_csv(file, infer_schema_length=0)
    days = [pl.col(name).str.to_date("%m/%d/%y", strict=False) for name in ORDERED]
    lines = lines.with_columns(sent=pl.coalesce(days), came=pl.col("Delivered to Client Date").str.to_date(strict=False))
    dated = lines.filter(pl.col("sent").is_not_null() & (pl.col("came") >= pl.col("sent")))
    return [
        LeadTime(
            Lane(row["Vendor"], row["Country"], row["Sub Classification"]), row["ID"], at(row["sent"]), at(row["came"]), True
        )
        for row in dated.iter_rows(named=True)
    ]


@pytest.mark.slow
def test_running_forecasts__of_recorded_deliveries_cover_the_last_year() -> None:
    # What is chosen here (families by product group and by how they are filled, the step of the level) was chosen on the years
    # up to 2012, of which five lay between 0.868 and 0.915.
    found = running_forecasts(deliveries(), family=lambda lane: (lane.origin, lane.product), calendar=CALENDAR, seed=7)
    year = [datetime.fromtimestamp(one.shipment.ended_at / 1e6, tz=UTC).year for one in found]
    sizes = Counter(year)
    last = max(one for one, size in sizes.items() if size >= 100)
    inside = {one: np.mean([row.is_inside for row, mine in zip(found, year, strict=True) if mine == one]) for one in sizes}
    assert 0.87 <= inside[last] <= 0.93, inside
    assert re.fullmatch(r"20\d\d", str(last))


def test_running_forecasts__know_only_what_had_come() -> None:
    lane = Lane("plant", "store", "milk")
    shipped = [LeadTime(lane, str(day), day * DAY, (day + 5 + day % 3) * DAY, True) for day in range(200)]
    found = running_forecasts(shipped, family=lambda lane: lane, calendar=CALENDAR, seed=7)
    # Ten had to come first, and nothing that had not come told its lead time.
    assert found[0].shipment.shipped_at > shipped[9].ended_at - DAY
    pits = np.array([one.pit for one in found[60:]])
    assert np.abs(np.sort(pits) - (np.arange(pits.size) + 0.5) / pits.size).max() < 0.12
    moved = [
        *shipped[:150],
        *(one.__class__(lane, one.name, one.shipped_at, one.ended_at + 900 * DAY, True) for one in shipped[150:]),
    ]
    again = running_forecasts(moved, family=lambda lane: lane, calendar=CALENDAR, seed=7)
    assert [one.pit for one in again[: len(found) - 60]] == [one.pit for one in found[: len(found) - 60]]
