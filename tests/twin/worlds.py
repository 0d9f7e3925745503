"""A small network with names and units, and events that happen in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from chaintwin.clock import SetClock
from chaintwin.events.facts import Facts, Item
from chaintwin.events.vocabulary import Name, Thing, own_uri
from chaintwin.examples.frames import as_network, rows_as_table
from chaintwin.network.network import Network, Settings
from chaintwin.twin import LiveState, Twin
from tests.oracles.plain_store import PlainStore, logged

DAY = 86_400_000_000
START = 20_454 * DAY
"""First of January 2026, microseconds."""

STEP = "https://ref.gs1.org/cbv/BizStep-"
GLN_PLANT, GLN_STORE = "https://id.gs1.org/414/9521321000017", "https://id.gs1.org/414/9521321000024"
GTIN = "https://id.gs1.org/01/09521321000031"
LOCATION = "https://ref.gs1.org/cbv/SDT-location"
PALLET = "https://id.gs1.org/00/095213210000000013"


def network(**tables: Any) -> Network:
    """Return a plant and a store with milk and bread."""
    named = {
        "sites": rows_as_table(
            "sites", ("site_id", "kind"), rows=[("plant", "plant"), ("store", "store"), ("depot", "warehouse")]
        ),
        "products": rows_as_table(
            "products",
            ("product_id", "unit", "weight_kg"),
            rows=[("milk", "each", 1.0), ("bread", "each", None), ("flour", "kg", None)],
        ),
        "identifiers": rows_as_table(
            "identifiers",
            ("object_kind", "object_id", "scheme", "value"),
            rows=[
                ("site", "plant", "GLN", "9521321000017"),
                ("site", "store", "GLN", "9521321000024"),
                ("product", "milk", "GTIN", "9521321000031"),
                ("product", "bread", "ERP", "urn:erp:material:77"),
            ],
        ),
        "units": rows_as_table(
            "units", ("product_id", "unit", "base_quantity"), rows=[("milk", "case", 12.0), ("milk", "pallet", 720.0)]
        ),
        "lanes": rows_as_table(
            "lanes",
            ("lane_id", "from_site", "to_site", "lead_time"),
            rows=[("L1", "plant", "store", "2"), ("L2", "plant", "depot", "1")],
        ),
        "demand": rows_as_table("demand", ("site_id", "product_id", "quantity"), rows=[("store", "milk", "5")]),
        "stock_points": rows_as_table("stock_points", ("site_id", "product_id", "shelf_life"), rows=[("store", "milk", 10)]),
    }
    return as_network(Settings(start=date(2026, 1, 1)), named | tables)


def site(name: str) -> str:
    return own_uri(Name(Thing.SITE, name))


def product(name: str, lot: str = "") -> str:
    return own_uri(Name(Thing.LOT, name, lot=lot) if lot else Name(Thing.PRODUCT, name))


def some(name: str, quantity: float, *, lot: str = "", unit: str | None = None) -> Item:
    """Return an amount of a product."""
    return Item(product(name, lot), quantity, unit)


def one(name: str) -> Item:
    """Return an instance."""
    return Item(name, instance=True)


def done(step: str, place: str, *items: Item, at: int, **more: Any) -> Facts:
    """Return an ObjectEvent of a step at a site; goods that leave do so at its read point."""
    where = {"read_point": place} if step in LEAVING else {"location": place}
    action = more.pop("action", "ADD" if step == "commissioning" else "OBSERVE")
    return Facts("ObjectEvent", at, action=action, step=STEP + step, items=items, **where, **more)


LEAVING = frozenset({"shipping", "departing", "retail_selling", "dispensing", "destroying", "decommissioning", "picking"})


def state_after(*events: Facts, tables: Network | None = None, at: int | None = None) -> LiveState:
    """Return the state after some events; every one is found to be without effect when it comes a second time."""
    store = logged([(f"k{number:04d}", facts) for number, facts in enumerate(events)])
    return twin_of(store, tables=tables).as_of(at)


def twin_of(store: PlainStore, *, tables: Network | None = None, now: int = START) -> Twin:
    """Return the twin of a log."""
    return Twin.open(tables or network(), store=store, clock=SetClock(now=now))  # type: ignore[arg-type]


def misfits(state: LiveState) -> set[tuple[str, str]]:
    """Return what does not fit, by reason and subject."""
    return set(state.cells["discrepancy"].cells)
