"""What each cell is: a number, a date, a word that means something, a pointer to another line, blank, or none of these.

Nothing is guessed: a cell that is none of these becomes null and is counted as unread, by its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from chaintwin.ingest.shipment_log.cells.day_texts import day_formats, plain_days

DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%Y%m%d",
)
"""Formats a date column is tried with once ``plain_days`` has taken clock times away and shortened names of months; the one that
reads most cells is taken, of equals the first."""

AMBIGUOUS = (
    frozenset({"%m/%d/%Y", "%d/%m/%Y"}),
    frozenset({"%m/%d/%y", "%d/%m/%y"}),
    frozenset({"%m-%d-%Y", "%d-%m-%Y"}),
)
"""Pairs of formats that read the same cells as different days."""

YEARS = (1970, 2100)
"""Years a date of a log can lie in; a two-digit year read as four digits falls outside."""

DAY_SHAPE = r"^(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}-[A-Z][a-z]{2}-\d{2,4}|\d{8})$"
"""What fits one of the formats; other texts need not be tried with each of them."""

YEAR_MIN = 1000
"""A year below is no year outside those of a log but two digits read as four."""


class CellKind(StrEnum):
    """What a cell is; a word also has its meaning, counted apart."""

    VALUE = "value"
    BLANK = "blank"
    WORD = "word"
    REFERENCE = "reference"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one column, classified.

    Parameters
    ----------
    header : of the column.
    frame : ``value`` (Float64 or Date, null where there is none), ``kind`` (a CellKind), ``meaning`` (of a word), ``text`` (as in
        the log), for numbers ``reference`` and ``reference_document`` (of a pointer to another line), and for dates
        ``is_outside`` (a date, but of no year a log can have).
    format : of the dates, empty for numbers.
    is_ambiguous : another date format would read the same cells as other days.
    """

    header: str
    frame: pl.DataFrame
    format: str = ""
    is_ambiguous: bool = False

    def counts(self) -> dict[str, int]:
        """Return the number of cells by kind, words by meaning as ``word:meaning``; kinds that do not occur are left out."""
        kind = pl.when(pl.col("kind") == CellKind.WORD).then(pl.format("word:{}", "meaning")).otherwise("kind").alias("kind")
        counted = self.frame.group_by(kind, maintain_order=True).len().sort("kind")
        return dict(counted.iter_rows())

    def unread(self) -> pl.DataFrame:
        """Return ``row`` (as a spreadsheet counts, the header is row 1) and ``text`` of the cells that could not be read."""
        return self.frame.with_row_index("row", offset=2).filter(pl.col("kind") == CellKind.UNREAD).select("row", "text")


