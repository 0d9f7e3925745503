"""The front door of the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from chaintwin.errors import UsageError
from chaintwin.network.network import Network
from chaintwin.network.state import State, initial_state
from chaintwin.rng import check_seed
from chaintwin.simulation.counting.precision import parse_precision
from chaintwin.simulation.ensemble import Span, Until, run_ensemble
from chaintwin.simulation.preparing import prepare_kernels
from chaintwin.simulation.results import Result, result_of

REPLICATION_LIMIT = 10_000_000
"""The figures of each replication are kept, 152 bytes of them, so more would not fit the memory of most machines."""


def simulate(
    network: Network,
    *,
    periods: int | None = None,
    replications: int = 256,
    seed: int = 0,
    warm_up: int | None = None,
    state: State | None = None,
    confidence: float = 0.95,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
    until: str | None = None,
) -> Result:
    """Simulate a network many times and return figures with intervals.

    Parameters
    ----------
    network : what is simulated.
    periods : periods that count, 1 or more; the project's horizon by default.
    replications : independent runs, 1 or more; intervals need two.
    seed : 0 to 2**64 - 1; the same seed gives the same numbers, bit for bit.
    warm_up : periods before those that count, 0 or more; by default the project's, or none where a state is given.
    state : where to start; the network's own first stock by default.
    confidence : level of the intervals, between 0 and 1.
    threads : threads to use, all cores by default; never changes the result.
    progress : called with the share done, 0 to 1, from worker threads.
    cancel : set it to stop the run.
    until : a precision, such as ``fill_rate +/- 0.002`` or ``total_cost +/- 1 %``: the run stops after the first 64, 128, 192 and
        so on replications whose interval is as narrow; ``replications`` is the most it may take.

    The first simulation on a machine compiles the engine, about half a minute; ``prepare_kernels`` does only that.

    Returns
    -------
    The result; its frames are polars, its figures NumPy.

    Raises
    ------
    UsageError
        An argument is out of range.
    GraphError
        The network has a loop without delay.
    CancelledError
        ``cancel`` was set.
    InvariantError
        A conservation law was broken; the run is worthless.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> result = simulate(load(Example.BEER_GAME), periods=36, replications=2)
    >>> result.span.replications
    2
    """
    settings = network.settings
    chosen = Span(
        first=state.period if state else 0,
        periods=settings.horizon if periods is None else periods,
        warm_up=(0 if state else settings.warm_up) if warm_up is None else warm_up,
        replications=replications,
        seed=seed,
    )
    check_seed(seed)
    for name, value, least in (("periods", chosen.periods, 1), ("replications", replications, 1), ("warm_up", chosen.warm_up, 0)):
        if value < least:
            raise UsageError(f"{name}: found {value}; allowed: {least} or more")
    if replications > REPLICATION_LIMIT:
        raise UsageError(f"replications: found {replications}; allowed: at most {REPLICATION_LIMIT}")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence: found {confidence}; allowed: between 0 and 1, such as 0.95")
    wanted = None if until is None else Until(parse_precision(until), confidence)
    program = network.compile(periods=chosen.first + chosen.warm_up + chosen.periods)
    prepare_kernels()
    reduced = run_ensemble(
        program, state or initial_state(program), span=chosen, threads=threads, progress=progress, cancel=cancel, until=wanted
    )
    return result_of(
        program,
        reduced,
        span=replace(chosen, replications=reduced.figures.shape[0]),
        confidence=confidence,
        currency=settings.currency,
        period=settings.period.value,
    )
