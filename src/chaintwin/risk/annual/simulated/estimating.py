"""What some simulated years say of all drawn ones: a sample in two phases.

The first phase is the years that were drawn, of each of which is known about what it costs. The second is those that were played,
a part of each stratum. A played year stands for its share of the stratum. These shares are moved a little, so that the known
losses of the played years add up to those of all (calibration): what these tell well is then known from all drawn years. Mean,
value at risk, expected shortfall and exceedance curve are those of the one weighted sample, so that they fit each other.

The weighted mean is the combined regression estimator. Its bias is of the order of one over the number of played years, against
an error of one over its root.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.risk.annual.measures import Estimate
from chaintwin.risk.annual.simulated.choosing import Chosen
from chaintwin.risk.losses import TailRisk, tail_risk

Floats = NDArray[np.float64]

CURVE_POINTS = 120
"""Points of the exceedance curve."""

FARTHEST = 30.0
"""Largest logarithm of what an interval reaches away by: next to nothing is known then."""

LIGHTEST = 0.25
"""No year counts less than this part of what it counts without calibration."""


class _Spread(NamedTuple):
    """Mean of something over all years with an event, its variance, and the degrees of freedom that is known with."""

    mean: float
    variance: float
    freedom: float


@dataclass(frozen=True, slots=True)
class TwoPhase:
    """Losses of played years, which stand for all years.

    Parameters
    ----------
    chosen : which were played of which stratum.
    known : Floats[m], about what each costs. losses : Floats[m, replications], their loss when played.
    some : probability of a year with an event. confidence : of all intervals.
    """

    chosen: Chosen
    known: Floats
    losses: Floats
    some: float
    confidence: float

    @property
    def is_empty(self) -> bool:
        """Whether nothing was played."""
        return self.known.size == 0 or self.some == 0

    @property
    def played(self) -> NDArray[np.int64]:
        """Integers[H]: years of each stratum that were played."""
        return np.bincount(self.chosen.stratum, minlength=self.chosen.sizes.size)

    @property
    def weights(self) -> Floats:
        """Floats[m]: part of all years with an event that each played one stands for."""
        base = self._base()
        off, slopes = self._deviations(), self._pull()
        if not (spread := float(slopes @ off)) > 0:
            return base
        sampled = np.bincount(self.chosen.stratum, weights=self.known, minlength=self.chosen.sizes.size) / self.played
        missing = float((self.chosen.sizes / self.chosen.count) @ (self.chosen.means - sampled))
        moved = slopes * missing / spread
        worst = float((-moved / base).max())
        return base + moved * min(1.0, (1 - LIGHTEST) / worst if worst > 0 else 1.0)

    @property
    def values(self) -> Floats:
        """Floats[m]: mean loss of each played year over its replications."""
        found: Floats = self.losses.mean(axis=1)
        return found

    def mean(self) -> Estimate:
        """Return the expected loss of a year."""
        return self._mean_of(lambda losses: losses)

    def noise(self) -> float:
        """Return the part of the spread between years that is only the chance within them, which few replications leave."""
        found = self._spread(lambda losses: losses)
        if self.is_empty or self.losses.shape[1] < 2:
            return math.nan
        within = float(self.weights @ self.losses.var(axis=1, ddof=1)) / self.losses.shape[1]
        between = float(self.weights @ self.values**2) - found.mean**2
        return min(within / between, 1.0) if between > 0 else 0.0

    def value_at_risk(self, level: float) -> Estimate:
        """Return the value at risk of all years; its interval by that of the probability of a larger loss (Woodruff 1952).

        It is below 0 where years that lose less than nothing, because an outage saves more than it costs, reach up to the level.
        """
        value = self._tail(level).value_at_risk
        if value == 0:
            return Estimate(0.0, 0.0, 0.0)
        # Years without an event lose more than what is below 0, for certain.
        above = 1 - self.some if value < 0 else 0.0
        low, high = self._probability(value, at=(1 - level - above) / self.some)
        lightest = float(self.weights[int(np.argmax(self.values))])
        ends = [self._quantile(1 - above - self.some * part) for part in (low, high)]
        top = math.inf if value > 0 and low < lightest else ends[0]
        return Estimate(value, min(ends[1], value), max(top, value))

    def expected_shortfall(self, level: float) -> Estimate:
        """Return the expected shortfall; its interval by what each year adds to its error (Rockafellar & Uryasev 2002)."""
        found = self._tail(level)
        at, value = found.value_at_risk, found.expected_shortfall
        excess = self._spread(lambda losses: np.maximum(losses - at, 0.0) - max(-at, 0.0))
        half = self._half(excess) * self.some / (1 - level)
        if at <= 0:
            return Estimate(value, value - half, value + half)
        # The error grows with what was found, so that the interval reaches further up than down: one of the logarithm.
        reach = math.exp(min(half / value, FARTHEST))
        return Estimate(value, value / reach, value * reach)

    def beyond(self, level: float) -> float | None:
        """Return how many played years that add alike would tell as much of the tail (Kish 1965); None where it begins at 0.

        All years that cost something lie in a tail from 0 on, so that it is known as well as the mean.
        """
        value = self._tail(level).value_at_risk
        if value <= 0:
            return None
        parts = (self.weights * self.values)[self.values >= value]
        return float(parts.sum()) ** 2 / float(parts @ parts)

    def curve(self) -> pl.DataFrame:
        """Return the exceedance curve: ``loss``, ``probability``, ``low``, ``high``, ``return_period`` (years)."""
        schema = {name: pl.Float64() for name in ("loss", "probability", "low", "high", "return_period")}
        values = np.unique(self.values[self.values > 0])[:-1][::-1] if not self.is_empty else np.zeros(0)
        if not values.size:
            return pl.DataFrame(schema=schema)
        ranks = np.unique(np.rint(np.geomspace(1, values.size, CURVE_POINTS)).astype(np.int64)) - 1
        rows = []
        for amount in np.sort(np.append(values[ranks], 0.0)).tolist():
            probability = float(self.weights[self.values > amount].sum())
            low, high = self._probability(amount, at=probability)
            rows.append((amount, *(self.some * part for part in (probability, low, high)), 1 / (self.some * probability)))
        return pl.DataFrame(rows, schema=schema, orient="row")

    def strata(self) -> pl.DataFrame:
        """Return what was played.

        Returns
        -------
        ``about_low``, ``about_high``: what the played years cost about; ``years`` and how many of them were ``played``;
        ``about``, the mean of all years of the stratum; ``simulated``, the mean of those played.
        """
        rows = []
        for number, (size, mean) in enumerate(zip(self.chosen.sizes.tolist(), self.chosen.means.tolist(), strict=True)):
            mine = self.chosen.stratum == number
            known = self.known[mine]
            rows.append((float(known.min()), float(known.max()), size, int(mine.sum()), mean, float(self.values[mine].mean())))
        numbers = ("about_low", "about_high", "years", "played", "about", "simulated")
        schema = {name: pl.Int64() if name in ("years", "played") else pl.Float64() for name in numbers}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _base(self) -> Floats:
        """Return Floats[m]: the weights without calibration."""
        each = self.chosen.sizes / np.maximum(self.played, 1) / self.chosen.count
        found: Floats = each[self.chosen.stratum]
        return found

    def _deviations(self) -> Floats:
        """Return Floats[m]: known loss less its mean over the played years of the stratum."""
        played = self.played
        means = np.bincount(self.chosen.stratum, weights=self.known, minlength=played.size) / np.maximum(played, 1)
        found: Floats = self.known - means[self.chosen.stratum]
        return found

    def _pull(self) -> Floats:
        """Return Floats[m]: how far a unit of slope moves each weight; strata that were played in full know their sum."""
        sizes, played = self.chosen.sizes.astype(np.float64), self.played
        share = sizes / self.chosen.count
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(played > 1, share**2 * (1 - played / sizes) / (played * (played - 1.0)), 0.0)
        found: Floats = each[self.chosen.stratum] * self._deviations()
        return found

    def _spread(self, of: Callable[[Floats], Floats]) -> _Spread:
        """Return the mean over years with an event of a function of the loss that is 0 where nobody is hit.

        Its variance has three parts: the years that were drawn, which of them were played, and chance within a year (Cochran
        1977, sections 10.3 and 12.3).
        """
        if self.is_empty:
            return _Spread(0.0, 0.0, 1.0)
        values, weights, count = of(self.values), self.weights, self.chosen.count
        mean = float(weights @ values)
        drawn = max(float(weights @ values**2) - mean**2, 0.0) / count
        off, pull = self._deviations(), self._pull()
        spread = float(pull @ off)
        residual = values - (float(pull @ values) / spread if spread > 0 else 0.0) * off
        parts = [(drawn, max(values.size - 1.0, 1.0))]
        replications = self.losses.shape[1]
        for number, (size, played) in enumerate(zip(self.chosen.sizes.tolist(), self.played.tolist(), strict=True)):
            mine = self.chosen.stratum == number
            share, taken = size / count, played / size
            if played > 1:
                parts.append((share**2 * (1 - taken) * float(residual[mine].var(ddof=1)) / played, played - 1.0))
            if replications > 1:
                within = float(of(self.losses[mine]).var(axis=1, ddof=1).mean()) / replications
                parts.append((share**2 * taken * within / played, played * (replications - 1.0)))
        total = math.fsum(part for part, _ in parts)
        # Satterthwaite 1946.
        below = math.fsum(part**2 / freedom for part, freedom in parts)
        return _Spread(mean, total, total**2 / below if below > 0 else 1.0)

    def _mean_of(self, of: Callable[[Floats], Floats]) -> Estimate:
        found = self._spread(of)
        half = self._half(found)
        return Estimate(*(self.some * part for part in (found.mean, found.mean - half, found.mean + half)))

    def _half(self, found: _Spread) -> float:
        from scipy.special import stdtrit

        return float(stdtrit(found.freedom, (1 + self.confidence) / 2)) * math.sqrt(found.variance)

    def _probability(self, amount: float, *, at: float) -> tuple[float, float]:
        """Return the interval of the probability of a larger loss, where it is estimated as ``at``.

        That of Clopper and Pearson for as many independent years as have the same error (Korn & Graubard 1998).
        """
        from scipy.special import betaincinv, stdtrit

        found = self._spread(lambda losses: (losses > amount).astype(np.float64) - float(amount < 0))
        if not 0 < at < 1:
            return at, at
        # Without spread the strata say it exactly; then only the drawn years are chance.
        variance = max(found.variance, at * (1 - at) / self.chosen.count)
        size = at * (1 - at) / variance
        size *= (float(stdtrit(1e9, 0.975)) / float(stdtrit(max(found.freedom, 1.0), 0.975))) ** 2
        tail = (1 - self.confidence) / 2
        above, below = at * size, (1 - at) * size
        return float(betaincinv(above, below + 1, tail)), float(betaincinv(above + 1, below, 1 - tail))

    def _tail(self, level: float) -> TailRisk:
        """Return the measures of all years, those that cost nothing at their place in the order of losses."""
        if self.is_empty:
            return TailRisk(level, 0.0, 0.0, 0.0)
        weights = self.some * self.weights
        nothing = max(1 - float(weights.sum()), 0.0)
        return tail_risk(np.append(self.values, 0.0), level, weights=np.append(weights, nothing))

    def _quantile(self, level: float) -> float:
        return self._tail(min(max(level, 1e-12), 1 - 1e-12)).value_at_risk
