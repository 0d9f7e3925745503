"""The messages of one file as events: each with its place, or what is wrong with it; one that replaces another takes it back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from chaintwin.errors import Finding
from chaintwin.ingest.connectors.edi.edifact.desadv import read_desadv
from chaintwin.ingest.connectors.edi.edifact.iftsta import read_iftsta
from chaintwin.ingest.connectors.edi.edifact.orders import read_orders
from chaintwin.ingest.connectors.edi.meaning.events import Event, events_of, taken_back, written_at
from chaintwin.ingest.connectors.edi.meaning.records import Order, Purpose, Record, Report
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
    """Where the message of a document stands."""

    at: int
    header: Header
    number: int


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
        findings = message.findings or tuple(self._unread(message))
        record: Record | None = None
        events: list[Event] = []
        if not findings:
            record, events, findings = self._read(message)
        before: list[Event] = []
        key = (message.header.sender, message.kind, "" if record is None else record.number)
        if record is not None and not findings:
            before, findings = self._replaced(record, key)
        if record is None or findings:
            placed = tuple(replace(finding, row=message.number) for finding in findings)
            yield Problem(place, placed, message.content[:KEPT_BYTES])
            return
        for event in (*before, *events):
            yield item_of(event, place=place)
        self._remember(record, key, message=message)

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

    def _read(self, message: Message) -> tuple[Record | None, list[Event], tuple[Finding, ...]]:
        told = Told(self.file, message, self.settings.zone, self.settings.own)
        record = READERS[message.kind](told)
        events = events_of(record, told) if record is not None and not told.findings else []
        if record is None and not told.findings:
            told.missing("content", allowed="a whole message")
        return record, events, tuple(told.findings)

    def _replaced(self, record: Record, key: _Key) -> tuple[list[Event], tuple[Finding, ...]]:
        """Return declarations that the events of an earlier message were wrong, or why there are none and should be."""
        purpose, is_order = record.purpose, isinstance(record, Order)
        if purpose is Purpose.ORIGINAL or (purpose is Purpose.CANCEL and not isinstance(record, Report)):
            # What is cancelled has an event of its own, which needs nothing to be known of it.
            return [], ()
        if is_order and (purpose is Purpose.CHANGE or key not in self.known):
            # The state follows a second message of an order line by line.
            self.changes += key not in self.known
            return [], ()
        earlier = [event for known in self.known.get(key, ()) for event in self._again(known)]
        if earlier:
            return [taken_back(event, at=written_at(record)) for event in earlier], ()
        found = f"a message that replaces {record.number}, which is not before it in this file"
        fix = "put both into one file, or declare the earlier events wrong and have the message sent as an original"
        return [], (Finding("edi.replaced", found, "the earlier message before it", fix, self.file),)

    def _again(self, known: _Known) -> list[Event]:
        """Return the events of an earlier message of the file."""
        with self.opened.found.path.open("rb") as file:
            message = message_at(file, known.at, header=known.header, number=known.number)
        return [] if message is None else self._read(message)[1]

    def _remember(self, record: Record, key: _Key, *, message: Message) -> None:
        here = (_Known(message.at, message.header, message.number),)
        before = self.known.get(key, ())
        if record.purpose is Purpose.CHANGE:
            self.known[key] = before + here
        elif record.purpose is Purpose.REPLACE or isinstance(record, Report) or not before:
            self.known[key] = here
        self.known.move_to_end(key)
        if len(self.known) > KNOWN_MAX:
            self.known.popitem(last=False)
