"""Small projects on disk for tests: a clean one, and the same with single files replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import xlsxwriter

from chaintwin.errors import Finding, Severity
from chaintwin.network.network import Network
from chaintwin.network.tables.reading import read_project

CLEAN: Mapping[str, str] = {
    "chaintwin.toml": 'name = "clean"\nschema_version = 2\n',
    "sites.csv": "site_id,kind,country\nF1,supplier,DE\nW1,warehouse,FR\nS1,store,FR\n",
    "products.csv": "product_id,value\nP1,4\nP2,2.5\n",
    "lanes.csv": "from_site,to_site,mode,lead_time\nF1,W1,road,3\nW1,S1,road,1\n",
    "demand.csv": 'site_id,product_id,quantity\nS1,P1,poisson(8)\nS1,P2,"normal(20, 4)"\n',
}


def write_files(folder: Path, files: Mapping[str, str | bytes | None]) -> Path:
    """Write the clean project with some files replaced, added or (None) left out; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**CLEAN, **files}.items():
        if content is None:
            continue
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    return folder


def findings_of(folder: Path, files: Mapping[str, str | bytes | None] | None = None) -> list[Finding]:
    """Return what is found in the clean project with some files replaced."""
    return read_project(write_files(folder, files or {}))[1]


def only(findings: Sequence[Finding], code: str) -> Finding:
    """Return the single finding of a code."""
    found = [finding for finding in findings if finding.code == code]
    assert len(found) == 1, f"{len(found)} findings {code} among:\n" + "\n".join(map(str, findings))
    return found[0]


def errors_of(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings if finding.severity is Severity.ERROR]


def assert_same(first: Network, second: Network) -> None:
    """Fail unless two networks have equal settings and tables."""
    assert first.settings == second.settings
    for name, frame in first.tables.items():
        other = second[name]
        assert frame.schema == other.schema, name
        for column in frame.columns:
            differs = ~frame[column].eq_missing(other[column])
            assert not differs.any(), (
                name,
                column,
                frame[column].filter(differs).to_list(),
                other[column].filter(differs).to_list(),
            )


def workbook(
    path: Path, sheets: Mapping[str, Sequence[Sequence[object]]], *, options: Mapping[str, object] | None = None
) -> Path:
    """Write a workbook by hand: texts, numbers and dates as cells."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, **(options or {})}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if hasattr(cell, "year"):
                        page.write_datetime(row, column, cell, day)
                    elif cell is not None:
                        page.write(row, column, cell)
    return path


def clean_sheets() -> dict[str, list[list[object]]]:
    """Return the clean project as sheets."""
    sheets: dict[str, list[list[object]]] = {"project": [["key", "value"], ["name", "clean"], ["schema_version", 2]]}
    for name, text in CLEAN.items():
        if name.endswith(".csv"):
            frame = pl.read_csv(text.encode(), infer_schema=False)
            sheets[name.removesuffix(".csv")] = [list(frame.columns), *(list(row) for row in frame.iter_rows())]
    return sheets
