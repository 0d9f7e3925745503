"""Blocks of replications: tables of rows that a tape is played on, what has been counted, and the laws they must obey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.program import Program
from chaintwin.simulation.kernels.running_kernels import run_kernel
from chaintwin.simulation.tally import Floats, Tally
from chaintwin.simulation.tape.rows import group_sums
from chaintwin.simulation.tape.tape import Tape

Integers = NDArray[np.int64]

PERIOD_TOTALS = 4
"""Quantities that are totalled by period: stock, backlog, demand, demand served at once."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A law that does not hold.

    Parameters
    ----------
    law : number in METHODS 1.9. entity : index of the buffer, stream or activity. replication : column of the block.
    size : by how much.
    """

    law: int
    entity: int
    replication: int
    size: float


@dataclass(frozen=True, slots=True)
class _Opening:
    """What was under way when counting began: units not yet started, in the pipeline, and units times periods to go."""

    queued: Floats
    piped: Floats
    to_go: Floats
    on_hand: Floats
    backlog: Floats


class Blocks:
    """Some blocks of replications on their way through the periods, one after the other on one thread.

    A block is as wide as the cache allows; several are kept together so that counting and checking, which look at whole arrays,
    cost little beside playing. Arrays that are returned hold one column a replication, in order.

    Parameters
    ----------
    program, tape : what is played.
    first : number of the first replication.
    width : replications in a block.
    count : blocks.
    seed : seed of the random numbers.
    period : period of the start.
    periods : most periods between two calls of ``count_from_here``.
    """

    def __init__(
        self,
        program: Program,
        tape: Tape,
        *,
        first: int,
        width: int,
        seed: int,
        period: int,
        periods: int,
        count: int = 1,
    ) -> None:
        self.program, self.tape, self.first, self.width = program, tape, first, width
        self.period = self.counted_from = period
        rows = tape.rows.count
        self.table = np.empty((count, rows + PERIOD_TOTALS * max(periods, 1), width))
        self.table[:, :rows] = tape.first[:, None]
        self.table[:, rows:] = 0.0
        self.draws = tape.draws(seed)
        self._phase = np.zeros(tape.longest_ring + 1, dtype=np.int64)
        self._scratch = np.zeros((1, width))
        self._opening = self._look()

    def count_from_here(self) -> None:
        """Set every sum to zero."""
        self.table[:, self.tape.rows.sums()] = 0.0
        self.table[:, self.tape.rows.count :] = 0.0
        self.counted_from = self.period
        self._opening = self._look()

    def advance(self, end: int) -> None:
        """Play the periods up to, not including, ``end``."""
        tape, laws = self.tape, self.tape.laws
        for number, table in enumerate(self.table):
            run_kernel(
                (self.period, end, tape.rows.count, self.counted_from),
                self.first + number * self.width,
                self.program.integer,
                tape.code,
                tape.numbers,
                tape.claims,
                tape.quantities,
                tape.series,
                self.draws,
                laws.kind,
                laws.offset,
                laws.size,
                laws.values,
                self._phase,
                self._scratch,
                table,
            )
        self.period = end

    def read(self, rows: Integers) -> Floats:
        """Return rows of the tables, one column a replication."""
        return _columns(self.table[:, rows])

    def in_process(self) -> Floats:
        """Return what has been started and not arrived; [A, W]."""
        return self.tape.pipes.sums(self.read(self.tape.pipes.rows))

    def unseen(self) -> Floats:
        """Return what has been ordered and is not yet seen by the source; [A, W]."""
        return self.tape.queues.sums(self.read(self.tape.queues.rows))

    def tallies(self) -> list[Tally]:
        """Return the sums since counting began, block by block."""
        now, opening, rows = self._look(), self._opening, self.tape.rows
        lead = self.program.activities
        random = np.flatnonzero(lead.lead_random == 1)
        fixed = np.where(lead.lead_random == 1, 0, lead.lead_fixed)[:, None]
        length = (self.table.shape[1] - rows.count) // PERIOD_TOTALS
        periods = [rows.count + length * number for number in range(PERIOD_TOTALS)]
        counted = self.period - self.counted_from
        ordered, moving = now.queued - opening.queued, opening.to_go - now.to_go
        tallies = []
        for number, table in enumerate(self.table):
            columns = slice(number * self.width, (number + 1) * self.width)
            started = table[rows.started]
            # A unit with lead time L is in process at L closes; those still under way, or begun before, at fewer.
            whole = fixed * started
            whole[random] = table[rows.lead_sum[random]]
            tallies.append(
                Tally(
                    on_hand=table[rows.stock],
                    stocked=table[rows.stocked],
                    demand=table[rows.asked_for],
                    shipped=table[rows.shipped],
                    immediate=table[rows.immediate],
                    lost=table[rows.lost],
                    owed=table[rows.owed],
                    asked=table[rows.asked],
                    clear=table[rows.clear],
                    ordered=started + ordered[:, columns],
                    started=started,
                    orders=table[rows.orders],
                    starts=table[rows.start_count],
                    moving=whole + moving[:, columns],
                    used=table[rows.used],
                    period_stock=table[periods[0] : periods[0] + counted].copy(),
                    period_owed=table[periods[1] : periods[1] + counted].copy(),
                    period_demand=table[periods[2] : periods[2] + counted].copy(),
                    period_immediate=table[periods[3] : periods[3] + counted].copy(),
                )
            )
        return tallies

    def breach(self) -> Breach | None:
        """Return the first law of METHODS 1.9 that does not hold since counting began: 1, 2, 3 or 7.

        Law 3 is looked at through the inventory position, which is kept by orders and demand alone and must equal stock and all
        that is due less all that is claimed. The tolerance is relative to what has flowed, 0 in whole units.
        """
        rows, read, program = self.tape.rows, self.read, self.program
        buffers, tolerance = program.buffers, 0.0 if program.integer else 1e-9
        opening, piped = self._opening, self.in_process()
        stock, backlog = read(rows.on_hand), read(rows.backlog)
        arrived = read(rows.started) + opening.piped - piped
        come = opening.on_hand + _by_buffer(buffers.supply_start, buffers.supply_quantity, arrived[buffers.supply_activity])
        is_stream, index = buffers.claim_kind == 0, buffers.claim_index
        leaving = _chosen(is_stream, index, read(rows.shipped), read(rows.started))
        gone = _by_buffer(buffers.claim_start, buffers.claim_quantity, leaving)
        asked = opening.backlog + read(rows.asked_for)
        served = read(rows.shipped) + read(rows.lost) + backlog
        waiting, unseen = read(rows.waiting), self.unseen()
        due = piped + unseen + waiting
        claimed = _by_buffer(buffers.claim_start, buffers.claim_quantity, _chosen(is_stream, index, backlog, waiting))
        supplied = _by_buffer(buffers.supply_start, buffers.supply_quantity, due[buffers.supply_activity])
        kept = np.flatnonzero(rows.position != rows.nowhere)
        position = (stock + supplied - claimed)[kept]
        scale = np.maximum(np.abs(come), np.abs(supplied) + np.abs(claimed))
        checks = (
            (1, come - gone - stock, come),
            (2, asked - served, asked),
            (3, position - read(rows.position[kept]), scale[kept]),
            (7, np.minimum(stock, 0.0), come),
            (7, np.minimum(backlog, 0.0), asked),
            (7, np.minimum(waiting, 0.0), waiting + read(rows.started)),
        )
        for law, gap, size in checks:
            # A comparison that is false for NaN, so that a poisoned replication cannot pass.
            wrong = ~(np.abs(gap) <= tolerance * np.maximum(1.0, np.abs(size)))
            if wrong.any():
                entity, column = np.argwhere(wrong)[0]
                return Breach(law, int(kept[entity]) if law == 3 else int(entity), int(column), float(abs(gap[entity, column])))
        return None

    def _look(self) -> _Opening:
        rows, rings = self.tape.rows, self.tape.pipes
        queued = self.read(rows.waiting) + self.unseen()
        piped = self.read(rings.rows)
        ahead = (rings.slot - self.period) % rings.size
        return _Opening(
            queued,
            rings.sums(piped),
            rings.sums(piped * ahead[:, None]),
            self.read(rows.on_hand),
            self.read(rows.backlog),
        )


def _columns(values: Floats) -> Floats:
    """Return float64[block, row, W] as float64[row, replication]."""
    blocks, rows, width = values.shape
    return values[0] if blocks == 1 else np.moveaxis(values, 0, 1).reshape(rows, blocks * width)


def _by_buffer(start: Integers, quantity: Floats, values: Floats) -> Floats:
    return group_sums(quantity[:, None] * values, np.diff(start))


def _chosen(is_stream: NDArray[np.bool_], index: Integers, streams: Floats, activities: Floats) -> Floats:
    """Return the row of its stream or activity for each claim."""
    values = np.empty((index.size, streams.shape[1]))
    values[is_stream] = streams[index[is_stream]]
    values[~is_stream] = activities[index[~is_stream]]
    return values
