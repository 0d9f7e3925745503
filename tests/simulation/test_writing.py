"""Results as files: Parquet keeps everything, CSV and XLSX can be read by people and harm nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import openpyxl
import polars as pl
import pytest
import xlsxwriter

from chaintwin.errors import UsageError
from chaintwin.network.tables.files.workbook_writing import ROWS_IN_SHEET_MAX
from chaintwin.simulation import Format, Result, check_target, simulate
from chaintwin.simulation.writing import FRAMES, SHEETS
from tests.simulation.test_simulate import shop
from tests.sizes import scaled


@pytest.fixture(scope="module")
def result() -> Result:
    """Return a result with names that a spreadsheet would take for formulas, and a figure that is not a number."""
    found = simulate(shop(), replications=3, periods=10, seed=2**64 - 1)
    streams = found.streams.with_columns(stream_id=pl.lit('=HYPERLINK("http://x","y")'), buffer_id=pl.lit("-2+3"))
    figures = {name: values.copy() for name, values in found.figures.items()}
    figures["fill_rate"][1] = float("nan")
    return replace(found, streams=streams, figures=figures)


def sheet(path: Path, name: str) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(path)[name].iter_rows(values_only=True))


def test_write__csv_holds_the_frames(result: Result, tmp_path: Path) -> None:
    result.write(tmp_path / "out", format="csv")
    names = {f"{name}.csv" for name in (*FRAMES, "costs", "sites", "figures")} | {"result.json"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    for name in ("summary", "stock_points", "periods"):
        frame, back = getattr(result, name), pl.read_csv(tmp_path / "out" / f"{name}.csv")
        assert back.columns == frame.columns
        for column in frame.columns:
            if frame[column].dtype == pl.Float64:
                # Twelve digits, and numbers are written out: no exponent, no dust such as 0.30000000000000004.
                assert back[column].cast(pl.Float64).to_list() == pytest.approx(frame[column].to_list(), rel=1e-11, abs=1e-300)
    text = "".join(path.read_text() for path in (tmp_path / "out").glob("*.csv"))
    digits = [cell.strip("-0.").replace(".", "") for line in text.splitlines() for cell in line.split(",") if is_number(cell)]
    assert max(map(len, digits)) <= 12
    assert not [cell for line in text.splitlines() for cell in line.split(",") if is_number(cell) and "e" in cell.lower()]
    assert pl.read_csv(tmp_path / "out" / "activities.csv")["kind"].unique().sort().to_list() == ["buy", "move"]
    assert pl.read_csv(tmp_path / "out" / "figures.csv")["fill_rate"].null_count() == 1


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.lower() != "nan"


def test_write__csv_has_no_formula(result: Result, tmp_path: Path) -> None:
    result.write(tmp_path / "out", format="csv")
    row = pl.read_csv(tmp_path / "out" / "streams.csv").row(0)
    assert row[:2] == ('\'=HYPERLINK("http://x","y")', "'-2+3")


def test_write__workbook_has_a_sheet_a_table_and_no_formula(result: Result, tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    result.write(path)
    book = openpyxl.load_workbook(path)
    assert tuple(book.sheetnames) == tuple(name for name in SHEETS if name not in ("bands", "bullwhip", "accounts", "cash_flows"))
    cell = book["streams"]["A2"]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("http://x","y")', "s")
    about = {key: value for key, value, _ in sheet(path, "result")}
    assert about["seed"] == str(2**64 - 1)
    assert (about["replications"], about["confidence"]) == (3, 0.95)
    header, *rows = sheet(path, "summary")
    assert list(header) == result.summary.columns
    assert [row[2] for row in rows] == pytest.approx(result.summary["mean"].to_list(), rel=1e-11)
    assert all(isinstance(row[2], int | float) for row in rows)
    assert [row[0] is None for row in sheet(path, "figures")[1:]] == [False, True, False]
    # Names can be read without widening their column.
    assert book["stock_points"].column_dimensions["A"].width >= max(map(len, result.stock_points["buffer_id"]))


@pytest.mark.parametrize(
    ("path", "format", "written"), [("out", None, "parquet"), ("a.xlsx", None, "xlsx"), ("A.XLSX", "xlsx", "xlsx")]
)
def test_write__default_format(result: Result, path: str, format: Format | None, written: str, tmp_path: Path) -> None:
    result.write(tmp_path / path, format=format)
    assert (tmp_path / path).is_file() == (written == "xlsx")
    assert (tmp_path / path / "summary.parquet").exists() == (written == "parquet")


@pytest.mark.parametrize(("path", "format"), [("out.xlsx", "csv"), ("out", "xlsx"), ("out.xlsx", "parquet"), ("out", "pdf")])
def test_write__format_that_does_not_fit(result: Result, path: str, format: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="allowed"):
        result.write(tmp_path / path, format=format)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("first", get_args(Format)[:2])
@pytest.mark.parametrize("second", get_args(Format)[:2])
def test_write__replaces_a_result_in_any_format(result: Result, first: Format, second: Format, tmp_path: Path) -> None:
    result.write(tmp_path / "out", format=first)
    (tmp_path / "out" / "notes.txt").write_text("keep")
    result.write(tmp_path / "out", format=second)
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {f".{second}", ".json", ".txt"}
    if second == "csv":
        with pytest.raises(UsageError, match="CSV"):
            Result.read(tmp_path / "out")
    else:
        assert Result.read(tmp_path / "out").span == result.span


def test_write__never_over_tables_of_somebody_else(result: Result, tmp_path: Path) -> None:
    result.write(tmp_path / "out")
    (tmp_path / "out" / "summary.csv").write_text("mine")
    with pytest.raises(UsageError, match=r"summary\.csv"):
        result.write(tmp_path / "out", format="csv")
    result.write(tmp_path / "out")
    assert (tmp_path / "out" / "summary.csv").read_text() == "mine"


def test_write__never_over_another_workbook(result: Result, tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    result.write(path)
    result.write(path)
    with xlsxwriter.Workbook(str(tmp_path / "budget.xlsx")) as book:
        book.add_worksheet("summary")
    (tmp_path / "letter.xlsx").write_text("dear")
    (tmp_path / "folder.xlsx").mkdir()
    before = {other.name: other.read_bytes() for other in tmp_path.iterdir() if other.is_file()}
    for name in ("budget.xlsx", "letter.xlsx", "folder.xlsx"):
        with pytest.raises(UsageError, match="allowed: a new file or an earlier result"):
            result.write(tmp_path / name)
    assert {other.name: other.read_bytes() for other in tmp_path.iterdir() if other.is_file()} == before


def test_write__two_at_the_same_time(result: Result, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    other = replace(result, span=replace(result.span, seed=7), figures={name: one + 1 for name, one in result.figures.items()})

    def write(one: Result) -> None:
        check_target(folder)
        one.write(folder)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(scaled(ci=25, full=500)):
            for done in [pool.submit(write, one) for one in (result, other)]:
                done.result()
            found = Result.read(folder)
            expected = result if found.span == result.span else other
            assert found.span == expected.span
            for name in found.figures:
                np.testing.assert_array_equal(found.figures[name], expected.figures[name])
            assert not list(folder.glob(".*"))


@pytest.mark.parametrize("first", get_args(Format)[:2])
@pytest.mark.parametrize("left", [(), ("activities", "figures"), ("activities", "figures", "result")])
def test_write__again_after_a_kill(result: Result, first: Format, left: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    result.write(folder, format=first)
    (folder / ".tables-12345678.old").mkdir()
    (folder / ".chaintwin-writing").write_text(".tables-12345678.old\n")
    for path in folder.glob("[!.]*"):
        if path.stem not in left:
            path.rename(folder / ".tables-12345678.old" / path.name)
    check_target(folder)
    result.write(folder)
    assert Result.read(folder).span == result.span
    assert {path.suffix for path in folder.glob("[!.]*")} == {".parquet", ".json"}
    assert not (folder / ".chaintwin-writing").exists()


def test_write__into_an_empty_folder_keeps_its_permissions(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o2770)
    monkeypatch.chdir(tmp_path)
    result.write(".")
    assert Result.read(tmp_path).span == result.span
    assert tmp_path.stat().st_mode & 0o7777 == 0o2770


def test_check_target__more_rows_than_a_sheet_holds(result: Result, tmp_path: Path) -> None:
    check_target(tmp_path / "out.xlsx", rows=ROWS_IN_SHEET_MAX)
    check_target(tmp_path / "out", rows=10**7)
    with pytest.raises(UsageError, match="limit of a sheet"):
        check_target(tmp_path / "out.xlsx", rows=ROWS_IN_SHEET_MAX + 1)
    long = pl.DataFrame({"period": pl.int_range(ROWS_IN_SHEET_MAX + 1, eager=True)})
    with pytest.raises(UsageError, match="1,048,576 rows"):
        replace(result, periods=long).write(tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "format", "meant"),
    [
        ("a/b/c.csv", None, "a/b/c with the format csv"),
        ("a/b/c.csv", "csv", "a/b/c with the format csv"),
        ("c.parquet", None, "c with the format parquet"),
        ("c.CSV", "parquet", "c with the format parquet"),
        ("c.xls", None, "c.xlsx"),
    ],
)
def test_check_target__a_name_of_one_file_is_refused(name: str, format: Format | None, meant: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="allowed: a folder, which gets a CSV or Parquet file for each table") as refused:
        check_target(tmp_path / name, format)
    assert str(refused.value).endswith(f"fix: name {tmp_path / meant}")
    assert list(tmp_path.iterdir()) == []


def test_check_target__a_point_in_the_name_of_a_folder_is_no_ending(tmp_path: Path) -> None:
    check_target(tmp_path / "run 1.5")
