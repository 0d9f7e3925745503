"""What is wrong with a name: digits, length, signs."""

from __future__ import annotations

import re

from chaintwin.errors import Finding, Severity
from chaintwin.events.names.canonical import link_of_urn, split_link
from chaintwin.events.names.schemes import DOMAIN, check_digit, decoded, keys, qualifiers, schemes


def problems_of(name: str) -> tuple[Finding, ...]:
    """Return what breaks the rules of GS1 in a URN or a Digital Link; nothing for any other name.

    Parameters
    ----------
    name : any name of an event. Links of other domains are checked only where they have the form of a Digital Link.

    Returns
    -------
    tuple of Finding
        Without place. Codes: ``name.check_digit``, ``name.length``, ``name.characters``, ``name.scheme``.

    Example
    -------
    >>> [str(finding) for finding in problems_of("https://id.gs1.org/414/0614141073468")]
    ['found 0614141073468; allowed: a GLN whose check digit is 7; fix: read the number again']
    """
    if name.startswith("urn:epc:"):
        return _of_urn(name)
    split = split_link(name)
    if split is None:
        return _of_broken_link(name) if name.startswith(DOMAIN) else ()
    key, value, found = split
    problems = []
    if key.checked:
        number = value.zfill(14)[:14] if key.ai == "01" else value[: key.checked]
        proper = check_digit(number[:-1])
        if proper != number[-1]:
            allowed = f"a {key.scheme} whose check digit is {proper}"
            problems.append(Finding("name.check_digit", value, allowed, "read the number again"))
    if ("254", "0") in found:
        problems.append(Finding("name.characters", "/254/0", "another extension than 0", "leave /254/0 out"))
    return tuple(problems)


def _of_urn(name: str) -> tuple[Finding, ...]:
    parts = [*name.split(":", 4), "", "", ""][:5]
    kind, scheme_name, body = parts[2:]
    known = schemes()
    scheme = known.get(("id" if kind == "idpat" else kind, scheme_name))
    if scheme is None:
        if kind in ("id", "class", "idpat") and scheme_name in _UNLINKED:
            return ()
        allowed = ", ".join(sorted(f"{one}:{other}" for one, other in known))
        fix = "correct the spelling, or use a URI of your own"
        return (Finding("name.scheme", f"{kind}:{scheme_name}", allowed, fix, severity=Severity.WARNING),)
    if link_of_urn(name) is not None or (kind == "idpat" and "*" in body):
        return ()
    form = _form(scheme_name)
    company, _, rest = body.partition(".")
    if re.fullmatch(r"\d{6,12}", company, re.ASCII) is None:
        return (Finding("name.length", company, "a company prefix of 6 to 12 digits", f"write {form}"),)
    reference, _, serial = rest.partition(".")
    if scheme.digits and not re.fullmatch(r"\d*", reference, re.ASCII):
        return (Finding("name.characters", reference, "digits", f"write {form}"),)
    if scheme.digits and len(company) + len(reference) != scheme.digits:
        allowed = f"{scheme.digits - len(company)} digits after a company prefix of {len(company)}"
        return (Finding("name.length", reference or "nothing", allowed, f"write {form}"),)
    allowed = f"{form} of the signs and the length that GS1 allows; other signs as %2F"
    code = "name.length" if len(decoded(serial)) > 20 or (scheme.serial and not serial) else "name.characters"
    return (Finding(code, rest, allowed, f"write {form}"),)


def _of_broken_link(name: str) -> tuple[Finding, ...]:
    segments = re.split(r"[?#]", name[len(DOMAIN) :])[0].rstrip("/").split("/")
    key = keys().get(segments[0])
    if key is None:
        fix = "correct the application identifier, or use another domain"
        allowed = ", ".join(sorted(key for key in keys() if key.isdigit()))
        return (Finding("name.scheme", segments[0] or "nothing", allowed, fix, severity=Severity.WARNING),)
    value = decoded(segments[1]) if len(segments) > 1 else ""
    if not key.pattern.match(value):
        code = "name.characters" if re.search(r"[^\x21-\x7e]", value) or (key.checked and not value.isdigit()) else "name.length"
        return (Finding(code, value or "nothing", f"a {key.scheme}: {key.form}", "read the number again"),)
    problems = []
    for place in range(2, len(segments), 2):
        qualifier = qualifiers().get(segments[place])
        if qualifier is None or qualifier[0] not in key.qualifiers:
            allowed = ", ".join(key.qualifiers) or "nothing"
            problems.append(Finding("name.scheme", segments[place], f"after a {key.scheme}: {allowed}", "leave it out"))
        elif place + 1 == len(segments) or not qualifier[1].match(decoded(segments[place + 1])):
            found = segments[place + 1] if place + 1 < len(segments) else "nothing"
            code = "name.length" if re.fullmatch(r"[\x21-\x7e]*", decoded(found)) else "name.characters"
            problems.append(Finding(code, found, f"after {segments[place]}: {qualifier[2]}", "read it again"))
    if not problems:
        order = ", ".join(key.qualifiers)
        problems.append(Finding("name.scheme", "/".join(segments[2:]), f"in this order, each once: {order}", "reorder them"))
    return tuple(problems)


def _form(scheme_name: str) -> str:
    for (kind, name), scheme in schemes().items():
        if name == scheme_name:
            pieces = ".PIECE.TOTAL" if scheme.pieces else ""
            return f"urn:epc:{kind}:{name}:COMPANY.REFERENCE{pieces}{'.SERIAL' if scheme.serial else ''}"
    return ""


_UNLINKED = frozenset({"gid", "usdod", "adi", "bic", "imovn"})
