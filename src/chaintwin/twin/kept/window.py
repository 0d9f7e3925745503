"""The last rows that were applied, so that a late one can still take its place, and what each changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from chaintwin.store.records import FactsRow
from chaintwin.twin.cells import Cells, Family, Key, Touch, Value, path_of
from chaintwin.twin.projecting import MARK, START, Position, Projection, in_order, is_declaration, position_of


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a twin keeps at hand; nothing but the time it takes, and which changes are told together, depends on it.

    Parameters
    ----------
    window : rows that a late one may come behind and still have its changes told.
    spacing : least rows between two snapshots.
    bulk : rows that wait from which on all are applied at once in the order of event times.
    changes : entries whose changes are at hand; those of older ones are worked out again.
    """

    window: int = 2048
    spacing: int = 2048
    bulk: int = 20_000
    changes: int = 8192


SURPLUS = 512
"""Rows beyond those that have to be taken back which are let go together."""

PAUSE = 256
"""Most rows between two moments at which cells may be kept."""


Touched = tuple[str, Key, Value | None, Value | None]
"""Family and key of a cell, its values before and after."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one entry of the log changed, or several that are told together because late ones are among them.

    Parameters
    ----------
    sequence, key, occurred_at : of the entry, the last of several.
    touched : every cell that is not what it was, in no order. Behind the values of a family stand time and source.
    is_reprojected : an entry is older than as many others as the window holds, so much may have changed that it is not told;
        read the state anew.
    entries : how many entries of the log it tells of, ``sequence`` the last of them.
    """

    sequence: int
    key: str
    occurred_at: int
    touched: tuple[Touched, ...] = ()
    is_reprojected: bool = False
    entries: int = 1

    @property
    def cells(self) -> tuple[tuple[str, Value | None, Value | None], ...]:
        """(path, values before, values after) of every cell that is not what it was, by path; None where there was none."""
        found = [(path_of(family, key), before, after) for family, key, before, after in self.touched]
        return tuple(sorted(found, key=_path))


class Tail(NamedTuple):
    """Where the window begins.

    Parameters
    ----------
    position : of the last row before it. rows : how many there are before it.
    last : highest number in the log of all that they rest on, a declaration that the last of them was an error among it.
    """

    position: Position = START
    rows: int = 0
    last: int = 0


class Step(NamedTuple):
    """A row in the window and what stood before it was applied."""

    row: FactsRow
    journal: list[Touch]


