"""From a template to results: init, check, simulate, and what happens when the data or the call is wrong."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.running import COMMAND, ESCAPE, document, environment, run, succeed

# Blanks and letters that many terminals cannot write must do no harm.
NAME = "my nétwork 网"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder with a template project in it; tests only read it."""
    folder = tmp_path_factory.mktemp("journey")
    succeed("init", NAME, cwd=folder)
    yield folder


def broken_copy(home: Path, target: Path) -> Path:
    """Return a copy of the template with three faults in two files."""
    target.mkdir()
    for file in (home / NAME).iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    lines = (target / "lanes.csv").read_text(encoding="utf-8").splitlines()
    header = next(line for line in lines if "from_site" in line.split(","))
    lead = header.split(",").index("lead_time")
    first = lines.index(header) + 1
    cells = lines[first].split(",")
    cells[lead] = "-2"
    cells[header.split(",").index("to_site")] = "nowhere"
    lines[first] = ",".join(cells)
    (target / "lanes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (target / "products.csv").open("a", encoding="utf-8") as file:
        file.write(",\n")
    return target


def test_init__template_is_free_of_errors(home: Path) -> None:
    text = succeed("check", NAME, cwd=home)
    assert "can be simulated" in text
    assert ESCAPE not in text


def test_init__refuses_a_full_folder(home: Path) -> None:
    before = sorted(path.name for path in (home / NAME).iterdir())
    done = run("init", NAME, cwd=home)
    assert done.returncode == 2
    assert "new" in done.stderr
    assert sorted(path.name for path in (home / NAME).iterdir()) == before


def test_init__current_folder_and_result_into_it(tmp_path: Path) -> None:
    project, results = tmp_path / "project", tmp_path / "results"
    project.mkdir()
    results.mkdir()
    succeed("init", ".", cwd=project)
    assert document("check", ".", cwd=project)["ok"]
    succeed("simulate", project, "--replications", 2, "--periods", 5, "--out", ".", cwd=results)
    assert (results / "result.json").is_file()


@pytest.mark.parametrize("layout", ["csv", "xlsx", "parquet"])
def test_init__example_in_every_layout(layout: str, tmp_path: Path) -> None:
    succeed("init", "beer", "--from-example", "beer-game", "--layout", layout, cwd=tmp_path)
    assert list((tmp_path / "beer").glob(f"*.{layout}"))
    assert document("check", "beer", cwd=tmp_path)["ok"]


def test_check__explains_defaults_and_proposals(home: Path) -> None:
    text = succeed("check", NAME, "--explain", cwd=home)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for line in (
        "lanes 4 rows",
        "time_zone all UTC",
        "capacity 2 of 4 unlimited",
        "carbon_factor all proposed: default of the mode",
    ):
        assert line in lines, text
    # Columns that nothing stands in for, and rows that are always in force, say nothing.
    assert not [line for line in lines if line.startswith(("owner ", "valid_from ", "series "))]
    # A line for each column that something stands in for, and no more: five tables have some 70 of them.
    assert len(lines) < 80
    whole = document("check", NAME, "--explain", cwd=home)
    assert whole["ok"] is True
    assert {row["column"] for row in whole["defaults"]} >= {"time_zone", "calendar", "owner", "valid_from"}
    assert all(row["value"] for row in whole["proposed"])


def test_check__explains_one_table_in_full(home: Path) -> None:
    text = " ".join(succeed("check", NAME, "--explain-table", "lanes", cwd=home).split())
    assert "Length of the way." in text
    assert "row 2 hamburg>central 1224" in text
    assert "time_zone" not in text
    whole = document("check", NAME, "--explain-table", "lanes", cwd=home)
    assert {row["table"] for row in (*whole["defaults"], *whole["proposed"])} == {"lanes"}
    everything = succeed("check", NAME, "--explain-table", "all", cwd=home)
    assert "IANA time zone." in " ".join(everything.split())
    assert "Nothing:" in succeed("check", NAME, "--explain-table", "hazards", cwd=home)
    done = run("check", NAME, "--explain-table", "lane", cwd=home)
    assert done.returncode == 2
    assert "did you mean lanes?" in " ".join(done.stderr.split())


def test_check__says_what_a_source_is(home: Path) -> None:
    text = " ".join(succeed("check", NAME, cwd=home).split())
    assert "sources, the ways to fill a stock point: 4 bought outside the network, 4 moved over a lane" in text


def test_check__reports_all_faults_at_once(home: Path, tmp_path: Path) -> None:
    project = broken_copy(home, tmp_path / "broken")
    whole = document("check", project, cwd=tmp_path, code=1)
    assert whole["ok"] is False
    errors = {(finding["file"], finding["column"]) for finding in whole["findings"] if finding["severity"] == "error"}
    assert errors >= {("lanes.csv", "lead_time"), ("lanes.csv", "to_site")}
    assert "products.csv" in {file for file, _ in errors}
    done = run("check", project, cwd=tmp_path)
    assert done.returncode == 1
    assert "lanes.csv:" in done.stdout
    assert "found -2" in " ".join(done.stdout.split())


def test_simulate__refuses_a_project_with_errors(home: Path, tmp_path: Path) -> None:
    project = broken_copy(home, tmp_path / "broken")
    done = run("simulate", project, "--out", "result", cwd=tmp_path)
    assert done.returncode == 1
    assert "lead_time" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "result").exists()
    failure = document("simulate", project, cwd=tmp_path, code=1)["error"]
    assert failure["code"] == "input"
    assert len(failure["findings"]) >= 3


def test_check__no_such_project(tmp_path: Path) -> None:
    done = run("check", "nowhere", cwd=tmp_path)
    assert done.returncode == 1
    assert "nowhere" in done.stdout + done.stderr


