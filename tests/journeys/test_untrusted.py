"""The promises of SECURITY.md about files that others made, each tried with files that mean harm.

Beside these: workbooks in tests/network/tables/test_workbook.py, paths in laws in tests/laws/test_grammar.py, random faults in
tests/network/tables/test_reading.py, interrupted writing in tests/network/tables/test_writing.py and
test_exchanging.py, reports of an import that lie in tests/ingest/test_writing.py, few bytes that ask for much memory in
tests/network/doctor/test_sizes.py. The promises about a server are tried in tests/serve, where the page says.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.errors import ChaintwinError, InputError
from chaintwin.ingest import import_log
from chaintwin.laws.samples import LARGEST_FILE_BYTES
from chaintwin.network.tables.files.columnar import CELLS_MAX
from chaintwin.network.tables.files.sheet import COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX
from chaintwin.network.tables.reading import read_project
from tests.journeys.running import environment, run
from tests.network.tables.projects import clean_sheets, errors_of, findings_of, only, workbook, write_files
from tests.shared_data import REPOSITORY
from tests.sizes import scaled

HARM = (
    "=cmd|'/C touch pwned'!A0",
    '=HYPERLINK("http://127.0.0.1:9/x")',
    "__import__('os').system('touch pwned')",
    "$(touch pwned)",
    "`touch pwned`",
    "{{7*7}}",
    "%(pwned)s",
    "cos\nsystem\n(S'touch pwned'\ntR.",
)
"""What a spreadsheet, Python, a shell, a template or an unpickler would run."""

LOG = "shipment no,product,ship from,ship to,order date,delivery date,qty\n" + "".join(
    f"S{day},lamp,Works Lyon,Paris,2025-01-{day:02d},2025-02-{day:02d},{day}\n" for day in range(1, 21)
)

WATCHED = """
import sys, json
seen = []
WATCH = ("socket.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "pty.", "pickle.find_class",
         "shutil.unpack", "urllib.", "webbrowser.", "ctypes.dlopen")
def hook(event, arguments):
    if event.startswith(WATCH):
        seen.append([event, [str(item) for item in arguments][:2]])
sys.addaudithook(hook)
from chaintwin.cli.application import app
sys.argv = ["chaintwin", *sys.argv[1:]]
try:
    app()
except SystemExit as leaving:
    code = leaving.code
print("\\nWATCHED", json.dumps([code or 0, seen]))
"""


def watched(*arguments: object, cwd: Path) -> tuple[int, list[tuple[str, list[str]]], str]:
    """Run the command with every call of Python's that could run or fetch something noted down."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *map(str, arguments)],
        cwd=cwd, env=environment(), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    text, _, noted = done.stdout.rpartition("\nWATCHED ")
    assert noted, done.stdout + done.stderr
    code, seen = json.loads(noted)
    return code, [(event, details) for event, details in seen], text + done.stderr


def hostile_project(folder: Path) -> Path:
    """Write a project with harm in ids, texts, laws, settings and a sheet of Parquet."""
    quoted = ['"' + text.replace('"', '""') + '"' for text in HARM]
    files = {
        "chaintwin.toml": f"name = {json.dumps(HARM[0])}\nschema_version = 2\n",
        "products.csv": "product_id,name\nP1,x\nP2,x\n" + "".join(f"{text},{text}\n" for text in quoted),
        "demand.csv": "site_id,product_id,quantity\n" + "".join(f"S1,P1,{text}\n" for text in quoted),
        "partners.csv": None,
    }
    write_files(folder, files)
    pl.DataFrame({"partner_id": list(HARM), "name": list(HARM)}).write_parquet(folder / "partners.parquet")
    return folder


def test_nothing_is_executed__project(tmp_path: Path) -> None:
    code, seen, text = watched("check", hostile_project(tmp_path / "project"), "--explain", cwd=tmp_path)
    assert code == 1
    assert "demand.csv:2 quantity" in text
    assert "Traceback" not in text
    assert not list(tmp_path.rglob("*pwned*"))
    # Damaged Parquet files are tried by another process of this Python; nothing else is started and nothing is unpickled.
    started = [details for event, details in seen if event == "subprocess.Popen"]
    assert all(details[0] == sys.executable for details in started)
    assert {event for event, _ in seen} <= {"subprocess.Popen", "os.posix_spawn", "os.fork", "ctypes.dlopen"}


