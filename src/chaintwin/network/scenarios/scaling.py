"""Laws times and plus a number."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from chaintwin.laws import Law, LawKind, parse
from chaintwin.laws.law import format_number

EVERY_PARAMETER = frozenset(
    {LawKind.CONSTANT, LawKind.NORMAL, LawKind.EXPONENTIAL, LawKind.UNIFORM, LawKind.TRIANGULAR, LawKind.POISSON}
)
"""Laws whose every parameter is multiplied. That of a Poisson law is its mean: so many more customers, not larger orders."""


def scaled(text: str, factor: float, *, folder: Path | None) -> str:
    """Return a law whose mean is multiplied; an empty text where there is no such law.

    Laws of any number and lists are multiplied value by value. ``poisson`` and ``negbin`` count customers, so their mean and
    variance are multiplied, which is what as many more customers of the same kind ask for.

    Parameters
    ----------
    text : a law without faults.
    factor : 0 or more.
    folder : where files named in laws are found.

    Example
    -------
    >>> [
    ...     scaled(text, 1.5, folder=None)
    ...     for text in ("12", "poisson(8)", "normal(100, 20)", "pmf(2:0.5, 4:0.5)", "geometric(0.2)")
    ... ]
    ['18', 'poisson(12)', 'normal(150, 30)', 'pmf(3:0.5, 6:0.5)', '']
    """
    if factor == 0:
        return "0"
    found = _scaled(parse(text, folder=folder), factor)
    return "" if found is None else str(found)


def raised(text: str, amount: float, *, folder: Path | None) -> str:
    """Return a law whose every value is raised by an amount.

    Parameters
    ----------
    text, folder : as for ``scaled``.
    amount : may be negative.

    Example
    -------
    >>> raised("12", 2, folder=None), raised("poisson(8)", 2, folder=None)
    ('14', 'shift(poisson(8), 2)')
    """
    law = parse(text, folder=folder)
    if law.kind is LawKind.CONSTANT:
        return format_number(plus(law.parameters[0], amount))
    return str(Law(LawKind.SHIFT, (float(amount),), inner=law))


def times(one: float, other: float) -> float:
    """Return the product of two numbers taken as the decimals they are written as.

    Example
    -------
    >>> times(12, 1.2), 12 * 1.2
    (14.4, 14.399999999999999)
    """
    return float(Decimal(repr(one)) * Decimal(repr(other)))


def plus(one: float, other: float) -> float:
    """Return the sum of two numbers taken as the decimals they are written as.

    Example
    -------
    >>> plus(0.1, 0.2), 0.1 + 0.2
    (0.3, 0.30000000000000004)
    """
    return float(Decimal(repr(one)) + Decimal(repr(other)))


def _scaled(law: Law, factor: float) -> Law | None:
    kind, numbers = law.kind, law.parameters
    if kind in EVERY_PARAMETER:
        return replace(law, parameters=tuple(times(number, factor) for number in numbers))
    if kind is LawKind.LOGNORMAL:
        return replace(law, parameters=(numbers[0] + math.log(factor), numbers[1]))
    if kind in (LawKind.GAMMA, LawKind.WEIBULL):
        return replace(law, parameters=(numbers[0], times(numbers[1], factor)))
    if kind is LawKind.NEGBIN:
        return replace(law, parameters=(times(numbers[0], factor), numbers[1]))
    if kind is LawKind.PMF or (kind is LawKind.EMPIRICAL and not law.source):
        return replace(law, values=tuple(times(value, factor) for value in law.values))
    if law.inner is None:
        return None
    inner = _scaled(law.inner, factor)
    if inner is None or kind is LawKind.ZERO_INFLATED:
        return None if inner is None else replace(law, inner=inner)
    if _counts(law.inner):
        # Fewer or more customers do not move a bound or a shift in proportion.
        return None
    return replace(law, inner=inner, parameters=tuple(times(number, factor) for number in numbers))


def _counts(law: Law) -> bool:
    return law.kind in (LawKind.POISSON, LawKind.NEGBIN) or (law.inner is not None and _counts(law.inner))
