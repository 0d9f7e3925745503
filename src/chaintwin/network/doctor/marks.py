"""What checks look at, and how the rows they pick become findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.codes import CODES
from chaintwin.network.doctor.refused import WHOLE_COLUMNS, Refused
from chaintwin.network.network import Network, Settings
from chaintwin.network.tables.cells.references import Place

MOST = 10
"""Findings of one code and file that are listed one by one; the last of them counts the rest. More would bury the others."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A network with the places its rows came from.

    Parameters
    ----------
    network : the tables.
    places : file and row numbers of each table that was read; a table without goes by its name, its rows numbered on.
    refused : cells that are already reported as errors and look blank or like their default since.
    """

    network: Network
    places: Mapping[str, Place]
    refused: Refused = field(default_factory=Refused)

    @property
    def settings(self) -> Settings:
        """Settings of the project."""
        return self.network.settings

    def table(self, name: str) -> pl.DataFrame:
        """Return a table with a first column ``row``, the number a spreadsheet shows."""
        frame, place = self.network[name], self.places.get(name)
        if place is None:
            return frame.with_row_index("row", offset=2).with_columns(pl.col("row").cast(pl.Int64))
        return frame.select(place.rows.cast(pl.Int64).alias("row"), pl.all())

    def without_echoes(self, code: str, rows: pl.DataFrame, *, table: str) -> pl.DataFrame:
        """Return the rows whose finding of a code would not only repeat that a cell was refused.

        Parameters
        ----------
        code : of the finding.
        rows : at fault; those of a table have a column ``row``.
        table : they are in, empty for none.
        """
        columns = self.refused.echoed_by(code)
        if not columns or not table or "row" not in rows.columns or rows.height == 0:
            return rows
        place = self.places.get(table)
        headers = [place.headers.get(column, column) if place else column for column in columns]
        lost = self.refused.rows(self.file(table), headers, is_whole=code in WHOLE_COLUMNS)
        return rows.filter(~pl.col("row").is_in(lost)) if lost is not None else rows.clear()

    def file(self, name: str) -> str:
        """Return the file or sheet of a table."""
        place = self.places.get(name)
        return place.file if place else name


def mark(
    subject: Subject,
    code: str,
    *,
    rows: pl.DataFrame,
    table: str,
    column: str = "",
    found: str | pl.Expr = "found",
    fix: str | pl.Expr = "",
    most: int = MOST,
) -> list[Finding]:
    """Return findings of one code, one a row; beyond ``most`` the last one counts the rest.

    Parameters
    ----------
    subject : what is checked.
    code : a code of ``CODES``.
    rows : the rows at fault, in the order to be listed; ``row`` numbers them, if present.
    table : the table they are in; empty for findings about no row.
    column : the column at fault.
    found : what was met: a column's name or an expression.
    fix : the suggested repair: a text for all, or an expression.
    most : how many are listed.
    """
    rows = subject.without_echoes(code, rows, table=table)
    if rows.height == 0:
        return []
    kind = CODES[code]
    place = pl.col("row") if "row" in rows.columns else pl.lit(0)
    texts = pl.col(found) if isinstance(found, str) else found
    repair = pl.lit(fix) if isinstance(fix, str) else fix
    told = rows.head(most).select(place.alias("row"), texts.cast(pl.String).alias("found"), repair.cast(pl.String).alias("fix"))
    rest = rows.height - told.height
    return [
        Finding(
            code,
            text or "nothing",
            kind.allowed,
            fix=cure or "",
            file=subject.file(table) if table else "",
            row=int(row),
            column=column,
            severity=kind.severity,
            count=1 + (rest if place_in_list == told.height - 1 else 0),
        )
        for place_in_list, (row, text, cure) in enumerate(told.iter_rows())
    ]


def remark(code: str, *, found: str, fix: str = "", file: str = "", row: int = 0, column: str = "", count: int = 1) -> Finding:
    """Return one finding of a code."""
    kind = CODES[code]
    return Finding(code, found, kind.allowed, fix=fix, file=file, row=row, column=column, severity=kind.severity, count=count)


def number(value: float) -> str:
    """Return a number as people write it: ``1,250``, ``0.35``."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return the first names and how many more there are; names may hold commas."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more


def joined(*parts: str | pl.Expr) -> pl.Expr:
    """Return texts and columns joined without separator; blanks become empty."""
    pieces = [pl.lit(part) if isinstance(part, str) else part.cast(pl.String).fill_null("") for part in parts]
    return pl.concat_str(pieces)
