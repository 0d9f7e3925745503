"""What every store offers; SQLite and PostgreSQL pass the same conformance suite."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chaintwin.store.records import Amended, Entry, FactsRow, Receipt, Record, Shelved

if TYPE_CHECKING:
    from chaintwin.store.log.preparing import PreparedRecord

Report = Callable[[list[Receipt]], Shelved | Sequence[Shelved | Amended]]

SNAPSHOTS, CURSORS, REPLAYS, SOURCE_HEALTH = "snapshot", "connectors", "replays", "source_health"
"""Shelves of states of the twin, of how far sources and replays were read, and of how sources are."""

PARAMETERS, VERDICTS = "parameters", "parameter_verdicts"
"""Shelves of versions of parameters, and of what was decided of each; answers of before name them, so every copy takes them."""

BACKCASTS, FIDELITY = "backcasts", "fidelity"
"""Shelves of forecasts that met their truth, and of the fidelity that was measured last; both can be worked out anew."""

SESSIONS = "sessions"
"""Shelf of the browsers that are signed in."""

PROGRESS_SHELVES = (SNAPSHOTS, CURSORS, REPLAYS, SOURCE_HEALTH, BACKCASTS, FIDELITY, SESSIONS)
"""Shelves of how far something has come, of what came later, or of who is signed in; a copy up to a point leaves them out."""

Progress = Callable[[float], None]
"""Is told the share of a long work that is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a log goes.

    Parameters
    ----------
    sequence : number of the last entry, 0 for an empty log. batch : number of the last batch.
    root : 32 bytes, RFC 9162 root hash over the leaves 1 to ``sequence``.
    """

    sequence: int
    batch: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Search:
    """Which entries are wanted; all conditions hold together.

    Parameters
    ----------
    terms : groups of terms; of each group an entry has at least one.
    occurred, recorded : from the first up to but not including the second, microseconds; None is open.
    after : only those that come after this (value of the order, sequence); where the last page ended.
    upto : last sequence that counts, so that pages of one answer stay of one moment; None for all.
    by_recorded : order by time of record instead of event time. descending : the latest first.
    """

    terms: tuple[tuple[str, ...], ...] = ()
    occurred: tuple[int | None, int | None] = (None, None)
    recorded: tuple[int | None, int | None] = (None, None)
    after: tuple[int, int] | None = None
    upto: int | None = None
    by_recorded: bool = False
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a store works.

    Parameters
    ----------
    writable : whether it acknowledges. reason : why it does not. queued : records that wait for a commit.
    refused : how many were refused so far, by reason.
    """

    writable: bool
    reason: str
    queued: int
    refused: dict[str, int] = field(default_factory=dict)


class Store(Protocol):
    """A durable log of records and a shelf of small documents. All methods may be called from any thread."""

    def append(
        self,
        records: Sequence[Record],
        *,
        received_at: int,
        together: bool = False,
        wait: float = 30.0,
        report: Report | None = None,
    ) -> list[Receipt]:
        """Log records and return only when they are durable.

        Parameters
        ----------
        records : in the order they are to have. received_at : when they came; entries never go back in time of record.
        together : all or none: one conflict refuses them all, and the others are ``NOT_TRIED``.
        wait : seconds to wait for a place in the queue.
        report : makes documents of the receipts that are shelved in the same transaction; must be quick.

        Raises
        ------
        BusyError
            The queue is full; nothing was logged.
        StoreFailedError
            A write failed; nothing is acknowledged until the store was opened again.
        """

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

    def entries(self, *, after: int = 0, limit: int = 1000) -> list[Entry]:
        """Return entries in the order of the log, from the one after ``after`` on."""

    def entries_of(self, sequences: Sequence[int]) -> list[Entry]:
        """Return the entries with these numbers, in this order."""

    def facts(self, *, after: int = 0, upto: int | None = None) -> Iterator[list[FactsRow]]:
        """Yield what projections read, in blocks, in the order of the log."""

    def facts_by_time(
        self, *, start: tuple[int, str] | None = None, end: int | None = None, upto: int | None = None
    ) -> Iterator[list[FactsRow]]:
        """Yield what projections read ordered by (event time, key).

        Parameters
        ----------
        start : only what comes after this (event time, key). end : only event times up to and including this.
        upto : last sequence that counts.
        """

    def find(self, search: Search, *, limit: int) -> list[tuple[int, int]]:
        """Return (value of the order, sequence) of entries that match, in their order."""

    def sequence_of(self, key: str) -> int | None:
        """Return the number of the entry with a key or an alias."""

    def head(self) -> Head:
        """Return how far the log goes, durable entries only."""

    def watch(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call ``listener(sequence of the last entry)`` after every commit, from the writing thread; return what ends it."""

    def put(self, shelf: str, name: str, *, content: bytes) -> None:
        """Keep a small document, durably; it replaces one of the same name."""

    def get(self, shelf: str, name: str) -> bytes | None:
        """Return a document."""

    def remove(self, shelf: str, name: str) -> bool:
        """Take a document away, durably; return whether there was one."""

    def remove_all(self, shelf: str, names: Collection[str]) -> int:
        """Take documents away, durably and at once; return how many there were."""

    def keep_last(self, shelf: str, count: int) -> int:
        """Take all but the last documents of a shelf away, in the order of their names; return how many went."""

    def names(self, shelf: str) -> list[str]:
        """Return the names on a shelf, in order."""

    def erase(self, subject: str) -> int:
        """Destroy the key of a subject, for ever; return how many entries had values of it."""

    def disclose(self, sequence: int) -> dict[str, tuple[bytes, bytes]]:
        """Return (salt, digest) of each dimension of an entry; who gets a salt can check that dimension."""

    def proof(self, sequence: int, *, size: int | None = None) -> list[bytes]:
        """Return the inclusion path of an entry in the log of the first ``size`` entries (RFC 9162)."""

    def health(self) -> Health:
        """Return whether the store works."""

    def close(self) -> None:
        """Finish what is queued and close."""