def read_numbers(cells: pl.Series, *, words: Mapping[str, str], pattern: str = "", decimal_comma: bool = False) -> Cells:
    """Classify the cells of a number column.

    Parameters
    ----------
    cells : texts, null where blank.
    words : meaning by word, as a mapping file gives them.
    pattern : regular expression of pointers to other lines with the group ``id``; empty if there are none.
    decimal_comma : numbers are written like ``1.234,5``.
    """
    text = pl.col("text")
    bare = text.str.replace_all(r"^[€$£\s]+|[€$£%\s]+$|[\s\x{a0}']", "")
    if decimal_comma:
        bare = bare.str.replace_all(r"\.(\d{3})", "${1}").str.replace(",", ".", literal=True)
    else:
        # A comma is a thousands sign only where three digits follow each time; "1,5" stays unread rather than become 15.
        grouped = bare.str.contains(r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$")
        bare = pl.when(grouped).then(bare.str.replace_all(",", "", literal=True)).otherwise(bare)
    number = pl.when(bare.str.contains(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")).then(bare).cast(pl.Float64, strict=False)
    frame = pl.DataFrame({"text": cells}).with_columns(number.alias("value"))
    frame = frame.with_columns(pl.when(pl.col("value").is_finite()).then("value").alias("value"))
    frame = _with_references(_with_meaning(frame, words), pattern)
    return Cells(cells.name, _with_kind(frame))


def read_dates(cells: pl.Series, *, words: Mapping[str, str], given_format: str = "") -> Cells:
    """Classify the cells of a date column. A clock time behind the day is not needed, and the day is the one that is written.

    Parameters
    ----------
    cells : texts, null where blank.
    words : meaning by word.
    given_format : format of the dates; empty recognizes it: the format that reads most cells, and spreadsheet day numbers.
    """
    # Days repeat, so that each text is read once.
    texts = pl.DataFrame({"text": cells}).drop_nulls().group_by("text", maintain_order=True).len("n")
    texts = texts.with_columns(plain_days(texts["text"]).alias("plain"))
    if not given_format:
        texts = texts.with_columns(pl.when(pl.col("plain").str.contains(DAY_SHAPE)).then("plain").alias("plain"))
    candidates = day_formats(given_format) if given_format else DATE_FORMATS
    if not given_format and texts["plain"].null_count() == texts.height:
        # Most columns of a log hold no days at all.
        candidates = candidates[:1]
    dates = texts.select(_as_date("plain", form).alias(form) for form in candidates)
    read = dates.select(_in_years(form) for form in candidates)
    counts = dict(
        zip(candidates, texts.select("n").hstack(read).select(_counted(form) for form in candidates).row(0), strict=True)
    )
    best = max(candidates, key=lambda form: counts[form])
    value = read[best]
    # A column may mix formats; those that cannot contradict the best one fill its gaps.
    for form in candidates:
        if counts[form] and not any({form, best} <= pair for pair in AMBIGUOUS):
            value = value.fill_null(read[form])
    if given_format:
        # A format may also say what no plain day has, such as a clock time before the day.
        whole = texts.select(_as_date("text", given_format).alias(given_format)).select(_in_years(given_format))
        value = value.fill_null(whole.to_series())
    else:
        value = value.fill_null(texts.select(_from_day_number()).to_series())
    rivals = [pair - {best} for pair in AMBIGUOUS if best in pair and not given_format]
    is_ambiguous = any(counts[form] == counts[best] > 0 and not read[form].equals(read[best]) for pair in rivals for form in pair)
    has_year = [(pl.col(form).dt.year() >= YEAR_MIN).fill_null(value=False) for form in candidates if "%Y" in form]
    is_dated = dates.select(pl.any_horizontal(pl.lit(value=False), *has_year).alias("is_outside")).to_series()
    texts = texts.select("text", value.alias("value"), is_dated & value.is_null())
    frame = pl.DataFrame({"text": cells}).join(texts, on="text", how="left", maintain_order="left")
    frame = _with_meaning(frame, words).with_columns(pl.lit(None, dtype=pl.String).alias("reference"))
    return Cells(cells.name, _with_kind(frame), given_format or best, is_ambiguous)


def looks_like_decimal_comma(cells: pl.Series) -> bool:
    """Tell whether numbers are written with a decimal comma: some cells can be read no other way, and none the other way."""
    return bool(_only_as(cells, ",", thousands=r"\.").any()) and not looks_like_decimal_point(cells)


def looks_like_decimal_point(cells: pl.Series) -> bool:
    """Tell whether a cell can only be a number with a decimal point."""
    return bool(_only_as(cells, r"\.", thousands=",").any())


def looks_like_thousands(cells: pl.Series) -> bool:
    """Tell whether numbers have a point that may part thousands as well as decimals: 1.200, with nothing to tell which."""
    pointed = cells.drop_nulls().str.extract(r"^[+-]?(\d+(?:\.\d+)+)$").drop_nulls()
    return bool(pointed.len()) and bool(pointed.str.contains(r"^[1-9]\d{0,2}(\.\d{3})+$").all())


def _only_as(cells: pl.Series, decimal: str, *, thousands: str) -> pl.Series:
    """Return which cells are numbers with this decimal sign and cannot be read with it as a thousands sign."""
    texts = cells.drop_nulls()
    # A group of thousands has three digits and does not begin with 0: 0,040 is a fraction, 1,040 may be either.
    grouped = rf"^[+-]?[1-9]\d{{0,2}}({decimal}\d{{3}})+$"
    return texts.str.contains(rf"^[+-]?\d{{1,3}}({thousands}\d{{3}})*{decimal}\d+$|^[+-]?\d+{decimal}\d+$") & ~texts.str.contains(
        grouped
    )


def _as_date(column: str, form: str) -> pl.Expr:
    text = pl.col(column)
    has_clock = "%H" in form or "%I" in form
    day = text.str.to_datetime(form, strict=False).dt.date() if has_clock else text.str.to_date(form, strict=False)
    return day.alias("value")


def _in_years(name: str) -> pl.Expr:
    return pl.when(pl.col(name).dt.year().is_between(*YEARS)).then(pl.col(name)).alias(name)


def _counted(name: str) -> pl.Expr:
    return pl.col("n").filter(pl.col(name).is_not_null()).sum().alias(name)


def _from_day_number() -> pl.Expr:
    """Return days of a spreadsheet, which counts from 1899-12-30; only whole numbers that lie in the years of a log."""
    number = pl.when(pl.col("text").str.contains(r"^\d{5}$")).then(pl.col("text")).cast(pl.Int64, strict=False)
    day = pl.lit("1899-12-30").str.to_date() + pl.duration(days=number)
    return pl.when(day.dt.year().is_between(*YEARS)).then(day).cast(pl.Date).alias("value")


def _with_meaning(frame: pl.DataFrame, words: Mapping[str, str]) -> pl.DataFrame:
    if not words:
        return frame.with_columns(pl.lit(None, dtype=pl.String).alias("meaning"))
    folded = {word.lower(): meaning for word, meaning in words.items()}
    text = pl.col("text").str.to_lowercase()
    return frame.with_columns(text.replace_strict(folded, default=None, return_dtype=pl.String).alias("meaning"))


def _with_references(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.String)
    if not pattern:
        return frame.with_columns(nothing.alias("reference"), nothing.alias("reference_document"))
    groups = frame.select(pl.col("text").str.extract_groups(pattern).alias("groups")).unnest("groups")
    document = groups["document"] if "document" in groups.columns else pl.Series([None] * frame.height, dtype=pl.String)
    return frame.with_columns(groups["id"].alias("reference"), document.alias("reference_document"))


def _with_kind(frame: pl.DataFrame) -> pl.DataFrame:
    kind = (
        pl.when(pl.col("text").is_null())
        .then(pl.lit(CellKind.BLANK))
        .when(pl.col("meaning").is_not_null())
        .then(pl.lit(CellKind.WORD))
        .when(pl.col("reference").is_not_null())
        .then(pl.lit(CellKind.REFERENCE))
        .when(pl.col("value").is_not_null())
        .then(pl.lit(CellKind.VALUE))
        .otherwise(pl.lit(CellKind.UNREAD))
        .alias("kind")
    )
    # A word such as "0" that stands for something else is no value, even though it could be read as one.
    return frame.with_columns(kind).with_columns(pl.when(pl.col("kind") == CellKind.VALUE).then("value").alias("value"))
