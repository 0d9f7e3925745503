"""What differs between jobs that met the same random numbers: paired differences with intervals (decision 12)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import Finding
from chaintwin.serve.jobs.asking import Fork
from chaintwin.serve.jobs.job import Job, State
from chaintwin.serve.problems import ProblemError

Floats = NDArray[np.float64]

JOBS_MAX = 8
"""Jobs that are compared at one time."""

SAME = ("first", "periods", "warm_up", "seed")
"""What the runs of all jobs have to share, besides what they start from."""


def compared(jobs: Sequence[Job], *, parts: Mapping[str, Path]) -> dict[str, Any]:
    """Return the differences of all jobs to the first of them; the replications count which all of them have.

    Parameters
    ----------
    jobs : simulations, or forks, at least two. parts : folder of the result of each by its id.

    Raises
    ------
    ProblemError
        400 where they cannot be compared; all faults are told.
    """
    first, *others = jobs
    faults = [fault for job in jobs for fault in _faults(job, first)]
    if faults:
        raise ProblemError(400, "ValidationException", detail=str(faults[0]), findings=faults)
    if first.kind == "fork":
        runs = _same_runs({job.id: pl.read_parquet(parts[job.id] / "by_run.parquet") for job in jobs})
        count = runs[first.id].height
        rows = [row for job in others for row in _fork_rows(job, runs[job.id], runs[first.id])]
    else:
        count = min(job.replications for job in jobs)
        # What lies on the disk is read as far as it counts, so that large jobs take no memory of the server.
        ledgers = {job.id: np.load(parts[job.id] / "ledger.npy", mmap_mode="r", allow_pickle=False)[:count] for job in jobs}
        rows = _figure_rows(first, others, ledgers=ledgers, summary=parts[first.id] / "summary.parquet")
    return {
        "reference": first.id,
        "jobs": {job.id: job.asked.title or _scenario(job) for job in jobs},
        "confidence": first.about.get("confidence", 0.95),
        "replications": count,
        "isPartial": any(job.state is not State.DONE for job in jobs),
        "differences": rows,
    }


def _faults(job: Job, first: Job) -> list[Finding]:
    """Return why a job cannot be compared with the first."""
    what, found = f"job {job.id}", []
    if job.kind not in ("simulate", "fork"):
        found.append(Finding("compare.kind", f"a job of kind {job.kind}", "simulate or fork", column=what))
    elif job.kind != first.kind:
        found.append(Finding("compare.kind", f"a job of kind {job.kind}", f"the kind {first.kind} of the first", column=what))
    if not job.part:
        found.append(Finding("compare.result", f"a job that is {job.state} without a result", "one with a result", column=what))
    if found:
        return found
    mine, theirs = job.about.get("span", {}), first.about.get("span", {})
    for name in SAME:
        if mine.get(name) != theirs.get(name):
            found.append(Finding("compare.span", f"{name} {mine.get(name)}", f"{theirs.get(name)} as the first", column=what))
    if isinstance(job.asked, Fork) and isinstance(first.asked, Fork):
        if job.parameters != first.parameters:
            fix = "name the version: give its id, or tables, as parameters"
            found.append(
                Finding("compare.parameters", job.parameters or "tables", first.parameters or "tables", fix, column=what)
            )
        elif job.parameters and job.asked.replications != first.asked.replications:
            # The draws of a version are shared out among all runs, so that run i of so many meets another draw.
            asked, allowed = (f"{one.replications} replications" for one in (job.asked, first.asked))
            found.append(Finding("compare.replications", asked, f"{allowed} as the first", column=what))
    if (job.sequence, job.time, job.network) != (first.sequence, first.time, first.network) and (
        job.time or first.time or job.network != first.network
    ):
        fix = "start both from one moment: give it as at or start"
        found.append(Finding("compare.start", "another start or network", "those of the first", fix, column=what))
    return found


def _figure_rows(first: Job, others: Sequence[Job], *, ledgers: Mapping[str, Floats], summary: Path) -> list[dict[str, Any]]:
    from chaintwin.simulation.comparing.differing import SCHEMA, Row, difference_rows

    units = dict(pl.read_parquet(summary).select("figure", "unit").iter_rows())
    rows: list[Row] = []
    for job in others:
        is_random = bool(job.about.get("is_random", True) or first.about.get("is_random", True))
        rows += difference_rows(
            job.id,
            ledgers[job.id],
            base=ledgers[first.id],
            units=units,
            is_random=is_random,
            confidence=first.about["confidence"],
        )
    return [dict(zip(("job", *list(SCHEMA)[1:]), map(_known, row), strict=True)) for row in rows]


def _fork_rows(job: Job, runs: pl.DataFrame, base: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the differences of what customers get of two forks."""
    from chaintwin.simulation.comparing.paired import Estimated, difference, mean_of, ratio_of
    from chaintwin.simulation.comparing.verdicts import verdict_of

    (wanted, got), (before, given) = ((frame["demand"].to_numpy(), frame["served"].to_numpy()) for frame in (runs, base))
    figures: tuple[tuple[str, str, int, Estimated, Estimated], ...] = (
        ("fill_rate", "share", 1, ratio_of(got, wanted), ratio_of(given, before)),
        ("served", "unit", 1, mean_of(got), mean_of(given)),
        ("unserved", "unit", -1, mean_of(wanted - got), mean_of(before - given)),
        ("demand", "unit", 0, mean_of(wanted), mean_of(before)),
    )
    rows = []
    for figure, unit, sign, one, two in figures:
        found = difference(one, two, confidence=0.95)
        row: dict[str, Any] = {"job": job.id, "figure": figure, "unit": unit, "good": {1: "more", -1: "less", 0: None}[sign]}
        row |= {"reference": two.value, "value": one.value, "difference": found.value, "low": found.low, "high": found.high}
        row |= {"relative": found.value / abs(two.value) if two.value else math.nan, "variance_ratio": found.variance_ratio}
        row |= {"replications": runs.height}
        verdict = verdict_of(found, sign=sign, size=max(abs(one.value), abs(two.value)))
        rows.append({name: _known(value) for name, value in row.items()} | {"verdict": verdict.value})
    return rows


def _same_runs(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the rows of the runs that all have; a fork that is not done has the first runs of each draw of its parameters."""
    shared = reduce(lambda one, other: one.join(other, on="run", how="semi"), frames.values()).select("run")
    return {name: shared.join(frame, on="run", how="inner", maintain_order="left") for name, frame in frames.items()}


def _known(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _scenario(job: Job) -> str:
    scenario = getattr(job.asked, "scenario", None)
    return str(scenario.get("name", "scenario")) if scenario else "as it is"
