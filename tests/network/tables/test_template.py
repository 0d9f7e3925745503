"""The starter project of ``chaintwin init``."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.errors import Severity, UsageError
from chaintwin.network.doctor import check
from chaintwin.network.tables.catalog import CATALOG
from chaintwin.network.tables.reading import read_project
from chaintwin.network.tables.template import GUIDE_FILE, write_template
from chaintwin.simulation import simulate


def test_write_template__reads_without_a_single_finding(tmp_path: Path) -> None:
    write_template(tmp_path / "mine")
    network, findings = read_project(tmp_path / "mine")
    assert findings == []
    assert {name: frame.height for name, frame in network.tables.items() if frame.height} == {
        "sites": 5, "products": 2, "lanes": 4, "demand": 4, "stock_points": 6,
    }  # fmt: skip


def test_write_template__compiles(tmp_path: Path) -> None:
    write_template(tmp_path / "mine")
    assert read_project(tmp_path / "mine")[0].compile() is not None


def test_write_template__doctor_finds_nothing_to_mend(tmp_path: Path) -> None:
    write_template(tmp_path / "mine")
    found = check(tmp_path / "mine").findings
    assert [str(finding) for finding in found if finding.severity is not Severity.NOTE] == []


def test_write_template__earns_money(tmp_path: Path) -> None:
    write_template(tmp_path / "mine")
    result = simulate(read_project(tmp_path / "mine")[0], periods=120, replications=32)
    assert result["revenue"][1] > 1.1 * result["total_cost"][2]
    assert result["fill_rate"][1] > 0.95


def test_write_template__guide_explains_every_table_and_column(tmp_path: Path) -> None:
    write_template(tmp_path / "mine")
    guide = (tmp_path / "mine" / GUIDE_FILE).read_text(encoding="utf-8")
    for table in CATALOG:
        section = guide.split(f"## {table.name}\n")[1].split("\n## ")[0]
        assert all(f"| `{column.name}` |" in section for column in table.columns)


def test_write_template__never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "mine", tmp_path / "file"):
        with pytest.raises(UsageError, match="found something there already"):
            write_template(path)
    (tmp_path / "empty").mkdir()
    write_template(tmp_path / "empty")
    assert (tmp_path / "empty" / "chaintwin.toml").exists()
