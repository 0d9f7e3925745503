"""The continuous ranked probability score: how far a whole forecast was from what came about, in the unit of the value."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, check_numbers, check_whole

Array = NDArray[np.float64]


def crps_sample(members: ArrayLike, observed: float, *, fair: bool = False) -> float:
    """Return the CRPS of an ensemble: mean |X - y| less half the mean distance of its members.

    Parameters
    ----------
    members : float[m], at least one; two for the fair score.
    observed : what came about.
    fair : score the law that the members are drawn from instead of their own empirical one: the distance is then the mean over
        pairs of different members, and small ensembles are not punished for being small.

    Returns
    -------
    0 or more, in the unit of the value (the fair score may be below 0); lower is better.

    Raises
    ------
    UsageError : no members, or a number that is not finite.

    Example
    -------
    >>> round(crps_sample([8, 10, 11, 12, 15, 19], 13.0), 6), round(crps_sample([8, 10, 11, 12, 15, 19], 13.0, fair=True), 6)
    (1.194444, 0.8)

    Source: Gneiting & Raftery 2007, equation 21; Ferro 2014 for the fair score.
    """
    values = np.sort(check_numbers("members", members))
    check_number("observed", observed)
    count = values.size
    # Distances do not depend on where zero is; near the values sums of them keep their digits.
    middle = values[count // 2]
    values, observed = values - middle, observed - middle
    if fair and count < 2:
        raise UsageError("members: found 1; allowed: 2 or more for the fair score")
    # The sum of |Xi - Xj| over all ordered pairs, from the sorted members.
    distances = 2.0 * float(np.dot(2 * np.arange(count) - count + 1, values))
    pairs = count * (count - 1) if fair else count * count
    score = float(np.abs(values - observed).mean()) - distances / (2 * pairs)
    return score if fair else max(score, 0.0)


def crps_normal(mean: float, sd: float, *, observed: float) -> float:
    """Return the CRPS of a normal forecast.

    Parameters
    ----------
    mean, sd : of the forecast; sd above 0. observed : what came about.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(crps_normal(100, 15, observed=120), 6)
    12.80901

    Source: Gneiting, Raftery, Westveld & Goldman 2005, equation 5.
    """
    check_number("mean", mean)
    check_number("sd", sd, low=0.0, open_low=True)
    z = (check_number("observed", observed) - mean) / sd
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return sd * (z * math.erf(z / math.sqrt(2)) + 2 * density - 1 / math.sqrt(math.pi))


def skill(score: float, reference: float) -> float:
    """Return how much better a mean score is than that of a reference: 1 - score / reference.

    Parameters
    ----------
    score, reference : mean scores over the same values, 0 or more.

    Returns
    -------
    1 for a perfect forecast, 0 for one as good as the reference, below 0 for a worse one. Where the reference is perfect: 0 if
    the forecast is too, else minus infinity.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(skill(6.2, 10.0), 6)
    0.38
    """
    check_number("score", score, low=0.0)
    check_number("reference", reference, low=0.0)
    if reference == 0:
        return 0.0 if score == 0 else -math.inf
    return 1 - score / reference


def naive_ensemble(history: ArrayLike, horizon: int, *, season: int = 1) -> Array:
    """Return the forecast that knows only the past of a series: its last value, and how far it went from there before.

    Parameters
    ----------
    history : float[n], the series up to now, oldest first; at least one season.
    horizon : periods ahead, 1 or more.
    season : length of the season in periods; 1 for persistence.

    Returns
    -------
    float64[m]: the value at the same place of the last season seen, plus each past difference over that distance, of the last
    512 at most. With too little history for a difference, that one value alone.

    Raises
    ------
    UsageError : too few values, or a number out of its range.

    Example
    -------
    >>> naive_ensemble([10, 12, 11, 13], 1).tolist()
    [15.0, 12.0, 15.0]

    Source: seasonal naive method, Hyndman & Athanasopoulos 2021, section 5.2, with empirical differences.
    """
    series = check_numbers("history", history)
    check_whole("horizon", horizon, low=1)
    check_whole("season", season, low=1)
    if series.size < season:
        raise UsageError(f"history: found {series.size} values; allowed: at least one season, {season}")
    distance = season * math.ceil(horizon / season)
    last = series[series.size - 1 + horizon - distance]
    if series.size <= distance:
        return np.array([last])
    return np.asarray(last + (series[distance:] - series[:-distance])[-512:])
