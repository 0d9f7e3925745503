"""What happens in a supply chain without end, of which never more than so much is open at one time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from chaintwin.bench.live.happenings import PRODUCTS, SITES
from chaintwin.events.vocabulary import NAMESPACE, Name, Thing, own_uri
from tests.serve.documents import CONTEXT

Event = dict[str, Any]

OPEN = 2_000
"""Shipments, orders and packed pallets each that are open before the oldest of them is closed."""

FEW = OPEN // 2
"""So many are open before the first of them is closed."""

LOTS, PALLETS = 40, 4_000
LATE_SHARE, DUPLICATE_SHARE = 0.01, 0.01
LATE_SECONDS = 1.0
VERY_LATE_EVERY, VERY_LATE_SECONDS = 60_000, 30.0
"""One event in so many is so late that it lies before all that a twin keeps at hand to take back."""

AROUND = {"@context": [CONTEXT, {"ct": NAMESPACE}], "type": "EPCISDocument", "schemaVersion": "2.0"}


class Happening:
    """Makes events; the same seed makes the same ones but for their times.

    Parameters
    ----------
    seed : of what is drawn.
    """

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._number = 0
        self._shipments: deque[tuple[int, int, int, bool]] = deque()
        self._orders: deque[tuple[int, int, int, int]] = deque()
        self._instances: deque[str] = deque()
        self._packed: deque[tuple[str, str]] = deque()
        self._last: deque[Event] = deque(maxlen=500)
        self._ways: tuple[tuple[Callable[[], Event], int], ...] = (
            *((self._ships, 18), (self._receives, 18), (self._orders_goods, 9), (self._makes, 10), (self._sells, 12)),
            *((self._measures, 12), (self._counts, 3), (self._begins, 4), (self._ends, 4), (self._packs, 2), (self._unpacks, 2)),
            *((self._asks, 3), (self._moves_money, 1), (self._drives, 1), (self._breaks, 1)),
        )

    def document(self, count: int) -> tuple[dict[str, Any], int]:
        """Return a document of so many events that happened just now, and how many of them were not sent before."""
        now = datetime.now(UTC)
        ways, weights = zip(*self._ways, strict=True)
        events: list[Event] = []
        made = 0
        for way in self._chance.choices(ways, weights, k=count):
            if self._last and self._chance.random() < DUPLICATE_SHARE:
                events.append(self._chance.choice(self._last))
                continue
            self._number += 1
            made += 1
            event = way() | {"eventTime": _text(now - timedelta(seconds=self._lateness())), "eventTimeZoneOffset": "+00:00"}
            now += timedelta(microseconds=1_000)
            events.append(event)
            self._last.append(event)
        return AROUND | {"creationDate": _text(now), "epcisBody": {"eventList": events}}, made

    def _lateness(self) -> float:
        if self._number % VERY_LATE_EVERY == VERY_LATE_EVERY // 3:
            return VERY_LATE_SECONDS
        return self._chance.random() * LATE_SECONDS if self._chance.random() < LATE_SHARE else 0.0

    def _site(self) -> int:
        return self._chance.randrange(SITES)

    def _ships(self) -> Event:
        if len(self._shipments) >= OPEN:
            return self._receives()
        for_order = len(self._orders) > FEW
        drawn = (self._number, self._site(), self._site(), self._chance.randrange(PRODUCTS))
        number, here, there, what = self._orders.popleft() if for_order else drawn
        self._shipments.append((number, there, what, for_order))
        place = {"id": _place(here)}
        destinations = [{"type": "location", "destination": _place(there)}]
        papers = _papers(number, for_order)
        return _step("shipping", readPoint=place, quantityList=_goods(what, 20), destinationList=destinations, **papers)

    def _receives(self) -> Event:
        if len(self._shipments) < FEW:
            return self._ships()
        number, there, what, for_order = self._shipments.popleft()
        return _step("receiving", bizLocation={"id": _place(there)}, quantityList=_goods(what, 20), **_papers(number, for_order))

    def _orders_goods(self) -> Event:
        if len(self._orders) >= OPEN:
            return self._ships()
        number, here, there, what = self._number, self._site(), self._site(), self._chance.randrange(PRODUCTS)
        self._orders.append((number, here, there, what))
        return _own(
            "OrderPlaced",
            {"order": f"{PO}{number}"},
            quantityList=_goods(what, 20),
            sourceList=[{"type": "location", "source": _place(here)}],
            destinationList=[{"type": "location", "destination": _place(there)}],
        )

    def _makes(self) -> Event:
        what = self._chance.randrange(PRODUCTS)
        lot = own_uri(Name(Thing.LOT, f"product {what}", lot=f"lot {self._number // 5_000 % LOTS}"))
        goods = [{"epcClass": lot, "quantity": 50}]
        return _step("commissioning", action="ADD", bizLocation={"id": _place(self._site())}, quantityList=goods)

    def _sells(self) -> Event:
        goods = _goods(self._chance.randrange(PRODUCTS), self._chance.randrange(1, 9))
        return _step("retail_selling", readPoint={"id": _place(self._site())}, quantityList=goods)

    def _measures(self) -> Event:
        report = {"type": "Temperature", "value": round(self._chance.gauss(4, 1), 2), "uom": "CEL"}
        metadata = {"deviceID": f"urn:epc:id:giai:4000001.{self._site()}"}
        return _step("sensor_reporting", readPoint={"id": _place(self._site())}) | {
            "sensorElementList": [{"sensorMetadata": metadata, "sensorReport": [report]}]
        }

    def _counts(self) -> Event:
        goods = _goods(self._chance.randrange(PRODUCTS), self._chance.randrange(500))
        return _step("stock_taking", bizLocation={"id": _place(self._site())}, quantityList=goods)

    def _begins(self) -> Event:
        if len(self._instances) >= OPEN:
            return self._ends()
        name = f"urn:epc:id:sgtin:0614141.107346.{self._number}"
        self._instances.append(name)
        return _step("commissioning", action="ADD", bizLocation={"id": _place(self._site())}, epcList=[name])

    def _ends(self) -> Event:
        if len(self._instances) < FEW:
            return self._begins()
        return _step(
            "decommissioning", action="DELETE", readPoint={"id": _place(self._site())}, epcList=[self._instances.popleft()]
        )

    def _packs(self) -> Event:
        if not self._instances or len(self._packed) >= OPEN:
            return self._unpacks()
        child = self._instances.popleft()
        self._packed.append((f"urn:epc:id:grai:0614141.12345.{self._number % PALLETS}", child))
        return _pack("ADD", "packing", *self._packed[-1], place=_place(self._site()))

    def _unpacks(self) -> Event:
        if len(self._packed) < FEW and self._instances:
            return self._packs()
        if not self._packed:
            return self._measures()
        parent, child = self._packed.popleft()
        self._instances.append(child)
        return _pack("DELETE", "unpacking", parent, child, place=_place(self._site()))

    def _asks(self) -> Event:
        return _own(
            "DemandPlaced", {}, bizLocation={"id": _place(self._site())}, quantityList=_goods(self._chance.randrange(PRODUCTS), 2)
        )

    def _moves_money(self) -> Event:
        return _own("MoneyMoved", {"account": "bank", "amount": self._chance.randrange(-500, 500) + 0.5, "currency": "EUR"})

    def _drives(self) -> Event:
        return _own(
            "VehicleSeen",
            {"vehicle": f"truck {self._chance.randrange(50)}", "present": True},
            bizLocation={"id": _place(self._site())},
        )

    def _breaks(self) -> Event:
        found = {"resource": f"press {self._site()}", "share": self._chance.randrange(5) / 4, "status": "seen"}
        return _own("EquipmentChanged", found, bizLocation={"id": _place(self._site())})


PO = "urn:epcglobal:cbv:bt:0614141073467:po-"
DESADV = "urn:epcglobal:cbv:bt:0614141073467:ship-"


def _step(step: str, *, action: str = "OBSERVE", **fields: Any) -> Event:
    return {"type": "ObjectEvent", "action": action, "bizStep": step, **fields}


def _own(kind: str, own: dict[str, Any], **fields: Any) -> Event:
    return {"type": f"ct:{kind}", **{f"ct:{name}": value for name, value in own.items()}, **fields}


def _pack(action: str, step: str, parent: str, child: str, *, place: str) -> Event:
    where = {"readPoint": {"id": place}, "bizLocation": {"id": place}}
    return {"type": "AggregationEvent", "action": action, "bizStep": step, "parentID": parent, "childEPCs": [child], **where}


def _papers(number: int, for_order: bool) -> Event:
    papers = [{"type": "desadv", "bizTransaction": f"{DESADV}{number}"}]
    if for_order:
        papers.append({"type": "po", "bizTransaction": f"{PO}{number}"})
    return {"bizTransactionList": papers}


def _goods(what: int, quantity: int) -> list[Event]:
    return [{"epcClass": own_uri(Name(Thing.PRODUCT, f"product {what}")), "quantity": quantity}]


def _place(number: int) -> str:
    return own_uri(Name(Thing.SITE, f"site {number}"))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
