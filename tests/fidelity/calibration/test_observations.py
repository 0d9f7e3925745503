"""What facts say of parameters: a simulated run comes back as the laws it was drawn from, and real events pair as they should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chaintwin.events.facts import Facts, Item
from chaintwin.fidelity.calibration import Fitting, Lane, Layout, Observations, ParameterKind, calibrate
from chaintwin.laws import parse
from chaintwin.simulation.history.event_log import Event, EventLog, log_of
from chaintwin.simulation.history.tracing import trace
from chaintwin.twin.naming.networks import InForce
from tests.fidelity.calibration import worlds as runs
from tests.simulation.history.programs import random_program
from tests.sizes import scaled
from tests.twin import worlds
from tests.twin.simulated import named, network_of

DAY = worlds.DAY
PERIODS = 120


def observed(*events: Facts, tables: Any = None) -> Observations:
    found = Observations(InForce(tables or worlds.network()))
    for facts in sorted(events, key=lambda one: one.occurred_at):
        found.observe(facts)
    return found


def sent(items: tuple[Item, ...], *, day: float, step: str = "shipping", **more: Any) -> Facts:
    more = {"destinations": ((worlds.LOCATION, worlds.site("store")),), **more}
    return worlds.done(step, worlds.site("plant"), *items, at=worlds.START + int(day * DAY), **more)


def came(items: tuple[Item, ...], *, day: float, step: str = "receiving", **more: Any) -> Facts:
    return worlds.done(step, worlds.site("store"), *items, at=worlds.START + int(day * DAY), **more)


def rows(found: Observations, *, day: float) -> list[tuple[Lane, float, bool]]:
    now = worlds.START + int(day * DAY)
    return [(one.lane, (one.ended_at - one.shipped_at) / DAY, one.arrived) for one in found.lead_times(now)]


MILK = Lane("plant", "store", "milk")


def test_lead_times__named_items_pair_one_by_one() -> None:
    crates = [Item(f"{worlds.GTIN}/21/{number}", instance=True) for number in range(3)]
    found = observed(
        sent((crates[0], crates[1]), day=0),
        came((crates[0],), day=3),
        sent((crates[2],), day=1),
        came((crates[1],), day=5.5),
        came((Item(f"{worlds.GTIN}/21/9", instance=True),), day=2),
    )
    assert rows(found, day=8) == [(MILK, 3.0, True), (MILK, 5.5, True), (MILK, 7.0, False)]


def test_lead_times__objects_of_no_known_class_share_a_lane() -> None:
    crates = [Item(f"urn:example:crate:{number}", instance=True) for number in range(2)]
    found = observed(sent((crates[0],), day=0), sent((crates[1],), day=1), came((crates[1],), day=2), came((crates[0],), day=3))
    lane = MILK._replace(product="")
    assert rows(found, day=4) == [(lane, 3.0, True), (lane, 1.0, True)]


def test_calibrate__what_is_out_counts_for_the_only_lane_it_can_be_on() -> None:
    crates = [Item(f"{worlds.GTIN}/21/{number}", instance=True) for number in range(9)]
    ways = [sent((crate,), day=number, destinations=()) for number, crate in enumerate(crates)]
    found = observed(*ways, *(came((crate,), day=number + 4) for number, crate in enumerate(crates[:6])))
    (one,) = calibrate(found, now=worlds.START + 10 * DAY, fitting=Fitting(seed=7, draws=8)).parameters
    assert (one.subject, one.sample_size, one.censored_count) == ("plant>store/milk", 9, 3)


def test_lead_times__amounts_come_off_what_left_first() -> None:
    found = observed(
        sent((worlds.some("milk", 10.0),), day=0),
        sent((worlds.some("milk", 20.0),), day=1),
        came((worlds.some("milk", 4.0),), day=2),
        came((worlds.some("milk", 8.0),), day=4),
    )
    # 4 and 6 of the 8 end the first; 2 are off the second, which is still out.
    assert rows(found, day=6) == [(MILK, 4.0, True), (MILK, 5.0, False)]


def test_lead_times__papers_lead_to_their_own_shipment() -> None:
    first, second = ({"own": {"shipment": name}} for name in ("S1", "S2"))
    found = observed(
        sent((worlds.some("milk", 10.0),), day=0, **first),
        sent((worlds.some("milk", 10.0),), day=1, **second),
        came((worlds.some("milk", 10.0),), day=3, **second),
        came((worlds.some("milk", 10.0),), day=4, own={"shipment": "S9"}),
    )
    # The later one came first; papers of another shipment touch neither.
    assert rows(found, day=5) == [(MILK, 5.0, False), (MILK, 2.0, True)]


def test_lead_times__void_and_shipped_again() -> None:
    crate = Item(f"{worlds.GTIN}/21/1", instance=True)
    found = observed(
        sent((crate,), day=0), sent((crate,), day=1, step="void_shipping"), sent((crate,), day=2), came((crate,), day=5)
    )
    assert rows(found, day=6) == [(MILK, 3.0, True)]
    unseen = observed(sent((crate,), day=0), sent((crate,), day=4), came((crate,), day=6))
    assert rows(unseen, day=6) == [(MILK, 2.0, True)]


def test_yields__bad_goods_of_a_receipt() -> None:
    damaged = "https://ref.gs1.org/cbv/Disp-damaged"
    found = observed(
        sent((worlds.some("milk", 100.0),), day=0),
        came((worlds.some("milk", 94.0),), day=2),
        came((worlds.some("milk", 6.0),), day=2, disposition=damaged),
    )
    (one,) = found.yields()
    assert (one.lane, one.good, one.total) == (MILK, 94.0, 100.0)


def test_spells__what_lasts_is_a_bound() -> None:
    def changed(day: int, share: float) -> Facts:
        return Facts("EquipmentChanged", worlds.START + day * DAY, own={"resource": "press", "share": share})

    found = observed(changed(0, 1.0), changed(4, 0.0), changed(5, 1.0), changed(6, 0.5), changed(9, 0.0))
    spells = found.spells(worlds.START + 12 * DAY)
    assert [(s.is_up, (s.ended_at - s.began_at) / DAY, s.ended) for s in spells] == [
        (True, 4.0, True),
        (False, 1.0, True),
        (True, 4.0, True),
        (False, 3.0, False),
    ]


def observed_run(periods: int, *, seed: int) -> tuple[Observations, EventLog, int]:
    program, log, facts = runs.run(periods, seed=seed)
    found = Observations(InForce(runs.network()), layout=Layout.of(program))
    for one in facts:
        found.observe(one)
    return found, log, found.calendar.start_of(periods)


def test_lead_times__of_a_simulated_run_are_those_of_its_log() -> None:
    found, log, now = observed_run(PERIODS, seed=3)
    rows = log.events.filter(log.events["activity_id"].is_not_null())
    started = rows.filter(rows["event"] == Event.STARTED.value).select("activity_id", "started").rows()
    arrived = {
        (activity, start): period
        for activity, start, period in rows.filter(rows["event"] == Event.ARRIVED.value)
        .select("activity_id", "started", "period")
        .iter_rows()
    }
    expected = {key: arrived.get(key) for key in started}
    calendar = found.calendar
    got = {
        (one.lane.activity, calendar.period_of(one.shipped_at)): calendar.period_of(one.ended_at) if one.arrived else None
        for one in found.lead_times(now)
    }
    assert got == expected
    assert None in got.values()
    lanes = {one.lane.activity: one.lane for one in found.lead_times(now)}
    assert all(lane.product == "milk" for lane in lanes.values())
    assert {(lane.origin, lane.destination) for lane in lanes.values()} >= {("maker", "cross"), ("maker", "spoil"), ("", "maker")}


def test_lead_times__random_programs_pair_what_their_logs_pair() -> None:
    for seed in range(scaled(ci=2, full=100)):
        program = named(random_program(seed, integer=True))
        described = network_of(program)
        log = log_of(trace(program, periods=12, seed=seed))
        found = Observations(InForce(described), layout=Layout.of(program))
        for facts in runs.facts_of(log, program, described):
            found.observe(facts)
        rows = log.events.filter(log.events["activity_id"].is_not_null())
        waits = set(
            rows.filter(rows["event"].is_in([Event.HELD.value, Event.DETAINED.value]))
            .select("activity_id", "started")
            .iter_rows()
        )
        arrived = {
            (activity, start): period
            for activity, start, period in rows.filter(rows["event"] == Event.ARRIVED.value)
            .select("activity_id", "started", "period")
            .iter_rows()
        }
        ways = set(rows.filter(rows["event"] == Event.STARTED.value).select("activity_id", "started").iter_rows())
        for one in found.lead_times(found.calendar.start_of(12)):
            key = (one.lane.activity, found.calendar.period_of(one.shipped_at))
            assert key in ways
            if key not in waits and one.arrived:
                assert arrived[key] == found.calendar.period_of(one.ended_at)


def test_calibrate__a_simulated_run_gives_back_its_parameters() -> None:
    periods = scaled(ci=250, full=1_000)
    found, _, now = observed_run(periods, seed=5)
    version = calibrate(found, now=now, fitting=Fitting(seed=7, draws=64))
    truth = parse(runs.LAW)
    by_site = {one.lane.activity: one.lane.destination for one in found.lead_times(now)}
    lead_times = {by_site[one.subject]: one for one in version.parameters if one.kind is ParameterKind.LEAD_TIME}
    assert {site: lead_times[site].mode for site in ("cross", "fifo", "kaplan")} == {
        "cross": "crossing",
        "fifo": "fifo",
        "kaplan": "kaplan",
    }
    for site in ("cross", "fifo", "kaplan"):
        one = lead_times[site]
        assert parse(one.best).mean == pytest.approx(truth.mean, abs=0.5)
        means = [one.draw(replication).mean for replication in range(64)]
        assert min(means) < truth.mean < max(means)
        assert one.sample_size > 0.8 * periods
    assert lead_times["narrow"].best == "2"
    (capacity,) = [one for one in version.parameters if one.kind is ParameterKind.CAPACITY]
    assert float(capacity.best) == runs.CAPACITY
    (share,) = [one for one in version.parameters if one.kind is ParameterKind.YIELD]
    low, high = np.quantile([share.draw(replication).mean for replication in range(64)], [0.01, 0.99])
    assert by_site[share.subject] == "spoil"
    assert low < runs.YIELD < high
    again = calibrate(found, now=now, fitting=Fitting(seed=7, draws=64))
    assert again.id == version.id
    assert calibrate(found, now=now, fitting=Fitting(seed=8, draws=64)).id != version.id


def test_saturated__only_periods_in_which_orders_waited_from_beginning_to_end() -> None:
    found, log, now = observed_run(PERIODS, seed=3)
    saturated = found.saturated(now)
    assert saturated
    assert {one.output for one in saturated} == {runs.CAPACITY}
    rows = log.events.filter(log.events["event"] == Event.USED.value).select("period", "quantity").rows()
    # The control: all periods together would say that the lane is narrower than it is.
    assert np.mean([quantity for _, quantity in rows]) < runs.CAPACITY - 0.3
    assert len(saturated) < len(rows)


def test_lead_times__a_departure_and_an_acceptance_say_nothing_new() -> None:
    milk, paper = (worlds.some("milk", 10.0),), {"own": {"shipment": "S1"}}
    for more in ({}, paper):
        found = observed(
            sent(milk, day=0, **more),
            sent(milk, day=1, step="departing", **more),
            came(milk, day=3, **more),
            came(milk, day=3.5, step="accepting", **more),
        )
        assert rows(found, day=9) == [(MILK, 3.0, True)]
    alone = observed(sent(milk, day=1, step="departing", **paper), came(milk, day=3, step="accepting", **paper))
    assert rows(alone, day=9) == [(MILK, 2.0, True)]
    crate = (Item(f"{worlds.GTIN}/21/1", instance=True),)
    again = observed(
        sent(crate, day=0), came(crate, day=3), sent(crate, day=3.5, destinations=()), came(crate, day=4, step="accepting")
    )
    assert [row[1:] for row in rows(again, day=5)] == [(1.5, False), (3.0, True)]


def test_lead_times__any_of_the_papers_of_a_shipment_leads_to_it() -> None:
    def papers(*names: str) -> dict[str, Any]:
        return {"transactions": tuple(("https://ref.gs1.org/cbv/BTT-bol", name) for name in names)}

    milk = (worlds.some("milk", 10.0),)
    found = observed(sent(milk, day=0, **papers("D1", "B1")), came(milk, day=4, **papers("B1")))
    assert rows(found, day=9) == [(MILK, 4.0, True)]
    without = observed(sent(milk, day=0), came(milk, day=4, **papers("B1")))
    assert rows(without, day=9) == [(MILK, 4.0, True)]
    both = observed(sent(milk, day=0, **papers("B0")), sent(milk, day=1), came(milk, day=4, **papers("B1")))
    assert rows(both, day=9) == [(MILK, 9.0, False), (MILK, 3.0, True)]


def test_yields__parts_of_one_shipment_count_for_one_lane() -> None:
    paper = {"own": {"shipment": "S1"}}
    part = {**paper, "sources": ()}
    found = observed(
        sent((worlds.some("milk", 10.0),), day=0, **paper),
        came((worlds.some("milk", 4.0),), day=2, **part),
        came((worlds.some("milk", 6.0),), day=3, **part),
    )
    assert [(one.lane, one.total) for one in found.yields()] == [(MILK, 10.0)]


def test_calibrate__crates_of_one_load_are_one_observation() -> None:
    rng = np.random.default_rng(3)
    events = []
    for truck in range(8):
        crates = tuple(Item(f"{worlds.GTIN}/21/{truck}-{number}", instance=True) for number in range(50))
        took = float(rng.lognormal(1.6, 0.5))
        events += [sent(crates, day=2.0 * truck), came(crates, day=2.0 * truck + took)]
    now = worlds.START + 60 * DAY
    (one,) = calibrate(observed(*events), now=now, fitting=Fitting(seed=7, draws=64)).parameters
    assert one.sample_size == 8
    means = sorted(one.draw(place).mean for place in range(64))
    assert means[-4] / means[3] > 1.4, "eight journeys leave much open, however many crates each had"
