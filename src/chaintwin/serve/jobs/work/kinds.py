"""Each kind of job: what is run, what is told on the way, and which tables come of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from time import monotonic
from typing import Any, TypeVar

import polars as pl

from chaintwin.clock import text_of
from chaintwin.errors import UsageError
from chaintwin.fidelity.versions.applying import Applied
from chaintwin.serve.jobs.asking import Annual, Bullwhip, Compare, Fork, Import, Ripple, Service, Simulate, Stress
from chaintwin.serve.jobs.files import CHECKPOINT
from chaintwin.serve.jobs.messages import Found, Order, Said
from chaintwin.serve.jobs.work.networks import Networks
from chaintwin.serve.jobs.work.struck import struck_of
from chaintwin.serve.jobs.work.task import FIRST, Task, misfits, scenario_of, version_told

T = TypeVar("T")

SHARPER_SECONDS = 0.4
"""Time between two answers that get sharper, at least."""


def do(order: Order, *, networks: Networks, say: Callable[[Said], None], cancel: threading.Event) -> Found:
    """Do a job and return its whole result.

    Parameters
    ----------
    order : what is to be done. networks : where they are had from. say : tells the server on the way. cancel : is set to stop it.

    Raises
    ------
    ChaintwinError
        It cannot be done, or was cancelled.
    """
    task = Task(order, networks=networks, say=say, cancel=cancel)
    asked = order.asked
    if isinstance(asked, Simulate):
        return _simulate(task, asked)
    if isinstance(asked, Fork):
        return _fork(task, asked)
    if isinstance(asked, Stress):
        return _stress(task, asked)
    if isinstance(asked, Compare):
        return _compare(task, asked)
    return _measured(task, asked)


def _measured(task: Task, asked: Service | Annual | Ripple | Bullwhip | Import) -> Found:
    """Do what modules of their own do, each loaded with what it needs only when it is asked for."""
    if isinstance(asked, Import):
        from chaintwin.serve.jobs.work.importing import make_network

        return make_network(task, asked)
    if isinstance(asked, Service):
        from chaintwin.serve.jobs.work.served import measure_service

        return measure_service(task, asked)
    from chaintwin.serve.jobs.work.risks import assess_year, follow_ripple, measure_bullwhip

    if isinstance(asked, Annual):
        return assess_year(task, asked)
    return follow_ripple(task, asked) if isinstance(asked, Ripple) else measure_bullwhip(task, asked)


def _simulate(task: Task, asked: Simulate) -> Found:
    from dataclasses import replace

    from chaintwin.fidelity.forking.draws import Fitted
    from chaintwin.simulation.bands.naming import chosen_buffers
    from chaintwin.simulation.counting.precision import parse_precision
    from chaintwin.simulation.ensemble import Kept, Until, run_ensemble
    from chaintwin.simulation.playing import GROUP, Reduced
    from chaintwin.simulation.simulating import set_up

    network, live = task.network, task.live()
    until = None if asked.until is None else Until(parse_precision(asked.until), asked.confidence)
    if until is not None and asked.bands is not None:
        raise UsageError("bands: found a precision beside them; allowed: a number of replications")
    periods = asked.periods or network.settings.horizon
    warm = (0 if live is not None else network.settings.warm_up) if asked.warm_up is None else asked.warm_up
    reach = periods + warm + (max(live.next_period, 0) if live is not None else 0)
    program = task.program(reach)
    begun = task.begun(live, program=program)
    scenario, looking = scenario_of(asked.scenario), task.looking()
    setup = set_up(
        network,
        scenario,
        periods=periods,
        replications=asked.replications,
        seed=asked.seed,
        warm_up=warm,
        state=begun.state,
        confidence=asked.confidence,
        before=program,
        compiled=task.compiled(scenario)
        if looking is None
        else Fitted(network, looking.parameters, kept=looking.compiling).compiled,
    )
    used = {} if live is None else {"parameters": None if looking is None else _parameters(looking.parameters)}
    by_account = setup.program.names.accounts.height > 0
    chosen = None
    if asked.bands is not None:
        chosen = chosen_buffers(setup.program.names.buffers, asked.bands, periods=periods)

    def told(reduced: Reduced, *, is_last: bool = False) -> Found:
        result = setup.result(reduced, chosen=chosen if is_last else None)
        frames = {name: getattr(result, name) for name in _FRAMES}
        about = {name: getattr(result, name) for name in _ABOUT} | {"span": asdict(result.span)} | used | begun.about
        arrays = {"ledger": reduced.figures, "accounts": reduced.accounts}
        return task.found(frames, about, replications=reduced.figures.shape[0], arrays=arrays, is_last=is_last)

    options: dict[str, Any] = {"threads": task.order.threads, "cancel": task.cancel, "by_account": by_account}
    is_new = not (task.folder / CHECKPOINT).exists()
    if is_new and asked.replications > FIRST:
        task.tell(told(run_ensemble(setup.program, setup.state, span=replace(setup.span, replications=FIRST), **options)))
    if chosen is not None:
        span = setup.span
        reduced = run_ensemble(setup.program, setup.state, span=span, bands=chosen, progress=task.progress, **options)
        return told(reduced, is_last=True)
    after, is_resumed = monotonic() + SHARPER_SECONDS, not is_new

    def keep(kept: Kept) -> None:
        nonlocal after, is_resumed
        # Ever more between two of them, so that telling takes no more than its part of the time. What was saved is told at once.
        is_due = monotonic() >= after and kept.groups.bit_count() == 1
        if (is_due or is_resumed) and kept.groups * GROUP < asked.replications:
            task.tell(told(kept.total()))
            after = monotonic() + SHARPER_SECONDS
        is_resumed = False

    reduced = _saved(task, setup, until=until, keep=keep, options=options)
    return told(reduced, is_last=True)


def _saved(task: Task, setup: Any, *, until: Any, keep: Callable[[Any], None], options: dict[str, Any]) -> Any:
    from chaintwin.simulation.resuming.checkpoint import Checkpoint
    from chaintwin.simulation.resuming.running import run_from_checkpoint

    folder = task.folder / CHECKPOINT
    folder.mkdir(exist_ok=True)
    return _going_on(
        lambda anew: run_from_checkpoint(
            setup.program,
            setup.state,
            span=setup.span,
            checkpoint=Checkpoint(folder / "run.checkpoint", anew=anew),
            until=until,
            keep=keep,
            progress=task.progress,
            **options,
        )
    )


def _going_on(run: Callable[[bool], T]) -> T:
    """Run what goes on from what an earlier process saved of it, and anew where that is of another run."""
    with suppress(UsageError):
        return run(False)
    # What is wrong with the job itself is found again.
    return run(True)


def _fork(task: Task, asked: Fork) -> Found:
    from chaintwin.fidelity.forking.drawing import whole_horizons
    from chaintwin.fidelity.forking.fork import Fork as Ahead
    from chaintwin.fidelity.forking.fork import fork

    live = task.live()
    periods = max(1, round(asked.days * 24 / task.network.settings.period.hours))
    # From one period to the next the same program is good, so that nobody waits for another one.
    program = task.program(whole_horizons(task.network, (max(live.next_period, 0) if live is not None else 0) + periods))
    begun = task.begun(live, program=program)
    state = begun.state if asked.as_planned else begun.opened
    looking = task.looking()
    scenario = scenario_of(asked.scenario)

    def told(found: Ahead, *, is_last: bool = False) -> Found:
        span, settings = found.setup.span, found.setup.network.settings
        about = {
            "scenario": found.scenario or None,
            "span": asdict(span) | {"replications": found.runs},
            "parameters": None if looking is None else _parameters(looking.parameters),
            "likely": asked.likely,
            "confidence": found.setup.confidence,
            "program_digest": found.setup.program.digest(),
            "currency": settings.currency,
            "period": settings.period.value,
            "version": version_told(),
            "struck": struck_of(found.setup.program, scenario),
        }
        frames = {"service": found.service, "shortages": found.shortages, "stock": found.stock, "by_run": found.by_run}
        return task.found(frames, about | begun.about, replications=found.runs, is_last=is_last)

    found = fork(
        task.network,
        state,
        periods=periods,
        runs=asked.replications,
        seed=asked.seed,
        scenario=scenario,
        parameters=None if looking is None else looking.parameters,
        likely=asked.likely,
        threads=task.order.threads,
        progress=task.progress,
        cancel=task.cancel,
        partial=lambda so_far: task.tell(told(so_far)),
        before=program,
        compiling=None if looking is None else looking.compiling,
        compiled=task.compiled(scenario),
    )
    return told(found, is_last=True)


def _parameters(used: Applied) -> dict[str, Any]:
    """Return what is told of a version of parameters: which one, and what of it has no place in the network."""
    return {"version": used.version, "madeAt": text_of(used.made_at)} | misfits(used.findings)


def _stress(task: Task, asked: Stress) -> Found:
    from chaintwin.risk.stress.stressing import stress_test

    network, live = task.network, task.live()
    begun = task.begun(live, program=task.program(network.settings.periods))
    found = stress_test(
        network,
        by=asked.by,
        recovery=asked.recover,
        measure=asked.measure,
        followed=asked.follow,
        state=begun.state,
        threads=task.order.threads,
        progress=task.progress,
        cancel=task.cancel,
    )
    about = {
        "measure": str(found.measure),
        "unit": found.unit,
        "currency": found.currency,
        "period": found.period,
        "demand": found.demand,
        "survives": found.survives,
        "rank_correlation": found.rank_correlation,
        "short_at_start": found.short,
        "version": version_told(),
    }
    return task.found({"outages": found.table}, about | begun.about, is_last=True)


def _compare(task: Task, asked: Compare) -> Found:
    from chaintwin.simulation.comparing.comparing import compare
    from chaintwin.simulation.comparing.comparison import Comparison
    from chaintwin.simulation.resuming.checkpoint import Checkpoint

    scenarios = [scenario_of(values, place) for place, values in enumerate(asked.scenarios, start=1)]

    def told(found: Comparison, *, is_last: bool = False) -> Found:
        first = found.results[found.reference]
        about = {
            "reference": found.reference,
            "scenarios": list(found.results),
            "confidence": found.confidence,
            "currency": first.currency,
            "period": first.period,
            "span": asdict(first.span),
            "version": first.version,
            "program_digests": {name: result.program_digest for name, result in found.results.items()},
        }
        frames = {"differences": found.differences, "accounts": found.accounts}
        for table in ("summary", "periods"):
            parts = [getattr(result, table).with_columns(scenario=pl.lit(name)) for name, result in found.results.items()]
            frames[table] = pl.concat(parts).select("scenario", pl.exclude("scenario"))
        return task.found(frames, about, replications=first.span.replications, is_last=is_last)

    found = _going_on(
        lambda anew: compare(
            task.network,
            [scenario for scenario in scenarios if scenario is not None],
            reference=asked.reference,
            periods=asked.periods,
            replications=asked.replications,
            seed=asked.seed,
            warm_up=asked.warm_up,
            confidence=asked.confidence,
            threads=task.order.threads,
            progress=task.progress,
            cancel=task.cancel,
            until=asked.until,
            checkpoint=Checkpoint(task.folder / CHECKPOINT, anew=anew),
            partial=lambda so_far: task.tell(told(so_far)),
        )
    )
    return told(found, is_last=True)


_FRAMES = (
    "summary",
    "stock_points",
    "streams",
    "activities",
    "resources",
    "periods",
    "costs",
    "bands",
    "bullwhip",
    "accounts",
    "cash_flows",
)
_ABOUT = ("program_digest", "version", "confidence", "currency", "period", "is_random")
