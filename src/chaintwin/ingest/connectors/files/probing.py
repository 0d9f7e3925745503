"""What can be told of files before they are taken: how many there are, whether they can be opened, and what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic

from chaintwin.errors import UsageError, amount_of
from chaintwin.ingest.connectors.files.parts import Part
from chaintwin.ingest.connectors.files.walking import Opened
from chaintwin.ingest.connectors.files.watching import Found, listed_files, moves
from chaintwin.ingest.connectors.interface import Item, number_of

COUNT_SECONDS = 2.0
"""So long events are counted; then what was counted is told as a part."""

TABLE_BYTES = 8 * 2**20
"""A table that is larger is not looked into."""


def probed_files(source: str, *, endings: Sequence[str], options: Mapping[str, str]) -> list[Found]:
    """Return the files of a source, each of which can be opened.

    Parameters
    ----------
    source : a file or a folder. endings : of the files that are meant. options : with values for ``settle`` and ``after``.

    Raises
    ------
    UsageError
        There is no such file or folder, one of the files cannot be opened, the folder cannot be written although files are to be
        moved in it, or an option means nothing.
    """
    number_of(options, "settle", least=0, most=3600)
    away = moves(options["after"])
    files = listed_files(source, endings=endings)
    for file in files:
        try:
            file.path.open("rb").close()
        except FileNotFoundError:
            continue
        except OSError as fault:
            found = f"a file that cannot be opened ({fault.strerror})"
            raise UsageError(f"{file.path}: found {found}; allowed: a readable file; fix: check its permissions") from None
    wrong = [file.name for file in files if file.path.suffix.lower() not in endings]
    if wrong:
        raise UsageError(f"{source}: found {', '.join(wrong)}; allowed: files that end in {', '.join(endings)}")
    if away and Path(source).is_dir():
        import os

        if not os.access(source, os.W_OK):
            raise UsageError(
                f"{source}: found a folder that nothing can be moved in; allowed: a folder to write in, or after = keep"
            )
    return files


def named(files: Sequence[Found]) -> str:
    """Return how many files there are, in words."""
    return amount_of(len(files), "file") if files else "no file yet"


def counted(files: Sequence[Found], parts: Callable[[Opened], Iterator[Part]]) -> str:
    """Return how many files and events there are, in words; those of a large source as far as they can be counted quickly.

    Parameters
    ----------
    files : that are counted in this order. parts : reads one.
    """
    end = monotonic() + COUNT_SECONDS
    events, faults = 0, 0
    for file in files:
        try:
            with file.path.open("rb") as content:
                for part in parts(Opened(content, file, 0, 0, whole_lines=False)):
                    events += isinstance(part.what, Item)
                    faults += not isinstance(part.what, Item)
                    if monotonic() > end:
                        return f"{named(files)}, more than {amount_of(events, 'event')}{_faults(faults)}"
        except FileNotFoundError:
            continue
    return f"{named(files)}, {amount_of(events, 'event')}{_faults(faults)}"


def _faults(faults: int) -> str:
    return f", {amount_of(faults, 'part')} that cannot be read" if faults else ""
