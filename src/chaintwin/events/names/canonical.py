"""One spelling for each thing: EPC URNs and Digital Links of any domain become the link at id.gs1.org."""

from __future__ import annotations

import re
from typing import Final

from chaintwin.events.names.remembering import remembering
from chaintwin.events.names.schemes import DOMAIN, Key, Scheme, check_digit, decoded, encoded, keys, qualifiers, schemes


@remembering()
def canonical_name(text: str) -> str:
    """Return the canonical GS1 Digital Link of a name; what has none comes back unchanged.

    EPC URNs (``urn:epc:id``, ``urn:epc:class`` and patterns that name a class, ``urn:epc:idpat:...:*``) are converted
    with their check digit. Digital Links lose domain, path before the key, query and fragment; short words become
    application identifiers, a GTIN gets 14 digits, and only the finest qualifier stays (the serial number, else the lot).
    A check digit that is wrong stays as it is: it is told by ``problems_of``.

    Parameters
    ----------
    text : any name of an event; it need not be a URI.

    Returns
    -------
    str
        ``https://id.gs1.org/KEY/VALUE`` and at most one qualifier, or ``text``.

    Example
    -------
    >>> canonical_name("urn:epc:id:sgtin:0614141.107346.2017")
    'https://id.gs1.org/01/10614141073464/21/2017'
    >>> canonical_name("https://shop.example/de/gtin/614141073467?17=271231")
    'https://id.gs1.org/01/00614141073467'

    Source
    ------
    GS1 EPC Tag Data Standard, section 6 (URNs); GS1 Digital Link Standard: URI Syntax; CBV 2.0, event hash id.
    """
    if text.startswith("urn:epc:"):
        return link_of_urn(text) or text
    if text[:4].lower() == "http":
        return _link_of_url(text) or text
    return text


def link_of_urn(text: str) -> str | None:
    """Return the canonical link of an EPC URN, or None if it has none or breaks the rules of its scheme."""
    parts = text.split(":", 4)
    if len(parts) != 5:
        return None
    kind, name, body = parts[2:]
    pattern = kind == "idpat"
    scheme = schemes().get(("id" if pattern else kind, name))
    if scheme is None or (pattern and (not body.endswith(".*") or not scheme.serial or scheme.omitted)):
        return None
    split = split_body(scheme, body[:-2] if pattern else body, with_serial=not pattern)
    return None if split is None else link_of_parts(scheme, split)


def split_body(scheme: Scheme, body: str, *, with_serial: bool) -> tuple[str, str, str, str] | None:
    """Return company prefix, reference, pieces and serial (decoded) of the body of a URN, or None if it is not well formed."""
    company, dot, rest = body.partition(".")
    if not dot or not (6 <= len(company) <= 12 and company.isascii() and company.isdigit()) or not _BODY.match(rest):
        return None
    pieces = serial = ""
    wants_serial = with_serial and scheme.serial != ""
    if scheme.reference_pattern is not None:
        reference, serial = rest.rsplit(".", 1) if wants_serial and "." in rest else (rest, "")
        reference = decoded(reference)
        if not scheme.reference_pattern.match(reference) or len(company) + len(reference) > scheme.length:
            return None
    else:
        fields = rest.split(".", scheme.pieces + 1) if scheme.serial else [rest]
        if len(fields) != 1 + scheme.pieces + wants_serial:
            return None
        reference = fields[0]
        if len(company) + len(reference) != scheme.digits or not (
            reference == "" or (reference.isascii() and reference.isdigit())
        ):
            return None
        pieces = "".join(fields[1 : scheme.pieces + 1])
        if scheme.pieces and not re.fullmatch(r"\d{4}", pieces, re.ASCII):
            return None
        serial = fields[-1] if wants_serial else ""
    serial = decoded(serial)
    if wants_serial and (scheme.serial_pattern is None or not scheme.serial_pattern.match(serial)):
        return None
    return company, reference, pieces, serial


def link_of_parts(scheme: Scheme, split: tuple[str, str, str, str]) -> str:
    """Return the canonical link of what ``split_body`` found."""
    company, reference, pieces, serial = split
    if scheme.reference_pattern is not None:
        value = company + encoded(reference)
    else:
        number = reference[:1] + company + reference[1:] if scheme.leading else scheme.pad + company + reference
        value = number + check_digit(number) + pieces
    if not serial or serial == scheme.omitted:
        return f"{DOMAIN}{scheme.ai}/{value}"
    between = "" if scheme.serial == "+" else f"/{scheme.serial}/"
    return f"{DOMAIN}{scheme.ai}/{value}{between}{encoded(serial)}"


def split_link(text: str) -> tuple[Key, str, tuple[tuple[str, str], ...]] | None:
    """Return key, value and qualifiers (decoded, as the link orders them) of a Digital Link of any domain, or None."""
    found = _URL.match(text)
    if found is None:
        return None
    segments = found[1].split("/")
    if segments[-1] == "":
        segments.pop()
    known = keys()
    for place, segment in enumerate(segments[:-1]):
        key = known.get(segment)
        if key is not None:
            value = decoded(segments[place + 1])
            if key.pattern.match(value):
                found_qualifiers = _qualifiers(key, segments[place + 2 :])
                if found_qualifiers is not None:
                    return key, value, found_qualifiers
    return None


def _link_of_url(text: str) -> str | None:
    split = split_link(text)
    if split is None:
        return None
    key, value, found = split
    value = value.zfill(14) if key.ai == "01" else encoded(value)
    for ai in key.identity:
        for name, content in found:
            if name == ai:
                return f"{DOMAIN}{key.ai}/{value}/{ai}/{encoded(content)}"
    return f"{DOMAIN}{key.ai}/{value}"


def _qualifiers(key: Key, segments: list[str]) -> tuple[tuple[str, str], ...] | None:
    """Return the qualifiers after a key, or None where a segment is none or they are not in their order."""
    if len(segments) % 2:
        return None
    known = qualifiers()
    last = -1
    found = []
    for place in range(0, len(segments), 2):
        qualifier = known.get(segments[place])
        if qualifier is None or qualifier[0] not in key.qualifiers:
            return None
        order = key.qualifiers.index(qualifier[0])
        value = decoded(segments[place + 1])
        if order <= last or not qualifier[1].match(value):
            return None
        last = order
        found.append((qualifier[0], value))
    return tuple(found)


_BODY: Final = re.compile(r"(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%[0-9A-Fa-f]{2})*\Z")
_DIGITS: Final = re.compile(r"[0-9]*\Z")
_URL: Final = re.compile(r"[hH][tT][tT][pP][sS]?://[^/?#\s]+/([^?#\s]*)(?:\?[^#\s]*)?(?:#\S*)?\Z")
