"""The resilience curve: what a series of performance says about a disruption and the recovery from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.laws.checking import check_number, check_numbers, check_whole

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ResilienceCurve:
    """Numbers of one disruption; periods count from the first of the series. None where there was no onset.

    Parameters
    ----------
    onset : first period below the limit, (1 - tolerance) of the baseline.
    recovery : first of the next ``window`` periods in a row that are not below it; None if that does not happen within the
        series.
    ttr : recovery - onset, None with it.
    depth : largest loss, as a share of the baseline; 0 without an onset.
    loss_area : losses from onset to recovery added up, in baselines times periods; to the end of the series without a recovery.
    resilience : 1 - loss_area / length of that time; 1 without an onset.
    rapidity : gain of performance per period from the first lowest period to the recovery, None without one.
    """

    onset: int | None
    recovery: int | None
    ttr: int | None
    depth: float
    loss_area: float
    resilience: float
    rapidity: float | None


def resilience_curve(performance: ArrayLike, baseline: ArrayLike, *, tolerance: float = 0.05, window: int = 1) -> ResilienceCurve:
    """Return the numbers of the resilience curve of a series.

    Parameters
    ----------
    performance : float[periods], 0 or more; units served, for instance.
    baseline : one number or float[periods], 0 or more; performance had nothing happened. A period with baseline 0 has lost
        nothing.
    tolerance : share of the baseline that may be missing without a disruption, 0 to less than 1.
    window : periods in a row that make a recovery, 1 or more.

    Returns
    -------
    The numbers. Performance above the baseline counts as a negative loss, so that work caught up within the disruption is
    credited.

    Raises
    ------
    UsageError : a number is out of its range, or the series differ in length.

    Example
    -------
    >>> series = [100, 100, 98, 60, 40, 45, 55, 70, 85, 96, 99, 94, 99, 100, 100]
    >>> found = resilience_curve(series, 100, window=2)
    >>> found.onset, found.recovery, found.ttr, found.depth, round(found.loss_area, 9), round(found.resilience, 6)
    (3, 9, 6, 0.6, 2.45, 0.591667)

    Source: Bruneau et al. 2003; Henry & Ramirez-Marquez 2012; METHODS 3.5.
    """
    ratio = performance_ratio(performance, baseline)
    check_whole("window", window, low=1)
    onset = first_onset(ratio, tolerance)
    if onset is None:
        return ResilienceCurve(None, None, None, depth=0.0, loss_area=0.0, resilience=1.0, rapidity=None)
    recovery = _first_recovery(ratio >= 1 - tolerance, onset, window=window)
    end = ratio.size if recovery is None else recovery
    lost = ratio[onset:end]
    area = float((1 - lost).sum())
    lowest = onset + int(np.argmin(lost))
    rapidity = None if recovery is None else float((ratio[recovery] - ratio[lowest]) / (recovery - lowest))
    return ResilienceCurve(
        onset=onset,
        recovery=recovery,
        ttr=None if recovery is None else recovery - onset,
        depth=float(1 - ratio[lowest]),
        loss_area=area,
        resilience=1 - area / (end - onset),
        rapidity=rapidity,
    )


def performance_ratio(performance: ArrayLike, baseline: ArrayLike) -> Array:
    """Return performance over baseline, float64[periods]; 1 where the baseline is 0.

    Raises
    ------
    UsageError : a number is negative, or the series differ in length.

    Example
    -------
    >>> performance_ratio([5, 0], [10, 0]).tolist()
    [0.5, 1.0]
    """
    values = check_numbers("performance", performance, low=0.0)
    spread = np.full(values.size, baseline) if np.ndim(baseline) == 0 else baseline
    wanted = check_numbers("baseline", spread, low=0.0, size=values.size)
    return np.where(wanted > 0, values / np.where(wanted > 0, wanted, 1.0), 1.0)


def first_onset(ratio: Array, tolerance: float) -> int | None:
    """Return the first period in which more than the tolerance is missing, None if there is none.

    Raises
    ------
    UsageError : the tolerance is not from 0 to less than 1.

    Example
    -------
    >>> first_onset(np.array([1.0, 0.96, 0.9]), 0.05)
    2
    """
    check_number("tolerance", tolerance, low=0.0, high=1.0, open_high=True)
    below = np.flatnonzero(ratio < 1 - tolerance)
    return int(below[0]) if below.size else None


def _first_recovery(is_well: NDArray[np.bool_], onset: int, *, window: int) -> int | None:
    if is_well.size < window:
        return None
    bad_before = np.concatenate([[0], np.cumsum(~is_well)])
    starts = np.flatnonzero(bad_before[onset + window :] == bad_before[onset:-window])
    return onset + int(starts[0]) if starts.size else None
