"""The front door of the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.checking_states import check_state
from chaintwin.network.disruptions.striking import check_begins
from chaintwin.network.graph import LIMIT_PREFIX
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.state import State, initial_state
from chaintwin.network.tables.schema import PERIODS_MAX
from chaintwin.rng import check_seed
from chaintwin.simulation.bands.naming import chosen_buffers
from chaintwin.simulation.counting.precision import parse_precision
from chaintwin.simulation.ensemble import Until, run_ensemble
from chaintwin.simulation.playing import Reduced, Span
from chaintwin.simulation.preparing import prepare_kernels
from chaintwin.simulation.results import Result, result_of
from chaintwin.simulation.resuming.checkpoint import Checkpoint
from chaintwin.simulation.resuming.running import run_from_checkpoint

Integers = NDArray[np.int64]

REPLICATION_LIMIT = 10_000_000
"""The figures of each replication are kept, 8 bytes for each of ``LEDGER``, so more would not fit the memory of most machines."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A network ready to be simulated.

    Parameters
    ----------
    network : what is simulated, the scenario's changes made.
    program, state, span : what is run, from where, and how much of it.
    confidence : level of the intervals, between 0 and 1.
    """

    network: Network
    program: Program
    state: State
    span: Span
    confidence: float

    def result(self, reduced: Reduced, *, chosen: Integers | None = None) -> Result:
        """Name what was kept of the replications; ``chosen`` are the buffers of which bands are."""
        settings = self.network.settings
        return result_of(
            self.program,
            reduced,
            span=replace(self.span, replications=reduced.figures.shape[0]),
            confidence=self.confidence,
            currency=settings.currency,
            period=settings.period.value,
            sites=self.network["sites"],
            chosen=chosen,
        )


def simulate(
    network: Network,
    *,
    scenario: Scenario | None = None,
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
    bands: Iterable[str] | Literal["all"] | None = None,
    checkpoint: Checkpoint | Path | str | None = None,
    compiled: Callable[[Network, int], Program] | None = None,
) -> Result:
    """Simulate a network many times and return figures with intervals.

    Parameters
    ----------
    network : what is simulated.
    scenario : changes made to the network first.
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
    bands : ids of stock points (``site/product``), or ``all``, of which quantiles by period and how orders vary are kept, with
        the quantiles of the whole network; an empty list keeps only these. 160 bytes a stock point, period and quantity, whatever
        the number of replications. Up to 256 replications they are exact, with more they are read from counts in bins. With
        ``until`` the run is done a second time; not with a checkpoint.
    checkpoint : a file in which finished replications are saved every few seconds; a run that was stopped in any way goes on from
        there when it is asked for again, and the result is the same bit for bit. A run that has finished removes the file.

    compiled : as for ``set_up``.

    The first simulation on a machine compiles the engine, about half a minute; ``prepare_kernels`` does only that.

    Returns
    -------
    The result; its frames are polars, its figures NumPy.

    Raises
    ------
    UsageError
        An argument is out of range, or the checkpoint is damaged or that of another run.
    InputError
        The scenario does not fit the network.
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
    wanted = None if until is None else Until(parse_precision(until), confidence)
    setup = set_up(
        network,
        scenario,
        periods=periods,
        replications=replications,
        seed=seed,
        warm_up=warm_up,
        state=state,
        confidence=confidence,
        compiled=compiled,
    )
    prepare_kernels()
    program, start, span = setup.program, setup.state, setup.span
    kept = None if bands is None else chosen_buffers(program.names.buffers, bands, periods=span.periods)
    if checkpoint is not None:
        if kept is not None:
            raise UsageError("bands: found a checkpoint beside them; allowed: one of the two")
        saved = checkpoint if isinstance(checkpoint, Checkpoint) else Checkpoint(checkpoint)
        reduced = run_from_checkpoint(
            program, start, span=span, checkpoint=saved, threads=threads, progress=progress, cancel=cancel, until=wanted
        )
        return setup.result(reduced)

    def run(span: Span, until: Until | None, bands: Integers | None) -> Reduced:
        return run_ensemble(
            program, start, span=span, threads=threads, progress=progress, cancel=cancel, until=until, bands=bands
        )

    if kept is not None and wanted is not None:
        # What is counted cannot be taken back, so where the run stops has to be known before.
        span, wanted = replace(span, replications=run(span, wanted, None).figures.shape[0]), None
    return setup.result(run(span, wanted, kept), chosen=kept)