def test_simulate__prints_tables_and_writes_parquet(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "the result"
    text = succeed("simulate", home / NAME, "--replications", 8, "--periods", 40, "--warm-up", 5, "--out", out, cwd=tmp_path)
    for part in ("Fill rate", "95 % interval", "Total", "40 days after 5 days of warm-up", "8 replications"):
        assert part in text
    assert ESCAPE not in text
    assert max(map(len, text.splitlines())) <= 80 + len(str(out))
    assert {"result.json", "summary.parquet", "streams.parquet"} <= {path.name for path in out.iterdir()}
    assert [path.name for path in tmp_path.iterdir()] == ["the result"]


def test_simulate__marks_revenue_without_prices(home: Path, tmp_path: Path) -> None:
    for file in (home / NAME).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    arguments = ("simulate", tmp_path, "--replications", 2, "--periods", 20)
    assert "product values" not in succeed(*arguments, cwd=home)
    with (tmp_path / "demand.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (tmp_path / "demand.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [name for name in rows[0] if name != "price"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    text = succeed(*arguments, cwd=home)
    assert "Revenue, at product values" in text
    assert "Revenue is at product values: no price is given; it holds no margin there." in text
    assert document(*arguments, cwd=home)["figures"]["revenue"]["note"] == "at product values: no price is given"


def test_simulate__writes_csv_and_a_workbook(home: Path, tmp_path: Path) -> None:
    arguments = ("simulate", home / NAME, "--replications", 4, "--periods", 20)
    text = succeed(*arguments, "--out", "tables", "--format", "csv", cwd=tmp_path)
    assert "Wrote the result to tables (a CSV file a table)." in text
    assert (tmp_path / "tables" / "streams.csv").read_text().startswith("stream_id,buffer_id,is_priced,demand,")
    text = succeed(*arguments, "--out", "result.xlsx", cwd=tmp_path)
    assert "Wrote the result to result.xlsx (a sheet a table)." in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.xlsx", "tables"]
    for wrong in (
        ("--format", "csv"),
        ("--out", "result", "--format", "xlsx"),
        ("--out", "a/b/result.csv"),
        ("--out", "many.xlsx", "--replications", 1_048_576),
        ("--out", home / NAME, "--format", "csv"),
    ):
        done = run(*arguments, *wrong, cwd=tmp_path)
        assert done.returncode == 2, wrong
        assert "allowed:" in " ".join(done.stderr.split())
        assert done.stdout == ""


def test_simulate__json_is_the_same_for_any_number_of_threads(home: Path) -> None:
    arguments = ("simulate", NAME, "--replications", 70, "--periods", 30, "--seed", 7)
    first = document(*arguments, "--threads", 1, cwd=home)
    assert first == document(*arguments, "--threads", 2, cwd=home)
    figure = first["figures"]["fill_rate"]
    assert 0 <= figure["low"] <= figure["mean"] <= figure["high"] <= 1
    assert first["span"] == {"first": 0, "periods": 30, "warm_up": 0, "replications": 70, "seed": 7}
    other = document(*arguments[:-1], 8, cwd=home)
    assert other["figures"]["demand"]["mean"] != first["figures"]["demand"]["mean"]


def test_simulate__one_replication_has_no_interval(home: Path) -> None:
    figure = document("simulate", NAME, "--replications", 1, "--periods", 10, cwd=home)["figures"]["fill_rate"]
    assert figure["low"] is None
    assert "One replication has no interval" in succeed("simulate", NAME, "--replications", 1, "--periods", 10, cwd=home)


@pytest.mark.parametrize(
    "settings", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}]
)
def test_simulate__any_encoding(home: Path, settings: dict[str, str]) -> None:
    text = succeed("simulate", NAME, "--replications", 4, "--periods", 20, cwd=home, env=environment(**settings))
    assert "Fill rate" in text
    assert ESCAPE not in text
    if "PYTHONIOENCODING" in settings:
        assert text.isascii()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_simulate__interrupted_leaves_nothing(home: Path, tmp_path: Path, number: int) -> None:
    command = [*COMMAND, "simulate", str(home / NAME), "--replications", "9000000", "--out", "result"]
    started = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        # The first remark comes when the project has been read and the simulation is about to start.
        assert started.stderr is not None
        assert "doctor" in started.stderr.readline()
        time.sleep(2)
        assert started.poll() is None
        os.kill(started.pid, number)
        out, notes = started.communicate(timeout=60)
    finally:
        started.kill()
    assert started.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert "Traceback" not in notes
    assert out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [("check", NAME), ("check", NAME, "--json"), ("check", "nowhere"), ("simulate", NAME, "--replications", "2"), ("--help",)],
    ids=" ".join,
)
def test_closed_pipe__ends_in_silence(home: Path, arguments: tuple[str, ...]) -> None:
    started = subprocess.Popen(
        [*COMMAND, *arguments], cwd=home, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    started.stdout.close()
    assert started.stderr is not None
    notes = started.stderr.read()
    assert started.wait(timeout=120) == 141
    started.stderr.close()
    # Remarks may have been made before; about the pipe there is none.
    assert "Traceback" not in notes
    assert "pipe" not in notes.lower()
    if arguments[0] != "simulate":
        assert notes == ""


def test_closed_pipe__head_takes_one_line(home: Path) -> None:
    script = 'set -o pipefail; "$@" | head -1; echo "${PIPESTATUS[0]}"'
    command = ["bash", "-c", script, "bash", *COMMAND, "check", NAME, "--explain-table", "all"]
    done = subprocess.run(command, cwd=home, env=environment(), capture_output=True, text=True, check=True)
    # The command may have said all it had to say before head closed the pipe.
    assert done.stdout.splitlines()[-1] in ("141", "0")
    assert done.stderr == ""
