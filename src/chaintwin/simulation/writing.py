"""Writes a result: Parquet to compute with, CSV or a workbook to look at, complete or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.network.graph import ActivityKind
from chaintwin.network.tables.files.exchanging import check_before, write_file, write_folder
from chaintwin.network.tables.files.folder import is_marked
from chaintwin.network.tables.files.workbook_safety import inspect_workbook
from chaintwin.network.tables.files.workbook_writing import ROWS_IN_SHEET_MAX, write_workbook

if TYPE_CHECKING:
    from chaintwin.simulation.results import Result

Format = Literal["parquet", "csv", "xlsx"]
"""How a result is written: a folder of Parquet files, a folder of CSV files, or one workbook with a sheet a table."""

FRAMES = ("summary", "stock_points", "streams", "activities", "resources", "periods")
EXTRAS = ("costs", "sites", "bands", "bullwhip", "accounts", "cash_flows")
"""Tables that a result need not have: bands only where they were asked for, accounts where there are partners, the others since
there are maps and rankings."""

ABOUT = ("program_digest", "version", "confidence", "currency", "period", "is_random")

ABOUT_FILE, ABOUT_SHEET = "result.json", "result"
SHEETS = (ABOUT_SHEET, *FRAMES, *EXTRAS, "figures")
"""Sheets of a workbook, in order; those of ``EXTRAS`` where there is something to say."""

DIGITS = 12
"""Significant digits of CSV and XLSX: more than any use of them needs, without the dust of binary fractions."""

_EXACT_MAX = 2**53
"""Whole numbers above this are written to a sheet as text, because its numbers are binary fractions."""

_MEANINGS = {
    "program_digest": "Hash of the compiled network; the same digest, span and version give the same numbers.",
    "version": "Version of chaintwin.",
    "confidence": "Level of every interval, 0 to 1.",
    "currency": "Unit of money.",
    "period": "Unit of time.",
    "is_random": "Demand or lead times are drawn; without chance every replication is the same.",
    "first": "Number of the first period that was run.",
    "periods": "Periods that count.",
    "warm_up": "Periods before them.",
    "replications": "Independent runs.",
    "seed": "Seed of all random numbers.",
}


def write_result(result: Result, path: Path | str, *, format: Format | None = None) -> None:
    """Write a result; see ``Result.write``."""
    chosen = chosen_format(path, format)
    frames = _frames(result)
    check_target(path, chosen, rows=max(frame.height for frame in frames.values()))
    if chosen == "xlsx":
        about = {key: getattr(result, key) for key in ABOUT} | asdict(result.span)
        settings = {key: (_cell(value), _MEANINGS[key]) for key, value in about.items()}
        tables = {name: _readable(name, frame) for name, frame in frames.items()}
        write_file(Path(path), lambda file: write_workbook(file, settings, sheet=ABOUT_SHEET, tables=tables))
        return

    def fill(staging: Path) -> None:
        for name, frame in frames.items():
            if chosen == "csv":
                # A spreadsheet reads a cell such as =HYPERLINK(...) as a formula, unless an apostrophe stands before it.
                harmless(_readable(name, frame)).write_csv(staging / f"{name}.csv", float_scientific=False)
            else:
                frame.write_parquet(staging / f"{name}.parquet")
        about = {"format": chosen, **{key: getattr(result, key) for key in ABOUT}, "span": asdict(result.span)}
        (staging / ABOUT_FILE).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")

    def stale(target: Path) -> Sequence[str]:
        _check_folder(target, chosen)
        # Without this file, which was moved first, an earlier write was killed, and what it left may be of either format.
        whole = (target / ABOUT_FILE).is_file()
        return _present(target, written_format(target)) if whole else [*_present(target, "parquet"), *_present(target, "csv")]

    write_folder(Path(path), fill, stale=stale)


TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".json", ".parquet", ".xls", ".xlsm", ".ods")
"""Endings that name one file of a kind a result is not written to; a folder called so would only puzzle."""


def chosen_format(path: Path | str, format: Format | None) -> Format:
    """Return the format that is meant: by default Parquet, or XLSX where the path ends so.

    Raises
    ------
    UsageError
        There is no such format, or it does not fit the path.
    """
    target = Path(path)
    is_workbook = target.suffix.lower() == ".xlsx"
    chosen: Format = format or ("xlsx" if is_workbook else "parquet")
    if chosen not in get_args(Format):
        raise UsageError(f"format: found {chosen}; allowed: {', '.join(get_args(Format))}")
    if target.suffix.lower() in TABLE_ENDINGS:
        raise UsageError(_puzzling(target, format))
    if is_workbook != (chosen == "xlsx"):
        wanted = "a file that ends in .xlsx" if chosen == "xlsx" else "a folder, whose name does not end in .xlsx"
        raise UsageError(f"{target}: found a name that does not fit the format {chosen}; allowed: {wanted}")
    return chosen


def check_target(path: Path | str, format: Format | None = None, *, rows: int = 0) -> None:
    """Refuse a place that a result cannot be written to, before time is spent on computing one.

    Parameters
    ----------
    path : a folder that is new, empty or holds an earlier result; for XLSX a file that is new or an earlier result.
    format : as for ``Result.write``.
    rows : rows of the longest table, so far as known.

    Raises
    ------
    UsageError
        The place is taken by something that is not a result, may not be written to, or the tables are too long for a sheet.
    """
    target = Path(path)
    chosen = chosen_format(path, format)
    if chosen == "xlsx":
        _check_workbook(target, rows=rows)
    else:
        check_before(target, lambda: _check_folder(target, chosen))
    places = (target.absolute(), *target.absolute().parents)
    blocking = next((place for place in places[1:] if place.exists() and not place.is_dir()), None)
    if blocking is not None:
        raise UsageError(f"{target}: found {blocking}, which is a file; allowed: a folder you may write to")
    home = next(place for place in places if place.is_dir())
    if not os.access(home, os.W_OK):
        raise UsageError(f"{target}: found {home}, which cannot be written to; allowed: a folder you may write to")


def written_format(folder: Path) -> Format:
    """Return the format of the result in a folder; results of before there was a choice are Parquet."""
    try:
        about = json.loads((folder / ABOUT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "parquet"
    return "csv" if isinstance(about, Mapping) and about.get("format") == "csv" else "parquet"


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table for CSV with an apostrophe before every text that a spreadsheet would take for a formula.

    Parameters
    ----------
    frame : the table.
    """
    texts = pl.col(pl.String)
    return frame.with_columns(pl.when(texts.str.contains(r"^[=+\-@\t\r]")).then("'" + texts).otherwise(texts).name.keep())


