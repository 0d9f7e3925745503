"""What an import found: figures of the log, cells by kind, what was left out or assumed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaintwin.errors import Finding
from chaintwin.ingest.shipment_log.coverage import Coverage

REPORT_FILE = "report.json"
FITS_FILE = "lead_time_fits.csv"
MAPPING_FILE = "mapping.toml"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found in a log.

    Parameters
    ----------
    source : names of the files read.
    layout : layout of the log.
    mapping : name of the mapping used.
    facts : figures of the log as it stands, before anything is left out. Of transactions: counts, totals, punctuality and
        concentration. Of daily series: the groups ``network``, ``series`` and ``identities``.
    cells : number of cells by column (transactions) or point of the chain (daily series) and kind.
    texts : number of cells by column and text, for words and cells that could not be read.
    references : by field, pointers to other lines found, resolved, with a total and dangling, and lines by method of sharing.
    steps : counts of the steps to a network: lines used and left out, lead times, where costs come from.
    unused_columns : headers the mapping does not use.
    as_of : day up to which the log is taken as complete.
    coverage : how well the log covers the network: shares, 0 to 1, and a sentence for each.
    """

    source: tuple[str, ...]
    layout: str
    mapping: str
    facts: Mapping[str, Any]
    cells: Mapping[str, Mapping[str, int]]
    texts: Mapping[str, Mapping[str, int]]
    references: Mapping[str, Mapping[str, int]]
    steps: Mapping[str, Mapping[str, int]]
    unused_columns: tuple[str, ...]
    as_of: str
    coverage: Coverage = field(default_factory=Coverage)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain dictionaries and lists, as it is written to JSON."""
        return {
            "source": list(self.source),
            "layout": self.layout,
            "mapping": self.mapping,
            "as_of": self.as_of,
            "facts": dict(self.facts),
            "cells": {name: dict(counts) for name, counts in self.cells.items()},
            "texts": {name: dict(counts) for name, counts in self.texts.items()},
            "references": {name: dict(counts) for name, counts in self.references.items()},
            "steps": {name: dict(counts) for name, counts in self.steps.items()},
            "unused_columns": list(self.unused_columns),
            "coverage": self.coverage.to_dict(),
        }


def write_json(report: ImportReport, findings: tuple[Finding, ...], *, path: Path, project: str, files: Sequence[str]) -> None:
    """Write a report and its findings as JSON.

    Parameters
    ----------
    report : the figures.
    findings : what was odd or assumed.
    path : the file.
    project : the name of the workbook beside the report's folder, or ``.`` for the folder around it.
    files : what the import wrote, relative to the folder around the report's folder; a later import replaces these.
    """
    document = {"project": project, "files": list(files)} | report.to_dict()
    document["findings"] = [finding_to_dict(finding) for finding in findings]
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding as a dictionary of plain values.

    Parameters
    ----------
    finding : the finding.
    """
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "file": finding.file,
        "row": finding.row,
        "column": finding.column,
        "found": finding.found,
        "allowed": finding.allowed,
        "fix": finding.fix,
        "count": finding.count,
    }
