"""IFTSTA: how far a transport is, and when it will arrive."""

from __future__ import annotations

from collections.abc import Sequence

from chaintwin.ingest.connectors.edi.edifact.parts import (
    ends_of,
    number_in,
    opening_of,
    place_code,
    purpose_of,
    references,
    time_among,
)
from chaintwin.ingest.connectors.edi.meaning.naming import Code, ssccs_of
from chaintwin.ingest.connectors.edi.meaning.records import Ends, Report, Stage, Status
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.syntax.segments import Segment

STAGES = {
    **dict.fromkeys(("13", "24"), Stage.DEPARTED),
    **dict.fromkeys(("1", "21", "71"), Stage.ARRIVED),
    **dict.fromkeys(("16", "25", "31", "100"), Stage.UNDER_WAY),
}
"""Codes of recommendation 24: collected, departed; arrived, delivered, receipt acknowledged; over the border, late, en route."""

HAPPENED = ("334", "1", "178", "186", "35", "7", "9")
"""Element 2005 of a status: of the change, completion, actual arrival, departure and delivery, effective, processing."""

PREDICTED = ("132", "17", "191")

KINDS = {"AAK": "despatch", "ADE": "despatch", "BM": "bill", "AAS": "bill", "MB": "bill", "ON": "order", "DQ": "other",
         "SRN": "other", "CN": "other", "CU": "other", "AAJ": "other", "UCN": "other", "ABT": "other"}  # fmt: skip

AT_THE_BEGIN, AT_THE_END = frozenset({"", "5", "9", "88"}), frozenset({"", "7", "8", "18", "20"})
"""Element 3227 of places that are the begin of the way, and of those that are its end."""


def read_iftsta(told: Told) -> Report | None:
    """Return the statuses that a message says; None where it lacks what has to be there, which is told.

    Parameters
    ----------
    told : of the message.
    """
    head, groups = _split(told.message.segments)
    opening = opening_of(told)
    written = time_among(told, head, among=("137", "9", "97"))
    purpose = None if opening is None else purpose_of(told, opening)
    if opening is None or purpose is None:
        return None
    ends = ends_of(told, head)
    statuses = [
        found for consignment, group in groups if (found := _status(told, [*head, *consignment], group, ends)) is not None
    ]
    if not groups:
        told.missing("status", allowed="at least one segment STS")
    at = written or (statuses[0].at if statuses else None)
    return None if at is None else Report(number_in(opening), at, purpose, statuses)


def _split(segments: Sequence[Segment]) -> tuple[list[Segment], list[tuple[list[Segment], list[Segment]]]]:
    """Return the head, and each status from its STS on with what stands before it in its consignment."""
    head: list[Segment] = []
    consignment: list[Segment] = []
    groups: list[tuple[list[Segment], list[Segment]]] = []
    is_head, is_status = True, False
    for segment in segments:
        if segment.tag == "CNI":
            consignment, is_head, is_status = [segment], False, False
        elif segment.tag == "STS":
            groups.append((consignment, [segment]))
            is_head, is_status = False, True
        elif is_status:
            groups[-1][1].append(segment)
        else:
            (head if is_head else consignment).append(segment)
    return head, groups


def _status(told: Told, before: Sequence[Segment], group: Sequence[Segment], ends: Ends) -> Status | None:
    opening = group[0]
    code = opening.text(2, 1)
    if not code:
        told.missing("status", allowed="a code of recommendation 24", segment=opening, element="2.1")
        return None
    at = time_among(told, group, among=HAPPENED) or time_among(told, before, among=("334", "137", "9"))
    if at is None:
        told.missing("time of the status", allowed=f"DTM with one of {', '.join(HAPPENED)}", segment=opening)
        return None
    mine = ends_of(told, group)
    ends = Ends(
        mine.origin or ends.origin, mine.destination or ends.destination, mine.seller or ends.seller, mine.buyer or ends.buyer
    )
    status = Status(at, STAGES.get(code, Stage.OTHER), code, opening.text(3, 1), ends=ends)
    kind = _place(told, group, status)
    is_there = kind in AT_THE_END or (status.place is not None and status.place == ends.destination)
    is_here = kind in AT_THE_BEGIN or (status.place is not None and status.place == ends.origin)
    if (code == "1" and not is_there) or (code == "24" and not is_here):
        # It has come to a terminal on its way, or left one.
        status.stage = Stage.UNDER_WAY
    status.predicted = time_among(told, group, among=PREDICTED)
    if status.predicted is not None and status.stage is Stage.OTHER:
        status.stage = Stage.UNDER_WAY
    _names(told, before, group, status)
    return status


def _place(told: Told, group: Sequence[Segment], status: Status) -> str:
    """Set where a status came about; return the kind of place, element 3227."""
    places = [segment for segment in group if segment.tag == "LOC"]
    # Where a status names several places, its own is the one it is about, not the ends of the way.
    segment = next((one for one in places if one.text(1) not in AT_THE_END), places[0] if places else None)
    if segment is None:
        return ""
    value = segment.text(2, 1)
    found: Code | None = None
    if value:
        agency = segment.text(2, 3) or ("6" if len(value) == 5 and value.isalnum() and value[:2].isalpha() else "")
        found = place_code(told, segment, value=value, agency=agency, element="2.1")
    status.place, status.there = found, segment.text(2, 4)
    return segment.text(1)


def _names(told: Told, before: Sequence[Segment], group: Sequence[Segment], status: Status) -> None:
    """Set the names of the shipment that a status is about."""
    found = references([*group, *before], KINDS)
    status.despatches, status.bills, status.orders, status.others = (
        found[kind] for kind in ("despatch", "bill", "order", "other")
    )
    for segment in before:
        if segment.tag == "CNI" and segment.text(2, 1):
            status.others.append(segment.text(2, 1))
    for segment in group:
        if segment.tag == "GIN" and segment.text(1) == "BJ":
            for element in range(2, len(segment.elements) + 1):
                first, last = segment.text(element, 1), segment.text(element, 2)
                status.packages += ssccs_of(told, segment, first=first, last=last, element=f"{element}.1") if first else []
    if not (status.despatches or status.bills or status.orders or status.others or status.packages):
        told.missing("name of the shipment", allowed="RFF with AAK, BM, ON or another, CNI with a number, or GIN with an SSCC",
                     segment=group[0])  # fmt: skip
