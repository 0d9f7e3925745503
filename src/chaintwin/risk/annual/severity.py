"""What an outage costs as a function of how long it lasts: a few linear programmes, then lines between them.

The margin lost by the collapsed programme is convex in the duration and 0 at 0. Lines between computed points are therefore never
below it, and the lines that touch it there are never above it. Between two points the programme is solved where the two touching
lines meet, until lines above and below are close: with a finite number of bends the points end up at the bends (the sandwich
algorithm, Rote 1992).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, check_numbers

Floats = NDArray[np.float64]

CLOSE = 2e-3
"""Part of the cost by which lines above and below may differ between two points."""

NEGLIGIBLE = 1e-5
"""Part of the cost of the longest outage below which differences are not looked at."""

POINTS_MAX = 48
"""Durations at which the programme is solved at most; with more bends than that the lines are as close as they have become."""

BEGIN_MAX = 32
"""Durations that are spent at most on finding the longest one that costs nothing; a few are enough."""

NOISE = 1e-9
"""Part of the cost of the longest outage that is only the solver's rounding."""

Line = tuple[float, float]
"""Cost at a duration, and the touching line at duration 0."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What an outage costs by its duration.

    Parameters
    ----------
    durations : Floats[points], ascending from 0, periods. costs : Floats[points], at each; beyond the last the last line goes on.
    low_durations, low_costs : the same of a curve that the cost is never below.

    Raises
    ------
    UsageError
        Lists differ in length, or durations do not ascend from 0.

    Example
    -------
    >>> curve = Curve.through([0, 10, 20], [0, 0, 500])
    >>> curve.at([5, 15, 30]).tolist()
    [0.0, 250.0, 1000.0]
    """

    durations: Floats
    costs: Floats
    low_durations: Floats
    low_costs: Floats

    def __post_init__(self) -> None:
        for durations, costs in ((self.durations, self.costs), (self.low_durations, self.low_costs)):
            if durations.size != costs.size or durations.size == 0 or durations[0] != 0 or (np.diff(durations) <= 0).any():
                raise UsageError(f"curve: found durations {durations}; allowed: ascending from 0, a cost for each")

    @staticmethod
    def through(durations: ArrayLike, costs: ArrayLike) -> Curve:
        """Return a curve that is known exactly.

        Parameters
        ----------
        durations, costs : float[points]; as for the class.
        """
        times, values = check_numbers("durations", durations, low=0.0), check_numbers("costs", costs, low=0.0)
        return Curve(times, values, times, values)

    def at(self, durations: ArrayLike) -> Floats:
        """Return Floats[n], the cost of outages of some durations, never too low."""
        return _read(np.asarray(durations, dtype=np.float64), self.durations, costs=self.costs)

    def low_at(self, durations: ArrayLike) -> Floats:
        """Return Floats[n], what outages of some durations cost at least."""
        return _read(np.asarray(durations, dtype=np.float64), self.low_durations, costs=self.low_costs)

    def less(self, other: Curve) -> Curve:
        """Return what this costs beyond another one, which is lost anyway; never below 0."""
        times = np.unique(np.concatenate([self.durations, self.low_durations, other.durations, other.low_durations]))
        return Curve(
            times,
            np.maximum(self.at(times) - other.low_at(times), 0.0),
            times,
            np.maximum(self.low_at(times) - other.at(times), 0.0),
        )


def curve_of(line_at: Callable[[float], Line], longest: float) -> Curve:
    """Return the curve of a convex cost that is 0 at 0, from as few durations as needed.

    Parameters
    ----------
    line_at : returns cost and touching line of a duration.
    longest : longest duration that will be asked for, periods, more than 0.

    Example
    -------
    >>> def line_at(duration):  # Stock lasts 8 periods, then 50 a period are lost.
    ...     return (50 * (duration - 8), -400.0) if duration > 8 else (0.0, 0.0)
    >>> curve = curve_of(line_at, 100)
    >>> curve.durations.tolist(), curve.costs.tolist()
    ([0.0, 8.0, 100.0], [0.0, 0.0, 4600.0])

    Source: Rote 1992, "The convergence rate of the sandwich algorithm for approximating convex functions".
    """
    check_number("longest", longest, low=0.0, open_low=True)
    last = line_at(longest)
    if last[0] <= 0:
        return Curve.through([0.0, longest], [0.0, 0.0])
    known = _begun(line_at, longest, last)
    least = NEGLIGIBLE * last[0]
    meetings: dict[float, float] = {}
    # Widest differences first, so that what the last points are spent on is worth most.
    open_spans = sorted(_meeting(span, known) for span in pairwise(sorted(known)))
    while open_spans:
        gap, span, meeting = open_spans.pop()
        where, value = meeting
        upper = value + gap
        if gap <= max(least, CLOSE * upper) or len(known) >= POINTS_MAX or not span[0] < where < span[1]:
            if span[0] < where < span[1]:
                meetings[where] = value
            continue
        known[where] = line_at(where)
        open_spans += [_meeting((span[0], where), known), _meeting((where, span[1]), known)]
        open_spans.sort()
    durations = np.array(sorted(known))
    costs = np.maximum.accumulate(np.array([known[time][0] for time in durations.tolist()]).clip(min=0.0))
    low = dict(zip(durations.tolist(), costs.tolist(), strict=True)) | meetings
    low_durations = np.array(sorted(low))
    low_costs = np.array([low[time] for time in low_durations.tolist()]).clip(min=0.0)
    return Curve(durations, costs, low_durations, low_costs)


def _begun(line_at: Callable[[float], Line], longest: float, last: Line) -> dict[float, Line]:
    """Return what is known after the longest duration that costs nothing was found.

    It decides whether a year has a loss at all. The touching line meets 0 at it or after it; asked there, the next one meets 0
    earlier, and after as many steps as there are bends at most it is met (Newton's method).
    """
    known = {0.0: (0.0, 0.0), longest: last}
    cost, start, at = *last, longest
    while len(known) < BEGIN_MAX and start < 0:
        at *= -start / (cost - start)
        cost, start = line_at(at)
        if cost <= NOISE * last[0]:
            known[at] = (0.0, 0.0)
            break
        known[at] = (cost, start)
    return known


def _meeting(span: tuple[float, float], known: dict[float, Line]) -> tuple[float, tuple[float, float], tuple[float, float]]:
    """Return how far lines above and below are apart at most within a span, the span, and where the touching lines meet."""
    left, right = span
    (left_cost, left_start), (right_cost, right_start) = known[left], known[right]
    left_slope = (left_cost - left_start) / left if left > 0 else 0.0
    right_slope = (right_cost - right_start) / right
    steeper = right_slope - left_slope
    chord = (right_cost - left_cost) / (right - left)
    # Lines that are one but for rounding meet nowhere.
    if steeper <= 1e-9 * abs(right_slope):
        return 0.0, span, (left, left_cost)
    where = (left_start - right_start) / steeper
    value = left_start + left_slope * where
    if not left < where < right:
        return 0.0, span, (left, left_cost)
    return max(left_cost + chord * (where - left) - value, 0.0), span, (where, max(value, 0.0))


def _read(at: Floats, durations: Floats, *, costs: Floats) -> Floats:
    found: Floats = np.interp(at, durations, costs)
    if durations.size > 1:
        slope = (costs[-1] - costs[-2]) / (durations[-1] - durations[-2])
        found = found + slope * np.maximum(at - durations[-1], 0.0)
    return found
