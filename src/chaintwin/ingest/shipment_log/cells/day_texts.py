"""Days as people and programs write them, brought to the few spellings that are then read."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

MONTHS: Mapping[str, str] = {
    "Jan": "jan january januar jänner jän jaen jaenner",
    "Feb": "feb february februar feber",
    "Mar": "mar march mär märz mrz maerz maer",
    "Apr": "apr april",
    "May": "may mai",
    "Jun": "jun june juni",
    "Jul": "jul july juli",
    "Aug": "aug august",
    "Sep": "sep sept september",
    "Oct": "oct october okt oktober",
    "Nov": "nov november",
    "Dec": "dec december dez dezember",
}
"""Names of months, English and German, by the one they are brought to."""

WEEKDAYS = (
    r"mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?|"
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|sa|so"
)

CLOCK = (
    r"(\d)(?:T|,?\s+)(?:at\s+|um\s+)?(?:[01]?\d|2[0-4])[:.][0-5]\d(?:[:.][0-5]\d(?:[.,]\d+)?)?"
    r"(?:\s*(?i:[ap]\.?m\.?))?(?:\s*Uhr)?(?:\s*(?:Z|[A-Z]{3,4}|[+-]\d{2}(?::?\d{2})?))?$"
)
"""A clock time behind a day, with AM or PM and a time zone; the digit it stands behind is kept."""

CLOCK_FORMAT = re.compile(r"[T,\s]*%(?:-?[HIklXTR]|r).*$")
"""The same in a format."""

COMPACT = r"^(\d{8})(?:T\d{4}|T?\d{6})Z?$"
NAME_IN_FORMAT = re.compile(r"%[bBh]")

MORE_THAN_A_DAY = r"^(?:\p{L}{2,10}[.,]*[\s-]*){1,2}\d|^\d{1,4}.*[\p{L}\s:]|^\d{14}$"
DAY_BYTES_MAX = 48
"""What can be a day with more to it than three numbers; only that is taken apart, since names of goods are many and long."""

DAY_FIRST = r"^(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s./-]*(?P<month>\p{L}{3,9})\.?,?[\s./-]*'?(?P<year>\d{4}|\d{2})$"
MONTH_FIRST = r"^(?P<month>\p{L}{3,9})\.?[\s./-]*(?P<day>\d{1,2})(?:st|nd|rd|th)?,?[\s./-]+'?(?P<year>\d{4}|\d{2})$"
YEAR_FIRST = r"^(?P<year>\d{4})[\s./-](?P<month>\p{L}{3,9})[\s./-](?P<day>\d{1,2})$"


def plain_days(texts: pl.Series) -> pl.Series:
    """Return the texts without weekday and clock time, days with the name of a month as ``5-Jan-2024``; others as they are.

    The day is the one that is written: a time zone does not move it.

    Parameters
    ----------
    texts : any texts, null where blank.

    Example
    -------
    >>> plain_days(pl.Series(["2024-01-05T09:30:00Z", "Fr, 5. Januar 2024", "01/05/2024 02:00 PM", "12 pcs"])).to_list()
    ['2024-01-05', '5-Jan-2024', '01/05/2024', '12 pcs']
    """
    may_be = (texts.str.len_bytes() <= DAY_BYTES_MAX) & texts.str.contains(MORE_THAN_A_DAY)
    places = may_be.arg_true()
    if places.is_empty():
        return texts
    return texts.scatter(places, _plain(texts.gather(places)))


def day_formats(given: str) -> tuple[str, ...]:
    """Return the formats in which the plain days of a column are read whose days are written in a given format.

    Parameters
    ----------
    given : format of a mapping, such as ``%m/%d/%y %I:%M %p``; its clock time is not needed in the cells.

    Example
    -------
    >>> day_formats("%m/%d/%y %I:%M %p"), day_formats("%b %d, %Y")
    (('%m/%d/%y',), ('%d-%b-%Y', '%d-%b-%y'))
    """
    return ("%d-%b-%Y", "%d-%b-%y") if NAME_IN_FORMAT.search(given) else (CLOCK_FORMAT.sub("", given),)


def _plain(texts: pl.Series) -> pl.Series:
    text = pl.col("text").str.replace(rf"^(?i:{WEEKDAYS})\.?,?\s+(.*\d)", "${1}").str.replace(CLOCK, "${1}")
    frame = pl.DataFrame({"text": texts}).select(text.str.replace(COMPACT, "${1}").alias("text"))
    if not frame["text"].str.contains(r"\p{L}{3}").any():
        return frame["text"]
    names = {name: short for short, words in MONTHS.items() for name in words.split()}
    days = []
    for pattern in (DAY_FIRST, MONTH_FIRST, YEAR_FIRST):
        part = pl.col("text").str.extract_groups(pattern).struct
        month = part.field("month").str.to_lowercase().replace_strict(names, default=None, return_dtype=pl.String)
        days.append(pl.format("{}-{}-{}", part.field("day"), month, part.field("year")))
    return frame.select(pl.coalesce(*days, "text")).to_series()
