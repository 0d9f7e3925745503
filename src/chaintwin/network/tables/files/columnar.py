"""Parquet files: typed columns, read as text like all others so that one set of checks serves every format."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.tables.files.sheet import COLUMNS_MAX, ROWS_MAX, Sheet, fault

CELLS_MAX = 100_000_000
"""Most cells of one Parquet file: a few bytes of it can stand for any number of equal cells."""

_NESTED = (pl.List, pl.Array, pl.Struct, pl.Binary, pl.Object)


def read_columnar(path: Path, *, table: str) -> tuple[Sheet | None, list[Finding]]:
    """Read a Parquet file as text; row 2 is its first row, so that numbers match those of the other formats."""
    file = path.name
    try:
        lazy = pl.scan_parquet(path, glob=False)
        schema = lazy.collect_schema()
        height = int(lazy.select(pl.len()).collect().item())
        if height > ROWS_MAX or len(schema) > COLUMNS_MAX or height * len(schema) > CELLS_MAX:
            found = f"{height} rows of {len(schema)} columns"
            allowed = f"at most {ROWS_MAX} rows, {COLUMNS_MAX} columns, {CELLS_MAX} cells"
            return None, [fault(file, "file.long", found=found, allowed=allowed, fix="split the project")]
        frame = lazy.collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        found = "no readable Parquet file"
        return None, [fault(file, "file.parquet", found=found, allowed="a Parquet file", fix="write the file again")]
    findings = [
        Finding("type.nested", f"cells of type {dtype}", "text, numbers, dates", fix="write plain values", file=file, column=name)
        for name, dtype in schema.items()
        if dtype.base_type() in _NESTED
    ]
    plain = frame.select(_as_text(name, dtype) for name, dtype in schema.items() if dtype.base_type() not in _NESTED)
    rows = pl.Series("row", range(2, 2 + plain.height), dtype=pl.UInt32)
    return Sheet(table=table, file=file, frame=plain, rows=rows), findings


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(dtype, pl.Time):
        return column.dt.strftime("%H:%M:%S")
    return column.cast(pl.String)
