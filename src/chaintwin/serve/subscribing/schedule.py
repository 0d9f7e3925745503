"""Schedules of standing queries: which seconds of the calendar they run at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chaintwin.clock import microseconds_of, moment_of
from chaintwin.errors import Finding, InputError

FIELDS: dict[str, tuple[int, int]] = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
"""Fields of a schedule and the numbers each may have; days of the week from Monday on."""

DAYS_AHEAD = 366 * 9
"""How far ahead a day is looked for: the 29th of February comes again within eight years."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The seconds at which a query runs, in UTC; a day has to meet all three of its fields.

    Parameters
    ----------
    seconds, minutes, hours, days, months, weekdays : the numbers that are met.
    """

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]


def schedule_of(fields: Mapping[str, object], *, where: str = "schedule") -> Schedule:
    """Return the schedule that a few fields say: numbers, and ranges in brackets, separated by commas.

    A field that is left out is met by every number if it is coarser than one that is given, and by its lowest one if it is
    finer than all: ``hour`` 1 and ``minute`` 5 is once a day.

    Raises
    ------
    InputError
        Names each field that is unknown or has other values, and a schedule that never comes.

    Example
    -------
    >>> sorted(schedule_of({"minute": "0,[30-32]"}).minutes)
    [0, 30, 31, 32]
    """
    faults = []
    found: dict[str, frozenset[int]] = {}
    for name, value in fields.items():
        if name not in FIELDS:
            faults.append(Finding("schedule.field", name, ", ".join(FIELDS), column=where))
            continue
        numbers = _numbers(str(value), *FIELDS[name])
        if numbers is None:
            least, most = FIELDS[name]
            allowed = f"numbers from {least} to {most} or ranges such as [{least}-{most}], separated by commas"
            faults.append(Finding("schedule.value", repr(value)[:60], allowed, column=f"{where}.{name}"))
        else:
            found[name] = numbers
    if not fields:
        faults.append(Finding("schedule.empty", "no field", f"at least one of {', '.join(FIELDS)}", column=where))
    if faults:
        raise InputError(faults)
    finest = min(list(FIELDS).index(name) if name in ("second", "minute", "hour") else 3 for name in found)
    values = [found.get(name) or _left_out(name, is_finer=place < finest) for place, name in enumerate(FIELDS)]
    schedule = Schedule(*values)
    if next_run(schedule, after=microseconds_of(datetime(2023, 1, 1, tzinfo=UTC))) is None:
        raise InputError([Finding("schedule.never", "days that no year has", "days that come", column=where)])
    return schedule


def next_run(schedule: Schedule, *, after: int) -> int | None:
    """Return the first time after ``after`` that meets a schedule, microseconds since 1970 in UTC; None if none comes."""
    begin = moment_of(after).replace(microsecond=0) + timedelta(seconds=1)
    day = begin.replace(hour=0, minute=0, second=0)
    for _ in range(DAYS_AHEAD):
        if day.day in schedule.days and day.month in schedule.months and day.isoweekday() in schedule.weekdays:
            for hour in sorted(schedule.hours):
                for minute in sorted(schedule.minutes):
                    last = day.replace(hour=hour, minute=minute, second=max(schedule.seconds))
                    if last < begin:
                        continue
                    for second in sorted(schedule.seconds):
                        moment = last.replace(second=second)
                        if moment >= begin:
                            return microseconds_of(moment)
        day += timedelta(days=1)
    return None


def _left_out(name: str, *, is_finer: bool) -> frozenset[int]:
    least, most = FIELDS[name]
    return frozenset({least}) if is_finer else frozenset(range(least, most + 1))


def _numbers(text: str, least: int, most: int) -> frozenset[int] | None:
    found: set[int] = set()
    if len(text) > 400:
        return None
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,2})|\[(\d{1,2})-(\d{1,2})\]", part.strip(), re.ASCII)
        if match is None:
            return None
        first = int(match[1] or match[2])
        last = int(match[1] or match[3])
        if not least <= first <= last <= most:
            return None
        found.update(range(first, last + 1))
    return frozenset(found)
