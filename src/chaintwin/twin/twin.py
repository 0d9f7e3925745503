"""The twin of a project: the state that its log tells, now and at any moment before."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.clock import Clock, SystemClock
from chaintwin.errors import UsageError
from chaintwin.network.network import Network
from chaintwin.store.interface import Search, Store
from chaintwin.store.records import FactsRow
from chaintwin.twin.cells import Cells
from chaintwin.twin.kept.behind import Behind
from chaintwin.twin.kept.pausing import collection_paused
from chaintwin.twin.kept.snapshots import Snapshots
from chaintwin.twin.kept.window import Change, Sizes, Tail, Window
from chaintwin.twin.live_state import LiveState
from chaintwin.twin.naming.networks import FAR, InForce, Networks
from chaintwin.twin.projecting import Projection, in_order, position_of

if TYPE_CHECKING:
    import polars as pl

    from chaintwin.network.program import Program
    from chaintwin.network.state import State

READ_ROWS = 1024
"""Rows that are read at once, from the end of a part of the log backwards."""


class Twin:
    """The state of a supply chain as its log tells it; all methods may be called from any thread.

    Make one with ``Twin.open``.
    """

    def __init__(self, network: Network, store: Store, *, clock: Clock, is_kept: bool, sizes: Sizes) -> None:
        self.store, self.clock, self.sizes = store, clock, sizes
        self._networks = Networks(network)
        self._snapshots = Snapshots(store, fingerprint=self._networks.fingerprint, spacing=sizes.spacing, is_kept=is_kept)
        # One applies at a time. The second lock is held for a block of rows at most, not while the state is built anew, and not
        # while the store reads rows or writes snapshots.
        self._applying, self._lock = threading.Lock(), threading.RLock()
        self._head = 0
        self._window = Window(Projection(self._networks), Tail(), size=sizes.window)
        self._changes: deque[Change] = deque()
        self._first_change = 0
        self._read = -FAR
        self._behind = Behind()
        self._now: LiveState | None = None
        self._before: bytes | None = None
        self._due: tuple[Cells, Tail, int] | None = None

    @classmethod
    def open(
        cls,
        project: Network | str | Path,
        *,
        store: Store,
        clock: Clock | None = None,
        is_kept: bool = True,
        sizes: Sizes | None = None,
    ) -> Twin:
        """Return the twin of a project, as far as its log goes.

        Parameters
        ----------
        project : a network, or the folder or workbook that holds it.
        store : the log. clock : what tells the time; that of the machine by default.
        is_kept : whether snapshots are written to the shelf of the store; not for a reader beside a running twin.
        sizes : what is kept at hand.

        Raises
        ------
        InputError
            The project has faults.

        Example
        -------
        ``Twin.open("project", store=open_store("project/.twin/log.db")).now().tables()["stock"]``
        """
        if not isinstance(project, Network):
            from chaintwin.network.tables.reading import read

            project = read(project)
        twin = cls(project, store, clock=clock or SystemClock(), is_kept=is_kept, sizes=sizes or Sizes())
        twin.catch_up()
        return twin

    @property
    def head(self) -> int:
        """Number of the last entry of the log that has been applied."""
        return self._head

    @property
    def base(self) -> InForce:
        """The network of the project, before any edit that the log tells of."""
        return self._networks.base

    def catch_up(self) -> int:
        """Apply what the log has beyond what has been applied, and return how many entries that were."""
        with self._applying:
            with self._lock:
                before, upto = self._head, self.store.head().sequence
                self._behind.drop_idle(self.clock.now())
            if upto - before > self.sizes.bulk or (not before and self._snapshots.marks):
                self._rebuild(upto)
            else:
                for rows in self.store.facts(after=before, upto=upto):
                    with self._lock:
                        self._add(rows)
                    self._keep()
            self._snapshots.tidy()
            return self._head - before

    def now(self) -> LiveState:
        """Return the state after all that the log holds and has been applied.

        While it is built anew, because something came too late for a place in it, this is the state as it was before that.
        """
        with self._lock:
            time = self.clock.now()
            if self._now is None:
                self._now = self._live(self._known_cells(), time=time, head=self._head)
            return self._now.aged(time)

    def as_of(self, time: int | None = None, *, known: int | None = None) -> LiveState:
        """Return the state at a moment of the past.

        Parameters
        ----------
        time : event time in microseconds; what happened later does not count. None for all.
        known : time of record in microseconds; what the log learned later does not count. None for all.

        Example
        -------
        ``twin.as_of(noon, known=noon)`` is what one could have known at noon.
        """
        with collection_paused():
            with self._lock:
                upto = self._head if known is None else min(self._sequence_at(known), self._head)
                if time is None and upto == self._head:
                    return self.now()
                moment = FAR if time is None else time
                shown = self.clock.now() if time is None else time
                near = self._window
                if self._before is None and upto >= near.highest(moment):
                    found = near.cells_at(moment)
                    if found is not None:
                        return self._live(found, time=shown, head=upto)
                packed, tail = self._snapshots.best(time=moment, upto=upto, rows=upto)
            cells = Cells()
            cells.become(packed)
            projection = Projection(self._networks, cells)
            projection.apply_blocks(self._rows_behind(tail, end=moment, upto=upto))
            return self._live(projection.cells, time=shown, head=upto)

    def hash(self, time: int | None = None, *, known: int | None = None) -> str:
        """Return the hash of a state, the same from any replay in any process; arguments as for ``as_of``."""
        return self.as_of(time, known=known).hash()

    def changes(self, after: int, *, limit: int = 1000) -> list[Change]:
        """Return what the entries of the log changed, in its order; one by one, or together where late ones are among them.

        Put on the state as of entry ``after``, one behind the other, they give the state as of the last of them.

        Parameters
        ----------
        after : number of the last entry whose change is known. limit : most changes.
        """
        if after < 0 or limit < 1:
            raise UsageError(f"changes: found after {after} and limit {limit}; allowed: 0 or more, 1 or more")
        with self._lock:
            self._read = self._head
            if after >= self._head:
                return []
            window = self._behind.take(after)
            found = [change for change in self._changes if change.sequence > after] if after >= self._first_change else []
            if found and found[0].sequence - found[0].entries == after:
                return found[:limit]
            # The reader stands before what is at hand, or within entries that are told together.
            upto = min(after + limit, found[0].sequence if found else self._head)
        # What is worked out again holds nobody up.
        window, found = window or self._window_at(after, cells=Cells()), []
        for rows in self.store.facts(after=after, upto=upto):
            for change in self._added(window, rows):
                if change.is_reprojected:
                    window = self._window_at(change.sequence, cells=Cells())
                found.append(change)
            window.trim()
        if found:
            with self._lock:
                self._behind.keep(found[-1].sequence, window, now=self.clock.now())
        return found

    def change_of(self, sequence: int) -> Change | None:
        """Return what one entry of the log changed, apart from all others; None for one that is not applied.

        As ``changes`` tells it, but for somebody who looks at one entry and does not go on: nothing is kept for later.

        Parameters
        ----------
        sequence : number of the entry.
        """
        with self._lock:
            if not 0 < sequence <= self._head:
                return None
            for change in self._changes:
                if change.sequence == sequence and change.entries == 1:
                    return change
        window = self._window_at(sequence - 1, cells=Cells())
        for rows in self.store.facts(after=sequence - 1, upto=sequence):
            for change in self._added(window, rows):
                return change
        return None

    def together(self, after: int) -> list[Change]:
        """Return what the entries behind one changed as one change that is not told, so that the state is read anew.

        Parameters
        ----------
        after : number of the last entry whose change is known.
        """
        with self._lock:
            self._read = head = self._head
        if after >= head:
            return []
        rows = [row for block in self.store.facts(after=head - 1, upto=head) for row in block]
        return [Change(head, rows[-1].key, rows[-1].occurred_at, is_reprojected=True, entries=head - after)]

    def state(self, program: Program, *, at: int | None = None, known: int | None = None) -> State:
        """Return the state that a simulation starts from; what cannot be placed is told by ``as_of(...).placed(program)``.

        Parameters
        ----------
        program : the compiled network. at, known : as for ``as_of``.
        """
        return self.as_of(at, known=known).placed(program).state

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the present state as tables."""
        return self.now().tables()

    def summary(self) -> dict[str, object]:
        """Return what the present state holds, in numbers."""
        return self.now().summary()

    def _add(self, rows: list[FactsRow]) -> None:
        """Apply rows in the order of the log, and note what they changed if somebody has read changes of late."""
        if self._head - self._read > self.sizes.changes:
            self._put(rows)
            return
        for change in self._added(self._window, rows):
            if change.is_reprojected:
                self._snapshots_without(rows[-change.entries :])
                self._load(change.sequence)
            self._changes.append(change)
            self._reach(change.sequence)
        while self._head - self._first_change > self.sizes.changes:
            self._first_change = self._changes.popleft().sequence
        self._trim()

    def _put(self, rows: list[FactsRow]) -> None:
        """Apply rows without noting what they change; it is worked out when it is asked for."""
        there = self._window.put(rows)
        self._changes.clear()
        if there:
            self._reach(rows[there - 1].sequence)
        if there < len(rows):
            self._first_change = self._head
            self._snapshots_without(rows[there:])
            self._load(rows[-1].sequence)
        self._first_change = self._head
        self._trim()

    def _reach(self, sequence: int) -> None:
        """Note how far the state goes."""
        if sequence != self._head:
            self._head, self._now = sequence, None

    @staticmethod
    def _added(window: Window, rows: list[FactsRow]) -> list[Change]:
        """Add rows to a window and return what they changed, those it has no place for as one change that is not told."""
        found = window.add(rows)
        there = sum(change.entries for change in found)
        if there < len(rows):
            last = rows[-1]
            left = Change(last.sequence, last.key, last.occurred_at, is_reprojected=True, entries=len(rows) - there)
            found.append(left)
        return found

    def _trim(self) -> None:
        """Let go of the oldest rows that can be taken back, and note what lies before the others if a snapshot is due."""
        window = self._window
        if window.trim():
            there = window.tail.rows
            if there >= self._snapshots.next_due(there, len(window.projection.cells)):
                self._due = window.cells_of_tail(), window.tail, self._head

    def _keep(self) -> None:
        """Write the snapshot that is due; the cells are its own, so nobody has to wait until the store has written it."""
        due, self._due = self._due, None
        if due is not None:
            self._snapshots.save(due[0], due[1], head=due[2])

    def _rebuild(self, upto: int) -> None:
        """Apply everything up to an entry at once; what each entry changed is worked out when it is asked for."""
        self._check_snapshots(upto)
        with self._lock:
            self._load(upto)
            self._changes.clear()
            self._first_change = upto

    def _load(self, upto: int) -> None:
        """Build the state anew where it stands: beside the old one it would take twice the memory for ever."""
        projection = self._window.projection
        with collection_paused():
            try:
                before = projection.cells.packed()
            except OverflowError:
                # There is no other form of them that one could go back to, so the old ones stay until the new ones are there.
                self._window = self._window_at(upto, cells=Cells(), is_kept=True)
                self._reach(upto)
                return
            with self._letting_read(before):
                try:
                    window = self._window_at(upto, cells=projection.cells, is_kept=True)
                except BaseException:
                    # What was known is known on, and reads go on, until the log can be read again.
                    projection.cells.become(before, is_lasting=True)
                    projection.refresh()
                    raise
            self._window = window
            self._reach(upto)

    @contextmanager
    def _letting_read(self, before: bytes) -> Iterator[None]:
        """Let others read what was known before, packed, while the state is built anew, which takes long for a large log."""
        self._before = before
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            self._before = None

    def _known_cells(self) -> Cells:
        """Return what is known, in cells of their own."""
        if self._before is None:
            return self._window.projection.cells.copy()
        cells = Cells()
        cells.become(self._before)
        return cells

    def _rows_behind(self, tail: Tail, *, end: int, upto: int) -> Iterable[list[FactsRow]]:
        """Yield the rows behind a position up to an event time and a number of the log, in order.

        ``tail`` must rest on no row beyond that number.
        """
        there = upto - tail.rows
        if 4 * there < self._head - tail.rows:
            # So many rows of the beginning of the log lie behind the position, and nearly all of them at its end.
            found: list[FactsRow] = []
            high = upto
            while len(found) < there and high > 0 and upto - high <= 2 * there + READ_ROWS:
                low = max(0, high - READ_ROWS)
                for rows in self.store.facts(after=low, upto=high):
                    found += [row for row in rows if position_of(row) > tail.position]
                high = low
            if len(found) == there:
                rows = in_order([row for row in found if row.occurred_at <= end])
                return [rows] if rows else []
        return self.store.facts_by_time(start=_start(tail), end=None if end == FAR else end, upto=upto)

    def _window_at(self, upto: int, *, cells: Cells, is_kept: bool = False) -> Window:
        """Return the projection of the first entries of the log, from the best snapshot on.

        Parameters
        ----------
        cells : become those of the projection. is_kept : whether they are to stay, and snapshots to be made on the way.
        """
        # The last rows have to be there to be taken back, so a snapshot is of use only if so many come behind it.
        marks = self._snapshots
        packed, tail = marks.best(time=FAR, upto=upto, rows=upto - self.sizes.window)
        cells.become(packed, is_lasting=is_kept)
        window = Window(Projection(self._networks, cells), tail, size=self.sizes.window)
        # One that is to stay may go over all of the log, which is not held at one time.
        whole = self.store.facts_by_time(start=_start(tail), upto=upto)
        blocks = whole if is_kept else self._rows_behind(tail, end=FAR, upto=upto)
        due = marks.next_due(tail.rows, len(cells))
        for place in window.fill(blocks):
            if is_kept and place.rows >= due:
                marks.save(window.projection.cells, place, head=upto)
                due = marks.next_due(place.rows, len(window.projection.cells)) if marks.is_kept else FAR
        return window

    def _check_snapshots(self, upto: int) -> None:
        """Let go of the snapshots that rows which came after they were taken make wrong."""
        if self._snapshots.marks:
            for rows in self.store.facts(after=max(self._head, self._snapshots.checked), upto=upto):
                self._snapshots_without(rows)

    def _snapshots_without(self, rows: list[FactsRow]) -> None:
        if rows and self._snapshots.marks:
            self._snapshots.forget_from(min(row.occurred_at for row in rows))

    def _sequence_at(self, known: int) -> int:
        """Return the number of the last entry that the log had learned by a time of record."""
        search = Search(recorded=(None, known + 1), by_recorded=True, descending=True)
        found = self.store.find(search, limit=1)
        return found[0][1] if found else 0

    def _live(self, cells: Cells, *, time: int, head: int) -> LiveState:
        edits = [((key[0], key[1]), value[0]) for key, value in sorted(cells["network"].cells.items(), key=lambda pair: pair[0])]
        return LiveState(cells, self._networks.after(edits), time=time, head=head)


def _start(tail: Tail) -> tuple[int, str] | None:
    return tail.position if tail.rows else None
