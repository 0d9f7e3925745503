"""A durable log over a database: one thread writes, any thread reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from chaintwin.clock import Clock
from chaintwin.errors import UsageError
from chaintwin.guard.merkle import consistency_path, inclusion_path
from chaintwin.store.interface import Head, Health, Report, Search
from chaintwin.store.log import indexing
from chaintwin.store.log.database import Database, Writer
from chaintwin.store.log.personal.keys import MasterKey
from chaintwin.store.log.personal.sealing import Sealer
from chaintwin.store.log.preparing import PreparedRecord, name_digest, prepare
from chaintwin.store.log.reading import entries as reading
from chaintwin.store.log.reading import searching
from chaintwin.store.log.tip import read_head, subtree_in
from chaintwin.store.log.writing.committing import shelve
from chaintwin.store.log.writing.queueing import Job, Limits
from chaintwin.store.log.writing.thread import WriterThread
from chaintwin.store.records import Conflict, Entry, FactsRow, Receipt, Record, Shelved


class LogStore:
    """A log and a shelf in one database.

    Parameters
    ----------
    database : open; closed with the store. clock : for what the store itself dates. key : of personal values.
    limits : what it holds in memory. retry_seconds : how long after a failure it tries to open again.
    """

    def __init__(
        self, database: Database, *, clock: Clock, key: MasterKey, limits: Limits | None = None, retry_seconds: float = 2.0
    ) -> None:
        self._database = database
        self._clock = clock
        self._key = key
        self._sealer = Sealer(key)
        self._writer: WriterThread | None = None
        if not database.is_read_only:
            self._writer = WriterThread(database, self._sealer, limits=limits or Limits(), retry_seconds=retry_seconds)

    @property
    def database(self) -> Database:
        """Where the log lies."""
        return self._database

    @property
    def key(self) -> MasterKey:
        """The master key of personal values."""
        return self._key

    def append(
        self,
        records: Sequence[Record],
        *,
        received_at: int,
        together: bool = False,
        wait: float = 30.0,
        report: Report | None = None,
    ) -> list[Receipt]:
        """Log records and return only when they are durable; see ``Store.append``."""
        return self.append_prepared(prepare(records), received_at=received_at, together=together, wait=wait, report=report)

    def append_prepared(
        self,
        records: Sequence[PreparedRecord],
        *,
        received_at: int,
        together: bool = False,
        wait: float = 30.0,
        report: Report | None = None,
    ) -> list[Receipt]:
        """Log records that were prepared, in another process maybe; otherwise as ``append``."""
        if not records and report is None:
            return []
        size = sum([len(record.content) + len(record.facts) + len(record.terms) + 800 for record in records])
        job = Job(records, received_at=received_at, together=together, report=report, size=size)
        receipts: list[Receipt] = self._do(job, wait=wait)
        return receipts

    def entries(self, *, after: int = 0, limit: int = 1000) -> list[Entry]:
        """Return entries in the order of the log, from the one after ``after`` on."""
        with self._database.reader() as reader:
            return reading.entries(reader, self._sealer, after=after, limit=limit)

    def entries_of(self, sequences: Sequence[int]) -> list[Entry]:
        """Return the entries with these numbers, in this order."""
        with self._database.reader() as reader:
            return reading.entries_of(reader, self._sealer, sequences=sequences)

    def facts(self, *, after: int = 0, upto: int | None = None) -> Iterator[list[FactsRow]]:
        """Yield what projections read, in blocks, in the order of the log."""
        return reading.facts(self._database.reader, after=after, upto=self._upto(upto))

    def facts_by_time(
        self, *, start: tuple[int, str] | None = None, end: int | None = None, upto: int | None = None
    ) -> Iterator[list[FactsRow]]:
        """Yield what projections read ordered by (event time, key); see ``Store.facts_by_time``."""
        return reading.facts_by_time(self._database.reader, start=start, end=end, upto=self._upto(upto))

    def find(self, search: Search, *, limit: int) -> list[tuple[int, int]]:
        """Return (value of the order, sequence) of entries that match, in their order."""
        last = self.head().sequence
        with self._database.reader() as reader:
            return searching.find(reader, search, limit=limit, last=last)

    def sequence_of(self, key: str) -> int | None:
        """Return the number of the entry with a key or an alias."""
        with self._database.reader() as reader:
            return indexing.sequence_of(reader, name_digest(key))

    def head(self) -> Head:
        """Return how far the log goes, durable entries only."""
        if self._writer is not None:
            return self._writer.tip.head
        with self._database.reader() as reader:
            return read_head(reader)

    def watch(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call ``listener(sequence of the last entry)`` after every commit of entries; return what ends it.

        It is called from the writing thread, must be quick, and its errors are counted and go no further.
        """
        return self._writing().watch(listener)

    def put(self, shelf: str, name: str, *, content: bytes) -> None:
        """Keep a small document, durably; it replaces one of the same name."""

        def action(writer: Writer) -> None:
            shelve(writer, Shelved(shelf, name, content))

        self._do(Job([], action=action, size=len(content)))

    def get(self, shelf: str, name: str) -> bytes | None:
        """Return a document."""
        with self._database.reader() as reader:
            rows = reader.rows("SELECT content FROM shelves WHERE shelf = ? AND name = ?", (shelf, name))
        return bytes(rows[0][0]) if rows else None

    def remove(self, shelf: str, name: str) -> bool:
        """Take a document away, durably; return whether there was one."""

        def action(writer: Writer) -> bool:
            return writer.run("DELETE FROM shelves WHERE shelf = ? AND name = ?", (shelf, name)) > 0

        return bool(self._do(Job([], action=action)))

    def remove_all(self, shelf: str, names: Collection[str]) -> int:
        """Take documents away, durably and at once; return how many there were."""

        def action(writer: Writer) -> int:
            return sum([writer.run("DELETE FROM shelves WHERE shelf = ? AND name = ?", (shelf, name)) for name in sorted(names)])

        return int(self._do(Job([], action=action))) if names else 0

    def keep_last(self, shelf: str, count: int) -> int:
        """Take all but the last documents of a shelf away, in the order of their names; return how many went."""

        def action(writer: Writer) -> int:
            last = writer.rows("SELECT name FROM shelves WHERE shelf = ? ORDER BY name DESC LIMIT 1 OFFSET ?", (shelf, count))
            return writer.run("DELETE FROM shelves WHERE shelf = ? AND name <= ?", (shelf, last[0][0])) if last else 0

        return int(self._do(Job([], action=action)))

    def names(self, shelf: str) -> list[str]:
        """Return the names on a shelf, in order."""
        with self._database.reader() as reader:
            return [str(name) for (name,) in reader.rows("SELECT name FROM shelves WHERE shelf = ? ORDER BY name", (shelf,))]

    def erase(self, subject: str) -> int:
        """Destroy the key of a subject, for ever; return how many entries had values of it."""
        at = self._clock.now()

        def action(writer: Writer) -> int:
            return self._sealer.erase(writer, subject, at=at)

        count = int(self._do(Job([], action=action)))
        self._writing().scrub()
        return count

    def disclose(self, sequence: int) -> dict[str, tuple[bytes, bytes]]:
        """Return (salt, digest) of each dimension of an entry; who gets a salt can check that dimension."""
        with self._database.reader() as reader:
            return reading.disclose(reader, sequence)

    def proof(self, sequence: int, *, size: int | None = None) -> list[bytes]:
        """Return the inclusion path of an entry in the log of the first ``size`` entries (RFC 9162)."""
        last = self.head().sequence
        size = last if size is None else size
        if not 1 <= sequence <= size <= last:
            raise UsageError(f"proof: found entry {sequence} in a log of {size}; allowed: 1 <= entry <= size <= {last}")
        with self._database.reader() as reader:
            return inclusion_path(sequence - 1, size, subtree=subtree_in(reader, place=self._database.place))

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Return the proof that the log of ``second`` entries begins with the log of ``first`` entries (RFC 9162)."""
        last = self.head().sequence
        if not 1 <= first <= second <= last:
            raise UsageError(f"consistency: found sizes {first} and {second}; allowed: 1 <= first <= second <= {last}")
        with self._database.reader() as reader:
            return consistency_path(first, second, subtree=subtree_in(reader, place=self._database.place))

    def conflicts(self, *, after: int = 0, limit: int = 1000) -> list[Conflict]:
        """Return records that were refused because a name of theirs already means something else, in order."""
        with self._database.reader() as reader:
            return reading.conflicts(reader, after=after, limit=limit)

    def health(self) -> Health:
        """Return whether the store works."""
        if self._writer is None:
            return Health(False, "it was opened for reading only", 0)
        return self._writer.health()

    def reopen(self) -> None:
        """Open the database again and check its end, after a failed write.

        Raises
        ------
        StoreFailedError
            It still fails.
        StoreDamagedError
            Its end does not hang together.
        """
        self._writing().reopen()

    def close(self) -> None:
        """Finish what is queued and close."""
        if self._writer is not None:
            self._writer.close()
        self._database.close()

    def __enter__(self) -> LogStore:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    def _upto(self, upto: int | None) -> int:
        last = self.head().sequence
        return last if upto is None else min(upto, last)

    def _writing(self) -> WriterThread:
        if self._writer is None:
            raise UsageError(f"store {self._database.place}: it was opened for reading only; fix: open it without read_only")
        return self._writer

    def _do(self, job: Job, *, wait: float = 30.0) -> Any:
        return self._writing().do(job, wait=wait)
