"""Stock and claims of the plain reference engine by age: lists of lots, each with the period it came in and what is left of it.

A buffer takes ``life`` (periods in which a unit may be used, that of its receipt among them; none: for ever) and ``issue``: which
lots are taken first, ``fifo`` (the oldest) or ``lifo`` (the youngest).

What the text leaves open was settled as follows; "case" marks what a worked case confirms, "choice" what none decides.

 1. A lot received in t with life m expires at E5 of t+m-1, after lost sales. First stock counts as received in period 0. (case)
 2. E3 counts as taken today what is claimed when the buffer has its turn, as far as stock reaches; receipts of today without lead
    time are not known yet. Only the stock of the buffer itself is looked at, by echelons too. (case; choice for echelons)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Lots:
    """The lots of one buffer, in order of receipt."""

    def __init__(self, buffer: Mapping[str, Any]) -> None:
        self.life: int = buffer.get("life", 0)
        self.youngest_first = buffer.get("issue", "fifo") == "lifo"
        self.lots: list[list[float]] = []
        self.put(0, float(buffer.get("init", 0)))

    def put(self, period: int, quantity: float) -> None:
        """Receive a quantity."""
        if self.life and quantity:
            self.lots.append([period, quantity])

    def take(self, quantity: float) -> None:
        """Issue a quantity, lot by lot."""
        while self.life and quantity > 0 and self.lots:
            lot = self.lots[-1 if self.youngest_first else 0]
            part = min(lot[1], quantity)
            lot[1] -= part
            quantity -= part
            if lot[1] <= 0:
                self.lots.remove(lot)

    def expire(self, period: int) -> float:
        """Discard what has reached its life at the close of a period and return how much that is."""
        gone = sum(quantity for received, quantity in self.lots if period >= received + self.life - 1)
        self.lots = [lot for lot in self.lots if period < lot[0] + self.life - 1]
        return float(gone)

    def left_to_expire(self, period: int, taken: float) -> float:
        """Return what would expire at the close of a period if so much were taken before."""
        trial = Lots({"life": self.life, "issue": "lifo" if self.youngest_first else "fifo"})
        trial.lots = [list(lot) for lot in self.lots]
        trial.take(taken)
        return trial.expire(period)

    def total(self) -> float:
        """Return the stock of all lots."""
        return float(sum(quantity for _, quantity in self.lots))


class Queue:
    """One claim, in order of the periods in which it arose; it is always served from its oldest part."""

    def __init__(self) -> None:
        self.lots: list[list[float]] = []

    def add(self, period: int, quantity: float) -> None:
        """Claim a quantity."""
        if quantity:
            self.lots.append([period, quantity])

    def serve(self, quantity: float, since: int = 0) -> float:
        """Take what is served from the oldest; return what of it was claimed in period ``since`` or later."""
        return self._take(0, quantity, since)

    def lose(self, quantity: float) -> None:
        """Take what is lost from the youngest."""
        self._take(-1, quantity, 0)

    def by_class(self, oldest: int) -> dict[int, float]:
        """Return what is claimed by period, all that arose before ``oldest`` counting as that."""
        found: dict[int, float] = {}
        for period, quantity in self.lots:
            key = max(int(period), oldest)
            found[key] = found.get(key, 0.0) + quantity
        return dict(sorted(found.items()))

    def _take(self, end: int, quantity: float, since: int) -> float:
        young = 0.0
        while quantity > 0 and self.lots:
            lot = self.lots[end]
            part = min(lot[1], quantity)
            young += part if lot[0] >= since else 0.0
            lot[1] -= part
            quantity -= part
            if lot[1] <= 0:
                self.lots.pop(end)
        return young
