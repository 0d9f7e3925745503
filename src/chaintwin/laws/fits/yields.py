"""Shares of good units, from counts and what was believed before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.laws.checking import check_level, check_number

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class YieldBelief:
    """What is believed of a share of good units: a beta law.

    Parameters
    ----------
    good, bad : its two parameters, above 0: as many good and bad units as the belief is worth.

    Raises
    ------
    UsageError : a number is out of its range.
    """

    good: float
    bad: float

    def __post_init__(self) -> None:
        check_number("good", self.good, low=0.0, open_low=True)
        check_number("bad", self.bad, low=0.0, open_low=True)

    @property
    def mean(self) -> float:
        """Return the expected share, 0 to 1."""
        return self.good / (self.good + self.bad)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the central interval of the given probability.

        Example
        -------
        >>> [round(end, 6) for end in YieldBelief(182.0, 10.5).interval()]
        [0.909353, 0.972839]
        """
        check_level("confidence", confidence)
        low, high = self.quantiles([(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
        return low, high

    def quantiles(self, levels: ArrayLike) -> Array:
        """Return quantiles of the share; of uniform levels they are draws.

        Example
        -------
        >>> YieldBelief(1.0, 1.0).quantiles([0.25]).tolist()
        [0.25]
        """
        from scipy.special import betaincinv

        return np.asarray(betaincinv(self.good, self.bad, np.asarray(levels, dtype=np.float64)), dtype=np.float64)


JEFFREYS = YieldBelief(0.5, 0.5)
"""Knows next to nothing (Jeffreys 1961)."""


def update_yield(belief: YieldBelief, good: float, *, total: float) -> YieldBelief:
    """Return what is believed after some units were seen.

    Parameters
    ----------
    belief : before. good : good units seen, 0 or more. total : all units seen, at least the good ones.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(update_yield(YieldBelief(2, 0.5), 180, total=190).mean, 9)
    0.945454545

    Source: conjugate prior of the binomial law; Gelman et al. 2013, section 2.4.
    """
    check_number("total", total, low=0.0)
    check_number("good", good, low=0.0, high=total)
    return YieldBelief(belief.good + good, belief.bad + total - good)
