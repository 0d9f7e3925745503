"""Differences between two runs on the same random numbers, replication by replication, with their intervals.

The derivation is in docs/decisions/0012-paired-differences.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.simulation.counting.figures import SHARES, figures_of
from chaintwin.simulation.counting.measures import LEDGER

Floats = NDArray[np.float64]

DUST = 1e-12
"""Part of a figure below which a difference is only rounding."""


@dataclass(frozen=True, slots=True)
class Estimated:
    """A figure with what each replication adds to its error.

    Parameters
    ----------
    value : the figure.
    deviations : Floats[replications]: their mean is 0, and the error of the figure is about the mean of what they would be were
        the true figure known.
    """

    value: float
    deviations: Floats


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between two figures.

    Parameters
    ----------
    value : the difference; NaN where one of the two is not known.
    half_width : half the width of its interval; NaN where there are fewer than two replications.
    variance_ratio : its variance over the one it would have on independent random numbers, 0 to 2; below 1 the common numbers
        help. NaN where nothing varies.
    """

    value: float
    half_width: float
    variance_ratio: float

    @property
    def low(self) -> float:
        """Low end of the interval."""
        return self.value - self.half_width

    @property
    def high(self) -> float:
        """High end of the interval."""
        return self.value + self.half_width


def mean_of(values: Floats) -> Estimated:
    """Return a mean.

    Parameters
    ----------
    values : Floats[replications].
    """
    mean = float(values.mean())
    return Estimated(mean, values - mean)


def ratio_of(above: Floats, below: Floats) -> Estimated:
    """Return a ratio of two totals, such as units served over units asked for; NaN where nothing stands below.

    Its deviations are those of the jackknife (Tukey 1958): how far the ratio would move were the replication left out, times the
    replications less one. They are unknown where one replication holds all that stands below.

    Parameters
    ----------
    above, below : Floats[replications].
    """
    total, count = float(below.sum()), below.size
    if total == 0:
        return Estimated(math.nan, np.full(above.shape, math.nan))
    ratio = float(above.sum()) / total
    others = total - below
    if count < 2 or not others.all():
        return Estimated(ratio, np.full(above.shape, math.nan))
    moved = (count - 1) * (above - ratio * below) / others
    return Estimated(ratio, moved - moved.mean())


def figure_of(ledger: Floats, name: str) -> Estimated:
    """Return one figure of a network.

    Parameters
    ----------
    ledger : Floats[replications, LEDGER].
    name : one of ``FIGURES``.
    """
    if name in SHARES:
        above, below = (ledger[:, LEDGER.index(part)] for part in SHARES[name])
        return ratio_of(above, below)
    return mean_of(figures_of(ledger)[name])


def difference(one: Estimated, other: Estimated, *, confidence: float) -> Difference:
    """Return ``one`` less ``other`` with Student's interval on paired deviations; without one where they are not known.

    Parameters
    ----------
    one, other : of the same replications on the same random numbers.
    confidence : level of the interval, between 0 and 1.

    Example
    -------
    >>> one, other = mean_of(np.array([102.0, 98, 110])), mean_of(np.array([100.0, 95, 108]))
    >>> found = difference(one, other, confidence=0.95)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (2.333, 0.899, 3.768)
    """
    from scipy.special import stdtrit

    value, count = one.value - other.value, one.deviations.size
    if count < 2 or not math.isfinite(value):
        return Difference(value, math.nan, math.nan)
    gaps = one.deviations - other.deviations
    paired = float((gaps * gaps).sum())
    apart = float((one.deviations**2).sum() + (other.deviations**2).sum())
    half = float(stdtrit(count - 1, 0.5 + confidence / 2)) * math.sqrt(paired / (count - 1) / count)
    return Difference(value, half, paired / apart if apart > 0 else math.nan)
