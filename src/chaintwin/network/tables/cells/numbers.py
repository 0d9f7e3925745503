"""Number cells, and what people write instead: percentages, thousands separators, decimal commas, currency signs, units."""

from __future__ import annotations

import math
import re
import unicodedata

import polars as pl

from chaintwin.laws.parameters import LARGEST
from chaintwin.network.tables.cells.cells import Cells, Fault, Reading, allowed_range, faults_where, shown
from chaintwin.network.tables.cells.synonyms import NUMBERS
from chaintwin.network.tables.schema import Column, Kind

WHOLE_MAX = int(LARGEST)
"""Largest whole number; somewhat beyond it spreadsheets and floating point lose single units."""

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_ZERO = r"^[+-]?[0.]*[1-9]"
"""A number with a digit other than 0 before its exponent."""

_SPACES = re.compile("[\\s\u00a0\u202f'\u2019]")
_COMMA_GROUPS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_POINT_GROUPS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+|[+-]?\d{1,3}(\.\d{3}){2,}", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_CURRENCY = re.compile(r"[$\u20ac\u00a3\u00a5\u20b9]|\b(USD|EUR|GBP|JPY|CNY|CHF|INR)\b")
_UNIT = re.compile(r"([+-]?\d+(?:\.\d+)?)[\s\u00a0\u202f]*[A-Za-z\u00b0\u00b5/\u00b2\u00b3]+\d?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([ T].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}", re.ASCII)
_UNKNOWN = frozenset(
    {"na", "n/a", "#n/a", "null", "none", "nil", "unknown", "tbd", "?", "-", "--", "\u2013", "\u2014", "x", "nat"}
)
_ENDLESS = frozenset(
    {
        *("inf", "infinity", "infinite", "\u221e", "unlimited", "unbounded", "endless", "no limit", "never", "never expires"),
        *("always", "forever", "for ever", "indefinite", "unbegrenzt", "unbeschr\u00e4nkt", "unendlich", "nie", "immer"),
    }
)
"""What people write where nothing ends or limits; the signs and words of infinity among them."""

_NET_DAYS = re.compile(r"net(?:to)?\s*(\d+)(?:\s*(?:days?|tage?))?", re.IGNORECASE | re.ASCII)
_TRUE = ("true", "yes", "1", "y")
_FALSE = ("false", "no", "0", "n")


def read_numbers(cells: Cells) -> Reading:
    """Return finite numbers within the column's range, Float64."""
    values = cells.values.cast(pl.Float64, strict=False)
    wrong = cells.values.is_not_null() & (values.is_null() | ~values.is_finite())
    outside = ~wrong & outside_range(values, cells.column)
    wrong = wrong | (~outside & (values.abs() > LARGEST))
    tiny = ~wrong & vanished(cells, values)
    findings = faults_where(cells, wrong, judge=lambda text: number_fault(text, cells.column))
    findings += faults_where(cells, outside, judge=lambda text: range_fault(text, cells.column))
    findings += faults_where(cells, tiny, judge=underflow_fault)
    return Reading(_without(values, wrong | outside | tiny), findings)


def read_integers(cells: Cells) -> Reading:
    """Return whole numbers within the column's range, Int64; ``7.0`` counts as 7."""
    numbers = cells.values.cast(pl.Float64, strict=False)
    wrong = cells.values.is_not_null() & (numbers.is_null() | ~numbers.is_finite())
    findings = faults_where(cells, wrong, judge=lambda text: number_fault(text, cells.column))
    broken = ~wrong & ((numbers != numbers.floor()) | (numbers.abs() > WHOLE_MAX))
    findings += faults_where(cells, broken, judge=_whole_fault)
    outside = ~wrong & ~broken & outside_range(numbers, cells.column)
    findings += faults_where(cells, outside, judge=lambda text: range_fault(text, cells.column))
    tiny = ~wrong & vanished(cells, numbers)
    findings += faults_where(cells, tiny, judge=underflow_fault)
    return Reading(_without(numbers, wrong | broken | outside | tiny).cast(pl.Int64, strict=False), findings)


def read_booleans(cells: Cells) -> Reading:
    """Return truth values: true/false, yes/no, 1/0, in any case."""
    lower = cells.values.str.to_lowercase()
    is_true, is_false = lower.is_in(list(_TRUE)), lower.is_in(list(_FALSE))
    wrong = cells.values.is_not_null() & ~is_true & ~is_false
    allowed = "true or false, yes or no, 1 or 0"
    findings = faults_where(cells, wrong, judge=lambda text: Fault("boolean.wrong", shown(text), allowed, "write true or false"))
    return Reading(_without(is_true, wrong), findings)


