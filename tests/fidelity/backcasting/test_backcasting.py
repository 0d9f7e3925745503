"""Backcasts: the past is what happened, forecasts from it are right where the parameters are, and a budget ends nothing half."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import numpy as np
import pytest

from chaintwin.clock import DAY, SetClock
from chaintwin.fidelity.backcasting.backcasting import HORIZONS, backcast, naive_members, scores_of, spread
from chaintwin.fidelity.backcasting.past import past_of
from chaintwin.fidelity.backcasting.shelf import ON_HAND, fingerprint, kept, scored_of
from chaintwin.fidelity.scoring.forecasts import apart_in_time
from chaintwin.fidelity.versions.gathering import latest_of
from chaintwin.fidelity.versions.looking import Described
from chaintwin.laws.scores import crps_sample, naive_ensemble, randomized_pit
from chaintwin.network import Network
from chaintwin.simulation import trace
from chaintwin.store.interface import Store
from chaintwin.twin import Twin
from tests.fidelity.calibration import worlds
from tests.fidelity.logs import log_at, put, told, with_lead_times
from tests.sizes import scaled

PERIODS = 150


def looked_back(store: Store, tables: Network, *, every: int = 1, budget: float = 1e9, runs: int = 64) -> list[object]:
    place = Described.of(tables)
    twin = Twin.open(tables, store=store, is_kept=False, clock=SetClock(now=1))
    until = latest_of(store)
    assert until is not None
    backcast(store, twin, described=place, until=until, budget=budget, every=every, runs=runs, threads=1)
    return list(kept(store, fingerprint(place.program)).values())


def test_past_of__is_what_happened(tmp_path: Path) -> None:
    network = worlds.network()
    with log_at(tmp_path / "log.db", [(network, 40)], seed=3) as store:
        until = latest_of(store)
        assert until is not None
        seen = trace(network.compile(periods=2_000), periods=41, seed=3)
        past = past_of(store, network, program=seen.program, until=until, origins=(10, 20))
    assert (past.first, past.end) == (0, 40)
    np.testing.assert_allclose(past.stock, seen.on_hand[:40], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(past.demand, seen.demand[:40].sum(axis=1))
    unmet = np.minimum(seen.backlog, seen.demand)[:40].sum(axis=1)
    np.testing.assert_allclose(past.served, past.demand - unmet, rtol=1e-9, atol=1e-9)
    assert sorted(past.eves) == [10, 20]
    # All was taken in long before: nothing is known that was not known then.
    assert past.is_as_known(10)


def test_past_of__knows_what_was_learned_later(tmp_path: Path) -> None:
    network = worlds.network()
    events = told([(network, 20)], seed=3)
    place = Described.of(network)
    start = 1_767_225_600_000_000
    from chaintwin.store.opening import open_store

    with open_store(tmp_path / "log.db", clock=SetClock(now=1)) as store:
        late = [one for one in events if "2026-01-08" <= one["eventTime"] < "2026-01-09"][:5]
        on_time = [one for one in events if one not in late]
        for day in range(21):
            mine = [one for one in on_time if one["eventTime"][:10] == f"2026-01-{day + 1:02d}"]
            put(store, mine, received_at=start + day * DAY + DAY // 2)
            if day == 10:
                put(store, late, received_at=start + day * DAY + DAY // 2)
        past = past_of(store, network, program=place.program, until=start + 20 * DAY)
    assert [period for period in range(past.first, past.end) if not past.is_as_known(period)] == [8, 9, 10]
    assert not any(past.is_hindsight(period) for period in range(past.first + 1, past.end))
    assert all((values >= 0).all() and values.max() <= 4 * DAY / 1e6 for values in past.latencies.values())


def test_past_of__holds_books_against_counts(tmp_path: Path) -> None:
    network = worlds.network()
    events = told([(network, 10)], seed=3)
    counted = {
        "type": "ObjectEvent",
        "eventTime": "2026-01-05T20:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "cycle_counting",
        "bizLocation": {"id": "urn:chaintwin:v1:site:cross"},
        "quantityList": [{"epcClass": "urn:chaintwin:v1:product:milk", "quantity": 3}],
    }
    from chaintwin.store.opening import open_store

    with open_store(tmp_path / "log.db", clock=SetClock(now=1)) as store:
        put(store, [*events, counted])
        until = latest_of(store)
        assert until is not None
        seen = trace(network.compile(periods=2_000), periods=11, seed=3)
        past = past_of(store, network, program=seen.program, until=until)
    (count,) = past.counts
    place = seen.program.names.buffers["buffer_id"].to_list().index(count.stock_point)
    assert (count.stock_point, count.counted) == ("cross/milk", 3.0)
    assert count.book == pytest.approx(seen.on_hand[4, place])


@pytest.mark.slow
def test_backcast__intervals_cover_what_they_promise_and_wrong_tables_are_seen(tmp_path: Path) -> None:
    world = worlds.network()
    wrong = with_lead_times(world, "pmf(1:0.9, 2:0.1)")
    inside: dict[str, dict[int, float]] = {}
    with log_at(tmp_path / "log.db", [(world, scaled(ci=PERIODS, full=600))], seed=3) as store:
        for name, tables in (("right", world), ("wrong", wrong)):
            found = looked_back(store, tables, every=scaled(ci=5, full=2), runs=scaled(ci=96, full=256))
            points = Described.of(tables).program.names.buffers["buffer_id"].to_list()
            scored = scored_of(found, points=points)  # type: ignore[arg-type]
            shares: dict[int, list[bool]] = {horizon: [] for horizon in HORIZONS}
            for one in scored:
                if one.measure == ON_HAND and one.subject != "maker/milk":
                    shares[one.horizon].append(0.05 <= one.pit <= 0.95)
            inside[name] = {horizon: float(np.mean(rows)) for horizon, rows in shares.items()}
            skill = 1 - np.mean([one.crps for one in scored]) / np.mean(
                [one.reference for one in scored if one.reference is not None]
            )
            assert skill > 0 or name == "wrong"
    for horizon in HORIZONS:
        assert 0.85 <= inside["right"][horizon] <= 0.95, inside
    assert inside["wrong"][7] < 0.85


def test_backcast__goes_on_where_it_ended_and_does_again_what_no_longer_stands(tmp_path: Path) -> None:
    world = worlds.network()
    place, until = Described.of(world), 0
    with log_at(tmp_path / "log.db", [(world, 24)], seed=3) as store:
        twin = Twin.open(world, store=store, is_kept=False, clock=SetClock(now=1))
        until = latest_of(store) or 0
        options = {"until": until, "every": 3, "runs": 8, "threads": 1}
        first = backcast(store, twin, described=place, budget=0.0, **options)  # type: ignore[arg-type]
        assert (first.made, first.there) == (1, 1)
        (newest,) = kept(store, fingerprint(place.program))
        assert newest == 23
        rest = backcast(store, twin, described=place, budget=1e9, **options)  # type: ignore[arg-type]
        assert (rest.made, rest.open) == (first.open, 0)
        assert backcast(store, twin, described=place, budget=1e9, **options).made == 0  # type: ignore[arg-type]
        # A count of the past changes the truth of the periods behind it, and the forecasts that were held against it.
        put(
            store,
            [
                {
                    "type": "ObjectEvent",
                    "eventTime": "2026-01-20T20:00:00Z",
                    "eventTimeZoneOffset": "+00:00",
                    "action": "OBSERVE",
                    "bizStep": "cycle_counting",
                    "bizLocation": {"id": "urn:chaintwin:v1:site:cross"},
                    "quantityList": [{"epcClass": "urn:chaintwin:v1:product:milk", "quantity": 1000}],
                }
            ],
        )
        twin.catch_up()
        again = backcast(store, twin, described=place, budget=1e9, **options)  # type: ignore[arg-type]
        assert 0 < again.made < rest.made + 1
        cancel = threading.Event()
        cancel.set()
        stopped = backcast(store, twin, described=place, budget=1e9, cancel=cancel, until=until, every=1, runs=8, threads=1)
        assert stopped.made == 0


def test_scores_of__are_those_of_single_forecasts() -> None:
    rng = np.random.default_rng(7)
    members, truth = np.round(rng.normal(5, 2, (6, 40))), np.round(rng.normal(5, 2, 6))
    naive, breaks = np.round(rng.normal(5, 3, (6, 9))), rng.random(6)
    found = scores_of(members, truth, breaks=breaks, naive=naive)
    np.testing.assert_allclose(found["pit"], randomized_pit(list(members), truth, breaks=breaks))
    np.testing.assert_allclose(found["crps"], [crps_sample(row, value) for row, value in zip(members, truth, strict=True)])
    np.testing.assert_allclose(found["reference"], [crps_sample(row, value) for row, value in zip(naive, truth, strict=True)])
    history = rng.normal(5, 2, (30, 3))
    for horizon in (1, 7, 29, 30):
        for place, row in enumerate(naive_members(history, horizon)):
            np.testing.assert_allclose(np.sort(row), np.sort(naive_ensemble(history[:, place], horizon)))


def test_spread__newest_first_then_the_widest_gaps() -> None:
    assert list(spread([])) == []
    assert list(spread(range(5), taken=[4])) == [0, 2, 3, 1, 4]
    assert next(iter(spread(range(100)))) == 99
    early = sorted([one for one, _ in zip(spread(range(101)), range(5), strict=False)])
    assert early == [0, 25, 50, 75, 100]


def test_apart_in_time__of_scored_forecasts(tmp_path: Path) -> None:
    world = worlds.network()
    with log_at(tmp_path / "log.db", [(world, 20)], seed=3) as store:
        found = looked_back(store, world, every=2, runs=4)
        scored = scored_of(found, points=Described.of(world).program.names.buffers["buffer_id"].to_list())  # type: ignore[arg-type]
    seven = [one.origin for one in apart_in_time(scored) if one.subject == "cross/milk" and one.horizon == 7]
    assert all(later - earlier >= 7 for earlier, later in itertools.pairwise(seven))
