"""Drift of forecasts, found at any time by bets against uniform PITs; the bound on false alarms needs no model.

Each bet multiplies its stake by a factor e of mean 1 while the PITs are independent and uniform:

- ``1 + tilt (2 p - 1)``: the forecasts are too low (tilt above 0) or too high;
- ``1 + bulge (6 p (1 - p) - 1)``: they are too wide (bulge above 0) or too narrow;
- ``exp(shift z - shift**2 / 2)`` with the normal score z of p, where asked for: they are off by so many standard deviations.
  These bets win fast where values are well off, as late shipments are.

The statistic of a bet is R = (1 + R) e, that of the detector the mean over all bets; R minus the number of values is then a
martingale, so that the mean number of values to an alarm at threshold c is at least c.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.laws.checking import check_number, check_numbers

Array = NDArray[np.float64]

STAKES = (-0.75, -0.5, -0.25, 0.25, 0.5, 0.75)
"""Stakes of METHODS 7.5: each on the tilt, and those from ``BULGE_LOW`` to 1 on the bulge too."""

BULGE_LOW = -0.5
"""The least stake on the bulge; its factor must not come near 0, where a single value would lose the whole stake."""

SHIFTS = (-1.5, -1.0, -0.5, 0.5, 1.0, 1.5)
"""Shifts, in standard deviations, for series whose law may move as a whole: lead times, prices."""

ALLOWANCE = 0.5
"""Of the CUSUMs that place a change: half a shift of one standard deviation."""

SCORE_END = 1e-6
"""PITs closer to 0 or 1 count as this far from it in the CUSUMs, so that a single one does not decide."""

END = 1e-9
"""PITs closer to 0 or 1 count as this far from it, so that their normal score is a number."""

WIDE = 1e-6
"""Ends that are closer together count as one place."""

LEAST_FACTOR = 1e-300
"""Stands for a factor of 0, which a stake of 1 can meet: all is lost, and the logarithm is still a number that can be stored."""


class DetectorState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a detector knows: plain numbers, to be stored and taken up again.

    Parameters
    ----------
    threshold : an alarm is raised when the statistic reaches it. stakes : as for `new_detector`.
    count : values seen since the detector started.
    logs : natural logarithm of R of each bet; None before the first value.
    sums : CUSUMs of the normal scores, up and down, and of their squares, up and down, with allowance ``ALLOWANCE``; 0 or more.
    starts : number of the value at which the present rise of each sum began, from 0.
    alarm : number of the value at which the threshold was first reached, or None.
    change : where the change began by the estimate at the alarm, or None.
    shifts : as for `new_detector`.
    """

    threshold: float
    stakes: tuple[float, ...]
    count: int = 0
    logs: tuple[float, ...] | None = None
    sums: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    starts: tuple[int, int, int, int] = (0, 0, 0, 0)
    alarm: int | None = None
    change: int | None = None
    shifts: tuple[float, ...] = ()

    @property
    def statistic(self) -> float:
        """Return the mean of R over the bets; infinite beyond the range of numbers."""
        if self.logs is None:
            return 0.0
        top = max(self.logs)
        log = top + math.log(math.fsum(math.exp(value - top) for value in self.logs) / len(self.logs))
        return math.exp(log) if log < 700.0 else math.inf

    @property
    def mean_time_bound(self) -> float:
        """Return the least mean number of values to a false alarm: the threshold."""
        return self.threshold

    @property
    def change_estimate(self) -> int:
        """Return the number of the value from which on the PITs have been off; ``count`` where they are not.

        It is that after the last 0 of the largest CUSUM (Page 1954), the same as `chaintwin.laws.sequential.change_point` gives.
        """
        return self.starts[int(np.argmax(self.sums))]


@dataclass(frozen=True, slots=True)
class DetectorPath:
    """A series of PITs as a detector sees it.

    Parameters
    ----------
    statistic : float64[n]; mean of R over the bets after each value.
    alarm : place of the first value at which the threshold was reached, or None.
    change : estimated place of the first value after the change, or None without an alarm.
    state : of the detector after the last value.
    """

    statistic: Array
    alarm: int | None
    change: int | None
    state: DetectorState


def new_detector(threshold: float, *, stakes: Iterable[float] = STAKES, shifts: Iterable[float] = ()) -> DetectorState:
    """Return a detector that has seen nothing.

    Parameters
    ----------
    threshold : least mean number of values between false alarms, more than 1.
    stakes : of the bets, from -1 to 1, at least one; those below ``BULGE_LOW`` are set on the tilt alone.
    shifts : of further bets, in standard deviations, up to 5 either way; ``SHIFTS`` for lead times.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> new_detector(500).mean_time_bound
    500.0
    """
    limit = check_number("threshold", threshold, low=1.0, open_low=True)
    given = tuple(check_numbers("stakes", tuple(stakes), low=-1.0, high=1.0).tolist())
    moves = tuple(shifts)
    return DetectorState(limit, given, shifts=tuple(check_numbers("shifts", moves, low=-5.0, high=5.0).tolist()) if moves else ())


