"""A network about which the doctor has nothing to say, and ways to spoil it."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from chaintwin.network.doctor import Report, check
from chaintwin.network.network import Settings
from tests.network.building import network_of

Tables = dict[str, list[dict[str, Any]]]

SETTINGS = Settings(start=date(2026, 1, 1), horizon=28)

_ROAD = {"mode": "road", "distance_km": 100.0, "lead_time": "2", "variable_cost": 1.0, "capacity": 1000.0}


def clean_tables() -> Tables:
    """Two suppliers, two plants, a warehouse and a store, all with capacity; a fresh copy each time."""
    return copy.deepcopy(
        {
            "sites": [
                {"site_id": "north", "kind": "supplier", "country": "NL", "latitude": 52.37, "longitude": 4.90},
                {"site_id": "south", "kind": "supplier", "country": "ES", "latitude": 40.42, "longitude": -3.70},
                {"site_id": "plant one", "kind": "plant", "country": "DE", "latitude": 52.52, "longitude": 13.40},
                {"site_id": "plant two", "kind": "plant", "country": "FR", "latitude": 48.86, "longitude": 2.35},
                {
                    "site_id": "depot",
                    "kind": "warehouse",
                    "country": "BE",
                    "latitude": 50.85,
                    "longitude": 4.35,
                    "storage_capacity": 500.0,
                },
                {
                    "site_id": "shop",
                    "kind": "store",
                    "country": "BE",
                    "latitude": 51.22,
                    "longitude": 4.40,
                    "time_zone": "Europe/Brussels",
                },
            ],
            "products": [
                {"product_id": "lamp", "value": 20.0, "weight_kg": 2.0, "volume_m3": 0.01},
                {"product_id": "glass", "unit": "kg", "value": 1.0, "weight_kg": 1.0, "volume_m3": 0.001},
            ],
            "lanes": [
                {"lane_id": "L1", "from_site": "north", "to_site": "plant one", **_ROAD},
                {"lane_id": "L2", "from_site": "south", "to_site": "plant two", **_ROAD},
                {"lane_id": "L3", "from_site": "plant one", "to_site": "depot", **_ROAD},
                {"lane_id": "L4", "from_site": "plant two", "to_site": "depot", **_ROAD},
                {"lane_id": "L5", "from_site": "depot", "to_site": "shop", **_ROAD},
            ],
            "demand": [{"stream_id": "D", "site_id": "shop", "product_id": "lamp", "quantity": "poisson(10)", "price": 30.0}],
            "stock_points": [{"site_id": "depot", "product_id": "lamp", "initial_stock": 100.0}],
            "sources": [
                {"site_id": "north", "product_id": "glass", "kind": "buy", "capacity": 500.0},
                {"site_id": "south", "product_id": "glass", "kind": "buy", "capacity": 500.0},
            ],
            "bom": [{"product_id": "lamp", "other_product_id": "glass", "quantity": 2.0}],
            "resources": [
                {"resource_id": "furnace one", "site_id": "plant one", "capacity": 100.0},
                {"resource_id": "furnace two", "site_id": "plant two", "capacity": 100.0, "calendar": "week"},
            ],
            "resource_use": [{"resource_id": "furnace one", "quantity": 1.0}, {"resource_id": "furnace two", "quantity": 1.0}],
            "calendars": [{"calendar_id": "week", "weekday": "sun"}],
            "identifiers": [
                {"object_kind": "product", "object_id": "lamp", "scheme": "GTIN", "value": "4006381333931"},
                {"object_kind": "site", "object_id": "depot", "scheme": "GLN", "value": "5412345000013"},
                {"object_kind": "site", "object_id": "shop", "scheme": "UN/LOCODE", "value": "BEANR"},
                {"object_kind": "lane", "object_id": "L1", "scheme": "SSCC", "value": "106141411234567897"},
            ],
            "units": [
                {"product_id": "lamp", "unit": "case", "base_quantity": 12.0},
                {"product_id": "lamp", "unit": "pallet", "base_quantity": 480.0},
            ],
        }
    )


def report_of(tables: Tables, settings: Settings = SETTINGS) -> Report:
    """Check a network made of rows."""
    return check(network_of(tables, settings))


def row_of(tables: Tables, table: str, key: str) -> dict[str, Any]:
    """Return the row whose first cell is the key."""
    return next(row for row in tables[table] if key in row.values())
