"""Cursors of sources over a connection: structs that are kept as JSON."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from chaintwin.errors import UsageError

Kept = TypeVar("Kept", bound=msgspec.Struct)


def read_cursor(text: str | None, kind: type[Kept]) -> Kept | None:
    """Return what a text of a cursor says; None without one.

    Parameters
    ----------
    text : as ``text_of_cursor`` gave it. kind : of cursors of that connector.

    Raises
    ------
    UsageError
        It is none.
    """
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as fault:
        raise UsageError(f"cursor: found {text[:60]!r} ({fault}); allowed: one that the same connector gave") from fault


def text_of_cursor(cursor: msgspec.Struct) -> str:
    """Return a cursor as text; the same cursor gives the same text."""
    return _ENCODER.encode(cursor).decode()


_ENCODER = msgspec.json.Encoder(order="deterministic")
