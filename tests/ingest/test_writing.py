"""Writing an import: project and report in one step, and over nothing that no import wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from chaintwin.errors import UsageError
from chaintwin.ingest import ImportResult, import_log, parse_mapping, write_import
from chaintwin.ingest.shipment_log.building.lead_times import FIT_SCHEMA
from chaintwin.network.tables.reading import read, read_project
from chaintwin.network.tables.writing import Layout, write
from tests.ingest.logs import ENGLISH_LOG, GERMAN_LOG, write_log

REPORTS = ["report.json", "lead_time_fits.csv", "mapping.toml"]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ImportResult:
    """Return a small import; tests only read it."""
    return import_log(write_log(tmp_path_factory.mktemp("log"), GERMAN_LOG))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> ImportResult:
    """Return the import of another log."""
    return import_log(write_log(tmp_path_factory.mktemp("log"), ENGLISH_LOG), name="other")


def content(folder: Path) -> dict[str, bytes]:
    """Return every file, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("target", "layout", "reports"),
    [
        ("mine", Layout.CSV, "mine/import"),
        ("mine", Layout.PARQUET, "mine/import"),
        ("mine", Layout.XLSX, "mine/import"),
        ("mine.xlsx", Layout.CSV, "mine-import"),
    ],
)
def test_write_import__files(result: ImportResult, target: str, layout: Layout, reports: str, tmp_path: Path) -> None:
    paths = write_import(result, tmp_path / target, layout=layout)
    assert paths[:3] == [tmp_path / reports / name for name in REPORTS]
    assert set(paths) == {tmp_path / name for name in content(tmp_path)}
    document = json.loads(paths[0].read_text(encoding="utf-8"))
    assert document["project"] == ("mine.xlsx" if target == "mine.xlsx" else ".")
    assert [tmp_path / reports / ".." / name for name in document["files"]] == [
        tmp_path / reports / ".." / path.relative_to((tmp_path / reports).parent) for path in paths
    ]
    assert document["facts"]["rows"] == 9
    assert {finding["code"] for finding in document["findings"]} == {finding.code for finding in result.findings}
    assert pl.read_csv(paths[1]).columns == list(FIT_SCHEMA)
    assert parse_mapping(paths[2].read_text(encoding="utf-8")).columns == result.mapping.columns
    assert read(tmp_path / target)["sites"].height == result.network["sites"].height


@pytest.mark.parametrize("target", ["mine", "mine.xlsx"])
@pytest.mark.parametrize("is_again", [False, True])
def test_write_import__failure_in_the_report_writes_nothing(
    result: ImportResult, target: str, is_again: bool, tmp_path: Path
) -> None:
    if is_again:
        write_import(result, tmp_path / target)
    before = content(tmp_path)
    # CSV holds no lists, so that the fits cannot be written once the tables are.
    broken = replace(result, lane_fits=pl.DataFrame({"lane": [[1, 2]]}))
    with pytest.raises(pl.exceptions.ComputeError):
        write_import(broken, tmp_path / target, replace=is_again)
    assert content(tmp_path) == before
    assert not list(tmp_path.rglob("*import")) or is_again


@pytest.mark.parametrize("target", ["mine", "mine.xlsx"])
def test_write_import__again_only_when_asked(result: ImportResult, other: ImportResult, target: str, tmp_path: Path) -> None:
    write_import(result, tmp_path / target)
    before = content(tmp_path)
    with pytest.raises(UsageError, match=r"earlier import.*--replace"):
        write_import(other, tmp_path / target)
    assert content(tmp_path) == before
    write_import(other, tmp_path / target, replace=True)
    assert read(tmp_path / target).settings.name == "other"
    assert set(content(tmp_path)) == set(before)


def test_write_import__in_another_layout_and_folder(result: ImportResult, tmp_path: Path) -> None:
    for layout in (Layout.CSV, Layout.XLSX, Layout.PARQUET, Layout.CSV):
        paths = write_import(result, tmp_path / "mine", layout=layout, replace=True)
        assert set(paths) == {tmp_path / name for name in content(tmp_path)}
        assert read_project(tmp_path / "mine")[1] == []
    (tmp_path / "mine").rename(tmp_path / "yours")
    write_import(result, tmp_path / "yours", replace=True)


def test_write_import__two_workbooks_beside_each_other(result: ImportResult, other: ImportResult, tmp_path: Path) -> None:
    (tmp_path / "import").mkdir()
    (tmp_path / "import" / "report.json").write_text('{"mine": true}')
    (tmp_path / "import" / "mapping.toml").write_text("mine")
    write_import(result, tmp_path / "a.xlsx")
    before = content(tmp_path)
    write_import(other, tmp_path / "b.xlsx")
    assert {name: data for name, data in content(tmp_path).items() if not name.startswith("b")} == before


