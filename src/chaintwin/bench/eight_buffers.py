"""The network of eight buffers that the engine's speed is quoted for: bill of materials, shared capacity, random demand."""

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

# Site, product, base stock, first stock.
BUFFERS = (
    ("mine", "ore", 900.0, 600.0),
    ("mill", "film", 900.0, 600.0),
    ("works", "ore", 400.0, 300.0),
    ("works", "film", 400.0, 300.0),
    ("works", "cell", 260.0, 200.0),
    ("hub", "cell", 300.0, 240.0),
    ("north", "cell", 130.0, 120.0),
    ("south", "cell", 190.0, 170.0),
)
# Activity, kind, lead time, inputs with quantity, output.
ACTIVITIES = (
    ("buy-ore", ActivityKind.BUY, "3", (), "mine/ore"),
    ("buy-film", ActivityKind.BUY, "4", (), "mill/film"),
    ("move-ore", ActivityKind.MOVE, "2", (("mine/ore", 1.0),), "works/ore"),
    ("move-film", ActivityKind.MOVE, "2", (("mill/film", 1.0),), "works/film"),
    ("make-cell", ActivityKind.MAKE, "1", (("works/ore", 2.0), ("works/film", 1.0)), "works/cell"),
    ("ship-hub", ActivityKind.MOVE, "2", (("works/cell", 1.0),), "hub/cell"),
    ("ship-north", ActivityKind.MOVE, "1", (("hub/cell", 1.0),), "north/cell"),
    ("ship-south", ActivityKind.MOVE, "1", (("hub/cell", 1.0),), "south/cell"),
)
STREAMS = (("north", "north/cell", "poisson(20)"), ("south", "south/cell", "poisson(30)"))


def eight_buffers() -> Graph:
    """Return the graph: two materials, one product made of both on a line with limited capacity, a hub, two markets."""
    return Graph(
        integer=True,
        buffers=_frame(
            BUFFER_SCHEMA,
            [
                (f"{site}/{product}", site, product, stock, Policy.BASE_STOCK, level, 0.0, 1, 0, 0.0, 0.0, 0.01)
                for site, product, level, stock in BUFFERS
            ],
        ),
        activities=_frame(
            ACTIVITY_SCHEMA,
            [(name, kind, lead, 0, 0, 0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0) for name, kind, lead, _, _ in ACTIVITIES],
        ),
        inputs=_frame(
            INPUT_SCHEMA, [(name, buffer, amount) for name, _, _, inputs, _ in ACTIVITIES for buffer, amount in inputs]
        ),
        outputs=_frame(OUTPUT_SCHEMA, [(name, output, 1.0, True) for name, _, _, _, output in ACTIVITIES]),
        uses=_frame(USE_SCHEMA, [("make-cell", "line", 1.0)]),
        resources=_frame(RESOURCE_SCHEMA, [("line", [70.0], 0.5)]),
        streams=_frame(
            STREAM_SCHEMA, [(name, buffer, 0, 0.0, law, None, [1.0], 10.0, 0.2, 0.0) for name, buffer, law in STREAMS]
        ),
    )


def _frame(schema: pl.Schema, rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")
