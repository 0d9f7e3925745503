"""Simulates a project as it is and calmed, on the same random numbers, and says what its bullwhip, cost and service are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from chaintwin.laws.checking import check_level, check_whole
from chaintwin.network.network import Network, Settings
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.risk.bullwhip.simulated.arms import AS_IS, Arm, arms_of
from chaintwin.risk.bullwhip.simulated.chain import chain_of
from chaintwin.risk.bullwhip.simulated.ratios import ratios_of
from chaintwin.risk.bullwhip.simulated.recording import Bucket, Recorded, record
from chaintwin.risk.steps import Steps
from chaintwin.simulation.comparing.comparison import Comparison, comparison_of
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.playing import Reduced, Span
from chaintwin.simulation.preparing import prepare_kernels
from chaintwin.simulation.simulating import Setup, set_up

DAYS_OF_WEEK, HOURS_OF_DAY, WEEKS = 7, 24, 4


@dataclass(frozen=True, slots=True)
class Study:
    """The bullwhip of a project, as it is and calmed.

    Parameters
    ----------
    points : stock points that were looked at: ``buffer_id``, ``site_id``, ``product_id``, ``echelon``.
    ratios : columns of ``RATIO_SCHEMA``; of the arms with their differences from the project as it is.
    scenarios : by arm, what it changes.
    kept : by arm, ids of stock points whose rule it could not change.
    comparison : cost, service and all other figures of the arms against the project as it is; None without arms.
    span : what was simulated.
    period : length of a period. confidence : level of the intervals.
    is_random : whether anything was drawn; else all is exact, and one replication says everything.
    """

    points: pl.DataFrame
    ratios: pl.DataFrame
    scenarios: Mapping[str, Scenario]
    kept: Mapping[str, tuple[str, ...]]
    comparison: Comparison | None
    span: Span
    period: str
    confidence: float
    is_random: bool


def study_bullwhip(
    network: Network,
    *,
    products: Sequence[str] = (),
    sites: Sequence[str] = (),
    arms: Iterable[Arm] = (),
    adjustment_time: float | None = None,
    periods: int | None = None,
    replications: int = 256,
    seed: int = 0,
    warm_up: int | None = None,
    cycle: int = 1,
    confidence: float = 0.95,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> Study:
    """Simulate a project and measure its bullwhip by echelon; with arms also calmed, on the same random numbers.

    Parameters
    ----------
    network : the project.
    products, sites : ids of the part that is looked at, as for ``chain_of``; none for all of it.
    arms : ways to calm the bullwhip that are tried too. adjustment_time : of smoothed orders, as for ``arms_of``.
    periods, replications, seed, warm_up, confidence, threads, progress, cancel : as for ``chaintwin.simulate``.
    cycle : periods of a season that every series loses first, as for recorded stages; 1 for none.

    Returns
    -------
    The study. Demand, lead times and yields of a replication are the same in every arm.

    Raises
    ------
    InputError
        A product or site is unknown, or there are no echelons; the exception carries all findings.
    UsageError
        An argument is out of range, or memory would not do.
    CancelledError
        ``cancel`` was set.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> found = study_bullwhip(load(Example.BEER_GAME), arms=[Arm.VENDOR])
    >>> of = (pl.col("bucket") == "week") & (pl.col("flow") == "orders") & (pl.col("against") == "customers")
    >>> found.ratios.filter(of, level="echelon", echelon=4).select("arm", pl.col("variance_ratio").round(2)).rows()
    [('as is', 2.03), ('vendor managed', 1.0)]

    Source: METHODS 4.1 and 4.4.
    """
    cycle, confidence = check_whole("cycle", cycle, low=1), check_level("confidence", confidence)
    span = {"periods": periods, "replications": replications, "seed": seed, "warm_up": warm_up}
    setup = _setup(network, None, span=span, confidence=confidence)
    chain = chain_of(setup.program, products=products, sites=sites)
    tried = list(arms)
    calmed = arms_of(network, setup.program, chain=chain, adjustment_time=adjustment_time, arms=tried)
    scenarios = {arm.value: calmed.scenarios.get(arm, Scenario(arm.value)) for arm in Arm if arm in tried}
    setups = {AS_IS: setup} | {name: _setup(network, one, span=span, confidence=confidence) for name, one in scenarios.items()}
    is_random = any(one.program.is_random for one in setups.values())
    buckets = buckets_of(network.settings, first=setup.span.first + setup.span.warm_up)
    prepare_kernels()
    tell = Steps(progress, 2 * len(setups) if tried else 1)
    recorded: dict[str, Recorded] = {}
    reduced: dict[str, Reduced] = {}
    for number, (name, one) in enumerate(setups.items()):
        # Without chance every replication is the same, and one of them says everything.
        played = one if is_random else replace(one, span=replace(one.span, replications=1))
        step = tell.step(2 * number)
        recorded[name] = record(played, chain, buckets=buckets, cycle=cycle, threads=threads, progress=step, cancel=cancel)
        if tried:
            reduced[name] = run_ensemble(
                one.program,
                one.state,
                span=one.span,
                threads=threads,
                progress=tell.step(2 * number + 1),
                cancel=cancel,
                by_account=one.program.names.accounts.height > 0,
            )
    return Study(
        points=chain.points.drop("buffer"),
        ratios=ratios_of(recorded, confidence=confidence, is_random=is_random),
        scenarios=scenarios,
        kept={arm.value: left for arm, left in calmed.kept.items()},
        comparison=_compared(setups, reduced, confidence=confidence) if tried else None,
        span=setup.span,
        period=str(network.settings.period.value),
        confidence=confidence,
        is_random=is_random,
    )


def buckets_of(settings: Settings, *, first: int) -> tuple[Bucket, ...]:
    """Return the lengths that a project is looked at: its period, and what people plan by.

    Weeks of days begin on Mondays, days of hours at the hour at which the project starts.

    Parameters
    ----------
    settings : of the project. first : the first period that counts.

    Example
    -------
    >>> [(bucket.name, bucket.size, bucket.offset) for bucket in buckets_of(Settings(), first=0)]
    [('day', 1, 0), ('week', 7, 4)]
    """
    period = settings.period.value
    if period == "hour":
        return Bucket("hour", 1), Bucket("day", HOURS_OF_DAY, -first % HOURS_OF_DAY), Bucket("week", DAYS_OF_WEEK * HOURS_OF_DAY)
    if period == "week":
        return Bucket("week", 1), Bucket("4 weeks", WEEKS)
    begins = settings.start + timedelta(days=first)
    return Bucket("day", 1), Bucket("week", DAYS_OF_WEEK, -begins.weekday() % DAYS_OF_WEEK)


def _compared(setups: Mapping[str, Setup], reduced: Mapping[str, Reduced], *, confidence: float) -> Comparison:
    """Return what ``chaintwin.compare`` would of the same runs; here the networks are made once and measured too."""
    return comparison_of(
        {name: one.figures for name, one in reduced.items()},
        {name: setups[name].result(one) for name, one in reduced.items()},
        accounts={name: one.accounts for name, one in reduced.items()},
        reference=AS_IS,
        confidence=confidence,
    )


def _setup(network: Network, scenario: Scenario | None, *, span: Mapping[str, int | None], confidence: float) -> Setup:
    replications, seed = span["replications"], span["seed"]
    assert replications is not None and seed is not None
    return set_up(
        network,
        scenario,
        periods=span["periods"],
        replications=replications,
        seed=seed,
        warm_up=span["warm_up"],
        state=None,
        confidence=confidence,
    )