def watch(state: DetectorState, pit: float) -> DetectorState:
    """Return a detector that has seen one more value.

    Parameters
    ----------
    state : before. pit : from 0 to 1, of a forecast whose horizon does not overlap that of the value before.

    Returns
    -------
    The state after; after an alarm it goes on, and ``alarm`` and ``change`` stay. Start anew once the model is mended.

    Raises
    ------
    UsageError : the value is out of its range.

    Example
    -------
    >>> round(watch(new_detector(20, stakes=(-0.75, -0.5, 0.5, 0.75)), 0.5).statistic, 9)
    1.053571429

    Source: Shin, Ramdas & Rinaldo 2024, "E-detectors: a nonparametric framework for sequential change detection", section 2;
    Vovk 2021, "Testing randomness online", for bets on p-values; Wald 1945 for the likelihood ratio of a shift.
    """
    value = check_number("pit", pit, low=0.0, high=1.0)
    factors = _factors(state, value)
    logs = state.logs or (-math.inf,) * len(factors)
    # log of (1 + R) e, of a logarithm of R that may be of any size.
    after_logs = tuple(
        math.log(max(factor, LEAST_FACTOR)) + (log + math.log1p(math.exp(-log)) if log > 0 else math.log1p(math.exp(log)))
        for factor, log in zip(factors, logs, strict=True)
    )
    score = _NORMAL.inv_cdf(min(max(value, SCORE_END), 1 - SCORE_END))
    square = (score * score - 1) / math.sqrt(2)
    risen = [total + move - ALLOWANCE for total, move in zip(state.sums, (score, -score, square, -square), strict=True)]
    starts = [start if total > 0 else state.count + 1 for start, total in zip(state.starts, risen, strict=True)]
    after = msgspec.structs.replace(
        state,
        count=state.count + 1,
        logs=after_logs,
        sums=tuple(max(0.0, total) for total in risen),
        starts=tuple(starts),
    )
    if after.alarm is None and after.statistic >= after.threshold:
        # The alarm itself is the latest that a change can be seen from.
        at = min(after.change_estimate, state.count)
        return msgspec.structs.replace(after, alarm=state.count, change=at)
    return after


def watch_all(state: DetectorState, pits: ArrayLike) -> DetectorPath:
    """Return what a detector makes of a series of values.

    Parameters
    ----------
    state : before the first of them. pits : float[n], 0 to 1.

    Raises
    ------
    UsageError : there is none, or a value is out of its range.

    Example
    -------
    >>> path = watch_all(new_detector(20), [0.9, 0.95, 0.85, 0.99, 0.92, 0.97, 0.9, 0.96])
    >>> path.alarm, path.change
    (7, 0)
    """
    values = check_numbers("pits", pits, low=0.0, high=1.0)
    statistic = np.empty(values.size)
    for place, value in enumerate(values.tolist()):
        state = watch(state, value)
        statistic[place] = state.statistic
    return DetectorPath(statistic, state.alarm, state.change, state)


def watch_together(
    state: DetectorState,
    series: Sequence[ArrayLike],
    *,
    highs: Sequence[ArrayLike] | None = None,
    weights: Sequence[ArrayLike] | None = None,
) -> list[DetectorPath]:
    """Return what detectors of one kind make of many series, each of its own; much faster than one by one.

    Parameters
    ----------
    state : of a detector that has seen nothing. series : of each, float[n], 0 to 1; lengths may differ.
    highs : where values of few kinds leave open where they lie, the upper ends; ``series`` are then the lower ones, and each bet
        pays its mean in between. Its mean stays 1, without the noise of numbers that break ties.
    weights : 0 to 1, how much each value can tell, known before it comes: R = (weight + R) e. R minus the sum of the weights is
        a martingale, so that the mean number of values to a false alarm is at least the threshold still, and values that can
        tell nothing never raise one. 1 by default.

    Returns
    -------
    A path for each series, as `watch_all` gives it, but for the state after the last value, which is that before the first.

    Raises
    ------
    UsageError : a series has no value, or a value is out of its range.

    Example
    -------
    >>> early, late = watch_together(new_detector(20), [[0.9, 0.95, 0.85, 0.99, 0.92, 0.97, 0.9, 0.96], [0.5, 0.4]])
    >>> (early.alarm, early.change), late.alarm
    ((7, 0), None)
    """
    rows = [check_numbers("pits", pits, low=0.0, high=1.0) for pits in series]
    if not rows:
        return []
    lengths = np.array([row.size for row in rows])
    tables = np.full((2, len(rows), int(lengths.max())), 0.5)
    for number, row in enumerate(rows):
        upper = row if highs is None else check_numbers("highs", highs[number], low=0.0, high=1.0, size=row.size)
        tables[0, number, : row.size], tables[1, number, : row.size] = row, np.maximum(row, upper)
    told = np.ones(tables.shape[1:])
    for number, row in enumerate(rows if weights is not None else ()):
        assert weights is not None
        told[number, : row.size] = check_numbers("weights", weights[number], low=0.0, high=1.0, size=row.size)
    statistics, alarms, changes = _followed(state, tables, told=told, lengths=lengths)
    return [
        DetectorPath(
            statistics[number, : row.size],
            None if alarms[number] < 0 else int(alarms[number]),
            None if alarms[number] < 0 else int(changes[number]),
            state,
        )
        for number, row in enumerate(rows)
    ]


