"""Files of a folder that are finished: half-written ones are left until they have stood still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chaintwin.clock import SECOND
from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Option, Run

DONE = "done"
"""Folder inside the one that is read; files that were taken are moved there where ``after`` is ``move``."""

JOURNAL_MAX = 10_000
"""Most files that a cursor remembers as taken; a folder that gets more has them moved away."""

HALF = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp")
"""Endings under which programs write what is not finished."""

SETTLE = Option("settle", "Seconds that a file of a folder must have stood still before it is read.", "2")
AFTER = Option("after", "What becomes of a file of a folder that was taken: keep, or move to the folder done in it.", "keep")


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be read.

    Parameters
    ----------
    path : where. name : how it is named in cursors and problems.
    size : bytes. changed : nanoseconds since 1970; with the size it tells whether the file is still the same.
    """

    path: Path
    name: str
    size: int
    changed: int

    @property
    def signature(self) -> list[int]:
        """Size and time of change, as a cursor keeps them."""
        return [self.size, self.changed]


def finished_files(source: str, *, endings: Sequence[str], run: Run, settle: float) -> list[Found]:
    """Return the files of a source that nobody seems to write any more, by name; a file that is named itself is always one.

    Parameters
    ----------
    source : a file, or a folder; of a folder its own files count, not those in folders inside.
    endings : of the files that are meant, small letters. run : tells the time and waits.
    settle : seconds that a file of a folder must have stood still.

    Raises
    ------
    UsageError
        There is no such file or folder.
    """
    files = listed_files(source, endings=endings)
    if Path(source).is_file():
        return files
    now = run.clock.now()
    still = [file for file in files if file.changed / 1000 <= now - settle * SECOND]
    young = [file for file in files if file not in still]
    # What was changed after now has a clock of its own, so only looking twice tells whether it is finished.
    waited = [file for file in young if not run.follow or file.changed / 1000 > now]
    if waited:
        run.sleep(settle)
        again = [_found(file.path) for file in waited]
        still += [file for file, later in zip(waited, again, strict=True) if later == file]
        for file in waited:
            if file not in still:
                run.note(f"{file.name} is still being written and was left for the next time.")
    return sorted(still, key=lambda file: file.name)


def listed_files(source: str, *, endings: Sequence[str]) -> list[Found]:
    """Return the files of a source, finished or not, by name; a file that is named itself is the only one.

    Parameters
    ----------
    source : a file, or a folder. endings : of the files that are meant, small letters.

    Raises
    ------
    UsageError
        There is no such file or folder.
    """
    place = Path(source)
    if place.is_file():
        found = _found(place)
        return [found] if found else []
    if not place.is_dir():
        raise UsageError(f"{source}: found nothing there; allowed: a file or a folder that exists")
    return _files(place, endings)


def move_away(file: Found) -> Path:
    """Move a file to the folder ``done`` beside it and return its new place; a name that is taken gets a number."""
    folder = file.path.parent / DONE
    folder.mkdir(exist_ok=True)
    target, number = folder / file.name, 1
    while target.exists():
        number += 1
        target = folder / f"{file.path.stem}-{number}{file.path.suffix}"
    return file.path.rename(target)


def moves(after: str) -> bool:
    """Return whether files are moved away.

    Raises
    ------
    UsageError
        The option ``after`` means nothing.
    """
    if after not in ("keep", "move"):
        raise UsageError(f"after: found {after!r}; allowed: keep or move")
    return after == "move"


def remembered(done: dict[str, list[int]], file: Found) -> dict[str, list[int]]:
    """Return the files that a cursor remembers, with one more; where they grow too many, those that are gone are forgotten.

    Raises
    ------
    UsageError
        They are too many.
    """
    more = done | {file.name: file.signature}
    if len(more) > JOURNAL_MAX:
        there = {path.name for path in file.path.parent.iterdir()}
        more = {name: signature for name, signature in more.items() if name in there}
    if len(more) > JOURNAL_MAX:
        raise UsageError(
            f"{file.path.parent}: found more than {JOURNAL_MAX:,} files that were taken; allowed: so many; "
            "fix: set the option after to move, or move old files away"
        )
    return more


def _files(folder: Path, endings: Sequence[str]) -> list[Found]:
    names = sorted(folder.iterdir())
    wanted = [path for path in names if path.suffix.lower() in endings and path.name[0] not in ".~"]
    found = [_found(path) for path in wanted if not path.name.lower().endswith(HALF)]
    return [file for file in found if file is not None]


def _found(path: Path) -> Found | None:
    """Return a plain file, or None where it is gone or something else."""
    try:
        if not path.is_file():
            return None
        status = path.stat()
    except OSError:
        return None
    return Found(path, path.name, status.st_size, status.st_mtime_ns)
