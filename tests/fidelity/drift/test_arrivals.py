"""Drift of lead times: alarms soon after a shift, seldom without one, whatever the law and whole as the periods are."""

from __future__ import annotations

import numpy as np
import pytest

from chaintwin.clock import DAY
from chaintwin.fidelity.calibration import Lane, LeadTime
from chaintwin.fidelity.calibration.lanes import Calendar
from chaintwin.fidelity.drift.arrivals import Arrival, arrivals_of, drift_of, spacing_of, watched_together
from chaintwin.fidelity.versions.lead_laws import LaneLaw
from chaintwin.fidelity.versions.whole_periods import table_of_law
from chaintwin.laws import Law, parse
from chaintwin.network.graph import LeadMode
from chaintwin.rng import uniform_table
from tests.sizes import scaled

LANE = Lane("plant", "store", "milk", "road")
CALENDAR = Calendar(0, DAY)
MEAN = 10


def law_of(law: Law) -> LaneLaw:
    return LaneLaw(table_of_law(law), LeadMode.CROSSING, ("road",), is_fitted=False)


def shipments(law: Law, count: int, *, number: int, first: int = 0) -> list[LeadTime]:
    """Return shipments that left one a day, their lead times in whole days."""
    numbers = uniform_table(7, "tests", entity=f"drift {number} {first}", count=count, slots=1)[0]
    drawn = np.maximum(np.floor(law.quantile_many(numbers) + 0.5), 0.0)
    return [
        LeadTime(LANE, f"{first + place}", (first + place) * DAY, int((first + place + lead) * DAY), True)
        for place, lead in enumerate(drawn.tolist())
    ]


def arrivals(*shipped: LeadTime, law: Law) -> list[Arrival]:
    mine = law_of(law)
    return arrivals_of(shipped, laws=lambda lane, at: mine, calendar=CALENDAR, seed=7)[LANE]


@pytest.mark.parametrize(("cv", "most"), [(0.2, 15.0), (0.4, 40.0)])
def test_drift_of__finds_longer_lead_times_within_the_promised_arrivals(cv: float, most: float) -> None:
    law, late = (parse(f"gamma(mean={mean}, cv={cv})") for mean in (MEAN, 1.3 * MEAN))
    delays, since = [], []
    for number in range(scaled(ci=24, full=1_000)):
        before, after = shipments(law, 60, number=number), shipments(late, 160, number=number, first=60)
        seen = arrivals(*before, *after, law=law)
        found = drift_of(seen, law=law_of(law))
        first = next(place for place, one in enumerate(seen) if one.shipped_at >= 60 * DAY)
        if found.alarm is not None and found.alarm < first:
            continue
        assert found.alarm is not None
        assert found.since is not None
        delays.append(found.alarm - first + 1)
        since.append(found.since / DAY - 60)
        assert found.expected == pytest.approx(MEAN, abs=0.1)
    # Some of the arrivals right after the first late one left before the shift; they count against us.
    assert np.mean(delays) <= most
    assert abs(np.median(since)) <= 10
    # The control: the same law all the way.
    quiet = [drift_of(arrivals(*shipments(law, 60, number=number), law=law), law=None).alarm for number in range(20)]
    assert sum(alarm is not None for alarm in quiet) <= 4


def test_drift_of__false_alarms_are_as_rare_as_stated() -> None:
    law = parse("gamma(mean=10, cv=0.2)")
    length = scaled(ci=2_500, full=6_000)
    series = [arrivals(*shipments(law, length, number=number), law=law) for number in range(scaled(ci=6, full=400))]
    runs: list[int] = []
    while series:
        paths = watched_together(series)
        runs += [len(one) if path.alarm is None else path.alarm + 1 for one, path in zip(series, paths, strict=True)]
        series = [
            one[path.alarm + 1 :]
            for one, path in zip(series, paths, strict=True)
            if path.alarm is not None and path.alarm + 1 < len(one)
        ]
    # What is under way at the end is longer than it is; counting it as ended makes the mean too short, not too long.
    assert np.mean(runs) >= 500


def test_drift_of__a_lane_of_one_lead_time_that_is_not_met() -> None:
    law, late = parse("5"), parse("7")
    after = drift_of(arrivals(*shipments(law, 60, number=1), *shipments(late, 40, number=1, first=60), law=law), law=law_of(law))
    assert after.alarm is not None
    assert after.since is not None
    assert 60 <= after.alarm < 75
    assert (after.since, after.expected, after.found) == (60 * DAY, 5.0, 7.0)
    # The control: as long as it is met nothing is ever said.
    assert drift_of(arrivals(*shipments(law, 5_000, number=1), law=law), law=law_of(law)).alarm is None


def test_arrivals_of__pits_are_uniform_and_the_law_of_the_day_counts() -> None:
    law = parse("gamma(mean=10, cv=0.2)")
    seen = arrivals(*shipments(law, 2_000, number=1), law=law)
    pits = np.sort([one.pit for one in seen])
    assert np.abs(pits - (np.arange(pits.size) + 0.5) / pits.size).max() < 1.63 / np.sqrt(pits.size)
    assert np.mean([one.crps for one in seen]) < np.mean([one.reference for one in seen[50:] if one.reference is not None])
    old, new = law_of(parse("5")), law_of(parse("12"))
    shipped = [LeadTime(LANE, str(day), day * DAY, (day + 12) * DAY, True) for day in range(4)]
    found = arrivals_of(shipped, laws=lambda lane, at: old if at < 2 * DAY else new, calendar=CALENDAR, seed=7)[LANE]
    assert [one.crps for one in found] == [7.0, 7.0, 0.0, 0.0]
    still = [LeadTime(LANE, "open", 0, 12 * DAY, False)]
    assert not arrivals_of(still, laws=lambda lane, at: old, calendar=CALENDAR, seed=7)
    assert not arrivals_of(shipped, laws=lambda lane, at: None, calendar=CALENDAR, seed=7)


def test_spacing_of__is_the_usual_one() -> None:
    assert spacing_of([0, 7 * DAY, 14 * DAY, 15 * DAY, 22 * DAY], CALENDAR) == 7.0
    assert spacing_of([0], CALENDAR) == 1.0


def test_arrivals_of__a_young_log_is_no_drift() -> None:
    law = parse("gamma(mean=30, cv=0.3)")
    alarms, early = 0, []
    for number in range(scaled(ci=10, full=200)):
        shipped = shipments(law, 90, number=number)
        now = 60 * DAY
        known = [one if one.ended_at <= now else LeadTime(LANE, one.name, one.shipped_at, now, False) for one in shipped]
        known = [one for one in known if one.shipped_at <= now]
        mine = law_of(law)
        seen = arrivals_of(known, laws=lambda lane, at, mine=mine: mine, calendar=CALENDAR, seed=7).get(LANE, [])
        alarms += bool(seen) and drift_of(seen, law=mine).alarm is not None
        early += [(one.ended_at - one.shipped_at) / DAY for one in known if one.arrived]
    assert alarms <= 1
    # The control: those that have come by then are shorter than the law by far.
    assert np.mean(early) < 28.5
