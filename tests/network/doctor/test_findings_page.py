"""The page of findings names every code there is, in the words of the program."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from chaintwin.network.doctor import CODES
from chaintwin.network.tables.catalog import CATALOG
from tests.shared_data import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "findings.md"
SOURCE = REPOSITORY / "src" / "chaintwin"
ROOMS = ("laws", "network", "ingest", "simulation", "risk")
CODE = re.compile(r"[a-z_]+\.[a-z_]+")
FILE_ENDINGS = ("csv", "geojson", "json", "md", "npz", "parquet", "py", "toml", "xlsx", "xml")
COLUMNS = {f"{table.name}.{column.name}" for table in CATALOG for column in table.columns}


def codes_in_source() -> Iterator[str]:
    """Yield every text of the rooms that looks like the code of a finding."""
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob("*.py")):
            if path.name == "__init__.py":
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)):
                    continue
                if node.value not in COLUMNS and node.value.rsplit(".", 1)[1] not in FILE_ENDINGS:
                    yield node.value


def rows_of_page() -> dict[str, list[str]]:
    """Return the cells of each row by code."""
    found: dict[str, list[str]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            found[cells[0].strip("`")] = cells[1:]
    return found


def test_findings_page__names_every_code() -> None:
    assert sorted(set(codes_in_source()) - set(rows_of_page())) == []


def test_findings_page__names_no_code_that_is_gone() -> None:
    # Codes that look like a file name are found by searching, because their ending hides them above.
    everything = "".join(path.read_text(encoding="utf-8") for room in ROOMS for path in sorted((SOURCE / room).rglob("*.py")))
    assert [code for code in rows_of_page() if f'"{code}"' not in everything] == []


def test_findings_page__agrees_with_the_doctor() -> None:
    rows = rows_of_page()
    for code, kind in CODES.items():
        assert rows[code][:2] == [kind.severity.value, kind.meaning], code
        assert rows[code][2]


def test_findings_page__gives_a_cure_for_each() -> None:
    assert all(all(cells) for cells in rows_of_page().values())
