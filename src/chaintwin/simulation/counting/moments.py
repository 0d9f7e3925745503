"""Running means and spreads over replications, joined by a fixed tree so that the result never depends on who computed what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.simulation.kernels.reducing_kernels import join_kernel

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and sum of squared deviations of quantities; each Floats[quantities]."""

    count: Floats
    mean: Floats
    spread: Floats

    @staticmethod
    def empty(size: int) -> Moments:
        """Return the moments of no replication."""
        return Moments(np.zeros(size), np.zeros(size), np.zeros(size))

    def part(self, place: slice) -> Moments:
        """Return the moments of some of the quantities."""
        return Moments(self.count[place], self.mean[place], self.spread[place])

    def join(self, other: Moments) -> Moments:
        """Return the moments of both sets of replications.

        Source: Chan, Golub & LeVeque 1983, equation 2.1.
        """
        count, mean, spread = self.count.copy(), self.mean.copy(), self.spread.copy()
        join_kernel(count, mean, spread, other.count, other.mean, other.spread)
        return Moments(count, mean, spread)

    def half_width(self, confidence: float) -> Floats:
        """Return half the width of the confidence interval of each mean; NaN where there are fewer than two replications."""
        from scipy.special import stdtrit

        with np.errstate(invalid="ignore", divide="ignore"):
            error = np.sqrt(self.spread / (self.count - 1) / self.count)
            half = stdtrit(self.count - 1, 0.5 + confidence / 2) * error
        return np.where(self.count > 1, half, np.nan)

    def average(self) -> Floats:
        """Return the means; NaN where there is no replication."""
        return np.where(self.count > 0, self.mean, np.nan)
