"""Regional shocks that hit several sites at once, each with the probability of its vulnerability, beside events of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, check_numbers
from chaintwin.risk.occurrence.draws import Replications, joined_id, uniform_rows
from chaintwin.risk.occurrence.events import Events, merge_events
from chaintwin.risk.occurrence.poisson import SeasonalRate, sample_poisson

Array = NDArray[np.float64]

SURE = 1e-300
"""Sites that are hit with less probability count as never hit: their odds would overflow."""


@dataclass(frozen=True, slots=True)
class HitProbabilities:
    """What a common shock and events of the sites' own do within a span.

    Parameters
    ----------
    hit : float64[sites]; probability that the site is hit at least once.
    none_hit, all_hit : probability that no site, or every site, is hit at least once.
    correlation : float64[sites, sites]; correlation of being hit, nan for a site that is always or never hit.
    """

    hit: Array
    none_hit: float
    all_hit: float
    correlation: Array


def hit_probabilities(own_rates: ArrayLike, vulnerabilities: ArrayLike, *, shock_rate: float, span: float) -> HitProbabilities:
    """Return who is hit within a span, when shocks strike a region and each hits each site on its own with some probability.

    Parameters
    ----------
    own_rates : float[sites]; rate of events that concern this site alone, 0 or more.
    vulnerabilities : float[sites], or one number for all; probability that a shock hits the site, 0 to 1.
    shock_rate : shocks per unit of time, 0 or more.
    span : length of time, 0 or more.

    Returns
    -------
    Exact probabilities; that of all being hit is a sum over the number of shocks, cut where less than 1e-15 is left.

    Raises
    ------
    UsageError : a number is out of its range, or the lists differ in length.

    Example
    -------
    >>> found = hit_probabilities([0.1, 0.2, 0.05], 0.6, shock_rate=0.3, span=1.0)
    >>> found.hit.round(4).tolist(), round(found.none_hit, 6), round(found.all_hit, 6), found.correlation[0, 1].round(4).tolist()
    ([0.2442, 0.3161, 0.2055], 0.532166, 0.083752, 0.2951)

    Source: Marshall & Olkin 1967, "A multivariate exponential distribution", section 3.
    """
    from scipy.stats import poisson

    own = check_numbers("own_rates", own_rates, low=0.0)
    spread = np.broadcast_to(vulnerabilities, own.shape) if np.ndim(vulnerabilities) == 0 else vulnerabilities
    share = check_numbers("vulnerabilities", spread, low=0.0, high=1.0, size=own.size)
    shocks = check_number("shock_rate", shock_rate, low=0.0) * check_number("span", span, low=0.0)
    missed = np.exp(-own * span - shocks * share)
    hit = -np.expm1(-own * span - shocks * share)
    # P(both missed) = missed_i missed_j exp(shocks p_i p_j); the covariance keeps its digits however rare hits are.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        odds = np.sqrt(missed / np.where(hit > SURE, hit, 0.0))
        correlation = np.expm1(shocks * np.outer(share, share)) * np.outer(odds, odds)
    correlation[~np.isfinite(correlation)] = np.nan
    np.fill_diagonal(correlation, np.where((hit > SURE) & (missed > 0), 1.0, np.nan))
    count = np.arange(poisson.isf(1e-15, shocks) + 1 if shocks > 0 else 1)
    given_count = 1 - np.exp(-own * span)[None, :] * (1 - share)[None, :] ** count[:, None]
    return HitProbabilities(
        hit=hit,
        none_hit=float(np.exp(-own.sum() * span - shocks * (1 - np.prod(1 - share)))),
        all_hit=float(poisson.pmf(count, shocks) @ np.prod(given_count, axis=1)),
        correlation=correlation,
    )


@dataclass(frozen=True, slots=True)
class ShockEvents:
    """Shocks of one region, and the events of each site: shocks that hit it, and those of its own.

    Parameters
    ----------
    shocks : the shocks, whether they hit anyone or not.
    is_hit : bool[sites, shocks]; whether each shock hit each site.
    by_site : all events of each site, by site id.
    """

    shocks: Events
    is_hit: NDArray[np.bool_]
    by_site: Mapping[str, Events]


def sample_common_shock(
    shock_rate: SeasonalRate | float,
    replications: Replications,
    *,
    hazard_id: str,
    sites: Sequence[str],
    vulnerabilities: ArrayLike,
    own_rates: ArrayLike | None = None,
    start: float = 0.0,
    end: float,
) -> ShockEvents:
    """Sample the shocks of a region, whom each hits, and events of the sites' own.

    Parameters
    ----------
    shock_rate : shocks per unit of time, constant or seasonal.
    replications : seed and numbers of the replications.
    hazard_id : names the stream of shocks; a site draws whether it is hit from a stream of hazard and site.
    sites : ids, all different.
    vulnerabilities : float[sites]; probability that a shock hits the site, 0 to 1.
    own_rates : float[sites]; rate of events that concern this site alone; None for none.
    start, end : events fall into [start, end).

    Returns
    -------
    Shocks, hits and events by site. A site that is added changes nothing for the others.

    Raises
    ------
    UsageError : ids that repeat, numbers out of range, lists of different length, or too large a sample.

    Example
    -------
    >>> found = sample_common_shock(
    ...     0.3, Replications(seed=1, count=5000), hazard_id="quake", sites=["a", "b"], vulnerabilities=[0.6, 1.0], end=1.0
    ... )
    >>> bool(found.is_hit[1].all()), bool(abs(found.is_hit[0].mean() - 0.6) < 0.06)
    (True, True)

    Source: Marshall & Olkin 1967, section 3 (shocks that are not always fatal).
    """
    if len(set(sites)) != len(sites) or not sites:
        raise UsageError(f"sites: found {len(sites)} ids, {len(set(sites))} different ones; allowed: at least one, each once")
    share = check_numbers("vulnerabilities", vulnerabilities, low=0.0, high=1.0, size=len(sites))
    own = check_numbers("own_rates", np.zeros(len(sites)) if own_rates is None else own_rates, low=0.0, size=len(sites))
    shocks = sample_poisson(shock_rate, replications, process_id=hazard_id, start=start, end=end)
    is_hit = np.zeros((len(sites), shocks.times.size), dtype=bool)
    by_site = {}
    for index, site in enumerate(sites):
        pair = joined_id(hazard_id, site)
        is_hit[index] = _marks(shocks, replications, entity=pair) < share[index]
        alone = sample_poisson(float(own[index]), replications, process_id=pair, start=start, end=end)
        by_site[site] = merge_events(shocks.kept(is_hit[index]), alone)
    return ShockEvents(shocks=shocks, is_hit=is_hit, by_site=by_site)


def _marks(events: Events, replications: Replications, *, entity: str) -> Array:
    """Return one uniform of each event: that of its replication, in the slot of its place in it."""
    place = np.arange(events.times.size) - np.repeat(events.offsets[:-1], events.counts)
    marks = np.empty(events.times.size)
    rows = uniform_rows(replications, "vulnerability", entity=entity)
    owner = events.replications
    for slot in range(int(events.counts.max(initial=0))):
        is_here = place == slot
        marks[is_here] = next(rows)[owner[is_here]]
    return marks
