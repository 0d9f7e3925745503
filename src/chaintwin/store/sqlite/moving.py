"""Moving a whole file to its place so that after a power cut there is the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path


def move_durably(source: Path, target: Path) -> None:
    """Move a file to a place in the same folder, where it replaces what was there.

    Parameters
    ----------
    source : a closed file. target : its new place.
    """
    sync(source)
    source.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, outlast a power cut.

    Parameters
    ----------
    path : file or folder.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
