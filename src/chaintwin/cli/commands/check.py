"""``chaintwin check``: every fault of a project in one report, and on request every value that was filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Json, Project
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import fail, session

if TYPE_CHECKING:
    from chaintwin.network.doctor import Report


def check(
    project: Project,
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also show every default that was applied and every value that was proposed.")
    ] = False,
    json: Json = False,
) -> None:
    """Report every fault of a project and how to mend it."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.usable import checked_project
        from chaintwin.cli.views.explanation import show_explanation

        report = checked_project(terminal, project)
        document: dict[str, object] = {"project": project, **report.to_dict()}
        if explain and report.network is not None:
            from chaintwin.network.tables.explaining import explain as explain_blanks

            blanks = explain_blanks(report.network)
            document |= {"defaults": blanks, "proposed": report.proposed}
            show_explanation(terminal, blanks, proposed=report.proposed)
        terminal.document(document)
        _show(terminal, report)
        if not report.ok:
            fail()


def _show(terminal: Terminal, report: Report) -> None:
    from chaintwin.cli.views.findings import findings_view, tally

    if report.findings:
        terminal.show("", findings_view(report.findings, terminal.width))
    verdict = "The project can be simulated." if report.ok else "It cannot be simulated until the errors are mended."
    terminal.title(f"{tally(report.findings)}. {verdict}")