def test_nothing_is_executed__workbook(tmp_path: Path) -> None:
    sheets = clean_sheets()
    sheets["products"] = [["product_id", "name"], ["P1", HARM[0]], ["P2", HARM[2]]]
    path = workbook(tmp_path / "net.xlsx", sheets)
    code, seen, _ = watched("check", path, cwd=tmp_path)
    assert code == 0
    assert [event for event, _ in seen if event != "ctypes.dlopen"] == []
    assert not list(tmp_path.rglob("*pwned*"))


def test_nothing_is_executed__shipment_log(tmp_path: Path) -> None:
    lines = "".join(f'S,"{text.replace(chr(34), chr(34) * 2)}",Works Lyon,Paris,2025-01-01,2025-01-05,1\n' for text in HARM)
    (tmp_path / "log.csv").write_text(LOG + lines, encoding="utf-8")
    code, seen, text = watched("import", "log.csv", "--into", "made", cwd=tmp_path)
    assert code in (0, 1), text
    assert "Traceback" not in text
    assert {event for event, _ in seen} <= {"ctypes.dlopen"}
    assert not list(tmp_path.rglob("*pwned*"))


@pytest.mark.parametrize("arguments", [("demo", "medicines", "--replications", "2"), ("bench", "--list"), ("init", "mine")])
def test_no_network__commands(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code, seen, text = watched(*arguments, cwd=tmp_path)
    assert code == 0, text
    assert [event for event, _ in seen if event.startswith(("socket.", "urllib."))] == []


def test_no_network__the_watch_sees_a_connection(tmp_path: Path) -> None:
    script = WATCHED.replace("    app()", "    import socket; socket.create_connection(('127.0.0.1', 9), 0.1)")
    script = script.replace("except SystemExit as leaving:\n    code = leaving.code", "except OSError:\n    code = 7")
    done = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, text=True, check=True)
    assert "socket.connect" in done.stdout


def test_names_inside__a_table_that_is_a_link_is_followed(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "project", {})
    (folder / "products.csv").rename(tmp_path / "shared.csv")
    (folder / "products.csv").symlink_to(tmp_path / "shared.csv")
    assert errors_of(read_project(folder)[1]) == []


def test_size__table_too_wide(tmp_path: Path) -> None:
    header = ",".join(["product_id", *(f"# {number}" for number in range(COLUMNS_MAX))])
    finding = only(findings_of(tmp_path / "csv", {"products.csv": f"{header}\nP1{',' * COLUMNS_MAX}\n"}), "file.wide")
    assert (finding.file, finding.allowed) == ("products.csv", f"at most {COLUMNS_MAX}")
    sheets = clean_sheets()
    sheets["products"] = [["product_id", *(f"# {number}" for number in range(COLUMNS_MAX))], ["P1"]]
    finding = only(read_project(workbook(tmp_path / "net.xlsx", sheets))[1], "file.wide")
    assert finding.file == "net.xlsx[products]"
    assert str(COLUMNS_MAX) in finding.allowed


def test_size__parquet_that_claims_many_rows_and_cells(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "long", {"products.csv": None})
    pl.DataFrame({"product_id": pl.repeat("P1", ROWS_MAX + 1, eager=True)}).write_parquet(folder / "products.parquet")
    assert (folder / "products.parquet").stat().st_size < 100_000
    finding = only(read_project(folder)[1], "file.long")
    assert (finding.file, f"at most {ROWS_MAX} rows") == ("products.parquet", finding.allowed.split(",")[0])
    folder = write_files(tmp_path / "wide", {"products.csv": None})
    count = CELLS_MAX // 400 + 1
    pl.DataFrame({f"c{number}": pl.repeat(True, count, eager=True) for number in range(400)}).write_parquet(
        folder / "products.parquet"
    )
    assert only(read_project(folder)[1], "file.long").found == f"{count} rows of 400 columns"


def test_size__csv_of_too_many_rows(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "project", {})
    (folder / "products.csv").write_bytes(b"product_id,name\n" + b"P,x\n" * (ROWS_MAX + 1))
    assert only(read_project(folder)[1], "file.long").allowed == f"at most {ROWS_MAX}"


