"""214: how far a transport is, and when it will arrive."""

from __future__ import annotations

from collections.abc import Sequence

from chaintwin.ingest.connectors.edi.meaning.naming import ssccs_of
from chaintwin.ingest.connectors.edi.meaning.records import Ends, Purpose, Report, Stage, Status
from chaintwin.ingest.connectors.edi.meaning.times import Moment, x12_time
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.syntax.segments import Segment
from chaintwin.ingest.connectors.edi.x12.parts import ends_of, opening_of, references, time_among

STAGES = {
    **dict.fromkeys(("AF", "RL"), Stage.DEPARTED),
    **dict.fromkeys(("X1", "X5", "D1", "S1", "CB"), Stage.ARRIVED),
    **dict.fromkeys(
        ("X6", "X4", "P1", "R1", "I1", "OA", "AR", "SD", "AG", "AB", "X2", "J1", "AJ", "K1", "B6", "AV"), Stage.UNDER_WAY
    ),
}
"""Codes of element 1650: departed; at the place of delivery, unloaded; terminals, borders, delays and estimates between."""

ESTIMATES = frozenset({"AG", "X2", "AB"})
"""Statuses whose date is that of the arrival to come."""

KINDS = {"BM": "bill", "MB": "bill", "PO": "order", "ON": "order", "SI": "despatch", "ASN": "despatch", "CN": "other",
         "CR": "other", "PK": "other", "2I": "other"}  # fmt: skip

PREDICTED = ("G6217", "DTM017", "G6270", "DTM371")


def read_214(told: Told) -> Report | None:
    """Return the statuses that a set says; None where it lacks what has to be there, which is told.

    Parameters
    ----------
    told : of the set.
    """
    head, groups = _split(told.message.segments)
    opening = next((segment for segment in told.message.segments if segment.tag == "B10"), None)
    if opening is None or not opening.text(2):
        opening = opening_of(told, "B10", number=1)
    if opening is None:
        return None
    ends = ends_of(told, head)
    statuses = []
    for group in groups:
        status = _status(told, group, ends)
        if status is not None:
            _names(opening, [*head, *group], status=status)
            statuses.append(status)
    if not groups:
        told.missing("status", allowed="at least one segment AT7", segment=opening)
    if not statuses:
        return None
    return Report(opening.text(2) or opening.text(1), statuses[0].at, Purpose.ORIGINAL, statuses)


def _split(segments: Sequence[Segment]) -> tuple[list[Segment], list[list[Segment]]]:
    head: list[Segment] = []
    groups: list[list[Segment]] = []
    before: list[Segment] = []
    is_head, is_status = True, False
    for segment in segments:
        if segment.tag == "LX":
            is_head, is_status, before = False, False, []
        elif segment.tag == "AT7":
            is_head, is_status = False, True
            groups.append([segment, *before])
        elif is_status:
            groups[-1].append(segment)
        else:
            (head if is_head else before).append(segment)
    return head, groups


def _status(told: Told, group: Sequence[Segment], ends: Ends) -> Status | None:
    opening = group[0]
    code, reason = opening.text(1) or opening.text(3), opening.text(2) or opening.text(4)
    if not code:
        told.missing("status", allowed="a code of element 1650", segment=opening, element="1")
        return None
    at = x12_time(told, opening, day=opening.text(5), clock=opening.text(6), zone=opening.text(7), element="5")
    if at is None:
        return None
    predicted: Moment | None = time_among(told, group, among=PREDICTED)
    if code in ESTIMATES:
        # The date is that of what will be; when that was said, only the functional group tells.
        predicted = at
        header = told.message.header
        said = x12_time(told, opening, day=header.day, clock=header.time, element="5")
        if said is None:
            return None
        at = said
    status = Status(at, STAGES.get(code, Stage.OTHER), code, "" if reason == "NS" else reason, ends=ends, predicted=predicted)
    for segment in group:
        if segment.tag == "MS1":
            status.there = ", ".join(part for part in (segment.text(1), segment.text(2), segment.text(3)) if part)
        elif segment.tag == "MAN" and segment.text(1) in ("GM", "AA", "SM"):
            status.packages += ssccs_of(told, segment, first=segment.text(2), last=segment.text(3), element="2")
    if predicted is not None and status.stage is Stage.OTHER:
        status.stage = Stage.UNDER_WAY
    return status


def _names(opening: Segment, segments: Sequence[Segment], *, status: Status) -> None:
    """Set the names of the shipment; that of the shipper comes first, then that of the carrier."""
    found = references(segments, KINDS)
    status.despatches, status.bills, status.orders, status.others = (
        found[kind] for kind in ("despatch", "bill", "order", "other")
    )
    status.bills += [opening.text(2)] if opening.text(2) else []
    status.others += [opening.text(1)] if opening.text(1) else []
