"""What stands in for blanks: defaults and rules of the tables, and values proposed from geography."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.views.numbers import count

if TYPE_CHECKING:
    import polars as pl

PROPOSALS_MAX = 40
"""Proposed values shown of one column; ``--json`` has them all."""

NO_VALUE = ("left blank", "needs quantity or series", "needs weekday or date")
"""Rules of columns that nothing stands in for."""

VALIDITY = ("valid_from", "valid_to")

COLUMN_WIDTH, ROWS_WIDTH = 18, 13


def show_explanation(terminal: Terminal, blanks: pl.DataFrame, *, proposed: pl.DataFrame, is_full: bool) -> None:
    """Print the defaults, rules and proposed values that are in force, table by table.

    Parameters
    ----------
    terminal : where to.
    blanks : as from ``chaintwin.network.tables.explaining.explain``.
    proposed : as in a report of the doctor.
    is_full : with the meaning of every column, the columns that are blank and mean nothing then, and every proposed value;
        otherwise one line a column that something stands in for.
    """
    terminal.title("What stands in for blank cells")
    if not is_full:
        _show_short(terminal, blanks, proposed)
        terminal.show(
            "",
            "Rows without valid_from and valid_to are always in force.",
            "In full: --explain-table TABLE, or --explain-table all.",
        )
        return
    _show_blanks(terminal, blanks)
    _show_proposed(terminal, proposed)


def _show_short(terminal: Terminal, blanks: pl.DataFrame, proposed: pl.DataFrame) -> None:
    import polars as pl
    from rich.table import Table
    from rich.text import Text

    filled = {(row["table"], row["column"]): row["basis"] for row in _proposed_columns(proposed)}
    for (name,), group in blanks.group_by("table", maintain_order=True):
        terminal.show(Text.assemble((str(name), "bold"), (f"  {count(int(group['of'][0]), 'row')}", "dim")))
        table = Table(box=None, show_header=False, padding=(0, 1), width=terminal.width)
        table.add_column(no_wrap=True, width=COLUMN_WIDTH)
        table.add_column(no_wrap=True, width=ROWS_WIDTH, style="dim")
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for row in group.filter(~pl.col("value").is_in(NO_VALUE), ~pl.col("column").is_in(VALIDITY)).to_dicts():
            basis = filled.get((str(name), row["column"]))
            value = row["value"] if basis is None else f"proposed: {basis}"
            rows = "all" if row["rows"] == row["of"] else f"{row['rows']:,} of {row['of']:,}"
            table.add_row(row["column"], rows, Text(value))
        terminal.show(table)


def _show_blanks(terminal: Terminal, blanks: pl.DataFrame) -> None:
    from rich.table import Table
    from rich.text import Text

    if blanks.is_empty():
        terminal.show("  Nothing: no cell that may be blank is blank, or the table has no rows.")
    for (name,), group in blanks.group_by("table", maintain_order=True):
        table = Table(box=None, padding=(0, 1), header_style="dim", width=terminal.width)
        table.add_column(str(name), no_wrap=True, header_style="bold", width=COLUMN_WIDTH)
        table.add_column("rows", justify="right", no_wrap=True, width=9)
        table.add_column("what holds instead", ratio=2)
        table.add_column("meaning", ratio=3, style="dim")
        for row in group.to_dicts():
            table.add_row(row["column"], f"{row['rows']:,}", Text(row["value"]), Text(row["meaning"]))
        terminal.show(table)


def _show_proposed(terminal: Terminal, proposed: pl.DataFrame) -> None:
    from rich.table import Table
    from rich.text import Text

    terminal.title(f"Proposed values: {proposed.height:,}")
    if not proposed.height:
        terminal.show("  None: nothing that geography could propose was blank.")
    for (name, column), group in proposed.group_by("table", "column", maintain_order=True):
        basis = ", ".join(str(text) for text in group["basis"].unique(maintain_order=True).head(3))
        terminal.show(Text.assemble((f"{name} {column}", "bold"), (f"  {count(group.height, 'value')}, from {basis}", "dim")))
        table = Table(box=None, show_header=False, padding=(0, 1))
        for style in ("right", "left", "left"):
            table.add_column(justify=style, no_wrap=True, overflow="ellipsis", max_width=terminal.width // 2)
        for row in group.head(PROPOSALS_MAX).to_dicts():
            table.add_row(f"row {row['row']}", Text(str(row["object_id"])), Text(str(row["value"])))
        terminal.show(table)
        if group.height > PROPOSALS_MAX:
            terminal.show(Text(f"  ... and {group.height - PROPOSALS_MAX:,} more; --json lists them all", style="dim"))


def _proposed_columns(proposed: pl.DataFrame) -> list[dict[str, str]]:
    """Return table, column and basis of every column that values were proposed for."""
    import polars as pl

    bases = pl.col("basis").unique(maintain_order=True).str.join(", ")
    return proposed.group_by("table", "column", maintain_order=True).agg(bases).to_dicts()
