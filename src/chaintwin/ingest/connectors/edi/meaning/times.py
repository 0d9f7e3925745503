"""Dates and times as both syntaxes write them, and the moments they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from chaintwin.clock import microseconds_of, text_of
from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.edi.meaning.told import Told
from chaintwin.ingest.connectors.edi.syntax.headers import X12
from chaintwin.ingest.connectors.edi.syntax.segments import Segment

YEARS = (1950, 2150)
"""Other years are slips."""

CENTURY_TURNS = 70
"""Years of two digits below are of this century."""

FORMATS = {
    "2": "DDMMYY",
    "3": "MMDDYY",
    "101": "YYMMDD",
    "102": "CCYYMMDD",
    "201": "YYMMDDHHMM",
    "202": "YYMMDDHHMMSS",
    "203": "CCYYMMDDHHMM",
    "204": "CCYYMMDDHHMMSS",
    "205": "CCYYMMDDHHMM+HHMM",
    "301": "YYMMDDHHMMZZZ",
    "302": "YYMMDDHHMMSSZZZ",
    "303": "CCYYMMDDHHMMZZZ",
    "304": "CCYYMMDDHHMMSSZZZ",
    "610": "CCYYMM",
    "616": "CCYYWW",
    "713": "YYMMDDHHMM-YYMMDDHHMM",
    "717": "YYMMDD-YYMMDD",
    "718": "CCYYMMDD-CCYYMMDD",
    "719": "CCYYMMDDHHMM-CCYYMMDDHHMM",
}
"""Codes of element 2379 and what they mean; of a span of time, a week and a month the end counts."""

ZONES: dict[str, float | str] = {
    **dict.fromkeys(("UTC", "GMT", "UT", "GM", "Z", "ZZZ", "WET"), 0),
    **dict.fromkeys(("BST", "CET", "MEZ"), 1),
    **dict.fromkeys(("CES", "EET", "MES"), 2),
    **dict.fromkeys(("EES", "MSK"), 3),
    **dict.fromkeys(("JST", "KST"), 9),
    **dict.fromkeys(("AES", "ACT"), 10),
    **dict.fromkeys(("EST", "CDT"), -5),
    **dict.fromkeys(("EDT", "AST"), -4),
    **dict.fromkeys(("CST", "MDT"), -6),
    **dict.fromkeys(("MST", "PDT"), -7),
    "PST": -8,
    "ADT": -3,
    "NST": -3.5,
    "HST": -10,
}
"""Zones of EDIFACT by three letters: hours from UTC."""

ZONES_X12: dict[str, float | str] = {
    **{f"{hours:02}": hours for hours in range(1, 13)},
    **{f"{25 - hours:02}": -hours for hours in range(1, 13)},
    "25": -2.5, "26": -3.5, "27": 5.5, "28": 9.5, "29": 10.5,
    "UT": 0, "GM": 0,
    "NS": -3.5, "ND": -2.5, "NT": "America/St_Johns",
    "TS": -4, "TD": -3, "TT": "America/Halifax",
    "ES": -5, "ED": -4, "ET": "America/New_York",
    "CS": -6, "CD": -5, "CT": "America/Chicago",
    "MS": -7, "MD": -6, "MT": "America/Denver",
    "PS": -8, "PD": -7, "PT": "America/Los_Angeles",
    "AS": -9, "AD": -8, "AT": "America/Anchorage",
    "HS": -10, "HD": -9, "HT": "Pacific/Honolulu",
}  # fmt: skip
"""Zones of X12, element 623, with those of version 8010: hours from UTC, or a place whose clocks change in summer.