def test_write_import__never_over_a_workbook_of_somebody_else(result: ImportResult, tmp_path: Path) -> None:
    write_import(result, tmp_path / "a.xlsx")
    pl.DataFrame({"account": [1]}).write_excel(tmp_path / "accounts.xlsx", worksheet="products")
    write(result.network, tmp_path / "made.xlsx", layout=Layout.XLSX)
    before = content(tmp_path)
    for name in ("accounts.xlsx", "made.xlsx"):
        for may_replace in (False, True):
            with pytest.raises(UsageError, match=r"no report in .*-import"):
                write_import(result, tmp_path / name, replace=may_replace)
    # What lies in its place now was not written by the import.
    (tmp_path / "a.xlsx").unlink()
    pl.DataFrame({"account": [1]}).write_excel(tmp_path / "a.xlsx", worksheet="accounts")
    with pytest.raises(UsageError, match="accounts"):
        write_import(result, tmp_path / "a.xlsx", replace=True)
    (tmp_path / "a.xlsx").write_bytes(before["a.xlsx"])
    assert content(tmp_path) == before


def test_write_import__never_over_a_report_folder_of_somebody_else(result: ImportResult, tmp_path: Path) -> None:
    (tmp_path / "a-import").mkdir()
    (tmp_path / "a-import" / "mapping.toml").write_text("mine")
    with pytest.raises(UsageError, match="the report would go there"):
        write_import(result, tmp_path / "a.xlsx", replace=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "import").symlink_to(tmp_path / "a-import")
    with pytest.raises(UsageError, match="which is no folder"):
        write_import(result, tmp_path / "b", replace=True)
    assert content(tmp_path) == {"a-import/mapping.toml": b"mine"}


def test_write_import__only_what_an_import_wrote_is_replaced(result: ImportResult, tmp_path: Path) -> None:
    write_import(result, tmp_path)
    own = {"import/notes.md": "a", "units.csv": "product_id,unit,base_quantity\nPumpe,case,12\n", "plan.txt": "b"}
    for name, text in own.items():
        (tmp_path / name).write_text(text)
    write_import(result, tmp_path, replace=True)
    assert {name: (tmp_path / name).read_text() for name in own} == own
    with pytest.raises(UsageError, match=r"found units\.csv, which the earlier import did not write"):
        write_import(result, tmp_path, layout=Layout.XLSX, replace=True)
    # A table that was written anew by something else.
    (tmp_path / "lanes.csv").rename(tmp_path / "lanes.parquet")
    before = content(tmp_path)
    with pytest.raises(UsageError, match=r"found lanes\.parquet, which the earlier import did not write"):
        write_import(result, tmp_path, replace=True)
    assert content(tmp_path) == before


@pytest.mark.parametrize(
    "report", [None, "{}", "[", '{"project": ".", "files": "sites.csv"}', '{"project": "a.xlsx", "files": []}']
)
def test_write_import__project_that_no_report_tells_of(result: ImportResult, report: str | None, tmp_path: Path) -> None:
    write(result.network, tmp_path)
    if report is not None:
        (tmp_path / "import").mkdir()
        (tmp_path / "import" / "report.json").write_text(report)
    before = content(tmp_path)
    for may_replace in (False, True):
        with pytest.raises(UsageError, match=r"a project without import/report\.json.*fix: choose another place"):
            write_import(result, tmp_path, replace=may_replace)
    assert content(tmp_path) == before


def test_write_import__report_that_lies_removes_nothing_else(result: ImportResult, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    project = tmp_path / "mine"
    write_import(result, project)
    (project / "plan.txt").write_text("mine")
    report = json.loads((project / "import" / "report.json").read_text())
    report["files"] += ["plan.txt", "../letter.txt", str(tmp_path / "letter.txt"), "import/../plan.txt", 7]
    (project / "import" / "report.json").write_text(json.dumps(report))
    write_import(result, project, replace=True)
    assert (project / "plan.txt").read_text() == "mine"
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_write_import__places_of_the_wrong_kind(result: ImportResult, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    for name, found in (("file", "a file"), ("folder.xlsx", "a folder"), ("full", "found files")):
        with pytest.raises(UsageError, match=found):
            write_import(result, tmp_path / name, replace=True)
    assert content(tmp_path) == {"file": b"x", "full/letter.txt": b"dear"}


@pytest.mark.parametrize("layout", list(Layout))
def test_write_import__keeps_the_sources_of_events(result: ImportResult, layout: Layout, tmp_path: Path) -> None:
    write_import(result, tmp_path / "mine")
    with (tmp_path / "mine" / "chaintwin.toml").open("a") as settings:
        settings.write('\n[[sources]]\nname = "dock"\nsource = "drops"\n')
    write_import(result, tmp_path / "mine", layout=layout, replace=True)
    assert read(tmp_path / "mine").feeds == ({"name": "dock", "source": "drops"},)
