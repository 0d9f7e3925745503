"""ORDERS: what is ordered, of whom, for where and when."""

from __future__ import annotations

from collections.abc import Sequence

from chaintwin.ingest.connectors.edi.edifact.parts import (
    ends_of,
    number_in,
    opening_of,
    place_code,
    product_of,
    purpose_of,
    quantity_in,
    time_among,
)
from chaintwin.ingest.connectors.edi.meaning.records import Line, Order, Purpose
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.syntax.segments import Segment

WANTED = ("2", "63", "358", "76", "64", "10")
"""Element 2005 of when goods are wanted: delivery requested, not later, scheduled, promised, not earlier, despatch."""


def read_orders(told: Told) -> Order | None:
    """Return the order that a message says; None where it lacks what has to be there, which is told.

    Parameters
    ----------
    told : of the message.
    """
    head, groups = split_lines(told.message.segments)
    opening = opening_of(told)
    at = time_among(told, head, among=("4", "137", "97"))
    if at is None and not told.findings:
        told.missing("date of the order", allowed="DTM with 4 or 137")
    if opening is None or at is None:
        return None
    purpose = purpose_of(told, opening)
    if purpose is None:
        return None
    lines = [_line(told, group) for group in groups]
    if not lines and purpose is not Purpose.CANCEL:
        told.missing("line", allowed="at least one segment LIN")
    return Order(
        number_in(opening), at, purpose, ends_of(told, head), lines,
        wanted=time_among(told, head, among=WANTED), promised=time_among(told, head, among=("69",)),
    )  # fmt: skip


def split_lines(segments: Sequence[Segment]) -> tuple[list[Segment], list[list[Segment]]]:
    """Return the head of a message and its lines, each from its LIN on, without the summary behind UNS.

    Parameters
    ----------
    segments : of the message.
    """
    head: list[Segment] = []
    groups: list[list[Segment]] = []
    for segment in segments:
        if segment.tag == "UNS":
            break
        if segment.tag == "LIN":
            groups.append([])
        (groups[-1] if groups else head).append(segment)
    return head, groups


def _line(told: Told, group: Sequence[Segment]) -> Line:
    line = Line(product_of(told, group))
    quantity_in(told, group, among=("21", "1", "113", "11"), line=line)
    line.wanted = time_among(told, group, among=WANTED)
    places = [segment for segment in group if segment.tag == "LOC" and segment.text(1) == "7"]
    if len({segment.text(2, 1) for segment in places}) > 1:
        told.fault("edi.twice", f"{len(places)} places in one line", allowed="one place for a line", segment=places[1],
                   fix="ask the sender for an order for each place")  # fmt: skip
    elif places and places[0].text(2, 1):
        line.destination = place_code(told, places[0], value=places[0].text(2, 1), agency=places[0].text(2, 3), element="2.1")
    return line
