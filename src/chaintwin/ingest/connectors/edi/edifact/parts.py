"""What the three messages of EDIFACT have in common: the head, parties, products, quantities, references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chaintwin.ingest.connectors.edi.meaning.naming import BUYER, GLN, GTIN, SELLER, Code, gln_of, gtin_of, unit_of
from chaintwin.ingest.connectors.edi.meaning.parties import ends_among
from chaintwin.ingest.connectors.edi.meaning.records import EDIFACT_PURPOSES, Ends, Line, Purpose
from chaintwin.ingest.connectors.edi.meaning.times import Moment, edifact_time
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.syntax.segments import Segment

AGENCIES = {"9": GLN, "14": GLN, "16": "duns", "91": SELLER, "92": BUYER, "90": SELLER, "5": "iso", "6": "unlocode",
            "10": "odette", "17": "scac", "182": "scac", "86": "sender", "87": "carrier", "ZZZ": "zz"}  # fmt: skip
"""Who gave a code, element 3055: two codes of GS1, then those of Dun and Bradstreet, of the parties, of other bodies."""

ITEM_KINDS = {"SRV": GTIN, "EN": GTIN, "UP": GTIN, "GTIN": GTIN, "IN": BUYER, "BP": BUYER, "SA": SELLER, "VP": SELLER,
              "VN": SELLER, "MF": "maker", "MP": "maker", "IB": "isbn"}  # fmt: skip
"""What a number of an item is, element 7143."""

RANKS = (GTIN, BUYER, SELLER)
"""Which of several numbers names a product."""

ORIGIN, DESTINATION, SELLERS, BUYERS = (
    ("SF", "PW", "CZ", "SU", "SE"),
    ("DP", "ST", "CN", "UC", "UD", "BY"),
    ("SE", "SU"),
    ("BY",),
)
"""Roles of element 3035 that say where goods leave and go to, who sells and who buys; the first that is there counts."""


def purpose_of(told: Told, opening: Segment) -> Purpose | None:
    """Return what the segment BGM says that the message does; None and a finding where it is nothing of ours."""
    code = opening.text(3)
    found = EDIFACT_PURPOSES.get(code)
    if found is None:
        allowed = f"one of {', '.join(known for known in EDIFACT_PURPOSES if known)}, or nothing"
        told.fault("edi.value", f"the function {code}", allowed=allowed, segment=opening, element="3")
    return found


def opening_of(told: Told) -> Segment | None:
    """Return the segment BGM of a message with a number; None and a finding where there is none."""
    opening = next((segment for segment in told.message.segments if segment.tag == "BGM"), None)
    if opening is None:
        told.missing("segment BGM", allowed="BGM with kind, number and function")
    elif not number_in(opening):
        told.missing("number of the document", allowed="a number", segment=opening, element="2")
        return None
    return opening


def number_in(opening: Segment) -> str:
    """Return the number of the document; until D.96B it was an element, later the first component of one."""
    return opening.text(2, 1)


def time_among(told: Told, segments: Sequence[Segment], *, among: Sequence[str]) -> Moment | None:
    """Return the moment of the first of some qualifiers that is there.

    Parameters
    ----------
    told : takes what is wrong. segments : of which those with tag DTM count. among : qualifiers of element 2005, the best first.
    """
    found = {segment.text(1, 1): segment for segment in reversed(segments) if segment.tag == "DTM"}
    wanted = next((found[qualifier] for qualifier in among if qualifier in found), None)
    return None if wanted is None else edifact_time(told, wanted)


def party_code(told: Told, segment: Segment) -> Code | None:
    """Return the code of a party: that of NAD, or its name where it has none."""
    value, agency = segment.text(2, 1), segment.text(2, 3)
    if value:
        return place_code(told, segment, value=value, agency=agency, element="2.1")
    name = segment.text(4, 1) or segment.text(3, 1)
    return Code("name", name) if name else None


def place_code(told: Told, segment: Segment, *, value: str, agency: str, element: str) -> Code | None:
    """Return the code of a place.

    Parameters
    ----------
    told : takes what is wrong. segment, element : where it stands. value, agency : code, and element 3055.
    """
    scheme = AGENCIES.get(agency, f"edi{agency.lower()}" if agency else "code")
    return gln_of(told, segment, value=value, element=element) if scheme == GLN else Code(scheme, value)


def ends_of(told: Told, segments: Sequence[Segment]) -> Ends:
    """Return who and where, of the segments NAD of a head.

    Parameters
    ----------
    told : takes what is wrong. segments : of the head.
    """
    roles = (ORIGIN, DESTINATION, SELLERS, BUYERS)
    return ends_among(segments, tag="NAD", roles=roles, party=lambda segment: party_code(told, segment))


def product_of(told: Told, group: Sequence[Segment]) -> Code | None:
    """Return the product of a line: of LIN, or of PIA, a GTIN before the buyer's number and that before the seller's.

    Parameters
    ----------
    told : takes what is wrong. group : segments of the line, LIN first.
    """
    found: dict[str, tuple[Segment, str, str]] = {}
    for segment in group:
        if segment.tag == "LIN" and segment.text(3, 1):
            _item(found, segment, 3)
        elif segment.tag == "PIA" and segment.text(1) in ("1", "5", ""):
            for element in range(2, len(segment.elements) + 1):
                _item(found, segment, element)
    for scheme in (*RANKS, *found):
        if scheme in found:
            where, value, at = found[scheme]
            return gtin_of(told, where, value=value, element=at) if scheme == GTIN else Code(scheme, value)
    told.missing("number of the item", allowed="LIN or PIA with one of " + ", ".join(ITEM_KINDS), segment=group[0], element="3")
    return None


def quantity_in(told: Told, group: Sequence[Segment], *, among: Sequence[str], line: Line) -> None:
    """Set quantity and unit of a line from the first qualifier of element 6063 that is there.

    Parameters
    ----------
    told : takes what is wrong. group : segments of the line. among : qualifiers, the best first. line : is changed.
    """
    found: dict[str, Segment] = {}
    for segment in group:
        if segment.tag == "QTY":
            found.setdefault(segment.text(1, 1), segment)
    wanted = next((found[qualifier] for qualifier in among if qualifier in found), None)
    if wanted is None:
        told.missing("quantity", allowed=f"QTY with one of {', '.join(among)}", segment=group[0])
        return
    line.quantity = told.number(wanted, wanted.text(1, 2), element="1.2")
    line.unit = unit_of(told, wanted, text=wanted.text(1, 3), element="1.3")


def references(segments: Sequence[Segment], kinds: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the references of segments RFF by kind.

    Parameters
    ----------
    segments : any. kinds : words by qualifier, element 1153.
    """
    found: dict[str, list[str]] = {kind: [] for kind in dict.fromkeys(kinds.values())}
    for segment in segments:
        kind = kinds.get(segment.text(1, 1)) if segment.tag == "RFF" else None
        if kind is not None and segment.text(1, 2):
            found[kind].append(segment.text(1, 2))
    return found


def _item(found: dict[str, tuple[Segment, str, str]], segment: Segment, element: int) -> None:
    value, kind = segment.text(element, 1), segment.text(element, 2)
    if value:
        scheme = ITEM_KINDS.get(kind, f"item-{kind.lower()}" if kind else "item")
        found.setdefault(scheme, (segment, value, f"{element}.1"))
