"""What has to be remembered of signals between two of them: the last value that became an event, the last state of a count.

It is part of the cursor of a source, so that it is kept in the step in which the events are known to be durable.
"""

from __future__ import annotations

from typing import Any

MOST = 20_000
"""Values of sensors that are remembered; the one that was seen longest ago leaves, which costs one event more and no loss."""

COUNTS_MOST = 50_000
"""Running counts that are remembered; the one that was seen longest ago leaves, and counting begins anew at its next value."""

Kept = list[Any]


class Memory:
    """Values by the key of an address, a rule and a thing.

    Parameters
    ----------
    kept : as ``plain`` gave it; empty for a source that is new.
    """

    __slots__ = ("_counts", "_values")

    def __init__(self, kept: dict[str, dict[str, Kept]] | None = None) -> None:
        found = kept or {}
        self._counts: dict[str, Kept] = dict(found.get("counts", {}))
        self._values: dict[str, Kept] = dict(found.get("values", {}))

    def value(self, key: str) -> Kept | None:
        """Return what was remembered last."""
        return self._values.get(key)

    def keep(self, key: str, value: Kept) -> None:
        """Remember a value as the one seen last of all."""
        _newest(self._values, key, value=value, most=MOST)

    def count(self, key: str) -> Kept | None:
        """Return the state of a running count."""
        return self._counts.get(key)

    def keep_count(self, key: str, state: Kept) -> None:
        """Remember the state of a running count as the one seen last of all."""
        _newest(self._counts, key, value=state, most=COUNTS_MOST)

    def forget(self) -> None:
        """Forget all, for a source that is read anew."""
        self._counts.clear()
        self._values.clear()

    def plain(self) -> dict[str, dict[str, Kept]]:
        """Return all of it as plain values for JSON."""
        return {"counts": self._counts, "values": self._values}


def _newest(among: dict[str, Kept], key: str, *, value: Kept, most: int) -> None:
    among.pop(key, None)
    among[key] = value
    if len(among) > most:
        del among[next(iter(among))]
