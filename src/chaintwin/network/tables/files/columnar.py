"""Parquet files: typed columns, read as text like all others so that one set of checks serves every format."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.tables.files.sheet import COLUMNS_MAX, ROWS_MAX, Sheet, fault

CELLS_MAX = 100_000_000
"""Most cells of one Parquet file: a few bytes of it can stand for any number of equal cells."""

TRIAL_SECONDS_MAX = 300
"""Longest trial of the files of a project; one at the limits above takes some seconds."""

_NESTED = (pl.List, pl.Array, pl.Struct, pl.Binary, pl.Object)
_PLAIN = (pl.String, pl.Boolean, pl.Date, pl.Datetime, pl.Time, pl.Categorical, pl.Enum, pl.Decimal, pl.Null)
"""Types beside numbers whose values have a text that stands for them in a CSV file."""

# One line for each file that could be read, after a first line that tells the program started at all.
_TRIAL = f"""
import sys
import polars as pl
print("started", flush=True)
for path in sys.argv[1:]:
    lazy = pl.scan_parquet(path, glob=False)
    height, width = lazy.select(pl.len()).collect().item(), len(lazy.collect_schema())
    if height <= {ROWS_MAX} and width <= {COLUMNS_MAX} and height * width <= {CELLS_MAX}:
        lazy.collect()
    print("read", flush=True)
"""


def unreadable_files(paths: Sequence[Path]) -> frozenset[Path]:
    """Return the Parquet files that cannot be read, as found out by another process.

    Parameters
    ----------
    paths : the files.

    A damaged Parquet file can end the process that reads it: the library asks for as much memory as the file claims to need. The
    first reading is done by a process that may be lost; the second, by this one, then meets no surprise.
    """
    broken: set[Path] = set()
    rest = list(paths)
    while rest:
        command = [sys.executable, "-P", "-c", _TRIAL, *map(str, rest)]
        try:
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=TRIAL_SECONDS_MAX, check=False
            )
            lines = done.stdout.split()
        except subprocess.TimeoutExpired as expired:
            lines = (expired.stdout or b"").split()
        except OSError:
            return frozenset(broken)
        if not lines:
            # Python itself cannot be started anew here, as inside a frozen program: then there is no trial.
            return frozenset(broken)
        count = len(lines) - 1
        if count < len(rest):
            broken.add(rest[count])
        rest = rest[count + 1 :]
    return frozenset(broken)


def read_columnar(path: Path, *, table: str, is_tried: bool = False) -> tuple[Sheet | None, list[Finding]]:
    """Read a Parquet file as text; None if it cannot be read. Row 2 is its first row, as in the other formats.

    Parameters
    ----------
    path : the file, at most FILE_BYTES_MAX bytes.
    table : name of the table.
    is_tried : ``unreadable_files`` found the file readable already.
    """
    file = path.name
    refusal = fault(file, "file.parquet", found="no readable Parquet file", allowed="a Parquet file", fix="write the file again")
    if not is_tried and unreadable_files([path]):
        return None, [refusal]
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
        return None, [refusal]
    findings = [_type_fault(file, name, dtype) for name, dtype in schema.items() if not _is_plain(dtype)]
    try:
        plain = frame.select(_as_text(name, dtype) for name, dtype in schema.items() if _is_plain(dtype))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError):
        return None, [refusal]
    rows = pl.Series("row", range(2, 2 + plain.height), dtype=pl.UInt32)
    return Sheet(table=table, file=file, frame=plain, rows=rows), findings


def _is_plain(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype.base_type() in _PLAIN


def _type_fault(file: str, name: str, dtype: pl.DataType) -> Finding:
    allowed, fix = "text, numbers, truth values, dates, times of day", "write plain values"
    if dtype.base_type() in _NESTED:
        return Finding("type.nested", f"cells of type {dtype}", allowed, fix=fix, file=file, column=name)
    fix = "write the number of periods" if isinstance(dtype, pl.Duration) else fix
    return Finding("type.other", f"cells of type {dtype}", allowed, fix=fix, file=file, column=name)


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(dtype, pl.Time):
        return column.dt.strftime("%H:%M:%S")
    return column.cast(pl.String)
