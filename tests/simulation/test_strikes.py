"""Disruptions in the engine: nothing without strength, strength over time, chance and length drawn, and what they cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin import Scenario, simulate
from chaintwin.errors import InputError
from chaintwin.examples import Example, load
from chaintwin.network.compiling import compile_graph
from chaintwin.network.network import Network
from chaintwin.network.state import initial_state
from chaintwin.simulation.history.tracing import trace as trace_of
from chaintwin.simulation.results import Result
from tests.graphs import blocks_of, graph_of, trace
from tests.oracles.plain_network import simulate_plain
from tests.sizes import scaled
from tests.strategies import EVERYTHING, random_network

IMPACTS = {
    "capacity": 0.0,
    "stock_lost": 1.0,
    "transit_lost": 1.0,
    "orders_cancelled": 1.0,
    "lead_time": 2.0,
    "orders_sent": 0.0,
    "reported_stock": 2.0,
    "cost": 2.0,
    "tariff": 0.25,
    "demand": 2.0,
    "price": 2.0,
}
LINE = {
    "buffers": [{"id": "shop", "init": 100, "policy": {"type": "base_stock", "S": 100}}],
    "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 1, "use": {"r": 1}}],
    "demands": [{"id": "d", "buffer": "shop", "series": [10]}],
    "resources": {"r": [40]},
}


@pytest.fixture(scope="module")
def medicines() -> Network:
    return load(Example.MEDICINES)


def run(network: Network, **block: Any) -> Result:
    scenario = Scenario.of("s", disruptions=[{"where": {"country": ["ZA", "IN"]}, **block}]) if block else None
    return simulate(network, scenario=scenario, replications=4, seed=3, warm_up=0)


def test_simulate__a_disruption_without_strength_changes_no_bit(medicines: Network) -> None:
    usual = run(medicines)
    neutral = {name: 0.0 if name in ("stock_lost", "transit_lost", "orders_cancelled", "tariff") else 1.0 for name in IMPACTS}
    for found in (run(medicines, after=90, effect=neutral), run(medicines, after=90, effect=IMPACTS, chance=0.0)):
        for name, values in usual.figures.items():
            assert np.array_equal(values, found.figures[name]), name
        assert usual.streams.equals(found.streams)


@pytest.mark.parametrize("integer", [True, False])
def test_simulate__what_has_not_begun_changes_no_bit(integer: bool) -> None:
    for seed in range(scaled(ci=25, full=400)):
        network = random_network(seed, integer=integer, features=replace(EVERYTHING, random_leads=False))["network"]
        if not network.get("strikes"):
            continue
        usual = {name: value for name, value in network.items() if name not in ("strikes", "effects")}
        network["strikes"] = [strike | {"onset": 50} for strike in network["strikes"]]
        one, other = (trace(compile_graph(graph_of(net, integer=integer)), periods=30) for net in (usual, network))
        for name in ("on_hand", "backlog", "started", "ordered", "lost"):
            assert one[name] == other[name], (seed, name)


def test_simulate__refuses_what_begins_after_the_run(medicines: Network) -> None:
    with pytest.raises(InputError, match=r"found 30 days after the warm-up; allowed: a day in the \d+ periods that are run"):
        late = Scenario.of("late", disruptions=[{"where": {"country": ["IN"]}, "after": 30, "effect": {"capacity": 0.0}}])
        simulate(medicines, scenario=late, periods=20, replications=2)
    # A history may be the first part of one that goes on to the horizon, but not beyond it.
    struck = late.apply(medicines)
    assert trace_of(struck, periods=struck.settings.warm_up + 20).on_hand.shape[0] == struck.settings.warm_up + 20
    beyond = medicines.settings.horizon + 10
    never = Scenario.of("never", disruptions=[{"where": {"country": ["IN"]}, "after": beyond, "effect": {"capacity": 0.0}}])
    with pytest.raises(InputError, match="after the warm-up"):
        trace_of(never.apply(medicines), periods=20)


def test_trace__strength_is_the_mean_over_a_period() -> None:
    strike = {"id": "s", "onset": 2.5, "duration": 2, "recovery": 4}
    network = LINE | {"strikes": [strike], "effects": [{"strike": "s", "effect": "demand", "entity": "d", "factor": 0.0}]}
    seen = trace(compile_graph(graph_of(network, integer=False)), periods=10)
    # Half a period, one, half and then 0.8, 0.6, 0.3 and 0.1, a period each and half a period late.
    strength = np.array([0, 0, 0.5, 1, 0.9, 0.7, 0.45, 0.2, 0.05, 0])
    assert seen["demand"][0] == pytest.approx((10 * (1 - strength)).tolist(), abs=1e-12)


def test_trace__stock_is_destroyed_once_and_orders_follow() -> None:
    strike = {"id": "s", "onset": 3, "duration": 4}
    network = LINE | {"strikes": [strike], "effects": [{"strike": "s", "effect": "stock", "entity": "shop", "factor": 0.25}]}
    seen = trace(compile_graph(graph_of(network, integer=True)), periods=6)
    # Of the 90 left at the close 22 and a half stay, in whole units 23 because what is lost is rounded down; 40 can be sent.
    assert seen["on_hand"]["shop"][2:5] == [90.0, 23.0, 53.0]
    assert seen["ordered"]["buy"][3] == 77.0


@pytest.mark.parametrize("issue", ["fifo", "lifo"])
@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_trace__first_stock_that_is_destroyed_at_once_does_not_expire_later(issue: str, kept: float) -> None:
    """Both engines, by period: first stock that lasts three periods, of which a part burns in the morning of the first one."""
    shop = {"id": "shop", "init": 30, "policy": {"type": "constant", "Q": 4}, "life": 3, "issue": issue}
    network = LINE | {
        "buffers": [shop],
        "demands": [{"id": "d", "buffer": "shop", "series": [2] * 9}],
        "resources": {"r": [40] * 9},
        "strikes": [{"id": "s", "onset": 0.25, "duration": 1, "recovery": 0}],
        "effects": [{"strike": "s", "effect": "stock", "entity": "shop", "factor": kept}],
    }
    for integer in (True, False):
        found, plain = trace_of(compile_graph(graph_of(network, integer=integer)), periods=9), simulate_plain(network, 9, integer)
        assert found.on_hand[:, 0].tolist() == plain["on_hand"]["shop"]
        assert found.expired[:, 0].tolist() == plain["expired"]["shop"]
        if kept == 0.0:
            # Two of the four that come every day are sold; the other two last until the end of the third day.
            assert found.expired[:3, 0].tolist() == [0.0, 0.0, 0.0]


def test_blocks__length_and_chance_are_drawn_once_a_replication() -> None:
    strikes = [{"id": "s", "onset": 5, "duration": "uniform(0, 20)", "chance": 0.3}]
    network = LINE | {"strikes": strikes, "effects": [{"strike": "s", "effect": "demand", "entity": "d", "factor": 0.0}]}
    program = compile_graph(graph_of(network, integer=False))
    count = 4_000
    blocks = blocks_of(program, initial_state(program), periods=40, width=count, seed=7)
    asked = []
    for period in range(40):
        blocks.advance(period + 1)
        asked.append(blocks.read(blocks.plan.tape.rows.demand)[0])
    lengths = (1.0 - np.array(asked) / 10).sum(axis=0)
    struck = lengths > 0
    assert struck.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / count))
    assert lengths[struck].mean() == pytest.approx(10.0, abs=4 * 20 / np.sqrt(12 * struck.sum()))
    assert lengths.max() <= 20.0
    assert program.is_random


@pytest.mark.parametrize("event", ["quake", ""])
def test_blocks__parts_of_one_event_share_their_draws(event: str) -> None:
    pair = {"r": [40], "q": [40]}
    line = {
        "buffers": [{"id": name, "init": 100, "policy": {"type": "base_stock", "S": 100}} for name in ("shop", "stall")],
        "activities": [
            {"id": f"buy {name}", "in": {}, "out": {name: 1}, "lead": 1, "use": {resource: 1}}
            for name, resource in zip(("shop", "stall"), pair, strict=True)
        ],
        "demands": [{"id": name, "buffer": name, "series": [10]} for name in ("shop", "stall")],
        "resources": pair,
    }
    law = {"onset": "uniform(0, 9)", "duration": "uniform(1, 20)", "event": event}
    chances = np.array([0.3, 0.6])
    strikes = [law | {"id": name, "chance": chance} for name, chance in zip(("shop", "stall"), chances.tolist(), strict=True)]
    effects = [{"strike": name, "effect": "demand", "entity": name, "factor": 0.0} for name in ("shop", "stall")]
    program = compile_graph(graph_of(line | {"strikes": strikes, "effects": effects}, integer=False))
    count = 4_000
    blocks = blocks_of(program, initial_state(program), periods=40, width=count, seed=7)
    asked = []
    for period in range(40):
        blocks.advance(period + 1)
        asked.append(blocks.read(blocks.plan.tape.rows.demand).copy())
    lost = 1.0 - np.array(asked) / 10
    struck = lost.sum(axis=0) > 0
    error = 4 * np.sqrt(chances * (1 - chances) / count)
    assert (np.abs(struck.mean(axis=1) - chances) < error).all()
    both = struck[0] & struck[1]
    if event:
        # Where the less likely part happens the likelier one does, on the same day and as long.
        assert (both == struck[0]).all()
        assert np.array_equal(lost[:, 0, both], lost[:, 1, both])
    else:
        assert both.mean() == pytest.approx(0.18, abs=4 * np.sqrt(0.18 * 0.82 / count))
        assert not np.array_equal(lost[:, 0, both], lost[:, 1, both])


def test_simulate__money_of_moved_prices(medicines: Network) -> None:
    usual = run(medicines)
    dear = run(medicines, effect={"cost": 3, "tariff": 0.5, "price": 1.5})
    # Prices move nothing but money, and the accounts balance.
    for name in ("demand", "shipped", "on_hand", "backlog"):
        assert np.array_equal(usual.figures[name], dear.figures[name]), name
    for name in ("transport_cost", "purchase_cost", "duty_cost", "revenue"):
        assert (dear.figures[name] > usual.figures[name]).all(), name
    assert dear.accounts is not None
    for result in (usual, dear):
        costs = result.costs.group_by("line").agg(pl.col("amount").sum())
        for line, amount in costs.iter_rows():
            assert amount == pytest.approx(result.figures[line].mean(), rel=1e-9), line
        accounts = result.accounts
        assert (accounts["cash"] + (accounts["receivable"] - accounts["payable"]) / 365).to_numpy() == pytest.approx(
            accounts["margin"].to_numpy(), rel=1e-9, abs=1e-6
        )


def test_simulate__starts_from_a_state(medicines: Network) -> None:
    program = medicines.compile()
    state = initial_state(program)
    # A day of the calendar, for a run from a state has no warm-up.
    day = medicines.settings.start + timedelta(days=3)
    scenario = Scenario.of(
        "s", disruptions=[{"where": {"country": "ZA"}, "start": day, "duration": 9, "effect": {"capacity": 0}}]
    )
    found = simulate(medicines, scenario=scenario, state=state, periods=20, replications=2)
    assert (
        found.resources["resource_id"].to_list()
        == simulate(medicines, periods=20, replications=2).resources["resource_id"].to_list()
    )


@pytest.mark.parametrize("onset", [0, 2])
def test_trace__the_youngest_are_destroyed_first_where_they_are_issued_first(onset: int) -> None:
    # First stock counts as received on the first day, and may be destroyed on it.
    network: dict[str, Any] = {
        "buffers": [{"id": "shop", "init": 15, "life": 3, "issue": "lifo", "policy": {"type": "base_stock", "S": 20}}],
        "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 1}],
        "demands": [{"id": "d", "buffer": "shop", "series": [2] * 8}],
        "strikes": [{"id": "s", "onset": onset, "duration": 1}],
        "effects": [{"strike": "s", "effect": "stock", "entity": "shop", "factor": 0.5}],
    }
    seen = trace(compile_graph(graph_of(network, integer=True)), periods=8)
    expected = simulate_plain(network, 8, True)
    for name in ("on_hand", "ordered"):
        assert seen[name] == expected[name], name


def test_simulate__prepayments_are_lost_with_orders_that_are_cancelled_and_then() -> None:
    beer = load(Example.BEER_GAME)
    beer = beer.with_table("lanes", beer["lanes"].with_columns(pl.lit(5.0).alias("variable_cost")))
    lost = {"name": "lost", "where": {"mode": "road"}, "after": 70, "effect": {"orders_cancelled": 1, "prepayment_lost": 0.5}}
    cancelled = lost | {"effect": {"orders_cancelled": 1}}
    never = lost | {"name": "never", "chance": 0.0}
    spent = [
        simulate(beer, scenario=Scenario.of("s", disruptions=blocks), replications=2).figures["transport_cost"]
        for blocks in ([cancelled], [cancelled, never], [lost])
    ]
    assert np.array_equal(spent[0], spent[1])
    assert (spent[2] > spent[0]).all()
