"""Disruptions as first causes: every late unit is still attributed once, and small cases have what a run without shows."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from chaintwin import Scenario
from chaintwin.examples import Example, load
from chaintwin.network.compiling import compile_graph
from chaintwin.simulation import simulate
from chaintwin.simulation.first_causes.ranking import causes
from chaintwin.simulation.first_causes.tracing_back import Cause, cause_index
from chaintwin.simulation.history.tracing import trace
from tests.graphs import graph_of
from tests.simulation.first_causes.networks import attributed_in_full, press_chain
from tests.simulation.history.programs import PERIODS, struck_program
from tests.sizes import scaled

Found = dict[tuple[str, str, str | None], float]
KINDS: dict[str, tuple[str, tuple[float, ...]]] = {
    "stock": ("shop", (0.0, 0.5)),
    "transit": ("buy", (0.0, 0.5)),
    "queue": ("buy", (0.0, 0.5)),
    "arrivals": ("buy", (0.0, 0.5)),
    "lead": ("buy", (2.0, 3.0)),
    "demand": ("d", (1.5, 3.0)),
    "capacity": ("limit", (0.0, 0.5)),
    "orders": ("shop", (0.0, 0.5)),
    "reported": ("shop", (1.5, 3.0)),
}
"""What each effect is on, and its factors."""


def found(network: dict[str, Any], *, periods: int, column: str = "late_units") -> Found:
    """Return what is attributed to each cause in one run of a small network."""
    program = compile_graph(graph_of(network, integer=True))
    rows = causes(program, periods=periods, replications=1).by_cause.rows(named=True)
    return {(row["cause"], row["entity_id"], row["disruption_id"]): row[column] for row in rows if row[column]}


def line(series: list[float], *effects: tuple[str, str, float], level: float = 15, **activity: Any) -> dict[str, Any]:
    """Return a shop that orders from a supplier two days away, and a storm on day 6."""
    return {
        "buffers": [{"id": "shop", "init": level, "policy": {"type": "base_stock", "S": level}}],
        "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 2} | activity],
        "demands": [{"id": "d", "buffer": "shop", "series": series}],
        "strikes": [{"id": "storm", "onset": 6, "duration": 2}],
        "effects": [{"strike": "storm", "effect": kind, "entity": on, "factor": factor} for kind, on, factor in effects],
    }


@pytest.mark.parametrize("integer", [True, False])
def test_attributed__sums_are_what_is_late(integer: bool) -> None:
    struck = 0.0
    for seed in range(scaled(ci=30, full=400)):
        program = struck_program(seed, integer=integer)
        seen = trace(program, periods=PERIODS, seed=seed)
        is_struck = np.array([kind is Cause.DISRUPTION for kind in cause_index(program)[0]])
        for counted_from in (0, 10):
            total, _ = attributed_in_full(seen, counted_from=counted_from, seed=seed)
            struck += float(total[:, np.flatnonzero(is_struck)].sum())
    assert struck > 0


@pytest.mark.parametrize("kind", list(KINDS))
def test_causes__of_one_stage_are_what_a_run_without_the_disruption_saves(kind: str) -> None:
    # One stock point with a base stock, and so much capacity that nothing but the disruption is short of anything: what is owed
    # because of it is the difference of two runs, each period.
    entity, factors = KINDS[kind]
    differing = 0
    for seed in range(scaled(ci=12, full=200)):
        choose = random.Random(seed)
        lead, delay = choose.randint(1, 4), choose.choice((0, 0, 1, 2))
        level = round((lead + delay + 1) * 5 + choose.uniform(-5, 8), 1)
        shop = {"id": "shop", "init": level, "policy": {"type": "base_stock", "S": level}}
        if choose.random() < 0.3:
            shop |= {"review": choose.randint(2, 3), "phase": choose.randint(0, 2)}
        buy = {"id": "buy", "in": {}, "out": {"shop": 1}, "lead": lead, "info_delay": delay, "use": {"limit": 1}}
        network = {
            "buffers": [shop],
            "activities": [buy | {"lead_mode": choose.choice(("crossing", "fifo"))}],
            "demands": [{"id": "d", "buffer": "shop", "series": [round(choose.uniform(0, 10), 1) for _ in range(40)]}],
            "resources": {"limit": [1e12]},
        }
        strike = {"id": "storm", "onset": choose.randint(5, 25), "duration": choose.choice((1, 2, 3, 2.5, 6))}
        effect = {"strike": "storm", "effect": kind, "entity": entity, "factor": choose.choice(factors)}
        effect |= {"amount": 6.0} if kind == "capacity" else {}
        struck = network | {"strikes": [strike | {"recovery": choose.choice((0, 4))}], "effects": [effect]}
        program, usual = (compile_graph(graph_of(one, integer=False)) for one in (struck, network))
        rows = causes(program, periods=40, replications=1).by_cause
        attributed_to_it = rows.filter(rows["cause"] == "disruption")["late_unit_periods"].sum()
        saved = trace(program, periods=40).backlog.sum() - trace(usual, periods=40).backlog.sum()
        assert attributed_to_it == pytest.approx(saved, rel=1e-9, abs=1e-6), seed
        differing += saved > 1e-6
    assert differing > 0


def test_causes__stock_that_was_destroyed_until_it_can_be_there_again() -> None:
    # Five are left over on every day and gone on day 6. Of the seven that are late on day 7, a peak, the level lacks two, and so
    # it does on day 8, when what was ordered for the five is there.
    late = found(line([5.0] * 7 + [12.0] + [5.0] * 6, ("stock", "shop", 0.0)), periods=12)
    assert late == pytest.approx({("disruption", "shop", "storm"): 5.0, ("level", "shop", None): 4.0})
    # A peak on day 8 is the level's alone.
    assert found(line([5.0] * 8 + [12.0] + [5.0] * 6, ("stock", "shop", 0.0)), periods=12) == {("level", "shop", None): 4.0}


def test_causes__goods_lost_under_way_and_not_let_in() -> None:
    # Ten are on their way on day 6; without them nothing comes on days 6 and 7, and five are left over on day 5.
    for effect in ("transit", "arrivals"):
        assert found(line([5.0] * 14, (effect, "buy", 0.0)), periods=12) == {("disruption", "buy", "storm"): 5.0}, effect


def test_causes__what_takes_longer_and_what_waits_behind_it() -> None:
    # Nothing is left over. What starts on days 6 and 7 is there on days 10 and 11, so 5, 10 and 5 are owed on days 8 to 10.
    crossing = line([5.0] * 20, ("lead", "buy", 2.0), level=10)
    assert found(crossing, periods=18, column="late_unit_periods") == {("disruption", "buy", "storm"): 20.0}
    # If what starts on days 8 and 9 must not overtake it, five more are owed on day 10.
    in_order = line([5.0] * 20, ("lead", "buy", 2.0), level=10, lead_mode="fifo")
    assert found(in_order, periods=18, column="late_unit_periods") == {("disruption", "buy", "storm"): 25.0}


def test_causes__capacity_that_was_taken_away_is_the_cause_until_the_queue_is_worked_off() -> None:
    # Five a day are asked for. The press stands still on days 6 and 7 and then works off four a day more than that.
    chain = press_chain([9.0]) | {
        "strikes": [{"id": "fire", "onset": 6, "duration": 3}],
        "effects": [{"strike": "fire", "effect": "capacity", "entity": "press", "factor": 0.0}],
    }
    late = found(chain, periods=25)
    assert set(late) == {("disruption", "press", "fire")}
    seen = trace(compile_graph(graph_of(chain, integer=True)), periods=25)
    assert late["disruption", "press", "fire"] == np.minimum(seen.backlog, seen.demand).sum() > 0
    assert seen.backlog[9:].sum() > 0


def test_causes__a_capacity_too_small_by_itself_keeps_its_part() -> None:
    # Of twenty wanted at once the press makes five a day, or three on days 1 and 2: of the queue four are the fire's at most.
    press = {
        "buffers": [{"id": "shop", "init": 0, "policy": {"type": "base_stock", "S": 20}}],
        "activities": [{"id": "make", "in": {}, "out": {"shop": 1}, "lead": 1, "use": {"press": 1}}],
        "demands": [{"id": "d", "buffer": "shop", "series": [20.0] + [0.0] * 9}],
        "resources": {"press": [5.0]},
        "strikes": [{"id": "fire", "onset": 1, "duration": 2}],
        "effects": [{"strike": "fire", "effect": "capacity", "entity": "press", "factor": 0.6}],
    }
    owed = found(press, periods=10, column="late_unit_periods")
    usual = {name: value for name, value in press.items() if name not in ("strikes", "effects")}
    with_it, without = (trace(compile_graph(graph_of(one, integer=False)), periods=10) for one in (press, usual))
    assert owed["disruption", "press", "fire"] > 0
    assert owed["disruption", "press", "fire"] <= (with_it.backlog - without.backlog).sum() + 1e-9
    assert owed["capacity", "press", None] > 0


def test_causes__two_disruptions_share_by_what_each_takes() -> None:
    # One takes a quarter of what comes in, the other half.
    network = line([5.0] * 14, ("arrivals", "buy", 0.75), level=10)
    network["strikes"] = network["strikes"] + [{"id": "strike", "onset": 6, "duration": 2}]
    network["effects"] = network["effects"] + [{"strike": "strike", "effect": "arrivals", "entity": "buy", "factor": 0.5}]
    late = found(network, periods=12)
    assert set(late) == {("disruption", "buy", "storm"), ("disruption", "buy", "strike")}
    assert late["disruption", "buy", "strike"] == pytest.approx(2 * late["disruption", "buy", "storm"])


def test_causes__what_has_no_capacity_is_named_and_not_its_limit() -> None:
    beer = load(Example.BEER_GAME)
    closed = {"name": "closed", "where": {"site": "wholesaler"}, "after": 20, "duration": 28, "effect": {"capacity": 0}}
    scenario = Scenario.of("s", disruptions=[closed])
    struck = scenario.apply(beer)
    said = causes(struck, periods=60, warm_up=0, replications=1)
    mine = said.by_cause.filter(said.by_cause["cause"] == "disruption")
    assert mine["late_units"].sum() > 0
    assert set(mine["disruption_id"]) == {"closed"}
    assert not mine["entity_id"].str.contains("disruption/").any()
    figures = simulate(beer, scenario=scenario, periods=60, warm_up=0, replications=1)
    assert said.by_stream["late_unit_periods"].sum() == pytest.approx(figures.figures["backlog"][0] * 60, rel=1e-9)


def test_causes__a_disruption_that_never_happens_is_none() -> None:
    beer = load(Example.BEER_GAME)
    never = {"name": "never", "where": {"everywhere": True}, "after": 3, "chance": 0.0, "effect": {"capacity": 0, "lead_time": 3}}
    usual = causes(beer, periods=30, replications=1).by_cause
    struck = causes(Scenario.of("s", disruptions=[never]).apply(beer), periods=30, replications=1).by_cause
    assert struck["cause"].to_list() == usual["cause"].to_list()
    assert struck["late_units"].to_list() == pytest.approx(usual["late_units"].to_list())
