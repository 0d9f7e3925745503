"""The segments of a file one after the other, however large it is: no more than one segment is in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

from chaintwin.ingest.connectors.edi.syntax.segments import Separators

CHUNK_BYTES = 64 * 2**10
"""So much of a file is read at a time."""

SEGMENT_BYTES_MAX = 32 * 2**10
"""A segment that is longer is told and not read; the longest of the directories, free text, has some 2,600 signs."""

BLANK = b"\r\n\t \x00\x1a\x0b\x0c"
"""What may stand between two segments: ends of lines, and what old programs fill or end a file with."""


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of a segment without its terminator.

    Parameters
    ----------
    at, end : byte of its begin, and behind its terminator. content : its bytes, cut off where ``is_whole`` is false.
    is_whole : whether it is no longer than ``SEGMENT_BYTES_MAX``. is_ended : whether its terminator was there.
    """

    at: int
    end: int
    content: bytes
    is_whole: bool = True
    is_ended: bool = True


class Scanner:
    """Reads a file from a place on.

    Parameters
    ----------
    file : open for reading. at : byte to begin at.
    """

    __slots__ = ("_buffer", "_file", "_is_over", "_start", "at")

    def __init__(self, file: BinaryIO, *, at: int = 0) -> None:
        self._file = file
        self._buffer, self._start, self.at, self._is_over = b"", -1, at, False
        self.go(at)

    def go(self, at: int) -> None:
        """Go on at a byte; what is in memory is not read again."""
        if self._start <= at <= self._start + len(self._buffer):
            self.at = at
            return
        self._file.seek(at)
        self._buffer, self._start, self.at, self._is_over = b"", at, at, False

    def peek(self, size: int) -> bytes:
        """Return the next bytes behind blanks; fewer only at the end of the file."""
        while True:
            self._pass(BLANK)
            place = self.at - self._start
            if len(self._buffer) - place >= size or not self._more():
                return self._buffer[self.at - self._start : self.at - self._start + size]

    def find(self, marks: re.Pattern[bytes]) -> tuple[int, bytes]:
        """Return the byte at which the first of some marks begins, and what stands before it, cut off; -1 for none.

        Parameters
        ----------
        marks : of three bytes each.
        """
        kept = b""
        while True:
            begin = self.at - self._start
            found = marks.search(self._buffer, begin)
            passed = max(len(self._buffer) - begin - 2, 0) if found is None else found.start() - begin
            kept += self._buffer[begin : begin + max(0, min(SEGMENT_BYTES_MAX - len(kept), passed))]
            self.at += passed
            if found is not None:
                return self.at, kept
            if not self._more():
                rest = self._buffer[self.at - self._start :]
                self.at += len(rest)
                return -1, kept + rest

    def segment(self, separators: Separators) -> Raw | None:
        """Return the next segment, or None at the end of the file.

        Parameters
        ----------
        separators : of the interchange.
        """
        terminator, release = separators.terminator.encode("latin-1"), separators.release.encode("latin-1")
        if not self._begin(terminator):
            return None
        at, searched, kept = self.at, self.at, b""
        while True:
            place = self._buffer.find(terminator, searched - self._start)
            if place < 0:
                if self._start + len(self._buffer) - at > SEGMENT_BYTES_MAX:
                    kept = kept or self._buffer[at - self._start : at - self._start + SEGMENT_BYTES_MAX]
                searched = self._start + len(self._buffer)
                if kept:
                    # A release sign at the very end may release what comes next.
                    self.at = max(self.at, searched - 2)
                if not self._more():
                    rest = kept or self._buffer[at - self._start :].rstrip(BLANK)
                    self.at = self._start + len(self._buffer)
                    return Raw(at, self.at, rest, not kept, is_ended=False) if rest else None
                continue
            searched = self._start + place + 1
            if release and self._is_released(place, release):
                continue
            self.at = searched
            content = kept or self._buffer[at - self._start : place]
            if len(content) > SEGMENT_BYTES_MAX:
                return Raw(at, searched, content[:SEGMENT_BYTES_MAX], is_whole=False)
            return Raw(at, searched, content, not kept)

    def _begin(self, terminator: bytes) -> bool:
        """Pass blanks, and empty segments where they end in what may be a blank; return whether there is more."""
        blank = BLANK + terminator if terminator in BLANK else BLANK
        while True:
            self._pass(blank)
            if self.at < self._start + len(self._buffer):
                return True
            if not self._more():
                return False

    def _pass(self, blank: bytes) -> None:
        """Pass some bytes as far as they are in memory."""
        while True:
            held = self._buffer[self.at - self._start : self.at - self._start + 64]
            found = held.lstrip(blank)
            self.at += len(held) - len(found)
            if found or not held:
                return

    def _is_released(self, place: int, release: bytes) -> bool:
        count = 0
        while place - count - 1 >= 0 and self._buffer[place - count - 1 : place - count] == release:
            count += 1
        return count % 2 == 1

    def _more(self) -> bool:
        if self._is_over:
            return False
        chunk = self._file.read(CHUNK_BYTES)
        self._buffer = self._buffer[self.at - self._start :] + chunk
        self._start = self.at
        self._is_over = not chunk
        return bool(chunk)
