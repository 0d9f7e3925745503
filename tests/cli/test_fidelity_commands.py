"""``chaintwin calibrate`` and ``fidelity``: parameters from a log, how far they are to be trusted, and forks that use them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from chaintwin.cli.application import app
from chaintwin.clock import SystemClock
from chaintwin.network import write
from chaintwin.store.opening import open_store
from tests.fidelity.calibration import worlds
from tests.fidelity.logs import log_at, put, with_lead_times

PERIODS = 120
DAY = "2026-04-20"


def command(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def document(*words: object) -> Any:
    ran = command(*words, "--json")
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose tables are wrong about one lane, with the log of a world that is not."""
    folder = tmp_path_factory.mktemp("worlds") / "milk"
    write(with_lead_times(worlds.network(), "pmf(1:0.5, 2:0.5)", lane="L1"), folder)
    log_at(folder / ".twin" / "log.db", [(worlds.network(), PERIODS)], seed=3).close()
    return folder


@pytest.fixture
def project(logged: Path, tmp_path: Path) -> Path:
    """Return a copy of it, for one test to change."""
    import shutil

    return Path(shutil.copytree(logged, tmp_path / "milk"))


def test_calibrate__keeps_versions_that_fork_uses_and_replays(project: Path) -> None:
    dry = document("calibrate", project, "--dry-run")
    assert dry["used"]
    assert document("calibrate", project, "--list")["versions"] == []
    before = document("fork", project, "--at", DAY, "--days", 5, "--replications", 16)
    assert before["forks"][0]["parameters"] is None
    made = document("calibrate", project, "--note", "first", "--out", project.parent / "parameters.csv")
    assert made["version"] != dry["version"], "the note is part of a version"
    assert (project.parent / "parameters.csv").read_text().startswith("kind,subject,before")
    (kept,) = document("calibrate", project, "--list")["versions"]
    assert (kept["id"], kept["accepted"], kept["note"]) == (made["version"], True, "first")
    shown = document("calibrate", project, "--show", made["version"][:8])
    # Yield and capacity are those of the tables, so that there was no reason to replace them.
    assert {row["kind"] for row in shown["parameters"]} == {"lead_time"}
    # The version is made of data until the end of the log, so it is not in force on a day before.
    since = document("fork", project, "--at", DAY, "--days", 5, "--replications", 16)
    assert (since["forks"], since["start"]["hash"]) == (before["forks"], before["start"]["hash"])
    last = "2026-05-01T00:00:00.5"
    now = document("fork", project, "--at", last, "--days", 5, "--replications", 16)
    assert now["forks"][0]["parameters"] == made["version"]
    again = document("fork", project, "--at", last, "--days", 5, "--replications", 16, "--parameters", made["version"][:10])
    assert again == now
    tables = document("fork", project, "--at", last, "--days", 5, "--replications", 16, "--parameters", "tables")
    assert tables["forks"][0]["parameters"] is None
    ahead = command("fork", project, "--at", DAY, "--days", 5, "--replications", 16, "--parameters", made["version"])
    assert "knows events after the moment" in plain(ahead.stderr)


@pytest.mark.parametrize("words", [("fork", "--at"), ("simulate", "--from")])
def test_answers__of_the_past_are_given_again_whatever_comes(project: Path, words: tuple[str, str]) -> None:
    name, option = words
    size = ("--days", 5) if name == "fork" else ("--periods", 5)
    options = (*size, "--replications", 16, "--seed", 3)
    document("calibrate", project, "--at", DAY, "--note", "first")
    answer = document(name, project, option, DAY, *options)
    known = answer["start"]["known_at"]
    assert answer["forks"][0]["parameters"] if name == "fork" else answer["parameters"]
    # A shipment of weeks ago that is told late, and a version of parameters that takes the place of the one that was used.
    late = {
        "type": "ObjectEvent",
        "eventTime": "2026-04-10T20:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "cycle_counting",
        "bizLocation": {"id": "urn:chaintwin:v1:site:cross"},
        "quantityList": [{"epcClass": "urn:chaintwin:v1:product:milk", "quantity": 900}],
    }
    with open_store(project / ".twin" / "log.db") as store:
        put(store, [late], received_at=SystemClock().now())
    document("calibrate", project, "--at", DAY, "--note", "second", "--take", "--seed", 9)
    now = document(name, project, option, DAY, *options)
    assert now["start"]["hash"] != answer["start"]["hash"]
    again = document(name, project, option, DAY, "--known", known, *options)
    assert again == answer
    assert now != answer


