"""Counts the values that blocks write down, from threads, so that the outcome never depends on who counted first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.program import Program
from chaintwin.simulation.bands.band_kernels import count_kernel, gather_kernel, vary_kernel
from chaintwin.simulation.bands.histories import Histories
from chaintwin.simulation.bands.quantiles import EDGES, LEVELS, binned_quantiles, edges_of, sorted_quantiles
from chaintwin.simulation.block import Blocks
from chaintwin.simulation.kernels.reducing_kernels import sum_kernel

Integers = NDArray[np.int64]
Singles = NDArray[np.float32]

PILOT = 256
"""The first replications: their values decide where the bins are. A run of no more than these has exact quantiles."""

PILOT_SMALL, PILOT_BYTES = 64, 2 * 1024**3
"""Where tables of as many replications would take more memory, fewer decide."""

WHOLE = 3
"""Quantities of the whole network: stock, backlog, and the share of a period's demand served at once."""

PARTS_MAX, PART_SIZE = 8, 64
"""Series are counted in parts, each by one thread at a time."""

Each = Callable[[Callable[[int], None], Iterable[int]], Iterable[None]]
"""Calls a function for each number, on one thread or several."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Rows of one block and the places they are counted at, series by series and in one line; places go period by period.

    Parameters
    ----------
    row, below : rows, and rows they are divided by (-1 for none). at : places.
    """

    row: Integers
    below: Integers
    at: Integers


