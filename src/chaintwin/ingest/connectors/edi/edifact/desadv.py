"""DESADV: what leaves, in which pallets and cases, for where, and when it should arrive."""

from __future__ import annotations

from dataclasses import dataclass, field

from chaintwin.ingest.connectors.edi.edifact.parts import (
    ends_of,
    number_in,
    opening_of,
    product_of,
    purpose_of,
    quantity_in,
    references,
    time_among,
)
from chaintwin.ingest.connectors.edi.meaning.naming import ssccs_of
from chaintwin.ingest.connectors.edi.meaning.records import Despatch, Line, Node, Purpose
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.meaning.trees import tree_of
from chaintwin.ingest.connectors.edi.syntax.segments import Segment

LEFT, PLANNED = ("11", "186", "10", "137"), ("17", "132", "191", "358", "2", "63", "64", "69")
"""Element 2005: despatch, departure, shipment requested, document; delivery estimated, expected, scheduled, wanted."""

KINDS = {"ON": "order", "BM": "bill", "AAS": "bill", "MB": "bill", "DQ": "other", "SRN": "other", "CN": "other", "CU": "other",
         "AAJ": "other", "UCN": "other", "ABT": "other"}  # fmt: skip
"""References of element 1153: orders, bills of lading and transport documents, other numbers of a shipment."""

SHIPPED = ("12", "21")
"""Element 6063: despatched, or as ordered where nothing else is said."""


@dataclass(frozen=True, slots=True)
class _Level:
    """A group CPS: its number, the number of the one around it, its packages and lines."""

    number: str
    around: str
    opening: Segment | None
    node: Node = field(default_factory=Node)


def read_desadv(told: Told) -> Despatch | None:
    """Return the despatch that a message says; None where it lacks what has to be there, which is told.

    Parameters
    ----------
    told : of the message.
    """
    head, levels, groups = _split(told)
    opening = opening_of(told)
    written, left = time_among(told, head, among=("137",)), time_among(told, head, among=LEFT)
    if left is None and not told.findings:
        told.missing("date", allowed="DTM with 11 or 137")
    purpose = None if opening is None else purpose_of(told, opening)
    if opening is None or left is None or purpose is None:
        return None
    ends = ends_of(told, head)
    orders = references(head, KINDS)
    for level, group in groups:
        line = _line(told, group)
        level.node.lines.append(line)
        if line.order:
            orders["order"].append(line.order)
    root = tree_of(told, [(level.number, level.around, level.node, level.opening) for level in levels])
    if purpose is not Purpose.CANCEL:
        for code, what, roles in (
            (ends.origin, "leave", "SF, CZ, SU or SE"),
            (ends.destination, "go to", "DP, ST, CN, UC or BY"),
        ):
            if code is None:
                told.missing(f"place that goods {what}", allowed=f"NAD with {roles}")
        if not groups and not any(level.node.packages for level in levels):
            told.missing("line", allowed="at least one segment LIN, or GIN with BJ and an SSCC")
    return Despatch(
        number_in(opening), left, written or left, purpose, ends, root,
        planned=time_among(told, head, among=PLANNED), orders=orders["order"], bills=orders["bill"], others=orders["other"],
    )  # fmt: skip


def _split(told: Told) -> tuple[list[Segment], list[_Level], list[tuple[_Level, list[Segment]]]]:
    """Return the head, the levels of packing, and the lines with the level that they are on."""
    head: list[Segment] = []
    levels = [_Level("", "", None)]
    groups: list[tuple[_Level, list[Segment]]] = []
    in_line = False
    for segment in told.message.segments:
        tag = segment.tag
        if tag == "CPS":
            levels.append(_Level(segment.text(1), segment.text(2), segment))
            in_line = False
        elif tag == "LIN":
            groups.append((levels[-1], [segment]))
            in_line = True
        elif tag == "UNS":
            break
        elif in_line:
            groups[-1][1].append(segment)
        elif len(levels) == 1 and not groups:
            head.append(segment)
        if tag == "GIN" and not in_line and segment.text(1) == "BJ":
            levels[-1].node.packages.extend(_ssccs(told, segment))
    return head, levels, groups


def _line(told: Told, group: list[Segment]) -> Line:
    line = Line(product_of(told, group))
    quantity_in(told, group, among=SHIPPED, line=line)
    for segment in group:
        if segment.tag == "GIN" and segment.text(1) == "BJ":
            line.packages += _ssccs(told, segment)
        elif segment.tag == "GIN" and segment.text(1) in ("BX", "BN"):
            texts = [segment.text(element) for element in range(2, len(segment.elements) + 1)]
            (line.lots if segment.text(1) == "BX" else line.serials).extend([text for text in texts if text])
        elif segment.tag == "RFF" and segment.text(1, 1) in ("BT", "LO"):
            line.lots += [segment.text(1, 2)] if segment.text(1, 2) else []
        elif segment.tag == "RFF" and segment.text(1, 1) == "ON":
            line.order = line.order or segment.text(1, 2)
    line.lots = list(dict.fromkeys(line.lots))
    return line


def _ssccs(told: Told, segment: Segment) -> list[str]:
    found = []
    for element in range(2, len(segment.elements) + 1):
        first, last = segment.text(element, 1), segment.text(element, 2)
        found += ssccs_of(told, segment, first=first, last=last, element=f"{element}.1") if first else []
    return found
