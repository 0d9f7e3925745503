"""Forecasts that have met their truth: where it lay in each, how far off they were, and what that says together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.scores import Coverage, Uniformity, central_coverage, crps_sample, energy_pit, randomized_pit, uniformity
from chaintwin.rng import uniform

Array = NDArray[np.float64]

Kind = TypeVar("Kind", "Forecast", "ScoredForecast")


@dataclass(frozen=True, slots=True)
class Forecast:
    """An ensemble and what came about.

    Parameters
    ----------
    subject : what it is of: stock point, lane or site. measure : of it, such as ``on_hand``.
    origin : period of the snapshot that it started from, 0 or more. horizon : periods ahead, 1 or more.
    members : float[m], drawn by the twin. reference : float[r], of the naive forecast; empty where there is none.
    observed : what came about, in the same unit.
    """

    subject: str
    measure: str
    origin: int
    horizon: int
    members: Array
    reference: Array
    observed: float


@dataclass(frozen=True, slots=True)
class ScoredForecast:
    """What is left of a forecast once it has met its truth and its members are let go.

    Parameters
    ----------
    subject, measure, origin, horizon : as for `Forecast`. pit : where the truth lay, 0 to 1. crps : score, in its unit.
    reference : the score of the naive forecast; None where there is none.
    """

    subject: str
    measure: str
    origin: int
    horizon: int
    pit: float
    crps: float
    reference: float | None


@dataclass(frozen=True, slots=True)
class ForecastScores:
    """What some forecasts were worth.

    Parameters
    ----------
    size : forecasts. crps, reference_crps : means; that of the reference is None where there was none.
    coverage : of the central interval. pits : float[size], in the order of origin, horizon and subject.
    uniformity : of the PITs; its probability holds for forecasts that do not overlap in time.
    """

    size: int
    crps: float
    reference_crps: float | None
    coverage: Coverage
    pits: Array
    uniformity: Uniformity


def score_forecasts(forecasts: Sequence[Forecast], *, seed: int, nominal: float = 0.9) -> ForecastScores:
    """Return what some forecasts were worth, all pooled.

    Parameters
    ----------
    forecasts : at least one; of one unit, or the mean scores mean nothing. seed : of the numbers that break ties.
    nominal : probability of the interval whose coverage is told, between 0 and 1.

    Raises
    ------
    UsageError : there are none, or a number is out of its range.

    Example
    -------
    >>> import numpy as np
    >>> found = score_forecasts(
    ...     [Forecast("shop/milk", "on_hand", 3, 1, np.array([8.0, 10.0, 12.0]), np.array([10.0]), 13.0)], seed=7
    ... )
    >>> found.size, round(found.crps, 6), found.reference_crps
    (1, 2.111111, 3.0)

    Source: METHODS 7.4; multi-epoch validation, He, Rhodes-Leader & Song 2024.
    """
    if not forecasts:
        raise UsageError("forecasts: found none; allowed: at least one")
    return pooled(scored(forecasts, seed=seed), nominal=nominal)


def scored(forecasts: Sequence[Forecast], *, seed: int) -> list[ScoredForecast]:
    """Return the score of each forecast, in their order.

    Parameters
    ----------
    forecasts : in any order. seed : of the numbers that break ties.
    """
    if not forecasts:
        return []
    return [
        ScoredForecast(
            one.subject,
            one.measure,
            one.origin,
            one.horizon,
            float(pit),
            crps_sample(one.members, one.observed),
            crps_sample(one.reference, one.observed) if one.reference.size else None,
        )
        for one, pit in zip(forecasts, pits_of(forecasts, seed=seed), strict=True)
    ]


def pooled(forecasts: Sequence[ScoredForecast], *, nominal: float = 0.9) -> ForecastScores:
    """Return what some forecasts that were scored one by one come to together.

    Parameters
    ----------
    forecasts : at least one. nominal : as for `score_forecasts`.

    Raises
    ------
    UsageError : there are none, or a number is out of its range.
    """
    if not forecasts:
        raise UsageError("forecasts: found none; allowed: at least one")
    ordered = sorted(forecasts, key=_place)
    pits = np.array([one.pit for one in ordered])
    references = [one.reference for one in ordered if one.reference is not None]
    reference = float(np.mean(references)) if len(references) == len(ordered) else None
    crps = float(np.mean([one.crps for one in ordered]))
    return ForecastScores(len(ordered), crps, reference, central_coverage(pits, nominal), pits, uniformity(pits))


def pits_of(forecasts: Sequence[Forecast], *, seed: int) -> Array:
    """Return where what came about lies in each forecast, float64[forecasts]; the same forecast always gives the same number.

    Parameters
    ----------
    forecasts : in any order. seed : of the numbers that break ties, each from the stream of its subject, measure and horizon.
    """
    breaks = [
        uniform(seed, "pit", entity=f"{one.subject}|{one.measure}|{one.horizon}", replication=0, period=one.origin)
        for one in forecasts
    ]
    return randomized_pit([one.members for one in forecasts], [one.observed for one in forecasts], breaks=breaks)


def joint_pits(forecasts: Iterable[Forecast], *, seed: int) -> Array:
    """Return how far out all that came about at one time lies in the joint forecast of it, one number for each time.

    Parameters
    ----------
    forecasts : those of one origin and horizon were drawn together, member by member, and have as many members each.
        seed : of the numbers that break ties.

    Returns
    -------
    float64[times] in the order of origin and horizon; uniform where the joint law is right.

    Raises
    ------
    UsageError : forecasts of one origin and horizon have different numbers of members.

    Source: `chaintwin.laws.scores.energy_pit`.
    """
    groups: defaultdict[tuple[int, int], list[Forecast]] = defaultdict(list)
    for one in forecasts:
        groups[one.origin, one.horizon].append(one)
    found = []
    for (origin, horizon), together in sorted(groups.items()):
        ordered = sorted(together, key=_place)
        if len({one.members.size for one in ordered}) > 1:
            raise UsageError(f"forecasts: found members of different number at origin {origin}; allowed: one ensemble")
        points = np.column_stack([one.members for one in ordered])
        target = np.array([one.observed for one in ordered])
        tie_break = uniform(seed, "pit", entity=f"joint|{horizon}", replication=0, period=origin)
        found.append(energy_pit(points, target, tie_break=tie_break))
    return np.array(found)


def apart_in_time(forecasts: Iterable[Kind]) -> list[Kind]:
    """Return the forecasts of each subject, measure and horizon that do not overlap: the first, and each that starts behind it.

    Tests and detectors take their values as independent, which overlapping horizons are not.

    Example
    -------
    >>> import numpy as np
    >>> nothing = np.zeros(1)
    >>> all_days = [Forecast("a", "on_hand", origin, 7, nothing, nothing, 0.0) for origin in range(15)]
    >>> [one.origin for one in apart_in_time(all_days)]
    [0, 7, 14]
    """
    ends: dict[tuple[str, str, int], int] = {}
    found = []
    for one in sorted(forecasts, key=_place):
        key = (one.subject, one.measure, one.horizon)
        if one.origin >= ends.get(key, one.origin):
            found.append(one)
            ends[key] = one.origin + one.horizon
    return found


def _place(forecast: Forecast | ScoredForecast) -> tuple[int, int, str, str]:
    return forecast.origin, forecast.horizon, forecast.subject, forecast.measure
