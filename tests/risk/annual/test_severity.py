"""Curves of cost: lines above and below the programme, from few durations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.annual.severity import CLOSE, NEGLIGIBLE, NOISE, POINTS_MAX, Curve, Line, curve_of
from chaintwin.risk.stress.programmes.collapsed import Collapsed
from tests.risk.stress.networks import at_site, flows_from, random_network
from tests.shared_data import cases_of
from tests.sizes import scaled

LONGEST = 100.0


@given(
    kinks=st.lists(st.tuples(st.floats(0.0, 99.0), st.floats(0.0, 1e4)), min_size=1, max_size=8),
    at=st.lists(st.floats(0.0, LONGEST), min_size=1, max_size=20),
)
def test_curve_of__any_convex_cost_lies_between_its_lines(kinks: list[tuple[float, float]], at: list[float]) -> None:
    asked = []

    def cost(duration: float) -> float:
        return sum(slope * max(duration - start, 0.0) for start, slope in kinks)

    def line_at(duration: float) -> Line:
        asked.append(duration)
        return cost(duration), -sum(slope * start for start, slope in kinks if duration > start)

    curve = curve_of(line_at, LONGEST)
    exact = np.array([cost(duration) for duration in at])
    slack = 1e-6 * max(1.0, cost(LONGEST))
    upper, lower = curve.at(at), curve.low_at(at)
    assert (upper >= exact - slack).all()
    assert (lower <= exact + slack).all()
    assert (upper - lower <= np.maximum(CLOSE * upper, NEGLIGIBLE * cost(LONGEST)) + 2 * slack).all()
    # A bend is found where its two lines meet, so that a few bends take a few programmes each.
    assert len(asked) <= 4 * len(kinks) + 2


def test_curve_of__a_smooth_cost_stops_at_a_limit() -> None:
    curve = curve_of(lambda time: (time**6, time**6 - 6 * time**6), LONGEST)
    assert curve.durations.size <= POINTS_MAX
    at = np.linspace(0, LONGEST, 501)
    slack = 2 * NOISE * LONGEST**6
    assert (curve.at(at) >= at**6 - slack).all()
    assert (curve.low_at(at) <= at**6 + slack).all()
    assert np.abs(curve.at(at) - at**6).max() < 0.01 * LONGEST**6


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.tts_ttr"))
def test_curve_of__meets_worked_impacts(case: dict[str, Any]) -> None:
    network, times = case["inputs"]["network"], case["inputs"]["ttr"]
    model = Collapsed(flows_from(network))
    for site, expected in case["expected"]["by_site"].items():
        out = at_site(network, site)
        curve = curve_of(lambda time, out=out: model.impact_line(out, time=time), 365.0)  # type: ignore[misc]
        assert curve.at([times[site]])[0] == pytest.approx(expected["pi"], rel=2e-3, abs=1e-4 * curve.costs[-1])


def test_curve_of__costs_nothing_exactly_as_long_as_the_network_survives() -> None:
    ended = 0
    for seed in range(scaled(ci=40, full=400)):
        network = random_network(seed)
        model, out = Collapsed(flows_from(network)), at_site(network, "s2")
        curve = curve_of(lambda time: model.impact_line(out, time=time), LONGEST)  # noqa: B023
        survives = model.time_to_survive(out)
        nothing = float(curve.durations[curve.costs == 0].max())
        assert nothing == pytest.approx(min(survives, LONGEST), rel=1e-6, abs=1e-6), seed
        ended += 0 < survives < LONGEST
    assert ended > 10


def test_curve_of__programmes_of_random_networks_lie_between_its_lines() -> None:
    bent = 0
    for seed in range(scaled(ci=15, full=300)):
        network = random_network(seed)
        model = Collapsed(flows_from(network))
        usual = curve_of(lambda time: model.impact_line(np.zeros(0, dtype=np.int64), time=time), LONGEST)  # noqa: B023
        for share in (1.0, 0.4):
            out = at_site(network, "s1")
            curve = curve_of(lambda time: model.impact_line(out, time=time, share=share), LONGEST)  # noqa: B023
            beyond = curve.less(usual)
            bent += curve.durations.size > 2
            for time in (3.0, 11.0, 47.0):
                exact = model.impact(out, time=time, share=share)[0]
                slack = 1e-6 * max(1.0, curve.costs[-1])
                assert curve.low_at([time])[0] - slack <= exact <= curve.at([time])[0] + slack, seed
                more = exact - model.impact(np.zeros(0, dtype=np.int64), time=time)[0]
                assert beyond.low_at([time])[0] - 2 * slack <= max(more, 0.0) <= beyond.at([time])[0] + 2 * slack, seed
    assert bent > 5


@pytest.mark.parametrize(("durations", "costs"), [([1, 2], [0, 1]), ([0, 2, 2], [0, 1, 2]), ([0, 1], [0])])
def test_curve__refuses_durations_that_do_not_ascend_from_0(durations: list[float], costs: list[float]) -> None:
    with pytest.raises(UsageError):
        Curve.through(durations, costs)
