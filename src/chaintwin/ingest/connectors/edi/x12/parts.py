"""What the three transaction sets of X12 have in common: parties, items, dates, references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chaintwin.ingest.connectors.edi.meaning.naming import BUYER, GLN, GTIN, SELLER, Code, gln_of, gtin_of
from chaintwin.ingest.connectors.edi.meaning.parties import ends_among
from chaintwin.ingest.connectors.edi.meaning.records import X12_PURPOSES, Ends, Purpose
from chaintwin.ingest.connectors.edi.meaning.times import Moment, x12_time
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.syntax.segments import Segment

CODE_KINDS = {"UL": GLN, "1": "duns", "9": "duns", "91": SELLER, "92": BUYER, "ZZ": "zz", "FI": "tax", "2": "scac"}
"""Who gave the code of a party, element 66."""

ITEM_KINDS = {
    **dict.fromkeys(("UP", "EN", "UK", "UA", "UI", "EO", "GT"), GTIN),
    **dict.fromkeys(("IN", "BP", "CB", "PI", "SK"), BUYER),
    **dict.fromkeys(("VN", "VP", "VC", "VA"), SELLER),
    **dict.fromkeys(("MG", "MF", "MN"), "maker"),
}
"""What a number of an item is, element 235."""

RANKS = (GTIN, BUYER, SELLER)

ORIGIN, DESTINATION, SELLERS, BUYERS = ("SF", "SH", "SU", "VN", "SE"), ("ST", "CN", "UC", "BY"), ("SE", "VN", "SU"), ("BY", "BT")
"""Roles of element 98 that say where goods leave and go to, who sells and who buys; the first that is there counts."""


def purpose_of(told: Told, opening: Segment) -> Purpose | None:
    """Return what the first element of a beginning segment says that the set does; None and a finding where it is not ours."""
    code = opening.text(1)
    found = X12_PURPOSES.get(code)
    if found is None:
        found_text = f"the purpose {code}" if code else "nothing"
        told.fault("edi.value", found_text, allowed=f"one of {', '.join(X12_PURPOSES)}", segment=opening, element="1")
    return found


def opening_of(told: Told, tag: str, *, number: int) -> Segment | None:
    """Return the beginning segment of a set; None and a finding where it, or the number of the document in it, is absent.

    Parameters
    ----------
    told : of the set. tag : of the segment. number : element of the number.
    """
    opening = next((segment for segment in told.message.segments if segment.tag == tag), None)
    if opening is None:
        told.missing(f"segment {tag}", allowed=f"{tag} at the begin")
    elif not opening.text(number):
        told.missing("number of the document", allowed="a number", segment=opening, element=str(number))
        return None
    return opening


def order_number(segment: Segment, *, number: int) -> str:
    """Return the number of an order, with that of its release behind a slash where there is one.

    Parameters
    ----------
    segment : BEG or PRF. number : element of the number; the release is the next one.
    """
    return "/".join(part for part in (segment.text(number), segment.text(number + 1)) if part)


def ends_of(told: Told, segments: Sequence[Segment]) -> Ends:
    """Return who and where, of the segments N1 of a head.

    Parameters
    ----------
    told : takes what is wrong. segments : of the head.
    """
    roles = (ORIGIN, DESTINATION, SELLERS, BUYERS)
    return ends_among(segments, tag="N1", roles=roles, party=lambda segment: _party(told, segment))


def place_code(told: Told, segment: Segment, *, value: str, kind: str, element: str) -> Code | None:
    """Return the code of a place.

    Parameters
    ----------
    told : takes what is wrong. segment, element : where it stands. value, kind : code, and element 66.
    """
    scheme = CODE_KINDS.get(kind, f"x12-{kind.lower()}" if kind else "code")
    return gln_of(told, segment, value=value, element=element) if scheme == GLN else Code(scheme, value)


def items_in(segment: Segment, *, first: int) -> dict[str, tuple[str, str]]:
    """Return the numbers of an item by scheme, each with its element; lots and serial numbers by their qualifiers too.

    Parameters
    ----------
    segment : PO1 or LIN. first : element of the first qualifier; pairs follow.
    """
    found: dict[str, tuple[str, str]] = {}
    for element in range(first, len(segment.elements), 2):
        kind, value = segment.text(element), segment.text(element + 1)
        if kind and value:
            found.setdefault(ITEM_KINDS.get(kind, f"item-{kind.lower()}"), (value, str(element + 1)))
    return found


def product_of(told: Told, segment: Segment, *, first: int) -> Code | None:
    """Return the product of a segment; None and a finding where it names none.

    Parameters
    ----------
    told : takes what is wrong. segment, first : as for ``items_in``.
    """
    found = items_in(segment, first=first)
    for scheme in (*RANKS, *(kind for kind in found if kind not in ("item-lt", "item-sn"))):
        if scheme in found:
            value, element = found[scheme]
            return gtin_of(told, segment, value=value, element=element) if scheme == GTIN else Code(scheme, value)
    told.missing("number of the item", allowed="a qualifier and a number, such as UP", segment=segment, element=str(first))
    return None


def time_among(told: Told, segments: Sequence[Segment], *, among: Sequence[str]) -> Moment | None:
    """Return the moment of the first of some qualifiers of segments DTM and G62 that is there.

    Parameters
    ----------
    told : takes what is wrong. segments : any. among : qualifiers of elements 374 and 432, the best first.
    """
    found: dict[str, Segment] = {}
    for segment in segments:
        if segment.tag in ("DTM", "G62"):
            found.setdefault(f"{segment.tag}{segment.text(1)}", segment)
    wanted = next((found[qualifier] for qualifier in among if qualifier in found), None)
    if wanted is None:
        return None
    if wanted.tag == "DTM":
        return x12_time(told, wanted, day=wanted.text(2), clock=wanted.text(3), zone=wanted.text(4), element="2")
    return x12_time(told, wanted, day=wanted.text(2), clock=wanted.text(4), zone=wanted.text(5), element="2")


def references(segments: Sequence[Segment], kinds: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the references of segments REF and L11 by kind.

    Parameters
    ----------
    segments : any. kinds : words by qualifier, element 128.
    """
    found: dict[str, list[str]] = {kind: [] for kind in dict.fromkeys(kinds.values())}
    for segment in segments:
        if segment.tag in ("REF", "L11"):
            qualifier, value = (1, 2) if segment.tag == "REF" else (2, 1)
            kind = kinds.get(segment.text(qualifier))
            if kind is not None and segment.text(value):
                found[kind].append(segment.text(value))
    return found


def _party(told: Told, segment: Segment) -> Code | None:
    if segment.text(4):
        return place_code(told, segment, value=segment.text(4), kind=segment.text(3), element="4")
    return Code("name", segment.text(2)) if segment.text(2) else None
