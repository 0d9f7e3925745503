"""Time to survive and impact: worked cases, a plain oracle, and what must hold for any network."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from chaintwin.errors import UsageError
from chaintwin.risk.stress.centrality import betweenness, rank_correlation
from chaintwin.risk.stress.programmes.collapsed import LONGEST, Collapsed
from chaintwin.risk.stress.programmes.expanded import Expanded
from chaintwin.risk.stress.programmes.flows import Flows
from tests.risk.stress.networks import at_site, flows_from, random_network
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

NOBODY = np.zeros(0, dtype=np.int64)


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.tts_ttr"))
def test_collapsed__worked_cases(case: dict[str, Any]) -> None:
    network, times = case["inputs"]["network"], case["inputs"]["ttr"]
    flows, tolerance = flows_from(network), case["tol"]["value"]
    model = Collapsed(flows)
    sites = list(times)
    survived = {site: model.time_to_survive(at_site(network, site)) for site in sites}
    impact = {site: model.impact(at_site(network, site), time=times[site])[0] for site in sites}
    most = max(impact.values())
    for site, expected in case["expected"]["by_site"].items():
        assert matches(None if math.isinf(survived[site]) else survived[site], expected["tts"], tolerance=tolerance)
        assert matches(impact[site], expected["pi"], tolerance=tolerance)
        assert matches(impact[site] / most, expected["rei"], tolerance=tolerance)
    assert sorted(site for site in sites if survived[site] < times[site]) == case["expected"]["exposed"]
    between = betweenness(flows, [at_site(network, site) for site in sites])
    assert between is not None
    correlation = rank_correlation(np.array([impact[site] for site in sites]), between)
    assert matches(correlation, case["expected"]["spearman_pi_betweenness"], tolerance=tolerance)


def plain_survival(flows: Flows, out: Any) -> float:
    """The programme as METHODS 3.6 writes it, solved once by a general method."""
    limited = np.isfinite(flows.capacity)
    asked = np.bincount(flows.buffer, weights=flows.rate, minlength=flows.stock.size)
    above = np.hstack([(flows.taken - flows.given).toarray(), asked[:, None]])
    below = np.hstack([flows.used.toarray()[limited], -flows.capacity[limited][:, None]])
    bounds: list[tuple[float, float | None]] = [(0, None)] * flows.lead.size
    for number in out:
        bounds[number] = (0, 0)
    cost = np.zeros(flows.lead.size + 1)
    cost[-1] = -1
    upper = np.concatenate([flows.in_reach, np.zeros(limited.sum())])
    found = linprog(cost, np.vstack([above, below]), upper, bounds=[*bounds, (0, LONGEST)])
    return math.inf if -found.fun >= LONGEST * (1 - 1e-7) else -found.fun


def plain_impact(flows: Flows, out: Any, time: float) -> float:
    limited = np.isfinite(flows.capacity)
    streams = flows.rate.size
    served = np.zeros((flows.stock.size, streams))
    served[flows.buffer, np.arange(streams)] = 1
    above = np.hstack([(flows.taken - flows.given).toarray(), served])
    below = np.hstack([flows.used.toarray()[limited], np.zeros((limited.sum(), streams))])
    bounds: list[tuple[float, float | None]] = [(0, None)] * flows.lead.size
    for number in out:
        bounds[number] = (0, 0)
    cost = np.concatenate([np.zeros(flows.lead.size), -flows.margin])
    upper = np.concatenate([flows.in_reach, flows.capacity[limited] * time])
    found = linprog(cost, np.vstack([above, below]), upper, bounds=[*bounds, *((0, rate * time) for rate in flows.rate)])
    return float(flows.margin @ flows.rate * time + found.fun)


@pytest.mark.parametrize("block", range(4))
def test_collapsed__agrees_with_the_plain_programme(block: int) -> None:
    each = scaled(ci=25, full=500)
    finite = 0
    for seed in range(block * each, (block + 1) * each):
        network = random_network(seed)
        flows = flows_from(network)
        model = Collapsed(flows)
        # Asked twice and in turn, because a model goes on from where it stands.
        for site in ("s0", "s1", "s2", "s0"):
            out = at_site(network, site)
            found = model.time_to_survive(out)
            assert found == pytest.approx(plain_survival(flows, out), rel=1e-6, abs=1e-6), seed
            finite += math.isfinite(found)
            for time in (7.0, 20.0, 7.0):
                assert model.impact(out, time=time)[0] == pytest.approx(plain_impact(flows, out, time), rel=1e-6, abs=1e-5), seed
    assert finite > each


def test_collapsed__more_that_is_out_and_a_longer_time_never_cost_less() -> None:
    for seed in range(scaled(ci=20, full=300)):
        network = random_network(seed)
        flows = flows_from(network)
        model = Collapsed(flows)
        one, both = at_site(network, "s1"), np.concatenate([at_site(network, "s1"), at_site(network, "s2")])
        assert model.time_to_survive(both) <= model.time_to_survive(one) * (1 + 1e-7) + 1e-7
        small, large = model.impact(one, time=10)[0], model.impact(both, time=10)[0]
        assert large >= small - 1e-6
        assert model.impact(one, time=11)[0] >= small - 1e-6
        survived = model.time_to_survive(one)
        if 0 < survived < 1e4:
            assert model.impact(one, time=survived)[0] == pytest.approx(0, abs=1e-4)
            assert model.impact(one, time=survived * 1.5 + 1)[0] > 0


@pytest.mark.parametrize("case", cases_of("risk/cases.json", "ttr_worked_example"))
def test_collapsed__published_example_of_parallel_suppliers(case: dict[str, Any]) -> None:
    products = case["inputs"]["products"]
    suppliers = case["inputs"]["suppliers_capacity"]
    activities = [
        {"id": f"{supplier}-{product}", "site": supplier, "cap": math.inf, "in": {f"of {supplier}": 1}, "out": {product: 1}}
        for supplier in suppliers
        for product in products
    ]
    activities += [
        {"id": supplier, "site": supplier, "cap": capacity, "in": {}, "out": {f"of {supplier}": 1}}
        for supplier, capacity in suppliers.items()
    ]
    network = {
        "stock": {name: float(product["inventory"]) for name, product in products.items()}
        | {f"of {supplier}": 0.0 for supplier in suppliers},
        "activities": activities,
        "demands": [
            {"buffer": name, "rate": product["demand"], "margin": product["loss_per_unit"]} for name, product in products.items()
        ],
    }
    model, tolerance = Collapsed(flows_from(network)), case["tolerance"]["abs"]
    for scenario, expected in case["expected"]["by_scenario"].items():
        out = NOBODY if scenario == "none" else at_site(network, scenario.removesuffix(" down"))
        survived = model.time_to_survive(out)
        cost, lost = model.impact(out, time=case["inputs"]["ttr_periods"])
        # 999 is the publication's word for no limit.
        assert (999.0 if math.isinf(survived) else survived) == pytest.approx(expected["tts"], abs=tolerance)
        assert cost == pytest.approx(expected["disruption_cost"], abs=tolerance)
        assert lost.sum() == pytest.approx(expected["lost_units"], abs=tolerance)


@pytest.mark.parametrize("case", cases_of("risk/cases.json", "ttr_net"))
def test_collapsed__published_network_of_several_tiers(case: dict[str, Any]) -> None:
    nodes, times = case["inputs"]["nodes"], case["inputs"]["ttr"]
    part_of = {(supplier, user): part for supplier, user, part in case["inputs"]["arcs"]}
    stock = {name: float(node["s"]) for name, node in nodes.items()}
    stock |= {f"{user} {part}": 0.0 for (_, user), part in part_of.items()}
    activities = [
        {
            "id": name,
            "site": name,
            "cap": node["c"],
            "in": {f"{name} {part}": quantity for part, quantity in case["inputs"]["bom"].get(name, {}).items()},
            "out": {name: 1},
        }
        for name, node in nodes.items()
    ]
    activities += [
        {"id": f"{supplier}>{user}", "site": "", "cap": math.inf, "in": {supplier: 1}, "out": {f"{user} {part}": 1}}
        for (supplier, user), part in part_of.items()
    ]
    demands = [{"buffer": name, "rate": node["d"], "margin": node["f"]} for name, node in nodes.items() if "d" in node]
    network = {"stock": stock, "activities": activities, "demands": demands}
    model = Collapsed(flows_from(network))
    rel, absolute = case["tolerance"]["rel"], case["tolerance"]["abs"]
    impacts = {name: model.impact(at_site(network, name), time=time)[0] for name, time in times.items()}
    for name, expected in case["expected"]["by_disrupted_node"].items():
        survived = model.time_to_survive(at_site(network, name))
        assert survived == pytest.approx(expected["tts"], rel=rel, abs=absolute)
        assert impacts[name] == pytest.approx(expected["performance_impact"], rel=rel, abs=absolute)
        assert impacts[name] / max(impacts.values()) == pytest.approx(expected["risk_exposure_index"], rel=rel, abs=absolute)
        assert (survived < times[name]) == expected["ttr_exceeds_tts"]


@pytest.mark.parametrize("case", cases_of("risk/cases.json", "tts_inventory"))
def test_collapsed__what_is_under_way_still_arrives(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    network = {
        "stock": {"b": inputs["stock"]},
        "activities": [{"id": "a", "site": "s", "cap": math.inf, "in": {}, "out": {"b": 1}, "pipeline": inputs["pipeline"]}],
        "demands": [{"buffer": "b", "rate": inputs["demand_per_period"], "margin": 1}],
    }
    found = Collapsed(flows_from(network)).time_to_survive(np.array([0]))
    assert found == pytest.approx(case["expected"]["periods_without_loss"], abs=1e-9)


@pytest.mark.parametrize("time", [-1.0, math.inf, math.nan])
def test_collapsed__refuses_an_impossible_time(time: float) -> None:
    model = Collapsed(flows_from(random_network(0)))
    with pytest.raises(UsageError, match="time to recover"):
        model.impact(NOBODY, time=time)


@pytest.mark.parametrize(("units", "money"), [(1e6, 1.0), (1e-6, 1.0), (1.0, 1e-8), (1e5, 1e9)])
def test_collapsed__grams_or_tonnes_and_cents_or_millions_are_the_same_network(units: float, money: float) -> None:
    for seed in range(scaled(ci=25, full=300)):
        network = random_network(seed)
        flows = flows_from(network)
        other = replace(
            flows,
            stock=flows.stock * units,
            capacity=flows.capacity * units,
            rate=flows.rate * units,
            margin=flows.margin * money,
            arriving=flows.arriving * units,
        )
        one, measured = Collapsed(flows), Collapsed(other)
        periods = 9
        expanded, measured_too = Expanded(flows, periods), Expanded(other, periods)
        for site in ("s0", "s1", "s2"):
            out = at_site(network, site)
            assert measured.time_to_survive(out) == pytest.approx(one.time_to_survive(out), rel=1e-7, abs=1e-7), (seed, site)
            expected = one.impact(out, time=20.0)[0]
            assert measured.impact(out, time=20.0)[0] / (units * money) == pytest.approx(expected, rel=1e-7, abs=1e-6), seed
            by_period = expanded.without(out, start=1, duration=4).impact
            found = measured_too.without(out, start=1, duration=4).impact / (units * money)
            assert found == pytest.approx(by_period, rel=1e-7, abs=1e-5), seed


def test_collapsed__refuses_an_unknown_activity() -> None:
    model = Collapsed(flows_from(random_network(0)))
    with pytest.raises(UsageError, match="activities: found 999"):
        model.time_to_survive(np.array([999]))


def test_impact__of_a_part_lies_between_nothing_and_all_and_grows() -> None:
    grew = 0
    for seed in range(scaled(ci=20, full=300)):
        network = random_network(seed)
        model, out = Collapsed(flows_from(network)), at_site(network, "s1")
        lost = [model.impact(out, time=20.0, share=share)[0] for share in (0.0, 0.25, 0.5, 1.0)]
        slack = 1e-6 * max(1.0, lost[-1])
        assert lost[0] == pytest.approx(model.impact(NOBODY, time=20.0)[0], abs=slack)
        assert lost[-1] == model.impact(out, time=20.0)[0]
        assert all(one <= other + slack for one, other in pairwise(lost)), seed
        # The programme is convex in the share too, as it is in everything that enters its bounds. At a share of 0 there is no
        # outage, and what is struck may do more than usual, so the line begins just above it.
        begins = model.impact(out, time=20.0, share=1e-9)[0]
        assert lost[0] <= begins + slack
        assert lost[2] <= (begins + lost[3]) / 2 + slack
        grew += lost[1] > lost[0] + 1
    assert grew > 3


def test_impact__of_half_a_single_source_is_half_of_the_demand_beyond_stock() -> None:
    activities = [{"site": "plant", "cap": math.inf, "in": {}, "out": {"store": 1.0}}]
    demands = [{"buffer": "store", "rate": 10.0, "margin": 3.0}]
    flows = flows_from({"stock": {"store": 40.0}, "activities": activities, "demands": demands})
    model, out = Collapsed(flows), np.array([0])
    assert model.impact(out, time=20.0)[0] == pytest.approx(3 * (200 - 40))
    assert model.impact(out, time=20.0, share=0.5)[0] == pytest.approx(3 * (100 - 40))
    assert model.impact_line(out, time=20.0, share=0.5) == pytest.approx((180.0, -120.0))
    with pytest.raises(UsageError, match="0 to 1"):
        model.impact(out, time=20.0, share=1.5)


def test_impact_line__touches_and_never_crosses() -> None:
    for seed in range(scaled(ci=20, full=300)):
        network = random_network(seed)
        model, out = Collapsed(flows_from(network)), at_site(network, "s0")
        cost, start = model.impact_line(out, time=20.0)
        assert cost == model.impact(out, time=20.0)[0]
        for time in (0.0, 4.0, 10.0, 40.0, 90.0):
            line = start + (cost - start) / 20.0 * time
            exact = model.impact(out, time=time)[0]
            assert line <= exact + 1e-6 * max(1.0, exact), seed