``A`` is Alaska, ``T`` the Atlantic, ``H`` Hawaii and the Aleutians; most people there live in Hawaii, where clocks do not change.
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment and the offset of the place that told it.

    Parameters
    ----------
    at : microseconds since 1970 in UTC. offset : such as ``+01:00``.
    """

    at: int
    offset: str = "+00:00"

    @property
    def text(self) -> str:
        """ISO 8601 in UTC."""
        return text_of(self.at)


def check_zone(name: str) -> str:
    """Return the name of a time zone that is one.

    Raises
    ------
    UsageError
        It is none.
    """
    _zone(name)
    return name


def edifact_time(told: Told, segment: Segment) -> Moment | None:
    """Return the moment of a segment DTM, or None and a finding where it says none.

    Parameters
    ----------
    told : takes what is wrong. segment : with qualifier, value and format in its first element.
    """
    value, code = segment.text(1, 2), segment.text(1, 3) or "102"
    form = FORMATS.get(code)
    if form is None:
        allowed = f"one of {', '.join(FORMATS)}"
        told.fault("edi.time", f"the format {code}", allowed=allowed, segment=segment, element="1.3")
        return None
    last = _last(value, form)
    moment = None if last is None else _moment(told, *last)
    if moment is None:
        told.fault(
            "edi.time", f'"{value}"' if value else "nothing", allowed=f"a time such as {form}", segment=segment, element="1.2"
        )
    return moment


def x12_time(told: Told, segment: Segment, *, day: str, clock: str = "", zone: str = "", element: str = "") -> Moment | None:
    """Return the moment that elements of X12 say, or None and a finding where they say none.

    Parameters
    ----------
    told : takes what is wrong. segment : they are of. day : CCYYMMDD or YYMMDD. clock : HHMM, seconds may follow.
    zone : code 623. element : of the day.
    """
    digits = (clock[:6] if len(clock) >= 6 else clock[:4] + "00") if clock else "000000"
    form = "CCYYMMDD" if len(day) == 8 else "YYMMDD"
    parts = _last(day + digits, form + "HHMMSS") if not clock or len(clock) in (4, 6, 7, 8) else None
    moment = None
    if parts is not None:
        moment = _moment(told, parts[0], "" if zone == "LT" else zone)
    if moment is None:
        found = " ".join(part for part in (day, clock, zone) if part)
        told.fault("edi.time", f'"{found}"' if found else "nothing", allowed="CCYYMMDD, HHMM and a zone of code 623",
                   segment=segment, element=element)  # fmt: skip
    return moment


def revised_at(told: Told, at: Moment) -> Moment:
    """Return since when a message that changes another holds: since it was sent, which is told in minutes.

    Those of one minute are told apart by the number of their interchange and their place in it, in microseconds that are
    less than a second together.

    Parameters
    ----------
    told : of the message. at : date of the document, which is often that of the first message; it is never later than the answer.
    """
    header = told.message.header
    form = ("CCYYMMDD" if len(header.day) == 8 else "YYMMDD") + "HHMMSS"
    parts = _last(header.day + (header.time[:6] if len(header.time) >= 6 else header.time[:4] + "00"), form)
    if parts is not None:
        is_assumed = told.is_zone_assumed
        sent = _moment(told, *parts)
        if sent is not None and sent.at > at.at:
            at = sent
        else:
            told.is_zone_assumed = is_assumed
    digits = "".join(sign for sign in header.control if sign in "0123456789")[-3:]
    place = min(max(told.message.number - header.before, 1), 999)
    return Moment(at.at + int(digits or 0) * 1_000 + place, at.offset)


def _moment(told: Told, local: datetime, zone: str) -> Moment | None:
    """Return a moment of a clock at a place; without a zone, of the one that a person set."""
    place: tzinfo
    if not zone:
        told.is_zone_assumed = True
        place = _zone(told.zone)
    elif (known := (ZONES_X12 if told.message.header.dialect is X12 else ZONES).get(zone)) is not None:
        place = _zone(known) if isinstance(known, str) else timezone(timedelta(hours=known))
    else:
        found = re.fullmatch(r"([+-])(\d\d):?(\d\d)?", zone)
        hours = 0 if found is None else int(found[2]) + int(found[3] or 0) / 60
        if found is None or hours > 14:
            return None
        place = timezone(timedelta(hours=hours if found[1] == "+" else -hours))
    there = local.replace(tzinfo=place)
    minutes = round((there.utcoffset() or timedelta()).total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return Moment(microseconds_of(there), f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}")


def _last(value: str, form: str) -> tuple[datetime, str] | None:
    """Return the local time, and the zone, that digits say in a form; of a span its end."""
    if "-" in form:
        half = form.partition("-")[2]
        plain = value.replace("-", "") if len(value) == 2 * len(half) + 1 else value
        return _last(plain[len(half) :], half) if len(plain) == 2 * len(half) else None
    zone, digits = "", value
    if form.endswith("ZZZ"):
        size = len(form) - 3
        digits, zone = value[:size], value[size:].strip()
        form = form[:-3]
    elif "+" in form:
        size = form.index("+")
        digits, zone = value[:size], value[size:]
        form = form[:size]
        if not re.fullmatch(r"[+-]\d{4}", zone):
            return None
    if len(digits) != len(form) or not digits.isascii() or not digits.isdigit():
        return None
    try:
        return _local(digits, form), zone
    except (ValueError, OverflowError):
        return None


def _local(digits: str, form: str) -> datetime:
    """Return the local time of digits.

    Raises
    ------
    ValueError
        There is no such time.
    """
    day_form, clock = form.partition("HH")[0], digits[len(form.partition("HH")[0]) :]
    first = digits[: len(day_form)]
    if day_form == "CCYYWW":
        day = date.fromisocalendar(int(first[:4]), int(first[4:]), 7)
    elif day_form == "CCYYMM":
        year, month = int(first[:4]), int(first[4:])
        day = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    else:
        pair = {"YYMMDD": (0, 2, 4), "DDMMYY": (4, 2, 0), "MMDDYY": (4, 0, 2), "CCYYMMDD": (2, 4, 6)}[day_form]
        short, month, dom = (int(first[place : place + 2]) for place in pair)
        century = int(first[:2]) * 100 if day_form == "CCYYMMDD" else 2000 if short < CENTURY_TURNS else 1900
        day = date(century + short, month, dom)
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise ValueError("no year of ours")
    hour, minute, second = (int(clock[place : place + 2] or 0) for place in (0, 2, 4))
    # Midnight at the end of a day may be told as 24:00.
    later = timedelta(days=1) if (hour, minute, second) == (24, 0, 0) else timedelta()
    clock_time = time(0 if later else hour, minute, second)
    return datetime.combine(day, clock_time) + later


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    if name.upper() in ("UTC", "Z"):
        return UTC
    found = re.fullmatch(r"([+-])(\d\d):(\d\d)", name)
    if found is not None and int(found[2]) <= 14:
        span = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(span if found[1] == "+" else -span)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        allowed = "a zone such as Europe/Berlin, an offset such as +01:00, or UTC"
        raise UsageError(f"time-zone: found {name!r}; allowed: {allowed}") from None
