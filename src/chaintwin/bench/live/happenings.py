"""A made-up network and what happens in it, the same in every run: goods are made, shipped, received and sold."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import blake2b, sha256

from chaintwin.clock import SECOND, microseconds_of
from chaintwin.events.facts import Facts, Item, Reading, packed
from chaintwin.events.vocabulary import Name, Own, Thing, own_uri
from chaintwin.network.network import Network, Settings
from chaintwin.store.records import Record

SITES, PRODUCTS = 20, 25

START = date(2026, 1, 1)

LOT_EVENTS = 20_000
"""Events after which a new lot is made."""

IN_TRANSIT = 300
"""Shipments that are on their way, about."""

SOLD = 120.0
"""Most that one sale takes."""

_STEP = "https://ref.gs1.org/cbv/BizStep-"
_DESPATCH = "https://ref.gs1.org/cbv/BTT-desadv"


def happenings_network() -> Network:
    """Return the sites and products of the made-up events."""
    from chaintwin.examples.frames import as_network, rows_as_table

    tables = {
        "sites": rows_as_table("sites", ("site_id",), rows=[(f"site {place}",) for place in range(SITES)]),
        "products": rows_as_table("products", ("product_id",), rows=[(f"product {place}",) for place in range(PRODUCTS)]),
    }
    return as_network(Settings(start=START), tables)


def happenings(count: int) -> Iterator[Record]:
    """Yield records of made-up events, about one a second.

    Parameters
    ----------
    count : how many, 1 or more.
    """
    begin = microseconds_of(datetime(START.year, START.month, START.day, tzinfo=UTC))
    moving: deque[tuple[int, int, str, float]] = deque()
    there: dict[tuple[int, int], float] = {}
    for number in range(count):
        draw = blake2b(number.to_bytes(8, "big"), digest_size=8).digest()
        facts = _facts(draw, begin + number * SECOND + draw[7] * 1000, number=number, moving=moving, there=there)
        content = packed(facts)
        digest = sha256(content).digest()
        key = f"ni:///sha-256;{digest.hex()}?ver=CBV2.0"
        yield Record(key, digest, b"{}", content, facts.occurred_at, "bench", dimensions=(("what", content),))


def moments(count: int, *, events: int) -> list[int]:
    """Return moments spread over the time of so many events, microseconds."""
    begin = microseconds_of(datetime(START.year, START.month, START.day, tzinfo=UTC))
    draws = [int.from_bytes(blake2b(f"{place}".encode(), digest_size=8).digest(), "big") for place in range(count)]
    return [begin + draw % events * SECOND for draw in draws]


def _facts(
    draw: bytes, at: int, *, number: int, moving: deque[tuple[int, int, str, float]], there: dict[tuple[int, int], float]
) -> Facts:
    """Return what happens next; no more leaves a place than is there, and as much is sold in the long run as is made."""
    place, what, chance = draw[0] % SITES, draw[2] % PRODUCTS, draw[3]
    here, name = own_uri(Name(Thing.SITE, f"site {place}")), f"product {what}"
    plain, held = own_uri(Name(Thing.PRODUCT, name)), there.get((place, what), 0.0)
    if chance < 64:
        there[place, what] = held + 50.0
        lot = own_uri(Name(Thing.LOT, name, lot=f"{number // LOT_EVENTS}"))
        return Facts("ObjectEvent", at, "ADD", f"{_STEP}commissioning", location=here, items=(Item(lot, 50.0),))
    if chance < 115 and held:
        quantity, shipment, target = min(held, 20.0), f"urn:example:desadv:{number}", draw[1] % SITES
        there[place, what] = held - quantity
        moving.append((target, what, shipment, quantity))
        return Facts(
            "ObjectEvent",
            at,
            "OBSERVE",
            f"{_STEP}shipping",
            read_point=here,
            items=(Item(plain, quantity),),
            transactions=((_DESPATCH, shipment),),
            destinations=(("https://ref.gs1.org/cbv/SDT-location", own_uri(Name(Thing.SITE, f"site {target}"))),),
        )
    if chance < 166 and len(moving) > IN_TRANSIT:
        target, what, shipment, quantity = moving.popleft()
        there[target, what] = there.get((target, what), 0.0) + quantity
        items = (Item(own_uri(Name(Thing.PRODUCT, f"product {what}")), quantity),)
        to = own_uri(Name(Thing.SITE, f"site {target}"))
        papers = ((_DESPATCH, shipment),)
        return Facts("ObjectEvent", at, "OBSERVE", f"{_STEP}receiving", location=to, items=items, transactions=papers)
    if chance < 205 and held:
        quantity = min(held, SOLD)
        there[place, what] = held - quantity
        return Facts("ObjectEvent", at, "OBSERVE", f"{_STEP}retail_selling", read_point=here, items=(Item(plain, quantity),))
    if chance < 230:
        reading = Reading("https://gs1.org/voc/Temperature", at, draw[4] / 10, "CEL", device="probe")
        return Facts("ObjectEvent", at, "OBSERVE", f"{_STEP}sensor_reporting", read_point=here, readings=(reading,))
    if chance < 250:
        return Facts(Own.DEMAND_PLACED.value, at, location=here, items=(Item(plain, 2.0),))
    own = {"resource": f"machine {draw[5] % 10}", "share": draw[6] / 255}
    return Facts(Own.EQUIPMENT_CHANGED.value, at, location=here, own=own)
