"""Whether a name is one of those that a pattern of a query means."""

from __future__ import annotations

import re
from typing import Final

from chaintwin.events.names.canonical import canonical_name
from chaintwin.events.names.remembering import remembering
from chaintwin.events.names.schemes import DOMAIN, Scheme, decoded, encoded, keys, qualifiers, schemes


def matches_pattern(name: str, pattern: str) -> bool:
    """Tell whether a pattern, as MATCH_epc and its like take it, means a name.

    A name without wildcard means itself in any spelling. ``urn:epc:idpat:...`` means the objects whose parts agree where
    the pattern has no ``*``; a pattern with a serial of ``*`` also means its class. In any other
    name ``*`` at the end of a step of the path stands for any text within that step, at the end of all for any text.

    Parameters
    ----------
    name : URN, Digital Link or any other URI. pattern : the same, or a pattern.

    Example
    -------
    >>> matches_pattern("https://id.gs1.org/01/10614141073464/21/2017", "urn:epc:idpat:sgtin:0614141.107346.*")
    True
    >>> matches_pattern("urn:epc:id:sscc:0614141.1234567890", "https://id.gs1.org/00/10614141*")
    True

    Source
    ------
    GS1 EPCIS 2.0, section 8.2.7.1 (MATCH_epc); EPC Tag Data Standard, section 8 (pure identity patterns).
    """
    compiled = compiled_pattern(pattern)
    canonical = canonical_name(name)
    return canonical == compiled if isinstance(compiled, str) else compiled.match(canonical) is not None


@remembering(1024)
def compiled_pattern(pattern: str) -> str | re.Pattern[str]:
    """Return the canonical name a pattern means, or the regular expression of the canonical names it means."""
    if pattern.startswith("urn:epc:idpat:"):
        _, _, _, scheme_name, body = [*pattern.split(":", 4), "", ""][:5]
        scheme = schemes().get(("id", scheme_name))
        found = None if scheme is None else _of_pattern(scheme, body)
        if found is not None:
            return re.compile(re.escape(DOMAIN) + found + r"\Z")
    if "*" not in pattern or pattern.startswith(("urn:epc:id:", "urn:epc:class:")):
        return canonical_name(pattern)
    return _wild(_without_domain(pattern))


def _of_pattern(scheme: Scheme, body: str) -> str | None:
    """Return the regular expression of the path of links that a pure identity pattern means, or None if it is none."""
    company, dot, rest = body.partition(".")
    wild_company = company == "*"
    if not dot or not (wild_company or re.fullmatch(r"\d{6,12}", company, re.ASCII)):
        return None
    if scheme.reference_pattern is not None:
        reference, serial = rest.rsplit(".", 1) if scheme.serial and "." in rest else (rest, "")
        value = r"\d{6,12}" if wild_company else company
        value += _ANY if reference == "*" else re.escape(encoded(decoded(reference)))
        pieces: list[str] = []
    else:
        fields = rest.split(".", scheme.pieces + 1) if scheme.serial else [rest]
        if len(fields) != 1 + scheme.pieces + (scheme.serial != ""):
            return None
        reference, pieces = fields[0], fields[1 : scheme.pieces + 1]
        serial = fields[-1] if scheme.serial else ""
        number = _number(scheme, company, reference=reference)
        if number is None:
            return None
        value = number + r"\d" + "".join(r"\d\d" if piece == "*" else re.escape(piece) for piece in pieces)
    head = f"{scheme.ai}/{value}"
    if not scheme.serial or serial == scheme.omitted != "":
        return head
    between = "" if scheme.serial == "+" else f"/{scheme.serial}/"
    if serial == "*":
        return f"{head}(?:{between}{_ANY})?"
    return f"{head}{between}{re.escape(encoded(decoded(serial)))}"


def _number(scheme: Scheme, company: str, *, reference: str) -> str | None:
    """Return the regular expression of the digits before the check digit."""
    if company == "*":
        return rf"{scheme.pad}\d{{{scheme.digits}}}" if reference == "*" else None
    if reference == "*":
        rest = scheme.digits - len(company)
        if rest < scheme.leading:
            return None
        first = r"\d" if scheme.leading else scheme.pad
        return rf"{first}{company}\d{{{rest - scheme.leading}}}"
    if len(company) + len(reference) != scheme.digits or not (reference == "" or (reference.isascii() and reference.isdigit())):
        return None
    return reference[:1] + company + reference[1:] if scheme.leading else scheme.pad + company + reference


def _without_domain(pattern: str) -> str:
    """Return a link with its domain and the path before its key replaced by those of canonical names."""
    found = re.match(r"https?://[^/?#\s]+/(.*)", pattern, re.IGNORECASE)
    if found is None:
        return pattern
    segments = found[1].split("/")
    known = keys()
    for place, segment in enumerate(segments[:-1]):
        if segment in known and re.match(r"[\d*]", segments[place + 1]):
            steps = segments[place:]
            steps[0] = known[segment].ai
            steps[2::2] = [qualifiers()[step][0] if step in qualifiers() else step for step in steps[2::2]]
            return DOMAIN + "/".join(steps)
    return pattern


def _wild(pattern: str) -> re.Pattern[str]:
    """Return the expression of a link with stars; a star counts at the end of a step only, so that matching is linear."""
    steps = [re.escape(step[:-1]) + "[^/]*" if step.endswith("*") else re.escape(step) for step in pattern.split("/")]
    return re.compile("/".join(steps) + (r".*\Z" if pattern.endswith("*") else r"\Z"), re.DOTALL)


_ANY: Final = r"[^/]+"
