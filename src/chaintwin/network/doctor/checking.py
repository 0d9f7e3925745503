"""One report on a whole project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from chaintwin.errors import Finding, Severity
from chaintwin.network.doctor.amounts.lost import check_lost
from chaintwin.network.doctor.amounts.rooms import check_rooms
from chaintwin.network.doctor.amounts.sizes import check_run
from chaintwin.network.doctor.amounts.stocks import check_stocks
from chaintwin.network.doctor.amounts.values import check_values
from chaintwin.network.doctor.marks import Subject
from chaintwin.network.doctor.refused import Refused
from chaintwin.network.doctor.report import Report, sort_findings, summarize
from chaintwin.network.doctor.structure.loads import check_loads
from chaintwin.network.doctor.structure.loops import check_loops
from chaintwin.network.doctor.structure.reach import check_reach
from chaintwin.network.doctor.structure.single import check_single
from chaintwin.network.doctor.structure.speeds import check_speeds
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.doctor.structure.unused import check_unused
from chaintwin.network.doctor.structure.whole import check_whole
from chaintwin.network.doctor.tables.dates import check_dates
from chaintwin.network.doctor.tables.demands import check_demands
from chaintwin.network.doctor.tables.holdings import check_holdings
from chaintwin.network.doctor.tables.memory import check_memory
from chaintwin.network.doctor.tables.names import check_names
from chaintwin.network.doctor.tables.places import check_places
from chaintwin.network.doctor.tables.sizes import check_sizes
from chaintwin.network.doctor.tables.sourcing import check_sourcing
from chaintwin.network.doctor.tables.units import check_units
from chaintwin.network.lowering import Lowered, lower_in_full
from chaintwin.network.network import Network
from chaintwin.network.proposing import PROPOSAL_SCHEMA
from chaintwin.network.tables.cells.references import Place
from chaintwin.network.tables.reading import read_placed

TABLE_CHECKS = (
    check_names,
    check_units,
    check_places,
    check_dates,
    check_sizes,
    check_demands,
    check_sourcing,
    check_holdings,
)
STRUCTURE_CHECKS = (
    check_loops,
    check_speeds,
    check_whole,
    check_run,
    check_reach,
    check_lost,
    check_loads,
    check_single,
    check_values,
    check_stocks,
    check_rooms,
    check_unused,
)


def check(source: Path | str | Network, *, read_findings: Sequence[Finding] = ()) -> Report:
    """Check a project and return one report with every finding.

    Faults of cells and files come from reading; then tables are compared with themselves and each other; then, if nothing so
    far is
    an error, the network is lowered and its structure looked at. Nothing is written.

    Parameters
    ----------
    source : folder or workbook of a project, or a network in memory.
    read_findings : what reading reported, where a network is given that was read from files.

    Returns
    -------
    The report; never raises for bad input.

    Example
    -------
    >>> from chaintwin.network.doctor import check
    >>> check("no such folder").ok
    False
    """
    places: Mapping[str, Place] = {}
    if isinstance(source, Network):
        network, findings = source, list(read_findings)
    else:
        network, findings, places = read_placed(source)
    if not network.tables:
        return Report(sort_findings(findings), None, None, PROPOSAL_SCHEMA.to_frame())
    if isinstance(source, Network) and not read_findings:
        findings += check_memory(Subject(network, places))
    broken = _has_errors(findings)
    subject = Subject(network, places, Refused.of(findings))
    for check_table in TABLE_CHECKS:
        findings += check_table(subject)
    lowered: Lowered | None = None
    if not broken and not _has_errors(findings):
        lowered = lower_in_full(network)
        structure = Structure(subject, lowered)
        for check_structure in STRUCTURE_CHECKS:
            findings += check_structure(structure)
        network.hand_on(lowered)
    proposed = lowered.proposals.proposed if lowered else PROPOSAL_SCHEMA.to_frame()
    return Report(sort_findings(findings), summarize(network, lowered), network, proposed)


def _has_errors(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