def _followed(
    state: DetectorState, tables: Array, *, told: Array, lengths: NDArray[np.int64]
) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Return statistics of all rows, and of each the place of its alarm and of its change, -1 without an alarm."""
    from scipy.special import logsumexp, ndtri

    _, count, length = tables.shape
    tilts = np.array(state.stakes)
    bulges = tilts[tilts >= BULGE_LOW]
    shifts = np.array(state.shifts)
    logs = np.full((count, tilts.size + bulges.size + shifts.size), -np.inf)
    statistics = np.empty((count, length))
    sums, starts = np.zeros((4, count)), np.zeros((4, count), dtype=np.int64)
    alarms, changes = np.full(count, -1), np.full(count, -1)
    everyone = np.arange(count)
    for place in range(length):
        lows, highs = tables[0, :, place, None], tables[1, :, place, None]
        pits = (lows + highs) / 2
        # The mean of 6 p (1 - p) between two ends lies below that of the middle by half the square of their distance.
        tilt, bulge = 2 * pits - 1, 6 * pits * (1 - pits) - 1 - (highs - lows) ** 2 / 2
        factors = np.concatenate([1 + tilts * tilt, 1 + bulges * bulge, _moved(shifts, lows, highs=highs)], axis=1)
        with np.errstate(divide="ignore"):
            logs = np.log(np.maximum(factors, LEAST_FACTOR)) + np.logaddexp(np.log(told[:, place, None]), logs)
        log = logsumexp(logs, axis=1) - math.log(logs.shape[1])
        statistics[:, place] = np.exp(np.minimum(log, 700.0))
        near = ndtri(np.clip(pits[:, 0], SCORE_END, 1 - SCORE_END))
        square = (near * near - 1) / math.sqrt(2)
        risen = sums + np.stack([near, -near, square, -square]) - ALLOWANCE
        starts = np.where(risen > 0, starts, place + 1)
        sums = np.maximum(risen, 0.0)
        raised = (alarms < 0) & (place < lengths) & (log >= math.log(state.threshold))
        alarms[raised] = place
        changes[raised] = np.minimum(starts[sums.argmax(axis=0), everyone], place)[raised]
    return statistics, alarms, changes


def _moved(shifts: Array, lows: Array, *, highs: Array) -> Array:
    """Return the mean of exp(shift z - shift² / 2) between two ends, float64[rows, shifts]."""
    from scipy.special import ndtr, ndtri

    low, high = (ndtri(np.clip(ends, END, 1 - END)) for ends in (lows, highs))
    wide = (highs - lows) > WIDE
    between = np.where(wide, highs - lows, 1.0)
    # The ends themselves are far out where they are 0 and 1.
    above = np.where(highs >= 1.0, 1.0, ndtr(high - shifts))
    below = np.where(lows <= 0.0, 0.0, ndtr(low - shifts))
    middle = ndtri(np.clip((lows + highs) / 2, END, 1 - END))
    return np.asarray(np.where(wide, (above - below) / between, np.exp(shifts * middle - shifts**2 / 2)))


def _factors(state: DetectorState, pit: float) -> list[float]:
    tilt, bulge = 2 * pit - 1, 6 * pit * (1 - pit) - 1
    found = [1 + stake * tilt for stake in state.stakes] + [1 + stake * bulge for stake in state.stakes if stake >= BULGE_LOW]
    if state.shifts:
        score = _NORMAL.inv_cdf(min(max(pit, END), 1 - END))
        found += [math.exp(shift * score - shift * shift / 2) for shift in state.shifts]
    return found


_NORMAL = NormalDist()
