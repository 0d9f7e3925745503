"""Numbers for people: sensible digits, thousands separators, intervals with the digits they deserve."""

from __future__ import annotations

import math

from chaintwin.errors import amount_of

NOTHING = "-"
SIGNIFICANT_MAX = 5


def number(value: float | None) -> str:
    """Return about three significant digits, whole numbers from 100 on.

    Parameters
    ----------
    value : any; None and NaN show as a dash.

    Example
    -------
    >>> [number(value) for value in (1234567.8, 99.94, 2.0, 0.01234, None)]
    ['1,234,568', '99.9', '2', '0.0123', '-']
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    size = abs(value)
    if size >= 99.95 or value == round(value):
        return f"{value + 0.0:,.0f}"
    if size >= 0.001:
        return f"{value:.{_decimals(size, digits=3)}f}"
    return f"{value:.2g}"


def percent(value: float | None, decimals: int = 1) -> str:
    """Return a share, 0 to 1, as a percentage.

    Example
    -------
    >>> percent(0.98765)
    '98.8 %'
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{100 * value:.{decimals}f} %"


def interval(
    mean: float | None, low: float | None, *, high: float | None, decimals: int | None = None, same: str = "exactly"
) -> tuple[str, str]:
    """Return the mean and its interval with as many digits as the width of the interval supports.

    Parameters
    ----------
    mean, low, high : the figure; low and high are None where there is no interval.
    decimals : digits after the point, chosen by the interval by default.
    same : what stands in place of an interval without width.

    Example
    -------
    >>> interval(1234.5678, 1231.0, high=1238.1)
    ('1,234.6', '1,231.0 to 1,238.1')
    """
    if mean is None or low is None or high is None or not math.isfinite(mean + low + high):
        return number(mean), NOTHING
    if (high - low) / 2 <= 1e-12 * max(1.0, abs(mean)):
        return number(mean), same
    digits = interval_decimals(mean, low, high=high) if decimals is None else decimals
    return f"{mean:,.{digits}f}", f"{low:,.{digits}f} to {high:,.{digits}f}"


def interval_decimals(mean: float, low: float, *, high: float) -> int:
    """Return the digits after the point that a figure with this interval deserves.

    Two digits of the interval's width, but never more than five of the figure itself: nobody reads more.

    Parameters
    ----------
    mean, low, high : the figure, ``low`` below ``high``.
    """
    half = (high - low) / 2
    if half <= 0:
        return 0
    return min(6, _decimals(half, digits=2), _decimals(abs(mean) or half, digits=SIGNIFICANT_MAX))


def percent_interval(mean: float | None, low: float | None, *, high: float | None, same: str = "exactly") -> tuple[str, str]:
    """Return a share and its interval as percentages.

    Parameters
    ----------
    mean, low, high, same : as for ``interval``.

    Example
    -------
    >>> percent_interval(0.98, 0.979, high=0.981)
    ('98.00 %', '97.90 to 98.10 %')
    """
    if mean is None:
        return NOTHING, NOTHING
    if low is None or high is None:
        return percent(mean), NOTHING
    half = 50 * (high - low)
    if half <= 1e-10:
        return percent(mean), same
    decimals = min(2, max(1, _decimals(half, digits=2)))
    return percent(mean, decimals), f"{100 * low:.{decimals}f} to {100 * high:.{decimals}f} %"


def count(amount: int, noun: str) -> str:
    """Return an amount with its noun, in the plural where needed.

    Example
    -------
    >>> count(1, "site"), count(1200, "stock point")
    ('1 site', '1,200 stock points')
    """
    return amount_of(amount, noun)


def duration(seconds: float) -> str:
    """Return a time span for people.

    Example
    -------
    >>> [duration(value) for value in (0.0000124, 0.0834, 3.21, 75, 3700)]
    ['12.4 us', '83.4 ms', '3.21 s', '1 min 15 s', '1 h 1 min']
    """
    if seconds < 0.001:
        return f"{seconds * 1e6:.3g} us"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"


def _decimals(size: float, *, digits: int) -> int:
    """Return the decimals that show a number with so many significant digits."""
    return max(0, digits - 1 - math.floor(math.log10(size)))
