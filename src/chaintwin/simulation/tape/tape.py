"""A tape: one period of a network as a list of operations on rows, and what they refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws import PackedLaws
from chaintwin.rng import stream_keys
from chaintwin.simulation.counting.sums import Sums
from chaintwin.simulation.tape.operations import NUMBERS, WIDTH, Op
from chaintwin.simulation.tape.rows import Rings, Rows
from chaintwin.simulation.tape.supply.remaining import Remaining

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]

EVENTS = {"strike": 0, "store": 1, "receive": 2, "ask": 3, "reveal": 4, "survey": 5, "order": 6, "execute": 7, "close": 8}
"""The events of a period, in the order of METHODS 1.2: disruptions strike first, what cannot be stored is held back before
receipts, and a survey finds what sources have free before anybody orders."""

BITS = (4, 22, 5, 21, 11)
"""Widths of the parts of a place on the tape: event, entity or level, step, item of the step, part of the item."""

LARGEST = int(np.iinfo(np.int32).max)
"""Largest operand of an operation."""


@dataclass(frozen=True, slots=True)
class Tape:
    """One period of a network, ready to be played.

    Parameters
    ----------
    code : int32[operations, WIDTH]: the operation and its whole-number operands, as in ``operations.py``.
    numbers : Floats[operations, NUMBERS].
    claims, quantities : Integers[C, 6], Floats[C, 3]: who claims what, as ``sharing.claims_of`` says.
    series : Floats: every list of values over periods, and every list of shares.
    terms : weighted sums of rows that operations refer to.
    streams : Words[draws]: random stream of each draw.
    laws : quantile tables.
    rows : what the rows are; ``pipes`` and ``queues`` its rings. first : Floats[rows], the table of one replication at the start.
    remaining : what is under way beyond that, put into its rows by replication; None where all arrivals are known.
    """

    code: NDArray[np.int32]
    numbers: Floats
    claims: Integers
    quantities: Floats
    series: Floats
    terms: Sums
    streams: Words
    laws: PackedLaws
    rows: Rows
    pipes: Rings
    queues: Rings
    first: Floats
    remaining: Remaining | None = None

    def draws(self, seed: int) -> Words:
        """Return Words[draws, 3]: key words and low stream word of each draw for one seed (0 to 2**64 - 1)."""
        return stream_keys(seed, self.streams)

    @property
    def longest_ring(self) -> int:
        """The most rows of a ring."""
        lengths = (self.rows.pipe_length, self.rows.info_length, self.rows.window_length)
        return max(1, *(int(length.max(initial=1)) for length in lengths))


class Writer:
    """Collects operations in any order, each with its place; ``finish`` sorts them."""

    def __init__(self) -> None:
        self.places: list[Integers] = []
        self.code: list[NDArray[np.int32]] = []
        self.numbers: list[Floats] = []

    def write(
        self,
        event: str,
        op: Op,
        *,
        place: Sequence[int | Integers],
        rows: Sequence[int | Integers],
        numbers: Sequence[float | Floats] = (),
    ) -> None:
        """Write one operation for each entry of the longest operand; numbers that do not vary are repeated.

        Parameters
        ----------
        event : one of ``EVENTS``.
        op : the operation.
        place : entity or level, step, item of the step, part of the item; what is left out is 0.
        rows, numbers : operands.
        """
        # Most kinds of operations are not on the tape of most networks.
        sizes = [value.size for value in (*place, *rows, *numbers) if isinstance(value, np.ndarray) and value.ndim]
        if 0 in sizes:
            return
        count = max(sizes, default=1)
        code = np.zeros((count, WIDTH), dtype=np.int32)
        code[:, 0] = op
        for column, value in enumerate(rows):
            if (value if isinstance(value, int) else value.max()) > LARGEST:
                raise UsageError(f"network: found {np.max(value)} in the {op.name} operation; allowed: up to {LARGEST}")
            code[:, 1 + column] = value
        written = np.zeros((count, NUMBERS))
        for column, number in enumerate(numbers):
            written[:, column] = number
        at = np.full(count, EVENTS[event], dtype=np.int64)
        for width, part in zip(BITS[1:], (*place, 0, 0, 0, 0), strict=False):
            if (part if isinstance(part, int) else part.max()) >= 1 << width:
                raise UsageError(f"network: found {np.max(part)} entities in one {event} event; allowed: under {1 << width}")
            at <<= width
            at |= part
        self.places.append(at)
        self.code.append(code)
        self.numbers.append(written)

    def finish(self) -> tuple[NDArray[np.int32], Floats]:
        """Return the operations in order; a review, or a room that is not short, leaves out what follows it there."""
        if not self.places:
            return np.zeros((0, WIDTH), dtype=np.int32), np.zeros((0, NUMBERS))
        places = np.concatenate(self.places)
        order = np.argsort(places, kind="stable")
        code, numbers, places = np.concatenate(self.code)[order], np.concatenate(self.numbers)[order], places[order]
        reviews = np.flatnonzero(np.isin(code[:, 0], (Op.REVIEW, Op.SHORT)))
        entity = places >> (sum(BITS[2:]))
        code[reviews, 3] = np.searchsorted(entity, entity[reviews], side="right") - reviews - 1
        return code, numbers
