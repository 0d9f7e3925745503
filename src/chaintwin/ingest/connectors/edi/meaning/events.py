"""What messages say as events of EPCIS and of our own namespace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from chaintwin.clock import text_of
from chaintwin.events.vocabulary import NAMESPACE, PREFIX, Name, Own, Thing, own_uri
from chaintwin.ingest.connectors.edi.meaning.naming import (
    GTIN,
    Code,
    partner_name,
    product_name,
    serial_name,
    site_name,
    unit_name,
)
from chaintwin.ingest.connectors.edi.meaning.records import (
    Despatch,
    Ends,
    Line,
    Node,
    Order,
    Purpose,
    Record,
    Report,
    Status,
)
from chaintwin.ingest.connectors.edi.meaning.times import Moment, revised_at
from chaintwin.ingest.connectors.edi.meaning.told import Told

Event = dict[str, Any]

SAID = ("eventID", "eventTime", "eventTimeZoneOffset", f"{PREFIX}:revised_at", f"{PREFIX}:assumed")
"""Fields of an order that tell its messages apart, not what it orders; all but the times are those of any event."""


def events_of(record: Record, told: Told, *, revision: int = 0) -> list[Event]:
    """Return the events that a message gives, in the order in which they happened; none where something is wrong, which is told.

    Parameters
    ----------
    record : what the message says. told : of the message. revision : messages of its document that were replaced before it.
    """
    if isinstance(record, Order):
        events = list(_of_order(record, told))
    elif isinstance(record, Despatch):
        events = list(_of_despatch(record, told))
    else:
        is_taken_back = record.purpose is Purpose.CANCEL
        events = [] if is_taken_back else [_of_status(status, told) for status in record.statuses]
    if told.findings:
        return []
    more: dict[str, Any] = {}
    said = said_at(record, told, revision=revision)
    if record.purpose in (Purpose.REPLACE, Purpose.CHANGE):
        # Events of a message that replaces another are never the same as those of the one that they take the place of.
        more[f"{PREFIX}:revised_at"] = said.text
    if isinstance(record, Order) and record.purpose is not Purpose.ORIGINAL:
        # The state follows messages of an order by their times, and the date of the order is the same in all of them.
        more |= {"eventTime": said.text, "eventTimeZoneOffset": said.offset}
    if told.is_zone_assumed:
        more[f"{PREFIX}:assumed"] = ["time zone"]
    events = [event | more for event in events]
    if isinstance(record, Report):
        return events
    of_document = _id_of_document(record, told, content_of(events), revision=revision)
    return [event | {"eventID": f"{of_document}:{place}"} for place, event in enumerate(events)]


def said_at(record: Record, told: Told, *, revision: int) -> Moment:
    """Return since when a message holds: as it says itself, of a change of an order as its envelope does.

    Parameters
    ----------
    record, told, revision : as for ``events_of``; each revision of other documents is a microsecond later.
    """
    if isinstance(record, Order):
        return record.at if record.purpose is Purpose.ORIGINAL else revised_at(told, record.at)
    written = record.told_at if isinstance(record, Despatch) else record.at
    return replace(written, at=written.at + revision)


def content_of(events: Sequence[Event]) -> str:
    """Return a digest of what events say, the same for a message that says the same again.

    Parameters
    ----------
    events : of one message.
    """
    said = []
    for event in events:
        left_out = SAID if event["type"].startswith(f"{PREFIX}:") else (SAID[0], *SAID[3:])
        said.append({name: value for name, value in event.items() if name not in left_out})
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def taken_back(event: Event, *, at: Moment) -> Event:
    """Return the declaration that an event was wrong.

    Parameters
    ----------
    event : as it was made before. at : when that was said.
    """
    return event | {"errorDeclaration": {"declarationTime": at.text, "reason": "incorrect_data"}}


def _id_of_document(record: Order | Despatch, told: Told, content: str, *, revision: int) -> str:
    """Return the begin of the ids of events; those of a document of one number that says something else are the same: refused.

    Changes of an order are told apart by their time and content, revisions of a despatch are counted: of two that do not know of
    each other one is refused, as the goods would leave twice.
    """
    written = record.told_at if isinstance(record, Despatch) else record.at
    revised = ""
    if isinstance(record, Order) and record.purpose is not Purpose.ORIGINAL:
        revised = f"{said_at(record, told, revision=revision).text}/{content}"
    elif record.purpose is not Purpose.ORIGINAL:
        revised = written.text if record.purpose is Purpose.CANCEL else str(revision)
    parts = (told.message.header.sender, told.message.kind, written.text[:4], record.number, revised)
    return f"{NAMESPACE}message:" + ":".join(quote(part, safe="") for part in parts)


def _of_order(order: Order, told: Told) -> Iterator[Event]:
    name = {f"{PREFIX}:order": order.number}
    if order.purpose is Purpose.CANCEL:
        yield _event(f"{PREFIX}:{Own.ORDER_CANCELLED}", order.at) | _parties(order.ends, told) | name
        return
    groups: dict[tuple[int, Code | None], list[tuple[Code, str | None, float]]] = {}
    wanted: dict[int, Moment] = {}
    for (code, unit, destination), lines in _of_products(order, told).items():
        # The state has one line for a product of an order: all of its quantity, wanted when the first part is.
        times = [found for line in lines if (found := line.wanted or order.wanted) is not None]
        first = min(times, key=lambda moment: moment.at) if times else None
        key = (-1 if first is None else first.at, destination)
        if first is not None:
            wanted[first.at] = first
        groups.setdefault(key, []).append((code, unit, sum(line.quantity or 0.0 for line in lines)))
    for (when, destination), members in groups.items():
        ends = Ends(order.ends.origin, destination or order.ends.destination, order.ends.seller, order.ends.buyer)
        own = dict(name)
        if when >= 0:
            own[f"{PREFIX}:wanted_at"] = wanted[when].text
        if order.promised is not None:
            own[f"{PREFIX}:due_at"] = order.promised.text
        what = {"quantityList": [_amount(product_name(code, told.own), unit, total) for code, unit, total in members]}
        yield _event(f"{PREFIX}:{Own.ORDER_PLACED}", order.at) | what | _parties(ends, told) | own


def _of_products(order: Order, told: Told) -> Mapping[tuple[Code, str | None, Code | None], list[Line]]:
    """Return lines by product; a product in two units, or for two places, has no one line in an order."""
    found: dict[tuple[Code, str | None, Code | None], list[Line]] = {}
    seen: dict[Code, tuple[str | None, Code | None]] = {}
    for line in order.lines:
        if line.product is None:
            continue
        way = (line.unit, line.destination)
        if seen.setdefault(line.product, way) != way:
            found_twice = f"the product {line.product.value} in two units or for two places"
            told.fault("edi.twice", found_twice, allowed="one unit and one place for a product of an order",
                       fix="ask the sender for an order for each place")  # fmt: skip
        found.setdefault((line.product, *way), []).append(line)
    return found


def _of_despatch(despatch: Despatch, told: Told) -> Iterator[Event]:
    places = _parties(despatch.ends, told)
    origin = None if despatch.ends.origin is None else {"id": site_name(despatch.ends.origin, told.own)}
    where = {} if origin is None else {"readPoint": origin}
    papers = _papers([despatch.number], despatch.bills, orders=despatch.orders, others=despatch.others)
    units, loose, packed = _packed(despatch.root)
    what: Event
    if despatch.purpose is Purpose.CANCEL:
        what = _goods(loose, told, names="epcList", amounts="quantityList", more=units)
        yield _event("ObjectEvent", despatch.told_at, action="OBSERVE", step="void_shipping") | what | where | places | papers
        return
    inside = where | ({} if origin is None else {"bizLocation": origin})
    together: dict[str, tuple[list[str], list[Line]]] = {}
    for sscc, children, lines in packed:
        held = together.setdefault(sscc, ([], []))
        held[0].extend(children)
        held[1].extend(lines)
    for sscc, (children, lines) in together.items():
        what = {
            "parentID": unit_name(sscc),
            **_goods(lines, told, names="childEPCs", amounts="childQuantityList", more=children),
        }
        yield _event("AggregationEvent", despatch.at, action="ADD", step="packing") | what | inside
    what = _goods(loose, told, names="epcList", amounts="quantityList", more=units)
    own = {} if despatch.planned is None else {f"{PREFIX}:planned_at": despatch.planned.text}
    shipped = _event("ObjectEvent", despatch.at, action="OBSERVE", step="shipping", later=1)
    yield shipped | {"disposition": "in_transit"} | what | where | places | papers | own


_Packed = tuple[str, list[str], list[Line]]


def _packed(node: Node) -> tuple[list[str], list[Line], list[_Packed]]:
    """Return the logistic units that a level shows to the one above, its goods that are in none of them, and what is in which.

    Parameters
    ----------
    node : level.
    """
    units: list[str] = []
    loose: list[Line] = []
    packed: list[_Packed] = []
    for inner in node.inside:
        more_units, more_loose, more_packed = _packed(inner)
        units += more_units
        loose += more_loose
        packed += more_packed
    for line in node.lines:
        if len(line.packages) == 1:
            packed.append((line.packages[0], [], [line]))
        else:
            loose.append(line)
        units += line.packages
    units, shown = list(dict.fromkeys(units)), list(dict.fromkeys(node.packages))
    if len(shown) == 1:
        if units or loose:
            packed.append((shown[0], units, loose))
        return shown, [], packed
    # With several units on one level nobody says which of them holds what.
    return list(dict.fromkeys([*units, *shown])), loose, packed


def _of_status(status: Status, told: Told) -> Event:
    event = _event("ObjectEvent", status.at, action="OBSERVE", step=status.stage.value)
    if status.stage.value:
        event["disposition"] = "in_transit"
    event["epcList"] = [unit_name(sscc) for sscc in dict.fromkeys(status.packages)]
    if status.place is not None:
        event["readPoint"] = {"id": site_name(status.place, told.own)}
    event |= _parties(status.ends, told)
    event |= _papers(status.despatches, status.bills, orders=status.orders, others=status.others)
    own = {"status": status.code, "reason": status.reason, "place": status.there}
    event |= {f"{PREFIX}:{name}": value for name, value in own.items() if value}
    if status.predicted is not None:
        event[f"{PREFIX}:predicted_at"] = status.predicted.text
    return event


def _event(kind: str, when: Moment, *, action: str = "", step: str = "", later: int = 0) -> Event:
    """Return the begin of an event; one that follows another of the same moment is told by microseconds."""
    event: Event = {"type": kind, "eventTime": text_of(when.at + later), "eventTimeZoneOffset": when.offset}
    if action:
        event["action"] = action
    return event | ({"bizStep": step} if step else {})


def _parties(ends: Ends, told: Told) -> Event:
    event: Event = {}
    for name, place, party in (("source", ends.origin, ends.seller), ("destination", ends.destination, ends.buyer)):
        found = []
        if place is not None:
            found.append({"type": "location", name: site_name(place, told.own)})
        if party is not None:
            found.append({"type": "owning_party", name: partner_name(party, told.own)})
        if found:
            event[f"{name}List"] = found
    return event


def _papers(despatches: Sequence[str], bills: Sequence[str], *, orders: Sequence[str], others: Sequence[str]) -> Event:
    found = [{"type": "desadv", "bizTransaction": own_uri(Name(Thing.SHIPMENT, name))} for name in dict.fromkeys(despatches)]
    found += [{"type": "bol", "bizTransaction": own_uri(Name(Thing.SHIPMENT, name))} for name in dict.fromkeys(bills)]
    found += [{"type": "po", "bizTransaction": own_uri(Name(Thing.ORDER, name))} for name in dict.fromkeys(orders)]
    found += [{"bizTransaction": own_uri(Name(Thing.SHIPMENT, name))} for name in dict.fromkeys(others)]
    return {"bizTransactionList": found} if found else {}


def _goods(lines: Sequence[Line], told: Told, *, names: str, amounts: str, more: Sequence[str]) -> Event:
    """Return logistic units, pieces with a number of their own, and amounts by product, lot and unit."""
    objects = [unit_name(sscc) for sscc in more]
    totals: dict[tuple[str, str | None], float] = {}
    for line in lines:
        if line.product is None:
            continue
        if line.serials and line.product.scheme == GTIN and len(line.serials) == line.quantity and line.unit is None:
            objects += [serial_name(line.product, serial) for serial in line.serials]
            continue
        # Of several lots nobody says how much is of which.
        lot = line.lots[0] if len(line.lots) == 1 else ""
        key = (product_name(line.product, told.own, lot=lot), line.unit)
        totals[key] = totals.get(key, 0.0) + (line.quantity or 0.0)
    found: Event = {}
    if objects or not totals:
        found[names] = list(dict.fromkeys(objects))
    if totals:
        found[amounts] = [_amount(name, unit, total) for (name, unit), total in totals.items()]
    return found


def _amount(name: str, unit: str | None, quantity: float) -> Event:
    plain = int(quantity) if quantity.is_integer() and abs(quantity) < 2**53 else quantity
    return {"epcClass": name, "quantity": plain} | ({"uom": unit} if unit is not None else {})
