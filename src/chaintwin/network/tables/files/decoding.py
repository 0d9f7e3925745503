"""Bytes of a text file to text: which encoding it has, and where it breaks its own."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks; those of UTF-32 begin like those of UTF-16 and go first."""

SAMPLE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text of a file.

    Parameters
    ----------
    data : the text again as UTF-8, without a byte order mark.
    encoding : how the file was encoded: ``utf-8``, ``utf-16-le``, ..., or ``cp1252`` if single lines had to be read as that.
    odd_lines : 1-based numbers of the physical lines that were not UTF-8 and were read as cp1252.
    """

    data: bytes
    encoding: str
    odd_lines: tuple[int, ...] = ()


def decode(data: bytes) -> Decoded:
    """Return the text of a file in UTF-8.

    Parameters
    ----------
    data : content of the file: UTF-8 with or without mark, UTF-16 or UTF-32. Lines that are none of these are read as cp1252,
        which contains latin-1's printable characters, and are named in the result.

    Raises
    ------
    UnicodeDecodeError
        A file marked as UTF-16 or UTF-32 is broken.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            body = data[len(mark) :]
            return _by_lines(body) if encoding == "utf-8" else Decoded(body.decode(encoding).encode(), encoding)
    guess = _wide_without_mark(data)
    if guess:
        return Decoded(data.decode(guess).encode(), guess)
    return _by_lines(data)


def _by_lines(data: bytes) -> Decoded:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return Decoded(data, "utf-8")
    # Only the lines that are not UTF-8 are read as cp1252: files glued together from two programs hold both.
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    odd: list[int] = []
    for index, line in enumerate(lines):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            odd.append(index + 1)
            lines[index] = line.decode("cp1252", errors="replace").encode()
    return Decoded(b"\n".join(lines), "cp1252", tuple(odd))


def _wide_without_mark(data: bytes) -> str:
    """Return the kind of UTF-16 a file without a mark must be: tables are mostly ASCII, so every second byte is zero."""
    sample = data[: min(len(data), SAMPLE_BYTES) // 2 * 2]
    if len(sample) < 4:
        return ""
    half = len(sample) // 2
    if sample[1::2].count(0) > 0.7 * half and sample[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if sample[0::2].count(0) > 0.7 * half and sample[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return ""
