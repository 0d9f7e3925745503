"""The ripple of a disruption through the tiers of a chain: how late it arrives, how strong, how wide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_numbers, check_whole
from chaintwin.risk.resilience.curve import first_onset

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TierRipple:
    """What one tier feels of a disruption elsewhere; the site where it began is left out of its own tier.

    Parameters
    ----------
    tier : its number.
    site_count : sites of the tier.
    affected_count : those that fell below the tolerance at least once.
    onset_lag : periods from the onset at the origin to the first onset in the tier; negative if it fell earlier; None without
        both.
    peak_loss_ratio : largest share of the tier's baseline missing in a period, over the same of the origin; None if the origin
        never lost anything.
    order_amplification : largest relative deviation of the tier's orders from those without the disruption, over the largest loss
        of the origin; None without orders, or if the origin never lost anything.
    """

    tier: int
    site_count: int
    affected_count: int
    onset_lag: int | None
    peak_loss_ratio: float | None
    order_amplification: float | None


def ripple(
    performance: ArrayLike,
    baseline: ArrayLike,
    *,
    tiers: ArrayLike,
    origin: int,
    tolerance: float = 0.05,
    orders: ArrayLike | None = None,
    baseline_orders: ArrayLike | None = None,
) -> list[TierRipple]:
    """Return how a disruption that began at one site spread over the tiers.

    Parameters
    ----------
    performance : float[sites, periods], 0 or more; with the disruption.
    baseline : float[sites, periods], 0 or more; the same random numbers without it.
    tiers : int[sites]; number of each site's tier.
    origin : index of the site where the disruption began.
    tolerance : share of the baseline that may be missing without a site counting as affected, 0 to less than 1.
    orders, baseline_orders : float[sites, periods], 0 or more; orders placed with and without the disruption. None leaves them
        out.

    Returns
    -------
    One entry for each tier with a site other than the origin, in the order of their numbers.

    Raises
    ------
    UsageError : a number is out of its range, or shapes do not fit.

    Example
    -------
    >>> usual = [[10, 10, 10, 10], [20, 20, 20, 20]]
    >>> ripple([[10, 0, 10, 10], [20, 20, 15, 20]], usual, tiers=[1, 0], origin=0)[0].onset_lag
    1

    Source: definitions of METHODS 3.5; Dolgui, Ivanov & Sokolov 2018, "Ripple effect in the supply chain", for the notion.
    """
    values = check_numbers("performance", performance, low=0.0, dimensions=2)
    usual = _same_shape("baseline", baseline, values)
    numbers = check_numbers("tiers", tiers, size=values.shape[0])
    check_whole("origin", origin, high=values.shape[0] - 1)
    if (orders is None) != (baseline_orders is None):
        raise UsageError("orders, baseline_orders: found one of them; allowed: both or none")
    placed = None if orders is None else _same_shape("orders", orders, values)
    expected = None if baseline_orders is None else _same_shape("baseline_orders", baseline_orders, values)
    onsets = [first_onset(_ratio(values[site], usual[site]), tolerance) for site in range(values.shape[0])]
    origin_peak = _peak_loss(values[origin], usual[origin])
    found = []
    for number in np.unique(np.delete(numbers, origin)):
        sites = np.flatnonzero((numbers == number) & (np.arange(numbers.size) != origin))
        fallen = [onset for site in sites if (onset := onsets[site]) is not None]
        start = onsets[origin]
        peak = _peak_loss(values[sites].sum(axis=0), usual[sites].sum(axis=0))
        swing = None
        if placed is not None and expected is not None:
            swing = _peak_swing(placed[sites].sum(axis=0), expected[sites].sum(axis=0))
        found.append(
            TierRipple(
                tier=int(number),
                site_count=sites.size,
                affected_count=len(fallen),
                onset_lag=min(fallen) - start if fallen and start is not None else None,
                peak_loss_ratio=peak / origin_peak if origin_peak > 0 else None,
                order_amplification=swing / origin_peak if swing is not None and origin_peak > 0 else None,
            )
        )
    return found


def _same_shape(where: str, values: ArrayLike, like: Array) -> Array:
    found = check_numbers(where, values, low=0.0, dimensions=2)
    if found.shape != like.shape:
        raise UsageError(f"{where}: found an array of shape {found.shape}; allowed: {like.shape}, as performance")
    return found


def _ratio(values: Array, usual: Array) -> Array:
    return np.where(usual > 0, values / np.where(usual > 0, usual, 1.0), 1.0)


def _peak_loss(values: Array, usual: Array) -> float:
    return float(max(0.0, (1 - _ratio(values, usual)).max()))


def _peak_swing(placed: Array, expected: Array) -> float:
    """Return the largest deviation in a period over the mean of a period, so that a tier that orders in batches has one too."""
    mean = float(expected.mean())
    return float(np.abs(placed - expected).max()) / mean if mean > 0 else 0.0
