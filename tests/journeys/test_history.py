"""One run followed on the real command, with the disruptions of a scenario."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.journeys.running import document, run, succeed

FIRE = """
name = "fire at the wholesaler"

[[disruption]]
name = "fire"
where = { site = "wholesaler" }
after = 70
duration = 14
effect = { capacity = 0, orders_cancelled = 1 }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    succeed("init", "beer", "--from-example", "beer-game", cwd=tmp_path)
    (tmp_path / "fire.toml").write_text(FIRE)
    return tmp_path


def test_trace__tells_of_the_disruptions_of_a_scenario(project: Path) -> None:
    text = succeed("trace", "beer", "--scenario", "fire.toml", "--out", "fire.jsonl", cwd=project)
    (line,) = (line for line in text.splitlines() if line.strip().startswith("fire"))
    assert "100" in line
    events = [json.loads(line) for line in (project / "fire.jsonl").read_text().splitlines()[1:]]
    (began,) = (event for event in events if event["event"] == "disruption_began")
    assert (began["disruption_id"], began["started"], began["quantity"]) == ("fire", began["period"], 1.0)
    said = document("trace", "beer", "--scenario", "fire.toml", cwd=project)
    assert said["scenario"] == "fire at the wholesaler"
    assert said["events"]["cancelled"] > 0
    (row,) = said["disruptions"]
    assert row["ended"] == row["began"] + 2
    assert "disruptions" in document("trace", "beer", cwd=project)


def test_trace__goes_on_from_a_state_with_the_scenario(project: Path) -> None:
    succeed("trace", "beer", "--scenario", "fire.toml", "--periods", "20", "--state-out", "day.json", cwd=project)
    text = succeed("trace", "beer", "--scenario", "fire.toml", "--state", "day.json", "--periods", "9", cwd=project)
    assert "disruption_began" in text
    assert "week 20 to 28" in text


def test_why__names_the_disruption_and_its_place(project: Path) -> None:
    text = succeed("why", "beer", "--scenario", "fire.toml", "--replications", "1", cwd=project)
    assert "disruption fire at " in text
    said = document("why", "beer", "--scenario", "fire.toml", "--replications", "1", cwd=project)
    mine = [row for row in said["by_cause"] if row["cause"] == "disruption"]
    assert {row["disruption_id"] for row in mine} == {"fire"}
    assert sum(row["share"] for row in said["by_cause"]) == pytest.approx(1.0)


def test_trace__scenario_that_does_not_fit(project: Path) -> None:
    (project / "fire.toml").write_text(FIRE.replace("wholesaler", "nowhere"))
    for command in ("trace", "why"):
        done = run(command, "beer", "--scenario", "fire.toml", cwd=project)
        assert done.returncode == 1
        assert "fire.toml, disruption fire" in done.stderr
        assert "nowhere" in done.stderr
