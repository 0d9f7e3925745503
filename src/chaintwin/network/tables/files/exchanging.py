"""Puts finished files in the place of old ones, all or none: nothing half-written is ever seen, nothing old is lost."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from errno import EEXIST, ENOTEMPTY
from pathlib import Path
from typing import TextIO

from chaintwin.errors import UsageError
from chaintwin.network.tables.files.folder import MARKER_FILE, is_marked

WAIT_SECONDS = 30.0
"""How long a writer waits for another one, which needs the place only while it renames finished files."""

_POLL_SECONDS = 0.01


def write_file(path: Path, fill: Callable[[Path], None]) -> None:
    """Write one file so that it appears complete or not at all; an existing one is kept until then.

    Parameters
    ----------
    path : the file.
    fill : writes the content to the path it is given, a sibling of ``path``.
    """
    staging = _sibling(path, "new")
    try:
        fill(staging)
        _keep_mode(path, staging)
        _flush(staging)
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)
    _flush(path.parent)


def write_folder(
    folder: Path, fill: Callable[[Path], None], *, stale: Callable[[Path], Sequence[str]], wait: float = WAIT_SECONDS
) -> None:
    """Write the files of a folder so that all of them appear or none.

    Parameters
    ----------
    folder : the folder; it is made if it does not exist. Files that are neither written nor stale are left alone.
    fill : writes the files into the folder it is given.
    stale : from the folder to the names of the files in it that the new ones replace or make obsolete. It is asked once no
        other program can write there, and may raise if the folder holds what must not be touched.
    wait : seconds to wait for another program that writes there.

    A folder that is new appears by one renaming. In an existing one the files are exchanged one by one, with everything put back
    if that fails or is interrupted; a marker file tells readers if even that was impossible (a power cut within that moment).
    Of several programs that write at the same time one goes after the other.

    Raises
    ------
    UsageError
        Another program is writing there all the time, or the folder is a link that leads nowhere.
    """
    if folder.is_symlink() and not folder.exists():
        raise UsageError(f"{folder}: found a link that leads nowhere; allowed: a folder; fix: make the folder it names")
    is_new = not folder.is_dir()
    staging = _sibling(folder if is_new else folder / "tables", "new")
    try:
        _fill(staging, fill)
        if not (is_new and _appears(staging, folder)):
            _exchange(staging, folder, stale=stale, marker=folder / MARKER_FILE, wait=wait)
    finally:
        _remove(staging)
    _flush(folder)
    _flush(folder.absolute().parent)


def write_group(
    path: Path, fill: Callable[[Path], None], *, stale: Callable[[Path], Sequence[str]], wait: float = WAIT_SECONDS
) -> None:
    """Write a file and others that belong beside it so that all of them appear or none.

    Parameters
    ----------
    path : the file that the group belongs to.
    fill : writes the files, this one among them, into the folder it is given; they go to the folder of ``path``.
    stale, wait : as for ``write_folder``; ``stale`` is given the folder of ``path``.

    Raises
    ------
    UsageError
        Another program is writing the same group all the time.
    """
    staging = _sibling(path, "new")
    try:
        _fill(staging, fill)
        _exchange(staging, path.parent, stale=stale, marker=path.with_name(f".{path.name}-writing"), wait=wait)
    finally:
        _remove(staging)


def check_before(folder: Path, check: Callable[[], None]) -> None:
    """Check a folder before time is spent on what is to be written there; the check under ``stale`` is the one that counts.

    Parameters
    ----------
    folder : the folder.
    check : raises ``UsageError`` if the folder must not be written to. Another program may be exchanging its files just then, so
        a refusal is believed only if it comes again after that.
    """
    try:
        check()
    except UsageError:
        if not is_marked(folder):
            check()


def _fill(staging: Path, fill: Callable[[Path], None]) -> None:
    staging.mkdir(parents=True)
    fill(staging)
    for path in sorted(staging.rglob("*")):
        _flush(path)
    _flush(staging)


def _appears(staging: Path, folder: Path) -> bool:
    """Give the finished folder its name; False if another program was faster."""
    try:
        staging.rename(folder)
    except OSError as error:
        if error.errno in (EEXIST, ENOTEMPTY):
            return False
        raise
    return True


def _exchange(staging: Path, folder: Path, *, stale: Callable[[Path], Sequence[str]], marker: Path, wait: float) -> None:
    with _alone(marker, wait=wait) as held:
        earlier = held.read()
        old = _sibling(folder / "tables", "old")
        moved: list[tuple[Path, Path]] = []
        made: list[Path] = []

        def move(source: Path, target: Path) -> None:
            made.extend(_make_folders(target.parent))
            moved.append((source, target))
            source.rename(target)

        try:
            arriving = _by_depth(path.relative_to(staging) for path in staging.rglob("*") if path.is_file())
            present = [name for name in arriving if (folder / name).is_file() or (folder / name).is_symlink()]
            leaving = _by_depth(dict.fromkeys([*map(Path, stale(folder)), *present]))
            for name in present:
                _keep_mode(folder / name, staging / name)
            old.mkdir()
            _note(held, f"{old.name}\n")
            # A report in a folder inside tells which files are ours: it leaves last and arrives first.
            for name in reversed(leaving):
                move(folder / name, old / name)
            for name in arriving:
                move(staging / name, folder / name)
            for place in {(folder / name).parent for name in arriving}:
                _flush(place)
            # From here on the new files stay.
            moved.clear()
            made.clear()
            earlier = ""
            _let_go(held, marker, text=earlier)
        except BaseException:
            # An interrupt may fall between a renaming and what comes after it, so each pair is looked at as it is.
            for source, target in reversed(moved):
                if os.path.lexists(target) and not os.path.lexists(source):
                    target.rename(source)
            for place in reversed(made):
                with suppress(OSError):
                    place.rmdir()
            _let_go(held, marker, text=earlier)
            _remove(old)
            raise
    _remove(old)


def _alone(marker: Path, *, wait: float) -> TextIO:
    """Return the marker, opened and locked, once no other program holds it; the system frees it when a program is killed."""
    end = time.monotonic() + wait
    while True:
        try:
            held, is_ours = _opened(marker)
        except FileNotFoundError:
            # It was there and is gone by now.
            continue
        lock = None
        if held is not None:
            lock = _lock(held)
            # Where there are no locks, a marker that exists is held by who made it.
            if (is_ours if lock is None else lock) and _is_current(held, marker):
                return held
            held.close()
        if time.monotonic() > end:
            hint = f", or delete {marker.name} if there is none" if lock is None else ""
            raise UsageError(
                f"{marker.parent}: found another program that writes there, for {wait:.0f} seconds; allowed: one at a time; "
                f"fix: try again when it has ended{hint}"
            )
        time.sleep(_POLL_SECONDS)


def _opened(marker: Path) -> tuple[TextIO | None, bool]:
    """Return the marker, None if it belongs to somebody else who alone may open it, and whether it is new."""
    try:
        return marker.open("x+", encoding="utf-8"), True
    except FileExistsError:
        pass
    try:
        # A link is not followed: it may have been put there by who sent the project.
        handle = os.open(marker, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except PermissionError:
        return None, False
    return os.fdopen(handle, "r+", encoding="utf-8", errors="replace"), False


def _lock(held: TextIO) -> bool | None:
    """Lock a file and tell whether that was possible; None where the system or the disk knows no locks."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:
        return None
    try:
        flock(held, LOCK_EX | LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return None
    return True


def _is_current(held: TextIO, marker: Path) -> bool:
    """Tell whether an open marker is still the one in the folder: the writer before may have removed it."""
    try:
        return os.path.samestat(os.fstat(held.fileno()), marker.lstat())
    except FileNotFoundError:
        return False


def _note(held: TextIO, text: str) -> None:
    held.seek(0)
    held.truncate()
    held.write(text)
    held.flush()
    os.fsync(held.fileno())


def _let_go(held: TextIO, marker: Path, *, text: str) -> None:
    """Remove the marker, or give it back the text of a writer that was killed and whose files are as it left them."""
    if not _is_current(held, marker):
        return
    if text:
        _note(held, text)
    else:
        marker.unlink()


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder with those above it and return the ones that were missing, outer ones first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _by_depth(names: Iterable[Path]) -> list[Path]:
    return sorted(names, key=lambda name: (-len(name.parts), name))


def _keep_mode(old: Path, new: Path) -> None:
    """Give a file the permissions of the one it replaces: what was private stays so."""
    if old.is_file():
        shutil.copymode(old, new)


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except BaseException:
        # An interrupt must not leave half of the folder.
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _sibling(path: Path, ending: str) -> Path:
    # A name that nobody else uses: two programs may prepare the same project at the same time.
    return path.with_name(f".{path.name}-{secrets.token_hex(4)}.{ending}")


def _flush(path: Path) -> None:
    """Have the system write a file or the entries of a folder to disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
