"""What has to be remembered of signals between two of them: the last value that became an event, the last state of a count.

It is part of the cursor of a source, so that it is kept in the step in which the events are known to be durable.
"""

from __future__ import annotations

from typing import Any

MOST = 20_000
"""Values of sensors that are remembered; the one that was seen longest ago leaves, which costs one event more and no loss."""

Kept = list[Any]


class Memory:
    """Values by the key of an address and a rule.

    Parameters
    ----------
    kept : as ``plain`` gave it; empty for a source that is new.

    Attributes
    ----------
    counts : states of running counts, which never leave: each stands for goods.
    """

    __slots__ = ("counts", "values")

    def __init__(self, kept: dict[str, dict[str, Kept]] | None = None) -> None:
        found = kept or {}
        self.counts: dict[str, Kept] = dict(found.get("counts", {}))
        self.values: dict[str, Kept] = dict(found.get("values", {}))

    def value(self, key: str) -> Kept | None:
        """Return what was remembered last."""
        return self.values.get(key)

    def keep(self, key: str, value: Kept) -> None:
        """Remember a value as the one seen last of all."""
        self.values.pop(key, None)
        self.values[key] = value
        if len(self.values) > MOST:
            del self.values[next(iter(self.values))]

    def forget(self) -> None:
        """Forget all, for a source that is read anew."""
        self.counts.clear()
        self.values.clear()

    def plain(self) -> dict[str, dict[str, Kept]]:
        """Return all of it as plain values for JSON."""
        return {"counts": self.counts, "values": self.values}
