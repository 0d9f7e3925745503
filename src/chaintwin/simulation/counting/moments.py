"""Running means and spreads over replications, joined by a fixed tree so that the result never depends on who computed what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Means and sums of squared deviations over replications, of quantities that are known in each.

    Parameters
    ----------
    count : replications.
    mean, spread : Floats[quantities].
    """

    count: int
    mean: Floats
    spread: Floats

    @staticmethod
    def empty(size: int) -> Moments:
        """Return the moments of no replication."""
        return Moments(0, np.zeros(size), np.zeros(size))

    def part(self, place: slice) -> Moments:
        """Return the moments of some of the quantities."""
        return Moments(self.count, self.mean[place], self.spread[place])

    def join(self, other: Moments) -> Moments:
        """Return the moments of both sets of replications.

        Source: Chan, Golub & LeVeque 1983, equation 2.1.
        """
        count = self.count + other.count
        part = other.count / max(count, 1)
        step = other.mean - self.mean
        spread = self.spread + other.spread + step * step * (self.count * part)
        return Moments(count, self.mean + step * part, spread)

    def average(self) -> Floats:
        """Return the means; NaN where there is no replication."""
        return self.mean if self.count else np.full(self.mean.shape, np.nan)

    def half_width(self, confidence: float) -> Floats:
        """Return half the width of the confidence interval of each mean; NaN where there are fewer than two replications."""
        return _half_width(self.spread, self.count, confidence=confidence)


@dataclass(frozen=True, slots=True)
class Ratios:
    """Ratios of two totals over replications, such as units served over units asked for.

    The ratio of the totals is what the share of all units tends to, whatever the horizon. The mean of the ratios of the
    replications is not: one with little demand would count as much as one with much.

    Parameters
    ----------
    count : replications.
    mean : Floats[2, ratios]: means of what stands above and below.
    spread : Floats[3, ratios]: squared deviations above and below, and products of both.
    """

    count: int
    mean: Floats
    spread: Floats

    @staticmethod
    def empty(size: int) -> Ratios:
        """Return the ratios of no replication."""
        return Ratios(0, np.zeros((2, size)), np.zeros((3, size)))

    @staticmethod
    def of(above: Floats, below: Floats) -> Ratios:
        """Return one ratio of two totals that are known for each replication; Floats[replications] both."""
        both = np.stack([above, below])
        mean = both.mean(axis=1, keepdims=True)
        top, bottom = both - mean
        return Ratios(above.size, mean, np.array([[(top * top).sum()], [(bottom * bottom).sum()], [(top * bottom).sum()]]))

    def part(self, place: slice) -> Ratios:
        """Return some of the ratios."""
        return Ratios(self.count, self.mean[:, place], self.spread[:, place])

    def join(self, other: Ratios) -> Ratios:
        """Return the ratios of both sets of replications.

        Source: Chan, Golub & LeVeque 1983, equation 2.1, for products as for squares.
        """
        count = self.count + other.count
        part = other.count / max(count, 1)
        step = other.mean - self.mean
        products = np.stack([step[0] * step[0], step[1] * step[1], step[0] * step[1]])
        spread = self.spread + other.spread + products * (self.count * part)
        return Ratios(count, self.mean + step * part, spread)

    def average(self) -> Floats:
        """Return the ratios; NaN where nothing stands below."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio: Floats = self.mean[0] / self.mean[1]
        return ratio

    def half_width(self, confidence: float) -> Floats:
        """Return half the width of the confidence interval of each ratio; NaN where there are fewer than two replications.

        Source: Cochran 1977, Sampling Techniques, equation 6.13 (the delta method).
        """
        ratio = self.average()
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = self.spread[0] - 2 * ratio * self.spread[2] + ratio * ratio * self.spread[1]
            return _half_width(np.maximum(spread, 0.0) / self.mean[1] ** 2, self.count, confidence=confidence)


def _half_width(spread: Floats, count: int, *, confidence: float) -> Floats:
    if count < 2:
        return np.full(spread.shape, np.nan)
    from scipy.special import stdtrit

    half: Floats = stdtrit(count - 1, 0.5 + confidence / 2) * np.sqrt(spread / (count - 1) / count)
    return half
