"""Reading whole projects: paths, limits, size, and files broken at random."""

from __future__ import annotations

import os
import tempfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.errors import InputError, Severity
from chaintwin.network.tables.catalog import CATALOG
from chaintwin.network.tables.cells.columns import DTYPES
from chaintwin.network.tables.files.columnar import unreadable_files
from chaintwin.network.tables.files.sheet import FILE_BYTES_MAX
from chaintwin.network.tables.reading import read, read_project
from chaintwin.network.tables.template import write_template
from chaintwin.network.tables.writing import Layout, write
from tests.network.tables.projects import errors_of, findings_of, only, write_files
from tests.sizes import scaled


def test_read__frames_have_exactly_the_catalogs_columns_and_types(tmp_path: Path) -> None:
    network = read(write_files(tmp_path, {}))
    assert list(network.tables) == [table.name for table in CATALOG]
    for table in CATALOG:
        assert dict(network[table.name].schema) == {column.name: DTYPES[column.kind] for column in table.columns}
    assert network["sites"]["time_zone"].to_list() == ["UTC"] * 3
    assert network.folder == tmp_path


def test_read__raises_with_every_error_at_once(tmp_path: Path) -> None:
    files = {"sites.csv": "site_id,kind\nF1,factory\nW1,\nS1,stor\n", "lanes.csv": "from_site,to_site,lead_time\nF1,W9,-3\n"}
    with pytest.raises(InputError) as caught:
        read(write_files(tmp_path, files))
    places = [(f.file, f.row, f.column) for f in caught.value.findings]
    assert places == [
        ("sites.csv", 2, "kind"),
        ("sites.csv", 4, "kind"),
        ("lanes.csv", 2, "lead_time"),
        ("lanes.csv", 2, "to_site"),
    ]


@pytest.mark.parametrize("space", [chr(code) for code in (0x1C, 0x1F, 0x85, 0xA0, 0x2028, 0x200B, 0x3000)])
def test_read_project__odd_space_around_a_faulty_law_or_word(space: str, tmp_path: Path) -> None:
    files = {"lanes.csv": f"from_site,to_site,mode,lead_time\nF1,W1,{space}road{space},{space}triangular(5{space}\n"}
    findings = findings_of(tmp_path, files)
    assert "law.invalid" in [finding.code for finding in findings]
    assert {finding.file for finding in findings if finding.severity is Severity.ERROR} == {"lanes.csv"}


def test_read_project__without_settings_the_defaults_hold_with_a_note(tmp_path: Path) -> None:
    network, findings = read_project(write_files(tmp_path, {"chaintwin.toml": None}))
    assert network.settings.period == "day"
    note = only(findings, "settings.missing")
    assert (note.file, note.severity) == ("chaintwin.toml", Severity.NOTE)


def test_read_project__tables_that_are_missing(tmp_path: Path) -> None:
    findings = findings_of(tmp_path, {"products.csv": None, "lanes.csv": None})
    assert [f.file for f in findings if f.code == "table.missing"] == ["products", "lanes"]
    assert [f.code for f in findings_of(tmp_path / "two", dict.fromkeys(_clean_names()))] == ["project.empty"]


def _clean_names() -> list[str]:
    return ["chaintwin.toml", "sites.csv", "products.csv", "lanes.csv", "demand.csv"]


@pytest.mark.parametrize("name", ["absent", "x" * 5000, "with\0nul"])
def test_read_project__path_that_is_not_there(name: str, tmp_path: Path) -> None:
    assert errors_of(read_project(tmp_path / name)[1]) == ["project.missing"]


def test_read_project__things_that_are_no_files(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"lanes.csv": None, "demand.csv": None})
    (folder / "lanes.csv").mkdir()
    os.mkfifo(folder / "demand.csv")
    findings = read_project(folder)[1]
    assert [(f.code, f.file) for f in findings] == [("file.kind", "lanes.csv"), ("file.kind", "demand.csv")]


def test_read_project__dangling_link(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"demand.csv": None})
    (folder / "demand.csv").symlink_to(folder / "gone.csv")
    assert only(read_project(folder)[1], "file.unreadable").file == "demand.csv"


def test_read_project__file_above_the_limit(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {})
    with (folder / "demand.csv").open("wb") as stream:
        stream.truncate(FILE_BYTES_MAX + 2**20)
    finding = only(read_project(folder)[1], "file.large")
    assert (finding.file, finding.found, finding.allowed) == ("demand.csv", "201 MiB", "at most 200 MiB")


