"""Tables of delivered order lines, checked once: columns, kinds of values, and what amounts may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from chaintwin.errors import UsageError

REQUIRED = {
    "order_id": "text or number",
    "ordered_units": "number",
    "accepted_units": "number",
    "committed": "time",
    "delivered": "time",
    "is_document_right": "true or false",
    "is_condition_right": "true or false",
    "is_place_right": "true or false",
    "is_product_right": "true or false",
}
"""Columns of a table of order lines, and what they hold."""

OPTIONAL = {"earliest": "time", "quoted_cost": "number", "charged_cost": "number"}
"""Columns it may have besides."""

_FITS: dict[str, Callable[[pl.DataType], bool]] = {
    "text or number": lambda dtype: dtype == pl.String or dtype.is_integer() or dtype in (pl.Categorical, pl.Enum),
    "number": lambda dtype: dtype.is_numeric(),
    "time": lambda dtype: dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Null,
    "true or false": lambda dtype: dtype == pl.Boolean,
}


def check_order_lines(lines: pl.DataFrame) -> None:
    """Refuse a table of order lines that cannot be judged.

    Parameters
    ----------
    lines : see `REQUIRED` and `OPTIONAL`. Times are all numbers of periods, or all dates, or all moments.

    Raises
    ------
    UsageError : no line; a column is absent or holds something else; a cell is empty other than in ``delivered`` (not
        delivered), ``earliest`` (no earliest) and costs; units are below 0 or not finite, or nothing was ordered; or times are
        not of one kind.

    Example
    -------
    >>> check_order_lines(pl.DataFrame({"order_id": ["A"]}))
    Traceback (most recent call last):
    ...
    chaintwin.errors.UsageError: order lines: found no column ordered_units; allowed: order_id, ordered_units, ...
    """
    check_columns("order lines", lines, required=REQUIRED, optional=OPTIONAL)
    for name in ("ordered_units", "accepted_units"):
        check_amounts("order lines", lines[name], low=0.0)
    if (lines["ordered_units"] == 0).any():
        row = int((lines["ordered_units"] == 0).arg_max() or 0)
        raise UsageError(f"order lines row {row} ordered_units: found 0; allowed: more than 0; fix: leave the line out")
    for name in ("quoted_cost", "charged_cost"):
        if name in lines.columns:
            check_amounts("order lines", lines[name].drop_nulls(), low=None)
    times = {name: lines[name].dtype for name in ("earliest", "committed", "delivered") if name in lines.columns}
    kinds = {"number" if dtype.is_numeric() else str(dtype) for dtype in times.values() if dtype != pl.Null}
    if len(kinds) > 1:
        raise UsageError(f"order lines: found times of kinds {', '.join(sorted(kinds))}; allowed: one kind; fix: convert them")


def check_columns(where: str, frame: pl.DataFrame, *, required: Mapping[str, str], optional: Mapping[str, str]) -> None:
    """Refuse a table without rows, without a column, or with a column or cell that is not what it should be.

    Parameters
    ----------
    where : name of the table.
    frame : the table.
    required, optional : columns and what they hold. Only ``delivered`` and optional columns may have empty cells.

    Raises
    ------
    UsageError : names the first column at fault.

    Example
    -------
    >>> check_columns("ledger", pl.DataFrame({"amount": [1.5]}), required={"amount": "number"}, optional={})
    """
    if frame.height == 0:
        raise UsageError(f"{where}: found no row; allowed: one or more")
    for name, kind in (*required.items(), *optional.items()):
        if name not in frame.columns:
            if name in required:
                raise UsageError(f"{where}: found no column {name}; allowed: {', '.join(required)}; fix: rename or add it")
            continue
        if not _FITS[kind](frame[name].dtype) and frame[name].null_count() < frame.height:
            raise UsageError(f"{where} {name}: found {frame[name].dtype}; allowed: {kind}; fix: convert the column")
        if name in required and name != "delivered" and frame[name].null_count():
            row = int(frame[name].is_null().arg_max() or 0)
            raise UsageError(
                f"{where} row {row} {name}: found an empty cell; allowed: {kind}; fix: fill it, or leave the row out"
            )


def check_amounts(where: str, values: pl.Series, *, low: float | None) -> None:
    """Refuse amounts that are not finite or below a bound.

    Raises
    ------
    UsageError : names the first row.

    Example
    -------
    >>> check_amounts("ledger", pl.Series("amount", [1.0, -2.0]), low=None)
    """
    numbers = values.cast(pl.Float64)
    is_bad = ~numbers.is_finite() if low is None else ~numbers.is_finite() | (numbers < low)
    if is_bad.any():
        row = int(is_bad.arg_max() or 0)
        allowed = "a finite number" if low is None else f"a finite number, {low:g} or more"
        raise UsageError(f"{where} row {row} {values.name}: found {numbers[row]:g}; allowed: {allowed}; fix: correct the row")
