"""The network of eight buffers that the engine's speed is quoted for: bill of materials, shared capacity, random demand."""

from __future__ import annotations

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
    buffers = [
        {
            "buffer_id": f"{site}/{product}",
            "site_id": site,
            "product_id": product,
            "on_hand": stock,
            "policy": Policy.BASE_STOCK,
            "low": level,
            "holding_cost": 0.01,
        }
        for site, product, level, stock in BUFFERS
    ]
    activities = [
        {"activity_id": name, "kind": kind, "lead": lead, "variable_cost": 1.0} for name, kind, lead, _, _ in ACTIVITIES
    ]
    inputs = [
        {"activity_id": name, "buffer_id": buffer, "quantity": amount}
        for name, _, _, taken, _ in ACTIVITIES
        for buffer, amount in taken
    ]
    outputs = [
        {"activity_id": name, "buffer_id": output, "quantity": 1.0, "is_main": True} for name, _, _, _, output in ACTIVITIES
    ]
    streams = [
        {"stream_id": name, "buffer_id": buffer, "law": law, "price": 10.0, "backlog_cost": 0.2} for name, buffer, law in STREAMS
    ]
    return Graph(
        integer=True,
        buffers=frame_of(BUFFER_SCHEMA, buffers),
        activities=frame_of(ACTIVITY_SCHEMA, activities),
        inputs=frame_of(INPUT_SCHEMA, inputs),
        outputs=frame_of(OUTPUT_SCHEMA, outputs),
        uses=frame_of(USE_SCHEMA, [{"activity_id": "make-cell", "resource_id": "line", "quantity": 1.0}]),
        resources=frame_of(RESOURCE_SCHEMA, [{"resource_id": "line", "capacity": [70.0], "cost": 0.5}]),
        streams=frame_of(STREAM_SCHEMA, streams),
    )
