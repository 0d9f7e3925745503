"""The cells of one column on their way from text to values, and how their faults are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.network.tables.files.sheet import DateSystem
from chaintwin.network.tables.schema import Column

NAMED_MAX = 20
"""Rows of one kind of fault in one column that are named one by one; the last of them counts the rest."""

REMARKS_MAX = 3
"""The same for warnings and notes, which should not bury the errors."""

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What is taken from the ends of a cell: the characters that Unicode calls white space."""

SHOWN_MAX = 60
"""Characters of a cell shown in a finding."""


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of a sheet.

    Parameters
    ----------
    values : String, without surrounding space, blank cells null.
    raw : String, as in the file.
    rows : UInt32, row numbers of the spreadsheet.
    column : what the catalog says about the column.
    file, header : how findings name the place.
    dates : meaning of bare numbers in date columns.
    """

    values: pl.Series
    raw: pl.Series
    rows: pl.Series
    column: Column
    file: str
    header: str
    dates: DateSystem = DateSystem.NONE


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one text, without the place."""

    code: str
    found: str
    allowed: str
    fix: str = ""
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Reading:
    """Typed values of a column, null where blank or wrong, and what is to be said about it."""

    values: pl.Series
    findings: list[Finding] = field(default_factory=list)


def faults_where(cells: Cells, mask: pl.Series, *, judge: Callable[[str], Fault]) -> list[Finding]:
    """Return findings for the cells in a mask: each text is judged once, faults of the same kind are folded.

    Parameters
    ----------
    cells : the column.
    mask : Boolean, the cells to speak about; null counts as no.
    judge : from the text of a cell to its fault.
    """
    if not mask.any():
        return []
    places = mask.fill_null(False).arg_true()
    texts = cells.raw.gather(places).to_list()
    judged = {text: judge(text) for text in dict.fromkeys(texts)}
    kinds: dict[str, list[tuple[int, Fault]]] = {}
    for row, text in zip(cells.rows.gather(places).to_list(), texts, strict=True):
        fault = judged[text]
        kinds.setdefault(fault.code, []).append((row, fault))
    return [finding for faults in kinds.values() for finding in fold(faults, file=cells.file, header=cells.header)]


def fold(faults: Sequence[tuple[int, Fault]], *, file: str, header: str) -> list[Finding]:
    """Return one finding for each of the first faults of a kind, given with their rows; the last counts the rest."""
    if not faults:
        return []
    most = NAMED_MAX if faults[0][1].severity is Severity.ERROR else REMARKS_MAX
    return [
        Finding(
            fault.code,
            fault.found,
            fault.allowed,
            fix=fault.fix,
            file=file,
            row=row,
            column=header,
            severity=fault.severity,
            count=1 + max(len(faults) - most, 0) if index == most - 1 else 1,
        )
        for index, (row, fault) in enumerate(faults[:most])
    ]


def without_space(text: str) -> str:
    """Return a text as ``Cells.values`` holds it; Python's own ``strip`` also takes separators such as U+001C away."""
    return text.strip(SPACE)


def shown(text: str) -> str:
    """Return a cell's text as findings show it: shortened, and quoted where it would not be clear otherwise."""
    short = text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 3] + "..."
    is_plain = short.isprintable() and short == short.strip() and short != ""
    return short if is_plain else repr(short)


def allowed_range(column: Column) -> str:
    """Return the range of a column in words.

    Example
    -------
    >>> from chaintwin.network.tables.catalog import table
    >>> allowed_range(table("lanes").column("duty_rate"))
    '0 to 10'
    """
    low, high = column.low, column.high
    if low is None and high is None:
        return "a number"
    if high is None:
        return f"more than {low:g}" if column.low_open else f"{low:g} or more"
    most = f"{high:,.0f}" if high >= 1000 else f"{high:g}"
    if low is None:
        return f"at most {most}"
    return f"more than {low:g}, at most {most}" if column.low_open else f"{low:g} to {most}"
