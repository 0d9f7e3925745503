"""Intervals that keep their coverage although the law behind them drifts: the level moves with what came about."""

from __future__ import annotations

import msgspec

from chaintwin.laws.checking import check_level, check_number

STEP = 0.005
"""How far the level moves with each value: small, so that hundreds of values move it, and single ones do not."""

LEAST, MOST = 0.001, 0.6
"""Ends that the share outside stays between."""


class AdaptiveLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The share outside that the next interval is made for.

    Parameters
    ----------
    nominal : share outside that is wanted. outside : the one that the next interval is made for, so that it comes about.
    step : how far it moves with each value. count : values seen.
    """

    nominal: float
    outside: float
    step: float
    count: int = 0

    @property
    def ends(self) -> tuple[float, float]:
        """Return the quantiles of the forecast between which the next interval lies."""
        return self.outside / 2, 1.0 - self.outside / 2

    def holds(self, pit: float) -> bool:
        """Tell whether a value is inside, by where it lies in its forecast, 0 to 1."""
        low, high = self.ends
        return low <= pit <= high


def new_level(confidence: float, *, step: float = STEP) -> AdaptiveLevel:
    """Return the level of a series of which nothing came about yet.

    Parameters
    ----------
    confidence : of the intervals, between 0 and 1. step : how far the level moves with each value, above 0, at most 1.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> new_level(0.9).ends
    (0.05, 0.95)
    """
    check_level("confidence", confidence)
    check_number("step", step, low=0.0, high=1.0, open_low=True)
    outside = round(1.0 - confidence, 12)
    return AdaptiveLevel(outside, outside, step)


def adapt(level: AdaptiveLevel, *, was_inside: bool) -> AdaptiveLevel:
    """Return the level after one more value: a little wider after a miss, much less narrower after a hit.

    Over n values the share outside is the nominal one up to (1 + step) / (step n), whatever the values are, while the level does
    not lie at an end of its range.

    Parameters
    ----------
    level : before. was_inside : whether the value was in the interval that was made for it.

    Example
    -------
    >>> level = adapt(new_level(0.9), was_inside=False)
    >>> round(level.outside, 4), round(adapt(level, was_inside=True).outside, 4)
    (0.0955, 0.096)

    Source: Gibbs & Candès 2021, "Adaptive conformal inference under distribution shift", equation 2.
    """
    outside = level.outside + level.step * (level.nominal - (not was_inside))
    return msgspec.structs.replace(level, outside=min(max(outside, LEAST), MOST), count=level.count + 1)
