"""The sources of events in the report on a project: what the project file says of them, and whether they answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from chaintwin.errors import Finding
    from chaintwin.ingest.sources.configured import ConfiguredSource
    from chaintwin.ingest.sources.probing import Probed
    from chaintwin.network.doctor import Report


@dataclass(frozen=True, slots=True)
class CheckedSources:
    """What a check found of sources.

    Parameters
    ----------
    sources : that are in order. probed : those whose connection was tested. findings : all that is wrong.
    """

    sources: tuple[ConfiguredSource, ...]
    probed: tuple[Probed, ...]
    findings: tuple[Finding, ...]

    def told(self) -> list[dict[str, object]]:
        """Return each source and what was found of it, for machines; ``ok`` is null where it was not tested."""
        found = {one.source.name: one for one in self.probed}
        return [
            {
                "name": source.name,
                "connector": source.connector.name,
                "source": source.source,
                "enabled": source.is_enabled,
                "ok": None if source.name not in found else not found[source.name].findings,
                "found": found[source.name].found or None if source.name in found else None,
            }
            for source in self.sources
        ]


def checked_sources(terminal: Terminal, project: Path, *, is_offline: bool) -> CheckedSources:
    """Check the sources that a project names, and test the connections of those that are enabled.

    Parameters
    ----------
    terminal : where the wait is shown. project : folder or workbook. is_offline : no connection is tested.
    """
    from chaintwin.cli.terminal.progress import waiting
    from chaintwin.clock import SystemClock
    from chaintwin.ingest.sources.configured import checked_sources as checked
    from chaintwin.ingest.sources.probing import probe_sources
    from chaintwin.network.tables.feeds.reading import read_feeds

    sources, findings = checked(read_feeds(project))
    wanted = [] if is_offline else [source for source in sources if source.is_enabled]
    with waiting(terminal, "Testing the connections of sources"):
        probed = probe_sources(wanted, clock=SystemClock()) if wanted else []
    more = [finding for one in probed for finding in one.findings]
    return CheckedSources(sources, tuple(probed), (*findings, *more))


def with_sources(report: Report, sources: CheckedSources) -> Report:
    """Return a report on a project with what was found of its sources.

    Parameters
    ----------
    report : on the network. sources : of the same project.
    """
    from chaintwin.network.doctor.report import sort_findings

    # A project file that cannot be read is in the report already.
    more = [finding for finding in sources.findings if finding not in report.findings]
    return replace(report, findings=sort_findings([*report.findings, *more]))


def show_sources(terminal: Terminal, sources: CheckedSources) -> None:
    """Say which sources answer and what they have; nothing where a project names none.

    Parameters
    ----------
    sources : of a project.
    """
    from rich.text import Text

    from chaintwin.cli.terminal.output import printable

    if not sources.sources:
        return
    found = {one.source.name: one for one in sources.probed}
    terminal.title("Sources of events")
    for source in sources.sources:
        one = found.get(source.name)
        if one is None:
            said, style = "not enabled" if not source.is_enabled else "not tested", "dim"
        elif one.findings:
            said, style = "does not answer; see above", "red"
        else:
            said, style = one.found, ""
        terminal.show(Text(printable(f"  {source.name} ({source.connector.name}): {said}"), style=style))