def set_up(
    network: Network,
    scenario: Scenario | None = None,
    *,
    periods: int | None,
    replications: int,
    seed: int,
    warm_up: int | None,
    state: State | None,
    confidence: float,
    compiled: Callable[[Network, int], Program] | None = None,
    before: Program | None = None,
) -> Setup:
    """Check the arguments of a simulation and compile its network.

    Parameters
    ----------
    network, scenario, periods, replications, seed, warm_up, state, confidence : as for ``simulate``.
    compiled : makes the program of a network for so many periods, where its parameters are others than those of its tables.
    before : the program of the network without the scenario for so many periods or more, where somebody has it already.

    Raises
    ------
    UsageError, InputError, GraphError
        As for ``simulate``.
    """
    settings = network.settings
    span = Span(
        first=state.period if state else 0,
        periods=settings.horizon if periods is None else periods,
        warm_up=(0 if state else settings.warm_up) if warm_up is None else warm_up,
        replications=replications,
        seed=seed,
    )
    check_seed(seed)
    for name, value, least in (("periods", span.periods, 1), ("replications", replications, 1), ("warm_up", span.warm_up, 0)):
        if value < least:
            raise UsageError(f"{name}: found {value}; allowed: {least} or more")
    if replications > REPLICATION_LIMIT:
        raise UsageError(f"replications: found {replications}; allowed: at most {REPLICATION_LIMIT}")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence: found {confidence}; allowed: between 0 and 1, such as 0.95")
    reach = span.first + span.warm_up + span.periods
    if reach > PERIODS_MAX:
        earlier = f"{span.warm_up:,} of warm-up from period {span.first:,} on"
        raise UsageError(f"periods: found {span.periods:,} after {earlier}; allowed: at most {PERIODS_MAX:,} together")
    changed = network if scenario is None else scenario.apply(network)
    check_begins(changed.disruptions, changed.settings, reach=reach)
    if compiled is not None:
        program = compiled(changed, reach)
    else:
        program = before if before is not None and changed is network else changed.compile(periods=reach)
    if state is not None and changed is not network:
        state = carried_over(state, before or network.compile(periods=reach), after=program)
    if state is not None:
        check_state(state, program)
    return Setup(changed, program, state or initial_state(program), span, confidence)


def carried_over(state: State, before: Program, *, after: Program) -> State:
    """Return a state of a network without a scenario as one with it; limits of disruptions begin whole.

    Parameters
    ----------
    state : of a network. before, after : its program, without the scenario and with it.

    Raises
    ------
    UsageError
        The state speaks of other stock points, activities, streams or resources than the scenario leaves.
    """
    for kind in ("buffers", "activities", "streams", "resources"):
        old, new = (getattr(program.names, kind).to_series(0).to_list() for program in (before, after))
        new = [name for name in new if not name.startswith(LIMIT_PREFIX)]
        if old != new:
            other = sorted(set(old) ^ set(new))
            raise UsageError(
                f"state: found a state of a network without the scenario, which has other {kind} ({', '.join(other[:3])}); "
                "allowed: a scenario that adds and removes nothing, or no state"
            )
    own = ~after.names.resources["resource_id"].str.starts_with(LIMIT_PREFIX).to_numpy()
    if state.resource_share.size != int(own.sum()):
        return state
    share = np.ones(own.size)
    share[own] = state.resource_share
    return replace(state, resource_share=share)
