"""The master key of a log: a small file that lies apart from it."""

from __future__ import annotations

import os
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.guard.subjects import KEY_BYTES, new_key


class MasterKey:
    """The master key.

    Parameters
    ----------
    file : where it lies; None where nobody said where, so that personal values are refused.
    """

    __slots__ = ("_file",)

    def __init__(self, file: Path | None) -> None:
        self._file = file

    @property
    def place(self) -> str:
        """Where it lies, for messages."""
        return f"key file {self._file}" if self._file else "key file"

    @property
    def file(self) -> Path | None:
        """Where it lies."""
        return self._file

    def exists(self) -> bool:
        """Tell whether there is one."""
        return self._file is not None and self._file.exists()

    def read(self) -> bytes:
        """Return it, 32 bytes.

        Raises
        ------
        UsageError
            There is none, or the file holds something else.
        """
        if self._file is None:
            raise UsageError(
                "key file: found none for personal values; allowed: a file of its own, apart from the log; fix: give "
                "key_file, at the command line --key-file"
            )
        try:
            key = self._file.read_bytes()
        except OSError as error:
            raise UsageError(f"{self.place}: found that it cannot be read ({error.strerror}); fix: put it back") from error
        if len(key) != KEY_BYTES:
            raise UsageError(f"{self.place}: found {len(key)} bytes; allowed: {KEY_BYTES}; fix: put the right file back")
        return key

    def make(self) -> bytes:
        """Return it; make it, durably, if there is none yet."""
        if self._file is None or self._file.exists():
            return self.read()
        key = new_key()
        self.keep(key)
        return key

    def keep(self, key: bytes) -> None:
        """Write a key, durably, into a file that is not there yet."""
        if self._file is None:
            return
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, key)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        folder = os.open(self._file.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
