"""Jobs about risk: the loss of a year, how a disruption ripples through the stages, and the bullwhip by echelon."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.serve.jobs.asking import Annual, Bullwhip, Ripple
from chaintwin.serve.jobs.messages import Found
from chaintwin.serve.jobs.work.task import Task, scenario_of, version_told

if TYPE_CHECKING:
    from chaintwin.risk.annual.assessing import AnnualLoss

PRICED, PLAYED = "priced", "played"
"""How a loss was found: by the programme of the stress test, or by years that the rules of the network played."""


def assess_year(task: Task, asked: Annual) -> Found:
    """Return what a year of disruptions costs: exceedance curve, levels, contributions and threats.

    Parameters
    ----------
    task : the job. asked : what for.

    Raises
    ------
    ChaintwinError
        There are no threats, a number is out of range, or it was cancelled.
    """
    from chaintwin.risk.annual.assessing import annual_loss

    found = annual_loss(
        task.network,
        years=asked.years,
        seed=asked.seed,
        confidence=asked.confidence,
        measure=asked.measure,
        simulated=asked.simulated,
        threads=task.order.threads,
        progress=task.progress,
        cancel=task.cancel,
    )
    played = found.simulated
    about: dict[str, Any] = {
        "measure": str(found.measure),
        "unit": found.unit,
        "currency": found.currency,
        "period": found.period,
        "confidence": found.confidence,
        "years": found.years,
        "years_drawn": found.drawn,
        "event_probability": found.event_probability,
        "events_per_year": found.events,
        "mean": asdict(found.mean),
        "any_loss": asdict(found.any_loss),
        "contribution_level": found.level,
        "assumed_threats": int((found.threats["origin"] == "assumed").sum()),
        "overlapping_share": found.overlapping,
        "played": None if played is None else {"mean": asdict(played.mean), "years": played.years},
        "version": version_told(),
    }
    frames = {
        "curve": _both(found, "curve"),
        "levels": _both(found, "levels"),
        "contributions": _bounded(found),
        "threats": found.threats,
    }
    return task.found(frames, about, is_last=True)


def follow_ripple(task: Task, asked: Ripple) -> Found:
    """Return when a scenario reaches which stage and stock point, how deep, and when that recovers.

    Parameters
    ----------
    task : the job. asked : what for.

    Raises
    ------
    ChaintwinError
        The scenario says nothing or does not fit, or it was cancelled.
    """
    from chaintwin.risk.scenarios.telling import TOLERANCE, WINDOWS, tell

    scenario = scenario_of(asked.scenario)
    if scenario is None:
        raise UsageError("scenario: found nothing; allowed: the keys of a scenario file; fix: name a disruption")
    found = tell(
        task.network,
        [scenario],
        periods=asked.periods,
        replications=asked.replications,
        seed=asked.seed,
        warm_up=asked.warm_up,
        confidence=asked.confidence,
        threads=task.order.threads,
        progress=task.progress,
        cancel=task.cancel,
    )
    about: dict[str, Any] = {
        "scenario": scenario.name,
        "span": asdict(found.span),
        "first_period": found.span.first + found.span.warm_up,
        "tolerance": TOLERANCE,
        "window": WINDOWS[task.network.settings.period],
        "followed": found.followed,
        "confidence": found.confidence,
        "currency": found.currency,
        "period": found.period,
        "version": version_told(),
    }
    tables = {"stages": found.stages, "points": found.points, "curves": found.curves, "blows": found.blows}
    frames = {name: table.drop("scenario") for name, table in tables.items()} | {"differences": found.comparison.differences}
    return task.found(frames, about, replications=found.span.replications, is_last=True)


def measure_bullwhip(task: Task, asked: Bullwhip) -> Found:
    """Return how much orders and shipments vary against demand, by echelon, product and stock point.

    Parameters
    ----------
    task : the job. asked : what for.

    Raises
    ------
    ChaintwinError
        There are no echelons, a number is out of range, or it was cancelled.
    """
    from chaintwin.risk.bullwhip.simulated import study_bullwhip

    found = study_bullwhip(
        task.network,
        periods=asked.periods,
        replications=asked.replications,
        seed=asked.seed,
        warm_up=asked.warm_up,
        confidence=asked.confidence,
        threads=task.order.threads,
        progress=task.progress,
        cancel=task.cancel,
    )
    about: dict[str, Any] = {
        "span": asdict(found.span),
        "confidence": found.confidence,
        "period": found.period,
        "is_random": found.is_random,
        "version": version_told(),
    }
    frames = {"ratios": found.ratios.drop("arm", "difference", "difference_low", "difference_high"), "points": found.points}
    return task.found(frames, about, replications=found.span.replications, is_last=True)


def _bounded(found: AnnualLoss) -> pl.DataFrame:
    """Return the contributions with an interval of the part in the expected shortfall, by the normal law, from its error."""
    from scipy.special import ndtri

    wide = float(ndtri((1 + found.confidence) / 2)) * pl.col("shortfall_error")
    low, high = (pl.col("shortfall") - wide).clip(lower_bound=0.0), pl.col("shortfall") + wide
    return found.contributions.with_columns(shortfall_low=low, shortfall_high=high)


def _both(found: AnnualLoss, name: str) -> pl.DataFrame:
    """Return a table of the loss of a year with ``by`` in front: priced, and played where years were."""
    priced: pl.DataFrame = getattr(found, name)
    parts = [priced.with_columns(by=pl.lit(PRICED))]
    if found.simulated is not None:
        played: pl.DataFrame = getattr(found.simulated, name)
        parts.append(played.select(priced.columns).with_columns(by=pl.lit(PLAYED)))
    return pl.concat(parts).select("by", *priced.columns)
