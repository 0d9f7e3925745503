"""The messages of a file, whatever interchanges they lie in; counts and references of every envelope are checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import msgspec

from chaintwin.errors import Finding
from chaintwin.ingest.connectors.edi.syntax.headers import CHARSETS, DECIMALS, EDIFACT, X12, Envelope, Header, begun
from chaintwin.ingest.connectors.edi.syntax.scanning import SEGMENT_BYTES_MAX, Raw, Scanner
from chaintwin.ingest.connectors.edi.syntax.segments import EDIFACT_USUAL, Segment, read_segment
from chaintwin.ingest.connectors.interface import KEPT_BYTES

MESSAGE_BYTES_MAX = 4 * 2**20
"""A message that is larger is set aside unread; read, it takes some ten times as much."""

FINDINGS_MAX = 100
"""So many faults of one message are told, the others counted."""

MARKS = (b"UNA", b"UNB", b"ISA")

BEGINS = re.compile(b"|".join(MARKS))


@dataclass(frozen=True, slots=True)
class Message:
    """A message, read as a whole.

    Parameters
    ----------
    number : in the file, from 1. header : of its interchange. at : byte of its begin. segments : without its envelope.
    kind : such as ORDERS or 856. version : of its directory. content : its bytes, so many of them as are kept.
    findings : what is wrong with its envelope; a message with any is no good.
    """

    number: int
    header: Header
    at: int
    segments: tuple[Segment, ...]
    kind: str
    version: str
    content: bytes
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Stray:
    """Something around messages that is wrong.

    Parameters
    ----------
    number : of the last message before it. findings : what. content : bytes that are part of no message.
    """

    number: int
    findings: tuple[Finding, ...]
    content: bytes = b""


class _Open(msgspec.Struct):
    """An envelope that was opened: its reference, and how many parts it has had."""

    envelope: Envelope
    reference: str
    parts: int = 0


class _Draft(msgspec.Struct):
    """A message that is being read."""

    at: int
    opening: Segment
    number: int
    segments: list[Segment] = msgspec.field(default_factory=list)
    content: bytearray = msgspec.field(default_factory=bytearray)
    count: int = 1
    size: int = 0
    findings: list[Finding] = msgspec.field(default_factory=list)
    untold: int = 0


def messages_of(file: BinaryIO, *, name: str, is_growing: bool = False) -> Iterator[Message | Stray]:
    """Yield the messages of a file in their order, and what is wrong around them.

    Parameters
    ----------
    file : open for reading. name : how it is called. is_growing : what is cut off at its end may still be written.
    """
    return _Walk(file, name, is_growing).walk()


def message_at(file: BinaryIO, at: int, *, header: Header, number: int) -> Message | None:
    """Return the message that begins at a byte of a file and was found there before; None where there is none any more.

    Parameters
    ----------
    file : open for reading. at : byte. header : of its interchange. number : of the message.
    """
    walk = _Walk(file, "", True)
    walk.scanner.go(at)
    walk.header, walk.number = header, number - 1
    return next((found for found in walk.body() if isinstance(found, Message)), None)


def untold(count: int, *, file: str, number: int) -> tuple[Finding, ...]:
    """Return what says how many faults of a message are not told one by one; nothing for none.

    Parameters
    ----------
    count : of them. file, number : of the message.
    """
    if not count:
        return ()
    found = f"{count:,} more faults than the {FINDINGS_MAX} that are told"
    return (Finding("edi.more", found, "none", "ask the sender to mend the message", file, number),)


class _Walk:
    """Follows the envelopes of a file."""

    def __init__(self, file: BinaryIO, name: str, is_growing: bool) -> None:
        self.scanner, self.name, self.is_growing = Scanner(file), name, is_growing
        self.number = 0
        self.header = Header(EDIFACT, EDIFACT_USUAL)
        self.interchange: _Open | None = None
        self.group: _Open | None = None
        self.draft: _Draft | None = None
        self.stray = bytearray()

    def walk(self) -> Iterator[Message | Stray]:
        while self.scanner.peek(1):
            found = begun(self.scanner)
            if isinstance(found, Header):
                self.header = found
                yield from self.body()
            else:
                yield self._passed(found)

    def _passed(self, found: str | None) -> Stray:
        """Pass all up to the next header that is one; return what is wrong with its begin.

        Parameters
        ----------
        found : what is wrong with the header that stands there; None where there is none.
        """
        if found is None:
            problem = self.finding("edi.none", "bytes that begin no interchange", "UNA, UNB or ISA", "remove them")
        else:
            problem = self.finding("edi.separators", found, "separators that differ, none of them a letter, digit or blank")
        content = bytearray()
        header: Header | str | None = found
        while not isinstance(header, Header):
            if header is not None:
                content += self.scanner.peek(3)[: max(KEPT_BYTES - len(content), 0)]
                self.scanner.go(self.scanner.at + 3)
            at, passed = self.scanner.find(BEGINS)
            content += passed[: max(KEPT_BYTES - len(content), 0)]
            if at < 0:
                break
            header = begun(self.scanner)
            if isinstance(header, Header):
                self.scanner.go(at)
        return Stray(self.number, (problem,), bytes(content))

    def body(self) -> Iterator[Message | Stray]:
        """Yield what stands in one interchange, from its header on."""
        self._forget()
        while True:
            raw = self.scanner.segment(self.header.separators)
            if raw is None:
                break
            is_header = raw.content[:3] in MARKS
            if is_header and (self.interchange is not None or (raw.content[:3] == b"UNA")):
                # Another interchange begins and this one has not ended.
                self.scanner.go(raw.at)
                yield from self._ended()
                return
            yield from self._segment(raw)
            if not raw.is_ended and not self._is_last(raw):
                break
            if self.interchange is None and self._tag(raw) == self.header.dialect.interchange.close:
                yield from self._left()
                return
        yield from self._ended()

    def _forget(self) -> None:
        self.interchange = self.group = None

    def _segment(self, raw: Raw) -> Iterator[Message | Stray]:
        dialect = self.header.dialect
        tag = self._tag(raw)
        if not raw.is_ended and not self._is_last(raw):
            self._keep(raw)
            return
        if tag == dialect.message.open:
            yield from self._left()
            if self.draft is not None:
                yield self._cut(tag)
            self._open_message(raw)
        elif self.draft is not None and tag == dialect.message.close:
            yield self._closed(raw)
        elif tag in (dialect.interchange.open, dialect.interchange.close, dialect.group.open, dialect.group.close):
            yield from self._left()
            if self.draft is not None:
                yield self._cut(tag)
            yield from self._envelope(raw, tag)
        elif self.draft is not None:
            self._add(raw)
        else:
            self._keep(raw)

    def _open_message(self, raw: Raw) -> None:
        self.number += 1
        segment = self._read(raw, number=1)
        self.draft = _Draft(raw.at, segment or Segment(1, self._tag(raw), ()), self.number)
        self._count(raw)
        for envelope in (self.group, self.interchange if self.group is None else None):
            if envelope is not None:
                envelope.parts += 1
        if segment is None:
            self._tell_draft(raw)

    def _add(self, raw: Raw) -> None:
        draft = self.draft
        assert draft is not None
        draft.count += 1
        self._count(raw)
        segment = self._read(raw, number=draft.count)
        if segment is None:
            self._tell_draft(raw)
        elif draft.size > MESSAGE_BYTES_MAX:
            draft.segments.clear()
        else:
            draft.segments.append(segment)

    def _closed(self, raw: Raw) -> Message:
        draft, dialect = self.draft, self.header.dialect
        assert draft is not None
        self.draft = None
        self._keep_of(draft, raw)
        closing = self._read(raw, number=draft.count + 1)
        findings = draft.findings
        if closing is None:
            findings.append(self._unreadable(raw, draft.number, draft.count + 1))
        else:
            findings += self._mismatches(
                closing, dialect.message, count=draft.count + 1, reference=draft.opening.text(dialect.message.reference),
                things="segments", number=draft.number,
            )  # fmt: skip
        if draft.size > MESSAGE_BYTES_MAX:
            allowed = f"at most {MESSAGE_BYTES_MAX // 2**20} MiB"
            findings.append(self.finding("source.large", "a message of more than that", allowed, "split it", number=draft.number))
        return self._message(draft)

    def _message(self, draft: _Draft) -> Message:
        opening, header = draft.opening, self.header
        if header.dialect is EDIFACT:
            kind, version = opening.text(2, 1), "".join(opening.text(2, part) for part in (2, 3))
        else:
            kind, version = opening.text(1), opening.text(3)
        findings = [*draft.findings, *untold(draft.untold, file=self.name, number=draft.number)]
        return Message(
            draft.number, header, draft.at, tuple(draft.segments), kind, version, bytes(draft.content), tuple(findings)
        )

    def _cut(self, tag: str) -> Message:
        """Return a message whose end did not come."""
        draft, message = self.draft, self.header.dialect.message
        assert draft is not None
        self.draft = None
        found = f"{tag or 'the end of the file'} after {draft.count} segments of a {message.what} without its end"
        fix = "ask the sender for the whole of it"
        draft.findings.append(self.finding("edi.end", found, f"{message.close} first", fix, number=draft.number))
        return self._message(draft)

    def _envelope(self, raw: Raw, tag: str) -> Iterator[Stray]:
        """Follow a segment that opens or closes an interchange or a group."""
        segment, dialect = self._read(raw, number=0), self.header.dialect
        if segment is None:
            yield Stray(self.number, (self._unreadable(raw, self.number, 0),), raw.content[:KEPT_BYTES])
            segment = Segment(0, tag, ())
        findings: list[Finding] = []
        if tag == dialect.interchange.open:
            control = segment.text(dialect.interchange.reference)
            self.interchange = _Open(dialect.interchange, control)
            self.header = replace(_told(self.header, segment), control=control, before=self.number)
        elif tag == dialect.group.open:
            if self.group is not None:
                findings.append(self._open_still(self.group, tag))
            if self.interchange is not None:
                self.interchange.parts += 1
            self.group = _Open(dialect.group, segment.text(dialect.group.reference))
            if dialect is X12:
                self.header = replace(self.header, day=segment.text(4), time=segment.text(5))
        elif tag == dialect.group.close:
            findings += self._close(self.group, dialect.group, segment)
            self.group = None
        else:
            if self.group is not None:
                findings.append(self._open_still(self.group, tag))
            findings += self._close(self.interchange, dialect.interchange, segment)
            self.interchange = self.group = None
        if findings:
            yield Stray(self.number, tuple(findings), raw.content[:KEPT_BYTES])

    def _close(self, opened: _Open | None, envelope: Envelope, segment: Segment) -> list[Finding]:
        if opened is None:
            found = f"{envelope.close} without {envelope.open}"
            return [self.finding("edi.end", found, f"a whole {envelope.what}", "ask the sender for the whole of it")]
        things = "messages or groups"
        if self.header.dialect is X12:
            things = "functional groups" if envelope is X12.interchange else "transaction sets"
        return self._mismatches(
            segment, envelope, count=opened.parts, reference=opened.reference, things=things, number=self.number
        )

    def _open_still(self, opened: _Open, tag: str) -> Finding:
        found = f"{tag} in an open {opened.envelope.what}"
        return self.finding("edi.end", found, f"{opened.envelope.close} first", "ask the sender for the whole of it")

    def _mismatches(
        self, closing: Segment, envelope: Envelope, *, count: int, reference: str, things: str, number: int
    ) -> list[Finding]:
        """Return what a closing segment says and is not so."""
        told, repeated, findings = closing.text(1), closing.text(2), []
        fix = "ask the sender for the whole of it"
        if (told.lstrip("0") or "0") != str(count):
            found = f"{told or 'nothing'} where {count} {things} were read"
            findings.append(self.finding("edi.count", found, str(count), fix, closing, "1", number=number))
        if _plain(repeated) != _plain(reference):
            found = f"{repeated or 'nothing'} where {envelope.open} has {reference or 'nothing'}"
            findings.append(self.finding("edi.reference", found, reference or "nothing", fix, closing, "2", number=number))
        return findings

    def _ended(self) -> Iterator[Message | Stray]:
        """Yield what is wrong where a file, or an interchange, ends before it should."""
        is_last = not self.scanner.peek(1)
        if is_last and self.is_growing:
            self.draft = None
            self.stray.clear()
            return
        if self.draft is not None:
            yield self._cut("")
        yield from self._left()
        opened = self.interchange
        if opened is not None:
            self.interchange = self.group = None
            found = f"an {opened.envelope.what} without its end"
            yield Stray(
                self.number, (self.finding("edi.end", found, opened.envelope.close, "ask the sender for the rest of it"),)
            )

    def _left(self) -> Iterator[Stray]:
        """Yield segments that belong to no message."""
        if self.stray:
            message = self.header.dialect.message
            found = f"segments outside of a {message.what}"
            problem = self.finding("edi.stray", found, f"{message.open} before them", "ask the sender for the whole of it")
            yield Stray(self.number, (problem,), bytes(self.stray[:KEPT_BYTES]))
            self.stray.clear()

    def _keep(self, raw: Raw) -> None:
        if self.draft is not None:
            self._keep_of(self.draft, raw)
        elif len(self.stray) < KEPT_BYTES:
            self.stray += (raw.content + self.header.separators.terminator.encode("latin-1"))[: KEPT_BYTES - len(self.stray)]

    def _count(self, raw: Raw) -> None:
        assert self.draft is not None
        self.draft.size += raw.end - raw.at
        self._keep_of(self.draft, raw)

    def _keep_of(self, draft: _Draft, raw: Raw) -> None:
        room = KEPT_BYTES - len(draft.content)
        if room > 0:
            draft.content += (raw.content + self.header.separators.terminator.encode("latin-1"))[:room]

    def _read(self, raw: Raw, *, number: int) -> Segment | None:
        """Return a segment, or None where its bytes are none of the character set, or too many."""
        if not raw.is_whole:
            return None
        content = raw.content
        if b"\n" in content or b"\r" in content:
            # Some networks break lines wherever they are full; ends of lines mean nothing.
            content = content.replace(b"\r", b"").replace(b"\n", b"")
        try:
            return read_segment(content.decode(self.header.charset), self.header.separators, number=number)
        except UnicodeDecodeError:
            return None

    def _tell_draft(self, raw: Raw) -> None:
        draft = self.draft
        assert draft is not None
        if len(draft.findings) < FINDINGS_MAX:
            draft.findings.append(self._unreadable(raw, draft.number, draft.count))
        else:
            draft.untold += 1

    def _unreadable(self, raw: Raw, number: int, place: int) -> Finding:
        column = f"segment {place} {self._tag(raw)}" if place else self._tag(raw)
        if not raw.is_whole:
            found, allowed = f"more than {SEGMENT_BYTES_MAX:,} bytes", f"at most {SEGMENT_BYTES_MAX:,} bytes a segment"
            return Finding("source.large", found, allowed, "see whether a terminator is missing", self.name, number, column)
        found, allowed = "bytes that are no text", f"text in {self.header.charset}"
        return Finding("edi.charset", found, allowed, "name the character set in UNB that was used", self.name, number, column)

    def _tag(self, raw: Raw) -> str:
        head = raw.content[:40].replace(b"\r", b"").replace(b"\n", b"").decode("latin-1")
        return head.partition(self.header.separators.element)[0].partition(self.header.separators.component)[0].strip()[:6]

    def _is_last(self, raw: Raw) -> bool:
        """Whether a segment is the end of an interchange, whose terminator many leave out."""
        return self._tag(raw) == self.header.dialect.interchange.close

    def finding(
        self,
        code: str,
        found: str,
        allowed: str,
        fix: str = "",
        segment: Segment | None = None,
        element: str = "",
        *,
        number: int | None = None,
    ) -> Finding:
        place = "" if segment is None else f"segment {segment.number} {segment.tag}" if segment.number else segment.tag
        column = f"{place} element {element}" if element else place
        return Finding(code, found, allowed, fix, self.name, self.number if number is None else number, column)


def _told(header: Header, opening: Segment) -> Header:
    """Return a header with what the opening segment says."""
    if header.dialect is X12:
        sender = f"{opening.text(5)}:{opening.text(6)}"
        return replace(header, sender=sender, is_test=opening.text(15) == "T", day=opening.text(9), time=opening.text(10))
    syntax, version = opening.text(1, 1), opening.text(1, 2)
    separators = header.separators
    if version >= "4":
        # Since version 4 either decimal mark may stand, whatever the advice says.
        separators = replace(separators, decimal=DECIMALS)
        if separators == EDIFACT_USUAL:
            separators = replace(separators, repetition="*")
    elif version:
        # Until version 4 the place of the repetition in the advice was reserved.
        separators = replace(separators, repetition="")
    sender = ":".join(part for part in (opening.text(2, 2), opening.text(2, 1)) if part)
    return replace(
        header,
        separators=separators,
        charset=CHARSETS.get(syntax.upper(), "latin-1"),
        sender=sender,
        is_test=opening.text(11) == "1",
        day=opening.text(4, 1),
        time=opening.text(4, 2),
    )


def _plain(reference: str) -> str:
    """Return a reference without what programs fill it up with."""
    return reference.strip().lstrip("0")
