"""Where a reading of files stands: which were taken, and how far the one that is being read was taken."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from chaintwin.errors import UsageError


@dataclass(frozen=True, slots=True)
class FileCursor:
    """Where a reading of files stands.

    Parameters
    ----------
    done : size and time of change of the files that were taken, by name.
    file : the one that is being read; empty for none. signature : its size and time of change.
    item : so many of its events and rows were taken. at : byte behind the last of them, where a file can be read on from there.
    check : CRC-32 of the bytes before ``at``, to tell a file that has grown from another one.
    """

    done: dict[str, list[int]] = field(default_factory=dict)
    file: str = ""
    signature: tuple[int, ...] = ()
    item: int = 0
    at: int = 0
    check: int = 0

    def text(self) -> str:
        """Return the cursor as text."""
        return _ENCODER.encode(self).decode()

    @staticmethod
    def of(text: str | None) -> FileCursor:
        """Return the cursor of its text; that of the begin for None.

        Raises
        ------
        UsageError
            The text is none of a cursor.
        """
        if text is None:
            return FileCursor()
        try:
            return _DECODER.decode(text)
        except (msgspec.DecodeError, msgspec.ValidationError) as fault:
            raise UsageError(f"cursor: found {text[:60]!r} ({fault}); allowed: one that the same connector gave") from fault


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(FileCursor)
