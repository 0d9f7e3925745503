"""Cursors of sources over a connection: structs that are kept as JSON, and what of ours they hold, a name and a time."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TypeVar

import msgspec

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Run

Kept = TypeVar("Kept", bound=msgspec.Struct)

MILLISECOND = 1_000
"""Microseconds; times of ours are whole milliseconds."""


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


def new_client(source: str, run: Run) -> str:
    """Return a name at the other end that no other log has: of a session, or of a consumer.

    Parameters
    ----------
    source : its name. run : of this reading.
    """
    said = f"{source} {run.clock.now()} {os.getpid()} {id(run)}"
    return f"chaintwin-{blake2b(said.encode(), digest_size=8).hexdigest()}"


def next_time(run: Run, *, last: int) -> int:
    """Return a time of ours, microseconds: that of the clock to the millisecond, and later than any before.

    Parameters
    ----------
    run : of this reading. last : time that was given last, as the cursor holds it.
    """
    return max(run.clock.now() // MILLISECOND * MILLISECOND, last + MILLISECOND)


_ENCODER = msgspec.json.Encoder(order="deterministic")
