"""The messages of one file as events: each with its place, or what is wrong with it; one that replaces another takes it back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from chaintwin.errors import Finding
from chaintwin.ingest.connectors.edi.edifact.desadv import read_desadv
from chaintwin.ingest.connectors.edi.edifact.iftsta import read_iftsta
from chaintwin.ingest.connectors.edi.edifact.orders import read_orders
from chaintwin.ingest.connectors.edi.meaning.events import Event, content_of, events_of, said_at, taken_back
from chaintwin.ingest.connectors.edi.meaning.records import Order, Purpose, Record, Report
from chaintwin.ingest.connectors.edi.meaning.times import Moment
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.syntax.headers import Header
from chaintwin.ingest.connectors.edi.syntax.interchanges import Message, Stray, message_at, messages_of
from chaintwin.ingest.connectors.edi.x12.set_214 import read_214
from chaintwin.ingest.connectors.edi.x12.set_850 import read_850
from chaintwin.ingest.connectors.edi.x12.set_856 import read_856
from chaintwin.ingest.connectors.files.parts import Part
from chaintwin.ingest.connectors.files.walking import Opened
from chaintwin.ingest.connectors.interface import KEPT_BYTES, Item, Place, Problem, item_of

READERS: dict[str, Callable[[Told], Record | None]] = {
    "ORDERS": read_orders,
    "DESADV": read_desadv,
    "IFTSTA": read_iftsta,
    "850": read_850,
    "856": read_856,
    "214": read_214,
}
"""What reads which kind of message."""

KNOWN_MAX = 10_000
"""Documents of a file whose places are known, so that a later message can take them back; of more the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How messages are read.

    Parameters
    ----------
    zone : of times that name none. own : schemes whose codes are ids of the project. takes_tests : whether tests count.
    note : takes remarks for people.
    """

    zone: str = "UTC"
    own: frozenset[str] = frozenset()
    takes_tests: bool = False
    note: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class _Known:
    """Where the message of a document stands, how many were replaced before it, and a digest of what it says."""

    at: int
    header: Header
    number: int
    revision: int
    content: str
    is_change: bool


_Key = tuple[str, str, str]
"""Sender, kind and number of a document."""


def parts_of(opened: Opened, settings: Settings) -> Iterator[Part]:
    """Yield the events of a file in the order of its messages; what is wrong is yielded as a problem.

    Parameters
    ----------
    opened : the file. settings : how it is read.
    """
    reader = _Reader(opened, settings)
    number = 0
    for found in messages_of(opened.content, name=opened.found.name, is_growing=opened.whole_lines):
        for what in reader.stray(found) if isinstance(found, Stray) else reader.message(found):
            number += 1
            if number > opened.skip:
                yield Part(what, number)
    reader.remark()


class _Reader:
    """Reads the messages of one file and remembers where each document stands."""

    def __init__(self, opened: Opened, settings: Settings) -> None:
        self.opened, self.settings, self.file = opened, settings, opened.found.name
        self.known: OrderedDict[_Key, tuple[_Known, ...]] = OrderedDict()
        self.changes = 0

    def stray(self, found: Stray) -> Iterator[Item | Problem]:
        yield Problem(Place(self.file, found.number), found.findings, found.content[:KEPT_BYTES])

    def message(self, message: Message) -> Iterator[Item | Problem]:
        place = Place(self.file, message.number)
        events: list[Event] = []
        findings = message.findings or tuple(self._unread(message))
        if not findings:
            events, findings = self._given(message)
        if findings:
            placed = tuple(replace(finding, row=message.number) for finding in findings)
            yield Problem(place, placed, message.content[:KEPT_BYTES])
            return
        for event in events:
            yield item_of(event, place=place)

    def remark(self) -> None:
        """Tell people what was taken although not all of it is known."""
        if self.changes:
            self.settings.note(
                f"{self.file}: {self.changes:,} orders change or replace ones that are not in this file; "
                "a line of those that they do not name stays open."
            )

    def _unread(self, message: Message) -> Iterator[Finding]:
        """Yield why a message is not read at all."""
        if message.kind not in READERS:
            kind = f"the message {message.kind}" if message.kind else "a message without a kind"
            fix = "leave such messages out, or read them otherwise"
            yield Finding("edi.kind", kind, ", ".join(READERS), fix, self.file, message.number)
        if message.header.is_test and not self.settings.takes_tests:
            fix = "set the option tests to take where it should count"
            yield Finding("edi.test", "a message that is marked as a test", "one that is meant", fix, self.file, message.number)

    def _told(self, message: Message) -> Told:
        return Told(self.file, message, self.settings.zone, self.settings.own)

    def _given(self, message: Message) -> tuple[list[Event], tuple[Finding, ...]]:
        """Return what a message gives: its events, behind declarations that earlier ones were wrong; or what is wrong with it."""
        told = self._told(message)
        record = READERS[message.kind](told)
        if record is None and not told.findings:
            told.missing("content", allowed="a whole message")
        if record is None or told.findings:
            return [], told.faults()
        key = (message.header.sender, message.kind, record.number)
        known = self.known.get(key, ())
        revision = known[-1].revision + 1 if known and _takes_back(record) else 0
        events = events_of(record, told, revision=revision)
        if told.findings:
            return [], told.faults()
        here = _Known(message.at, message.header, message.number, revision, content_of(events), record.purpose is Purpose.CHANGE)
        if _is_said(record, here, known):
            return [], ()
        before, findings = self._replaced(record, key, at=said_at(record, told, revision=revision))
        if findings:
            return [], findings
        self._remember(record, key, here=here)
        return [*before, *events], ()

    def _replaced(self, record: Record, key: _Key, *, at: Moment) -> tuple[list[Event], tuple[Finding, ...]]:
        """Return declarations that the events of an earlier message were wrong, or why there are none and should be."""
        if not _takes_back(record):
            return [], ()
        if isinstance(record, Order) and (record.purpose is Purpose.CHANGE or key not in self.known):
            # The state follows a second message of an order line by line.
            self.changes += key not in self.known
            return [], ()
        earlier = [event for known in self.known.get(key, ()) for event in self._again(known)]
        if earlier:
            return [taken_back(event, at=at) for event in earlier], ()
        found = f"a message that replaces {record.number}, which is not before it in this file"
        fix = "put both into one file, or declare the earlier events wrong and have the message sent as an original"
        return [], (Finding("edi.replaced", found, "the earlier message before it", fix, self.file),)

    def _again(self, known: _Known) -> list[Event]:
        """Return the events of an earlier message of the file."""
        with self.opened.found.path.open("rb") as file:
            message = message_at(file, known.at, header=known.header, number=known.number)
        if message is None:
            return []
        told = self._told(message)
        record = READERS[message.kind](told)
        return [] if record is None or told.findings else events_of(record, told, revision=known.revision)

    def _remember(self, record: Record, key: _Key, *, here: _Known) -> None:
        before = self.known.get(key, ())
        if isinstance(record, Order) and record.purpose is Purpose.CHANGE:
            self.known[key] = (*before, here)
        elif isinstance(record, Report) or record.purpose in (Purpose.REPLACE, Purpose.CHANGE) or not before:
            self.known[key] = (here,)
        elif record.purpose is Purpose.CANCEL:
            # What is said again behind a cancellation is no repetition.
            self.known[key] = (*before[:-1], replace(before[-1], content=""))
        self.known.move_to_end(key)
        if len(self.known) > KNOWN_MAX:
            self.known.popitem(last=False)


def _takes_back(record: Record) -> bool:
    """Whether a message takes back what earlier ones said; what is cancelled otherwise has an event of its own."""
    is_cancelled = record.purpose is Purpose.CANCEL and isinstance(record, Report)
    return is_cancelled or record.purpose in (Purpose.REPLACE, Purpose.CHANGE)


def _is_said(record: Record, here: _Known, known: tuple[_Known, ...]) -> bool:
    """Whether a message takes back only what it says itself again; an order that is replaced also loses lines it has no more."""
    if not known or not _takes_back(record) or known[-1].content != here.content:
        return False
    return not (isinstance(record, Order) and record.purpose is Purpose.REPLACE and known[-1].is_change)
