"""Annual loss by Panjer's recursion: a Poisson number of events, each with a loss of one law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws import Law
from chaintwin.laws.checking import check_level, check_number, check_whole
from chaintwin.laws.fits.quantiles import PROBABILITY_SLACK
from chaintwin.risk.losses.lattice import spread_on_lattice
from chaintwin.risk.losses.tail import TailRisk

Array = NDArray[np.float64]

EVENTS_MAX = 700.0
"""Expected events a year; beyond, the probability of none is too small for a double."""

WHOLE_POINTS_MAX = 65_536
"""Severities in whole numbers stay exact as long as the recursion takes about a second."""

LATTICE_TAIL = 1e-13
"""Probability beyond the lattice where severities are whole: as good as none."""


@dataclass(frozen=True, slots=True)
class CompoundLoss:
    """The law of an annual loss on a lattice.

    Parameters
    ----------
    step : distance of two amounts of the lattice, in the unit of the losses.
    probability : float64[points]; of a loss of 0, step, 2 step, ...
    mean, sd : of the annual loss, exact whatever the lattice (Wald's equations).
    is_exact : the severities lie on the lattice themselves. Otherwise each is spread over the two nearest amounts with its mean
        kept, and quantiles are read between the amounts.
    missing : probability beyond the last amount.
    """

    step: float
    probability: Array
    mean: float
    sd: float
    is_exact: bool
    missing: float

    @property
    def no_loss_probability(self) -> float:
        """Return the probability of a year without any loss; only exact severities may be 0 with an event."""
        return float(self.probability[0])

    def tail_risk(self, level: float) -> TailRisk:
        """Return value at risk and expected shortfall at a level.

        Raises
        ------
        UsageError : the level is not between 0 and 1, or so high that it lies beyond the lattice.
        """
        check_level("level", level)
        if level > 1 - 100 * self.missing and not self.is_exact:
            allowed = f"up to {1 - 100 * self.missing:.10g} on this lattice"
            raise UsageError(f"level: found {level:g}; allowed: {allowed}; fix: ask compound_poisson for a smaller tail")
        # Stop loss E(S - x)+ at each amount, from the tail so that no digits are lost; what lies beyond counts as at the end.
        beyond = np.concatenate([np.cumsum(self.probability[::-1])[::-1][1:], [0.0]]) + self.missing
        stop_loss = np.concatenate([np.cumsum(beyond[::-1])[::-1], [0.0]])[:-1] * self.step
        value = self._exact_quantile(level, beyond) if self.is_exact else self._quantile_between(level, beyond)
        amounts = np.arange(self.probability.size) * self.step
        excess = float(np.interp(value, amounts, stop_loss))
        return TailRisk(level, self.mean, value, value + excess / (1 - level))

    def _exact_quantile(self, level: float, beyond: Array) -> float:
        place = int(np.argmax(1 - beyond >= level - PROBABILITY_SLACK))
        return place * self.step

    def _quantile_between(self, level: float, beyond: Array) -> float:
        """Return the quantile of the law that was spread: half of each amount's mass came from below it, half from above.

        The atom at 0 is real but for the part that small severities were spread there, which is of the order of the step.
        """
        reached = 1 - beyond - np.concatenate([[0.0], self.probability[1:] / 2])
        if level <= reached[0]:
            return 0.0
        return float(np.interp(level, np.maximum.accumulate(reached), np.arange(reached.size) * self.step))


def compound_poisson(
    rate: float, severity: Law, *, step: float | None = None, points: int = 8192, tail: float = 1e-9
) -> CompoundLoss:
    """Return the law of the loss of a year with a Poisson number of events.

    Parameters
    ----------
    rate : events per year, 0 to 700.
    severity : law of the loss of one event, 0 or more; for instance ``parse("pmf(1:0.5, 4:0.3, 15:0.2)")``.
    step : distance of the lattice. None takes 1, exactly, for severities in whole numbers unless more than 65,536 amounts are
        needed; for all others it takes the range beyond which only ``tail`` is left, divided by ``points``.
    points : how fine the lattice is where the step is not given, from 64 to 131,072. The work grows with its square.
    tail : probability that may lie beyond the lattice, more than 0 and at most 0.01.

    Returns
    -------
    The law, with its measures.

    Raises
    ------
    UsageError : a number is out of its range, severities may be negative, or the lattice asked for would be too large.

    Example
    -------
    >>> from chaintwin.laws import parse
    >>> loss = compound_poisson(1.5, parse("pmf(1:0.5, 4:0.3, 15:0.2)"))
    >>> round(loss.mean, 9), round(loss.sd, 6), round(loss.no_loss_probability, 6), loss.tail_risk(0.95).value_at_risk
    (7.05, 8.686196, 0.22313, 23.0)

    Source: Panjer 1981, "Recursive evaluation of a family of compound distributions", theorem 1; severities are put on the
    lattice with their mean kept (Gerber 1982, "On the numerical evaluation of the distribution of aggregate claims", method of
    local moments).
    """
    check_number("rate", rate, low=0.0, high=EVENTS_MAX, fix="split the year, or simulate")
    check_whole("points", points, low=64, high=131_072)
    check_number("tail", tail, low=0.0, high=0.01, open_low=True)
    if severity.support[0] < 0:
        raise UsageError(f"severity: found {severity}; allowed: a law of 0 or more; fix: truncated({severity}, low=0)")
    mean, sd = rate * severity.mean, math.sqrt(rate * (severity.variance + severity.mean**2))
    if rate == 0 or mean == 0:
        return CompoundLoss(step or 1.0, np.ones(1), mean=0.0, sd=0.0, is_exact=True, missing=0.0)
    build = partial(_law, rate, severity, mean=mean, sd=sd)
    if severity.is_whole and step in (None, 1):
        size = _whole_size(rate, severity)
        if step == 1 or size <= WHOLE_POINTS_MAX:
            return build(step=1.0, size=_checked_size(size), is_exact=True)
    if step is not None:
        check_number("step", step, low=0.0, open_low=True)
        return build(step=step, size=_grown_size(build, step, start=mean + 10 * sd, tail=tail), is_exact=False)
    reach = mean + 10 * sd
    while build(step=reach / 512, size=513, is_exact=False).missing > tail:
        reach *= 1.3
    return build(step=reach / points, size=points + 1, is_exact=False)


def panjer_poisson(rate: float, severity: Array) -> Array:
    """Return the probabilities of a compound Poisson sum on the lattice of its summands.

    Parameters
    ----------
    rate : expected number of summands, 0 to 700.
    severity : float64[points]; probability of a summand of 0, 1, 2, ... steps; may sum to less than 1.

    Returns
    -------
    float64[points]; probability of a sum of 0, 1, 2, ... steps.

    Example
    -------
    >>> panjer_poisson(2.0, np.array([0.0, 1.0, 0.0])).round(6).tolist()
    [0.135335, 0.270671, 0.270671]

    Source: Panjer 1981, theorem 1, for the Poisson law (a = 0, b = rate).
    """
    check_number("rate", rate, low=0.0, high=EVENTS_MAX)
    size = severity.size
    weighted = rate * np.arange(size) * severity
    # Kept backwards, so that each step is one product of two stretches of memory.
    backwards = np.zeros(size)
    backwards[size - 1] = math.exp(-rate * (1 - severity[0]))
    for n in range(1, size):
        backwards[size - 1 - n] = weighted[1 : n + 1] @ backwards[size - n :] / n
    return backwards[::-1].copy()


def _law(rate: float, severity: Law, /, *, mean: float, sd: float, step: float, size: int, is_exact: bool) -> CompoundLoss:
    if is_exact:
        edges = np.arange(size, dtype=np.float64)
        masses = np.diff(severity.cdf_many(edges), prepend=0.0)
    else:
        masses = spread_on_lattice(severity, step, size=size)
    probability = panjer_poisson(rate, masses)
    missing = max(0.0, 1 - math.fsum(probability))
    return CompoundLoss(step, probability, mean=mean, sd=sd, is_exact=is_exact, missing=missing if missing > 1e-14 else 0.0)


def _whole_size(rate: float, severity: Law) -> int:
    """Return how many whole amounts hold all but `LATTICE_TAIL`."""
    from scipy.stats import poisson

    largest = _largest(severity, rate)
    count = float(poisson.isf(LATTICE_TAIL, rate))
    # Chernoff would be sharper, but the recursion is quick as long as the lattice is short.
    size = min(count * largest, rate * severity.mean + 40 * largest * math.sqrt(max(rate, 1.0)))
    return int(size) + 2


def _largest(severity: Law, rate: float) -> float:
    """Return the largest severity that need be looked at, in a year of that many events."""
    bound = severity.support[1]
    return bound if math.isfinite(bound) else severity.quantile(1 - LATTICE_TAIL / max(1.0, rate))


def _grown_size(build: partial[CompoundLoss], step: float, /, *, start: float, tail: float) -> int:
    reach = start
    while True:
        size = _checked_size(int(reach / step) + 2)
        if build(step=step, size=size, is_exact=False).missing <= tail:
            return size
        reach *= 1.3


def _checked_size(size: int) -> int:
    if size > 400_000:
        raise UsageError(f"step: found {size:,} amounts; allowed: 400,000; fix: take a larger step, or leave it out")
    return size
