"""Plays replications a period at a time and keeps what they went through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.errors import UsageError
from chaintwin.network.checking_states import check_state
from chaintwin.network.disruptions.striking import check_begins
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.state import State, initial_state
from chaintwin.network.tables.schema import PERIODS_MAX
from chaintwin.rng import check_seed
from chaintwin.simulation.block import Blocks, Plan
from chaintwin.simulation.history.struck import StrikeRecorder
from chaintwin.simulation.history.trace import NEVER, Journeys, Trace
from chaintwin.simulation.preparing import prepare_kernels
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.rows import Rings, ripens

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TRACE_BYTES = 4 * 1024**3
"""Most memory that the arrays of traces may take together."""

REPLICATION_LAST = 2**32 - 1
"""Largest number of a replication: it is one word of the counter that draws are made from."""


def trace(
    network: Network | Program,
    *,
    state: State | None = None,
    periods: int | None = None,
    replication: int = 0,
    seed: int = 0,
) -> Trace:
    """Return one replication period by period: the very replication an ensemble of the same seed holds under that number.

    Parameters
    ----------
    network : what is simulated, or its program.
    state : where to start; the network's own first stock by default.
    periods : periods to play, 1 or more; by default horizon of the project, and its warm-up unless a state is given.
    replication : its number, 0 or more. seed : 0 to 2**64 - 1.

    Raises
    ------
    UsageError
        An argument is out of range, or the trace would not fit into memory.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> seen = trace(load(Example.BEER_GAME), periods=36)
    >>> seen.on_hand.shape
    (36, 4)
    """
    return traces(network, state=state, periods=periods, first=replication, count=1, seed=seed)[0]


def traces(
    network: Network | Program,
    *,
    state: State | None = None,
    periods: int | None = None,
    first: int = 0,
    count: int = 16,
    seed: int = 0,
) -> list[Trace]:
    """Return some replications, one after the other by number; arguments as for ``trace``.

    Parameters
    ----------
    network, state, periods, seed : as for ``trace``.
    first : number of the first replication. count : how many, 1 or more.
    """
    check_seed(seed)
    begin = 0 if state is None else state.period
    if isinstance(network, Network):
        usual = network.settings.periods if state is None else network.settings.horizon
        length = usual if periods is None else periods
        if begin + length > PERIODS_MAX:
            raise UsageError(f"periods: found {length:,} from period {begin:,} on; allowed: at most {PERIODS_MAX:,} together")
        # A history may be played part by part, each from the state of the one before.
        whole = max(begin + length, network.settings.horizon, 1)
        check_begins(network.disruptions, network.settings, reach=whole)
        program = network.compile(periods=begin + max(length, 1))
    elif periods is None:
        raise UsageError("periods: found none; allowed: 1 or more, which a program does not say by itself")
    else:
        length, program = periods, network
    for name, value, least in (("periods", length, 1), ("replication", first, 0), ("count", count, 1)):
        if value < least:
            raise UsageError(f"{name}: found {value}; allowed: {least} or more")
    if first + count - 1 > REPLICATION_LAST:
        raise UsageError(f"replication: found {first + count - 1}; allowed: at most {REPLICATION_LAST}")
    _refuse_large(program, periods=length, count=count)
    if state is not None:
        check_state(state, program)
    prepare_kernels()
    return _Recorder(program, state or initial_state(program), periods=length, first=first, count=count, seed=seed).run()


class _Recorder:
    """Plays a block of replications and keeps what is read from it; arrays are [periods, entities, replications]."""

    def __init__(self, program: Program, state: State, *, periods: int, first: int, count: int, seed: int) -> None:
        tape = assemble(program, state, periods=periods)
        plan = Plan.of(program, tape, begin=state.period, warm_up=0, periods=periods)
        self.blocks = Blocks(plan, first=first, width=count, seed=seed)
        self.program, self.tape, self.seed, self.first, self.count = program, tape, seed, first, count
        self.state = _with_ages(program, state, length=tape.rows.pipe_length)
        self.by_age = ripens(program)
        self.kept: dict[str, list[Floats]] = {}
        self.goods, self.orders = _adder(tape.pipes), _adder(tape.queues)
        self.starts: list[tuple[Integers, Integers, int, Integers, Floats]] = []
        self.ripe: list[tuple[Integers, Integers, Integers, int]] = []
        self.strikes = StrikeRecorder(program, self.blocks) if program.strikes.shift.size else None

    def run(self) -> list[Trace]:
        """Play all periods and return the traces."""
        for period in range(self.blocks.period, self.blocks.plan.end):
            self._step(period)
        arrays = {name: np.array(values) for name, values in self.kept.items()}
        found = []
        for column in range(self.count):
            mine = {name: np.ascontiguousarray(values[:, :, column]) for name, values in arrays.items()}
            struck, journeys = None, self._journeys(column)
            if self.strikes is not None:
                struck, journeys = self.strikes.read(column, journeys, held=mine["held"])
            found.append(
                Trace(
                    program=self.program,
                    state=self.state,
                    seed=self.seed,
                    replication=self.first + column,
                    journeys=journeys,
                    struck=struck,
                    **mine,
                )
            )
        return found

    def _step(self, period: int) -> None:
        blocks, rows, read = self.blocks, self.tape.rows, self.blocks.read
        before, hidden = read(self.tape.pipes.rows), read(self.tape.queues.rows)
        waited = read(rows.waiting)
        queued = self.orders @ hidden + waited
        # Sums that begin at zero in each period are its flows, exactly; differences of running sums would be rounded.
        blocks.table[:, rows.sums()] = 0.0
        blocks.advance(period + 1)
        if self.strikes is not None:
            before, hidden = self.strikes.step(period, before=before, hidden=hidden, waiting=waited)
        started, waiting = read(rows.started), read(rows.waiting)
        after = read(self.tape.pipes.rows)
        held = self._kept(rows.outside) + self._kept(rows.struck.detained)
        values = {
            "on_hand": read(rows.on_hand),
            "expired": self._kept(rows.expired),
            "forecast": np.where(
                (rows.forecast == rows.nowhere)[:, None], self.program.buffers.forecast[:, None], read(rows.forecast)
            ),
            "demand": read(rows.demand),
            "shipped": read(rows.shipped),
            "lost": read(rows.lost),
            "backlog": read(rows.backlog),
            "ordered": started + waiting + self.orders @ read(self.tape.queues.rows) - queued + self._kept(rows.struck.cancelled),
            "visible": self.orders @ _today(self.tape.queues, hidden, period=period),
            "started": started,
            "arrived": self._arrivals(period, started, before=before, after=after, held=held) - held,
            "waiting": waiting,
            "in_process": self.goods @ after,
            "held": held,
            "used": read(rows.used),
            "scrapped": self._kept(rows.scrapped),
            "scrapped_at_once": self._kept(rows.scrapped_at_once),
        }
        for name, value in values.items():
            self.kept.setdefault(name, []).append(value)

    def _kept(self, which: Integers) -> Floats:
        """Return rows, 0 for those that nobody keeps."""
        found: Floats = np.where((which == self.tape.rows.nowhere)[:, None], 0.0, self.blocks.read(which))
        return found

    def _arrivals(self, period: int, started: Floats, *, before: Floats, after: Floats, held: Floats) -> Floats:
        """Return Floats[A, W], what arrives in a period, be it outside, and note when what starts in it is due."""
        pipes, activities = self.tape.pipes, self.program.activities
        owner = pipes.owner
        aged = self.by_age[owner]
        today = pipes.slot == period % pipes.size
        # What waits outside is in the row whose turn is next.
        after = after - np.where((pipes.slot == (period + 1) % pipes.size)[:, None], held[owner], 0.0)
        # A row of some age has arrived as a whole or not at all.
        moved = np.where((aged & ~today)[:, None] & (after < 0.5 * before), before, 0.0)
        moved[today] = before[today]
        arrived: Floats = self.goods @ moved
        entry, column = np.nonzero(moved * aged[:, None])
        # A row's turn is as many periods after its start as the ring has rows; in between it counts backwards.
        age = pipes.size[entry] - (pipes.slot[entry] - period) % pipes.size[entry]
        self.ripe.append((owner[entry], period - age, column, period))
        due = np.where(self.by_age, NEVER, period + activities.lead_fixed)[:, None].repeat(self.count, axis=1)
        drawn = (activities.lead_random == 1) & ~self.by_age
        due[drawn] = period
        growth = np.where(today[:, None], after, after - before)
        entry, column = np.nonzero((growth > 0.5 * started[owner]) & drawn[owner][:, None])
        ahead = (pipes.slot[entry] - period) % pipes.size[entry]
        due[owner[entry], column] = period + np.where(ahead == 0, pipes.size[entry], ahead)
        who, column = np.nonzero(started)
        self.starts.append((who, column, period, due[who, column], started[who, column]))
        arrived += np.where(due == period, started, 0.0)
        return arrived

    def _journeys(self, column: int) -> Journeys:
        """Return what was on its way in one replication."""
        shipments = self.state.shipments
        parts = [(who[mine], np.full(mine.sum(), t), due[mine], units[mine])
                 for who, at, t, due, units in self.starts if (mine := at == column).any()]  # fmt: skip
        opening = np.where(self.by_age[shipments.activity_index], NEVER, shipments.arrival)
        activity = _joined([shipments.activity_index, *(part[0] for part in parts)])
        started = _joined([shipments.started, *(part[1] for part in parts)])
        due = _joined([opening, *(part[2] for part in parts)])
        quantity = np.concatenate([shipments.quantity, *(part[3] for part in parts)])
        arrived = np.where((due != NEVER) & (due < self.blocks.period), due, NEVER)
        ripe: dict[tuple[int, int], int] = {}
        for who, starts, at, t in self.ripe:
            for a, s, c in zip(who.tolist(), starts.tolist(), at.tolist(), strict=True):
                if c == column:
                    # What comes from its row later has waited outside.
                    ripe.setdefault((a, s), t)
        for place in np.flatnonzero(self.by_age[activity]).tolist():
            arrived[place] = ripe.get((int(activity[place]), int(started[place])), NEVER)
        return Journeys(activity, started, due, arrived, quantity)


def _with_ages(program: Program, state: State, *, length: Integers) -> State:
    """Return the state as the engine takes it: no goods that arrive by their age are older than the longest age."""
    shipments = state.shipments
    owner = shipments.activity_index
    age = np.clip(state.period - shipments.started, 1, np.maximum(length[owner], 1))
    started = np.where(ripens(program)[owner], state.period - age, shipments.started)
    return replace(state, shipments=replace(shipments, started=started))


def _adder(rings: Rings) -> sparse.csr_array:
    """Return the matrix that adds up the rows of each ring."""
    count = rings.rows.size
    return sparse.csr_array((np.ones(count), (rings.owner, np.arange(count))), shape=(rings.length.size, count))


def _today(rings: Rings, values: Floats, *, period: int) -> Floats:
    """Return the rows whose turn it is, and zero for the others."""
    if not rings.rows.size:
        return values
    found: Floats = np.where((rings.slot == period % rings.size)[:, None], values, 0.0)
    return found


def _joined(parts: Sequence[Integers]) -> Integers:
    return np.concatenate(parts).astype(np.int64)


def _refuse_large(program: Program, *, periods: int, count: int) -> None:
    buffers, activities, streams, resources = program.counts
    struck = 2 * program.strikes.shift.size
    struck += 2 * buffers + activities if struck else 0
    needed = 8 * periods * count * (3 * buffers + 4 * streams + 8 * activities + resources + struck)
    if needed > TRACE_BYTES:
        raise UsageError(
            f"trace: found {needed / 1024**3:.1f} GiB for {periods} periods and {count} replications; allowed: at most "
            f"{TRACE_BYTES // 1024**3} GiB; fix: ask for fewer periods or replications"
        )
