"""Writing: nothing is lost in any layout, nothing is ever half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import Phase, given, settings

from chaintwin.errors import InputError, UsageError
from chaintwin.network.network import Network
from chaintwin.network.tables.files.exchanging import write_file, write_folder
from chaintwin.network.tables.reading import read, read_project
from chaintwin.network.tables.writing import Layout, write
from tests.network.tables.networks import networks
from tests.network.tables.projects import assert_same, write_files
from tests.sizes import scaled

LAYOUTS = ((Layout.CSV, "csv"), (Layout.XLSX, "net.xlsx"), (Layout.PARQUET, "parquet"))


# Shrinking a whole network takes minutes and tells little more: the assertion names table, column and values.
@settings(max_examples=scaled(ci=8, full=300), phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(networks())
def test_write__reading_gives_the_same_network_through_all_layouts(network: Network) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = network
        for layout, name in (*LAYOUTS, (Layout.CSV, "again")):
            write(before, Path(folder) / name, layout=layout)
            after = read_project(Path(folder) / name)[0]
            assert_same(network, after)
            before = after


@pytest.mark.parametrize(("layout", "name"), LAYOUTS)
def test_write__numbers_of_all_digits(layout: Layout, name: str, tmp_path: Path) -> None:
    values = [0.1 + 0.2, 1e-300, 5e-324, 1 / 3, 123456789012345.67, 1e15, 2.5, 8.879999999999999, 0.0, 1e-7]
    network = read(write_files(tmp_path / "clean", {}))
    products = network["products"].clear().with_columns()
    rows = pl.concat([network["products"].head(1)] * len(values))
    ids = pl.Series("product_id", ["P1", "P2", *(f"X{i}" for i in range(len(values) - 2))])
    products = rows.with_columns(ids, pl.Series("value", values))
    write(network.with_table("products", products), tmp_path / name, layout=layout)
    assert read(tmp_path / name)["products"]["value"].to_list() == values


def test_write__text_that_looks_like_a_formula_stays_text_in_a_workbook(tmp_path: Path) -> None:
    import openpyxl

    network = read(write_files(tmp_path / "clean", {"products.csv": "product_id,name\nP1,=1+1\nP2,007\n"}))
    write(network, tmp_path / "net.xlsx", layout=Layout.XLSX)
    cells = openpyxl.load_workbook(tmp_path / "net.xlsx")["products"]
    assert [(cells.cell(row, 2).value, cells.cell(row, 2).data_type) for row in (2, 3)] == [("=1+1", "s"), ("007", "s")]


def test_write__leaves_out_what_says_nothing(tmp_path: Path) -> None:
    write(read(write_files(tmp_path / "clean", {})), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "chaintwin.toml", "demand.csv", "lanes.csv", "products.csv", "sites.csv",
    ]  # fmt: skip
    assert (tmp_path / "out" / "products.csv").read_text() == "product_id,value\nP1,4.0\nP2,2.5\n"
    assert "# First day of period 0.\nstart = 2026-01-01\n" in (tmp_path / "out" / "chaintwin.toml").read_text()


@pytest.mark.parametrize(("lead", "is_written"), [("", False), ("1", True)])
def test_write__a_default_that_depends_on_another_column(lead: str, is_written: bool, tmp_path: Path) -> None:
    rows = f"site_id,product_id,kind,rule,lead_time\nS1,P1,move,,\nS1,P1,make,substitute,{lead}\n"
    files = {"sources.csv": rows, "bom.csv": "product_id,other_product_id,quantity\nP1,P2,1\n"}
    network = read(write_files(tmp_path / "given", files))
    write(network, tmp_path / "out")
    assert ("lead_time" in (tmp_path / "out" / "sources.csv").read_text()) == is_written
    assert_same(read(tmp_path / "out"), network)


def test_write__replaces_the_tables_of_a_project_and_leaves_other_files(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "project", {"units.csv": "product_id,unit,base_quantity\nP1,case,12\n", "notes.txt": "mine"})
    network = read(folder)
    write(network.with_table("units", network["units"].clear()), folder, layout=Layout.PARQUET)
    assert sorted(path.name for path in folder.iterdir()) == [
        "chaintwin.toml", "demand.parquet", "lanes.parquet", "notes.txt", "products.parquet", "sites.parquet",
    ]  # fmt: skip


def test_write__takes_along_the_files_that_laws_name(tmp_path: Path) -> None:
    law = "shift(empirical(data/history.csv), 1)"
    folder = write_files(
        tmp_path / "project", {"demand.csv": f'site_id,product_id,quantity\nS1,P1,"{law}"\n', "other.csv": "1\n"} | _no_other()
    )
    (folder / "data").mkdir()
    (folder / "data" / "history.csv").write_text("3\n4\n")
    network = read(folder)
    for layout, name in LAYOUTS:
        write(network, tmp_path / layout.value / name, layout=layout)
        assert read(tmp_path / layout.value / name)["demand"]["quantity"].to_list() == [law]
    (tmp_path / "xlsx" / "data" / "history.csv").write_text("5\n")
    with pytest.raises(UsageError, match="another file of that name"):
        write(network, tmp_path / "xlsx" / "net.xlsx", layout=Layout.XLSX)


def _no_other() -> dict[str, None]:
    return {"other.csv": None}


def test_write__network_with_nan_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    network = read(write_files(tmp_path / "clean", {}))
    bad = network.with_table("products", network["products"].with_columns(value=pl.lit(float("nan"))))
    with pytest.raises(InputError) as caught:
        write(bad, tmp_path / "out")
    assert [finding.code for finding in caught.value.findings] == ["number.nan", "number.nan"]
    assert not (tmp_path / "out").exists()


def test_write__frame_with_other_columns_is_refused(tmp_path: Path) -> None:
    network = read(write_files(tmp_path / "clean", {}))
    with pytest.raises(UsageError, match="products: found columns"):
        write(network.with_table("products", network["products"].drop("name")), tmp_path / "out")


def test_write__paths_that_do_not_fit(tmp_path: Path) -> None:
    network = read(write_files(tmp_path / "clean", {}))
    (tmp_path / "file").write_text("x")
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo.jpg").write_text("x")
    (tmp_path / "folder.xlsx").mkdir()
    for path, layout in (
        (tmp_path / "net.xlsx", Layout.CSV),
        (tmp_path / "net", Layout.XLSX),
        (tmp_path / "file", Layout.CSV),
        (tmp_path / "holiday", Layout.CSV),
        (tmp_path / "folder.xlsx", Layout.XLSX),
    ):
        with pytest.raises(UsageError):
            write(network, path, layout=layout)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean", "file", "folder.xlsx", "holiday"]


def test_write__workbook_that_is_no_project_is_kept(tmp_path: Path) -> None:
    network = read(write_files(tmp_path / "clean", {}))
    pl.DataFrame({"account": [1]}).write_excel(tmp_path / "accounts.xlsx", worksheet="accounts")
    (tmp_path / "letter.xlsx").write_text("dear")
    with xlsxwriter.Workbook(str(tmp_path / "mixed.xlsx")) as book:
        for name in ("project", "Products", "My notes"):
            book.add_worksheet(name)
    before = _content(tmp_path)
    for name, found in (("accounts", "accounts"), ("letter", "no workbook"), ("mixed", "sheet My notes, which would be lost")):
        with pytest.raises(UsageError, match=found):
            write(network, tmp_path / f"{name}.xlsx", layout=Layout.XLSX)
    assert _content(tmp_path) == before
    # A project is replaced, as in a folder.
    for name in ("first", "second"):
        write(replace(network, settings=replace(network.settings, name=name)), tmp_path / "net.xlsx", layout=Layout.XLSX)
    assert read(tmp_path / "net.xlsx").settings.name == "second"


class _Stop(BaseException):
    """Stands for an interrupt."""


@pytest.mark.parametrize("exists", [False, True])
def test_write_folder__interrupted_while_filling(exists: bool, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    if exists:
        write_files(folder, {})
    before = _content(tmp_path)

    def fill(staging: Path) -> None:
        (staging / "sites.csv").write_text("half")
        raise _Stop

    with pytest.raises(_Stop):
        write_folder(folder, fill, stale=lambda _: ["sites.csv"])
    assert _content(tmp_path) == before


def test_write_folder__failure_while_exchanging_puts_everything_back(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "project", {})
    before = _content(tmp_path)

    def fill(staging: Path) -> None:
        (staging / "lanes.csv").write_text("new")
        (staging / "sites.csv").mkdir()
        (staging / "sites.csv" / "deeper").write_text("a folder cannot take the place of a file")

    with pytest.raises(OSError):
        write_folder(folder, fill, stale=lambda _: ["lanes.csv", "demand.csv", "not there"])
    assert _content(tmp_path) == before


def test_write_folder__into_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()

    def fill(staging: Path) -> None:
        (staging / "a").write_text("x")

    write_folder(tmp_path / "project", fill, stale=lambda _: ())
    assert _content(tmp_path) == {"project/a": b"x"}


def test_write_file__interrupted(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")

    def fill(staging: Path) -> None:
        staging.write_text("half")
        raise _Stop

    with pytest.raises(_Stop):
        write_file(tmp_path / "a", fill)
    assert _content(tmp_path) == {"a": b"old"}


def test_read_project__interrupted_write_is_told(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "project", {".chaintwin-writing": ".tables-1234.old\n"})
    assert [finding.code for finding in read_project(folder)[1]] == ["project.interrupted"]


def test_write__killed_by_control_c_at_any_moment_leaves_one_of_the_two_networks(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "project", {})
    first = read(folder)
    second = replace(first, settings=replace(first.settings, name="second"))
    program = (
        "import sys\nfrom dataclasses import replace\nfrom chaintwin.network.tables.reading import read\n"
        "from chaintwin.network.tables.writing import write\n"
        "a = read(sys.argv[1]); b = replace(a, settings=replace(a.settings, name='second'))\n"
        "print('ready', flush=True)\nwhile True:\n    write(b, sys.argv[1])\n    write(a, sys.argv[1])\n"
    )
    for pause in _pauses():
        with subprocess.Popen(
            [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"ready"
            time.sleep(pause)
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
        network, findings = read_project(folder)
        assert findings == []
        assert network.settings.name in (first.settings.name, second.settings.name)
        write(first, folder)
        assert not (folder / ".chaintwin-writing").exists()


def _pauses() -> Iterator[float]:
    count = scaled(ci=3, full=100)
    yield from (0.02 + 0.3 * i / count for i in range(count))


def _environment() -> dict[str, str]:
    source = str(Path(__file__).parents[3] / "src")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
