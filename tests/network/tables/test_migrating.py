"""Older versions of the tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chaintwin.errors import InputError, Severity
from chaintwin.network.tables.migrating import MIGRATIONS
from chaintwin.network.tables.reading import read, read_project
from chaintwin.network.tables.schema import SCHEMA_VERSION
from chaintwin.network.tables.writing import write
from tests.network.tables.projects import only, write_files

DRAFT = Path(__file__).parents[2] / "golden" / "draft"


def test_migrations__every_older_version_has_a_step() -> None:
    assert sorted(MIGRATIONS) == list(range(1, SCHEMA_VERSION))


def test_read_project__draft_is_migrated_with_a_note_for_each_change() -> None:
    network, findings = read_project(DRAFT)
    assert network.settings.schema_version == SCHEMA_VERSION
    assert network["lanes"].select("from_site", "to_site", "lead_time").rows() == [("F1", "W1", "3.0"), ("W1", "S1", "0.5")]
    assert network["demand"].select("market", "quantity").rows() == [("retail", "poisson(8)"), ("online", None)]
    notes = [(f.file, f.column, f.allowed.split(";")[0].split(",")[0]) for f in findings if f.severity is Severity.NOTE]
    assert notes == [
        ("lanes.csv", "from", "from_site"),
        ("lanes.csv", "to", "to_site"),
        ("lanes.csv", "lead_time_days", "lead_time"),
        ("demand.csv", "customer", "market"),
        ("demand.csv", "mean", "quantity"),
    ]


def test_read_project__faults_of_a_migrated_column_name_it_as_the_file_does() -> None:
    finding = only(read_project(DRAFT)[1], "number.range")
    assert (finding.file, finding.row, finding.column, finding.found) == ("demand.csv", 3, "mean", "-3")


def test_read_project__law_in_days_cannot_be_turned_into_weeks(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(DRAFT, folder)
    (folder / "lanes.csv").write_text('from,to,mode,lead_time_days\nF1,W1,sea,"normal(21, 3)"\nW1,S1,road,3.5\n')
    finding = only(read_project(folder)[1], "migration.law")
    assert (finding.row, finding.column, finding.found) == (2, "lead_time_days", "normal(21, 3)")
    (folder / "chaintwin.toml").write_text('period = "day"\nschema_version = 1\n')
    assert read_project(folder)[0]["lanes"]["lead_time"].to_list() == ["normal(21, 3)", "3.5"]


def test_write__migrated_project_is_of_the_present_version(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(DRAFT, folder)
    (folder / "demand.csv").write_text("site_id,product_id,customer,mean\nS1,P1,retail,poisson(8)\n")
    write(read(folder), folder)
    assert read_project(folder)[1] == []
    assert f"schema_version = {SCHEMA_VERSION}\n" in (folder / "chaintwin.toml").read_text()


def test_read__newer_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(write_files(tmp_path, {"chaintwin.toml": f"schema_version = {SCHEMA_VERSION + 1}\n"}))
    (finding,) = caught.value.findings
    assert (finding.code, finding.allowed) == ("schema.newer", f"versions 1 to {SCHEMA_VERSION}")
    assert "install a newer chaintwin" in finding.fix
