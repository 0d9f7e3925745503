"""Names of places, parties, products and logistic units: GS1 keys where there are any, else names of our own namespace."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from chaintwin.events.vocabulary import Name, Thing, own_uri
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.syntax.headers import X12
from chaintwin.ingest.connectors.edi.syntax.segments import Segment

LINK = "https://id.gs1.org"
GLN, GTIN, BUYER, SELLER = "gln", "gtin", "buyer", "seller"
"""Schemes: two of GS1, and the codes that one side of a trade gave."""

PIECES = frozenset({"", "PCE", "EA", "C62", "H87", "PC", "UN", "NMB", "EAC"})
"""Units that are one piece."""

REC_20 = {"CA": "CS", "LB": "LBR", "KG": "KGM", "GR": "GRM", "LT": "LTR", "ML": "MLT", "MR": "MTR", "DZ": "DZN", "OZ": "ONZ",
          "PL": "PF", "MT": "TNE", "CF": "FTQ", "CR": "MTQ", "GA": "GLL", "FT": "FOT", "ST": "STN"}  # fmt: skip
"""Units of X12 element 355 that recommendation 20 writes otherwise."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code and who gave it.

    Parameters
    ----------
    scheme : ``gln``, ``gtin``, ``buyer``, ``seller`` or another word. value : the code.
    """

    scheme: str
    value: str


def site_name(code: Code, own: frozenset[str]) -> str:
    """Return the name of a place.

    Parameters
    ----------
    code : of it. own : schemes whose codes are the ids of the project.

    Example
    -------
    >>> site_name(Code("gln", "9521321000017"), frozenset()), site_name(Code("buyer", "S 7"), frozenset())
    ('https://id.gs1.org/414/9521321000017', 'urn:chaintwin:v1:site:buyer%3AS%207')
    """
    return f"{LINK}/414/{code.value}" if code.scheme == GLN else own_uri(Name(Thing.SITE, _id(code, own)))


def partner_name(code: Code, own: frozenset[str]) -> str:
    """Return the name of a party.

    Parameters
    ----------
    code : of it. own : as for ``site_name``.
    """
    return f"{LINK}/417/{code.value}" if code.scheme == GLN else own_uri(Name(Thing.PARTNER, _id(code, own)))


def product_name(code: Code, own: frozenset[str], *, lot: str = "") -> str:
    """Return the name of a product, or of a lot of it.

    Parameters
    ----------
    code : of it. own : as for ``site_name``. lot : empty for none.

    Example
    -------
    >>> product_name(Code("gtin", "09521321000031"), frozenset(), lot="L/7")
    'https://id.gs1.org/01/09521321000031/10/L%2F7'
    """
    if code.scheme == GTIN:
        return f"{LINK}/01/{code.value}" + (f"/10/{quote(lot, safe='')}" if lot else "")
    return own_uri(Name(Thing.LOT if lot else Thing.PRODUCT, _id(code, own), lot=lot))


def serial_name(code: Code, serial: str) -> str:
    """Return the name of one piece of a product that has a GTIN.

    Parameters
    ----------
    code : of the product. serial : number of the piece.
    """
    return f"{LINK}/01/{code.value}/21/{quote(serial, safe='')}"


def unit_name(sscc: str) -> str:
    """Return the name of a logistic unit."""
    return f"{LINK}/00/{sscc}"


def gln_of(told: Told, segment: Segment, *, value: str, element: str) -> Code | None:
    """Return a global location number; None and a finding where it is none.

    Parameters
    ----------
    told : takes what is wrong. segment, element : where it stands. value : what stands there.
    """
    return _digits(told, segment, value, element=element, scheme=GLN, sizes=(13,), what="13 digits of a GLN")


def gtin_of(told: Told, segment: Segment, *, value: str, element: str) -> Code | None:
    """Return a global trade item number with 14 digits; None and a finding where it is none.

    Parameters
    ----------
    told, segment, value, element : as for ``gln_of``.
    """
    return _digits(
        told, segment, value, element=element, scheme=GTIN, sizes=(8, 12, 13, 14), what="8, 12, 13 or 14 digits of a GTIN"
    )


def ssccs_of(told: Told, segment: Segment, *, first: str, last: str = "", element: str) -> list[str]:
    """Return a serial shipping container code, or all from one to another; none and a finding where they are none.

    Parameters
    ----------
    told, segment, element : as for ``gln_of``. first, last : 18 digits; 00 may stand before them.
    """
    found = []
    for text in (first, last) if last else (first,):
        digits = text[2:] if len(text) == 20 and text.startswith("00") else text
        if len(digits) != 18 or not digits.isascii() or not digits.isdigit():
            told.fault("edi.value", f'"{text}"', allowed="18 digits of an SSCC", segment=segment, element=element)
            return []
        found.append(digits)
    if len(found) == 1:
        return found if _is_room(told, segment, count=1) else []
    begin, end = (int(digits[:-1]) for digits in found)
    if not 0 <= end - begin < RANGE_MAX:
        allowed = f"a range that rises, of at most {RANGE_MAX:,}"
        told.fault("edi.value", f'"{first}" to "{last}"', allowed=allowed, segment=segment, element=element)
        return []
    if not _is_room(told, segment, count=end - begin + 1):
        return []
    return [f"{number:017}{_check_digit(f'{number:017}')}" for number in range(begin, end + 1)]


def unit_of(told: Told, segment: Segment, *, text: str, element: str) -> str | None:
    """Return the code of recommendation 20 of a unit; None for pieces, and where the unit is none, with a finding.

    Parameters
    ----------
    told, segment, element : as for ``gln_of``. text : the unit as written.
    """
    plain = text.upper()
    if plain in PIECES:
        return None
    unit = REC_20.get(plain, plain) if told.message.header.dialect is X12 else plain
    if not 2 <= len(unit) <= 3 or not unit.isascii() or not unit.isalnum():
        allowed = "a code of UN/CEFACT recommendation 20, such as KGM"
        told.fault("edi.value", f'the unit "{text}"', allowed=allowed, segment=segment, element=element)
        return None
    return unit


RANGE_MAX = 1_000
"""SSCCs that may stand in a message as a range from one to another."""

PACKAGES_MAX = 10_000
"""SSCCs of a message, those of all ranges with them."""


def _is_room(told: Told, segment: Segment, *, count: int) -> bool:
    """Whether a message may have so many SSCCs more; it is told once where it may not."""
    before, told.packages = told.packages, told.packages + count
    if before <= PACKAGES_MAX < told.packages:
        found, allowed = f"more than {PACKAGES_MAX:,} SSCCs", f"at most {PACKAGES_MAX:,} in a message"
        told.fault("source.large", found, allowed=allowed, segment=segment, fix="ask the sender to split it")
    return told.packages <= PACKAGES_MAX


def _id(code: Code, own: frozenset[str]) -> str:
    return code.value if code.scheme in own else f"{code.scheme}:{code.value}"


def _digits(
    told: Told, segment: Segment, value: str, *, element: str, scheme: str, sizes: tuple[int, ...], what: str
) -> Code | None:
    if len(value) not in sizes or not value.isascii() or not value.isdigit():
        told.fault("edi.value", f'"{value}"', allowed=what, segment=segment, element=element)
        return None
    return Code(scheme, value.zfill(14) if scheme == GTIN else value)


def _check_digit(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)