def _puzzling(target: Path, format: Format | None) -> str:
    """Say why the name of one file is refused, and which folder and format may be meant."""
    ending = target.suffix.lower()
    meant: Format = "csv" if ending in (".csv", ".tsv", ".txt") else "xlsx" if ending in (".xls", ".xlsm", ".ods") else "parquet"
    place = target.with_suffix(".xlsx") if meant == "xlsx" else target.with_suffix("")
    wanted = "a folder, which gets a CSV or Parquet file for each table, or a name that ends in .xlsx"
    asked = f" with the format {format or meant}" if meant != "xlsx" else ""
    return f"{target}: found a name that ends in {target.suffix}; allowed: {wanted}; fix: name {place}{asked}"


def _check_folder(target: Path, format: Format) -> None:
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target}: found a file; allowed: a new folder or an earlier result")
    if not target.is_dir():
        return
    entries = {entry.name for entry in target.iterdir() if not entry.name.startswith(".")}
    # A writer that was killed leaves some of its files, perhaps not this one.
    if not entries or (is_marked(target) and entries <= {*_files("parquet"), *_files("csv")}):
        return
    if ABOUT_FILE not in entries:
        raise UsageError(f"{target}: found files that are not a result; allowed: a new folder or an earlier result")
    earlier = written_format(target)
    foreign = [] if earlier == format else [name for name in _present(target, format) if name != ABOUT_FILE]
    if foreign:
        raise UsageError(
            f"{target}: found {', '.join(foreign)} beside an earlier result in {earlier}; allowed: nothing in the place of a new "
            "file; fix: move it away, or name another folder"
        )


def _check_workbook(target: Path, *, rows: int) -> None:
    if target.is_dir():
        raise UsageError(f"{target}: found a folder; allowed: a new file or an earlier result")
    found = {sheet.name for sheet in inspect_workbook(target).sheets} if target.exists() else set(SHEETS)
    if not set(SHEETS) - set(EXTRAS) <= found <= set(SHEETS):
        raise UsageError(f"{target}: found a file that is not a result; allowed: a new file or an earlier result")
    if rows > ROWS_IN_SHEET_MAX:
        raise UsageError(
            f"{target}: found a table of {rows:,} rows; allowed: at most {ROWS_IN_SHEET_MAX:,}, the limit of a sheet; "
            "fix: write csv or parquet"
        )


def _frames(result: Result) -> dict[str, pl.DataFrame]:
    extras = {name: getattr(result, name) for name in EXTRAS if getattr(result, name).height}
    return {name: getattr(result, name) for name in FRAMES} | extras | {"figures": pl.DataFrame(dict(result.figures))}


def _files(format: Format) -> tuple[str, ...]:
    return (*(f"{name}.{format}" for name in (*FRAMES, *EXTRAS, "figures")), ABOUT_FILE)


def _present(folder: Path, format: Format) -> list[str]:
    return [name for name in _files(format) if (folder / name).exists()]


def _readable(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table with words for codes and without digits that say nothing; what is not a number is blank."""
    if name == "activities":
        frame = frame.with_columns(pl.col("kind").replace_strict({int(kind): kind.name.lower() for kind in ActivityKind}))
    numbers = pl.col(pl.Float64)
    return frame.with_columns(pl.when(numbers.is_finite()).then(numbers.round_sig_figs(DIGITS)).name.keep())


def _cell(value: str | float) -> str | float:
    return str(value) if isinstance(value, int) and abs(value) > _EXACT_MAX else value
