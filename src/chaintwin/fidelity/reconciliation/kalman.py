"""One stock, seen through its books and its counts: what is likely there, how sure that is, and how fast the two drift apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, check_numbers

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StockBelief:
    """What is believed of a stock: normal with this mean and variance.

    Parameters
    ----------
    mean : in units. variance : in units squared, 0 or more.
    """

    mean: float
    variance: float

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the central interval of the given probability.

        Example
        -------
        >>> [round(end, 1) for end in StockBelief(460.0, 34.0).interval()]
        [448.6, 471.4]
        """
        from scipy.special import ndtri

        reach = float(ndtri((1 + confidence) / 2)) * math.sqrt(self.variance)
        return self.mean - reach, self.mean + reach


@dataclass(frozen=True, slots=True)
class StockPath:
    """A stock followed through time.

    Parameters
    ----------
    mean, variance : float64[n]; belief at the end of each period, its count included.
    surprise : float64[n]; count less what was expected, in standard deviations of the two together; NaN without a count.
    log_likelihood : of all counts, given the noise.
    """

    mean: Array
    variance: Array
    surprise: Array
    log_likelihood: float

    @property
    def last(self) -> StockBelief:
        """Return the belief at the end."""
        return StockBelief(float(self.mean[-1]), float(self.variance[-1]))


def book(belief: StockBelief, net_flow: float, *, noise: float, shrinkage: float = 0.0) -> StockBelief:
    """Return the belief after what was booked in a period.

    Parameters
    ----------
    belief : before. net_flow : received less issued, in units. noise : variance of what goes unbooked in a period, 0 or more.
    shrinkage : mean of what goes missing unbooked in a period, in units.

    Example
    -------
    >>> book(StockBelief(500, 25), -40, noise=9)
    StockBelief(mean=460.0, variance=34.0)

    Source: Kalman 1960, the prediction.
    """
    check_number("noise", noise, low=0.0)
    flow = check_number("net_flow", net_flow) - check_number("shrinkage", shrinkage)
    return StockBelief(float(belief.mean + flow), float(belief.variance + noise))


def count(belief: StockBelief, counted: float, *, error: float) -> StockBelief:
    """Return the belief after a count.

    Parameters
    ----------
    belief : before. counted : in units. error : variance of a count, 0 or more; with 0 the count is the truth.

    Example
    -------
    >>> after = count(StockBelief(485, 52), 470, error=16)
    >>> round(after.mean, 6), round(after.variance, 6)
    (473.529412, 12.235294)

    Source: Kalman 1960, the update.
    """
    check_number("error", error, low=0.0)
    check_number("counted", counted)
    total = belief.variance + error
    if total == 0:
        # Two certainties: the later one holds.
        return StockBelief(float(counted), 0.0)
    gain = belief.variance / total
    return StockBelief(belief.mean + gain * (counted - belief.mean), (1 - gain) * belief.variance)


def follow(
    start: StockBelief,
    net_flows: ArrayLike,
    *,
    counts: Sequence[float | None],
    noise: float,
    error: float,
    shrinkage: float = 0.0,
) -> StockPath:
    """Follow a stock through booked flows and occasional counts.

    Parameters
    ----------
    start : belief before the first period. net_flows : float[n], received less issued of each period, in units.
    counts : what was counted at the end of each period, None where nothing was.
    noise, shrinkage : as for `book`. error : as for `count`.

    Raises
    ------
    UsageError : lengths differ, or a number is out of its range.

    Example
    -------
    >>> path = follow(StockBelief(500, 25), [-40, 60, -35], counts=[None, None, 470], noise=9, error=16)
    >>> path.mean.round(6).tolist(), path.variance.round(6).tolist()
    ([460.0, 520.0, 473.529412], [34.0, 43.0, 12.235294])

    Source: Kalman 1960; log-likelihood by the prediction errors, Harvey 1989, equation 3.4.5.
    """
    flows = check_numbers("net_flows", net_flows)
    if len(counts) != flows.size:
        raise UsageError(f"counts: found {len(counts)}; allowed: one, or None, for each of the {flows.size} periods")
    mean, variance, surprise = np.empty(flows.size), np.empty(flows.size), np.full(flows.size, math.nan)
    belief, likelihood = start, 0.0
    for place, (flow, counted) in enumerate(zip(flows.tolist(), counts, strict=True)):
        belief = book(belief, flow, noise=noise, shrinkage=shrinkage)
        if counted is not None:
            total, gap = belief.variance + error, check_number(f"counts[{place}]", counted) - belief.mean
            if total > 0:
                surprise[place] = gap / math.sqrt(total)
                likelihood -= 0.5 * (math.log(2 * math.pi * total) + surprise[place] ** 2)
            belief = count(belief, counted, error=error)
        mean[place], variance[place] = belief.mean, belief.variance
    return StockPath(mean, variance, surprise, likelihood)


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """How books and stock drift apart.

    Parameters
    ----------
    noise : variance of what goes unbooked in a period, in units squared. mean : units that go missing in a period.
    count : number of counts it stands on, the first not counted.
    """

    noise: float
    mean: float
    count: int


