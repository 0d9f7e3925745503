"""Events of a JSON document one by one, however large it is: only one event is in memory at a time."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from chaintwin.errors import ChaintwinError
from chaintwin.ingest.connectors.interface import ITEM_BYTES_MAX

LISTS = (("epcisBody", "eventList"), ("epcisBody", "queryResults", "resultsBody", "eventList"), ("eventList",))
"""Where a document keeps its events."""

OUTLINE_BYTES_MAX = 2**18
"""So much of each part of a document around its events is kept with them."""

DEPTH_MAX = 64
"""Objects and lists inside each other; nothing in EPCIS is nested half as deep."""


class BrokenJsonError(ChaintwinError):
    """Raised where a document ends or goes on in a way JSON does not; says the byte.

    Parameters
    ----------
    at : byte from the begin of the file. what : found there.
    """

    code = "broken_json"

    def __init__(self, at: int, what: str) -> None:
        super().__init__(f"byte {at:,}: {what}")
        self.at = at


@dataclass(frozen=True, slots=True)
class Piece:
    """One value of a document.

    Parameters
    ----------
    at : byte of its begin. content : its bytes; cut off where it is larger than ``ITEM_BYTES_MAX``, and then ``whole`` is false.
    """

    at: int
    content: bytes
    whole: bool = True


def outline_of(file: BinaryIO) -> bytes:
    """Return a document as JSON with an empty list in the place of its events; empty if it is no document with such a list.

    Parts that are larger than ``OUTLINE_BYTES_MAX`` are left out.

    Parameters
    ----------
    file : the document, read from its begin.

    Raises
    ------
    BrokenJsonError
        The document is broken; only brackets and strings are looked at.
    """
    scan = _Scan(file)
    if scan.peek() != b"{":
        return b""
    scan.take(b"{")
    found, outline = _outline(scan, ())
    return outline if found else b""


def events_of(file: BinaryIO) -> Iterator[Piece]:
    """Yield the events of a document, of a list of events, or the one event that a file is.

    Parameters
    ----------
    file : read from its begin.

    Raises
    ------
    BrokenJsonError
        At the place where the document is broken; all events before it have been yielded.
    """
    scan = _Scan(file)
    first = scan.peek()
    if first == b"[":
        yield from scan.elements()
    elif first == b"{":
        start = scan.at
        scan.take(b"{")
        found = yield from _inside(scan, ())
        if not found:
            file.seek(start)
            yield _Scan(file, at=start).value()
    else:
        raise BrokenJsonError(scan.at, f"found {_shown(first)}; allowed: an object or a list")
    if scan.peek():
        raise BrokenJsonError(scan.at, f"found {_shown(scan.peek())} behind the document; allowed: nothing")


def _outline(scan: _Scan, path: tuple[str, ...]) -> tuple[bool, bytes]:
    """Return whether an object whose bracket was taken has a list of events, and the object without them."""
    found, entries = False, []
    while scan.peek() not in (b"}", b""):
        name = scan.text()
        scan.take(b":")
        here, head = (*path, name[1:-1].decode("utf-8", "replace")), scan.peek()
        if here in LISTS and head == b"[":
            scan.value(keep=False)
            found, value = True, b"[]"
        elif head == b"{" and any(one[: len(here)] == here for one in LISTS):
            scan.take(b"{")
            inside, value = _outline(scan, here)
            found = found or inside
        else:
            piece = scan.value()
            value = piece.content if len(piece.content) <= OUTLINE_BYTES_MAX else b""
        if value:
            entries.append(name + b":" + value)
        scan.separator(b"}")
    scan.take(b"}")
    return found, b"{" + b",".join(entries) + b"}"


def _inside(scan: _Scan, path: tuple[str, ...]) -> Generator[Piece, None, bool]:
    """Yield events inside an object whose bracket was taken; return whether it had a list of events."""
    found = False
    while scan.peek() not in (b"}", b""):
        here = (*path, scan.key())
        head = scan.peek()
        if here in LISTS and head == b"[":
            found = True
            yield from scan.elements()
        elif head == b"{" and any(one[: len(here)] == here for one in LISTS):
            scan.take(b"{")
            found = (yield from _inside(scan, here)) or found
        else:
            scan.value(keep=False)
        scan.separator(b"}")
    scan.take(b"}")
    return found


class _Scan:
    """Reads a file in chunks and knows strings and brackets."""

    def __init__(self, file: BinaryIO, *, at: int = 0) -> None:
        self.file, self.at, self.rest, self.place, self.is_end = file, at, b"", 0, False
        if at == 0:
            while len(self.rest) < len(_MARK) and self._fill():
                pass
            self._drop(len(_MARK) if self.rest.startswith(_MARK) else 0)

    def _fill(self) -> bool:
        """Read more, and forget what was dropped; return whether there was more."""
        if self.is_end:
            return False
        more = self.file.read(_CHUNK)
        self.is_end = not more
        self.rest, self.place = self.rest[self.place :] + more, 0
        return bool(more)

    def _drop(self, count: int) -> None:
        self.place += count
        self.at += count

    def peek(self) -> bytes:
        """Return the next byte that is no blank, empty at the end."""
        while True:
            blank = _BLANK.match(self.rest, self.place)
            self._drop(blank.end() - self.place if blank else 0)
            if self.place < len(self.rest) or not self._fill():
                return self.rest[self.place : self.place + 1]

    def take(self, wanted: bytes) -> None:
        found = self.peek()
        if found != wanted:
            raise BrokenJsonError(self.at, f"found {_shown(found)}; allowed: {wanted.decode()}")
        self._drop(1)

    def separator(self, closing: bytes) -> None:
        """Step over a comma; leave the closing bracket."""
        found = self.peek()
        if found == b",":
            self._drop(1)
            if self.peek() == closing:
                raise BrokenJsonError(self.at, f"found {closing.decode()} behind a comma; allowed: a value")
        elif found != closing:
            raise BrokenJsonError(self.at, f"found {_shown(found)}; allowed: a comma or {closing.decode()}")

    def text(self) -> bytes:
        """Return a text with its quotes, and step over it."""
        if self.peek() != b'"':
            raise BrokenJsonError(self.at, f"found {_shown(self.peek())}; allowed: a key in quotes")
        return self.value().content

    def key(self) -> str:
        """Return a key and step over its colon; a key that matters here is written plainly."""
        text = self.text()
        self.take(b":")
        return text[1:-1].decode("utf-8", "replace")

    def elements(self) -> Iterator[Piece]:
        """Yield the elements of a list, and step over it."""
        self.take(b"[")
        while self.peek() not in (b"]", b""):
            yield self.value()
            self.separator(b"]")
        self.take(b"]")

    def value(self, *, keep: bool = True) -> Piece:
        """Return the next value and step over it; without ``keep`` its bytes are not gathered."""
        if not self.peek():
            raise BrokenJsonError(self.at, "found the end of the file; allowed: a value")
        start, kept, size, stack = self.at, [], 0, bytearray()
        while True:
            part, is_end = self._end_of_value(stack)
            if keep and size < ITEM_BYTES_MAX:
                kept.append(self.rest[self.place : self.place + min(part, ITEM_BYTES_MAX - size)])
            size += part
            if is_end and not size:
                raise BrokenJsonError(self.at, f"found {_shown(self.peek())}; allowed: a value")
            self._drop(part)
            if is_end:
                return Piece(start, b"".join(kept), whole=size <= ITEM_BYTES_MAX)
            if not self._fill():
                if self.place < len(self.rest) or stack or not size:
                    raise BrokenJsonError(self.at, "found the end of the file inside a value; allowed: the rest of it")
                return Piece(start, b"".join(kept), whole=size <= ITEM_BYTES_MAX)

    def _end_of_value(self, stack: bytearray) -> tuple[int, bool]:
        """Return how much of what was read belongs to a value, and whether the value ends there."""
        here, end = self.place, len(self.rest)
        while True:
            if stack:
                here = _RUN.match(self.rest, here).end()  # type: ignore[union-attr]
            elif token := _FLAT.search(self.rest, here):
                here = token.start()
            else:
                here = end
            length = here - self.place
            if here == end:
                return length, False
            first, here = self.rest[here], here + 1
            if first == _QUOTE:
                string = None if stack else _STRING.match(self.rest, here - 1)
                if string:
                    return string.end() - self.place, True
                # The string goes on behind what was read.
                if end - here > ITEM_BYTES_MAX:
                    raise BrokenJsonError(self.at + length, "found a text without end; allowed: one in quotes")
                return length, False
            if first in _OPENING:
                stack.append(_OPENING[first])
                if len(stack) > DEPTH_MAX:
                    raise BrokenJsonError(self.at + length, f"found more than {DEPTH_MAX} values inside each other")
            elif not stack:
                # A comma, a colon, a blank or a bracket ends a number or a word.
                return length, True
            elif stack.pop() != first:
                found = _shown(bytes((first,)))
                raise BrokenJsonError(self.at + length, f"found {found}; allowed: the bracket that was opened last")
            elif not stack:
                return length + 1, True


def _shown(found: bytes) -> str:
    return repr(found.decode("utf-8", "replace")) if found else "the end of the file"


_CHUNK = 2**18
_MARK = b"\xef\xbb\xbf"
_BLANK = re.compile(rb"[ \t\r\n]*")
_QUOTE = ord('"')
_OPENING = {ord("{"): ord("}"), ord("["): ord("]")}
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_RUN = re.compile(rb'(?>[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
_FLAT = re.compile(rb'["{}\[\],: \t\r\n]')
