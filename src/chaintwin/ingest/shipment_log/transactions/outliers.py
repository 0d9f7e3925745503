"""Cells that are likely typing errors: dates years away from all others, quantities and prices far above those of the product."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping

NUMBERS_MIN = 10
"""Of fewer values nothing is said: their spread is not known."""

SCALES = 6.0
"""Logarithms this many robust standard deviations above the median are far: in the SCMS history, whose quantities spread over
four powers of ten, none is."""

SCALE_MIN = 0.5
"""Least standard deviation of logarithms, for products that are always ordered alike: none under 20 times the median is far."""

IQR_TO_SD = 1.349
"""Interquartile range of a normal distribution in standard deviations."""

FAR_DAYS = 365
"""A date less than this beyond the middle 80 % of its column is not far, nor one that is so near another date of its line."""

ALONE_DAYS = 3 * 365
"""The same for a date without another in its line to contradict it."""

ALONE_SHARE = 0.01
"""More lines than this that lie apart with all their dates are another time, and no typing errors."""

NAMED_MAX = 5
"""Rows named in a finding; the rest are counted."""


def without_far_dates(frame: pl.DataFrame, mapping: LogMapping) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Return the lines with dates blanked that lie years from the others of their column and of their line.

    A date is far where it lies further beyond the middle 80 % of its column than those are long, and more than a year, and if
    it is more than a year from every other date of its line. Where a line has no other, it must lie twice as far and three
    years, and only a few such lines may be there.

    Parameters
    ----------
    frame : lines with ``file``, ``row`` and date columns as in ``LogLines.frame``.
    mapping : for the names of the columns.

    Returns
    -------
    The lines with ``is_arrival_far`` (its day of arrival was blanked), and one finding for each column with such dates.
    """
    columns = [name for name, kind in frame.schema.items() if kind == pl.Date]
    bounds = {name: _middle(frame[name]) for name in columns}
    is_out = {name: _beyond(frame[name], bounds[name], times=1, least=FAR_DAYS) for name in columns}
    near = frame.select(pl.when(~is_out[name]).then(name).alias(name) for name in columns)
    findings, kept = [], []
    is_arrival_far = pl.Series([False] * frame.height)
    for name in columns:
        gaps = [(frame[name] - near[other]).dt.total_days().abs().alias(other) for other in columns if other != name]
        gap = pl.DataFrame(gaps).min_horizontal() if gaps else pl.Series([None] * frame.height, dtype=pl.Int64)
        alone = gap.is_null() & _beyond(frame[name], bounds[name], times=2, least=ALONE_DAYS)
        if int(alone.sum()) > max(1, ALONE_SHARE * frame.height):
            alone = alone & False
        is_far = is_out[name] & ((gap > FAR_DAYS).fill_null(value=False) | alone)
        kept.append(pl.select(pl.when(~is_far).then(frame[name]).alias(name)).to_series())
        if name == "delivered":
            is_arrival_far = is_far
        if is_far.any():
            findings.append(_date_finding(frame.filter(is_far), name, bounds[name], mapping=mapping))
    return frame.with_columns(*kept, is_arrival_far.alias("is_arrival_far")), tuple(findings)


def far_numbers(frame: pl.DataFrame, mapping: LogMapping) -> tuple[Finding, ...]:
    """Return findings about quantities and values of a unit far above the others of the product; nothing is left out.

    Parameters
    ----------
    frame : usable lines with ``file``, ``row``, ``product``, ``quantity`` and ``value``.
    mapping : for the names of the columns.
    """
    priced = next((name for name in ("value", "unit_price") if mapping.headers(name)), "value")
    kinds = (
        ("log.quantity_far", "quantity", pl.col("quantity"), "a quantity of"),
        ("log.unit_value_far", priced, pl.col("value") / pl.col("quantity"), "a unit value of"),
    )
    findings = []
    for code, field, number, what in kinds:
        frame = frame.with_columns(number=number)
        hit = frame.filter(is_far_above("number", ["product"])).sort("number", descending=True, maintain_order=True)
        if not hit.height:
            continue
        first = hit.row(0, named=True)
        usual = frame.filter(pl.col("product") == first["product"])["number"].median()
        found = f"{what} {_text(first['number'])} for {first['product']}, whose median is {_text(usual)}"
        fix = "counted as it stands; correct the cell if it is mistyped"
        findings.append(
            _finding(code, found, "numbers like the others of the product", fix, hit=hit, column=_header(mapping, field))
        )
    return tuple(findings)