def test_read_project__a_million_rows(tmp_path: Path) -> None:
    count = scaled(ci=1_000_000, full=1_000_000)
    index = pl.int_range(count, eager=True)
    frame = pl.DataFrame({"series_id": "s" + (index // 1000).cast(pl.String), "period": index % 1000, "value": index * 0.5})
    folder = write_files(tmp_path, {})
    frame.write_csv(folder / "series.csv")
    with (folder / "series.csv").open("a") as stream:
        stream.write("s1,1,oops\n")
    network, findings = read_project(folder)
    assert network["series"].height == count + 1
    assert [(f.code, f.row) for f in findings] == [("number.wrong", count + 2), ("key.duplicate", count + 2)]


def test_read_project__parquet_with_other_types(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"products.csv": None})
    pl.DataFrame(
        {"product_id": ["P1", "P2"], "value": [4, 2], "valid_from": ["2025-01-01", None], "shelf_life": [[1], [2]]}
    ).with_columns(pl.col("product_id").cast(pl.Categorical), pl.col("valid_from").str.to_datetime()).write_parquet(
        folder / "products.parquet"
    )
    network, findings = read_project(folder)
    assert [(f.code, f.column) for f in findings] == [("type.nested", "shelf_life")]
    assert network["products"].select("product_id", "value", "valid_from").rows()[1] == ("P2", 2.0, None)
    assert str(network["products"]["valid_from"][0]) == "2025-01-01"


TYPES: dict[str, tuple[pl.Series, str]] = {
    "duration": (pl.Series([timedelta(days=3)] * 2), "type.other"),
    "list": (pl.Series([[1, 2]] * 2), "type.nested"),
    "array": (pl.Series([[1, 2]] * 2, dtype=pl.Array(pl.Int64, 2)), "type.nested"),
    "struct": (pl.Series([{"a": 1}] * 2), "type.nested"),
    "list of durations": (pl.Series([[timedelta(days=3)]] * 2), "type.nested"),
    "binary": (pl.Series([b"2"] * 2), "type.nested"),
    "categorical": (pl.Series(["2"] * 2, dtype=pl.Categorical), ""),
    "enumeration": (pl.Series(["2"] * 2, dtype=pl.Enum(["2"])), ""),
    "decimal": (pl.Series(["2.00"] * 2).cast(pl.Decimal(10, 2)), ""),
    "int128": (pl.Series([2] * 2, dtype=pl.Int128), ""),
    "float32": (pl.Series([2.0] * 2, dtype=pl.Float32), ""),
    "null": (pl.Series([None] * 2), ""),
    "time": (pl.Series([time(2)] * 2), "number.wrong"),
    "boolean": (pl.Series([True] * 2), "number.wrong"),
    "date": (pl.Series([date(2025, 1, 2)] * 2), "number.date"),
    "nanoseconds": (pl.Series([datetime(2025, 1, 2)] * 2, dtype=pl.Datetime("ns")), "number.date"),
    "zoned": (pl.Series([datetime(2025, 1, 2)] * 2).dt.replace_time_zone("Europe/Paris"), "number.date"),
}
"""A column of every type that a Parquet file can hold, and what is said where numbers are wanted."""


@pytest.mark.parametrize("name", TYPES)
def test_read_project__parquet_column_of_any_type(name: str, tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"products.csv": None})
    values, code = TYPES[name]
    pl.DataFrame({"product_id": ["P1", "P2"], "value": values}).write_parquet(folder / "products.parquet")
    network, findings = read_project(folder)
    assert {finding.code for finding in findings} == ({code} if code else set())
    assert all((finding.file, finding.column) == ("products.parquet", "value") for finding in findings)
    assert network["products"]["value"].to_list() == ([None, None] if code or name == "null" else [2.0, 2.0])


def test_read_project__parquet_faults_have_rows_and_columns(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"products.csv": None})
    pl.DataFrame({"product_id": ["P1", "P2"], "value": [float("nan"), -1.0]}).write_parquet(folder / "products.parquet")
    assert [(f.code, f.row) for f in read_project(folder)[1]] == [("number.nan", 2), ("number.range", 3)]


def _valid_files() -> dict[str, bytes]:
    """Return one valid file of each format, by the name under which it is read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_template(folder / "csv")
        network = read(folder / "csv")
        write(network, folder / "net.xlsx", layout=Layout.XLSX)
        write(network, folder / "parquet", layout=Layout.PARQUET)
        return {
            "net.xlsx": (folder / "net.xlsx").read_bytes(),
            "stock_points.parquet": (folder / "parquet" / "stock_points.parquet").read_bytes(),
            "lanes.csv": (folder / "csv" / "lanes.csv").read_bytes(),
            "chaintwin.toml": (folder / "csv" / "chaintwin.toml").read_bytes(),
        }


VALID = pytest.fixture(scope="module")(_valid_files)

MUTATIONS = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(("replace", "insert", "delete", "cut")),
        st.one_of(
            st.binary(min_size=1, max_size=8), st.sampled_from((b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"<", b"-1", b"1e999"))
        ),
    ),
    min_size=1,
    max_size=6,
)


def test_read__runs_no_code_of_the_folder_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, marked = tmp_path / "net", tmp_path / "run"
    folder.mkdir()
    pl.DataFrame({"product_id": ["P1"]}).write_parquet(folder / "products.parquet")
    (tmp_path / "polars.py").write_text(f"open({str(marked)!r}, 'w').close()\nraise SystemExit\n")
    monkeypatch.chdir(tmp_path)
    assert unreadable_files([folder / "products.parquet"]) == frozenset()
    assert not marked.exists()


@pytest.mark.parametrize("name", ["net.xlsx", "stock_points.parquet", "lanes.csv", "chaintwin.toml"])
def test_read__files_with_random_faults_raise_input_errors_only(name: str, VALID: dict[str, bytes]) -> None:
    # Each Parquet file is tried in a process of its own, which takes its time.
    @settings(max_examples=scaled(ci=8, full=500) if name.endswith(".parquet") else scaled(ci=60, full=5000))
    @given(MUTATIONS)
    def check(mutations: list[tuple[float, str, bytes]]) -> None:
        data = VALID[name]
        for where, kind, content in mutations:
            at = int(where * len(data))
            rest = {"replace": data[at + len(content) :], "insert": data[at:], "delete": data[at + len(content) :], "cut": b""}[
                kind
            ]
            data = data[:at] + (b"" if kind in ("delete", "cut") else content) + rest
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / name
            if name != "net.xlsx":
                write_files(Path(folder), {name: None})
            target.write_bytes(data)
            try:
                read(target if name == "net.xlsx" else Path(folder))
            except InputError as error:
                assert all(str(finding) for finding in error.findings)

    check()
