"""Years of outages played by the rules of the network, each against the same year without them, on the same random numbers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import CancelledError, InvariantError, UsageError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import ACCOUNT_SCHEMA, PAYMENT_SCHEMA
from chaintwin.network.lowering.lower import lower_in_full
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.state import State, initial_state
from chaintwin.network.tables.schema import PERIODS_MAX
from chaintwin.risk.annual.simulated.accounting import Account
from chaintwin.risk.annual.simulated.striking import Strike, Striker
from chaintwin.risk.stress.programmes.flows import Measure
from chaintwin.simulation.block import Blocks, Plan
from chaintwin.simulation.counting.balances import LAWS
from chaintwin.simulation.playing import GROUP, best_width
from chaintwin.simulation.preparing import prepare_kernels
from chaintwin.simulation.simulating import carried_over
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.strikes.prescribing import prescribe, prescribed
from chaintwin.simulation.tape.tape import Tape

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SETTLE_DAYS = 90.0
"""Days that a year is followed on after its last day and its last outage: until backlogs and stock are as usual again."""

LATE_DAYS = 30.0
"""The last of these days; a loss that still grows in them was not followed to its end."""

STEPS_A_YEAR = 6
"""Years end at steps, so that several of them have the same number of periods and are played together."""

CALL_PERIODS = 32
"""Periods between two looks at cancellation."""


@dataclass(frozen=True, slots=True)
class Year:
    """A year that is played.

    Parameters
    ----------
    number : its place among all that are played, which its random numbers hang on.
    strikes : its outages. least : periods it is followed at least, before the network settles.
    """

    number: int
    strikes: tuple[Strike, ...]
    least: float


@dataclass(frozen=True, slots=True)
class Played:
    """What years cost when they are played.

    Parameters
    ----------
    losses : Floats[years, replications]. late : Floats[years, replications], what of it was added in the last ``LATE_DAYS``.
    """

    losses: Floats
    late: Floats


def check_undisrupted(network: Network) -> None:
    """Refuse a network with disruptions: they would strike in years without an outage too.

    Raises
    ------
    UsageError
        The network has disruptions.
    """
    if network.disruptions:
        raise UsageError(
            "simulated years: found a network with disruptions; allowed: one without; "
            "fix: take the network without its scenario, and describe what strikes it as hazards or threats"
        )


@dataclass(frozen=True, slots=True)
class _Batch:
    """Years that are played side by side: places in the list, numbers one after the other, and how many periods."""

    places: tuple[int, ...]
    periods: int


class Stage:
    """A network on which years are played.

    Parameters
    ----------
    network : tables without errors, without disruptions.
    measure : what is lost. replications : of each year, with chance of its own, 1 or more. seed : of the random numbers.
    state : where years begin, without warm-up; by default as the project starts, after its warm-up.

    Raises
    ------
    UsageError
        The network has disruptions, or a number is out of range.
    """

    def __init__(self, network: Network, *, measure: Measure, replications: int, seed: int, state: State | None = None) -> None:
        check_undisrupted(network)
        if not 1 <= replications <= GROUP:
            raise UsageError(f"replications: found {replications}; allowed: 1 to {GROUP}")
        self.network, self.measure, self.replications, self.seed = network, measure, replications, seed
        settings = network.settings
        self.first = state.period if state else 0
        self.warm_up = 0 if state else settings.warm_up
        self.begin = self.first + self.warm_up
        self.year = round(settings.period.per_year)
        self.per_day = 24 / settings.period.hours
        self.state = state

    def horizon(self, year: Year) -> int:
        """Return the periods that a year is followed: until it and its last outage are over and the network has settled."""
        ends = [strike.onset + strike.length for strike in year.strikes]
        step = max(1, -(-self.year // STEPS_A_YEAR))
        return step * int(np.ceil((max(year.least, *ends, 0.0) + SETTLE_DAYS * self.per_day) / step))

    def play(
        self,
        years: Sequence[Year],
        *,
        threads: int | None = None,
        progress: Callable[[float], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Played:
        """Play years, each as often as there are replications, with its outages and without.

        Parameters
        ----------
        years : numbered one after the other; those of one horizon should have neighboring numbers.
        threads : that play at once; never changes the result. progress : is told the part done. cancel : stops when it is set.

        Raises
        ------
        CancelledError
            It was cancelled.
        InvariantError
            A conservation law was broken; the run is worthless.
        """
        losses, late = np.zeros((len(years), self.replications)), np.zeros((len(years), self.replications))
        if not years:
            return Played(losses, late)
        horizons = [self.horizon(year) for year in years]
        reach = self.begin + max(horizons)
        if reach > PERIODS_MAX:
            raise UsageError(f"simulated years: found {reach:,} periods; allowed: {PERIODS_MAX:,}; fix: use longer periods")
        prepare_kernels()
        player = _Player(self, reach=reach, cancel=cancel)
        batches = _batches(years, horizons, most=max(1, player.width // self.replications))
        total, done, lock = float(sum(len(batch.places) * batch.periods for batch in batches)), 0.0, threading.Lock()

        def work(batch: _Batch) -> None:
            nonlocal done
            part = player.played(batch, [years[place] for place in batch.places])
            losses[list(batch.places)], late[list(batch.places)] = part.losses, part.late
            with lock:
                done += len(batch.places) * batch.periods
                if progress is not None:
                    progress(done / total)

        workers = max(1, min(threads or os.cpu_count() or 1, len(batches)))
        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(work, batches):
                pass
        return Played(losses, late)


class _Player:
    """The network compiled for as many periods as are played, and its usual course."""

    def __init__(self, stage: Stage, *, reach: int, cancel: threading.Event | None) -> None:
        self.stage, self.cancel = stage, cancel
        lowered = lower_in_full(stage.network, periods=reach)
        # Accounts between owners move no goods and no money of the whole.
        accounts, payments = pl.DataFrame(schema=ACCOUNT_SCHEMA), pl.DataFrame(schema=PAYMENT_SCHEMA)
        lowered = replace(lowered, graph=replace(lowered.graph, accounts=accounts, payments=payments))
        self.program = compile_graph(lowered.graph)
        self.periods = reach - stage.begin
        self.striker = Striker(lowered, self.program)
        self.tape = self._tape(self.program)
        self.width = best_width(self.tape, GROUP + 1, workers=1, room=max(stage.warm_up, self.periods))

    def played(self, batch: _Batch, years: Sequence[Year]) -> Played:
        """Return what the years of a batch cost."""
        stage, each = self.stage, self.stage.replications
        first = years[0].number * each
        program, onset, length = self.striker.program_of([year.strikes for year in years], shift=stage.begin)
        tape = prescribed(self._tape(program))
        usual = self._measured(self.program, self.tape, batch, first=first)
        told = (np.repeat(onset, each, axis=1), np.repeat(length, each, axis=1))
        struck = self._measured(program, tape, batch, first=first, told=told)
        early, whole = (one - other for one, other in zip(usual, struck, strict=True))
        shape = (len(years), each)
        return Played(whole.reshape(shape), (whole - early).reshape(shape))

    def _measured(
        self, program: Program, tape: Tape, batch: _Batch, *, first: int, told: tuple[Floats, Floats] | None = None
    ) -> tuple[Floats, Floats]:
        """Return Floats[replications]: what is measured shortly before the end, and at the end."""
        stage = self.stage
        plan = Plan.of(program, tape, begin=stage.first, warm_up=stage.warm_up, periods=batch.periods)
        blocks = Blocks(plan, first=first, width=len(batch.places) * stage.replications, seed=stage.seed)
        if told is not None:
            prescribe(blocks.table[0], tape.rows.struck, onset=told[0], length=told[1])
        if plan.counted_from > plan.begin:
            self._advance(blocks, plan.counted_from)
            blocks.count_from_here()
        found = []
        for periods in (max(batch.periods - round(LATE_DAYS * stage.per_day), 1), batch.periods):
            self._advance(blocks, stage.begin + periods)
            account = Account.of(program, tape, measure=stage.measure, begin=stage.begin, periods=periods)
            found.append(account.read(blocks))
        breach = blocks.breach()
        if breach is not None:
            raise InvariantError(
                f"law {breach.law} ({LAWS[breach.law]}) does not hold in a simulated year: off by {breach.size:g}"
            )
        return found[0], found[1]

    def _advance(self, blocks: Blocks, end: int) -> None:
        while blocks.period < end:
            if self.cancel is not None and self.cancel.is_set():
                raise CancelledError("annual loss: cancelled")
            blocks.advance(min(blocks.period + CALL_PERIODS, end))

    def _tape(self, program: Program) -> Tape:
        state = self.stage.state
        begun = initial_state(program) if state is None else carried_over(state, self.program, after=program)
        return assemble(program, begun, periods=self.stage.warm_up + self.periods)


def _batches(years: Sequence[Year], horizons: Sequence[int], *, most: int) -> list[_Batch]:
    """Return years in batches: neighbors in number with one horizon, and no more than fit."""
    batches: list[_Batch] = []
    order = sorted(range(len(years)), key=lambda place: years[place].number)
    for place in order:
        last = batches[-1] if batches else None
        follows = last is not None and years[place].number == years[last.places[-1]].number + 1
        if last is not None and follows and last.periods == horizons[place] and len(last.places) < most:
            batches[-1] = replace(last, places=(*last.places, place))
        else:
            batches.append(_Batch((place,), horizons[place]))
    return batches