def test_size__settings_law_file_and_log(tmp_path: Path) -> None:
    finding = only(findings_of(tmp_path / "a", {"chaintwin.toml": "# " + "x" * 2**20 + "\n"}), "file.large")
    assert (finding.file, finding.allowed) == ("chaintwin.toml", "at most 1 MiB")
    folder = write_files(tmp_path / "b", {"demand.csv": "site_id,product_id,quantity\nS1,P1,empirical(big.csv)\n"})
    with (folder / "big.csv").open("wb") as stream:
        stream.truncate(LARGEST_FILE_BYTES + 1)
    assert str(LARGEST_FILE_BYTES) in " ".join(str(finding) for finding in read_project(folder)[1])
    with (tmp_path / "log.csv").open("wb") as stream:
        stream.truncate(FILE_BYTES_MAX + 2**20)
    with pytest.raises(InputError, match="at most 200 MiB"):
        import_log(tmp_path / "log.csv")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("chaintwin.toml", "x = " + "[" * 100_000),
        ("chaintwin.toml", "x = " + "{a=" * 100_000),
        ("chaintwin.toml", "horizon = " + "9" * 10_000),
        ("demand.csv", "site_id,product_id,quantity\nS1,P1," + "shift(" * 100_000 + "\n"),
        ("demand.csv", "site_id,product_id,quantity\nS1,P1," + "9" * 100_000 + "\n"),
        ("demand.csv", "site_id,product_id,quantity\nS1,P1," + "x" * 10_000_000 + "\n"),
        ("demand.csv", "\0" * 1_000_000),
        ("sites.csv", "site_id,latitude,valid_from\nF1,-1e999,9999999999-99-99\nW1,NaN,0000-00-00\nS1,inf,-1\n"),
    ],
    ids=["nested-lists", "nested-tables", "long-integer", "nested-law", "long-number", "long-cell", "zeros", "numbers"],
)
def test_faults__are_findings(name: str, content: str, tmp_path: Path) -> None:
    project = write_files(tmp_path / "project", {name: content})
    done = run("check", project, "--json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    whole = json.loads(done.stdout)
    assert "error" not in whole, whole["error"]
    assert {finding["file"] for finding in whole["findings"] if finding["severity"] == "error"} >= {name}


CELL_FAULTS = st.sampled_from(
    ("", "-1", "1e999", "nan", "inf", "9" * 400, "2025-02-30", "0000-00-00", '"', "\0", "é", *(text for text in HARM))
)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_faults__random_cells_of_a_shipment_log(ending: str) -> None:
    lines = [line.split(",") for line in LOG.splitlines()]

    # Each Parquet file is tried in a process of its own, which takes its time.
    @settings(max_examples=scaled(ci=5 if ending == ".parquet" else 20, full=500))
    @given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6), CELL_FAULTS), min_size=1, max_size=12))
    def check(faults: list[tuple[int, int, str]]) -> None:
        cells = [list(line) for line in lines]
        for row, column, text in faults:
            cells[row][column] = text
        names = cells[0] if len(set(cells[0])) == len(cells[0]) else [f"{name} {place}" for place, name in enumerate(cells[0])]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"log{ending}"
            if ending == ".csv":
                path.write_text("\n".join(",".join(line) for line in cells) + "\n", encoding="utf-8")
            elif ending == ".xlsx":
                workbook(path, {"log": cells})
            else:
                pl.DataFrame(cells[1:], schema=names, orient="row").write_parquet(path)
            try:
                import_log(path)
            except ChaintwinError as error:
                assert str(error)

    check()


def test_page__every_promise_is_tried_here_or_named_above() -> None:
    page = (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")
    about_files, about_a_server = page.split("\n## What is not promised\n")[0].split("\n## What is promised about a server\n")
    assert promises(about_files) == [
        "Nothing in a file is executed.",
        "No name inside a project leads out of its folder",
        "Size is limited before memory is spent",
        "A fault is a finding, never a traceback",
        "No half-written project",
        "No network.",
    ]
    assert promises(about_a_server) == [
        "It listens to this machine only",
        "The token comes into no log, no address that is sent, and no script of a page",
        "No other page makes a browser change anything",
        "What is asked for is bounded",
        "A file that is uploaded is a file that others made",
    ]
    named = re.findall(r"`([a-z/]*test_[a-z_]+\.py)`", about_a_server)
    assert named
    assert [file for file in named if not (REPOSITORY / "tests/serve" / Path(file).name).exists()] == []


def promises(text: str) -> list[str]:
    """Return what is promised, in short."""
    return re.findall(r"^- \*\*([^*]+)\*\*", text, re.MULTILINE)
