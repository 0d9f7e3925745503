"""The keys of GS1: which application identifier holds what, and how an EPC URN says the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

DOMAIN: Final = "https://id.gs1.org/"
"""What every canonical Digital Link begins with."""

TEXT: Final = r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"""
"""One sign of a serial number, a lot and the like: the 82 signs that GS1 allows."""

PART: Final = r"[#\-/0-9A-Z]"
"""One sign of a component or part identifier: the 39 signs that GS1 allows."""


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key of a Digital Link.

    Parameters
    ----------
    ai : application identifier. scheme : what the number is called (GTIN, GLN, ...).
    pattern : regular expression of the decoded value. form : the same in words.
    checked : how many leading digits of the value end in a check digit, 0 for none.
    qualifiers : application identifiers that may follow, in this order.
    identity : which of them make the name of the object, finest first; only the first that is there is kept.
    """

    ai: str
    scheme: str
    pattern: re.Pattern[str]
    form: str
    checked: int = 0
    qualifiers: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheme:
    """An EPC URN: ``urn:epc:id:NAME:COMPANY.REFERENCE`` with what follows, and the key that says the same.

    Parameters
    ----------
    name : of the scheme. ai : application identifier of the key.
    digits : how many digits company prefix and reference have together; 0 where the reference is text.
    leading : whether the first digit of the reference goes before the company prefix. pad : digits before both.
    checked : whether a check digit follows. pieces : how many numbers of two digits follow (piece and total).
    serial : application identifier of the serial; ``+`` where it is glued to the key; empty for none.
    serial_pattern : regular expression of the decoded serial. omitted : serial that means there is none.
    reference_pattern : regular expression of a reference that is text. length : how long key and serial are at most; 0 for any.
    """

    name: str
    ai: str
    digits: int = 0
    leading: bool = False
    pad: str = ""
    checked: bool = True
    pieces: int = 0
    serial: str = ""
    serial_pattern: re.Pattern[str] | None = None
    omitted: str = ""
    reference_pattern: re.Pattern[str] | None = None
    length: int = 0


def check_digit(digits: str) -> str:
    """Return the digit that makes a GTIN, GLN, SSCC and every other checked key complete.

    Parameters
    ----------
    digits : the number without its last digit; decimal digits only.

    Example
    -------
    >>> check_digit("061414112345")
    '2'

    Source
    ------
    GS1 General Specifications, section 7.9: weights 3 and 1 in turn from the right.
    """
    return str(-(3 * sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2]))) % 10)


def encoded(value: str) -> str:
    """Return a value as it stands in a Digital Link: percent-encoded, apart from letters, digits and ``-._~;='``.

    Example
    -------
    >>> encoded("6789/&%!")
    '6789%2F%26%25%21'
    """
    return value if value.isalnum() and value.isascii() else quote(value, safe="-._~;='")


def decoded(value: str) -> str:
    """Return a value of a URN or a Digital Link without percent-encoding."""
    return unquote(value) if "%" in value else value


def escaped(value: str) -> str:
    """Return a value as it stands in an EPC URN: only ``"%&/<>?#`` are escaped.

    Example
    -------
    >>> escaped("6789/&%!")
    '6789%2F%26%25!'
    """
    return quote(value, safe="!'()*+,-.:;=_~")


@lru_cache(maxsize=1)
def keys() -> dict[str, Key]:
    """Return the primary keys by application identifier and by the short words that older links use."""
    gtin = ("22", "10", "21", "235")
    found = (
        Key("00", "SSCC", _whole(r"\d{18}"), "18 digits", 18),
        Key("01", "GTIN", _whole(r"\d{8}|\d{12,14}"), "8, 12, 13 or 14 digits", 14, gtin, ("21", "235", "10")),
        Key("253", "GDTI", _whole(rf"\d{{13}}{TEXT}{{0,17}}"), "13 digits and up to 17 signs", 13),
        Key("255", "GCN", _whole(r"\d{13}\d{0,12}"), "13 digits and up to 12 digits", 13),
        Key("401", "GINC", _whole(rf"(?=.{{5,30}}$)\d{{4}}{TEXT}+"), "up to 30 signs, at least 4 leading digits"),
        Key("402", "GSIN", _whole(r"\d{17}"), "17 digits", 17),
        Key("414", "GLN", _whole(r"\d{13}"), "13 digits", 13, ("254",), ("254",)),
        Key("417", "GLN", _whole(r"\d{13}"), "13 digits", 13),
        Key("8003", "GRAI", _whole(rf"\d{{14}}{TEXT}{{0,16}}"), "14 digits and up to 16 signs", 14),
        Key("8004", "GIAI", _whole(rf"(?=.{{5,30}}$)\d{{4}}{TEXT}+"), "up to 30 signs, at least 4 leading digits"),
        Key("8006", "ITIP", _whole(r"\d{18}"), "18 digits", 14, ("22", "10", "21"), ("21", "10")),
        Key("8010", "CPI", _whole(rf"(?=.{{5,30}}$)\d{{4}}{PART}+"), "up to 30 signs, 4 leading digits", 0, ("8011",), ("8011",)),
        Key("8017", "GSRNP", _whole(r"\d{18}"), "18 digits", 18, ("8019",), ("8019",)),
        Key("8018", "GSRN", _whole(r"\d{18}"), "18 digits", 18, ("8019",), ("8019",)),
    )
    by_ai = {key.ai: key for key in found}
    return by_ai | {word: by_ai[ai] for word, ai in _KEY_WORDS}


@lru_cache(maxsize=1)
def qualifiers() -> dict[str, tuple[str, re.Pattern[str], str]]:
    """Return application identifier, pattern and form of each qualifier, by identifier and by short word."""
    found = {
        "10": ("10", _whole(rf"{TEXT}{{1,20}}"), "1 to 20 signs"),
        "21": ("21", _whole(rf"{TEXT}{{1,20}}"), "1 to 20 signs"),
        "22": ("22", _whole(rf"{TEXT}{{1,20}}"), "1 to 20 signs"),
        "235": ("235", _whole(rf"{TEXT}{{1,28}}"), "1 to 28 signs"),
        "254": ("254", _whole(rf"{TEXT}{{1,20}}"), "1 to 20 signs"),
        "8011": ("8011", _whole(r"\d{1,12}"), "1 to 12 digits"),
        "8019": ("8019", _whole(r"\d{1,10}"), "1 to 10 digits"),
    }
    words = (("cpv", "22"), ("lot", "10"), ("ser", "21"), ("glnx", "254"), ("cpsn", "8011"), ("srin", "8019"))
    return found | {word: found[ai] for word, ai in words}


@lru_cache(maxsize=1)
def schemes() -> dict[tuple[str, str], Scheme]:
    """Return the URN schemes by kind (``id`` or ``class``) and name; patterns (``idpat``) use those of ``id``."""
    serial = _whole(rf"{TEXT}{{1,20}}")
    text = _whole(rf"{TEXT}+")
    found = (
        Scheme("sgtin", "01", 13, leading=True, serial="21", serial_pattern=serial),
        Scheme("itip", "8006", 13, leading=True, pieces=2, serial="21", serial_pattern=serial),
        Scheme("upui", "01", 13, leading=True, serial="235", serial_pattern=_whole(rf"{TEXT}{{1,28}}")),
        Scheme("sscc", "00", 17, leading=True),
        Scheme("sgln", "414", 12, serial="254", serial_pattern=serial, omitted="0"),
        Scheme("pgln", "417", 12),
        Scheme("grai", "8003", 12, pad="0", serial="+", serial_pattern=_whole(rf"{TEXT}{{1,16}}")),
        Scheme("gdti", "253", 12, serial="+", serial_pattern=_whole(rf"{TEXT}{{1,17}}")),
        Scheme("sgcn", "255", 12, serial="+", serial_pattern=_whole(r"\d{1,12}")),
        Scheme("gsrn", "8018", 17),
        Scheme("gsrnp", "8017", 17),
        Scheme("gsin", "402", 16),
        Scheme("giai", "8004", checked=False, reference_pattern=text, length=30),
        Scheme("ginc", "401", checked=False, reference_pattern=text, length=30),
        Scheme(
            "cpi",
            "8010",
            checked=False,
            reference_pattern=_whole(rf"{PART}+"),
            length=30,
            serial="8011",
            serial_pattern=_whole(r"\d{1,12}"),
        ),
    )
    by_name = {("id", scheme.name): scheme for scheme in found}
    lot = Scheme("lgtin", "01", 13, leading=True, serial="10", serial_pattern=serial)
    return by_name | {("class", "lgtin"): lot}


_KEY_WORDS: Final = (
    ("sscc", "00"),
    ("gtin", "01"),
    ("gdti", "253"),
    ("gcn", "255"),
    ("ginc", "401"),
    ("gsin", "402"),
    ("gln", "414"),
    ("party", "417"),
    ("grai", "8003"),
    ("giai", "8004"),
    ("itip", "8006"),
    ("cpid", "8010"),
    ("gsrnp", "8017"),
    ("gsrn", "8018"),
)


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})\Z", re.ASCII)
