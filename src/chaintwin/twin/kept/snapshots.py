"""Snapshots on the shelf of a store: cells at some position, checked by their digest when they are read."""

from __future__ import annotations

import threading
from collections import OrderedDict
from hashlib import blake2b
from typing import NamedTuple
from zlib import compress, decompress, error

import msgspec

from chaintwin.errors import BusyError, StoreDamagedError, StoreFailedError
from chaintwin.store.interface import SNAPSHOTS, Store
from chaintwin.twin.cells import Cells
from chaintwin.twin.kept.window import Tail
from chaintwin.twin.naming.networks import FAR

SHELF = SNAPSHOTS

CELLS_PER_ROW = 8
"""Cells written to snapshots for each row, at most: where there are many cells, snapshots lie further apart."""

MOST = 2048
"""Snapshots kept; beyond it every second one of the older half is let go, so that they lie dense
near now and wide apart before."""

RULES_VERSION = "5"
"""Version of the rules; snapshots of another one are of no use."""

LOADED = 2
"""Snapshots that stay in memory after they were read."""


class Mark(NamedTuple):
    """A snapshot by its name.

    Parameters
    ----------
    time : event time of the last row in it. rows : how many. last : highest number of them in the log.
    head : how far the log went when it was taken. name : on the shelf.
    """

    time: int
    rows: int
    last: int
    head: int
    name: str


class Snapshots:
    """The snapshots of one project; whoever reads may do so in another thread than the one that saves.

    Parameters
    ----------
    store : where they lie. fingerprint : of the network of the project; others are of no use.
    spacing : least rows between two of them. is_kept : whether new ones are written; a reader beside a running twin writes none.
    """

    def __init__(self, store: Store, *, fingerprint: str, spacing: int, is_kept: bool = True) -> None:
        self.store, self.spacing, self.is_kept = store, spacing, is_kept
        self.prefix = blake2b(f"{RULES_VERSION} {fingerprint}".encode(), digest_size=6).hexdigest()
        self.marks: list[Mark] = []
        self._lock = threading.RLock()
        self._loaded: OrderedDict[str, tuple[bytes, Tail]] = OrderedDict()
        self._gone: set[str] = set()
        self._missed = 0
        for name in store.names(SHELF):
            mark = _mark_of(name, self.prefix)
            if mark is not None:
                self.marks.append(mark)
            else:
                self._gone.add(name)
        self.marks.sort()
        self.tidy()

    @property
    def checked(self) -> int:
        """How far the log went when the last snapshot was taken: no row up to there makes any of them wrong."""
        return max((mark.head for mark in self.marks), default=0)

    def best(self, *, time: int, upto: int, rows: int) -> tuple[bytes, Tail]:
        """Return the cells nearest before the end of an event time that rest on no row beyond a number, and where they are.

        The cells are packed, for ``Cells.become``; no bytes where no snapshot fits.

        Parameters
        ----------
        time : microseconds. upto : number in the log. rows : most rows they may hold.
        """
        with self._lock:
            fitting = [mark for mark in self.marks if mark.time <= time and mark.last <= upto and mark.rows <= rows]
            for mark in reversed(fitting):
                found = self._load(mark)
                if found is not None:
                    return found
        return b"", Tail()

    def next_due(self, rows: int, cells: int) -> int:
        """Return after how many rows the next snapshot is due.

        Parameters
        ----------
        rows : there are. cells : there are.
        """
        there = [mark.rows for mark in self.marks] + [self._missed]
        last = max(count for count in (0, *there) if count <= rows)
        return last + max(self.spacing, cells // CELLS_PER_ROW)

    def save(self, cells: Cells, tail: Tail, *, head: int) -> None:
        """Keep cells; where the store cannot write the twin goes on without, and tries again when the next snapshot is due."""
        if not self.is_kept:
            return
        time, key = tail.position
        try:
            payload = cells.packed()
        except OverflowError:
            # Without it the state is there all the same, from the events themselves.
            return
        digest = blake2b(payload, digest_size=32).digest()
        content = msgspec.msgpack.encode((digest, [time, key, tail.rows, tail.last], compress(payload, 1)))
        known = blake2b(key.encode(), digest_size=8).hexdigest()
        name = f"{self.prefix}-{time + FAR:020d}-{tail.rows}-{tail.last}-{head}-{known}"
        # What is wrong goes first: once a newer one lies on the shelf, nobody looks again whether the ones before it are right.
        if not (self.tidy() and self._is_put(name, content)):
            self._missed = tail.rows
            return
        with self._lock:
            self.marks = sorted({*self.marks, Mark(time, tail.rows, tail.last, head, name)})
            if len(self.marks) > MOST:
                for mark in self.marks[1 : MOST // 2 : 2]:
                    self._remove(mark)
        self.tidy()

    def forget_from(self, time: int) -> None:
        """Let go of snapshots that a late row of this event time makes wrong; on the shelf they stay until ``tidy``."""
        with self._lock:
            for mark in [mark for mark in self.marks if mark.time >= time]:
                self._remove(mark)

    def tidy(self) -> bool:
        """Take what was let go from the shelf, all at once; return whether nothing of it is left there.

        This waits for the store, so whoever calls it holds no lock that a reader waits for.
        """
        with self._lock:
            gone = frozenset(self._gone)
        if not gone or not self.is_kept:
            return True
        try:
            self.store.remove_all(SHELF, gone)
        except (StoreFailedError, BusyError):
            return False
        with self._lock:
            self._gone -= gone
        return True

    def _is_put(self, name: str, content: bytes) -> bool:
        try:
            self.store.put(SHELF, name, content=content)
        except (StoreFailedError, BusyError):
            # It may lie there all the same, and nobody would let go of it when a late row makes it wrong.
            with self._lock:
                self._gone.add(name)
            return False
        return True

    def _remove(self, mark: Mark) -> None:
        self.marks.remove(mark)
        self._loaded.pop(mark.name, None)
        self._gone.add(mark.name)

    def _load(self, mark: Mark) -> tuple[bytes, Tail] | None:
        found = self._loaded.get(mark.name)
        if found is None:
            content = self.store.get(SHELF, mark.name)
            try:
                found = None if content is None else _opened(content)
            except (StoreDamagedError, msgspec.DecodeError, error):
                found = None
            if found is None:
                # A snapshot is only a short cut, so one that is damaged is let go and the rows are applied again.
                self._remove(mark)
                return None
        self._loaded[mark.name] = found
        self._loaded.move_to_end(mark.name)
        while len(self._loaded) > LOADED:
            self._loaded.popitem(last=False)
        return found


def _opened(content: bytes) -> tuple[bytes, Tail]:
    digest, (time, key, rows, last), packed = msgspec.msgpack.decode(content, type=tuple[bytes, tuple[int, str, int, int], bytes])
    payload = decompress(packed)
    if blake2b(payload, digest_size=32).digest() != digest:
        raise StoreDamagedError("snapshot: found another digest than the one it was written with; allowed: what was written")
    return payload, Tail((time, key), rows, last)


def _mark_of(name: str, prefix: str) -> Mark | None:
    parts = name.split("-")
    if len(parts) != 6 or parts[0] != prefix or not all(part.isdigit() for part in parts[1:5]):
        return None
    return Mark(int(parts[1]) - FAR, int(parts[2]), int(parts[3]), int(parts[4]), name)
