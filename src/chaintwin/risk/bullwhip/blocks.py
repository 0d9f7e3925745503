"""Intervals for ratios of variances of dependent series: the moving-block bootstrap, with a block length from the data."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.laws.checking import check_level, check_whole
from chaintwin.rng import check_seed, stream_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Resampling:
    """How an interval is drawn.

    Parameters
    ----------
    seed : from 0 to 2**64 - 1.
    resamples : how many series are drawn, 100 or more.
    confidence : share of such intervals that hold the truth, strictly between 0 and 1.
    block_length : periods (or buckets of them) that stay together; None takes `automatic_block_length`.

    Raises
    ------
    UsageError : a number is out of its range.
    """

    seed: int
    resamples: int = 2000
    confidence: float = 0.95
    block_length: int | None = None

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_whole("resamples", self.resamples, low=100, high=10_000_000)
        check_level("confidence", self.confidence)
        if self.block_length is not None:
            check_whole("block_length", self.block_length, low=1)


def automatic_block_length(values: Floats) -> int:
    """Return the block length that estimates the variance of a mean best.

    Parameters
    ----------
    values : Floats[n], a stationary series, n at least 2.

    Returns
    -------
    Whole number from 1 to a third of n (at least 1): n^(1/3) (2 G^2 / D)^(1/3) with D = 4/3 s^2, where s = sum of w(k/M) R(k),
    G = sum of w(k/M) |k| R(k) over lags k, R the autocovariance, w the flat-top lag window (1 up to a half, then falling to 0
    at one) and M twice the lag after which autocorrelations stay within 2 sqrt(log10 n / n).

    Example
    -------
    >>> automatic_block_length(np.repeat(np.array([0.0, 1.0, 5.0, 2.0, 4.0, 0.0, 3.0, 1.0]), 6)) > 3
    True

    Source: Politis & White 2004, section 3.2; Patton, Politis & White 2009, for the constant of moving blocks.
    """
    size = values.size
    highest = max(size // 3, 1)
    centered = values - values.mean()
    if not np.any(centered):
        return 1
    run = max(5, math.ceil(math.sqrt(math.log10(size))))
    lag_limit = min(math.ceil(math.sqrt(size)) + run, size - 1)
    covariance = np.array([centered[: size - lag] @ centered[lag:] for lag in range(lag_limit + 1)]) / size
    is_small = np.abs(covariance[1:] / covariance[0]) < 2 * math.sqrt(math.log10(size) / size)
    # The first lag after which `run` autocorrelations in a row are small; what lies beyond the limit counts as small.
    padded = np.concatenate([is_small, np.ones(run, dtype=np.bool_)])
    last = next(lag for lag in range(lag_limit + 1) if padded[lag : lag + run].all())
    reach = min(2 * max(last, 1), lag_limit)
    lags = np.arange(1, reach + 1)
    window = np.clip(2 * (1 - lags / reach), 0.0, 1.0)
    spectrum = covariance[0] + 2 * float(window @ covariance[lags])
    slope = 2 * float(window @ (lags * covariance[lags]))
    if spectrum <= 0:
        return highest
    length = (2 * slope**2 / (4 / 3 * spectrum**2) * size) ** (1 / 3)
    return int(min(max(math.ceil(length), 1), highest))


def variance_influence(demand: Floats, orders: Floats) -> Floats:
    """Return Floats[n], what each period adds to the logarithm of Var(orders) / Var(demand), to first order.

    Parameters
    ----------
    demand, orders : Floats[n], in step; neither is constant.

    Example
    -------
    >>> variance_influence(np.array([1.0, 3.0]), np.array([2.0, 8.0])).tolist()
    [0.0, 0.0]
    """
    parts = [(values - values.mean()) ** 2 / values.var() for values in (orders, demand)]
    influence: Floats = parts[0] - parts[1]
    return influence


def resampled_moments(demand: Floats, orders: Floats, *, length: int, resampling: Resampling) -> tuple[Floats, Floats]:
    """Return means and variances of series drawn in blocks, demand and orders of the same periods together.

    Parameters
    ----------
    demand, orders : Floats[n].
    length : of the blocks, 1 to n; the last block of a drawn series is cut so that it has n periods.
    resampling : seed and count.

    Returns
    -------
    Means and variances (ddof 1), each Floats[resamples, 2], demand first.

    Example
    -------
    >>> means, variances = resampled_moments(np.arange(9.0), np.ones(9), length=3, resampling=Resampling(seed=1, resamples=100))
    >>> means.shape, float(variances[:, 1].max())
    ((100, 2), 0.0)

    Source: Kuensch 1989, "The jackknife and the bootstrap for general stationary observations", section 2.
    """
    size = demand.size
    both = np.stack([demand, orders], axis=-1)
    middle = both.mean(axis=0)
    centered = both - middle
    powers = np.concatenate([centered, centered**2], axis=-1)
    # Sums of blocks are differences of running sums, so that a drawn series costs as much as it has blocks.
    running = np.concatenate([np.zeros((1, 4)), np.cumsum(powers, axis=0)])
    count, rest = divmod(size, length)
    sums = np.zeros((resampling.resamples, 4))
    for slot in range(count + (rest > 0)):
        span = length if slot < count else rest
        start = _starts(size - length + 1, slot=slot, resampling=resampling)
        sums += running[start + span] - running[start]
    mean = sums[:, :2] / size
    variance = np.maximum(sums[:, 2:] - size * mean**2, 0.0) / (size - 1)
    # What is left of a constant series is rounding.
    variance[variance < 1e-14 * np.maximum(centered.var(axis=0), middle**2)] = 0.0
    return mean + middle, variance


def percentile_interval(values: Floats, confidence: float) -> tuple[float, float]:
    """Return the central interval of drawn values; what could not be computed (NaN) is left out.

    Parameters
    ----------
    values : Floats[n]; infinite values count as larger than all others.
    confidence : strictly between 0 and 1.

    Example
    -------
    >>> percentile_interval(np.arange(1.0, 101.0), 0.9)
    (5.0, 95.0)
    """
    known = values[~np.isnan(values)]
    if known.size == 0:
        return math.nan, math.nan
    # No value is interpolated, because between a number and infinity there is nothing.
    tails = [round((1 - confidence) / 2, 12), round((1 + confidence) / 2, 12)]
    low, high = np.quantile(known, tails, method="inverted_cdf")
    return float(low), float(high)


def _starts(places: int, *, slot: int, resampling: Resampling) -> NDArray[np.int64]:
    """Return Integers[resamples]: where the block of one slot begins in each drawn series."""
    from chaintwin.rng_kernels import fill_uniform_kernel

    stream = stream_of(resampling.seed, "bullwhip blocks", entity="")
    uniforms = np.empty(resampling.resamples)
    fill_uniform_kernel(stream.key0, stream.key1, stream.low, 0, 0, slot, uniforms)
    return (uniforms * places).astype(np.int64)
