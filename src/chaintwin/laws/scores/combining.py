"""Probabilities of several tests as one that holds however the tests depend on each other."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from chaintwin.laws.checking import check_level, check_numbers, check_whole


def combined_p(p_values: ArrayLike) -> float:
    """Return a probability for several tests at once: their harmonic mean times e ln k, at most 1.

    It holds for any dependence between the tests, such as between stock points that share their demand; for two tests the factor
    is 2, for one it is 1.

    Parameters
    ----------
    p_values : float[k], 0 to 1, at least one.

    Raises
    ------
    UsageError : there is none, or a number is out of its range.

    Example
    -------
    >>> combined_p([0.04]), combined_p([0.04, 0.04]), round(combined_p([1e-6] + [0.5] * 19), 6)
    (0.04, 0.08, 0.000163)

    Source: Vovk & Wang 2020, "Combining p-values via averaging", Biometrika 107, section 5.
    """
    values = check_numbers("p_values", p_values, low=0.0, high=1.0)
    count = values.size
    if (values == 0.0).any():
        return 0.0
    factor = 1.0 if count == 1 else 2.0 if count == 2 else math.e * math.log(count)
    return min(1.0, factor * count / float((1.0 / values).sum()))


def coverage_p(inside: int, size: int, *, nominal: float) -> float:
    """Return the exact probability of a share inside so far from the nominal one, on either side.

    Parameters
    ----------
    inside : values that were inside. size : of how many, 1 or more. nominal : probability to be inside, between 0 and 1.

    Returns
    -------
    Twice the smaller tail of the binomial law, at most 1.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(coverage_p(0, 1, nominal=0.9), 6), coverage_p(9, 10, nominal=0.9)
    (0.2, 1.0)
    """
    from scipy.special import bdtr, bdtrc

    check_whole("size", size, low=1)
    check_whole("inside", inside, low=0, high=size)
    check_level("nominal", nominal)
    below = float(bdtr(inside, size, nominal))
    above = float(bdtrc(inside - 1, size, nominal)) if inside else 1.0
    return min(1.0, 2 * min(below, above))
