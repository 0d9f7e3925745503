"""A project that may be simulated: the doctor is asked first, and every error is shown before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.progress import waiting

if TYPE_CHECKING:
    from chaintwin.network.doctor import Report
    from chaintwin.network.network import Network


def checked_project(terminal: Terminal, project: Path) -> Report:
    """Return the doctor's report of a project.

    Parameters
    ----------
    terminal : where the wait is shown.
    project : a folder or a workbook.
    """
    from chaintwin.network.doctor import check

    with waiting(terminal, f"Reading and checking {project}"):
        return check(project)


def usable_network(terminal: Terminal, project: Path) -> Network:
    """Return the network of a project; stop with all errors if it has any.

    Parameters
    ----------
    terminal, project : as for ``checked_project``.
    """
    from chaintwin.cli.views.findings import tally
    from chaintwin.errors import InputError, Severity

    report = checked_project(terminal, project)
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    if errors or report.network is None:
        raise InputError(errors)
    if report.findings:
        terminal.note(f"The doctor has {tally(report.findings)}: chaintwin check shows them.")
    return report.network