_SLIPS = str.maketrans({"O": "0", "o": "0", "I": "1"})
"""Letters that are typed for digits."""


def number_fault(text: str, column: Column) -> Fault:
    """Say what is wrong with a text that is no finite number, with a repaired value where there is one.

    Parameters
    ----------
    text : content of the cell.
    column : the column, whose range says what is allowed.
    """
    allowed = allowed_range(column) if column.kind is not Kind.LAW else "a number or a law"
    plain = text.strip()
    word = plain.lower().lstrip("+-")
    if word == "nan":
        return Fault("number.nan", shown(text), allowed, "leave the cell blank if the value is not known")
    if word in _ENDLESS and (_endless_fix(column) or word in ("inf", "infinity", "infinite", "\u221e")):
        return Fault("number.infinite", shown(text), allowed, _endless_fix(column) or "write a finite number")
    if word in _UNKNOWN or plain in _UNKNOWN:
        return Fault("number.word", shown(text), allowed, "leave the cell blank if the value is not known")
    if word in NUMBERS:
        return Fault("number.spelled", shown(text), allowed, f"write {NUMBERS[word]}")
    if _PLAIN.fullmatch(plain):
        fix = _endless_fix(column) or "check the number and its exponent"
        return Fault("number.overflow", shown(text), f"numbers up to {LARGEST:g}", fix)
    if plain.endswith("%"):
        share = _repaired(plain[:-1])
        return Fault(
            "number.percent",
            shown(text),
            f"{allowed}, as a share of 1",
            f"write {_short(share / 100)}" if share is not None else "",
        )
    if _CURRENCY.search(plain):
        amount = _repaired(_CURRENCY.sub("", plain))
        return Fault(
            "number.currency",
            shown(text),
            f"{allowed}, without a currency",
            f"write {_short(amount)}" if amount is not None else "",
        )
    if _DATE.fullmatch(plain):
        return Fault(
            "number.date", shown(text), allowed, "a spreadsheet may have turned the number into a date; write the number as text"
        )
    western = _western(plain)
    if western != plain and _PLAIN.fullmatch(western):
        return Fault("number.wrong", shown(text), f"{allowed}, in digits from 0 to 9", f"write {western}")
    typed = plain.translate(_SLIPS)
    if typed != plain and any(character.isdigit() for character in plain) and _PLAIN.fullmatch(typed):
        return Fault("number.wrong", shown(text), allowed, f"write {typed} if a letter was typed for a digit")
    return _separator_fault(plain, text, allowed) or _word_fault(plain, column, text=text, allowed=allowed)


def underflow_fault(text: str) -> Fault:
    """Say that a number is so small that nothing would be left of it."""
    return Fault("number.underflow", shown(text), "0, or numbers from 1e-307 on in size", "write 0, or check the exponent")


def range_fault(text: str, column: Column) -> Fault:
    """Say that a number is outside the range of its column, with what was probably meant.

    Parameters
    ----------
    text : content of the cell, a number.
    column : the column.
    """
    value = float(text)
    fix = ""
    if value < 0 and column.low is not None and column.low >= 0:
        fix = f"write {_short(-value)} if the sign is a slip"
    elif _is_share(column) and 1 < value <= 100:
        # A target of 100 % cannot be met, so the highest one that can is proposed.
        share = value / 100 if column.high is None else min(value / 100, column.high)
        fix = f"write {_short(share)} if it is meant as a percentage"
    elif column.unit == "period" and column.high is not None and value > column.high:
        fix = "check the number and the unit: it counts periods of the project"
    elif column.unit == "day":
        fix = f"check the number and the unit: it counts days, {allowed_range(column)}"
    if column.name == "shelf_life":
        fix = f"{fix}; or {_endless_fix(column)}" if fix else _endless_fix(column)
    return Fault("number.range", shown(text), allowed_range(column), fix)


def outside_range(values: pl.Series, column: Column) -> pl.Series:
    """Return Boolean: the values outside the range of a column; false for blanks."""
    outside = pl.Series("outside", [False], dtype=pl.Boolean).new_from_index(0, len(values))
    if column.low is not None:
        outside = outside | ((values <= column.low) if column.low_open else (values < column.low)).fill_null(False)
    if column.high is not None:
        outside = outside | (values > column.high).fill_null(False)
    return outside


