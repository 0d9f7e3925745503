"""Numbers of the GS1 system, with their check digits."""

from __future__ import annotations

from chaintwin.errors import UsageError

DEMO_PREFIX = "952"
"""Prefix that GS1 sets aside for demonstrations and examples, so that no number here is anybody's."""


def check_digit(digits: str) -> str:
    """Return the last digit of a GLN, GTIN or SSCC.

    Parameters
    ----------
    digits : the number without its last digit, decimal digits only, at least one.

    Raises
    ------
    UsageError
        Something else than digits.

    Example
    -------
    >>> check_digit("629104150021")
    '3'

    Source
    ------
    GS1 General Specifications, section 7.9: weights 3 and 1 in turn from the right.
    """
    if not (digits.isascii() and digits.isdigit()):
        raise UsageError(f"digits: found {digits!r}; allowed: decimal digits")
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def gln(number: int) -> str:
    """Return the 13-digit global location number of the n-th site, 0 to 999,999,999."""
    return _numbered(number, length=13)


def gtin(number: int) -> str:
    """Return the 14-digit global trade item number of the n-th product, 0 to 999,999,999."""
    return "0" + _numbered(number, length=13)


def _numbered(number: int, *, length: int) -> str:
    width = length - len(DEMO_PREFIX) - 1
    if not 0 <= number < 10**width:
        raise UsageError(f"number: found {number}; allowed: 0 to {10**width - 1}")
    body = f"{DEMO_PREFIX}{number:0{width}d}"
    return body + check_digit(body)
