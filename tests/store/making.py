"""Records for tests: everything follows from a number."""

from __future__ import annotations

from hashlib import sha256

from chaintwin.store.records import Personal, Record

DIMENSIONS = ("what", "when", "where", "why", "how")
START = 1_700_000_000_000_000


def record_of(
    number: int,
    *,
    meaning: int | None = None,
    aliases: tuple[str, ...] = (),
    subject: str = "",
    occurred_at: int | None = None,
    terms: tuple[str, ...] = (),
    size: int = 60,
) -> Record:
    """Return the record with a number; the same one each time. ``meaning`` is another number if it is to say something else."""
    said = number if meaning is None else meaning
    key = key_of(number)
    return Record(
        key=key,
        meaning=sha256(b"meaning %d" % said).digest(),
        content=(b"content %d " % said).ljust(size, b"."),
        facts=(b"facts %d" % said).ljust(size // 3, b"."),
        occurred_at=START + (number * 7_919 % 1_000) if occurred_at is None else occurred_at,
        source=f"source {number % 3}",
        aliases=aliases,
        personal=(Personal(subject, "who.driver", b"name of %d" % number),) if subject else (),
        dimensions=tuple((name, f"{name} of {said}".encode()) for name in DIMENSIONS),
        terms=("all", f"third:{number % 3}", f"only:{number}", *terms),
    )


def key_of(number: int) -> str:
    """Return the key of the record with a number."""
    return f"ni:///sha-256;{sha256(b'key %d' % number).hexdigest()}?ver=CBV2.0"
