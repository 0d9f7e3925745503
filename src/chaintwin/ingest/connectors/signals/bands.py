"""Which values are worth an event, and how much a running count has counted since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chaintwin.clock import SECOND
from chaintwin.ingest.connectors.signals.memory import Memory
from chaintwin.ingest.connectors.signals.reading import Reader


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

    The first value of all is where counting begins. A value that is less than the last one either rolled over, where the setting
    ``rolls_over_at`` is given and less than half of that range was counted, or the count began anew at 0. An older value than the
    last one says nothing, because the last one holds it.

    Parameters
    ----------
    memory, key : where the last value is remembered. reader : of the signal. total : state of the count.
    """
    kept = memory.count(key)
    if kept is not None and (reader.signal.is_late or reader.at < kept[1]):
        return None
    memory.keep_count(key, [total, reader.at])
    if kept is None or total == kept[0]:
        return None
    settings = reader.rule.numbers
    quantity, is_restart = total - kept[0], False
    if quantity < 0:
        range_of = settings.get("rolls_over_at", 0.0)
        if range_of and quantity + range_of < range_of / 2:
            quantity += range_of
        else:
            quantity, is_restart = total, True
    most = settings.get("most", 0.0)
    return Counted(quantity, is_restart, bool(most) and quantity > most)


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
