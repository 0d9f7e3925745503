"""The worst outages of a stress test simulated: what the ordering rules make of them, with chance and lead times."""

from __future__ import annotations

import threading
from collections.abc import Callable

import polars as pl

from chaintwin.network.disruptions.disruption import Cause, Disruption, Impact, Where
from chaintwin.network.network import Network
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.risk.stress.scopes import ScopeKind
from chaintwin.simulation.comparing.comparing import BASELINE, compare
from chaintwin.simulation.comparing.paired import Estimated, difference, mean_of
from chaintwin.simulation.results import Result

SIMULATED_SCHEMA = {
    "rank": pl.Int64,
    "kind": pl.String,
    "id": pl.String,
    "fill_rate_lost": pl.Float64,
    "fill_rate_low": pl.Float64,
    "fill_rate_high": pl.Float64,
    "cost": pl.Float64,
    "cost_low": pl.Float64,
    "cost_high": pl.Float64,
}


def simulate_outages(
    network: Network,
    table: pl.DataFrame,
    *,
    count: int,
    replications: int = 64,
    seed: int = 0,
    confidence: float = 0.95,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> pl.DataFrame:
    """Simulate the worst outages of a stress test, each from the end of the warm-up on, against the network as it is.

    Parameters
    ----------
    network : the project.
    table : of ``stress_test``, by rank.
    count : how many, of those that have an impact.
    replications, seed, confidence, threads, progress, cancel : as for ``chaintwin.compare``.

    Returns
    -------
    ``rank``, ``kind``, ``id``; what the fill rate loses over the horizon (share); ``cost``: all costs more and all revenue less,
    money over the horizon; both with their paired intervals, null with one replication.

    Raises
    ------
    CancelledError
        ``cancel`` was set.
    """
    rows = table.filter(pl.col("impact") > 0).head(count).select("rank", "kind", "id", "time_to_recover").to_dicts()
    days = network.settings.period.hours / 24
    scenarios = [_outage(row["kind"], row["id"], days=row["time_to_recover"] * days) for row in rows]
    if not scenarios:
        return pl.DataFrame(schema=SIMULATED_SCHEMA)
    comparison = compare(
        network,
        scenarios,
        replications=replications,
        seed=seed,
        confidence=confidence,
        threads=threads,
        progress=progress,
        cancel=cancel,
    )
    usual = _spent(comparison.results[BASELINE])
    parts = []
    for row, scenario in zip(rows, scenarios, strict=True):
        of = comparison.differences.filter(scenario=scenario.name, figure="fill_rate").row(0, named=True)
        lost = (None if of[name] is None else -of[name] for name in ("difference", "high", "low"))
        money = difference(_spent(comparison.results[scenario.name]), usual, confidence=confidence)
        parts.append((row["rank"], row["kind"], row["id"], *lost, money.value, money.low, money.high))
    return pl.DataFrame(parts, schema=SIMULATED_SCHEMA, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def _outage(kind: str, name: str, *, days: float) -> Scenario:
    """Return the scenario of an outage; what is under way already arrives."""
    where = {
        ScopeKind.SITE: Where(site=(name,)),
        ScopeKind.LANE: Where(lane=(name,)),
        ScopeKind.SUPPLIER: Where(supplier=(name,)),
        ScopeKind.COUNTRY: Where(country=(name,)),
        ScopeKind.PRODUCT: Where(product=(name,)),
    }[ScopeKind(kind)]
    out = Disruption("outage", Cause.OTHER, where, {Impact.CAPACITY: 0.0, Impact.ARRIVALS: 1.0}, duration=f"{days:.12g}")
    return Scenario(f"{kind} {name}", disruptions=(out,))


def _spent(result: Result) -> Estimated:
    """Return all costs less all revenue over the horizon, money."""
    return mean_of((result.figures["total_cost"] - result.figures["revenue"]) * result.span.periods)
