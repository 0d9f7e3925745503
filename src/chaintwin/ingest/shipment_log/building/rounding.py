"""Figures as they are written into tables: six significant digits, which is more than any log can tell."""

from __future__ import annotations

import math
from dataclasses import replace

import polars as pl

from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawError, LawKind

DIGITS = 6
"""Significant digits kept; the relative error is at most 5e-6."""

SUM_DECIMALS = 12
"""Decimals of the part that brings shares to a sum of 1; the sum is then exact to 1e-12, finer than any check asks."""


def rounded(value: float) -> float:
    """Return a number with six significant digits.

    Parameters
    ----------
    value : any finite number.

    Example
    -------
    >>> rounded(1234567.8), rounded(0.016666666666)
    (1234570.0, 0.0166667)
    """
    return float(f"{value:.{DIGITS}g}")


def rounded_column(name: str) -> pl.Expr:
    """Return a column with six significant digits.

    Parameters
    ----------
    name : of the column.
    """
    return pl.col(name).round_sig_figs(DIGITS)


def rounded_shares(name: str, *, group: tuple[str, ...]) -> pl.Expr:
    """Return shares that sum to 1 in each group with six significant digits; the largest takes what is left to 1.

    Parameters
    ----------
    name : column of shares.
    group : columns that name a group.
    """
    short = pl.col(name).round_sig_figs(DIGITS)
    is_largest = pl.int_range(pl.len()).over(group) == pl.col(name).arg_max().over(group)
    left = (1.0 - (short.sum().over(group) - short)).round(SUM_DECIMALS)
    return pl.when(is_largest).then(left).otherwise(short).alias(name)


def rounded_weights(weights: tuple[float, ...]) -> tuple[float, ...]:
    """Return weights that sum to 1 with six significant digits each; the largest takes what is left to 1.

    Parameters
    ----------
    weights : positive, of sum 1.

    Example
    -------
    >>> rounded_weights((1 / 3, 1 / 6, 1 / 2))
    (0.333333, 0.166667, 0.5)
    """
    largest = max(range(len(weights)), key=lambda index: (weights[index], -index))
    short = [rounded(weight) for weight in weights]
    rest = math.fsum(weight for index, weight in enumerate(short) if index != largest)
    short[largest] = round(1.0 - rest, SUM_DECIMALS)
    return tuple(short)


def rounded_law(law: Law) -> Law:
    """Return a law whose parameters, values and weights have six significant digits.

    Its mean is off by at most 1e-5 of itself. A law that rounding would make one that is not allowed stays as it is.

    Parameters
    ----------
    law : any.

    Example
    -------
    >>> from chaintwin.laws import parse
    >>> str(rounded_law(parse("gamma(1.23456789, 0.333333333)")))
    'gamma(1.23457, 0.333333)'
    """
    inner = rounded_law(law.inner) if law.inner is not None else None
    parameters = tuple(rounded(value) for value in law.parameters)
    values, weights = law.values, law.weights
    if law.kind is LawKind.PMF:
        merged: dict[float, float] = {}
        for value, weight in zip(values, weights, strict=True):
            merged[rounded(value)] = merged.get(rounded(value), 0.0) + weight
        values, weights = tuple(merged), rounded_weights(tuple(merged.values()))
    try:
        return replace(law, parameters=parameters, values=values, weights=weights, inner=inner)
    except LawError:
        return law
