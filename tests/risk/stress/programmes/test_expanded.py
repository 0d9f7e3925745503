"""Impact period by period: the worked case, and what must hold for any network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.risk.stress.programmes.collapsed import Collapsed
from chaintwin.risk.stress.programmes.expanded import Expanded
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