class Window:
    """A projection whose last rows can be taken back.

    Parameters
    ----------
    projection : where it begins. tail : what that has behind it. size : rows that can be taken back, at least.
    """

    def __init__(self, projection: Projection, tail: Tail, *, size: int) -> None:
        self.projection, self.tail, self.size = projection, tail, size
        self.steps: list[Step] = []

    def fill(self, blocks: Iterable[Sequence[FactsRow]]) -> Iterator[Tail]:
        """Apply rows that are in order and all lie behind those there are; only the last can be taken back.

        Yields every so often where it is, for a caller who wants to keep the cells there.
        """
        waiting: list[FactsRow] = []
        pause = min(PAUSE, self.size)
        for block in blocks:
            waiting += block
            begin = 0
            while (end := begin + pause - self.tail.rows % pause) <= len(waiting) - self.size:
                self._advance(waiting[begin:end], after=waiting[end])
                begin = end
                yield self.tail
            del waiting[:begin]
        if len(waiting) > self.size:
            end = len(waiting) - self.size
            self._advance(waiting[:end], after=waiting[end])
            del waiting[:end]
        self._step_all(waiting)

    def add(self, rows: Sequence[FactsRow]) -> list[Change]:
        """Apply the next rows of the log, each in its place.

        Those that come in order are told one by one. From the first late one on all are told together, because what lies
        behind their places is then applied again once and not for each.

        Parameters
        ----------
        rows : in the order of the log.

        Returns
        -------
        list of Change
            Of all rows, but for the last ones if the place of one of those is before the window; they are not applied then.
        """
        found: list[Change] = []
        for number, row in enumerate(rows):
            place = self._place(row)
            if place is None or place < len(self.steps):
                together = self._add_late(rows[number:])
                return found if together is None else [*found, together]
            step = self._step(row, after=None)
            self.steps.append(step)
            found.append(_change([row], self._before({}, step)))
        return found

    def put(self, rows: Sequence[FactsRow]) -> int:
        """Apply the next rows of the log as ``add`` does without telling what they changed, and return how many were applied."""
        ordered = in_order(rows)
        # No other row has its place before the first one, but for a declaration, which comes right behind its event.
        places = [self._place(row) for row in ordered if row is ordered[0] or MARK in row.key]
        inside = [place for place in places if place is not None]
        if len(inside) < len(places):
            # Some rows may have their place in the window even so.
            return sum(change.entries for change in self.add(rows))
        place = min(inside)
        back = self.steps[place:]
        for step in reversed(back):
            self.projection.undo(step.journal)
        del self.steps[place:]
        self._step_all(in_order([*(step.row for step in back), *ordered]) if back else ordered)
        return len(rows)

    def trim(self) -> bool:
        """Let go of the oldest rows if there are many more than have to be taken back; return whether it did."""
        surplus = len(self.steps) - self.size
        if surplus < min(self.size, SURPLUS):
            return False
        gone = self.steps[:surplus]
        self.steps = self.steps[surplus:]
        self._move_tail([step.row for step in gone], after=self.steps[0].row)
        return True

    def cells_at(self, time: int) -> Cells | None:
        """Return the cells after the last row up to an event time, or None where that is before the window."""
        if time < self.tail.position[0]:
            return None
        place = bisect_left(self.steps, (time + 1, ""), key=_step_position)
        return self._cells_before(place)

    def cells_of_tail(self) -> Cells:
        """Return the cells as they were before the window."""
        return self._cells_before(0)

    def highest(self, time: int) -> int:
        """Return the highest number in the log of the rows up to an event time."""
        place = bisect_left(self.steps, (time + 1, ""), key=_step_position)
        return max([self.tail.last, *(step.row.sequence for step in self.steps[:place])])

    def _cells_before(self, place: int) -> Cells:
        cells = self.projection.cells.copy()
        for step in reversed(self.steps[place:]):
            cells.undo(step.journal)
        return cells

    def _place(self, row: FactsRow) -> int | None:
        """Return the first step that has to be taken back for a row, or None where too many rows lie behind it.

        As many lie behind it in any window of the same log, so what is told of a change does not depend on where one began.
        """
        steps, position = self.steps, position_of(row)
        if not steps or position > _step_position(steps[-1]):
            place = len(steps)
        else:
            place = bisect_left(steps, position, key=_step_position)
        if place > 0 and row.key.startswith(self.steps[place - 1].row.key + MARK):
            # A declaration comes right behind what it takes back.
            place -= 1
        return place if len(self.steps) - place < self.size else None

    def _add_late(self, rows: Sequence[FactsRow]) -> Change | None:
        """Apply rows in their places at once; None where one belongs before the window, and nothing is applied."""
        first = len(self.steps)
        for row in rows:
            place = self._place(row)
            if place is None:
                return None
            first = min(first, place)
        back = self.steps[first:]
        before: dict[tuple[Family, Key], Value | None] = {}
        for step in reversed(back):
            for family, key, _ in step.journal:
                if (family, key) not in before:
                    before[family, key] = family.cells.get(key)
            self.projection.undo(step.journal)
        del self.steps[first:]
        for step in self._step_all(in_order([*(step.row for step in back), *rows])):
            self._before(before, step)
        return _change(rows, before)

    def _advance(self, rows: Sequence[FactsRow], *, after: FactsRow) -> None:
        """Apply rows that are in order and cannot be taken back."""
        self.projection.apply_all(rows, after=after)
        self._move_tail(rows, after=after)

    def _move_tail(self, rows: Sequence[FactsRow], *, after: FactsRow) -> None:
        """Let the tail end with the last of some rows; whether that row counts may rest on the one behind it."""
        sequences = [row.sequence for row in rows]
        last = max(self.tail.last, *sequences)
        if is_declaration(after, rows[-1]):
            last = max(last, after.sequence)
        self.tail = Tail(position_of(rows[-1]), self.tail.rows + len(rows), last)

    def _apply(self, row: FactsRow, *, after: FactsRow | None) -> None:
        if MARK not in row.key and not (after is not None and is_declaration(after, row)):
            self.projection.apply(row)

    def _step(self, row: FactsRow, *, after: FactsRow | None) -> Step:
        cells = self.projection.cells
        journal: list[Touch] = []
        cells.journal = journal
        try:
            self._apply(row, after=after)
        finally:
            cells.journal = None
        return Step(row, journal)

    def _step_all(self, rows: Sequence[FactsRow]) -> list[Step]:
        """Apply rows that are in order and all lie behind those there are, and return their steps."""
        steps = [self._step(row, after=after) for row, after in zip_longest(rows, rows[1:])]
        self.steps += steps
        return steps

    @staticmethod
    def _before(before: dict[tuple[Family, Key], Value | None], step: Step) -> dict[tuple[Family, Key], Value | None]:
        """Add to what there was before some rows what the next one found, where nothing had touched it."""
        for family, key, value in step.journal:
            before.setdefault((family, key), value)
        return before


def _change(rows: Sequence[FactsRow], before: dict[tuple[Family, Key], Value | None]) -> Change:
    """Return what rows changed that have just been applied."""
    touched = []
    for (family, key), value in before.items():
        after = family.cells.get(key)
        if value != after:
            touched.append((family.name, key, value, after))
    last = rows[-1]
    return Change(last.sequence, last.key, last.occurred_at, tuple(touched), entries=len(rows))


def _path(cell: tuple[str, Value | None, Value | None]) -> str:
    return cell[0]


def _step_position(step: Step) -> Position:
    return step.row.occurred_at, step.row.key
