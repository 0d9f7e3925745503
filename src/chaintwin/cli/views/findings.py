"""Findings of the doctor, grouped by file, the gravest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import printable
from chaintwin.cli.views.numbers import count
from chaintwin.errors import Finding, Severity

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.text import Text

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}
RANK = {severity: rank for rank, severity in enumerate(Severity)}

FILE_LINES_MAX = 200
"""Findings shown of one file; beyond that nobody reads on, and ``--json`` has them all."""


def findings_view(findings: Sequence[Finding], width: int, *, same_max: int | None = None) -> Group:
    """Return every finding with place, value found, what is allowed and the fix.

    Parameters
    ----------
    findings : in any order.
    width : columns.
    same_max : of findings of one file, kind and column show only so many; all by default.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    parts: list[RenderableType] = []
    for file, group in by_file(findings).items():
        parts.append(Text.assemble((printable(file) or "the network as a whole", "bold"), (f"  {tally(group)}", "dim")))
        table = Table(box=None, show_header=False, padding=(0, 1), width=width)
        table.add_column(no_wrap=True, vertical="top")
        table.add_column(ratio=1, overflow="fold")
        shown, hidden = _selected(group, same_max)
        for finding, more in shown:
            table.add_row(Text(finding.severity.value, style=STYLES[finding.severity]), _sentence(finding, more))
        parts.append(Padding(table, (0, 0, 0, 1)))
        if hidden:
            parts.append(Text(f"  ... and {hidden:,} more in this file; --json lists them all", style="dim"))
    return Group(*parts)


def by_file(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Return the findings of each file, files with errors first, then by severity and row."""
    groups: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda item: (RANK[item.severity], item.file, item.row)):
        groups.setdefault(finding.file, []).append(finding)
    return groups


def tally(findings: Iterable[Finding]) -> str:
    """Return how many findings of each severity there are, in words.

    Example
    -------
    >>> tally([Finding("a", "x", "y"), Finding("b", "x", "y", severity=Severity.NOTE)])
    '1 error, 1 note'
    """
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return ", ".join(count(amount, severity.value) for severity, amount in counts.items() if amount) or "no findings"


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding stops the work."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def _selected(group: Sequence[Finding], same_max: int | None) -> tuple[list[tuple[Finding, int]], int]:
    """Return the findings to show, the last of its sort with the number of others like it, and how many are hidden."""
    if same_max is None:
        return [(finding, 0) for finding in group[:FILE_LINES_MAX]], max(0, len(group) - FILE_LINES_MAX)
    sorts: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in group:
        sorts.setdefault((finding.severity, finding.code, finding.column), []).append(finding)
    shown = []
    for same in sorts.values():
        shown += [(finding, 0) for finding in same[: same_max - 1]]
        shown.append((same[min(same_max, len(same)) - 1], max(0, len(same) - same_max)))
    return shown, 0


def _sentence(finding: Finding, more: int) -> Text:
    from rich.text import Text

    head, _, fix = printable(str(finding)).partition("; fix: ")
    text = Text(head)
    if fix:
        text.append(f"; fix: {fix}", style="green")
    if more:
        text.append(f"  (and {more:,} more like it)", style="dim")
    return text
