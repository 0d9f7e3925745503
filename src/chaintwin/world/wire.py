"""What goes wrong between a site and who listens: delay, disorder, doubles, loss with retry, loss for good.

All of it is drawn from the seed for each event by its number. So it is the same whatever the speed, the connector and how often
the sender was stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from chaintwin.clock import SECOND
from chaintwin.errors import UsageError
from chaintwin.laws import Law, parse
from chaintwin.rng import uniform_table
from chaintwin.world.instruments import WORLD, Reading

HOUR = 3600 * SECOND

TRIES_MOST = 40
"""More repeats of one event than this are not drawn; the chance of so many is below one in a million even where half is lost."""

RETRY_MOST = 16
"""A sender waits twice as long before each repeat, up to so many times the first wait."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Grade(StrEnum):
    """How bad a wire is."""

    PERFECT = "perfect"
    GOOD = "good"
    BAD = "bad"
    TERRIBLE = "terrible"


@dataclass(frozen=True, slots=True)
class Wire:
    """A wire. Times are hours of the world, shares 0 to 1.

    Parameters
    ----------
    delay : a law of the time that an event takes. disorder : share of events held up. disorder_by : for how long at most.
    duplicates : share that comes twice. loss : share of sendings that are lost. retry : wait before the first repeat.
    is_retried : whether the sender keeps an event until it is acknowledged. lose : share that is lost for good all the same.
    """

    delay: str = "0"
    disorder: float = 0.0
    disorder_by: float = 12.0
    duplicates: float = 0.0
    loss: float = 0.0
    retry: float = 0.1
    is_retried: bool = True
    lose: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("disorder", 1.0), ("duplicates", 1.0), ("loss", 0.95), ("lose", 1.0)):
            if not 0.0 <= getattr(self, name) <= most:
                raise UsageError(f"{name}: found {getattr(self, name)}; allowed: 0 to {most:g}")
        for name in ("disorder_by", "retry"):
            if not 0.0 <= getattr(self, name) <= 8760.0:
                raise UsageError(f"{name}: found {getattr(self, name)}; allowed: 0 to 8,760 hours")
        if self.law.support[0] < 0.0:
            raise UsageError(f"delay: found {self.delay}, which can be negative; allowed: a law of hours from 0 on")

    @property
    def law(self) -> Law:
        """The law of the delay."""
        return parse(self.delay)

    @staticmethod
    def of(grade: Grade, *, changed: dict[str, object] | None = None) -> Wire:
        """Return a wire of a grade, with some values set otherwise; None leaves a value as it is.

        Example
        -------
        >>> Wire.of(Grade.BAD, changed={"lose": 0.01, "loss": None}).loss
        0.05
        """
        known = {field.name for field in fields(Wire)}
        given = {name: value for name, value in (changed or {}).items() if value is not None and name in known}
        return replace(_GRADES[grade], **given)  # type: ignore[arg-type]


_GRADES = {
    Grade.PERFECT: Wire(),
    Grade.GOOD: Wire("lognormal(mean=0.02, cv=1)", disorder=0.001, disorder_by=1.0, duplicates=0.0005, loss=0.001, retry=0.05),
    Grade.BAD: Wire("lognormal(mean=0.5, cv=1.5)", disorder=0.05, disorder_by=6.0, duplicates=0.02, loss=0.05, retry=0.2),
    Grade.TERRIBLE: Wire("lognormal(mean=4, cv=2)", disorder=0.2, disorder_by=48.0, duplicates=0.1, loss=0.3, retry=0.5),
}


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What reaches the other end, in the order in which it does.

    Parameters
    ----------
    index : Integers[deliveries], number of the event. at : Integers[deliveries], when it arrives, microseconds of the world.
    is_double : bool[deliveries], whether it was delivered before. tries : Integers[deliveries], sendings that were lost before.
    is_late : bool[deliveries], whether an event of a later time was delivered before it.
    lost : Integers, numbers of the events that never arrive.
    """

    index: Integers
    at: Integers
    is_double: NDArray[np.bool_]
    tries: Integers
    is_late: NDArray[np.bool_]
    lost: Integers

    def told(self, upto: int | None = None) -> dict[str, int]:
        """Return what was done to the first deliveries: counts by name.

        Parameters
        ----------
        upto : deliveries; None for all.
        """
        end = self.index.size if upto is None else upto
        return {
            "deliveries": end,
            "events": int((~self.is_double[:end]).sum()),
            "doubles": int(self.is_double[:end].sum()),
            "overtaken": int(self.is_late[:end].sum()),
            "repeated": int(self.tries[:end].sum()),
            "lost_for_good": int(self.lost.size),
        }


def deliver(readings: Sequence[Reading], wire: Wire, *, seed: int) -> Deliveries:
    """Return when what arrives.

    The first event, which says what there was at the beginning, is handed over and not sent: it is never lost nor late.

    Parameters
    ----------
    readings : in the order of event times. wire : that they go by. seed : of all that goes wrong.

    Example
    -------
    >>> from chaintwin.world.instruments import Reading
    >>> sent = [Reading(10, "world", b"{}"), Reading(20, "a", b"{}"), Reading(30, "a", b"{}")]
    >>> deliver(sent, Wire(lose=1.0), seed=1).told()
    {'deliveries': 1, 'events': 1, 'doubles': 0, 'overtaken': 0, 'repeated': 0, 'lost_for_good': 2}
    """
    count = len(readings)
    at = np.array([one.at for one in readings], dtype=np.int64)
    law = wire.law
    drawn = uniform_table(seed, "world wire", entity="events", count=count, slots=8)
    delay = _hours(law.quantile_many(drawn[0]))
    delay += _hours(np.where(drawn[1] < wire.disorder, wire.disorder_by * drawn[2], 0.0))
    tries = np.zeros(count, dtype=np.int64)
    if wire.loss > 0.0:
        tries = np.minimum(np.floor(np.log(drawn[3]) / np.log(wire.loss)), TRIES_MOST).astype(np.int64)
    is_lost = drawn[4] < wire.lose
    if not wire.is_retried:
        is_lost |= tries > 0
        tries[:] = 0
    delay += _hours(wire.retry * _waits(tries))
    twice = (drawn[5] < wire.duplicates) & ~is_lost
    again = delay + _hours(law.quantile_many(drawn[6])) + _hours(wire.retry * drawn[7])
    if count and readings[0].site == WORLD:
        is_lost[0] = twice[0] = False
        delay[0] = tries[0] = 0
    index = np.concatenate([np.flatnonzero(~is_lost), np.flatnonzero(twice)])
    is_double = np.arange(index.size) >= int((~is_lost).sum())
    arrival = at[index] + np.where(is_double, again[index], delay[index])
    order = np.lexsort((is_double, index, arrival))
    index, is_double, arrival = index[order], is_double[order], arrival[order]
    newest = np.maximum.accumulate(index) if index.size else index
    return Deliveries(
        index, arrival, is_double, np.where(is_double, 0, tries[index]), (index < newest) & ~is_double, np.flatnonzero(is_lost)
    )


def _hours(values: Floats) -> Integers:
    return np.asarray(np.rint(values * HOUR), dtype=np.int64)


def _waits(tries: Integers) -> Floats:
    """Return the waits before all repeats together, in units of the first: 1, 2, 4 and so on up to ``RETRY_MOST``."""
    waits = np.minimum(2.0 ** np.arange(TRIES_MOST), RETRY_MOST)
    return np.asarray(np.concatenate([[0.0], np.cumsum(waits)])[tries], dtype=np.float64)
