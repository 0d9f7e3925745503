"""A fidelity vector for every stock point, lane and site, and for the whole twin."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chaintwin.errors import UsageError
from chaintwin.fidelity.scoring.forecasts import (
    Forecast,
    ForecastScores,
    ScoredForecast,
    apart_in_time,
    joint_pits,
    pooled,
    scored,
)
from chaintwin.fidelity.scoring.vector import (
    USUAL_P,
    FidelityVector,
    coverage_part,
    distribution_part,
    skill_part,
    state_part,
    timeliness_part,
)
from chaintwin.laws.scores import Uniformity, combined_p, coverage_p, uniformity

OVERALL = ""
"""Name of the group that holds everything."""

JOINT_LEAST = 8
"""With fewer times no joint check is made."""


@dataclass(frozen=True, slots=True)
class StateError:
    """How far the state of a subject was from a count of it, on average.

    Parameters
    ----------
    error : mean absolute error. scale : mean absolute value. size : comparisons, 1 or more.
    """

    error: float
    scale: float
    size: int = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured of a twin, and for what purpose (ISO 23247 asks for the evidence to be fit for it).

    Parameters
    ----------
    forecasts : that have met their truth. scored : others, of which only the scores are left. states : error of each subject.
    latencies : of each subject, from event to state, in seconds, as the share of events that matters has it (such as 95 %).
    latency_target : in seconds, above 0. purpose, window : in words, for the report.
    """

    forecasts: Sequence[Forecast] = ()
    scored: Sequence[ScoredForecast] = ()
    states: Mapping[str, StateError] = field(default_factory=dict)
    latencies: Mapping[str, float] = field(default_factory=dict)
    latency_target: float = 60.0
    purpose: str = ""
    window: str = ""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Fidelity by group.

    Parameters
    ----------
    vectors : by group; ``OVERALL`` is the whole. scores : of the forecasts of each group that has some.
    joint : test that what came about at one time was within the joint forecasts; None with too few times.
    """

    vectors: Mapping[str, FidelityVector]
    scores: Mapping[str, ForecastScores]
    joint: Uniformity | None

    @property
    def overall(self) -> FidelityVector:
        """Return the vector of the whole twin."""
        return self.vectors[OVERALL]


def make_scorecard(
    evidence: Evidence,
    *,
    seed: int,
    groups_of: Callable[[str], Iterable[str]] | None = None,
    nominal: float = 0.9,
) -> Scorecard:
    """Return the fidelity of every group.

    Scores of different units are never added: each subject and measure is divided by the mean CRPS of its reference first. Tests
    take forecasts that do not overlap in time, each subject, measure and horizon by itself; what they say of a group is put
    together in a way that holds however the subjects depend on each other.

    Parameters
    ----------
    evidence : what was measured. seed : of the numbers that break ties.
    groups_of : from a subject to the groups that it counts in, such as its site; by default itself. All count in ``OVERALL``.
    nominal : probability of the interval whose coverage is judged, between 0 and 1.

    Raises
    ------
    UsageError : there is no evidence at all, or a number is out of its range.

    Example
    -------
    >>> seen = Evidence(states={"shop/milk": StateError(12.0, 240.0)}, latencies={"shop/milk": 40.0})
    >>> card = make_scorecard(seen, seed=7)
    >>> card.overall.state, card.overall.timeliness
    (0.95, 1.0)

    Source: METHODS 7.4.
    """
    every = [*scored(evidence.forecasts, seed=seed), *evidence.scored]
    subjects = {one.subject for one in every} | set(evidence.states) | set(evidence.latencies)
    if not subjects:
        raise UsageError("evidence: found none; allowed: forecasts, states or latencies")
    members: defaultdict[str, set[str]] = defaultdict(set)
    for subject in sorted(subjects):
        for group in (OVERALL, *((subject,) if groups_of is None else groups_of(subject))):
            members[group].add(subject)
    apart, overlapping = _by_subject(apart_in_time(every)), _by_subject(every)
    scores: dict[str, ForecastScores] = {}
    vectors: dict[str, FidelityVector] = {}
    for group, within in sorted(members.items()):
        mine = [one for subject in sorted(within) for one in apart.get(subject, ())]
        coverage, distribution = None, None
        if mine:
            scores[group] = pooled(mine, nominal=nominal)
            coverage, distribution = _tested(mine, scores[group], nominal=nominal)
        vectors[group] = FidelityVector(
            state=_state(evidence, within),
            skill=_skill([one for subject in sorted(within) for one in overlapping.get(subject, ())]),
            coverage=coverage,
            distribution=distribution,
            timeliness=_timeliness(evidence, within),
        )
    return Scorecard(vectors, scores, _joint(apart_in_time(evidence.forecasts), seed=seed))


def _by_subject(forecasts: Iterable[ScoredForecast]) -> dict[str, list[ScoredForecast]]:
    found: defaultdict[str, list[ScoredForecast]] = defaultdict(list)
    for one in forecasts:
        found[one.subject].append(one)
    return found


def _tested(mine: Sequence[ScoredForecast], scores: ForecastScores, *, nominal: float) -> tuple[float, float]:
    """Return the parts of coverage and of distribution of a group, from tests of each subject, measure and horizon by itself."""
    series: defaultdict[tuple[str, str, int], list[ScoredForecast]] = defaultdict(list)
    for one in mine:
        series[one.subject, one.measure, one.horizon].append(one)
    if len(series) == 1:
        return coverage_part(scores.coverage), distribution_part(scores.uniformity.p_value)
    found = [pooled(each, nominal=nominal) for each in series.values()]
    inside = combined_p([coverage_p(round(one.coverage.share * one.size), one.size, nominal=nominal) for one in found])
    uniform = combined_p([one.uniformity.p_value for one in found])
    return min(1.0, inside / USUAL_P), distribution_part(uniform)


def _state(evidence: Evidence, within: set[str]) -> float | None:
    """Return the part of the state, errors and scales pooled by how often they were compared."""
    found = [error for subject, error in evidence.states.items() if subject in within]
    if not found:
        return None
    size = sum(one.size for one in found)
    error, scale = (sum(getattr(one, name) * one.size for one in found) / size for name in ("error", "scale"))
    return state_part(error, scale)


def _timeliness(evidence: Evidence, within: set[str]) -> float | None:
    """Return the part of timeliness of the slowest subject."""
    found = [latency for subject, latency in evidence.latencies.items() if subject in within]
    return timeliness_part(max(found), evidence.latency_target) if found else None


def _skill(forecasts: Sequence[ScoredForecast]) -> float | None:
    """Return the part of skill: the mean over subjects and measures of the ratio of scores, weighed by forecasts."""
    series: defaultdict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for one in forecasts:
        if one.reference is not None:
            series[one.subject, one.measure].append((one.crps, one.reference))
    ratios: list[tuple[float, int]] = []
    for mine in series.values():
        crps, reference = (math.fsum(column) / len(mine) for column in zip(*mine, strict=True))
        # Where a reference is never wrong there is no scale to measure by; only being as good counts.
        ratio = crps / reference if reference > 0 else float(crps > 0)
        ratios.append((ratio, len(mine)))
    if not ratios:
        return None
    total = sum(size for _, size in ratios)
    return skill_part(sum(ratio * size for ratio, size in ratios) / total, 1.0)


def _joint(forecasts: Sequence[Forecast], *, seed: int) -> Uniformity | None:
    """Return the test of the joint forecasts of the shortest horizon, which has most times."""
    horizons = {one.horizon for one in forecasts}
    if not horizons:
        return None
    shortest = [one for one in forecasts if one.horizon == min(horizons)]
    if len({one.origin for one in shortest}) < JOINT_LEAST or len({one.members.size for one in shortest}) > 1:
        return None
    return uniformity(joint_pits(shortest, seed=seed))