def vanished(cells: Cells, values: pl.Series) -> pl.Series:
    """Return Boolean: the cells whose number is so small that it was read as 0.

    Parameters
    ----------
    cells : the column.
    values : Float64, what was read.
    """
    zero = (values == 0).fill_null(False)
    return zero & cells.values.str.contains(_NOT_ZERO).fill_null(False) if zero.any() else zero


def _separator_fault(plain: str, text: str, allowed: str) -> Fault | None:
    if _COMMA_GROUPS.fullmatch(plain):
        whole = plain.replace(",", "")
        # With a single comma and no point, 1,234 may be a thousand or one and a bit.
        other = (
            f", or {plain.replace(',', '.')} if the comma is a decimal point"
            if plain.count(",") == 1 and "." not in plain
            else ""
        )
        return Fault("number.thousands", shown(text), f"{allowed}, without thousands separators", f"write {whole}{other}")
    if _POINT_GROUPS.fullmatch(plain):
        return Fault(
            "number.thousands", shown(text), f"{allowed}, without thousands separators", f"write {_short(_repaired(plain))}"
        )
    if _DECIMAL_COMMA.fullmatch(plain):
        return Fault("number.decimal_comma", shown(text), f"{allowed}, with a decimal point", f"write {plain.replace(',', '.')}")
    if _SPACES.search(plain) and _PLAIN.fullmatch(_SPACES.sub("", plain)):
        return Fault(
            "number.thousands", shown(text), f"{allowed}, without thousands separators", f"write {_SPACES.sub('', plain)}"
        )
    return None


def _endless_fix(column: Column) -> str:
    """Return how to say that nothing ends or limits; empty where a column has no way to."""
    if "unlimited" in column.rule:
        return "leave the cell blank if there is no limit"
    if column.name == "shelf_life":
        where = "" if "never" in column.rule else ", here and in products,"
        return f"leave the cell blank{where} for stock that keeps for ever"
    return ""


def _word_fault(plain: str, column: Column, *, text: str, allowed: str) -> Fault:
    net = _NET_DAYS.fullmatch(plain) if column.unit == "day" else None
    if net:
        return Fault("number.unit", shown(text), f"{allowed}, without words", f"write {net.group(1)}")
    unit = _UNIT.fullmatch(plain)
    if unit:
        return Fault("number.unit", shown(text), f"{allowed}, without a unit", f"write {unit.group(1)}")
    if "(" in plain:
        return Fault("number.law", shown(text), f"{allowed}; laws are not allowed here", "write its mean")
    if column.kind is Kind.INTEGER and column.low is not None and column.high is not None:
        return Fault("number.wrong", shown(text), allowed, f"write a whole number, {allowed_range(column)}")
    return Fault("number.wrong", shown(text), allowed, "write a number such as 12.5")


def _whole_fault(text: str) -> Fault:
    value = float(text)
    if abs(value) > WHOLE_MAX:
        return Fault("integer.overflow", shown(text), f"whole numbers up to {WHOLE_MAX:,}", "check the number")
    return Fault("integer.fraction", shown(text), "a whole number", f"write {math.floor(value + 0.5)}")


def _is_share(column: Column) -> bool:
    """Tell whether 1 means the whole: columns up to 1, and rates that may pass it."""
    return column.high is not None and (column.high <= 1 or column.name.endswith("_rate"))


def _repaired(text: str) -> float | None:
    """Return the number a text most likely means: the last of comma and point is the decimal one."""
    plain = _SPACES.sub("", text)
    if _COMMA_GROUPS.fullmatch(plain):
        plain = plain.replace(",", "")
    elif plain.rfind(",") > plain.rfind("."):
        plain = plain.replace(".", "").replace(",", ".")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    return float(plain) if _PLAIN.fullmatch(plain) else None


def _western(text: str) -> str:
    """Return a text with the decimal digits of every script as 0 to 9, and the Arabic decimal sign as a point."""
    digits = (str(unicodedata.decimal(character, character)) for character in text)
    return "".join(digits).replace("\u066b", ".")


def _short(value: float | None) -> str:
    """Return a number as people write it: 12 significant digits hide what division by 100 adds."""
    return "the number" if value is None else f"{value:.12g}"


def _without(values: pl.Series, mask: pl.Series) -> pl.Series:
    """Return the values with null where the mask holds."""
    return values.zip_with(~mask.fill_null(False), pl.Series([None], dtype=values.dtype))
