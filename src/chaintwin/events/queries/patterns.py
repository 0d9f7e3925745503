"""Patterns of identifiers in a query, and what it is for a name to match one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chaintwin.events.names.patterns import matches_pattern
from chaintwin.events.names.schemes import schemes

PATTERN = "urn:epc:idpat:"


def pattern_fault(text: str) -> str | None:
    """Return what would be allowed instead of a pattern that is none, or None if nothing is wrong.

    Example
    -------
    >>> pattern_fault("urn:epc:idpat:sgtin:0614141.*.2017")
    'a pattern whose fields after the first * are * as well, such as urn:epc:idpat:sgtin:0614141.107346.*'
    """
    if not text.startswith(PATTERN):
        return None
    name, _, body = text[len(PATTERN) :].partition(":")
    known = sorted({scheme for kind, scheme in schemes() if kind == "id"})
    if name not in known:
        return f"a pattern of one of the schemes {', '.join(known)}"
    fields = body.split(".")
    stars = [field == "*" for field in fields]
    if "" in fields or stars != sorted(stars):
        return "a pattern whose fields after the first * are * as well, such as urn:epc:idpat:sgtin:0614141.107346.*"
    return None


def is_pattern(text: str) -> bool:
    """Tell whether a value of a query may mean several names, so that an index of names cannot find them."""
    return "*" in text


def matcher(values: Sequence[str]) -> Callable[[str], bool]:
    """Return what tells whether a canonical name matches one of some values.

    Parameters
    ----------
    values : canonical names, or patterns as they were written.

    Example
    -------
    >>> match = matcher(["urn:epc:idpat:sgtin:0614141.107346.*"])
    >>> match("https://id.gs1.org/01/10614141073464/21/2017")
    True
    """
    exact = frozenset(value for value in values if not is_pattern(value))
    patterns = tuple(value for value in values if is_pattern(value))
    if not patterns:
        return exact.__contains__
    return lambda name: name in exact or any(matches_pattern(name, pattern) for pattern in patterns)
