"""How far a twin is to be trusted: state, skill, coverage, distribution and timeliness, each from 0 to 1, and their mean."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number
from chaintwin.laws.scores import Coverage, skill

FLOOR = 1e-6
"""Least value of a part in the mean: one part of 0 makes the score small, and two still make it smaller (METHODS 7.4)."""

USUAL_P = 0.05
"""Tests with a probability of this and more take nothing off a part."""


@dataclass(frozen=True, slots=True)
class FidelityVector:
    """Five parts of fidelity, each from 0 to 1; None where nothing was measured.

    Parameters
    ----------
    state : 1 less the mean absolute error of the state in units of a usual value.
    skill : of the CRPS against a naive forecast. coverage : by the test of the share inside the interval.
    distribution : by the test that the PITs are uniform. timeliness : target over latency.
    """

    state: float | None = None
    skill: float | None = None
    coverage: float | None = None
    distribution: float | None = None
    timeliness: float | None = None

    @property
    def known(self) -> dict[str, float]:
        """Return the parts that were measured, by name."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: value for name, value in parts.items() if value is not None}

    @property
    def score(self) -> float:
        """Return the geometric mean of the parts that were measured, each at least ``FLOOR``; NaN where none was.

        Example
        -------
        >>> round(FidelityVector(0.95, 0.38, 1.0, 1.0, 1.0).score, 9)
        0.815645492
        """
        known = self.known
        if not known:
            return math.nan
        return math.exp(math.fsum(math.log(max(value, FLOOR)) for value in known.values()) / len(known))


def state_part(error: float, scale: float) -> float:
    """Return the part of the state: (1 - error / scale)+.

    Parameters
    ----------
    error : mean absolute error, 0 or more. scale : usual value, such as mean stock, above 0 (0 with an error of 0 gives 1).

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> state_part(12, 240)
    0.95
    """
    check_number("error", error, low=0.0)
    check_number("scale", scale, low=0.0)
    if scale == 0:
        return 1.0 if error == 0 else 0.0
    return max(0.0, 1 - error / scale)


def skill_part(crps: float, reference: float) -> float:
    """Return the part of skill: (1 - CRPS / CRPS of the reference)+, at most 1.

    Raises
    ------
    UsageError : a number is below 0 or not finite.

    Example
    -------
    >>> round(skill_part(6.2, 10.0), 9)
    0.38
    """
    # A forecast and a reference that are both perfect are as good as each other, and nothing is wrong.
    return 1.0 if crps == reference == 0 else max(0.0, skill(crps, reference))


def coverage_part(coverage: Coverage) -> float:
    """Return the part of coverage: P / 0.05, at most 1, with the probability of the test against the nominal share.

    Example
    -------
    >>> from chaintwin.laws.scores import coverage_of
    >>> coverage_part(coverage_of(0.86, 0.9, size=200))
    1.0
    """
    return min(1.0, coverage.p_value / USUAL_P)


def distribution_part(p_value: float) -> float:
    """Return the part of distribution: P / 0.05, at most 1, with the probability of the test of uniform PITs.

    Raises
    ------
    UsageError : the probability is not from 0 to 1.

    Example
    -------
    >>> round(distribution_part(0.01), 9)
    0.2
    """
    return min(1.0, check_number("p_value", p_value, low=0.0, high=1.0) / USUAL_P)


def timeliness_part(latency: float, target: float) -> float:
    """Return the part of timeliness: target / latency, at most 1.

    Parameters
    ----------
    latency : from what happened to its place in the state, 0 or more. target : in the same unit, above 0.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> timeliness_part(120, 60), timeliness_part(0, 60)
    (0.5, 1.0)
    """
    check_number("latency", latency, low=0.0)
    check_number("target", target, low=0.0, open_low=True)
    return 1.0 if latency <= target else target / latency


def scale_of(values: list[float]) -> float:
    """Return a usual size of a state for `state_part`: the mean of its absolute values.

    Raises
    ------
    UsageError : there are no values.

    Example
    -------
    >>> scale_of([10.0, 30.0])
    20.0
    """
    if not values:
        raise UsageError("values: found none; allowed: at least one")
    return math.fsum(abs(value) for value in values) / len(values)
