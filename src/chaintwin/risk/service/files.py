"""Order lines from a file."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.risk.iso_times import with_iso_times

FLAGS = ("is_document_right", "is_condition_right", "is_place_right", "is_product_right")
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


def read_order_lines(path: Path | str) -> pl.DataFrame:
    """Read order lines, to be judged by ``judge_orders``.

    Parameters
    ----------
    path : CSV in UTF-8 with dates such as 2026-03-01, or Parquet. Flags may be true or false, yes or no, 1 or 0 in any case.

    Raises
    ------
    UsageError
        The file cannot be read, or a flag is something else.
    """
    source = Path(path)
    if not source.is_file():
        raise UsageError(f"{source}: found no such file; allowed: CSV or Parquet of order lines")
    try:
        if source.suffix.lower() == ".parquet":
            frame = pl.read_parquet(source)
        else:
            names = pl.read_csv(source, n_rows=0, infer_schema=False).columns
            # An order 007 is not an order 7.
            texts = {"order_id": pl.String} if "order_id" in names else {}
            frame = with_iso_times(pl.read_csv(source, infer_schema_length=None, schema_overrides=texts))
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise UsageError(f"{source}: found {str(error).splitlines()[0][:200]}; allowed: CSV in UTF-8, or Parquet") from error
    return frame.with_columns(_flag(frame[name], file=source.name) for name in FLAGS if name in frame.columns)


def _flag(values: pl.Series, *, file: str) -> pl.Series:
    if values.dtype == pl.Boolean:
        return values
    text = values.cast(pl.String).str.to_lowercase()
    wrong = text.is_not_null() & ~text.is_in([*TRUE, *FALSE])
    if wrong.any():
        row = int(wrong.arg_max() or 0)
        raise UsageError(f"{file} row {row + 2} {values.name}: found {values[row]}; allowed: true or false")
    return text.replace_strict(dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False), return_dtype=pl.Boolean)
