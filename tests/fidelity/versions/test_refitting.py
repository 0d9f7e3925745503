"""Refits: used where they predict better, refused where those in use are right, and fitted to what left since a shift."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.clock import DAY, SetClock
from chaintwin.fidelity.backcasting.past import past_of
from chaintwin.fidelity.calibration import Fitting, ParameterKind
from chaintwin.fidelity.versions.comparing import compared, described
from chaintwin.fidelity.versions.gathering import gathered, latest_of
from chaintwin.fidelity.versions.looking import Described, version_at
from chaintwin.fidelity.versions.making import fit_sales
from chaintwin.fidelity.versions.refitting import DRIFTED, STEADY, Refit, recorded, refit
from chaintwin.fidelity.versions.shelf import keep_version
from chaintwin.fidelity.versions.whole_periods import table_of
from chaintwin.network import Network, Scenario
from chaintwin.store.interface import Store
from chaintwin.store.opening import open_store
from chaintwin.twin.naming.networks import InForce
from tests.fidelity.calibration import worlds
from tests.fidelity.logs import log_at, put, told, with_lead_times

FITTING = Fitting(7, draws=32)
LAW, LATE = "gamma(mean=6, cv=0.2)", "gamma(mean=7.8, cv=0.2)"


def refitted(store: Store, tables: Network, *, until: int | None = None, is_taken: bool = False) -> tuple[Refit, Described]:
    place = Described.of(tables)
    now = latest_of(store) if until is None else until
    assert now is not None
    seen = gathered(store, InForce(tables), program=place.program, until=now)
    found = refit(seen, place.in_use(version_at(store, now)), now=now, fitting=FITTING, is_taken=is_taken)
    return found, place


def start_of(period: int) -> int:
    return 1_767_225_600_000_000 + period * DAY


def lead_of(found: Refit, place: Described, *, shop: str) -> float:
    (name,) = [name for name, lane in place.layout.lanes.items() if lane.destination == shop and lane.origin]
    (one,) = [one for one in found.fitted if one.subject == name and one.kind is ParameterKind.LEAD_TIME]
    return float(table_of(one).mixed.means[0])


def test_refit__tables_that_are_right_stay(tmp_path: Path) -> None:
    tables = worlds.network()
    with log_at(tmp_path / "log.db", [(tables, 160)], seed=3) as store:
        found, place = refitted(store, tables)
        assert not found.decided.accepted
        assert [one.group for one in found.decided.judgements] == [STEADY]
        assert not found.drifted
        frame = compared(found, place.in_use(None))
        assert not frame["used"].any()
        assert frame["before"].null_count() == 0
        taken, _ = refitted(store, tables, is_taken=True)
        assert taken.decided.accepted
        assert taken.version.id != found.version.id or taken.version.parameters == found.version.parameters


def test_refit__tables_that_are_wrong_are_replaced_for_good(tmp_path: Path) -> None:
    world, tables = worlds.network(), with_lead_times(worlds.network(), "pmf(1:0.5, 2:0.5)", lane="L1")
    with log_at(tmp_path / "log.db", [(world, 160)], seed=3) as store:
        found, place = refitted(store, tables)
        assert found.decided.accepted
        assert lead_of(found, place, shop="cross") == pytest.approx(3.5, abs=0.4)
        keep_version(store, found.version, decided=recorded(found.decided, 5))
        assert version_at(store, found.version.made_at) == found.version
        assert version_at(store, found.version.made_at - 1) is None
        # The same data again are no reason for another version.
        again, _ = refitted(store, tables)
        assert not again.decided.accepted
        assert again.version.parent == found.version.id
        frame = described(found.version.parameters)
        assert frame.height == len(found.version.parameters)


@pytest.mark.slow
def test_refit__long_lead_times_are_judged_by_what_has_not_come_as_well(tmp_path: Path) -> None:
    """Of what has come in 80 days of lead times of a month many were quick: by that alone no slower law is used."""
    right = with_lead_times(worlds.network(), "gamma(mean=30, cv=0.25)", lane="L1")
    quick = with_lead_times(right, "gamma(mean=22, cv=0.25)", lane="L1")
    with log_at(tmp_path / "log.db", [(right, 80)], seed=5) as store:
        found, place = refitted(store, quick)
        assert {one.group: one.accepted for one in found.decided.judgements} == {DRIFTED: True, STEADY: False}
        assert lead_of(found, place, shop="cross") == pytest.approx(30, abs=3)
        stays, _ = refitted(store, right)
        assert {one.group: one.accepted for one in stays.decided.judgements} == {STEADY: False}


@pytest.mark.slow
def test_refit__after_a_shift_what_left_since_counts(tmp_path: Path) -> None:
    tables = with_lead_times(worlds.network(), LAW, lane="L1")
    world = with_lead_times(tables, LATE, lane="L1")
    with log_at(tmp_path / "log.db", [(tables, 100), (world, 70)], seed=4) as store:
        found, place = refitted(store, tables)
        (drift,) = [one for one in found.drifts if one.alarm is not None]
        assert drift.lane.destination == "cross"
        assert drift.since is not None
        assert abs(drift.since - start_of(100)) <= 8 * DAY
        assert found.decided.accepted
        accepted = {one.group: one.accepted for one in found.decided.judgements}
        assert accepted[DRIFTED]
        assert lead_of(found, place, shop="cross") == pytest.approx(7.8, abs=0.5)
        # The control: all that ever left says something in between.
        whole, _ = refitted(store, tables, until=start_of(100))
        assert lead_of(whole, place, shop="cross") == pytest.approx(6.0, abs=0.4)
        assert not [one for one in whole.drifts if one.alarm is not None]


def asking(law: str) -> Network:
    return Scenario.of("asking", [{"table": "demand", "column": "quantity", "set": law}]).apply(worlds.network())


def test_refit__demand_that_nobody_tells_is_read_from_sales(tmp_path: Path) -> None:
    world, tables = asking("normal(11, 3)"), asking("normal(8, 3)")
    place = Described.of(tables)
    untold = [event for event in told([(world, 80)], seed=3) if event["type"] != "ct:DemandPlaced"]
    with open_store(tmp_path / "log.db", clock=SetClock(now=1)) as store:
        put(store, untold)
        until = latest_of(store)
        assert until is not None
        seen = gathered(store, InForce(tables), program=place.program, until=until)
        assert (seen.sells, seen.asks) == (True, False)
        past = past_of(store, tables, program=place.program, until=until)
        points = place.program.names.buffers["buffer_id"].to_list()
        demands = list(fit_sales(past, points, calendar=seen.calendar, fitting=FITTING))
        found = refit(seen, place.in_use(None), now=until, fitting=FITTING, demands=demands)
    assert {one.subject for one in demands} == set(points) - {"maker/milk"}
    cross = next(one for one in demands if one.subject == "cross/milk")
    means = [cross.draw(number).mean for number in range(32)]
    assert min(means) < 11.0 < max(means)
    assert (ParameterKind.DEMAND, "cross/milk") in found.adopted
    applied = place.applied(found.version, draws=4)
    asked = applied.asked(place.graph, None)
    assert all(rows.shape == (4, 2) for rows in asked.values())
    streams = applied.graph(place.graph).streams
    assert streams["law"].str.starts_with("normal(1").all()