def is_far_above(name: str, groups: Sequence[str], *, scale_min: float = SCALE_MIN) -> pl.Expr:
    """Return an expression that is true where a number above 0 is far above the others of its group, on a scale of logarithms.

    The scale is robust: the interquartile range, which a quarter of the values cannot move.

    Parameters
    ----------
    name : of the column.
    groups : columns whose values make a group; groups of fewer than ``NUMBERS_MIN`` are left alone.
    scale_min : least standard deviation of the logarithms.
    """
    log = pl.when(pl.col(name) > 0).then(pl.col(name).log())
    spread = (log.quantile(0.75) - log.quantile(0.25)).over(groups) / IQR_TO_SD
    above = log - log.median().over(groups) > SCALES * pl.max_horizontal(spread, pl.lit(scale_min))
    return (above & (log.count().over(groups) >= NUMBERS_MIN)).fill_null(value=False)


def rows_text(hit: pl.DataFrame) -> str:
    """Return the rows of some lines as people say them: ``rows 5, 7 and 12 more``; empty for one, which a finding names itself.

    Parameters
    ----------
    hit : lines with ``row``.
    """
    if hit.height < 2:
        return ""
    more = f" and {hit.height - NAMED_MAX:,} more" if hit.height > NAMED_MAX else ""
    return f" (rows {', '.join(str(row) for row in hit['row'].head(NAMED_MAX))}{more})"


def _middle(days: pl.Series) -> tuple[date, date] | None:
    """Return the first and last day of the middle 80 % of a column; None if it has too few days to tell."""
    known = days.drop_nulls().sort()
    if known.len() < NUMBERS_MIN:
        return None
    return known[int(0.1 * known.len())], known[int(0.9 * (known.len() - 1))]


def _beyond(days: pl.Series, middle: tuple[date, date] | None, *, times: int, least: int) -> pl.Series:
    """Return which days lie further beyond the middle of their column than that is long, and than some days."""
    if middle is None:
        return pl.Series([False] * days.len())
    first, last = middle
    margin = timedelta(days=max(times * (last - first).days, least))
    return ((days < first - margin) | (days > last + margin)).fill_null(value=False)


def _date_finding(hit: pl.DataFrame, name: str, middle: tuple[date, date] | None, *, mapping: LogMapping) -> Finding:
    field, _, index = name.partition("_")
    header = mapping.headers(field)[int(index or 0)]
    usual = f", where most of the column lie from {middle[0]} to {middle[1]}" if middle else ""
    found = f"{hit[name][0]}{usual}"
    fix = "left out of the span of the log and of lead times; correct the cell"
    return _finding("log.date_far", found, "days near those of the other lines", fix, hit=hit, column=header)


def _text(number: object) -> str:
    """Return a number with six significant digits and commas, without an exponent."""
    return f"{float(f'{number:.6g}'):,.15g}" if isinstance(number, float) else ""


def _header(mapping: LogMapping, field: str) -> str:
    return next(iter(mapping.headers(field)), field)


def _finding(code: str, found: str, allowed: str, fix: str, *, hit: pl.DataFrame, column: str) -> Finding:
    first = hit.row(0, named=True)
    found = f"{found}{rows_text(hit)}"
    return Finding(code, found, allowed, fix, first["file"], first["row"], column, Severity.WARNING, hit.height)
