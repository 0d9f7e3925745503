"""Whether shipments of a lane overtake each other: the mode of METHODS 1.4 that its history speaks for.

If each shipment has a lead time of its own (crossing), the lead times could be handed round among the shipments, and as many
pairs would arrive out of order as do. Fewer than that, by a test that needs no law, means that something keeps them in order:
either nothing overtakes (fifo), or each period draws an age and all that is older arrives (kaplan). Which of the two, the
likelihood says; each is given the law that suits it best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_level, check_numbers, check_whole
from chaintwin.laws.fits.intervals import NO_BOUND, IntervalFit, fit_intervals
from chaintwin.network.graph import LeadMode
from chaintwin.rng import uniform_table

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

SHIPMENTS_MOST = 1_000
"""The latest so many shipments are tested; more would tell no more of the lane as it is now."""

PAIRS_LEAST = 2.0
"""With fewer expected pairs out of order the modes give the same arrivals, and nothing can be decided."""


@dataclass(frozen=True, slots=True)
class CrossingTest:
    """What the history of a lane says of its mode.

    Parameters
    ----------
    mode : that it speaks for; crossing where it cannot tell.
    is_decided : whether it can tell: enough pairs could have arrived out of order.
    share : of pairs of shipments that arrived out of order, 0 to 1.
    expected_share : that independent draws would give. pairs : of shipments that started at different times.
    statistic : share less the expected one, in standard deviations of independent draws; far below 0 means order is kept.
    p_value : probability of so few pairs out of order under independent draws.
    fifo, kaplan : laws of what is drawn in the two modes, with their likelihoods; None unless order is kept.
    shipments : that arrived and were tested.
    """

    mode: LeadMode
    is_decided: bool
    share: float
    expected_share: float
    pairs: int
    statistic: float
    p_value: float
    fifo: IntervalFit | None
    kaplan: IntervalFit | None
    shipments: int


def check_crossing(
    started: ArrayLike, arrived: ArrayLike, *, seed: int, lane: str = "", level: float = 0.01, rounds: int = 499
) -> CrossingTest:
    """Test whether shipments of a lane overtake each other as independent draws would.

    Parameters
    ----------
    started : float[n], period of each start. arrived : float[n], period of each arrival, not before the start; NaN for what is
        still out. Broken periods count for the order; the two laws are of whole periods.
    seed, lane : of the random numbers that hand lead times round.
    level : probability of taking independent draws for kept order, between 0 and 1. rounds : how often they are handed round.

    Returns
    -------
    The test, and the laws of the two modes that keep order. Shipments that started so late that only quick ones have arrived
    are left out.

    Raises
    ------
    UsageError : lengths differ, a number is out of its range, or an arrival is before its start.

    Example
    -------
    >>> starts = list(range(40))
    >>> found = check_crossing(starts, [s + 5 + 3 * (s % 2) for s in starts], seed=7)
    >>> found.mode.name, round(found.share, 3), round(found.expected_share, 3)
    ('CROSSING', 0.024, 0.025)

    Source: METHODS 1.4 and 7.1; permutation test, Fisher 1935; the modes are those of Kaplan 1970 and of queues in order.
    """
    starts, ends = _tested(started, arrived)
    check_level("level", level)
    check_whole("rounds", rounds, low=19, high=100_000)
    count = starts.size
    if count < 3:
        return CrossingTest(LeadMode.CROSSING, False, 0.0, 0.0, 0, 0.0, 1.0, None, None, count)
    leads = ends - starts
    reach = _reach(starts, leads)
    pairs = _pair_count(starts)
    observed = _out_of_order(starts, ends[None, :], reach=reach)[0]
    keys = uniform_table(seed, "crossing", entity=lane, count=rounds, slots=count)
    handed = leads[np.argsort(keys, axis=0).T]
    counts = _out_of_order(starts, starts + handed, reach=reach)
    mean, spread = float(counts.mean()), float(counts.std(ddof=1))
    p_value = (1 + int((counts <= observed).sum())) / (rounds + 1)
    statistic = 0.0 if spread == 0 else (float(observed) - mean) / spread
    is_decided = mean >= PAIRS_LEAST and spread > 0
    keeps_order = is_decided and p_value <= level and observed < mean / 2
    fifo = kaplan = None
    mode = LeadMode.CROSSING
    if keeps_order:
        fifo, kaplan = fit_fifo(starts, ends), fit_kaplan(starts, ends)
        mode = LeadMode.FIFO if fifo.log_likelihood >= kaplan.log_likelihood else LeadMode.KAPLAN
    share, expected = float(observed) / max(pairs, 1), mean / max(pairs, 1)
    return CrossingTest(mode, is_decided, share, expected, pairs, statistic, p_value, fifo, kaplan, count)


def fit_fifo(started: ArrayLike, arrived: ArrayLike, *, until: int | None = None) -> IntervalFit:
    """Return the law of the lead time that is drawn where nothing overtakes.

    A shipment that arrives with the one before it may have been quicker by any amount: its draw is only known to be no longer.
    The first that is out has a draw that is not over; those behind it wait for it, whatever theirs is.

    Parameters
    ----------
    started, arrived : float[n], periods; those out of order are taken to wait for the ones before, those of one period are one
        draw and have come when the last of them has. NaN for what is out; only what started behind all that came counts.
    until : period whose arrivals are not known yet; None where nothing is out.

    Returns
    -------
    The pmf of largest likelihood in whole periods.

    Example
    -------
    >>> str(fit_fifo([0, 1, 2], [5, 5, 6]).law)
    'pmf(4:0.666666667, 5:0.333333333)'

    Source: arrival = running maximum (METHODS 1.4); Turnbull 1976.
    """
    return fit_intervals(*fifo_bounds(started, arrived, until=until))


def fit_kaplan(started: ArrayLike, arrived: ArrayLike, *, until: int | None = None) -> IntervalFit:
    """Return the law of the age that is drawn each period where everything that is as old arrives.

    The age of a period lies above that of the oldest shipment that stays out and is at most that of the youngest that arrives.

    Parameters
    ----------
    started, arrived, until : as for `fit_fifo`.

    Returns
    -------
    The pmf of largest likelihood in whole periods.

    Example
    -------
    >>> str(fit_kaplan([0, 1, 2, 3], [5, 5, 6, 8]).law)
    'pmf(4:0.5, 5:0.5)'

    Source: Kaplan 1970, "A dynamic inventory model with stochastic lead times"; Turnbull 1976.
    """
    return fit_intervals(*kaplan_bounds(started, arrived, until=until))


def fifo_bounds(started: ArrayLike, arrived: ArrayLike, *, until: int | None = None) -> tuple[Whole, Whole]:
    """Return the least and the largest lead time that each start can have drawn, as `fit_fifo` reads them; -1 for no bound.

    Example
    -------
    >>> [bound.tolist() for bound in fifo_bounds([0, 1, 2], [5, 5, 6])]
    [[5, 0, 4], [5, 4, 4]]
    >>> [bound.tolist() for bound in fifo_bounds([0, 3, 4], [5, float("nan"), float("nan")], until=30)]
    [[5, 27], [5, -1]]
    """
    starts, ends, out = _by_period(started, arrived)
    lows, highs = ends - starts, ends - starts
    before = np.concatenate([[NO_BOUND], ends[:-1]])
    lows = np.where(ends == before, 0, lows)
    # Shipments of one start are one draw in the engine.
    first = np.concatenate([[True], np.diff(starts) > 0])
    lows, highs = lows[first], highs[first]
    if out.size and until is not None and until > out[0]:
        lows, highs = np.append(lows, until - out[0]), np.append(highs, NO_BOUND)
    return lows, highs


def kaplan_bounds(started: ArrayLike, arrived: ArrayLike, *, until: int | None = None) -> tuple[Whole, Whole]:
    """Return the least and the largest age that each period can have drawn, as `fit_kaplan` reads them; -1 for no bound.

    Example
    -------
    >>> [bound.tolist() for bound in kaplan_bounds([0, 1], [2, 2])]
    [[1, 2, 0], [-1, -1, 1]]
    """
    starts, ends, out = _by_period(started, arrived)
    last = int(ends[-1]) + 1
    if out.size and until is not None:
        last = max(last, until)
        starts, ends = np.append(starts, out), np.append(ends, np.full(out.size, last))
    lows, highs = [], []
    for period in range(int(starts[0]), last):
        coming = starts[(ends == period) & (starts <= period)]
        staying = starts[(ends > period) & (starts <= period)]
        if not coming.size and not staying.size:
            continue
        lows.append(period - int(staying.min()) + 1 if staying.size else 0)
        highs.append(period - int(coming.max()) if coming.size else NO_BOUND)
    return np.array(lows, dtype=np.int64), np.array(highs, dtype=np.int64)


def _tested(started: ArrayLike, arrived: ArrayLike) -> tuple[Array, Array]:
    """Check, and return starts in order and their arrivals, of shipments that are old enough to have arrived."""
    starts = check_numbers("started", started)
    ends = np.array(arrived, dtype=np.float64)
    if ends.shape != starts.shape or np.isinf(ends).any():
        raise UsageError(f"arrived: found an array of shape {ends.shape}; allowed: {starts.size} periods, NaN for what is out")
    is_bad = ends < starts
    if is_bad.any():
        place = int(np.flatnonzero(is_bad)[0])
        raise UsageError(f"arrived[{place}]: found {ends[place]:g}; allowed: its start, {starts[place]:g}, or later")
    came = ~np.isnan(ends)
    if not came.any():
        return starts[:0], ends[:0]
    if not came.all():
        # Of late starts only quick ones have come; what started within the longest usual lead of the end is left out.
        usual = float(np.quantile(ends[came] - starts[came], 0.95))
        came &= starts <= max(float(starts.max()), float(ends[came].max())) - usual
    order = np.argsort(starts[came], kind="stable")[-SHIPMENTS_MOST:]
    return starts[came][order], ends[came][order]


def _reach(starts: Array, leads: Array) -> int:
    """Return how many places apart two shipments can be and still change order."""
    last = np.searchsorted(starts, starts + (leads.max() - leads.min()), side="left")
    return int((last - np.arange(starts.size)).max())


def _pair_count(starts: Array) -> int:
    _, same = np.unique(starts, return_counts=True)
    return math.comb(starts.size, 2) - sum(math.comb(int(size), 2) for size in same)


def _out_of_order(starts: Array, ends: Array, *, reach: int) -> Whole:
    """Return for each row of arrivals how many pairs of different starts arrive out of order."""
    total = np.zeros(ends.shape[0], dtype=np.int64)
    for apart in range(1, reach + 1):
        differs = starts[apart:] > starts[:-apart]
        total += ((ends[:, apart:] < ends[:, :-apart]) & differs).sum(axis=1)
    return total


def _by_period(started: ArrayLike, arrived: ArrayLike) -> tuple[Whole, Whole, Whole]:
    """Return whole periods of starts and arrivals, in the order of starts, and the starts behind them that are out.

    No arrival is before that of an earlier start, and what started in one period arrives in one.
    """
    begun = np.floor(check_numbers("started", started)).astype(np.int64)
    came = ~np.isnan(np.asarray(arrived, dtype=np.float64))
    if came.shape != begun.shape or not came.any():
        raise UsageError(f"arrived: found {came.sum()} arrivals of {begun.size} starts; allowed: 1 or more, NaN for what is out")
    starts = begun[came]
    ends = np.floor(check_numbers("arrived", np.asarray(arrived)[came])).astype(np.int64)
    order = np.lexsort((ends, starts))
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    # The last of a start has the latest arrival.
    ends = ends[np.searchsorted(starts, starts, side="right") - 1]
    return starts, ends, np.unique(begun[~came & (begun > starts[-1])])
