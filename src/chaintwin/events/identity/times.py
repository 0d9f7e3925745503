"""Times of events: from text to microseconds since 1970 in UTC, and to the one spelling of the hash id."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from chaintwin.clock import SECOND, microseconds_of

REMEMBERED: Final = 4096
"""How many times of sensors and declarations are remembered; a batch repeats them."""


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
    try:
        return microseconds_of(datetime.fromisoformat(text))
    except OverflowError:
        raise ValueError("the time lies outside of the years 1 to 9999") from None
    except ValueError:
        if text[17:19] == "60":
            return instant(f"{text[:17]}59{text[19:]}") // SECOND * SECOND + SECOND
        if text != text.upper():
            return instant(text.upper())
        raise


def instant_text(text: str) -> tuple[str, int]:
    """Return a time as the hash id has it, in UTC and cut to milliseconds, and the time in microseconds.

    Raises
    ------
    ValueError
        As of ``instant``.

    Example
    -------
    >>> instant_text("2020-03-04T11:00:30+01:00")[0]
    '2020-03-04T10:00:30.000Z'
    """
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return _text_of_odd(text)
    if len(text) < MINIMAL_LENGTH:
        raise ValueError("a time needs an offset")
    since = moment - _EPOCH
    microseconds = (since.days * 86_400 + since.seconds) * SECOND + since.microseconds
    return moment.isoformat(timespec="milliseconds")[:23] + "Z", microseconds


MINIMAL_LENGTH: Final = len("2020-01-01T00:00:00Z")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=REMEMBERED)
def remembered_instant_text(text: str) -> tuple[str, int]:
    """Return what ``instant_text`` returns; for times that come again and again."""
    return instant_text(text)


def _text_of_odd(text: str) -> tuple[str, int]:
    """Return what ``instant_text`` returns for leap seconds and small letters."""
    from chaintwin.clock import moment_of

    value = instant(text)
    try:
        return moment_of(value).isoformat(timespec="milliseconds")[:23] + "Z", value
    except OverflowError:
        raise ValueError("the time lies outside of the years 1 to 9999") from None
