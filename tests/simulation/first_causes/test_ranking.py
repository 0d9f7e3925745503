"""Every late unit has exactly one first cause in all, and small cases have the one that is worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.network.compiling import compile_graph
from chaintwin.simulation import simulate
from chaintwin.simulation.first_causes.ranking import causes
from chaintwin.simulation.history.tracing import trace
from tests.graphs import graph_of
from tests.simulation.first_causes.networks import attributed_in_full, press_chain, stock
from tests.simulation.history.programs import PERIODS, random_program
from tests.sizes import scaled

Found = dict[tuple[str, str], float]


def found(network: dict[str, Any], *, periods: int, column: str = "late_units", seed: int = 0) -> Found:
    """Return what is attributed to each cause and entity in one run of a small network."""
    program = compile_graph(graph_of(network, integer=True))
    rows = causes(program, periods=periods, replications=1, seed=seed).by_cause.rows(named=True)
    return {(row["cause"], row["entity_id"]): row[column] for row in rows if row[column]}


@pytest.mark.parametrize("integer", [True, False])
def test_attributed__sums_are_what_is_late(integer: bool) -> None:
    late_networks = 0
    for seed in range(scaled(ci=40, full=400)):
        program = random_program(seed, integer=integer)
        seen = trace(program, periods=PERIODS, seed=seed)
        for counted_from in (0, 10):
            _, amounts = attributed_in_full(seen, counted_from=counted_from, seed=seed)
            late_networks += bool(amounts[0].sum())
    assert late_networks > scaled(ci=40, full=400)


def test_causes__capacity_that_drops_is_the_cause_downstream() -> None:
    # Five a period are asked for; the supplier can make none in periods 5 to 7, and stock lasts one period longer.
    line = press_chain([9.0] * 5 + [0.0] * 3 + [9.0] * 12)
    late = found(line, periods=20)
    assert set(late) == {("capacity", "press")}
    seen = trace(compile_graph(graph_of(line, integer=True)), periods=20)
    assert late["capacity", "press"] == np.minimum(seen.backlog, seen.demand).sum() > 0
    assert found(line, periods=20, column="late_unit_periods") == {("capacity", "press"): seen.backlog.sum()}


def test_causes__the_missing_part_of_an_assembly_is_the_cause_and_not_the_other() -> None:
    assembly = {
        "buffers": [stock("desk", level=8), stock("top", level=8), stock("leg", level=32)],
        "activities": [
            {"id": "join", "in": {"leg": 4, "top": 1}, "out": {"desk": 1}, "lead": 1},
            {"id": "saw", "in": {}, "out": {"top": 1}, "lead": 1, "use": {"saw": 1}},
            {"id": "turn", "in": {}, "out": {"leg": 1}, "lead": 1, "use": {"lathe": 1}},
        ],
        "demands": [{"id": "d", "buffer": "desk", "series": [4.0]}],
        "resources": {"saw": [9.0], "lathe": [40.0] * 4 + [0.0] * 4 + [40.0] * 12},
    }
    late = found(assembly, periods=20)
    assert set(late) == {("capacity", "lathe")}


def test_causes__two_parts_share_by_what_each_lacked() -> None:
    # Of five wanted the tops allow three and the legs two: of the three that are late, two parts in five are the tops'.
    assembly = {
        "buffers": [{"id": name, "init": first, "policy": {"type": "none"}} for name, first in (("leg", 2), ("top", 3))]
        + [stock("desk", level=0)],
        "activities": [{"id": "join", "in": {"leg": 1, "top": 1}, "out": {"desk": 1}, "lead": 0}],
        "demands": [{"id": "d", "buffer": "desk", "series": [5.0]}],
    }
    late = found(assembly, periods=1)
    assert late == pytest.approx({("level", "leg"): 1.8, ("level", "top"): 1.2})


def test_causes__a_level_below_demand_is_its_own_cause() -> None:
    low = {
        "buffers": [stock("shop", level=7)],
        "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 2}],
        "demands": [{"id": "d", "buffer": "shop", "series": [4.0]}],
    }
    # Seven are kept for two days of four: from day 1 on one is owed at each close. The first order is there on day 2.
    assert found(low, periods=4) == {("start", "shop"): 1.0, ("level", "shop"): 2.0}


def test_causes__what_was_not_there_at_first_is_the_start() -> None:
    empty = {
        "buffers": [stock("shop", level=20, init=0)],
        "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 3}],
        "demands": [{"id": "d", "buffer": "shop", "series": [4.0]}],
    }
    assert found(empty, periods=12) == {("start", "shop"): 12.0}


def test_causes__lead_times_beyond_the_usual_are_the_lanes() -> None:
    late = {
        "buffers": [stock("shop", level=12)],
        "activities": [{"id": "ship", "in": {}, "out": {"shop": 1}, "lead": "pmf(2:0.9, 8:0.1)"}],
        "demands": [{"id": "d", "buffer": "shop", "series": [4.0]}],
    }
    assert set(found(late, periods=60, seed=3)) == {("lead_time", "ship")}


def test_causes__means_agree_with_the_ensemble() -> None:
    network = load(Example.MEDICINES)
    said = causes(network, periods=20, warm_up=10, replications=3, seed=4)
    figures = simulate(network, periods=20, warm_up=10, replications=3, seed=4)
    for column, figure, scale in (("late_unit_periods", "backlog", 20), ("lost_units", "lost_sales", 20)):
        assert said.by_stream[column].sum() == pytest.approx(figures[figure][0] * scale, rel=1e-9)
        assert said.by_cause[column].sum() == pytest.approx(said.by_stream[column].sum(), rel=1e-9)
    missed = (1 - figures["fill_rate"][0]) * figures["demand"][0] * 20
    assert said.by_cause["late_units"].sum() == pytest.approx(missed, rel=1e-6)
    assert said.by_cause["share"].sum() == pytest.approx(1.0)
    assert said.by_cause["late_units"].is_sorted(descending=True)


def test_causes__nothing_late() -> None:
    calm = {
        "buffers": [stock("shop", level=50)],
        "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 1}],
        "demands": [{"id": "d", "buffer": "shop", "series": [4.0]}],
    }
    assert found(calm, periods=5) == {}


@pytest.mark.parametrize("wrong", [{"periods": 0}, {"warm_up": -1}, {"replications": 0}])
def test_causes__argument_out_of_range(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        causes(load(Example.BEER_GAME), **wrong)
