"""How orders vary by rule, against the closed forms of the bullwhip literature and exact replays of the beer game."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from chaintwin.network.compiling import compile_graph
from chaintwin.network.state import initial_state
from tests.graphs import blocks_of, graph_of, trace
from tests.shared_data import cases_of
from tests.simulation.test_rules import beer_game
from tests.sizes import scaled

Floats = NDArray[np.float64]

FILE = "bullwhip/cases.json"
MEAN, SD, WARM_UP, PERIODS = 100.0, 6.0, 60, 160
LANES = 64


def demand_of(rho: float, *, count: int) -> Floats:
    """Return Floats[count, periods]: independent samples of an AR(1) process with the common mean and spread."""
    noise = np.random.default_rng(7).normal(size=(count, PERIODS + WARM_UP))
    demand = np.empty_like(noise)
    demand[:, 0] = noise[:, 0]
    for period in range(1, noise.shape[1]):
        demand[:, period] = rho * demand[:, period - 1] + np.sqrt(1 - rho**2) * noise[:, period]
    return MEAN + SD * demand


def stage(
    rule: dict[str, Any], *, lead: int, name: str = "shop", source: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a buffer and what fills it."""
    init = MEAN * 3
    return (
        {"id": name, "init": init, "policy": rule},
        {"id": f"to {name}", "in": {source: 1} if source else {}, "out": {name: 1}, "lead": lead, "pipeline": [MEAN] * lead},
    )


