"""Order lines of a simulation against a queue of units, the worked case, and the judge of recorded lines."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin.network.compiling import compile_graph
from chaintwin.risk.service import judge_orders
from chaintwin.risk.service.simulated.lines import lines_of, order_table
from chaintwin.risk.service.simulated.tallying import tally_lines
from chaintwin.simulation import trace
from chaintwin.simulation.history.trace import NEVER, Trace
from tests.graphs import graph_of
from tests.risk.service.simulated.networks import random_program
from tests.shared_data import cases_of
from tests.sizes import scaled


def queued(seen: Trace, stream: int, *, warm_up: int) -> list[list[int]]:
    """Return, for each counted period with demand, the periods in which its units came, by a queue of single units."""
    waiting: deque[int] = deque()
    came: dict[int, list[int]] = {}
    for period in range(len(seen.demand)):
        asked, lost, sent = (round(float(values[period, stream])) for values in (seen.demand, seen.lost, seen.shipped))
        if period == 0:
            waiting.extend([-1] * round(float(seen.state.backlog[stream])))
        came[period] = []
        waiting.extend([period] * (asked - lost))
        for _ in range(sent):
            came.setdefault(waiting.popleft(), []).append(period)
    return [came[period] for period in range(warm_up, len(seen.demand))]


@pytest.mark.parametrize("warm_up", [0, 5])
def test_lines_of__a_queue_of_units_says_the_same(warm_up: int) -> None:
    late = 0
    for seed in range(scaled(ci=25, full=250)):
        seen = trace(random_program(seed), periods=20)
        lines = lines_of(seen, warm_up=warm_up)
        for stream in range(seen.demand.shape[1]):
            window = int(lines.window[stream])
            for period, came in enumerate(queued(seen, stream, warm_up=warm_up)):
                asked = lines.ordered[period, stream]
                lost = seen.lost[warm_up + period, stream]
                assert lines.accepted[period, stream] == len(came), (seed, stream, period)
                is_there = len(came) == asked - lost > 0
                assert (lines.delivered[period, stream] != NEVER) == is_there
                if is_there:
                    assert lines.delivered[period, stream] == max(came) - warm_up
                on_time = is_there and max(came) - warm_up <= period + window
                assert lines.is_on_time[period, stream] == on_time
                assert lines.is_in_full[period, stream] == (is_there and lost == 0)
                within = sum(unit - warm_up <= period + window for unit in came)
                assert lines.served_within(lines.window)[period, stream] == within
                late += is_there and not on_time
    assert late > 20


@pytest.mark.parametrize("integer", [True, False])
def test_tally_lines__as_the_judge_of_recorded_lines_counts(integer: bool) -> None:
    for seed in range(scaled(ci=15, full=150)):
        seen = trace(random_program(seed, integer=integer), periods=20)
        lines = lines_of(seen, warm_up=4)
        streams = lines.ordered.shape[1]
        group = np.arange(streams) % 2
        tally = tally_lines(lines, seen, warm_up=4, group=group)
        table = order_table(lines, seen.program, orders=pl.Series(group.astype(str)))
        if table.height == 0:
            assert tally.orders["orders"].sum() == 0
            continue
        judged = judge_orders(table)
        orders = tally.orders["orders"].sum()
        assert judged.otif_order.order_count == orders
        assert judged.perfect_order.value == judged.otif_order.value == tally.orders["otif"].sum() / orders
        assert judged.rights["right_time"].value == tally.orders["on_time"].sum() / orders
        assert judged.rights["right_quantity"].value == tally.orders["in_full"].sum() / orders
        for name in ("right_product", "right_condition", "right_place"):
            assert judged.rights[name].value == 1
        totals = {name: values.sum() for name, values in tally.streams.items()}
        assert judged.otif_line.value == pytest.approx(totals["otif_lines"] / totals["lines"], rel=1e-12)
        assert judged.otif_volume.value == pytest.approx(totals["otif_units"] / totals["demand"], rel=1e-9)


@pytest.mark.parametrize("case", cases_of("cases/metrics.json", "met.service"))
def test_tally_lines__worked_case(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["expected"]
    demand, shipped, left = given["demand"], given["shipped"], given["on_hand_end"]
    arriving = [0, *(shipped[t] + left[t] - left[t - 1] for t in range(1, len(demand)))]
    network = {
        "buffers": [{"id": "s", "init": shipped[0] + left[0], "policy": {"type": "none"}}],
        "activities": [{"id": "o", "in": {}, "out": {"s": 1}, "lead": len(demand), "pipeline": arriving}],
        "demands": [{"id": "d", "buffer": "s", "series": demand, "window": given["window"]}],
    }
    seen = trace(compile_graph(graph_of(network, integer=True)), periods=len(demand))
    count = tally_lines(lines_of(seen), seen, warm_up=0, group=np.zeros(1, dtype=np.int64)).streams
    tolerance = case["tol"]["value"]
    assert count["at_once"][0] / count["demand"][0] == pytest.approx(expected["fill_rate"], rel=tolerance)
    assert count["on_time_units"][0] / count["demand"][0] == pytest.approx(expected["on_time_fill"], rel=tolerance)
    assert count["clear"][0] / count["lines"][0] == pytest.approx(expected["type1_period"], rel=tolerance)
    assert count["stocked"][0] / count["periods"][0] == pytest.approx(expected["ready_rate"], rel=tolerance)
    assert seen.backlog[-1, 0] == expected["end_backlog"]


def test_served_within__without_a_window_is_type_2() -> None:
    for seed in range(10):
        seen = trace(random_program(seed), periods=15)
        lines = lines_of(seen)
        none = np.zeros_like(lines.window)
        np.testing.assert_array_equal(lines.served_within(none), lines.served_within(0))
        assert (np.diff([lines.served_within(wait).sum() for wait in range(16)]) >= 0).all()
