"""The job that measures what customers get and what that costs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import polars as pl

from chaintwin.serve.jobs.asking import Service
from chaintwin.serve.jobs.messages import Found
from chaintwin.serve.jobs.work.task import Task, scenario_of

if TYPE_CHECKING:
    from chaintwin.risk.service.simulated.measuring import ProjectService


def measure_service(task: Task, asked: Service) -> Found:
    """Simulate and return the six rights, shares of service with what each is, cost to serve, cash and carbon.

    Parameters
    ----------
    task : the job. asked : what for.

    Raises
    ------
    ChaintwinError
        It cannot be simulated, or was cancelled.
    """
    from chaintwin import __version__
    from chaintwin.risk.service.simulated import measure_project
    from chaintwin.risk.service.simulated.emitting import carbon_by_mode

    found = measure_project(
        task.network,
        scenario=scenario_of(asked.scenario),
        periods=asked.periods,
        warm_up=asked.warm_up,
        replications=asked.replications,
        seed=asked.seed,
        confidence=asked.confidence,
        progress=task.step,
    )
    emissions = found.carbon.emissions
    about: dict[str, Any] = {
        "span": asdict(found.span),
        "confidence": found.confidence,
        "currency": found.currency,
        "period": found.period,
        "carbon_kg": None if emissions is None else emissions.total_kg,
        "version": str(__version__),
    }
    frames = {
        "rights": found.rights,
        "measures": measures_of(found),
        "customers": found.customers,
        "lines": found.lines,
        "waits": found.waits,
        "cash": found.cash,
    }
    if emissions is not None:
        frames["carbon"] = carbon_by_mode(found.carbon)
    return task.found(frames, about, replications=found.span.replications, is_last=True)


def measures_of(found: ProjectService) -> pl.DataFrame:
    """Return the shares of service of all customers together.

    Parameters
    ----------
    found : what was measured.

    Returns
    -------
    ``measure``, ``value`` with ``low`` and ``high`` (null with one replication), and ``how``: what the share is of.
    """
    from chaintwin.risk.service.simulated.tallying import ORDER_SHARES, STREAM_SHARES

    whole = found.customers.row(by_predicate=pl.col("by") == "all", named=True)
    meanings = {"otif_order": ORDER_SHARES["otif_order"][1]} | {name: how for name, (_, _, how) in STREAM_SHARES.items()}
    rows = [(name, whole[name], whole.get(f"{name}_low"), whole.get(f"{name}_high"), how) for name, how in meanings.items()]
    schema = {"measure": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "how": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
