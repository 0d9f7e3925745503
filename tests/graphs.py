"""From the network notation of the worked cases to a graph, and one replication of a program read period by period."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.graph import (
    ACCOUNT_SCHEMA,
    ACTIVITY_SCHEMA,
    BUFFER_SCHEMA,
    EFFECT_SCHEMA,
    INPUT_SCHEMA,
    OUTPUT_SCHEMA,
    PAYMENT_SCHEMA,
    PIPELINE_SCHEMA,
    RESOURCE_SCHEMA,
    ROOM_SCHEMA,
    STREAM_SCHEMA,
    STRIKE_SCHEMA,
    USE_SCHEMA,
    ActivityKind,
    Allocation,
    Effect,
    Graph,
    Issue,
    LeadMode,
    Policy,
    frame_of,
)
from chaintwin.network.program import Program
from chaintwin.network.state import State, initial_state
from chaintwin.simulation.block import Blocks, Plan
from chaintwin.simulation.counting.balances import LAWS
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.rows import Rings
from tests.oracles.plain_strikes import FADING

Floats = NDArray[np.float64]

POLICIES: dict[str, tuple[Policy, dict[str, str]]] = {
    "base_stock": (Policy.BASE_STOCK, {"S": "low", "S_series": "level_series"}),
    "sS": (Policy.S_S, {"s": "low", "S": "high"}),
    "RnQ": (Policy.R_NQ, {"R": "low", "Q": "high"}),
    "kanban": (Policy.KANBAN, {"S": "low", "Q": "high"}),
    "constant": (Policy.CONSTANT, {"Q": "low"}),
    "smoothed": (
        Policy.SMOOTHED,
        {"S": "low", "gain": "gain", "theta": "smoothing", "forecast": "forecast", "customers": "sees_customers"},
    ),
    "sterman": (
        Policy.STERMAN,
        {
            "S": "low",
            "alpha": "gain",
            "beta": "supply_gain",
            "theta": "smoothing",
            "forecast": "forecast",
            "customers": "sees_customers",
        },
    ),
    "drp": (
        Policy.DRP,
        {
            "s": "low",
            "cover": "high",
            "theta": "smoothing",
            "forecast": "forecast",
            "customers": "sees_customers",
            "window": "window",
        },
    ),
    "echelon": (Policy.ECHELON, {"S": "low"}),
    "dual": (Policy.DUAL_INDEX, {"S": "low", "Se": "high"}),
    "surge": (Policy.BASE_SURGE, {"S": "low", "Q": "high"}),
    "none": (Policy.NONE, {}),
}
"""Policies of the notation: their number, and the column each parameter goes to."""


def graph_of(network: dict[str, Any], *, integer: bool, costs: dict[str, float] | None = None) -> Graph:
    """Return the graph of a network in the notation of the ``sim.trace`` cases; ``costs`` holds h, p and K where wanted."""
    price = costs or {}
    buffers = []
    for buffer in network["buffers"]:
        rule = buffer.get("policy") or {"type": "none"}
        policy, columns = POLICIES[rule["type"]]
        row = {
            "buffer_id": buffer["id"],
            "site_id": buffer.get("site", buffer["id"]),
            "volume": buffer.get("volume", 0.0),
            "product_id": "p",
            "on_hand": float(buffer.get("init", 0)),
            "policy": int(policy),
            "review_period": buffer.get("review", 1),
            "review_phase": buffer.get("phase", 0),
            "minimum_order": float(buffer.get("moq", 0.0)),
            "batch": float(buffer.get("batch", 0.0)),
            "holding_cost": price.get("h", 0.0),
            "life": buffer.get("life", 0),
            "allocation": int(Allocation[buffer.get("allocation", "proportional").upper()]),
            "issue": int(Issue[buffer.get("issue", "fifo").upper()]),
        }
        buffers.append(row | {column: rule[name] for name, column in columns.items() if name in rule})
    activities = [
        (
            item["id"],
            int(ActivityKind.MOVE if item["in"] else ActivityKind.BUY),
            str(item["lead"]),
            int(LeadMode[item.get("lead_mode", "crossing").upper()]),
            item.get("info_delay", 0),
            item.get("priority", 0),
            float(item.get("yield", 1.0)),
            float(item.get("share", 1.0)),
            item.get("tier", 0),
            float(item.get("moq", 0.0)),
            float(item.get("batch", 0.0)),
            0.0,
            price.get("K", 0.0),
            0.0,
            item.get("cost_series"),
            bool(item.get("substitute", False)),
        )
        for item in network["activities"]
    ]
    return Graph(
        integer=integer,
        buffers=frame_of(BUFFER_SCHEMA, buffers),
        activities=pl.DataFrame(activities, schema=ACTIVITY_SCHEMA, orient="row"),
        inputs=_arcs(network, "in", INPUT_SCHEMA),
        outputs=_arcs(network, "out", OUTPUT_SCHEMA, True),
        uses=_arcs(network, "use", USE_SCHEMA),
        resources=pl.DataFrame(
            [(name, [float(value) for value in values], 0.0) for name, values in network.get("resources", {}).items()],
            schema=RESOURCE_SCHEMA,
            orient="row",
        ),
        streams=_streams(network, price),
        rooms=pl.DataFrame(
            [(site, float(capacity)) for site, capacity in network.get("rooms", {}).items()], schema=ROOM_SCHEMA, orient="row"
        ),
        pipeline=_slots(network, "pipeline"),
        orders=_slots(network, "info"),
        accounts=frame_of(ACCOUNT_SCHEMA, network.get("accounts", [])),
        payments=frame_of(PAYMENT_SCHEMA, network.get("payments", [])),
        strikes=frame_of(STRIKE_SCHEMA, [_strike(strike) for strike in network.get("strikes", [])]),
        effects=frame_of(EFFECT_SCHEMA, [_effect(effect) for effect in network.get("effects", [])]),
    )


def _strike(strike: dict[str, Any]) -> dict[str, object]:
    """Return a disruption in the notation of ``plain_strikes``."""
    left = {"left": [0.0, *(np.cumsum(FADING) / len(FADING)).tolist()], "recovery": float(strike.get("recovery", 0.0))}
    times = {"onset": str(strike["onset"]), "duration": str(strike["duration"])}
    return {"strike_id": strike["id"], **times, **left, "chance": strike.get("chance", 1.0), "event": strike.get("event", "")}


def _effect(effect: dict[str, Any]) -> dict[str, object]:
    kind = int(Effect[effect["effect"].upper()])
    named = {"strike_id": effect["strike"], "effect": kind, "entity_id": effect["entity"]}
    return named | {"factor": float(effect["factor"]), "amount": float(effect.get("amount", 0.0))}


def trace(program: Program, *, periods: int, seed: int = 0, width: int = 1, replication: int = 0) -> dict[str, Any]:
    """Run one block a period at a time and return what ``sim.trace`` reads at the close of each, checking the laws each time."""
    block = blocks_of(program, initial_state(program), periods=periods, width=width, seed=seed)
    rows = block.plan.tape.rows
    counted = {"started": rows.started, "lost": rows.lost, "shipped": rows.shipped, "scrapped": rows.scrapped}
    counted |= {"on_time": rows.on_time, "cancelled": rows.struck.cancelled}
    lossless = np.flatnonzero(rows.scrapped == rows.nowhere)
    before: dict[str, Any] = dict.fromkeys(counted, 0.0)
    open_before = queued(block)
    seen: dict[str, list[Any]] = {}
    for period in range(periods):
        block.advance(period + 1)
        breach = block.breach()
        assert breach is None, f"{LAWS[breach.law]}, period {period}: {breach}"
        now = {name: block.read(where) for name, where in counted.items()}
        now["scrapped"][lossless] = 0.0
        now["cancelled"][rows.struck.cancelled == rows.nowhere] = 0.0
        values = {
            "on_hand": block.read(rows.on_hand),
            "backlog": block.read(rows.backlog),
            "waiting": block.read(rows.waiting),
            "in_process": in_process(block),
            **{name: value - before[name] for name, value in now.items()},
            "demand": block.read(rows.demand),
        }
        open_now = queued(block)
        values["ordered"] = values["started"] + open_now - open_before + now["cancelled"] - before["cancelled"]
        before, open_before = now, open_now
        for name, value in values.items():
            seen.setdefault(name, []).append(value[:, replication].copy())
    starts = block.read(rows.start_count)[:, replication].tolist()
    by_name = dict(zip(program.names.activities["activity_id"], starts, strict=True))
    return _named(program, {name: np.array(values) for name, values in seen.items()}) | {"start_count": by_name}


def blocks_of(
    program: Program,
    state: State,
    *,
    periods: int,
    warm_up: int = 0,
    width: int = 1,
    seed: int = 0,
    count: int = 1,
) -> Blocks:
    """Return blocks of a program that starts from a state."""
    plan = Plan.of(program, assemble(program, state), begin=state.period, warm_up=warm_up, periods=periods)
    return Blocks(plan, first=0, width=width, seed=seed, count=count)


def in_process(block: Blocks) -> Floats:
    """Return what has been started and not arrived; [A, W]."""
    return _ring_sums(block, block.plan.tape.pipes)


def queued(block: Blocks) -> Floats:
    """Return what has been ordered and not started, seen by its source or not; [A, W]."""
    return _ring_sums(block, block.plan.tape.queues) + block.read(block.plan.tape.rows.waiting)


def _ring_sums(block: Blocks, rings: Rings) -> Floats:
    total = np.zeros((rings.length.size, block.width * block.table.shape[0]))
    np.add.at(total, rings.owner, block.read(rings.rows))
    return total


def _named(program: Program, seen: dict[str, Any]) -> dict[str, Any]:
    names = program.names
    buffers, activities = names.buffers["buffer_id"].to_list(), names.activities["activity_id"].to_list()
    result: dict[str, Any] = {"on_hand": dict(zip(buffers, seen["on_hand"].T.tolist(), strict=True))}
    for name in ("backlog", "lost", "demand", "shipped", "on_time"):
        result[name] = seen[name].T.tolist()
    for name in ("ordered", "started", "waiting", "in_process", "scrapped"):
        result[name] = dict(zip(activities, seen[name].T.tolist(), strict=True))
    return result


def _arcs(network: dict[str, Any], key: str, schema: pl.Schema, *more: object) -> pl.DataFrame:
    rows = [
        (item["id"], other, float(quantity), *more)
        for item in network["activities"]
        for other, quantity in item.get(key, {}).items()
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _slots(network: dict[str, Any], key: str) -> pl.DataFrame:
    rows = [
        (item["id"], period, float(quantity))
        for item in network["activities"]
        for period, quantity in enumerate(item.get(key, []))
    ]
    return pl.DataFrame(rows, schema=PIPELINE_SCHEMA, orient="row")


def _streams(network: dict[str, Any], price: dict[str, float]) -> pl.DataFrame:
    rows = []
    for number, item in enumerate(network["demands"]):
        series = [float(value) for value in item["series"]] if "series" in item else None
        rows.append(
            (
                item.get("id", f"d{number:04d}"),
                item["buffer"],
                item.get("priority", 0),
                float(item.get("lost_fraction", 0.0)),
                item.get("law"),
                series,
                item.get("samples", 1),
                [1.0],
                0.0,
                price.get("p", 0.0),
                price.get("lost", 0.0),
                bool(item.get("complete", False)),
                item.get("price_series"),
                item.get("window", 0),
            )
        )
    return pl.DataFrame(rows, schema=STREAM_SCHEMA, orient="row")
