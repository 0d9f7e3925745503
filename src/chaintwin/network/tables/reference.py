"""The tables in words, as Markdown: the reference page and the TABLES.md of a new project are made from the catalog."""

from __future__ import annotations

from collections.abc import Sequence

from chaintwin.network.tables.catalog import CATALOG
from chaintwin.network.tables.cells.cells import allowed_range
from chaintwin.network.tables.schema import Column, Kind, Table

KIND_WORDS = (
    (Kind.ID, "your name of a thing: 1 to 200 visible characters, compared exactly"),
    (Kind.TEXT, "free text, up to 2,000 characters"),
    (Kind.CHOICE, "one of the words listed"),
    (Kind.NUMBER, "a number with a decimal point, at most 1e15 in size: 12, 0.5, 1e6"),
    (Kind.INTEGER, "a whole number, at most 1,000,000,000,000,000 in size"),
    (Kind.BOOLEAN, "true or false, yes or no, 1 or 0"),
    (Kind.DATE, "year-month-day, 2025-03-31, or a date cell of a workbook"),
    (Kind.CLOCK, "hours:minutes, 16:30"),
    (Kind.LAW, "a number, or a law such as normal(100, 20), poisson(8), empirical(file.csv)"),
)


def tables_text(tables: Sequence[Table] = CATALOG) -> str:
    """Return one section a table: its meaning, key and columns, as Markdown.

    Parameters
    ----------
    tables : the tables to describe.
    """
    return "\n".join(_section(table) for table in tables)


def kinds_text() -> str:
    """Return what a cell of each kind holds, as a Markdown list."""
    return "\n".join(f"- **{kind.value}**: {words}" for kind, words in KIND_WORDS) + "\n"


def default_text(value: str | float | bool) -> str:
    """Return a default as people write it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _section(table: Table) -> str:
    key = " and ".join(f"`{name}`" for name in table.key)
    lines = [
        f"## {table.name}",
        "",
        table.meaning + (" Required." if table.required else "") + (f" Rows are named by {key}." if key else ""),
        "",
        "| column | holds | allowed | blank means | meaning |",
        "|---|---|---|---|---|",
        *(_line(column) for column in table.columns),
        "",
    ]
    return "\n".join(lines)


def _line(column: Column) -> str:
    unit = f", {column.unit}" if column.unit else ""
    cells = (f"`{column.name}`", f"{column.kind.value}{unit}", _allowed(column), _blank(column), column.meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _allowed(column: Column) -> str:
    if column.choices:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    if column.references:
        return f"a value of `{column.references}`"
    if column.kind in (Kind.NUMBER, Kind.INTEGER, Kind.LAW) and (column.low is not None or column.high is not None):
        return allowed_range(column)
    return ""


def _blank(column: Column) -> str:
    if column.required:
        return "*not allowed*"
    if column.default is not None:
        other = column.other_default
        return f"`{default_text(column.default)}`" + (f"; {other[0]} {other[1]}: `{default_text(other[2])}`" if other else "")
    return column.rule or "left blank"