def test_simulate__from_now_uses_the_version_in_force(project: Path) -> None:
    options = ("--periods", 5, "--replications", 16)
    made = document("calibrate", project, "--at", DAY)
    assert made["used"]
    ran = command("simulate", project, "--from", DAY, *options)
    assert f"Parameters of version {made['version'][:12]}" in plain(ran.stderr)
    used = document("simulate", project, "--from", DAY, *options)
    tables = document("simulate", project, "--from", DAY, *options, "--parameters", "tables")
    assert (used["parameters"], tables["parameters"]) == (made["version"], None)
    assert used["figures"] != tables["figures"]
    assert document("simulate", project, "--from", DAY, *options, "--parameters", made["version"][:9]) == used
    before = document("simulate", project, "--from", "2026-04-01", *options)
    assert before["parameters"] is None
    late = command("calibrate", project, "--at", "2999-01-01")
    assert (late.exit_code, "which has not come yet" in plain(late.stderr)) == (2, True)
    for known, said in (("2999-01-01", "which has not come yet"), ("1970-01-01", "at which nothing was known")):
        refused = command("simulate", project, "--from", DAY, "--known", known, *options)
        assert (refused.exit_code, said in " ".join(plain(refused.stderr).split())) == (2, True), refused.stderr
    for words in (("--parameters", "tables"), ("--known", DAY)):
        alone = command("simulate", project, *options, *words)
        assert (alone.exit_code, "--from" in plain(alone.stderr)) == (2, True)


def test_calibrate__says_what_it_found_and_decided(project: Path) -> None:
    ran = command("calibrate", project)
    assert ran.exit_code == 0
    said = plain(ran.stdout)
    assert "against those of the tables" in said
    assert "judged on" in said
    assert "is used from its moment on" in said
    again = plain(command("calibrate", project).stdout)
    assert "is refused" in again
    listed = plain(command("calibrate", project, "--list").stdout)
    assert "yes" in listed
    assert "no" in listed
    shown = command("calibrate", project, "--show", document("calibrate", project, "--list")["versions"][0]["id"])
    assert "lead time of" in plain(shown.stdout)


def test_calibrate__beside_a_server_says_what_can_be_done(project: Path) -> None:
    log = project / ".twin" / "log.db"
    # A server is another process: it holds the lock of its log.
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import fcntl, os, sys; held = open(r'{log}.lock', 'w'); fcntl.flock(held, fcntl.LOCK_EX); "
            "print(os.getpid(), file=held, flush=True); print(1, flush=True); sys.stdin.read()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        ran = command("calibrate", project)
        assert ran.exit_code == 2
        said = plain(ran.stderr)
        assert "open for writing" in said
        assert "--calibrate 7" in said
        assert document("calibrate", project, "--dry-run")["used"]
    finally:
        holder.communicate(timeout=30)
    assert document("calibrate", project)["used"]


def test_calibrate__refuses_what_is_not_there(project: Path) -> None:
    for words, said in (
        (("--show", "0000"), "allowed: tables, or the id"),
        (("--at", "1999-01-01"), "the first event of the log"),
        (("--at", "soon"), "allowed: now, a day"),
    ):
        ran = command("calibrate", project, *words)
        assert ran.exit_code == 2
        assert said in plain(ran.stderr)
    assert "no version" in plain(command("fork", project, "--at", DAY, "--days", 2, "--parameters", "123456").stderr)
    with open_store(project / "empty.db"):
        pass
    ran = command("calibrate", project, "--store", project / "empty.db")
    assert (ran.exit_code, "found no event" in plain(ran.stderr)) == (2, True)


@pytest.mark.slow
def test_fidelity__measures_prints_draws_and_is_told_by_forks(project: Path) -> None:
    never = command("fork", project, "--at", DAY, "--days", 3, "--replications", 16)
    assert "was never measured: chaintwin fidelity" in plain(never.stdout)
    assert document("fork", project, "--at", DAY, "--days", 3, "--replications", 16)["fidelity"] is None
    ran = command(
        "fidelity", project, "--budget", 4, "--every", 7, "--plot", project.parent / "f.svg", "--out", project.parent / "f.csv"
    )
    assert ran.exit_code == 0, ran.output
    said = plain(ran.stdout)
    for part in (
        "Fidelity",
        "skill",
        "coverage",
        "Calibration",
        "least trusted first",
        "Drift:",
        "chaintwin calibrate",
        "false alarm",
    ):
        assert part in said, part
    assert "lay in their forecasts" in (project.parent / "f.svg").read_text()
    assert (project.parent / "f.csv").read_text().startswith("kind,name,score")
    found = document("fidelity", project, "--budget", 0)
    assert 0.0 <= found["score"] <= 1.0
    assert found["backcasts"] > 3
    # The tables are wrong about one lane, and that is the one that is found.
    (lane,) = {one["lane"][1] for one in found["alarms"]["lanes"]}
    assert lane == "cross"
    assert {row["kind"] for row in found["rows"]} >= {"overall", "customers", "site", "lane", "stock point"}
    told = command("fork", project, "--at", DAY, "--days", 3, "--replications", 16)
    assert "Fidelity" in plain(told.stdout)
    assert "have drifted" in plain(told.stderr)
    again = command("fidelity", project, "--budget", 1, "--every", 7)
    assert "are kept" in plain(again.stderr)


def test_fidelity__of_a_log_without_a_past(tmp_path: Path) -> None:
    folder = tmp_path / "milk"
    write(worlds.network(), folder)
    log_at(folder / ".twin" / "log.db", [(worlds.network(), 1)], seed=3).close()
    ran = command("fidelity", folder, "--budget", 1)
    assert ran.exit_code == 0, ran.output
    found = document("fidelity", folder, "--budget", 0)
    assert found["backcasts"] == 0
