"""856: what leaves, in which pallets and cases, for where, and when it should arrive."""

from __future__ import annotations

import msgspec

from chaintwin.ingest.connectors.edi.meaning.naming import ssccs_of, unit_of
from chaintwin.ingest.connectors.edi.meaning.records import Despatch, Line, Node, Purpose
from chaintwin.ingest.connectors.edi.meaning.times import x12_time
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.meaning.trees import tree_of
from chaintwin.ingest.connectors.edi.syntax.segments import Segment
from chaintwin.ingest.connectors.edi.x12.parts import (
    ends_of,
    items_in,
    opening_of,
    order_number,
    product_of,
    purpose_of,
    references,
    time_among,
)

LEFT, PLANNED = ("DTM011", "G6211", "DTM370"), ("DTM017", "G6217", "DTM067", "DTM371", "DTM002", "G6202")
"""Shipped and actually departed; delivery estimated, scheduled, estimated arrival, requested."""

KINDS = {"BM": "bill", "MB": "bill", "PO": "order", "CN": "other", "SI": "other", "PK": "other", "2I": "other"}

ITEM, SSCC = "I", ("GM", "AA", "SM")
"""Level of an item, element 735; marks of logistic units, element 88."""


class _Level(msgspec.Struct):
    """A hierarchical level: its number, the one around it, its kind, its segments."""

    number: str
    around: str
    kind: str
    segments: list[Segment]
    node: Node = msgspec.field(default_factory=Node)


def read_856(told: Told) -> Despatch | None:
    """Return the despatch that a set says; None where it lacks what has to be there, which is told.

    Parameters
    ----------
    told : of the set.
    """
    head, levels = _split(told)
    opening = opening_of(told, "BSN", number=2)
    if opening is None:
        return None
    purpose = purpose_of(told, opening)
    written = x12_time(told, opening, day=opening.text(3), clock=opening.text(4), element="3")
    # Some say parties and dates in the head, some on the level of the shipment or of the order.
    about = [*head, *(segment for level in levels if level.kind != ITEM for segment in level.segments)]
    left = time_among(told, about, among=LEFT) or written
    if purpose is None or written is None or left is None:
        return None
    for level in levels:
        _fill(told, level)
    _move_packs(levels)
    root = tree_of(told, [("", "", Node(), None), *((one.number, one.around, one.node, one.segments[0]) for one in levels)])
    ends, found = ends_of(told, about), references(about, KINDS)
    orders = [
        order_number(segment, number=1)
        for level in levels
        for segment in level.segments
        if segment.tag == "PRF" and segment.text(1)
    ]
    if purpose is not Purpose.CANCEL:
        for code, what, roles in ((ends.origin, "leave", "SF, SU, VN or SE"), (ends.destination, "go to", "ST, CN or BY")):
            if code is None:
                told.missing(f"place that goods {what}", allowed=f"N1 with {roles}")
        if not any(level.node.lines or level.node.packages for level in levels):
            told.missing("item", allowed="at least one level HL of an item, with LIN and SN1")
    return Despatch(
        opening.text(2), left, written, purpose, ends, root, planned=time_among(told, about, among=PLANNED),
        orders=[*orders, *found["order"]], bills=found["bill"], others=found["other"],
    )  # fmt: skip


def _split(told: Told) -> tuple[list[Segment], list[_Level]]:
    head: list[Segment] = []
    levels: list[_Level] = []
    for segment in told.message.segments:
        if segment.tag == "CTT":
            break
        if segment.tag == "HL":
            levels.append(_Level(segment.text(1), segment.text(2), segment.text(3), []))
        (levels[-1].segments if levels else head).append(segment)
    return head, levels


def _fill(told: Told, level: _Level) -> None:
    """Read the logistic units and the goods of a level; each LIN begins an item, whose SN1 and REF follow."""
    line: Line | None = None
    is_counted = True
    for segment in level.segments:
        if segment.tag == "MAN":
            for kind, element in ((1, 2), (4, 5)):
                if segment.text(kind) in SSCC and segment.text(element):
                    last = segment.text(3) if element == 2 else segment.text(6)
                    found = ssccs_of(told, segment, first=segment.text(element), last=last, element=str(element))
                    level.node.packages.extend(found)
        elif segment.tag == "LIN":
            _check_counted(told, level, is_counted=is_counted)
            line, is_counted = _line(told, segment), False
            level.node.lines.append(line)
        elif segment.tag == "SN1":
            if line is None or is_counted:
                told.missing("segment LIN", allowed="LIN before SN1", segment=segment)
                continue
            line.quantity = told.number(segment, segment.text(2), element="2")
            line.unit = unit_of(told, segment, text=segment.text(3), element="3")
            is_counted = True
        elif segment.tag == "REF" and line is not None and segment.text(2):
            line.lots += [segment.text(2)] if segment.text(1) == "LT" and segment.text(2) not in line.lots else []
            line.serials += [segment.text(2)] if segment.text(1) == "SE" else []
    _check_counted(told, level, is_counted=is_counted)
    if line is None and level.kind == ITEM:
        told.missing("segment LIN", allowed="LIN with the number of the item", segment=level.segments[0])


def _line(told: Told, segment: Segment) -> Line:
    line = Line(product_of(told, segment, first=2))
    items = items_in(segment, first=2)
    line.lots += [items["item-lt"][0]] if "item-lt" in items else []
    line.serials += [items["item-sn"][0]] if "item-sn" in items else []
    return line


def _check_counted(told: Told, level: _Level, *, is_counted: bool) -> None:
    if not is_counted:
        told.missing("segment SN1", allowed="SN1 with quantity and unit", segment=level.segments[0])


def _move_packs(levels: list[_Level]) -> None:
    """Where packs lie on levels under their item, as some structures have it, let the item name them, if it is the only one."""
    items = {level.number: level for level in levels if level.node.lines}
    for level in levels:
        item = items.get(level.around)
        if item is not None and len(item.node.lines) == 1 and not level.node.lines:
            item.node.lines[0].packages += level.node.packages
            level.node.packages.clear()