class Keeper:
    """Counts of every kept quantity and period.

    Memory is 160 bytes a kept quantity and period, whatever the number of replications.

    Parameters
    ----------
    histories : what a tape writes down.
    program : the network.
    counted_from, periods, room : first period that counts, how many do, and periods of which a table keeps totals.
    replications : of the run.
    """

    def __init__(
        self, histories: Histories, program: Program, *, counted_from: int, periods: int, room: int, replications: int
    ) -> None:
        self.histories, self.integer = histories, program.integer
        self.counted_from, self.periods, self.room, self.replications = counted_from, periods, room, replications
        small = 8 * PILOT * histories.tape.rows.count > PILOT_BYTES
        self.pilot = min(replications, PILOT_SMALL if small else PILOT)
        self.series = histories.counted.size + WHOLE
        size = self.series * periods
        self.band: Singles = np.empty((size, len(LEVELS)), dtype=np.float32)
        binned = size if replications > self.pilot else 0
        self._edges: Singles = np.empty((binned, len(EDGES)), dtype=np.float32)
        self._counts = np.zeros((binned, len(EDGES) + 1), dtype=np.uint32)
        self._ends: Singles = np.tile(np.array([np.inf, -np.inf], dtype=np.float32), (binned, 1))
        parts = min(PARTS_MAX, -(-self.series // PART_SIZE))
        self._parts = np.linspace(0, self.series, parts + 1).astype(np.int64)
        self._locks = [threading.Lock() for _ in range(parts)]

    def begin(self, blocks: Blocks) -> None:
        """Forget what was written down before counting began."""
        kept = self.histories
        blocks.table[:, self.histories.rings] = 0.0
        blocks.table[:, kept.mean] = 0.0
        blocks.table[:, kept.spread] = 0.0
        for table in blocks.table:
            sum_kernel(table, *kept.totals, kept.previous, table)

    def steps(self) -> Iterator[int]:
        """Yield the ends of the stretches after which a ring has to be read."""
        end = self.counted_from + self.periods
        for begin in range(self.counted_from, end, self.histories.length):
            yield min(begin + self.histories.length, end)

    def play(self, blocks: Blocks, end: int) -> None:
        """Play blocks, which come after the pilot, up to a period and count what they write down."""
        if blocks.period < self.counted_from:
            blocks.advance(end)
            return
        if blocks.period == self.counted_from:
            self.begin(blocks)
        start, length = blocks.period, self.histories.length
        stretches = [(begin, min(begin + length, end)) for begin in range(start, end, length)]
        places = [self._place(*stretch) for stretch in stretches]
        # One block after the other, so that its table stays in the cache.
        for number, first in blocks:
            table, width = blocks.table[number], min(blocks.width, self.replications - first)
            for (begin, then), place in zip(stretches, places, strict=True):
                blocks.play(number, begin, end=then)
                self._read(table, begin, end=then)
                self._count(table, width, place, turn=first // blocks.width)
                table[self.histories.rings] = 0.0
        blocks.period = end

    def take(self, pilot: list[Blocks], begin: int, *, each: Each) -> None:
        """Take what the pilot has written down from a period on: quantiles where it is the whole run, else edges of bins."""
        end = pilot[0].period
        place = self._place(begin, end)
        values = np.empty((place.row.size, self.pilot), dtype=np.float32)

        def gather(number: int) -> None:
            blocks = pilot[number]
            for table, (_, first) in zip(blocks.table, blocks, strict=True):
                self._read(table, begin, end=end)
                width = min(blocks.width, self.pilot - first)
                if width > 0:
                    gather_kernel(table, place.row, place.below, width, first, values)
            blocks.table[:, self.histories.rings] = 0.0

        def settle(part: int) -> None:
            some = self._part(part, end - begin)
            mine, at = values[some], place.at[some]
            mine.sort(axis=1)
            if not self._counts.size:
                self.band[at] = sorted_quantiles(mine)
                return
            self._edges[at] = edges_of(mine, integer=self.integer)

        list(each(gather, range(len(pilot))))
        list(each(settle, range(len(self._locks))))
        if self._counts.size:
            whole = _Place(np.arange(place.row.size), np.full(place.row.size, -1), place.at)
            self._count(values.astype(np.float64), self.pilot, whole, turn=0)

    def finish(self) -> Singles:
        """Return float32[series, periods, 9]: stock of every stock point, then backlog, then those of the whole network."""
        at_once = PART_SIZE * self.series
        for first in range(0, self._counts.shape[0], at_once):
            some = slice(first, first + at_once)
            self.band[some] = binned_quantiles(self._edges[some], self._counts[some], ends=self._ends[some], integer=self.integer)
        if self.integer and self._counts.size:
            shares = slice(self.series - 1, None, self.series)
            self.band[shares] = binned_quantiles(
                self._edges[shares], self._counts[shares], ends=self._ends[shares], integer=False
            )
        return self.band.reshape(self.periods, self.series, len(LEVELS)).transpose(1, 0, 2)

    def _read(self, table: NDArray[np.float64], begin: int, *, end: int) -> None:
        """Read from the rings how running totals have grown."""
        kept = self.histories
        vary_kernel(
            table,
            kept.running,
            kept.length,
            begin,
            end,
            self.counted_from,
            kept.previous,
            kept.mean,
            kept.spread,
        )

    def _place(self, begin: int, end: int) -> _Place:
        """Return where values of some periods lie and are counted."""
        kept = self.histories
        period = np.arange(begin, end)
        # Stock, backlog, demand and what is served at once, as the engine totals them by period.
        totals = kept.tape.rows.count + np.arange(4)[:, None] * self.room + (period - self.counted_from)
        row = np.concatenate([kept.counted[:, None] + period % kept.length, totals[[0, 1, 3]]])
        below = np.full(row.shape, -1, dtype=np.int64)
        below[-1] = totals[2]
        at = np.arange(self.series)[:, None] + (period - self.counted_from) * self.series
        return _Place(row.ravel(), below.ravel(), at.ravel())

    def _part(self, part: int, periods: int) -> slice:
        return slice(int(self._parts[part]) * periods, int(self._parts[part + 1]) * periods)

    def _count(self, table: NDArray[np.float64], width: int, place: _Place, *, turn: int) -> None:
        periods = place.row.size // self.series
        values, bins = np.empty(table.shape[1], dtype=np.float32), np.empty(table.shape[1], dtype=np.int32)
        for step in range(len(self._locks)):
            # Threads begin at different parts, so that they seldom wait for each other.
            part = (turn + step) % len(self._locks)
            some = self._part(part, periods)
            with self._locks[part]:
                count_kernel(
                    table,
                    place.row[some],
                    place.below[some],
                    width,
                    place.at[some],
                    self._edges,
                    self._counts,
                    self._ends,
                    values,
                    bins,
                )
