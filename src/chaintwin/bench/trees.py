"""Networks in the shape of trees that the engine's speed is quoted for: a line, a distribution tree, an assembly tree."""

from __future__ import annotations

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


def assembly(levels: int, width: int) -> Graph:
    """Return a product made of ``width`` parts, each made of as many, down so many levels; raw parts are bought."""
    parents: dict[int, int] = {}
    level = [0]
    for _ in range(levels):
        below = [len(parents) + 1 + place for place in range(len(level) * width)]
        parents |= {node: level[place // width] for place, node in enumerate(below)}
        level = below
    return _tree(parents, count=len(parents) + 1, assembly=True)


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
    activities: list[tuple[object, ...]] = []
    inputs: list[tuple[object, ...]] = []
    outputs: list[tuple[object, ...]] = []
    for node in range(count):
        sources = children.get(node, []) if assembly else [parents[node]] if node in parents else []
        kind = ActivityKind.BUY if not sources else ActivityKind.MAKE if assembly else ActivityKind.MOVE
        name = f"to-{names[node]}"
        activities.append((name, kind, "2", 0, 0, 0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0))
        inputs += [(name, names[source], 1.0) for source in sources]
        outputs.append((name, names[node], 1.0, True))
    levels = [mean * (2 + COVER) for mean in flow]
    return Graph(
        integer=False,
        buffers=_frame(
            BUFFER_SCHEMA,
            [
                (name, name, "product", level, Policy.BASE_STOCK, level, 0.0, 1, 0, 0.0, 0.0, 0.01)
                for name, level in zip(names, levels, strict=True)
            ],
        ),
        activities=_frame(ACTIVITY_SCHEMA, activities),
        inputs=_frame(INPUT_SCHEMA, inputs),
        outputs=_frame(OUTPUT_SCHEMA, outputs),
        uses=pl.DataFrame(schema=USE_SCHEMA),
        resources=pl.DataFrame(schema=RESOURCE_SCHEMA),
        streams=_frame(
            STREAM_SCHEMA,
            [(names[node], names[node], 0, 0.0, f"poisson({DEMAND:g})", None, [1.0], 10.0, 0.2, 0.0) for node in ends],
        ),
    )


def _frame(schema: pl.Schema, rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")
