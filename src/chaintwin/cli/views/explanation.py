"""What stands in for blanks: defaults and rules of the tables, and values proposed from geography."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.views.numbers import count

if TYPE_CHECKING:
    import polars as pl

PROPOSALS_MAX = 40
"""Proposed values shown of one column; ``--json`` has them all."""


def show_explanation(terminal: Terminal, blanks: pl.DataFrame, *, proposed: pl.DataFrame) -> None:
    """Print every default and rule in force, then every proposed value.

    Parameters
    ----------
    terminal : where to.
    blanks : as from ``chaintwin.network.tables.explaining.explain``.
    proposed : as in a report of the doctor.
    """
    from rich.table import Table
    from rich.text import Text

    terminal.title("What blank cells mean here")
    for (name,), group in blanks.group_by("table", maintain_order=True):
        table = Table(box=None, padding=(0, 1), header_style="dim", width=terminal.width)
        table.add_column(str(name), no_wrap=True, header_style="bold", width=18)
        table.add_column("rows", justify="right", no_wrap=True, width=9)
        table.add_column("what holds instead", ratio=2)
        table.add_column("meaning", ratio=3, style="dim")
        for row in group.to_dicts():
            table.add_row(row["column"], f"{row['rows']:,}", Text(row["value"]), Text(row["meaning"]))
        terminal.show(table)
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
