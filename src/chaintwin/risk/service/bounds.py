"""What rates of components say about the rate of all at once, however they depend on each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from chaintwin.laws.checking import check_numbers


@dataclass(frozen=True, slots=True)
class PerfectOrderBounds:
    """The rate of orders that meet every component.

    Parameters
    ----------
    independent : if components fail independently of each other.
    lower : least rate that any dependence gives: failures never fall on one order.
    upper : most: failures fall on the same orders.
    """

    independent: float
    lower: float
    upper: float


def perfect_order_bounds(component_rates: ArrayLike) -> PerfectOrderBounds:
    """Bound the rate of perfect orders by the rates of its components.

    Parameters
    ----------
    component_rates : share of orders that meet each component, Floats[n], 0 to 1.

    Returns
    -------
    The product; max(0, sum - (n - 1)); and the smallest. A count over orders lies between the latter two.

    Raises
    ------
    UsageError : there is none, or a rate is out of range.

    Example
    -------
    >>> bounds = perfect_order_bounds([0.9, 0.8])
    >>> round(bounds.independent, 12), round(bounds.lower, 12), bounds.upper
    (0.72, 0.7, 0.8)

    Source: Frechet 1935, "Generalisation du theoreme des probabilites totales".
    """
    rates = check_numbers("component_rates", component_rates, low=0.0, high=1.0)
    # What is missing to 1 adds up with less rounding than rates near 1 do.
    lower = max(0.0, 1.0 - math.fsum(1.0 - rates))
    return PerfectOrderBounds(float(np.prod(rates)), min(lower, float(rates.min())), float(rates.min()))
