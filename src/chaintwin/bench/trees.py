"""Networks in the shape of trees that the engine's speed is quoted for: a line, a distribution tree, an assembly tree."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from chaintwin.network.graph import (
    ACTIVITY_SCHEMA,
    BUFFER_SCHEMA,
    INPUT_SCHEMA,
    OUTPUT_SCHEMA,
    RESOURCE_SCHEMA,
    STREAM_SCHEMA,
    USE_SCHEMA,
    ActivityKind,
    Graph,
    Policy,
    frame_of,
)

DEMAND = 20.0
COVER = 4.0
"""Mean demand of an end point a period, and periods of it in every level beyond the lead time."""


def line(stages: int) -> Graph:
    """Return stages in a row, the last one a market; every lead time is two periods."""
    return _tree({stage: stage - 1 for stage in range(1, stages)}, count=stages, assembly=False)


def distribution(stores: int, hubs: int) -> Graph:
    """Return a plant that supplies hubs, which supply stores; stores are dealt out to hubs in turn."""
    parents = dict.fromkeys(range(1, hubs + 1), 0)
    parents |= {hubs + 1 + store: 1 + store % hubs for store in range(stores)}
    return _tree(parents, count=1 + hubs + stores, assembly=False)


def assembly(*widths: int) -> Graph:
    """Return a product made of ``widths[0]`` parts, each made of ``widths[1]``, and so on; raw parts are bought."""
    parents: dict[int, int] = {}
    level = [0]
    for width in widths:
        below = [len(parents) + 1 + place for place in range(len(level) * width)]
        parents |= {node: level[place // width] for place, node in enumerate(below)}
        level = below
    return _tree(parents, count=len(parents) + 1, assembly=True)


def mesh(stores: int, hubs: int, *, sources: int) -> Graph:
    """Return a plant that supplies hubs, of which so many supply each store in equal parts."""
    plain = distribution(stores, hubs)
    named = pl.col("activity_id")
    first = hubs + 1
    activities, inputs, outputs = plain.activities, plain.inputs, plain.outputs
    for other in range(1, sources):
        # The number of the store is in its name, and its hubs follow each other.
        store = named.str.slice(4).cast(pl.Int64) - first
        hub = pl.format("p{}", (1 + (store + other) % hubs).cast(pl.String).str.zfill(3))
        more = pl.format("{}-{}", named, pl.lit(other))
        is_store = named.is_in(plain.outputs.filter(pl.col("buffer_id") >= f"p{first:03d}")["activity_id"].to_list())
        activities = activities.vstack(plain.activities.filter(is_store).with_columns(activity_id=more))
        inputs = inputs.vstack(plain.inputs.filter(is_store).with_columns(buffer_id=hub, activity_id=more))
        outputs = outputs.vstack(plain.outputs.filter(is_store).with_columns(activity_id=more))
    return replace(plain, activities=activities, inputs=inputs, outputs=outputs)


def _tree(parents: dict[int, int], *, count: int, assembly: bool) -> Graph:
    """Return a tree; in a distribution goods flow from the root to the leaves, in an assembly to the root."""
    names = [f"p{number:03d}" for number in range(count)]
    children: dict[int, list[int]] = {}
    for node, parent in parents.items():
        children.setdefault(parent, []).append(node)
    ends = [0] if assembly else [node for node in range(count) if node not in children]
    flow = [DEMAND if node in ends else 0.0 for node in range(count)]
    for node in sorted(parents, reverse=not assembly):
        if assembly:
            flow[node] = flow[parents[node]]
        else:
            flow[parents[node]] += flow[node]
    activities, inputs, outputs = [], [], []
    for node in range(count):
        sources = children.get(node, []) if assembly else [parents[node]] if node in parents else []
        kind = ActivityKind.BUY if not sources else ActivityKind.MAKE if assembly else ActivityKind.MOVE
        name = f"to-{names[node]}"
        activities.append({"activity_id": name, "kind": kind, "lead": "2", "variable_cost": 1.0})
        inputs += [{"activity_id": name, "buffer_id": names[source], "quantity": 1.0} for source in sources]
        outputs.append({"activity_id": name, "buffer_id": names[node], "quantity": 1.0, "is_main": True})
    buffers = [
        {
            "buffer_id": name,
            "site_id": name,
            "product_id": "product",
            "on_hand": mean * (2 + COVER),
            "policy": Policy.BASE_STOCK,
            "low": mean * (2 + COVER),
            "holding_cost": 0.01,
        }
        for name, mean in zip(names, flow, strict=True)
    ]
    streams = [
        {"stream_id": name, "buffer_id": name, "law": f"poisson({DEMAND:g})", "price": 10.0, "backlog_cost": 0.2}
        for name in (names[node] for node in ends)
    ]
    return Graph(
        integer=False,
        buffers=frame_of(BUFFER_SCHEMA, buffers),
        activities=frame_of(ACTIVITY_SCHEMA, activities),
        inputs=frame_of(INPUT_SCHEMA, inputs),
        outputs=frame_of(OUTPUT_SCHEMA, outputs),
        uses=frame_of(USE_SCHEMA, []),
        resources=frame_of(RESOURCE_SCHEMA, []),
        streams=frame_of(STREAM_SCHEMA, streams),
    )
