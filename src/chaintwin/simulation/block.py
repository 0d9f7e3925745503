"""Blocks of replications: tables of rows that a tape is played on, and what is read from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.program import Program
from chaintwin.rng import stream_keys
from chaintwin.simulation.counting.balances import Balances, Breach, balances_of
from chaintwin.simulation.counting.measures import LEDGER, Measures, measures_of, openings_of
from chaintwin.simulation.counting.moments import Moments, Ratios
from chaintwin.simulation.counting.sums import Sums
from chaintwin.simulation.kernels.reducing_kernels import check_kernel, measure_kernel, pair_kernel, sum_kernel, total_kernel
from chaintwin.simulation.kernels.running_kernels import run_kernel
from chaintwin.simulation.tape.supply.remaining import Remaining
from chaintwin.simulation.tape.supply.remaining_kernels import remaining_kernel
from chaintwin.simulation.tape.tape import Tape

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CACHE_LINE = 64
"""Bytes of a line of the cache on common processors."""

SCRATCH_ROWS = 5
"""Rows that kernels work with and leave behind."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played, checked and measured; the same for every block of a run.

    Parameters
    ----------
    program, tape : the network and one period of it.
    balances : laws that are checked.
    measures : what is measured when ``periods`` have been counted up to, not including, ``end``.
    openings : what is remembered, and in which rows, by the period in which counting begins.
    begin, counted_from, end : first period; first that counts; the one after the last.
    room : periods of which a table keeps totals.
    """

    program: Program
    tape: Tape
    balances: Balances
    measures: Measures
    openings: Mapping[int, tuple[Sums, Integers]]
    begin: int
    counted_from: int
    end: int
    room: int

    @staticmethod
    def of(program: Program, tape: Tape, *, begin: int, warm_up: int, periods: int) -> Plan:
        """Return the plan of a run of ``warm_up`` periods from ``begin`` on and ``periods`` that count."""
        rows, rings = tape.rows, {"pipes": tape.pipes, "queues": tape.queues}
        counted, room = begin + warm_up, max(warm_up, periods, 1)
        end = counted + periods
        return Plan(
            program=program,
            tape=tape,
            balances=balances_of(program, rows, pipes=tape.pipes),
            measures=measures_of(program, rows, **rings, end=end, periods=max(periods, 1), room=room),
            openings={start: openings_of(program, rows, **rings, begin=start) for start in (begin, counted)},
            begin=begin,
            counted_from=counted,
            end=end,
            room=room,
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted of some replications.

    Parameters
    ----------
    figures : Floats[replications, LEDGER], in parts.
    accounts : Floats[replications, ACCOUNT_FIGURES x accounts], in parts, without columns where nobody asked for them.
    moments, ratios : of everything that is measured.
    """

    figures: tuple[Floats, ...]
    accounts: tuple[Floats, ...]
    moments: Moments
    ratios: Ratios

    @staticmethod
    def nothing(measures: Measures) -> Counted:
        """Return what no replication comes to."""
        return Counted((), (), Moments.empty(measures.size), Ratios.empty(measures.above.size))


