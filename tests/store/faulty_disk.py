"""A disk below SQLite that forgets, reorders and tears what was not synced, fills up, fails, and is slow.

It lies below the checksum layer and below the very code that is shipped. It has to be installed before the first store is
opened in a process, which is why the tests that use it run programs of their own.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

SECTOR = 512


@dataclass
class FileState:
    """What of a file is certain to survive a power cut, and what was written since, in order."""

    durable: bytearray
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for offset, content in self.pending:
            apply(self.durable, offset, content)
        self.pending.clear()

    def after_a_cut(self, chance: Random) -> bytes:
        """Return what may be found after a power cut: any of the pending writes, in any order, each whole or torn."""
        image = bytearray(self.durable)
        pieces: list[tuple[int, bytes | None]] = []
        keep = chance.choice((0.0, 0.3, 0.7, 1.0))
        for offset, content in self.pending:
            if content is None:
                if chance.random() < keep:
                    pieces.append((offset, None))
                continue
            for start in range(0, len(content), SECTOR):
                if chance.random() < keep:
                    pieces.append((offset + start, content[start : start + SECTOR]))
        if chance.random() < 0.7:
            chance.shuffle(pieces)
        for offset, content in pieces:
            apply(image, offset, content)
        return bytes(image)


def apply(image: bytearray, offset: int, content: bytes | None) -> None:
    """Write content at an offset, or cut there if it is None."""
    if content is None:
        del image[offset:]
        return
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(content)] = content


class Disk(apsw.VFS):
    """The disk.

    ``writes_left`` and ``syncs_left`` count down to the fault; ``fault`` says which: ``cut`` (nothing works from there on),
    ``full``, ``error``. A fault lasts until ``mend``. Until then whoever writes the file named ``stuck`` waits, and ``waits``
    tells that somebody does.
    """

    def __init__(self) -> None:
        super().__init__("faulty", "unix", makedefault=True, iVersion=3)
        self.files: dict[str, FileState] = {}
        # The writer of a store and what moves its pages write at the same time; an image is of one moment.
        self.mutex = threading.RLock()
        self.stuck = ""
        self.waits, self._goes_on = threading.Event(), threading.Event()
        self.mend()

    def mend(self) -> None:
        self.stuck, self.fault = "", ""
        self._goes_on.set()
        self.writes_left = self.syncs_left = 1 << 60
        self.sync_seconds = 0.0
        self.faults = 0

    def forget(self) -> None:
        """Take what lies in the files as durable, for a new run."""
        self.files.clear()
        self.mend()

    def images(self, chance: Random) -> dict[str, bytes]:
        """Return what may be found in the files after a power cut."""
        with self.mutex:
            return {name: state.after_a_cut(chance) for name, state in self.files.items() if not name.endswith("-shm")}

    def stick(self, name: str) -> None:
        """Let whoever writes a file wait until ``mend``."""
        self.waits.clear()
        self._goes_on.clear()
        self.stuck = name

    def xOpen(self, name, flags):
        return DiskFile(self, name, flags)

    def xDelete(self, filename, syncdir):
        if self.fault == "cut" and (self.writes_left <= 0 or self.syncs_left <= 0):
            raise apsw.IOError("the power is off")
        super().xDelete(filename, syncdir)
        self.files.pop(filename, None)

    def before_write(self, name: str) -> None:
        if name == self.stuck:
            self.waits.set()
            self._goes_on.wait()
        self.writes_left -= 1
        self._check(self.writes_left < 0)

    def before_sync(self) -> None:
        self.syncs_left -= 1
        if self.sync_seconds:
            time.sleep(self.sync_seconds)
        self._check(self.syncs_left < 0)

    def _check(self, is_due: bool) -> None:
        is_off = self.fault == "cut" and (self.writes_left < 0 or self.syncs_left < 0)
        if not is_off and not (self.fault and is_due):
            return
        self.faults += 1
        raise apsw.FullError("no space") if self.fault == "full" else apsw.IOError("the disk does not answer")


class DiskFile(apsw.VFSFile):
    """A file on the disk."""

    def __init__(self, disk: Disk, name, flags) -> None:
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else name
        super().__init__("unix", name, flags)
        if self._name not in disk.files:
            path = Path(self._name)
            disk.files[self._name] = FileState(bytearray(path.read_bytes() if path.exists() else b""))

    def xWrite(self, data, offset):
        self._disk.before_write(self._name)
        super().xWrite(data, offset)
        with self._disk.mutex:
            self._disk.files[self._name].pending.append((offset, bytes(data)))

    def xTruncate(self, newsize):
        self._disk.before_write(self._name)
        super().xTruncate(newsize)
        with self._disk.mutex:
            self._disk.files[self._name].pending.append((newsize, None))

    def xSync(self, flags):
        # What the model calls durable needs no sync of the real disk.
        self._disk.before_sync()
        with self._disk.mutex:
            self._disk.files[self._name].sync()
