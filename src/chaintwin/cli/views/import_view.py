"""What an import read, which network came out, and what to look at: one screen; the rest is in the report beside the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.views.findings import tally
from chaintwin.cli.views.numbers import count, percent
from chaintwin.errors import Finding, Severity

if TYPE_CHECKING:
    from rich.console import RenderableType

    from chaintwin.ingest.shipment_log.importing import ImportResult
    from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
    from chaintwin.ingest.shipment_log.report import ImportReport

WARNINGS_MAX = 5

UNSURE = 0.8
"""A guess less sure than this is marked."""

UNUSED_MAX = 8
"""More columns without a use are counted."""

WEIGHTY = (
    "log.no_arrival",
    "import.arrival_doubtful",
    "mapping.date_unread",
    "mapping.product_doubtful",
    "log.date_ambiguous",
    "log.number_ambiguous",
    "log.unit_mixed",
    "log.currency_mixed",
    "mapping.currency_assumed",
    "import.value_unknown",
    "log.sheets_unread",
    "log.date_far",
    "log.quantity_far",
    "log.lead_time_far",
    "log.unit_value_far",
    "log.open_overdue",
    "log.line_repeated",
    "log.id_repeated",
    "log.country_conflict",
    "log.country_unknown",
    "log.quantity_not_positive",
    "import.loop",
    "log.mode_unknown",
    "log.year_outside",
    "log.cell_unread",
    "import.country_unknown",
    "import.lead_time_unknown",
)
"""Kinds of warnings, those first that change the result most; any other stands behind them."""

PLAIN: Mapping[str, tuple[str, str]] = {
    "log.no_arrival": ("No line has a day of arrival, so no lead time is known.", "{fix}."),
    "import.arrival_doubtful": ("{found}.", "{fix}."),
    "mapping.date_unread": ("{found}.", "{fix}."),
    "mapping.product_single": ("There is one product only: {column} has {found}.", "{fix}."),
    "mapping.product_doubtful": ("{column} was taken for the product, and has {found}.", "{fix}."),
    "log.date_ambiguous": ("Every date in {column} fits day first as well as month first.", "{fix}."),
    "log.number_ambiguous": ("{column}: {found}.", "{fix}."),
    "log.unit_mixed": ("{column}: {cells} not read, {found}.", "{fix}."),
    "log.currency_mixed": ("{column}: {rows} without an amount, {found}.", "{fix}."),
    "mapping.currency_assumed": (
        "The log names no currency; US dollars are assumed.",
        'Write currency = "EUR", say, in the mapping.',
    ),
    "import.value_unknown": (
        "{products} without a value in the log; 1 is used, so costs of stock mean nothing.",
        "Fill in value in products.csv, or map a column of values.",
    ),
    "log.sheets_unread": ("{found}.", "{fix}."),
    "log.date_far": ("{column}, {rows}: {found}.", "{fix}."),
    "log.quantity_far": ("{column}, {rows}: {found}.", "{fix}."),
    "log.lead_time_far": ("{rows}: {found}.", "{fix}."),
    "log.unit_value_far": ("{column}, {rows}: {found}.", "{fix}."),
    "log.open_overdue": ("{found}.", "Fill in the day they arrived; lead times go without them."),
    "log.line_repeated": ("{rows} equal to an earlier one.", "{fix}."),
    "log.id_repeated": ("{rows} with the id of an earlier one and other content.", "{fix}."),
    "log.spelling_merged": ("{found} ({rows}).", "{fix}."),
    "log.place_blank": ("{found} in the table of places.", "{fix}."),
    "log.country_conflict": ("{found}.", "The most frequent is taken; correct the others."),
    "log.country_unknown": ("{column}: no country is called {found}.", "{fix}."),
    "log.quantity_not_positive": ("{rows} with a quantity of 0 or less.", "Left out; returns are no demand."),
    "log.year_outside": ("{column}: the year of {found} lies outside 1970 to 2100 ({rows}).", "{fix}."),
    "log.cell_unread": ("{column}: {found} is not {allowed} ({rows}).", "{fix}."),
    "import.country_unknown": ("{found} ({sites}).", "{fix}."),
    "import.hub_place_unknown": ("{found}.", "{fix}."),
    "log.delivered_before_ordered": (
        "{rows} delivered before they were ordered.",
        "Left out of the lead times; correct the dates.",
    ),
    "log.delivered_before_shipped": ("{rows} delivered before they left.", "Left out of the lead times; correct the dates."),
    "import.lead_time_unknown": (
        "{lanes} without a lead time in the log.",
        "One is proposed from distance; fill in a better one.",
    ),
}
"""Warnings in plain words: what it is, and what to do."""

REASONS: Mapping[str, str] = {
    "repeated line": "there twice",
    "repeated id": "corrected by another line",
    "day up to the as-of date": "of later days",
    "product": "without a product",
    "destination": "without a destination",
    "sender": "without a sender",
    "positive quantity": "without a quantity above 0",
    "date": "without a date",
}


def show_import(terminal: Terminal, result: ImportResult, *, again: str) -> None:
    """Print what was read, the network, and the weightiest warnings.

    Parameters
    ----------
    terminal : where to.
    result : what the import returned.
    again : the command that imported, to be repeated with a corrected mapping.
    """
    terminal.title(f"The log: {_read(result.report)}")
    terminal.show(*(_line(text) for text in _reading(result)))
    _show_mapping(terminal, result.mapping, again=again)
    settings = result.network.settings
    terminal.title(f"The network: {settings.name}, in {settings.period}s and {settings.currency}")
    names = {"sites": "site", "products": "product", "lanes": "lane", "demand": "demand stream", "stock_points": "stock point"}
    terminal.show(_line(", ".join(count(result.network[table].height, name) for table, name in names.items()) + "."))
    terminal.show(*(_line(sentence) for sentence in result.report.coverage.sentences()))
    _show_warnings(terminal, result.findings)


def show_places(terminal: Terminal, target: Path, *, report: Path, findings: Sequence[Finding]) -> None:
    """Print where the full report is.

    Parameters
    ----------
    terminal : where to.
    target : the project.
    report : the file.
    findings : of the import, which the report lists.
    """
    terminal.title(f"Written to {target}")
    terminal.show(_line(f"Full report: {report} ({tally(findings)})"))


def _read(report: ImportReport) -> str:
    return f"{count(len(report.source), 'file')}, up to {report.as_of}"


def _reading(result: ImportResult) -> list[str]:
    lines = result.report.steps.get("lines", {})
    if not lines:
        places = result.report.steps.get("places", {})
        used, rows = places.get("used", 0), places.get("rows", 0)
        rest = "; other rows are duplicates or of products without a series" if rows > used else ""
        return [f"The table of places has {count(rows, 'row')} with {count(used, 'different place')} of products{rest}."]
    said = f"{lines['used']:,} of {lines['lines']:,} lines used"
    reasons = [f"{amount:,} {REASONS[name]}" for name, amount in _left_out(lines) if amount]
    # A line that lacks several things is counted by the first alone, so the numbers add up to the lines left out.
    said += f"; left out: {', '.join(reasons)}." if reasons else "."
    sums = sum(finding.count for finding in result.findings if finding.code == "log.totals")
    if sums:
        said += f" {count(sums, 'row')} of sums left out."
    merged = sum(result.report.steps.get("spellings_merged", {}).values())
    if merged:
        said += f" {count(merged, 'spelling')} of names taken for others."
    if lines.get("open"):
        said += f" {count(lines['open'], 'shipment')} not arrived yet."
    return [said]


def _left_out(lines: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(name.removeprefix("left_out:"), amount) for name, amount in lines.items() if name.startswith("left_out:")]


def _show_mapping(terminal: Terminal, mapping: LogMapping, *, again: str) -> None:
    if not mapping.confidence:
        pairs = [f"{name} = {' or '.join(headers)}" for name, headers in mapping.columns.items()]
        said = f": {'; '.join(pairs)}" if pairs else ""
        terminal.show(_line(f"Columns by the mapping {mapping.name}{said}."))
        return
    pairs = []
    for name in mapping.columns:
        sure = mapping.confidence.get(name, 1.0)
        doubt = f" (only {percent(sure, 0)} sure)" if sure < UNSURE else ""
        pairs.append(f"{name} = {' or '.join(mapping.headers(name))}{doubt}")
    terminal.show(_line(f"Columns, guessed: {'; '.join(pairs)}."))
    if mapping.unused:
        more = f" and {len(mapping.unused) - UNUSED_MAX:,} more" if len(mapping.unused) > UNUSED_MAX else ""
        terminal.show(_line(f"Not used: {', '.join(mapping.unused[:UNUSED_MAX])}{more}."))
    terminal.show(_line(f"Not right? {again} --show-mapping > mapping.toml"))
    terminal.show(_line("Correct that file and import again with --mapping mapping.toml --replace"))


def _show_warnings(terminal: Terminal, findings: Sequence[Finding]) -> None:
    warnings = [finding for finding in findings if finding.severity is not Severity.NOTE]
    if not warnings:
        return
    shown = _weightiest(warnings)
    of = f", {len(shown)} of {len(warnings)} warnings" if len(warnings) > len(shown) else ""
    terminal.title(f"What to look at{of}")
    for number, finding in enumerate(shown, start=1):
        terminal.show(_line(_plain(finding), head=f"{number}. ", indent=2))


def _weightiest(warnings: Sequence[Finding]) -> list[Finding]:
    """Return the warnings shown, one of each kind and column at first, those of more rows before others."""
    rank = {code: place for place, code in enumerate(WEIGHTY)}
    ordered = sorted(warnings, key=lambda item: (rank.get(item.code, len(rank)), -item.count))
    firsts: dict[tuple[str, str], Finding] = {}
    for finding in ordered:
        firsts.setdefault((finding.code, finding.column), finding)
    return list(firsts.values())[:WARNINGS_MAX]


def _plain(finding: Finding) -> str:
    what, remedy = PLAIN.get(finding.code, ("{column} {found} ({rows})." if finding.count > 1 else "{column} {found}.", "{fix}."))
    values = {
        "column": finding.column,
        "rows": count(finding.count, "line"),
        "cells": count(finding.count, "cell"),
        "sites": count(finding.count, "site"),
        "lanes": count(finding.count, "lane"),
        "products": count(finding.count, "product"),
        "found": finding.found,
        "allowed": finding.allowed,
        "fix": finding.fix[:1].upper() + finding.fix[1:],
    }
    # Each part is filled by itself: a cell may hold braces.
    said = [_filled(part, values).strip() for part in (what, remedy)]
    return printable(" ".join(part[:1].upper() + part[1:] for part in said))


def _filled(template: str, values: Mapping[str, str]) -> str:
    return template.format(**values)


def _line(text: str, *, head: str = "", indent: int = 2) -> RenderableType:
    """Return a paragraph, its later lines under the first."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=0, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(" " * indent + head), Text(text))
    return table
