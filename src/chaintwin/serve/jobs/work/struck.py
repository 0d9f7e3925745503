"""Which parts of a network a scenario's disruptions are on, so that a map can mark them."""

from __future__ import annotations

from typing import Any

import numpy as np

from chaintwin.network.disruptions.disruption import Cause
from chaintwin.network.graph import LIMIT_PREFIX, ActivityKind, Effect
from chaintwin.network.program import Program
from chaintwin.network.scenarios.scenario import Scenario

ON_ACTIVITIES = (
    Effect.LEAD,
    Effect.ARRIVALS,
    Effect.TRANSIT,
    Effect.QUEUE,
    Effect.COST,
    Effect.DUTY,
    Effect.TARIFF,
)
ON_POINTS = (Effect.STOCK, Effect.ORDERS, Effect.REPORTED)
ON_STREAMS = (Effect.DEMAND, Effect.PRICE)


def struck_of(program: Program, scenario: Scenario | None) -> dict[str, Any]:
    """Return the activities that disruptions are on, and the sites where they are on what is made, bought, kept or sold.

    Parameters
    ----------
    program : compiled with the scenario. scenario : None for none; what is done about a disruption is not counted.

    Returns
    -------
    ``activities`` and ``sites``, ids, sorted.
    """
    bad = [one.name for one in scenario.disruptions if one.cause is not Cause.INTERVENTION] if scenario is not None else []
    strikes, names = program.strikes, program.names
    numbers = np.flatnonzero(names.strikes["strike_id"].is_in(bad).to_numpy()) if bad else np.zeros(0, dtype=np.int64)
    mine = np.isin(strikes.effect_strike, numbers)
    kinds, entities = strikes.effect_kind[mine], strikes.effect_entity[mine]
    flows = set(entities[np.isin(kinds, ON_ACTIVITIES)].tolist())
    ids = names.activities["activity_id"].to_list()
    limits, by_name = names.resources["resource_id"].to_list(), {text: number for number, text in enumerate(ids)}
    owner = np.repeat(np.arange(program.counts[1]), np.diff(program.activities.use_start))
    for resource in entities[kinds == Effect.CAPACITY].tolist():
        own = by_name.get(limits[resource].removeprefix(LIMIT_PREFIX)) if limits[resource].startswith(LIMIT_PREFIX) else None
        flows |= {own} if own is not None else set(owner[program.activities.use_resource == resource].tolist())
    at = names.buffers["site_id"].to_list()
    outputs, starts = program.activities.output_buffer, program.activities.output_start
    is_move = (names.activities["kind"] == ActivityKind.MOVE).to_list()
    sites = {at[int(outputs[starts[flow]])] for flow in flows if not is_move[flow]}
    sites |= {at[point] for point in entities[np.isin(kinds, ON_POINTS)].tolist()}
    sites |= {at[int(program.streams.buffer[stream])] for stream in entities[np.isin(kinds, ON_STREAMS)].tolist()}
    return {"activities": sorted(ids[flow] for flow in flows), "sites": sorted(sites)}
