"""What a loss would be at another rate of events, from the same simulated years with other weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, check_numbers

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReweightedLoss:
    """The expected loss at another rate.

    Parameters
    ----------
    mean, standard_error : of the loss at the other rate, in its unit.
    weights : float64[n], how often each simulated year counts, 1 on average in the long run; as `tail_risk` takes them.
    effective_size : so many years without weights would tell as much; well below some hundred, simulate at the other rate
        instead.
    """

    mean: float
    standard_error: float
    weights: Array
    effective_size: float


@dataclass(frozen=True, slots=True)
class RateSensitivity:
    """How the expected loss grows with the rate of events.

    Parameters
    ----------
    derivative : of the mean loss by the rate, in units of loss per (event per unit of time).
    standard_error : of the derivative.
    """

    derivative: float
    standard_error: float


def reweight_rate(losses: ArrayLike, counts: ArrayLike, *, rate: float, other_rate: float, span: float = 1.0) -> ReweightedLoss:
    """Return the expected loss at another rate of a Poisson process, without simulating again.

    Parameters
    ----------
    losses : float[n]; loss of each simulated year.
    counts : int[n]; number of events of the process in each.
    rate : events per unit of time that was simulated, more than 0.
    other_rate : events per unit of time that is asked about, 0 or more.
    span : length of a simulated year in units of time, more than 0.

    Returns
    -------
    The unbiased estimate with weights exp(-(other - rate) span) (other / rate)**count. Given the number of events, when they
    happen and what they cost must not depend on the rate, which holds for homogeneous and for seasonal processes whose shape
    stays.

    Raises
    ------
    UsageError : a number is out of its range, or the lists differ in length.

    Example
    -------
    >>> found = reweight_rate([0, 10, 0, 20], [0, 1, 0, 2], rate=0.75, other_rate=0.75)
    >>> found.mean, found.effective_size
    (7.5, 4.0)

    Source: Asmussen & Glynn 2007, "Stochastic simulation", section V.1 (likelihood ratio); Kong 1992 for the effective size.
    """
    values, events = _check_sample(losses, counts)
    check_number("rate", rate, low=0.0, open_low=True)
    check_number("other_rate", other_rate, low=0.0)
    check_number("span", span, low=0.0, open_low=True)
    with np.errstate(divide="ignore", over="ignore"):
        # 0 events have weight exp(...) even where the other rate is 0, hence no product of 0 and -inf.
        growth = np.where(events > 0, np.maximum(events, 1) * np.log(np.float64(other_rate) / rate), 0.0)
        weights = np.exp(growth - (other_rate - rate) * span)
    if not np.isfinite(weights).all():
        raise UsageError(f"other_rate: found {other_rate:g}; allowed: nearer to {rate:g}; fix: simulate at the other rate")
    weighted = weights * values
    squares = float((weights**2).sum())
    return ReweightedLoss(
        mean=math.fsum(weighted) / values.size,
        standard_error=float(weighted.std(ddof=1)) / math.sqrt(values.size),
        weights=weights,
        effective_size=float(weights.sum()) ** 2 / squares if squares > 0 else 0.0,
    )


def rate_sensitivity(losses: ArrayLike, counts: ArrayLike, *, rate: float, span: float = 1.0) -> RateSensitivity:
    """Return the derivative of the expected loss by the rate of a Poisson process, from the same years.

    Parameters
    ----------
    losses, counts : float[n] and int[n] of the simulated years.
    rate : events per unit of time that was simulated, more than 0.
    span : length of a simulated year in units of time, more than 0.

    Returns
    -------
    Mean of L (N / rate - span) with its standard error; the mean of L is taken off first, which changes nothing in expectation
    but for a part of the order 1 / n and makes the error much smaller.

    Raises
    ------
    UsageError : a number is out of its range, or the lists differ in length.

    Example
    -------
    >>> rate_sensitivity([0, 10, 0, 20], [0, 1, 0, 2], rate=0.75).derivative
    9.166666666666666

    Source: Asmussen & Glynn 2007, section VII.3 (score function).
    """
    values, events = _check_sample(losses, counts)
    check_number("rate", rate, low=0.0, open_low=True)
    check_number("span", span, low=0.0, open_low=True)
    score = events / rate - span
    terms = (values - values.mean()) * score
    return RateSensitivity(math.fsum(terms) / values.size, float(terms.std(ddof=1)) / math.sqrt(values.size))


def _check_sample(losses: ArrayLike, counts: ArrayLike) -> tuple[Array, Array]:
    values = check_numbers("losses", losses)
    events = check_numbers("counts", counts, low=0.0, size=values.size)
    if (events != np.floor(events)).any():
        raise UsageError("counts: found a broken number; allowed: whole numbers, 0 or more")
    if values.size < 2:
        raise UsageError("losses: found one; allowed: at least 2; fix: run more replications")
    return values, events
