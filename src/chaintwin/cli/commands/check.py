"""``chaintwin check``: every fault of a project in one report, and on request every value that was filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Json, Project
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import fail, session

if TYPE_CHECKING:
    from chaintwin.network.doctor import Report

EVERY_TABLE = "all"


def check(
    project: Project,
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also show what stands in for blank cells, one line a column, by table.")
    ] = False,
    explain_table: Annotated[
        str,
        typer.Option(
            metavar="TABLE",
            help="The same for one table, or all, in full: with the meaning of every column and every proposed value.",
            show_default=False,
        ),
    ] = "",
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not test the connections of the sources of events that the project names.")
    ] = False,
    json: Json = False,
) -> None:
    """Report every fault of a project and how to mend it."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.feeding.checking import checked_sources, show_sources, with_sources
        from chaintwin.cli.commands.usable import checked_project

        if explain_table:
            _check_table(explain_table)
        network = checked_project(terminal, project)
        sources = checked_sources(terminal, project, is_offline=offline)
        report = with_sources(network, sources)
        document: dict[str, object] = {"project": project, **report.to_dict(), "sources": sources.told()}
        if explain or explain_table:
            document |= _explain(terminal, report, table=explain_table)
        terminal.document(document)
        _show(terminal, report, is_usable=network.ok)
        show_sources(terminal, sources)
        if not report.ok:
            fail()


def _check_table(name: str) -> None:
    from chaintwin.errors import UsageError
    from chaintwin.network.tables.catalog import CATALOG
    from chaintwin.network.tables.cells.nearest import names_of

    known = [table.name for table in CATALOG]
    if name not in (EVERY_TABLE, *known):
        near = names_of(known).nearest(name)
        fix = f"; did you mean {near}?" if near else ""
        raise UsageError(f"--explain-table: found {name}; allowed: {EVERY_TABLE}, {', '.join(known)}{fix}")


def _explain(terminal: Terminal, report: Report, *, table: str) -> dict[str, object]:
    """Show what stands in for blanks and return it for a document; nothing where the tables could not be read."""
    import polars as pl

    from chaintwin.cli.views.explanation import show_explanation
    from chaintwin.network.tables.explaining import explain

    if report.network is None:
        return {}
    blanks, proposed = explain(report.network), report.proposed
    if table not in ("", EVERY_TABLE):
        blanks, proposed = (frame.filter(pl.col("table") == table) for frame in (blanks, proposed))
    show_explanation(terminal, blanks, proposed=proposed, is_full=bool(table))
    return {"defaults": blanks, "proposed": proposed}


def _show(terminal: Terminal, report: Report, *, is_usable: bool) -> None:
    from chaintwin.cli.views.findings import findings_view, tally

    if report.findings:
        terminal.show("", findings_view(report.findings, terminal.width))
    verdict = "The project can be simulated." if is_usable else "It cannot be simulated until the errors are mended."
    terminal.title(f"{tally(report.findings)}. {verdict}")
