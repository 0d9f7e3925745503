"""Puts finished files in the place of old ones, all or none: nothing half-written is ever seen, nothing old is lost."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from chaintwin.network.tables.files.folder import MARKER_FILE


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
        _flush(staging)
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)
    _flush(path.parent)


def write_folder(folder: Path, fill: Callable[[Path], None], *, stale: Callable[[Path], Sequence[str]]) -> None:
    """Write the files of a folder so that all of them appear or none.

    Parameters
    ----------
    folder : the folder; it is made if it does not exist. Files that are neither written nor stale are left alone.
    fill : writes the files into the folder it is given.
    stale : from the folder to the names of the files in it that the new ones replace or make obsolete.

    A folder that is new appears by one renaming. In an existing one the files are exchanged one by one, with everything put back
    if that fails or is interrupted; a marker file tells readers if even that was impossible (a power cut within that moment).
    """
    staging = _sibling(folder / "tables" if folder.is_dir() else folder, "new")
    staging.mkdir(parents=True)
    try:
        fill(staging)
        for path in sorted(staging.rglob("*")):
            _flush(path)
        _flush(staging)
        if folder.is_dir() and any(path != staging for path in folder.iterdir()):
            _exchange(staging, folder, stale=stale(folder))
        else:
            _appear(staging, folder)
    finally:
        _remove(staging)
    _flush(folder)
    _flush(folder.absolute().parent)


def _appear(staging: Path, folder: Path) -> None:
    if folder.is_dir():
        # The staging folder lies inside the empty folder and has to leave it before it can take its place.
        outside = _sibling(folder.absolute(), "new")
        staging.rename(outside)
        try:
            outside.rename(folder)
        except BaseException:
            shutil.rmtree(outside, ignore_errors=True)
            raise
        return
    staging.rename(folder)


def _exchange(staging: Path, folder: Path, *, stale: Iterable[str]) -> None:
    old = _sibling(folder / "tables", "old")
    old.mkdir()
    marker = folder / MARKER_FILE
    arriving = [path.relative_to(staging) for path in sorted(staging.rglob("*")) if path.is_file()]
    leaving = dict.fromkeys([*map(Path, stale), *(name for name in arriving if (folder / name).is_file())])
    moved: list[tuple[Path, Path]] = []

    def move(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        moved.append((source, target))
        source.rename(target)

    try:
        marker.write_text(f"{old.name}\n", encoding="utf-8")
        _flush(marker)
        for name in leaving:
            move(folder / name, old / name)
        for name in arriving:
            move(staging / name, folder / name)
        _flush(folder)
        marker.unlink()
    except BaseException:
        # An interrupt may fall between a renaming and what comes after it, so each pair is looked at as it is.
        for source, target in reversed(moved):
            if target.exists() and not source.exists():
                target.rename(source)
        marker.unlink(missing_ok=True)
        _remove(old)
        raise
    _remove(old)


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except BaseException:
        # An interrupt must not leave half of the folder.
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _sibling(path: Path, ending: str) -> Path:
    # A name that nobody else uses: two programs may write the same project at the same time.
    return path.with_name(f".{path.name}-{secrets.token_hex(4)}.{ending}")


def _flush(path: Path) -> None:
    """Have the system write a file or the entries of a folder to disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