class Blocks:
    """Some blocks of replications on their way through the periods, one after the other on one thread.

    A block is as wide as the cache allows.

    Parameters
    ----------
    plan : what is played.
    first : number of the first replication.
    width : replications in a block.
    seed : seed of the random numbers.
    count : blocks.
    tables : tables of blocks that are done, of which one is used again if there is one large enough: memory that the system
        hands out anew is cleared page by page, which takes a tenth of the time of a small network.
    """

    def __init__(
        self, plan: Plan, *, first: int, width: int, seed: int, count: int = 1, tables: list[Floats] | None = None
    ) -> None:
        self.plan, self.first, self.width = plan, first, width
        tape = plan.tape
        self.period = plan.begin
        rows = tape.rows.count
        self.table = _table((count, rows + tape.rows.totals * plan.room, width), tables if tables is not None else [])
        self.table[:, :rows] = tape.first[:, None]
        self.draws = tape.draws(seed)
        self._phase = np.zeros(tape.longest_ring + 1, dtype=np.int64)
        self._scratch = np.zeros((SCRATCH_ROWS, width))
        if tape.remaining is not None:
            self._put_remaining(tape.remaining, seed)
        self.count_from_here()

    def _put_remaining(self, remaining: Remaining, seed: int) -> None:
        """Put what nobody knows the arrival of into the row of the arrival that each replication draws."""
        keys = stream_keys(seed, remaining.streams)
        for number, table in enumerate(self.table):
            remaining_kernel(
                self.first + number * self.width,
                remaining.period,
                keys,
                remaining.slot,
                remaining.started,
                remaining.law,
                remaining.share,
                remaining.due,
                remaining.place,
                remaining.quantity,
                self.plan.tape.laws.values,
                self._scratch[0],
                table,
            )

    def count_from_here(self) -> None:
        """Set every sum to zero and remember what counting starts from; only in the two periods that the plan foresees."""
        tape = self.plan.tape
        self.table[:, tape.rows.sums()] = 0.0
        self.table[:, tape.rows.count :] = 0.0
        self.counted_from = self.period
        sums, into = self.plan.openings[self.period]
        for table in self.table:
            sum_kernel(table, *sums, into, table)

    def advance(self, end: int) -> None:
        """Play the periods up to, not including, ``end``."""
        for number in range(self.table.shape[0]):
            self.play(number, self.period, end=end)
        self.period = end

    def play(self, number: int, begin: int, *, end: int) -> None:
        """Play periods of one block; whoever does so sees to it that all come to the same ``period``."""
        tape, laws = self.plan.tape, self.plan.tape.laws
        run_kernel(
            (begin, end, tape.rows.count, self.counted_from, self.plan.room),
            self.first + number * self.width,
            self.plan.program.integer,
            tape.code,
            tape.numbers,
            tape.claims,
            tape.quantities,
            tape.series,
            tape.terms.row,
            tape.terms.weight,
            self.draws,
            laws.kind,
            laws.offset,
            laws.size,
            laws.values,
            self._phase,
            self._scratch,
            self.table[number],
        )

    def read(self, rows: Integers | NDArray[np.int32]) -> Floats:
        """Return rows of the tables, one column a replication."""
        found = self.table[:, rows]
        return np.moveaxis(found, 0, 1).reshape(found.shape[1], found.shape[0] * found.shape[2])

    def breach(self) -> Breach | None:
        """Return the first law of METHODS 1.9 that does not hold since counting began: 1, 2, 3 or 7.

        The tolerance is relative to what has flowed, 0 in whole units but for positions that hold mean yields.
        """
        balances = self.plan.balances
        for number, table in enumerate(self.table):
            laws = (balances.least, balances.law, balances.tolerance)
            which, column, size = check_kernel(table, *balances.sums, *laws, self._scratch)
            if which != -1:
                place = which if which >= 0 else -2 - which
                law = int(balances.law[place]) if which >= 0 else 7
                return Breach(law, int(balances.entity[place]), number * self.width + column, size)
        return None

    def reduce(self, number: int, width: int, *, before: Counted, by_account: bool = False) -> Counted:
        """Return what is counted with the first ``width`` replications of a block added; ``before`` is used up.

        Parameters
        ----------
        number : of the block.
        width : replications that count.
        before : what the replications before them come to.
        by_account : keep the figures of accounts by replication too.
        """
        measures, table = self.plan.measures, self.table[number]
        done, moments, ratios = before.moments.count, before.moments, before.ratios
        measure_kernel(table, width, done, *measures.sums, measures.scale, self._scratch, moments.mean, moments.spread)
        after, inverse = measures.scale.size, self._scratch[0]
        by_period = (moments.mean[after:], moments.spread[after:])
        total_kernel(table, width, done, measures.totals, measures.periods, inverse, *by_period)
        pair_kernel(table, width, done, measures.above, measures.below, inverse, ratios.mean, ratios.spread)
        figures = np.empty((len(LEDGER), self.width))
        sum_kernel(table, *measures.figures, np.arange(len(LEDGER)), figures)
        accounts = np.empty((measures.accounts.start.size - 1 if by_account else 0, self.width))
        if accounts.size:
            sum_kernel(table, *measures.accounts, np.arange(accounts.shape[0]), accounts)
        return Counted(
            (*before.figures, figures[:, :width].T),
            (*before.accounts, accounts[:, :width].T),
            replace(moments, count=done + width),
            replace(ratios, count=done + width),
        )

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield number and first replication of each block."""
        for number in range(self.table.shape[0]):
            yield number, self.first + number * self.width


def _table(shape: tuple[int, int, int], tables: list[Floats]) -> Floats:
    """Return a table of a shape, one of those given where it fits; threads may ask at once."""
    try:
        table = tables.pop()
    except IndexError:
        return _new_table(shape)
    fits = table.shape[0] >= shape[0] and table.shape[1:] == shape[1:]
    return table[: shape[0]] if fits else _new_table(shape)


def _new_table(shape: tuple[int, int, int]) -> Floats:
    """Return a table that begins where a cache line does, so that a row of 8 replications is in one line and not in two."""
    size = 8 * math.prod(shape)
    memory = np.empty(size + CACHE_LINE, dtype=np.uint8)
    skipped = -memory.ctypes.data % CACHE_LINE
    return memory[skipped : skipped + size].view(np.float64).reshape(shape)
