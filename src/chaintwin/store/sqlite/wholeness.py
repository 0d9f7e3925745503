"""Whether the pages of a file that was closed, or left by a crash, are all there.

SQLite reads what is missing at the end of a file as zeros, and the checksum of zeros is zero; so this is looked at before.
"""

from __future__ import annotations

import os
from pathlib import Path

from chaintwin.errors import StoreDamagedError
from chaintwin.store.sqlite.connecting import CHECKSUM_BYTES

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_WAL_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_TRIES = 3


def check_whole(path: Path) -> None:
    """Look at the first bytes of a file, on which checksums depend, and whether all pages it counts are there.

    Parameters
    ----------
    path : of the file; another process may be writing it.

    Raises
    ------
    StoreDamagedError
        It is not the beginning of a store, or pages are missing.
    """
    for _ in range(_TRIES):
        if not path.exists() or path.stat().st_size == 0:
            return
        header = _beginning(path, _HEADER_BYTES)
        if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC) or header[20] != CHECKSUM_BYTES:
            raise StoreDamagedError(
                f"{path}: found a damaged or foreign file: its first {_HEADER_BYTES} bytes are not those of a store; "
                "fix: restore a backup"
            )
        # 1 stands for 65,536.
        page_size = int.from_bytes(header[16:18], "big")
        page_size = 65_536 if page_size == 1 else page_size
        if page_size < 512 or page_size & (page_size - 1):
            raise StoreDamagedError(f"{path}: found pages of {page_size} bytes; fix: restore a backup")
        counted = int.from_bytes(header[28:32], "big")
        whole = path.stat().st_size // page_size
        # Pages that a crash kept from the file lie in the write-ahead log, from where they are moved again.
        if whole >= counted or _are_in_log(
            path.with_name(path.name + "-wal"), range(whole + 1, counted + 1), page_size=page_size
        ):
            return
    raise StoreDamagedError(
        f"{path}: found {whole} of {counted} pages of {page_size} bytes: its end is cut off; fix: restore a backup"
    )


def _are_in_log(path: Path, missing: range, *, page_size: int) -> bool:
    # A damaged count can be of billions of pages, so they are counted before they are gone through.
    pages = _pages_in_log(path, page_size)
    return len(missing) <= len(pages) and all(page in pages for page in missing)


def _pages_in_log(path: Path, page_size: int) -> set[int]:
    """Return the numbers of the pages of a write-ahead log whose frames belong to its header."""
    pages: set[int] = set()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return pages
    try:
        salt = os.pread(descriptor, _WAL_HEADER_BYTES, 0)[16:24]
        offset = _WAL_HEADER_BYTES
        while len(frame := os.pread(descriptor, _FRAME_HEADER_BYTES, offset)) == _FRAME_HEADER_BYTES and frame[8:16] == salt:
            pages.add(int.from_bytes(frame[:4], "big"))
            offset += _FRAME_HEADER_BYTES + page_size
    finally:
        os.close(descriptor)
    return pages


def _beginning(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)
