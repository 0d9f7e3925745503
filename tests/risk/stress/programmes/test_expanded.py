"""Impact period by period: the worked case, and what must hold for any network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from chaintwin.errors import UsageError
from chaintwin.risk.stress.programmes.collapsed import Collapsed
from chaintwin.risk.stress.programmes.expanded import Expanded
from chaintwin.risk.stress.programmes.flows import Flows
from tests.risk.stress.networks import at_site, flows_from, random_network
from tests.shared_data import cases_of, matches
from tests.sizes import scaled


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.impact_time_expanded"))
def test_expanded__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    model = Expanded(flows_from(inputs["network"]), inputs["horizon"])
    found = model.without(at_site(inputs["network"], inputs["site"]), start=inputs["start"], duration=inputs["duration"])
    expected = {"base_margin": found.base, "disrupted_margin": found.disrupted, "impact": found.impact}
    assert matches(expected, case["expected"], tolerance=case["tol"]["value"])


def plain_loss(flows: Flows, out: Any, *, periods: int, down: range) -> float:
    """The least margin lost, by the programme as METHODS 3.6 writes it: starts, sales and stock in every period."""
    count, actors, streams = flows.stock.size, flows.lead.size, flows.rate.size
    starts, sold, kept = actors * periods, streams * periods, count * periods
    taken, given, used = flows.taken.toarray(), flows.given.toarray(), flows.used.toarray()
    come = np.zeros((periods, count))
    for period in range(min(periods, flows.arriving.shape[1])):
        come[period] = given @ flows.arriving.toarray()[:, period]
    come[0] += flows.stock
    balance = np.zeros((kept, starts + sold + kept))
    for period in range(periods):
        rows = slice(period * count, (period + 1) * count)
        balance[rows, period * actors : (period + 1) * actors] += taken
        for activity in range(actors):
            begun = period - int(flows.lead[activity])
            if begun >= 0:
                balance[rows, begun * actors + activity] -= given[:, activity]
        for stream in range(streams):
            balance[period * count + flows.buffer[stream], starts + period * streams + stream] = 1
        for buffer in range(count):
            balance[period * count + buffer, starts + sold + period * count + buffer] = 1
            if period:
                balance[period * count + buffer, starts + sold + (period - 1) * count + buffer] = -1
    limited = np.flatnonzero(np.isfinite(flows.capacity))
    use = np.hstack([np.kron(np.eye(periods), used[limited]), np.zeros((limited.size * periods, sold + kept))])
    most = np.concatenate([np.full(starts, np.inf), np.tile(flows.rate, periods), np.full(kept, np.inf)])
    for period in down:
        most[period * actors + np.asarray(out, dtype=np.int64)] = 0
    cost = np.concatenate([np.zeros(starts), -np.tile(flows.margin, periods), np.zeros(kept)])
    found = linprog(
        cost,
        use if limited.size else None,
        np.tile(flows.capacity[limited], periods) if limited.size else None,
        balance,
        come.ravel(),
        bounds=[(0, None if np.isinf(high) else high) for high in most],
    )
    assert found.status == 0
    return float(flows.margin @ flows.rate) * periods + found.fun


def test_expanded__agrees_with_the_plain_programme() -> None:
    felt, whole, runs = 0, 0, scaled(ci=30, full=500)
    for seed in range(runs):
        network = random_network(seed)
        draw = np.random.default_rng(seed)
        for activity in network["activities"]:
            activity["pipeline"] = draw.integers(0, 4, activity["lead"]).astype(float).tolist()
        network["stock"] = {name: float(draw.integers(0, 12)) for name in network["stock"]}
        flows, periods = flows_from(network), int(draw.integers(3, 12))
        model = Expanded(flows, periods)
        usual = plain_loss(flows, [], periods=periods, down=range(0))
        for site in ("s0", "s1", "s2"):
            out, start, duration = at_site(network, site), int(draw.integers(0, 4)), int(draw.integers(1, 6))
            down = range(start, min(start + duration, periods))
            expected = plain_loss(flows, out, periods=periods, down=down) - usual
            found = model.without(out, start=start, duration=duration)
            assert found.impact == pytest.approx(max(expected, 0.0), abs=1e-5), (seed, site)
            assert found.base == pytest.approx(float(flows.margin @ flows.rate) * periods - usual, abs=1e-5)
            felt += expected > 1e-6
        whole += model._whole is not None
    assert felt > runs / 3
    # Both ways of solving are there.
    assert 0 < whole < runs


def test_expanded__units_and_margin_agree_where_all_margins_are_one() -> None:
    for seed in range(scaled(ci=15, full=150)):
        network = random_network(seed)
        for demand in network["demands"]:
            demand["margin"] = 1.0
        found = Expanded(flows_from(network), 12).without(at_site(network, "s1"), start=1, duration=5)
        assert found.lost.sum() == pytest.approx(found.impact, abs=1e-6)


def test_expanded__nothing_out_costs_nothing_and_longer_never_less() -> None:
    for seed in range(scaled(ci=15, full=150)):
        network = random_network(seed)
        model, out = Expanded(flows_from(network), 14), at_site(network, "s2")
        assert model.without(out, start=3, duration=0).impact == pytest.approx(0, abs=1e-6)
        assert model.without(out[:0], start=3, duration=5).impact == pytest.approx(0, abs=1e-6)
        costs = [model.without(out, start=2, duration=duration).impact for duration in (2, 4, 9)]
        assert costs == sorted(costs) or np.allclose(costs, sorted(costs), atol=1e-6)
        # What it was asked in between changes nothing.
        assert model.without(out, start=2, duration=4).impact == pytest.approx(costs[1], abs=1e-6)


def test_expanded__margin_earned_is_never_above_what_leaves_lead_times_out() -> None:
    """Adding up time forgets when things are needed and how long they take, so it can only promise more."""
    for seed in range(scaled(ci=15, full=150)):
        network, horizon = random_network(seed), 10
        flows, out = flows_from(network), at_site(network, "s0")
        earned = Expanded(flows, horizon).without(out, start=0, duration=horizon).disrupted
        promised = float(flows.margin @ flows.rate) * horizon - Collapsed(flows).impact(out, time=horizon)[0]
        assert earned <= promised * (1 + 1e-7) + 1e-6


def test_expanded__refuses_impossible_spans() -> None:
    flows = flows_from(random_network(1))
    with pytest.raises(UsageError, match="horizon: found 0"):
        Expanded(flows, 0)
    with pytest.raises(UsageError, match="outage: found start -1"):
        Expanded(flows, 3).without(np.array([0]), start=-1, duration=2)
