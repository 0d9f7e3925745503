"""Small projects whose service and costs are known, and random programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chaintwin.network.compiling import compile_graph
from chaintwin.network.network import Network, Quantities, Settings
from chaintwin.network.program import Program
from tests.graphs import graph_of
from tests.network.building import network_of
from tests.strategies import EVERYTHING, random_network


def random_program(seed: int, *, integer: bool = True) -> Program:
    """Return a random program whose streams have windows of 0 to 3 periods."""
    network = dict(random_network(seed, integer=integer, features=replace(EVERYTHING, random_leads=False))["network"])
    for number, demand in enumerate(network["demands"]):
        demand["window"] = (1, 3, 0)[(seed + number) % 3]
    return compile_graph(graph_of(network, integer=integer))


def two_shops(**changes: Any) -> Network:
    """Return a plant that makes soap of two fats for two shops, 3 units a day for one and 1 for the other; all is there in time.

    Parameters
    ----------
    changes : ``first``, cells of the demand of the first shop; ``stock``, of its stock point.
    """
    places = {"plant": ("plant", 50.0), "near": ("store", 51.0), "far": ("store", 52.0)}
    base = {"product_id": "soap", "base_stock": 40.0, "initial_stock": 40.0, "holding_cost": 0.1}
    return network_of(
        {
            "sites": [
                {"site_id": name, "kind": kind, "latitude": latitude, "longitude": 9.0}
                for name, (kind, latitude) in places.items()
            ],
            "products": [
                {"product_id": "soap", "value": 10.0, "weight_kg": 0.5},
                {"product_id": "fat", "value": 2.0, "weight_kg": 1.0},
            ],
            "lanes": [
                {
                    "lane_id": name,
                    "from_site": "plant",
                    "to_site": name,
                    "mode": "road",
                    "distance_km": distance,
                    "lead_time": "2",
                    "variable_cost": cost,
                    "fixed_cost": 6.0,
                    "carbon_factor": 100.0,
                    "product_id": "soap",
                }
                for name, distance, cost in (("near", 100.0, 1.0), ("far", 400.0, 3.0))
            ],
            "demand": [
                {"site_id": "near", "product_id": "soap", "quantity": "3", "price": 20.0} | changes.get("first", {}),
                {"site_id": "far", "product_id": "soap", "quantity": "1", "price": 20.0},
            ],
            "bom": [{"product_id": "soap", "other_product_id": "fat", "quantity": 2.0}],
            "stock_points": [
                base | {"site_id": "near"} | changes.get("stock", {}),
                base | {"site_id": "far"},
                base | {"site_id": "plant"},
                base | {"site_id": "plant", "product_id": "fat"},
            ],
            "sources": [
                {"site_id": "near", "product_id": "soap", "kind": "move", "lane_id": "near"},
                {"site_id": "far", "product_id": "soap", "kind": "move", "lane_id": "far"},
                {"site_id": "plant", "product_id": "soap", "kind": "make", "lead_time": "1", "cost": 1.0, "fixed_cost": 4.0},
                {"site_id": "plant", "product_id": "fat", "kind": "buy", "lead_time": "1", "cost": 2.0},
            ],
        },
        Settings(name="two shops", horizon=40, warm_up=10, quantities=Quantities.INTEGER),
    )
