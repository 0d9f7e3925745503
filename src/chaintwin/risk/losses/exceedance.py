"""Exceedance curves: how often a year's loss is larger than each amount, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.laws.checking import check_level, check_numbers

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ExceedanceCurve:
    """Probability that a loss is larger than each of several amounts, as arrays of one length.

    Parameters
    ----------
    losses : float64[points], ascending; the amounts, in the unit of the losses.
    probability : float64[points]; share of outcomes above the amount.
    lower, upper : float64[points]; exact interval of the probability at each amount alone.
    confidence : of each interval.
    size : number of outcomes.
    """

    losses: Array
    probability: Array
    lower: Array
    upper: Array
    confidence: float
    size: int

    @property
    def return_period(self) -> Array:
        """Return 1 / probability, float64[points]; in years where outcomes are years, infinite where none was larger."""
        with np.errstate(divide="ignore"):
            return 1 / self.probability


def exceedance_curve(losses: ArrayLike, *, amounts: ArrayLike | None = None, confidence: float = 0.95) -> ExceedanceCurve:
    """Return how often losses are larger than each amount.

    Parameters
    ----------
    losses : float[n], independent outcomes without weights, usually one a simulated year.
    amounts : float[points]; None takes each different loss. The curve lists them in ascending order, each once.
    confidence : of the interval at each amount, between 0 and 1.

    Returns
    -------
    The curve, never rising.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> curve = exceedance_curve([0, 0, 0, 5, 20], amounts=[0, 10])
    >>> curve.probability.tolist(), curve.upper.round(3).tolist()
    ([0.4, 0.2], [0.853, 0.716])

    Source: Clopper & Pearson 1934, "The use of confidence or fiducial limits", for the intervals.
    """
    from scipy.stats import beta

    values = np.sort(check_numbers("losses", losses))
    check_level("confidence", confidence)
    points = np.unique(values if amounts is None else check_numbers("amounts", amounts))
    above = values.size - np.searchsorted(values, points, side="right")
    tail = (1 - confidence) / 2
    lower = np.where(above > 0, beta.ppf(tail, np.maximum(above, 1), values.size - above + 1), 0.0)
    upper = np.where(above < values.size, beta.ppf(1 - tail, above + 1, np.maximum(values.size - above, 1)), 1.0)
    return ExceedanceCurve(points, above / values.size, lower, upper, confidence=confidence, size=values.size)