def orders_of(network: dict[str, Any], *, demand: Floats, names: tuple[str, ...]) -> tuple[dict[str, Floats], Floats]:
    """Return orders by activity and net stock of the first buffer, Floats[periods, samples], after the warm-up."""
    count = demand.shape[0]
    network["demands"] = [{"buffer": "shop", "series": demand.ravel().tolist(), "samples": count}]
    program = compile_graph(graph_of(network, integer=False))
    blocks = blocks_of(program, initial_state(program), periods=demand.shape[1], width=LANES, count=count // LANES)
    rows = blocks.plan.tape.rows
    index = {name: program.names.activities["activity_id"].to_list().index(name) for name in names}
    shop = program.names.buffers["buffer_id"].to_list().index("shop")
    placed: dict[str, list[Floats]] = {name: [] for name in names}
    net, before = [], {name: np.zeros(count) for name in names}
    for period in range(demand.shape[1]):
        blocks.advance(period + 1)
        for name, number in index.items():
            now = blocks.read(rows.started[[number]])[0] + blocks.read(rows.waiting[[number]])[0]
            placed[name].append(now - before[name])
            before[name] = now
        net.append(blocks.read(rows.on_hand[[shop]])[0] - blocks.read(rows.backlog)[0])
    return {name: np.array(values[WARM_UP:]) for name, values in placed.items()}, np.array(net[WARM_UP:])


def within(found: float, wanted: float, case: dict[str, Any]) -> bool:
    return abs(found / wanted - 1) <= case["tolerance"]["simulation_rel"]


def samples() -> int:
    return LANES * scaled(ci=32, full=64)


@pytest.mark.parametrize("case", [*cases_of(FILE, "chen_"), *cases_of(FILE, "lee_")])
def test_order_up_to__forecast_amplifies_as_in_the_closed_form(case: dict[str, Any]) -> None:
    given = case["inputs"]
    rho, cover = given.get("rho", 0.0), given.get("L", given.get("protection_interval"))
    rule: dict[str, Any] = {"type": "drp", "s": 0.0, "cover": float(cover), "forecast": MEAN}
    if "p" in given:
        rule["window"] = given["p"]
    elif "alpha" in given:
        rule["theta"] = given["alpha"]
    else:
        # The best forecast of an AR(1) process over L periods is a constant and a multiple of the last demand.
        rule |= {"theta": 1.0, "cover": rho * (1 - rho**cover) / (1 - rho), "s": MEAN * cover}
        rule["s"] -= MEAN * rule["cover"]
    demand = demand_of(rho, count=samples())
    buffer, activity = stage(rule, lead=cover)
    orders, _ = orders_of({"buffers": [buffer], "activities": [activity]}, demand=demand, names=("to shop",))
    assert orders["to shop"].min() > 0, "a return would be cut off"
    assert within(orders["to shop"].var() / demand[:, WARM_UP:].var(), case["expected"]["variance_ratio"], case)


@pytest.mark.parametrize("case", cases_of(FILE, "pout_"))
def test_smoothed__orders_and_net_stock(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["expected"]
    lead = given["physical_delay"]
    # Within a period goods come first and orders last, so that the delay is the lead time less the period itself.
    rule = {"type": "smoothed", "S": MEAN * (lead + 1), "gain": 1 / given["Ti"], "theta": 0.0, "forecast": MEAN}
    buffer, activity = stage(rule, lead=lead)
    demand = demand_of(0.0, count=samples())
    orders, net = orders_of({"buffers": [buffer], "activities": [activity]}, demand=demand, names=("to shop",))
    assert within(orders["to shop"].var() / SD**2, expected["order_variance_ratio"], case)
    assert within(net.var() / SD**2, expected["net_stock_variance_ratio"], case)


@pytest.mark.parametrize("case", cases_of(FILE, "central_"))
def test_two_stages__each_with_its_own_forecast(case: dict[str, Any]) -> None:
    given = case["inputs"]
    rules = [
        {"type": "drp", "s": 0.0, "cover": float(cover), "forecast": MEAN, "window": given["p"]} for cover in given["stage_L"]
    ]
    first, second = given["stage_L"]
    shop = stage(rules[0], lead=first, source="depot")
    depot = stage(rules[1], lead=second, name="depot")
    depot[0]["init"] = 20 * MEAN
    network = {"buffers": [shop[0], depot[0]], "activities": [shop[1], depot[1]]}
    demand = demand_of(given["rho"], count=samples())
    orders, _ = orders_of(network, demand=demand, names=("to shop", "to depot"))
    assert orders["to depot"].min() > 0
    ratio = orders["to depot"].var() / demand[:, WARM_UP:].var()
    bound = case["expected"]["variance_ratio_decentralised_lower_bound"]
    # METHODS 4.2: what stages do one after the other is the convolution of their responses.
    responses = []
    for cover in given["stage_L"]:
        response = np.zeros(given["p"] + 1)
        response[0], response[-1] = 1 + cover / given["p"], -cover / given["p"]
        responses.append(response)
    exact = float((np.convolve(*responses) ** 2).sum())
    assert ratio >= bound
    assert within(ratio, exact, case)


@pytest.mark.parametrize("case", cases_of(FILE, "beer_"))
def test_beer_game__orders_of_every_week(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["expected"]
    game = {"S_prime": given["Sprime"], "theta": given["theta"], "weeks": given["weeks"], "init_flow": 4, "init_inventory": 12}
    game |= {"demand": [given["demand_step_from"], given["demand_step_to"], given["step_week"] - 1]}
    game |= {"ship_delay": 2, "info_delay": 2, "factory_lead": 2, "factory_info": 1}
    network = beer_game(game)
    for buffer in network["buffers"]:
        buffer["policy"] |= {"alpha": given["alpha_S"], "beta": given["beta"]}
    seen = trace(compile_graph(graph_of(network, integer=False)), periods=given["weeks"])
    names = [buffer["id"] for buffer in network["buffers"]]
    for place, name in enumerate(names):
        orders = np.array(seen["ordered"][f"to {name}"])
        assert orders.max() == pytest.approx(expected["peak_order"][place], abs=1e-6)
        if "orders" in expected:
            assert orders == pytest.approx(np.array(expected["orders"][place]), abs=1e-6)
        owed = np.array(seen["backlog"][0] if place == 0 else seen["waiting"][f"to {names[place - 1]}"])
        cost = float((0.5 * np.array(seen["on_hand"][name]) + owed).sum())
        assert cost == pytest.approx(expected["cost_by_stage_retailer_to_factory"][place], abs=1e-6)
