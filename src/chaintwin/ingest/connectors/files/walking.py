"""The finished files of a source one after the other, each read on from where it was left."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from chaintwin.errors import Finding
from chaintwin.ingest.connectors.files.cursors import FileCursor
from chaintwin.ingest.connectors.files.parts import Part
from chaintwin.ingest.connectors.files.watching import Found, finished_files, move_away, moves, remembered
from chaintwin.ingest.connectors.interface import BATCH_ITEMS, Batch, Item, Place, Problem, Run, number_of

BATCH_BYTES = 4 * 2**20
"""A batch ends where it has grown to so many bytes."""

CHECKED_BYTES = 4096
"""So many bytes before the place a file is read on from tell whether it is still the same file."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is being read.

    Parameters
    ----------
    content : open for reading. found : the file. skip : so many parts or lines were taken. at : byte behind them, or 0.
    whole_lines : a last line without its end may still be written.
    """

    content: BinaryIO
    found: Found
    skip: int
    at: int
    whole_lines: bool


Parts = Callable[[Opened], Iterator[Part]]
"""Yields what a file holds behind what was taken."""


def file_batches(
    source: str, parts: Parts, *, endings: Sequence[str], since: str | None, run: Run, options: dict[str, str]
) -> Iterator[Batch]:
    """Yield what is new in the files of a source.

    Parameters
    ----------
    source : a file or a folder. parts : reads one file. endings : of the files that are meant.
    since, run : as for ``Connector.read``. options : with values for ``settle`` and ``after``.

    Raises
    ------
    UsageError
        There is no such file or folder, or an option or the cursor means nothing.
    """
    is_folder = Path(source).is_dir()
    away = moves(options["after"]) and is_folder
    settle = number_of(options, "settle", least=0, most=3600)
    cursor = FileCursor.of(since)
    files = finished_files(source, endings=endings, run=run, settle=settle)
    fresh = [file for file in files if cursor.done.get(file.name) != file.signature]
    total, before = sum(file.size for file in fresh), 0
    for file in sorted(fresh, key=lambda found: (found.name != cursor.file, found.name)):
        if file.path.suffix.lower() in endings:
            # A file that is named itself may be growing; those of a folder have stood still.
            batches = _file(file, parts, cursor=cursor, away=away, whole_lines=run.follow and not is_folder)
        else:
            batches = iter([_refused(file, cursor, endings=endings)])
        for batch in batches:
            cursor = FileCursor.of(batch.cursor)
            done = before + file.size * (batch.share or 0.0)
            yield replace(batch, share=done / total if total else 1.0)
        before += file.size
        if away:
            # All of the file is durable now.
            move_away(file)


def _file(file: Found, parts: Parts, *, cursor: FileCursor, away: bool, whole_lines: bool) -> Iterator[Batch]:
    """Yield what is new in one file; the last batch, which may be empty, says that it was taken."""
    # Of files that are moved away none is remembered, or the cursor would grow for ever.
    known = cursor.done if away else remembered(cursor.done, file)
    with file.path.open("rb") as content:
        here = _start(content, file, cursor)
        items: list[Item] = []
        problems: list[Problem] = []
        size = 0
        for part in parts(Opened(content, file, here.item, here.at, whole_lines)):
            size += len(part.what.content)
            if isinstance(part.what, Item):
                items.append(part.what)
            else:
                problems.append(part.what)
            if not part.number:
                continue
            here = replace(here, item=part.number, at=part.end)
            if len(items) + len(problems) >= BATCH_ITEMS or size >= BATCH_BYTES:
                share = part.share if part.share is not None else content.tell() / max(file.size, 1)
                here = replace(here, check=_check(content, here.at))
                yield Batch(tuple(items), tuple(problems), here.text(), share=min(share, 1.0))
                items, problems, size = [], [], 0
        last = replace(here, done=known, check=_check(content, here.at))
        yield Batch(tuple(items), tuple(problems), last.text(), share=1.0)


def _start(content: BinaryIO, file: Found, cursor: FileCursor) -> FileCursor:
    """Return where a file is to be read on from: behind what was taken where it is the same or has only grown."""
    fresh = FileCursor(done=cursor.done, file=file.name, signature=tuple(file.signature))
    if cursor.file != file.name:
        return fresh
    is_same = list(cursor.signature) == file.signature
    has_grown = 0 < cursor.at <= file.size and _check(content, cursor.at) == cursor.check
    return replace(fresh, item=cursor.item, at=cursor.at, check=cursor.check) if is_same or has_grown else fresh


def _check(content: BinaryIO, at: int) -> int:
    """Return the CRC-32 of what stands before a byte; the place that is read next stays."""
    if not at:
        return 0
    here = content.tell()
    content.seek(max(at - CHECKED_BYTES, 0))
    found = zlib.crc32(content.read(min(at, CHECKED_BYTES)))
    content.seek(here)
    return found


def _refused(file: Found, cursor: FileCursor, *, endings: Sequence[str]) -> Batch:
    ending = file.path.suffix
    found = f"a file that ends in {ending}" if ending else "a file without an ending"
    finding = Finding("source.form", found, f"a file that ends in {', '.join(endings)}", "name another connector", file.name)
    done = FileCursor(done=remembered(cursor.done, file))
    return Batch((), (Problem(Place(file.name), (finding,)),), done.text(), share=1.0)
