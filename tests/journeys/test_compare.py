"""Scenarios on the real command: compared, shown, written, refused and interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from chaintwin import Scenario, compare, read
from chaintwin.simulation import Checkpoint
from tests.journeys.running import COMMAND, document, environment, run, succeed

SLOWER = '[[change]]\ntable = "lanes"\ncolumn = "lead_time"\nadd = 1\n'
NOTHING = 'name = "as it is"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    succeed("init", "beer", "--from-example", "beer-game", cwd=tmp_path)
    (tmp_path / "slower.toml").write_text(SLOWER)
    (tmp_path / "nothing.toml").write_text(NOTHING)
    return tmp_path


def test_compare__shows_verdicts_and_writes(project: Path) -> None:
    text = succeed("compare", "beer", "slower.toml", "nothing.toml", "--replications", "2", "--out", "found.csv", cwd=project)
    assert "slower against baseline" in text
    assert "lanes.lead_time: add 1" in text
    (cost,) = (line for line in text.splitlines() if line.strip().startswith("Total cost"))
    assert "worse" in cost
    assert "as it is against baseline" in text
    assert "All figures are the same." in text
    assert (project / "found.csv").read_text().splitlines()[0].startswith("scenario,figure,unit,good,reference")


def test_compare__the_verdict_is_seen_in_a_narrow_window(project: Path) -> None:
    done = run("compare", "beer", "slower.toml", "--replications", "2", cwd=project, env=environment(COLUMNS="60"))
    (cost,) = (line for line in done.stdout.splitlines() if line.strip().startswith("Total cost"))
    assert "worse" in cost


def test_compare__as_a_document(project: Path) -> None:
    found = document("compare", "beer", "slower.toml", "--replications", "2", "--reference", "slower", cwd=project)
    assert found["reference"] == "slower"
    rows = {row["figure"]: row for row in found["differences"]}
    assert {row["scenario"] for row in found["differences"]} == {"baseline"}
    assert rows["total_cost"]["verdict"] == "better"
    assert rows["total_cost"]["good"] == "less"
    alone = document("simulate", "beer", "--scenario", "slower.toml", "--replications", "2", cwd=project)
    assert alone["scenario"] == "slower"
    assert alone["figures"]["total_cost"]["mean"] == rows["total_cost"]["reference"]
    assert alone["program_digest"] == found["program_digests"]["slower"]


def test_compare__cash_of_accounts_is_shown_and_written(project: Path) -> None:
    (project / "beer" / "partners.csv").write_text("partner_id,payment_term_days\nbrewer,14\n")
    (project / "cheaper.toml").write_text('[[change]]\ntable = "demand"\ncolumn = "price"\nset = 3\n')
    arguments = ("compare", "beer", "cheaper.toml", "nothing.toml", "--replications", "2")
    text = succeed(*arguments, "--out", "found.csv", cwd=project)
    assert "Cash of accounts, USD a week, owners first" in text
    (own,) = (line for line in text.splitlines() if line.strip().startswith("(own company)"))
    assert "lower" in own
    assert "The cash of all accounts is the same." in text
    assert "Wrote the differences to found.csv, those of accounts to found-accounts.csv." in text
    header = (project / "found-accounts.csv").read_text().splitlines()[0]
    assert header.startswith("scenario,account_id,is_owner,figure,unit,reference,value,difference,low,high")
    rows = document(*arguments, cwd=project)["accounts"]
    assert {row["figure"] for row in rows} == {"margin", "cash", "funding"}


def test_compare__faults_of_all_files_come_together(project: Path) -> None:
    (project / "one.toml").write_text(SLOWER.replace("lanes", "lane"))
    (project / "two.toml").write_text(SLOWER.replace("lead_time", "leadtime"))
    found = document("compare", "beer", "one.toml", "two.toml", cwd=project, code=1)["error"]
    assert [finding["code"] for finding in found["findings"]] == ["scenario.table", "scenario.column"]
    assert [finding["file"] for finding in found["findings"]] == ["one.toml, change 1", "two.toml, change 1"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("slower.toml", "slower.toml"), "found slower twice"),
        (("slower.toml", "--reference", "x"), "reference: found x; allowed: baseline, slower"),
        (("slower.toml", "--out", "found.txt"), "found the ending .txt; allowed: .csv, .parquet, .xlsx"),
        (("slower.toml", "--until", "profit +/- 1"), "found 'profit'"),
        (("slower.toml", "--anew"), "--anew: found no --checkpoint beside it"),
    ],
)
def test_compare__wrong_usage(project: Path, arguments: tuple[str, ...], text: str) -> None:
    done = run("compare", "beer", *arguments, "--json", cwd=project)
    assert done.returncode == 2
    assert text in json.loads(done.stdout)["error"]["message"]


def test_compare__says_what_it_goes_on_from_unless_it_is_refused(project: Path) -> None:
    scenario = Scenario.read(project / "slower.toml")
    compare(read(project / "beer"), [scenario], replications=64, checkpoint=Checkpoint(project / "saved", keep=True))
    arguments = ("compare", "beer", "slower.toml", "--replications", "128", "--checkpoint", "saved")
    refused = run(*arguments, "--seed", "1", cwd=project)
    assert refused.returncode == 2
    assert "which differs in seed (0, now 1)" in " ".join(refused.stderr.split())
    assert "Going on" not in refused.stderr
    done = run(*arguments, cwd=project)
    assert done.returncode == 0, done.stderr
    assert "Going on from 128 replications of all scenarios together saved in saved." in " ".join(done.stderr.split())
    assert not (project / "saved").exists()


@pytest.mark.slow
def test_compare__interrupted(project: Path) -> None:
    command = [*COMMAND, "compare", "beer", "slower.toml", "--replications", "4000000", "--out", "found.csv"]
    before = sorted(path.name for path in project.iterdir())
    process = subprocess.Popen(command, cwd=project, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(6)
    assert process.poll() is None
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, notes = process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - begun < 5
    assert "Interrupted; nothing half-written is left." in notes
    assert "Traceback" not in notes
    assert sorted(path.name for path in project.iterdir()) == before
