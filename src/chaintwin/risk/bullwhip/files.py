"""Recorded stages from CSV files, and the levels they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.risk.bullwhip.recorded import Level, stages_of, week_offset
from chaintwin.risk.iso_times import with_iso_times

Floats = NDArray[np.float64]

WEEK = 7


def read_stages(texts: Sequence[str], *, date_column: str | None = None) -> tuple[list[date], list[str], dict[str, Floats]]:
    """Return the days, products and units of recorded stages; see ``stages_of``.

    Parameters
    ----------
    texts : ``NAME=FILE.csv`` each, the stage next to the customer first.
    date_column : name of the column of dates; the first column of dates by default.

    Raises
    ------
    UsageError
        A text is not of that form, a name comes twice, a file cannot be read as CSV, or as for ``stages_of``.
    """
    frames: dict[str, pl.DataFrame] = {}
    for text in texts:
        name, _, file = text.partition("=")
        if not name or not file:
            raise UsageError(
                f"stage: found {text}; allowed: a name and a file, or one project; fix: write such as sales=sales.csv"
            )
        if name in frames:
            raise UsageError(f"stage: found {name} twice; allowed: each name once")
        frames[name] = _read(Path(file))
    if date_column is None:
        first = next(iter(frames.values()), pl.DataFrame())
        date_column = next((name for name, kind in first.schema.items() if kind == pl.Date), "")
        if not date_column:
            raise UsageError(f"{texts[0]}: found no column of dates; allowed: one such as 2026-03-01; fix: name it with --dates")
    return stages_of(frames, date_column=date_column)


def levels_of(days: Sequence[date], names: Sequence[str], *, groups: Path | None = None, products: bool = False) -> list[Level]:
    """Return the levels that records are looked at: all by day and by calendar week, groups by week, products by day.

    Parameters
    ----------
    days, names : days and products of the record.
    groups : CSV whose first two columns are products and their groups; products it does not name are ``other``.
    products : whether every product is looked at by itself.
    """
    levels = [Level("day"), Level("week", bucket=WEEK, offset=week_offset(days))] if len(days) >= 3 * WEEK else [Level("day")]
    if groups is not None:
        known = _groups(groups)
        labels = tuple(known.get(name) or "other" for name in names)
        if len(days) < 3 * WEEK:
            raise UsageError(f"groups: found {len(days)} days; allowed: {3 * WEEK} or more, because groups are measured by week")
        levels.append(Level("week by group", bucket=WEEK, offset=week_offset(days), labels=labels))
    if products:
        levels.append(Level("day by product", labels=tuple(names)))
    return levels


def _groups(path: Path) -> dict[str, str]:
    """Return the group of each product of a file; products are text, whatever they look like."""
    frame = _read(path, as_text=True)
    if frame.width < 2:
        raise UsageError(f"{path}: found one column; allowed: products and their groups")
    first, second = frame.to_series(0), frame.to_series(1)
    different = frame.select(first.alias("product"), second.alias("group")).unique()
    twice = different.filter(pl.col("product").is_duplicated())["product"].drop_nulls().sort().to_list()
    if twice:
        raise UsageError(f"{path}: found {twice[0]} in two groups; allowed: one group for each product")
    return dict(zip(first.to_list(), second.to_list(), strict=True))


def _read(path: Path, *, as_text: bool = False) -> pl.DataFrame:
    if not path.is_file():
        raise UsageError(f"{path}: found no such file; allowed: a CSV file")
    try:
        frame = pl.read_csv(path, infer_schema=not as_text, infer_schema_length=None)
        return frame if as_text else with_iso_times(frame)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: found {str(error).splitlines()[0][:200]}; allowed: CSV in UTF-8") from error
