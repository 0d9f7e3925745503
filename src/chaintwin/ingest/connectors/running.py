"""Takes events from a source into a store, batch by batch, so that stopping anywhere loses nothing and doubles nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec

from chaintwin.clock import Clock
from chaintwin.errors import BusyError, Finding, UsageError
from chaintwin.ingest.connectors.interface import KEPT_BYTES, Batch, Connector, Item, Problem, Run
from chaintwin.store.interface import CURSORS, Store
from chaintwin.store.records import Outcome, Receipt, Record

SET_ASIDE = "set_aside"
"""Shelf of what could not become an event: a document for each batch that had some of it."""

REASONS_MAX = 200
"""Kinds of reasons that are told apart; more count together."""

OTHER = "other"

Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class Captured:
    """What became of the items of a batch.

    Parameters
    ----------
    records : what can be logged, each with the item it comes from. problems : what cannot, and why.
    """

    records: tuple[tuple[Item, Record], ...]
    problems: tuple[Problem, ...]


Taken = tuple[Item, Record, Receipt]
"""An item that became a record, and what became of that."""

Capture = Callable[[Sequence[Item], str], Captured]
"""Turns items into records; the second argument is the source that the records name."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was taken since the start of this ingest.

    Parameters
    ----------
    accepted, duplicate, conflict, rejected : events, by what became of them; ``rejected`` could not be read or are not valid.
    reasons : how often each reason was given, by code; conflicts among them. examples : the first of each in words.
    batches : that were made durable. cursor : where to go on. share : of the source that was read, None where nobody knows.
    is_idle : whether the source has no more for now.
    """

    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    batches: int = 0
    cursor: str | None = None
    share: float | None = None
    is_idle: bool = False

    @property
    def read(self) -> int:
        """All events that were read."""
        return self.accepted + self.duplicate + self.conflict + self.rejected


class Bookmark(msgspec.Struct, frozen=True):
    """How far a source was read, as a store keeps it.

    Parameters
    ----------
    cursor : where to go on. at : when it was kept, microseconds since 1970.
    how : digest of the options that it was read with; empty where that was not kept yet.
    """

    cursor: str
    at: int = 0
    how: str = ""


@dataclass(frozen=True, slots=True)
class Ingest:
    """One source being taken into one store.

    Parameters
    ----------
    connector, source : where events come from. store : where they go. capture : checks them.
    clock : tells the time. sleep : waits for so many seconds.
    options : of the connector. note : takes remarks for people. dry : nothing is written.
    anew : begin at the begin, whatever cursor is kept.
    label : what the cursor is kept under besides, so that one address can be read in several ways.
    seen : is told what was taken of each batch, once it is durable. connected : is called when a connection stands.
    lost : is called when a connection is lost: why, and in how many seconds it is tried again.
    """

    connector: Connector
    source: str
    store: Store
    capture: Capture
    clock: Clock
    sleep: Callable[[float], None]
    options: Mapping[str, str] = field(default_factory=dict)
    note: Callable[[str], None] = lambda _: None
    dry: bool = False
    anew: bool = False
    label: str = ""
    seen: Callable[[Sequence[Taken]], None] = lambda _: None
    connected: Callable[[], None] = lambda: None
    lost: Callable[[str, float], None] = lambda _, __: None

    @property
    def key(self) -> str:
        """Name under which the store keeps the cursor."""
        return f"{self.connector.name} {self.source}" + (f" as {self.label}" if self.label else "")

    def run(self, *, follow: bool = False, every: float = 5.0) -> Iterator[Summary]:
        """Take all that is new; yield what was taken so far whenever a batch is durable, and when the source has no more for now.

        Parameters
        ----------
        follow : ask the source again and again, for ever. every : seconds between.
        """
        summary = Summary(cursor=self.saved())
        # What nothing is taken from has to stay where it is.
        options = kept_in_place(self.options, self.connector) if self.dry else self.options
        run = Run(self.clock, self.sleep, options, follow, self.note, self.connected, self.lost)
        while True:
            for batch in self.connector.read(self.source, since=summary.cursor, run=run):
                summary = self._taken(batch, summary)
                yield summary
            summary = replace(summary, is_idle=True, share=1.0)
            yield summary
            if not follow:
                return
            self.sleep(every)

    def take(self, batch: Batch) -> Summary:
        """Take one batch that somebody else read, and keep no cursor; what is bad is set aside under that of the batch."""
        summary, aside, _ = self._logged(batch, Summary(cursor=batch.cursor))
        self._set_aside(aside, start=batch.cursor)
        return summary

    @property
    def how(self) -> str:
        """Digest of the options."""
        return hashlib.sha256(_ENCODER.encode(dict(self.options))).hexdigest()[:16]

    def bookmark(self, label: str | None = None) -> Bookmark | None:
        """Return how far this source was read, as the store keeps it; None where it is new.

        Parameters
        ----------
        label : of a source that reads the same address under another name; this one by default.

        Raises
        ------
        UsageError
            What is kept is none.
        """
        key = self.key if label is None else self.key.removesuffix(self.label) + label
        content = self.store.get(CURSORS, key)
        try:
            return None if content is None else _BOOKMARK.decode(content)
        except (msgspec.DecodeError, msgspec.ValidationError) as fault:
            raise UsageError(
                f"{key}: found a cursor that is none; allowed: what an ingest wrote; fix: forget it and read anew"
            ) from fault

    def saved(self) -> str | None:
        """Return the cursor that the store keeps for this source; None where it is new, or to be read anew."""
        mark = None if self.anew else self.bookmark()
        return None if mark is None else mark.cursor

    def read_at(self) -> int | None:
        """Return when this source was last read, microseconds since 1970; None where it never was, or is to be read anew."""
        mark = None if self.anew else self.bookmark()
        return None if mark is None else mark.at

    def keep(self, mark: Bookmark) -> None:
        """Have the store keep how far this source was read."""
        self._patiently(lambda: self.store.put(CURSORS, self.key, content=_ENCODER.encode(mark)))

    def forget(self) -> None:
        """Read the source from its begin the next time; what was taken already is then a duplicate."""
        self.store.remove(CURSORS, self.key)

    def _taken(self, batch: Batch, before: Summary) -> Summary:
        """Make a batch durable: events first, then what was set aside, then the cursor."""
        if not (batch.items or batch.problems) and batch.share == 1.0 and batch.cursor == before.cursor:
            return replace(before, is_idle=True, share=1.0)
        after, aside, taken = self._logged(batch, before)
        if not self.dry:
            self._set_aside(aside, start=before.cursor or "")
            self.keep(Bookmark(batch.cursor, self.clock.now(), self.how))
        self.seen(taken)
        return after

    def _logged(self, batch: Batch, before: Summary) -> tuple[Summary, list[Problem], list[Taken]]:
        captured = self.capture(batch.items, self.key)
        records = [record for _, record in captured.records]
        receipts = self._looked_up(records) if self.dry else self._appended(records)
        taken = [(*pair, receipt) for pair, receipt in zip(captured.records, receipts, strict=True)]
        conflicts = [_conflict(item, receipt) for item, _, receipt in taken if receipt.outcome is Outcome.CONFLICT]
        aside = [*batch.problems, *captured.problems, *conflicts]
        return _added(before, receipts, aside, cursor=batch.cursor, share=batch.share), aside, taken

    def _set_aside(self, aside: Sequence[Problem], *, start: str) -> None:
        """Keep what could not be logged; the same batch read again has the same name, so nothing is set aside twice."""
        if aside:
            digest = hashlib.sha256(start.encode()).hexdigest()[:16]
            content = _document(aside, self.clock)
            self._patiently(lambda: self.store.put(SET_ASIDE, f"{self.key} {digest}", content=content))

    def _appended(self, records: list[Record]) -> list[Receipt]:
        """Log records."""
        return self._patiently(lambda: self.store.append(records, received_at=self.clock.now())) if records else []

    def _patiently(self, write: Callable[[], Written]) -> Written:
        """Write to the store; where it is full, wait and come again.

        The source is left as it is meanwhile. To begin anew would have it send again what is on its way, and count as its fault.
        """
        while True:
            try:
                return write()
            except BusyError as busy:
                self.sleep(busy.retry_after)

    def _looked_up(self, records: list[Record]) -> list[Receipt]:
        """Return what would become of records, as far as their keys tell."""
        found = []
        for record in records:
            known = self.store.sequence_of(record.key)
            outcome = Outcome.ACCEPTED if known is None else Outcome.DUPLICATE
            found.append(Receipt(outcome, record.key, known or 0, 0))
        return found


def kept_in_place(options: Mapping[str, str], connector: Connector) -> Mapping[str, str]:
    """Return options with which a connector reads and moves nothing away.

    Parameters
    ----------
    options : as they were given. connector : that they are of.
    """
    return {**options, "after": "keep"} if any(option.name == "after" for option in connector.options) else options


def set_aside(store: Store) -> Iterator[dict[str, Any]]:
    """Yield what was set aside: source, place, reasons and content of each, in the order of sources.

    Parameters
    ----------
    store : whose shelf is read.
    """
    for name in store.names(SET_ASIDE):
        content = store.get(SET_ASIDE, name)
        if content is not None:
            yield from ({"source": name.rsplit(" ", 1)[0], **entry} for entry in msgspec.json.decode(content))


def _added(
    before: Summary, receipts: Sequence[Receipt], aside: Sequence[Problem], *, cursor: str, share: float | None
) -> Summary:
    counts = dict.fromkeys(Outcome, 0)
    for receipt in receipts:
        counts[receipt.outcome] += 1
    reasons, examples = dict(before.reasons), dict(before.examples)
    for problem in aside:
        for finding in problem.findings:
            if finding.code in reasons or len(reasons) < REASONS_MAX:
                examples.setdefault(finding.code, str(finding))
        for code in sorted({finding.code for finding in problem.findings}):
            known = code if code in reasons or len(reasons) < REASONS_MAX else OTHER
            reasons[known] = reasons.get(known, 0) + 1
    return Summary(
        accepted=before.accepted + counts[Outcome.ACCEPTED],
        duplicate=before.duplicate + counts[Outcome.DUPLICATE],
        conflict=before.conflict + counts[Outcome.CONFLICT],
        rejected=before.rejected + len(aside) - counts[Outcome.CONFLICT],
        reasons=reasons,
        examples=examples,
        batches=before.batches + 1,
        cursor=cursor,
        share=share,
    )


def _conflict(item: Item, receipt: Receipt) -> Problem:
    allowed = "one content for one id"
    finding = Finding("event.conflict", receipt.reason or f"another event {receipt.key}", allowed, "", str(item.place))
    return Problem(item.place, (finding,), item.content[:KEPT_BYTES])


def _document(aside: Sequence[Problem], clock: Clock) -> bytes:
    entries = [
        {
            "at": clock.now(),
            "file": problem.place.file,
            "position": problem.place.position,
            "reasons": [{"code": finding.code, "text": str(finding)} for finding in problem.findings],
            "content": problem.content[:KEPT_BYTES].decode("utf-8", "backslashreplace"),
        }
        for problem in aside
    ]
    return _ENCODER.encode(entries)


_ENCODER = msgspec.json.Encoder(order="deterministic")
_BOOKMARK = msgspec.json.Decoder(Bookmark)
