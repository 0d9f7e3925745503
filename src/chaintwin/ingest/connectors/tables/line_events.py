"""The lines of a shipment log as events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from chaintwin.clock import DAY, text_of
from chaintwin.errors import Finding
from chaintwin.events.vocabulary import PREFIX, Name, Own, Thing, own_uri
from chaintwin.ingest.connectors.interface import Item, Place, Problem, item_of
from chaintwin.ingest.connectors.tables.reading import problem_of_row

if TYPE_CHECKING:
    from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
    from chaintwin.ingest.shipment_log.transactions.rows import LogLines

TEXTS = ("document", "vendor", "carrier", "route", "incoterm", "mode")
"""Texts of a line that its order tells."""

AMOUNTS = ("value", "unit_price", "weight", "freight", "insurance")
"""Numbers of a line that its order tells, as far as they are numbers."""

EPOCH = date(1970, 1, 1)

ORDERED, SHIPPED, DELIVERED = 0, 1, 2
"""Microseconds after midnight: what happened on one day happened in this order."""


def events_of_lines(lines: LogLines, mapping: LogMapping) -> Iterator[tuple[Item | Problem, float]]:
    """Yield the events of each line, and the part of the lines that were read with each; a line that gives none is a problem.

    Every line gives an ``OrderPlaced``; one that was shipped a shipping, and one that has arrived a receiving. An order whose day
    nobody knows is dated to the first day that is known of its line, which ``ct:assumed`` says.

    Parameters
    ----------
    lines : typed lines of one file. mapping : what its columns mean.
    """
    frame, raw = lines.frame, lines.raw
    names = [name for name in frame.columns if name == "ordered" or name.startswith("ordered_")]
    height, seen = max(frame.height, 1), dict[str, int]()
    texts = raw.iter_rows(named=True) if raw.width else iter([{}] * frame.height)
    for place, (line, text) in enumerate(zip(frame.iter_rows(named=True), texts, strict=True), start=1):
        share = place / height
        faults = list(_faults(line, text, mapping))
        if faults:
            yield problem_of_row(line["file"], line["row"], findings=faults, cells=text), share
            continue
        line_id = _line_id(line, text, seen)
        ordered = next((line[name] for name in names if line[name] is not None), None)
        for event in _events(line, line_id, ordered, mapping=mapping, unit=lines.unit):
            yield item_of(event, place=Place(line["file"], line["row"])), share


def _faults(line: Mapping[str, Any], text: Mapping[str, str | None], mapping: LogMapping) -> Iterator[Finding]:
    """Yield all reasons why a line gives no event."""
    place = (line["file"], line["row"])
    for name, allowed in (("product", "a product"), ("destination", "a place that the goods went to")):
        if line[name] is None:
            yield Finding("source.cell", "no " + name, allowed, "fill in the cell", *place, name)
    quantity = line["quantity"]
    if quantity is None or quantity < 0:
        cell = text.get("quantity")
        found, fix = ("an empty cell", "fill in the cell") if cell is None else (f'"{cell}"', "mend the cell")
        yield Finding("source.cell", found, "a number, 0 or more", fix, *place, "quantity")
    is_dated = any(line[name] is not None for name in line if name.startswith("ordered"))
    for name in ("shipped", "delivered", "promised", "recorded"):
        is_dated = is_dated or line[name] is not None
        said, words = text.get(name), {word.lower() for word in mapping.words.get(name, {})}
        if name in ("shipped", "delivered") and line[name] is None and said is not None and said.lower() not in words:
            fix = f"mend the cell, or say under [words.{name}] in the mapping what it means"
            yield Finding("source.cell", f'"{said}"', "a day such as 2026-03-31", fix, *place, name)
    if not is_dated:
        yield Finding("source.cell", "no day at all", "a day of ordering, shipping or arrival", "fill in a day", *place)


def _line_id(line: Mapping[str, Any], text: Mapping[str, str | None], seen: dict[str, int]) -> str:
    """Return the name of a line: its shipment id, and what else tells lines of one shipment apart."""
    if line["shipment_id"] is not None:
        name = str(line["shipment_id"])
    else:
        said = "\x1f".join(f"{field}={cell}" for field, cell in sorted(text.items()) if cell is not None)
        name = hashlib.sha256(f"{said}\x1f{line['others']}".encode()).hexdigest()[:20]
    # Lines of one shipment, and lines that say the same, are counted in the order of the file.
    key = f"{name}\x1f{line['product']}"
    seen[key] = seen.get(key, 0) + 1
    return name if seen[key] == 1 else f"{name}#{seen[key]}"


def _events(
    line: Mapping[str, Any], line_id: str, ordered: date | None, *, mapping: LogMapping, unit: str
) -> Iterator[dict[str, Any]]:
    sender = line["origin"] or line["vendor"]
    if line["is_hub"]:
        sender = line["vendor"] or "hub"
    if sender == line["destination"]:
        sender = f"{sender} (sender)"
    order = own_uri(Name(Thing.ORDER, line_id))
    target = own_uri(Name(Thing.SITE, line["destination"]))
    what: dict[str, Any] = {
        "quantityList": [{"epcClass": own_uri(Name(Thing.PRODUCT, line["product"])), "quantity": line["quantity"]}],
        "destinationList": [{"type": "location", "destination": target}],
    }
    if unit == "kg":
        what["quantityList"][0]["uom"] = "KGM"
    if sender is not None:
        what["sourceList"] = [{"type": "location", "source": own_uri(Name(Thing.SITE, sender))}]
    known = [line[name] for name in ("shipped", "delivered", "promised", "recorded") if line[name] is not None]
    about: dict[str, Any] = {"order": line_id, "unit": None if unit in ("piece", "kg") else unit}
    about |= {name: line[name] for name in TEXTS} | {name: line[name] for name in AMOUNTS}
    about["currency"] = mapping.money if any(line[name] is not None for name in ("value", "unit_price", "freight")) else None
    about["due_at"] = _day(line["promised"], 0)
    about["assumed"] = ["eventTime"] if ordered is None else None
    yield _event(f"{PREFIX}:{Own.ORDER_PLACED}", _day(ordered or min(known), ORDERED), what, own=about)
    moved = what | {"action": "OBSERVE", "bizTransactionList": [{"type": "po", "bizTransaction": order}]}
    shipment = {"shipment": line_id, "order": line_id}
    if line["shipped"] is not None:
        left = moved | {"bizStep": "shipping", "disposition": "in_transit"}
        left |= {"readPoint": {"id": own_uri(Name(Thing.SITE, sender))}} if sender is not None else {}
        yield _event("ObjectEvent", _day(line["shipped"], SHIPPED), left, own=shipment | {"due_at": about["due_at"]})
    if line["delivered"] is not None:
        come = moved | {"bizStep": "receiving", "disposition": "in_progress", "bizLocation": {"id": target}}
        own = shipment | {"value": line["value"], "currency": about["currency"], "recorded": _day(line["recorded"], 0)}
        yield _event("ObjectEvent", _day(line["delivered"], DELIVERED), come, own=own)


def _event(kind: str, when: str | None, what: Mapping[str, Any], *, own: Mapping[str, Any]) -> dict[str, Any]:
    said = {f"{PREFIX}:{name}": value for name, value in own.items() if value is not None}
    return {"type": kind, "eventTime": when, "eventTimeZoneOffset": "+00:00", **what, **said}


def _day(day: date | None, later: int) -> str | None:
    return None if day is None else text_of((day - EPOCH).days * DAY + later)
