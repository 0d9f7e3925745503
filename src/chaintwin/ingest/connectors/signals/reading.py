"""What the templates of a rule say of one signal: texts, numbers, truths and times, and every fault of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from chaintwin.clock import DAY, SECOND, microseconds_of, text_of
from chaintwin.errors import Finding
from chaintwin.ingest.connectors.signals.signal import Quality, quality_of
from chaintwin.ingest.connectors.signals.signal_mapping import Rule
from chaintwin.ingest.connectors.signals.templates import Seen, Template, plain_text

YES = frozenset({"true", "1", "yes", "on", "online", "up", "connected", "present", "in", "alive"})
NO = frozenset({"false", "0", "no", "off", "offline", "down", "disconnected", "absent", "out", "dead", "lost"})
"""Words that say whether something is there."""

EARLIEST, LATEST = -62_135_596_800 * SECOND, 253_402_300_799 * SECOND
"""The first second of the year 1 and the last of the year 9999: other times are none."""

AHEAD = DAY
"""Microseconds that a time may lie after its receipt: one that is later would silence all that comes before it."""

_DIGITS = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{0,30})?")
"""Texts that are a number and no date, though a date may be read into their digits; a day has eight of them."""

_DAY_DIGITS = 8
_WHOLE_DIGITS = 18
_WHOLE = re.compile(rf"-?[0-9]{{1,{_WHOLE_DIGITS}}}")


class Reader:
    """One signal under one rule.

    Parameters
    ----------
    rule : the rule. templates : with what the address says filled in. fixed : those that are then complete. seen : the signal.

    Attributes
    ----------
    at : event time, microseconds. is_assumed : whether that is the time of receipt. quality : of the value.
    sequence : number of the signal; None where it has none. faults : all so far.
    """

    __slots__ = ("at", "faults", "fixed", "is_assumed", "quality", "rule", "seen", "sequence", "signal", "templates")

    def __init__(self, rule: Rule, templates: Mapping[str, Template], *, fixed: Mapping[str, str], seen: Seen) -> None:
        self.rule, self.templates, self.fixed, self.seen = rule, templates, fixed, seen
        self.signal = seen.signal
        self.faults: list[Finding] = []
        time = self._time()
        self.is_assumed = time is None
        self.at = self.signal.received_at if time is None else time
        self.quality = self._quality()
        self.sequence = self._number_of()

    def fault(self, entry: str, found: str, *, allowed: str, fix: str = "mend the rule or the source") -> None:
        """Note what is wrong with an entry."""
        self.faults.append(Finding("signal.value", found, allowed, fix, self.signal.address, column=entry))

    def value(self) -> Any:
        """Return the value that the rule is about, as it came."""
        return self.templates["value"].filled(self.seen)

    def mapped(self, entry: str) -> Any:
        """Return what an entry says, or what the table ``words`` has for it."""
        value = self.templates[entry].filled(self.seen)
        if not self.rule.words or value is None:
            return value
        return self.rule.words.get(plain_text(value), value)

    def text(self, entry: str) -> str:
        """Return what an entry says as text; empty where it says nothing."""
        known = self.fixed.get(entry)
        if known is not None:
            return known
        template = self.templates.get(entry)
        value = None if template is None else template.filled(self.seen)
        return "" if value is None else plain_text(value)

    def number(self, entry: str) -> float | None:
        """Return what an entry says as a finite number; None, and a fault, where it is none."""
        value = self.mapped(entry)
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                self.fault(entry, value[:60] or "nothing", allowed="a number")
                return None
        if not is_number(value):
            self.fault(entry, "nothing" if value is None else plain_text(value)[:60], allowed="a number")
            return None
        found: float = value
        return found

    def truth(self, entry: str) -> bool | None:
        """Return what an entry says as a truth, or None where it says none."""
        value = self.mapped(entry)
        word = "" if value is None else plain_text(value).strip().lower()
        return True if word in YES else False if word in NO else None

    def _number_of(self) -> int | None:
        """Return the number that an entry ``sequence`` gives the signal, or else its source."""
        value = self.templates["sequence"].filled(self.seen) if "sequence" in self.templates else None
        if value is None or value == "":
            return self.signal.sequence
        if isinstance(value, float) and is_number(value) and value.is_integer():
            value = int(value)
        text = plain_text(value).strip()
        if isinstance(value, bool) or _WHOLE.fullmatch(text) is None:
            self.fault("sequence", text[:60], allowed=f"a whole number of at most {_WHOLE_DIGITS} digits")
            return None
        return int(text)

    def _time(self) -> int | None:
        value = self.templates["time"].filled(self.seen) if "time" in self.templates else None
        if value is None or value == "":
            found = self.signal.time
            if found is not None and not EARLIEST <= found <= LATEST:
                self.fault("time", f"{plain_text(found)[:60]} microseconds", allowed="a time in the years 1 to 9999")
                return None
        else:
            found = time_of(value, unit=self.rule.time_unit)
            if found is None:
                self.fault("time", plain_text(value)[:60], allowed="a time in ISO 8601 with an offset, or a number since 1970")
        if found is not None and found - self.signal.received_at > AHEAD:
            allowed = "a time no more than a day after its receipt"
            self.fault("time", text_of(found), allowed=allowed, fix="set the clock of the source, or this one")
            return None
        return found

    def _quality(self) -> Quality:
        if "quality" not in self.templates:
            return self.signal.quality
        value = self.mapped("quality")
        if value is None:
            return self.signal.quality
        found = quality_of(value)
        if found is None:
            self.fault("quality", plain_text(value)[:60], allowed="good, uncertain, bad, a truth, or a status number of OPC")
            return self.signal.quality
        order = (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD)
        return max(found, self.signal.quality, key=order.index)


def time_of(value: Any, *, unit: str = "auto") -> int | None:
    """Return a time as microseconds since 1970 in UTC; None where it is none.

    Parameters
    ----------
    value : a number, or a text with a number or in ISO 8601; without an offset it is UTC.
    unit : of a number: ``s``, ``ms``, ``us``, ``ns``, or ``auto``, which tells them by the size a time of our days has.

    Example
    -------
    >>> time_of(1_700_000_000), time_of(1_700_000_000_000), time_of("1970-01-01T00:00:01Z")
    (1700000000000000, 1700000000000000, 1000000)
    """
    if isinstance(value, str):
        text = value.strip()
        is_number_text = _DIGITS.fullmatch(text) is not None and (len(text) != _DAY_DIGITS or unit != "auto")
        try:
            if not is_number_text:
                moment = datetime.fromisoformat(text)
                return _within(microseconds_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))
        except (ValueError, OverflowError):
            pass
        try:
            value = int(text) if text.isdecimal() else float(text)
        except ValueError:
            return None
    if not is_number(value) or value < 0:
        return None
    if unit == "auto":
        unit = "s" if value < 1e11 else "ms" if value < 1e14 else "us" if value < 1e17 else "ns"
    return _within(int(min(value, 1e30) * _FACTORS[unit]) if unit != "ns" else int(value) // 1_000)


def is_number(value: Any) -> bool:
    """Return whether a value is a number, finite and no larger than floating point holds."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:
        return False


def _within(time: int) -> int | None:
    return time if EARLIEST <= time <= LATEST else None


_FACTORS: Mapping[str, int] = {"s": SECOND, "ms": 1_000, "us": 1}
