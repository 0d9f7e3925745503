"""What struck, and how much of a network it is on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from chaintwin.errors import UsageError
from chaintwin.network.disruptions.disruption import Disruption
from chaintwin.network.disruptions.striking import SPARE
from chaintwin.network.graph import LIMIT_PREFIX, Effect
from chaintwin.network.lowering.lower import lower_in_full
from chaintwin.network.program import Program
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.risk.causes.spreading import Spread, spread_of
from chaintwin.simulation.simulating import Setup

BLOW_SCHEMA = {
    "scenario": pl.String,
    "disruption": pl.String,
    "cause": pl.String,
    "where": pl.String,
    "begins": pl.String,
    "lasts": pl.String,
    "sites": pl.Int64,
    "flows": pl.Int64,
    "stock_points": pl.Int64,
    "streams": pl.Int64,
    "cascade_index": pl.Float64,
    "sales_cut": pl.Float64,
}


def blows_of(scenarios: Mapping[str, Scenario], setups: Mapping[str, Setup]) -> pl.DataFrame:
    """Return what struck, when, and how much of the network it is on: the columns of ``Tale.blows``.

    Parameters
    ----------
    scenarios, setups : by name; what was compiled of each.
    """
    rows = []
    for name, scenario in scenarios.items():
        network, program = setups[name].network, setups[name].program
        spread = spread_of(network, lower_in_full(network), program=program) if scenario.disruptions else None
        for disruption in scenario.disruptions:
            lost = (None, None) if spread is None else _lost(disruption, program, spread)
            rows.append((name, *_blow(disruption, program), *lost))
    return pl.DataFrame(rows, schema=BLOW_SCHEMA, orient="row")


def _lost(disruption: Disruption, program: Program, spread: Spread) -> tuple[float | None, float | None]:
    """Return the cascade index and the share of sales that is cut, if it never ended and nothing were replaced.

    Only what is done to capacity counts; nulls where it does nothing to it, or losses in a cycle of flows do not settle.
    """
    strikes, names, activities = program.strikes, program.names, program.activities
    numbers = names.strikes.with_row_index("number").filter(strike_id=disruption.name)["number"].to_list()
    mine = np.isin(strikes.effect_strike, numbers) & (strikes.effect_kind == Effect.CAPACITY) & (strikes.effect_factor < 1)
    if not mine.any():
        return None, None
    owner = np.repeat(np.arange(program.counts[1]), np.diff(activities.use_start))
    own = names.resources["resource_id"].str.starts_with(LIMIT_PREFIX).to_numpy()
    remaining = np.ones(program.counts[1])
    for number, factor in zip(strikes.effect_entity[mine].tolist(), strikes.effect_factor[mine].tolist(), strict=True):
        users = owner[activities.use_resource == number]
        left = min(factor * SPARE, 1.0) if own[number] else factor
        remaining[users] = np.minimum(remaining[users], left)
    try:
        return spread.index(remaining)
    except UsageError:
        return None, None


def _blow(disruption: Disruption, program: Program) -> tuple[object, ...]:
    strikes, names = program.strikes, program.names
    number = names.strikes.with_row_index("number").filter(strike_id=disruption.name)["number"].to_list()
    mine = np.isin(strikes.effect_strike, number)
    kind, entity = strikes.effect_kind[mine], strikes.effect_entity[mine]
    resources = names.resources["resource_id"]
    flows, sites = set[int](), set[str]()
    target = {
        int(a): names.buffers["site_id"][int(program.activities.output_buffer[start])]
        for a, start in enumerate(program.activities.output_start[:-1])
    }
    by_name = {text: number for number, text in enumerate(names.activities["activity_id"].to_list())}
    owner = np.repeat(np.arange(program.counts[1]), np.diff(program.activities.use_start))
    for effect, number in zip(kind.tolist(), entity.tolist(), strict=True):
        if effect == Effect.CAPACITY:
            limit = resources[number]
            own = by_name.get(limit.removeprefix(LIMIT_PREFIX)) if limit.startswith(LIMIT_PREFIX) else None
            flows |= {own} if own is not None else set(owner[program.activities.use_resource == number].tolist())
        elif effect in (Effect.LEAD, Effect.ARRIVALS, Effect.TRANSIT, Effect.QUEUE, Effect.COST, Effect.DUTY, Effect.TARIFF):
            flows.add(number)
    points = set(entity[np.isin(kind, (Effect.STOCK, Effect.ORDERS, Effect.REPORTED))].tolist())
    streams = set(entity[np.isin(kind, (Effect.DEMAND, Effect.PRICE))].tolist())
    sites |= {target[flow] for flow in flows} | {names.buffers["site_id"][point] for point in points}
    sites |= {names.buffers["site_id"][int(program.streams.buffer[stream])] for stream in streams}
    begins = disruption.start.isoformat() if disruption.start else f"day {disruption.after} after the warm-up"
    lasts = disruption.duration or "for good"
    if disruption.recovery:
        lasts += f", fading over {disruption.recovery:g}"
    where = str(disruption.where)
    return disruption.name, str(disruption.cause), where, begins, lasts, len(sites), len(flows), len(points), len(streams)
