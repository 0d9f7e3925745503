"""Times of events: from text to microseconds since 1970 in UTC, and to the one spelling of the hash id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from chaintwin.clock import SECOND, microseconds_of, moment_of
from chaintwin.events.names.remembering import remembering


def instant(text: str) -> int:
    """Return a time of RFC 3339 in microseconds since 1970 in UTC; finer digits are cut off.

    A leap second is the first moment of the next minute.

    Parameters
    ----------
    text : date and time with an offset.

    Raises
    ------
    ValueError
        The text is no such time, or lies outside of the years 1 to 9999 in UTC.

    Example
    -------
    >>> instant("1970-01-01T01:00:00.0000019+01:00")
    1
    """
    return instant_text(text)[1]


def instant_text(text: str) -> tuple[str, int]:
    """Return a time as the hash id has it, in UTC and rounded to milliseconds, and the time in microseconds.

    The third digit is rounded up where the fourth is 5 or more.

    Raises
    ------
    ValueError
        As of ``instant``.

    Example
    -------
    >>> instant_text("2020-03-04T11:00:30+01:00")[0], instant_text("2023-01-18T11:04:03.1415Z")[0]
    ('2020-03-04T10:00:30.000Z', '2023-01-18T11:04:03.142Z')

    Source
    ------
    Rule 9 of the algorithm of the hash id, as its authors refined it in 2023 and as their vectors have it.
    """
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return _text_of_odd(text)
    if len(text) < MINIMAL_LENGTH:
        raise ValueError("a time needs an offset")
    since = moment - _EPOCH
    microseconds = (since.days * 86_400 + since.seconds) * SECOND + since.microseconds
    return _rounded(moment), microseconds


MINIMAL_LENGTH: Final = len("2020-01-01T00:00:00Z")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@remembering(4096)
def remembered_instant_text(text: str) -> tuple[str, int]:
    """Return what ``instant_text`` returns; for times that come again and again."""
    return instant_text(text)


def _rounded(moment: datetime) -> str:
    if moment.microsecond % 1000 >= 500 and moment < _LAST_MILLISECOND:
        moment += timedelta(microseconds=500)
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


_LAST_MILLISECOND: Final = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
"""What comes later has no time to be rounded up to."""


def _text_of_odd(text: str) -> tuple[str, int]:
    """Return what ``instant_text`` returns for leap seconds and small letters."""
    upper = text.upper()
    is_leap = upper[17:19] == "60"
    regular = f"{upper[:17]}59{upper[19:]}" if is_leap else upper
    try:
        moment = datetime.fromisoformat(regular).astimezone(UTC)
        microseconds = microseconds_of(moment)
        if is_leap:
            microseconds = microseconds // SECOND * SECOND + SECOND
        return _rounded(moment_of(microseconds)), microseconds
    except OverflowError:
        raise ValueError("the time lies outside of the years 1 to 9999") from None
