"""850: what is ordered, of whom, for where and when."""

from __future__ import annotations

from collections.abc import Sequence

from chaintwin.ingest.connectors.edi.meaning.naming import unit_of
from chaintwin.ingest.connectors.edi.meaning.records import Line, Order, Purpose
from chaintwin.ingest.connectors.edi.meaning.times import x12_time
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.syntax.segments import Segment
from chaintwin.ingest.connectors.edi.x12.parts import ends_of, opening_of, order_number, product_of, purpose_of, time_among

WANTED = ("DTM002", "DTM063", "DTM064", "DTM106", "G6202", "DTM010", "DTM037", "DTM038")
"""When goods are wanted: delivery requested, not later, not earlier, required by, shipment."""


def read_850(told: Told) -> Order | None:
    """Return the order that a set says; None where it lacks what has to be there, which is told.

    Parameters
    ----------
    told : of the set.
    """
    head, groups = _split(told.message.segments)
    opening = opening_of(told, "BEG", number=3)
    if opening is None:
        return None
    at = x12_time(told, opening, day=opening.text(5), element="5")
    purpose = purpose_of(told, opening)
    if at is None or purpose is None:
        return None
    lines = [_line(told, group) for group in groups]
    if not lines and purpose is not Purpose.CANCEL:
        told.missing("line", allowed="at least one segment PO1")
    promised = time_among(told, head, among=("DTM067", "DTM069"))
    return Order(
        order_number(opening, number=3),
        at,
        purpose,
        ends_of(told, head),
        lines,
        wanted=time_among(told, head, among=WANTED),
        promised=promised,
    )


def _split(segments: Sequence[Segment]) -> tuple[list[Segment], list[list[Segment]]]:
    head: list[Segment] = []
    groups: list[list[Segment]] = []
    for segment in segments:
        if segment.tag == "CTT":
            break
        if segment.tag == "PO1":
            groups.append([])
        (groups[-1] if groups else head).append(segment)
    return head, groups


def _line(told: Told, group: Sequence[Segment]) -> Line:
    opening = group[0]
    line = Line(product_of(told, opening, first=6))
    line.quantity = told.number(opening, opening.text(2), element="2")
    line.unit = unit_of(told, opening, text=opening.text(3), element="3")
    line.wanted = time_among(told, group, among=WANTED)
    for segment in group:
        if segment.tag == "SDQ":
            told.fault("edi.twice", "a line for several places (SDQ)", allowed="one place for a line", segment=segment,
                       fix="ask the sender for an order for each place")  # fmt: skip
        elif segment.tag == "SCH" and line.wanted is None and segment.text(6):
            # The first delivery of a schedule; their quantities are parts of that of the line.
            line.wanted = x12_time(told, segment, day=segment.text(6), clock=segment.text(7), element="6")
    return line