def fit_shrinkage(net_flows: ArrayLike, *, counts: Sequence[float | None], error: float) -> Shrinkage:
    """Return the most likely drift between books and stock, from at least three counts.

    Parameters
    ----------
    net_flows, counts : as for `follow`. error : variance of a count, 0 or more.

    Returns
    -------
    Noise and mean of largest likelihood; the noise is 0 where errors of counts explain all differences.

    Raises
    ------
    UsageError : fewer than three counts, lengths differ, or a number is out of its range.

    Example
    -------
    >>> fit_shrinkage([-1] * 6, counts=[99, 97, 97, 94, 94, 92], error=0.0).mean
    0.4

    Source: maximum likelihood by prediction errors, Harvey 1989, section 3.4; the mean by generalized least squares.
    """
    from scipy import linalg, optimize

    flows = check_numbers("net_flows", net_flows)
    check_number("error", error, low=0.0)
    if len(counts) != flows.size:
        raise UsageError(f"counts: found {len(counts)}; allowed: one, or None, for each of the {flows.size} periods")
    seen = [(place, counted) for place, counted in enumerate(counts) if counted is not None]
    places = [place for place, _ in seen]
    if len(places) < 3:
        raise UsageError(f"counts: found {len(places)}; allowed: at least 3")
    booked = np.cumsum(flows)[places]
    gaps = np.diff(check_numbers("counts", [counted for _, counted in seen]) - booked)
    spans = np.diff(places).astype(np.float64)
    # Gaps between counts share a count with their neighbors: covariance tridiagonal in the error of counts.
    beside = np.full(gaps.size, -error)

    def solve(noise: float) -> tuple[float, float]:
        root = linalg.cholesky_banded(np.vstack([beside, noise * spans + 2 * error]))
        weighted = linalg.cho_solve_banded((root, False), np.column_stack([gaps, spans]))
        mean = float((spans @ weighted[:, 0]) / (spans @ weighted[:, 1]))
        left, weighted_left = gaps - mean * spans, weighted[:, 0] - mean * weighted[:, 1]
        return float(np.log(root[1]).sum() + 0.5 * left @ weighted_left), mean

    scale = float((gaps**2 / spans).mean()) + error
    if scale == 0:
        return Shrinkage(0.0, 0.0, len(places) - 1)
    if error == 0:
        mean = float(gaps.sum() / spans.sum())
        return Shrinkage(float(((gaps - mean * spans) ** 2 / spans).mean()), 0.0 - mean, len(places) - 1)
    low = 1e-9 * scale
    found = optimize.minimize_scalar(
        lambda log: solve(math.exp(log))[0],
        bounds=(math.log(low), math.log(10 * scale)),
        method="bounded",
        options={"xatol": 1e-9},
    )
    noise = math.exp(float(found.x))
    noise = 0.0 if solve(low)[0] <= float(found.fun) else noise
    return Shrinkage(noise, 0.0 - solve(max(noise, low))[1], len(places) - 1)
