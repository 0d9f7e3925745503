"""What an import read, counted, fitted and left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.views.findings import findings_view, tally
from chaintwin.cli.views.numbers import count, number, percent

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from chaintwin.ingest.shipment_log.importing import ImportResult
    from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping

GROUP_MAX = 12
"""Groups of more figures than this, such as one a month, are left to the report file."""

FITS_MAX = 10


def show_mapping_table(terminal: Terminal, mapping: LogMapping) -> None:
    """Print which column was taken for what, and how sure that is.

    Parameters
    ----------
    terminal : where to.
    mapping : guessed, shipped or read.
    """
    from rich.text import Text

    is_guess = bool(mapping.confidence)
    terminal.title("The mapping, guessed from headers and cells" if is_guess else f"The mapping: {mapping.name}")
    if not mapping.columns:
        return
    table = _table(("means", "left"), ("column of the log", "left"), *([("sure", "right")] if is_guess else []))
    for name in mapping.columns:
        sure = [percent(mapping.confidence.get(name), 0)] if is_guess else []
        table.add_row(name, Text(", ".join(mapping.headers(name))), *sure)
    terminal.show(table)
    if mapping.unused:
        terminal.show(Text(f"  not used: {', '.join(mapping.unused)}", style="dim"))


def show_import(terminal: Terminal, result: ImportResult) -> None:
    """Print the report of an import.

    Parameters
    ----------
    terminal : where to.
    result : what the import returned.
    """
    from rich.text import Text

    report = result.report
    terminal.title(f"The log: {count(len(report.source), 'file')}, complete up to {report.as_of}")
    facts = _table(("figure", "left"), ("", "right"))
    for name, value in _flat(report.facts):
        facts.add_row(name, value)
    terminal.show(facts)
    terminal.title("Cells by kind")
    terminal.show(_cells(report.cells))
    steps = list(_flat({**report.references, **report.steps}))
    if steps:
        terminal.title("What was done with them")
        done = _table(("step", "left"), ("count", "right"))
        for name, value in steps:
            done.add_row(name, value)
        terminal.show(done)
    terminal.title(f"What was odd or assumed: {tally(result.findings)}")
    terminal.show(findings_view(result.findings, terminal.width))
    _show_fits(terminal, result.lane_fits, period=result.network.settings.period.value)
    tables = {name: result.network[name].height for name in ("sites", "products", "lanes", "demand", "stock_points", "sources")}
    terminal.title("The network")
    amounts = ", ".join(f"{amount:,} {name.replace('_', ' ')}" for name, amount in tables.items() if amount)
    terminal.show(Text(f"  {result.network.settings.name}: rows of its tables: {amounts}"))


def _show_fits(terminal: Terminal, fits: pl.DataFrame, *, period: str) -> None:
    from rich.text import Text

    if not fits.height:
        return
    terminal.title(f"Lead times in {period}s: the {min(FITS_MAX, fits.height)} busiest of {count(fits.height, 'lane')}")
    table = _table(
        ("lane", "left"),
        ("shipments", "right"),
        ("open", "right"),
        ("mean", "right"),
        ("sd", "right"),
        ("95 % within", "right"),
        ("law", "left"),
    )
    table.columns[0].max_width = max(24, terminal.width - 56)
    table.columns[0].overflow = "ellipsis"
    for row in fits.sort(["n", "lane"], descending=[True, False]).head(FITS_MAX).to_dicts():
        law = str(row["law"] or "").partition("(")[0]
        table.add_row(
            Text(row["lane"]),
            number(row["n"]),
            number(row["censored"]),
            number(row["mean"]),
            number(row["sd"]),
            number(row["p95"]),
            law,
        )
    terminal.show(table)


def _cells(cells: Mapping[str, Mapping[str, int]]) -> Table:
    from rich.text import Text

    table = _table(("column", "left"), ("values", "right"), ("blank", "right"), ("anything else", "left"))
    table.columns[3].no_wrap = False
    for column, kinds in cells.items():
        others = [f"{amount:,} {_words(kind)}" for kind, amount in kinds.items() if kind not in ("value", "blank") and amount]
        table.add_row(Text(column), f"{kinds.get('value', 0):,}", f"{kinds.get('blank', 0):,}", ", ".join(others))
    return table


def _flat(facts: Mapping[str, object], head: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and value of the figures worth a line; long groups, texts and hashes are in the report file."""
    for name, value in facts.items():
        label = f"{head}{_words(name)}"
        if isinstance(value, Mapping):
            if len(value) <= GROUP_MAX:
                yield from _flat(value, f"{label}, ")
        elif isinstance(value, bool | int):
            yield label, f"{value:,}"
        elif isinstance(value, float):
            yield label, percent(value) if name.endswith("share") else number(value)
        elif isinstance(value, str) and len(value) <= 24:
            yield label, value


def _words(name: str) -> str:
    return name.removeprefix("word:").replace("_", " ").replace(":", " ")


def _table(*columns: tuple[str, str]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), header_style="dim")
    for name, justify in columns:
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    return table
