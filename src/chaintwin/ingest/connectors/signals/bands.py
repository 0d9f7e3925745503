"""Which values are worth an event, and how much a running count has counted since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chaintwin.clock import SECOND
from chaintwin.ingest.connectors.signals.memory import Memory
from chaintwin.ingest.connectors.signals.reading import Reader

CONFIRMED = 3
"""Values in a row that follow each other and so show that a count fell, or leapt, indeed."""

_DOUBT = 2


@dataclass(frozen=True, slots=True)
class Counted:
    """What a running count says.

    Parameters
    ----------
    quantity : counted since the last value, from 0 on. is_restart : whether the count began at 0 in between.
    is_doubtful : whether it is more than can be.
    """

    quantity: float
    is_restart: bool = False
    is_doubtful: bool = False


def is_wanted(memory: Memory, key: str, *, reader: Reader, value: Any, changes_only: bool = False) -> bool:
    """Return whether a value is to become an event, and remember it if so.

    A change of quality always is. Otherwise at least ``least_interval`` seconds must have passed, and the value must differ by
    ``least_change`` or more, but for one that comes ``longest_interval`` seconds after the last or later. A value that its source
    kept back always is.

    Parameters
    ----------
    memory, key : where the last one is remembered. reader : of the signal. value : number, text, truth, or a list of them.
    changes_only : whether a value that is equal is none.
    """
    settings = reader.rule.numbers
    if not settings and not changes_only:
        return True
    at, quality = reader.at, reader.quality.value
    kept = memory.value(key)
    if kept is not None and (reader.signal.is_late or at < kept[1]):
        return True
    if kept is not None and quality == kept[2] and not reader.signal.missed:
        passed = (at - kept[1]) / SECOND
        longest = settings.get("longest_interval", 0.0)
        if (not longest or passed < longest) and (
            passed < settings.get("least_interval", 0.0)
            or not _differs(value, kept[0], least=settings.get("least_change", 0.0), changes_only=changes_only)
        ):
            return False
    memory.keep(key, [value.hex() if isinstance(value, bytes) else value, at, quality])
    return True


def counted(memory: Memory, key: str, *, reader: Reader, total: float) -> Counted | None:
    """Return how much a running count has counted since its last value, and remember it; None where that is nothing.

    The first value of all is where counting begins. A value that is less than the last one rolled over, where the setting
    ``rolls_over_at`` is given and less than half of that range was counted. Otherwise it may be a glitch, a message that came
    again, or a count that began anew at 0; and one that is ``most`` more, a glitch or a leap. So such a value is only taken for
    true where the next two follow it: then what was counted from 0, or from the leap, is told. A value that follows the last true
    one ends the doubt. An older value than the last one says nothing, because the last one holds it.

    Parameters
    ----------
    memory, key : where the last value is remembered. reader : of the signal. total : state of the count.
    """
    kept = memory.count(key)
    if kept is not None and (reader.signal.is_late or reader.at < kept[1]):
        return None
    settings = reader.rule.numbers
    most, range_of = settings.get("most", 0.0), settings.get("rolls_over_at", 0.0)
    quantity = 0.0 if kept is None else _step(kept[0], total, range_of=range_of)
    if kept is None or (quantity >= 0 and not (most and quantity > most)):
        memory.keep_count(key, [total, reader.at])
        return Counted(quantity) if quantity else None
    first, last, row = kept[2] if len(kept) > _DOUBT else (total, total, 0)
    follows = row and (step := _step(last, total, range_of=range_of)) >= 0 and not (most and step > most)
    first, row = (first, row + 1) if follows else (total, 1)
    if row < CONFIRMED:
        memory.keep_count(key, [kept[0], kept[1], [first, total, row]])
        return None if quantity < 0 else Counted(quantity, is_doubtful=True)
    memory.keep_count(key, [total, reader.at])
    if quantity < 0 and not (most and first > most):
        return Counted(total, is_restart=True)
    return Counted(_step(first, total, range_of=range_of))


def _step(before: float, total: float, *, range_of: float) -> float:
    """Return how much a count went on, over its range where less than half of that was counted; less than 0 if it fell."""
    step = total - before
    return step + range_of if step < 0 and range_of and step + range_of < range_of / 2 else step


def _differs(value: Any, before: Any, *, least: float, changes_only: bool) -> bool:
    if (
        isinstance(value, bool)
        or isinstance(before, bool)
        or not isinstance(value, int | float)
        or not isinstance(before, int | float)
    ):
        return not (least or changes_only) or _plain(value) != _plain(before)
    difference = abs(value - before)
    return difference >= least if least else not changes_only or difference != 0


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
