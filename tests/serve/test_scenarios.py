"""Scenarios that are ready, and what is saved as a file of the project: only there, whole, and never over another by accident."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chaintwin import Scenario
from chaintwin.errors import InputError
from chaintwin.network.scenarios.writing import scenario_text
from chaintwin.risk.scenarios.library import shipped, shipped_names
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.scenarios.kept import FILES_MAX, listed, save
from tests.serve.running import Running, server
from tests.serve.test_access import is_problem

FLOOD: dict[str, Any] = {
    "name": "Flood",
    "change": [{"table": "lanes", "where": {"mode": "sea"}, "column": "lead_time", "multiply": 2}],
    "disruption": [
        {
            "name": "flood",
            "where": {"site": ["a"]},
            "start": "2026-03-01",
            "duration": 9,
            "effect": {"capacity": 0, "stock_lost": 0.2},
        }
    ],
    "intervention": [{"name": "overtime", "where": {"kind": "plant"}, "after": 3, "duration": 20, "effect": {"capacity": 1.5}}],
}


def told(scenario: Scenario) -> str:
    """Return all that a scenario says."""
    return scenario_text(scenario)


def test_save__reads_back_as_it_was(tmp_path: Path) -> None:
    path = save(tmp_path / "scenarios", "flood-1", scenario=FLOOD, replaces=False)
    assert path == tmp_path / "scenarios" / "flood-1.toml"
    expected = Scenario.of("Flood", FLOOD["change"], disruptions=FLOOD["disruption"], interventions=FLOOD["intervention"])
    assert told(Scenario.read(path)) == told(expected)
    (found,) = listed(tmp_path / "scenarios")
    assert found["title"] == "Flood"
    assert found["fault"] is None
    # What is listed can be sent as it is.
    assert save(tmp_path / "scenarios", "flood-2", scenario=found["scenario"], replaces=False).read_text() == path.read_text()
    assert sorted(entry.name for entry in (tmp_path / "scenarios").iterdir()) == ["flood-1.toml", "flood-2.toml"]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../up", "a/b", "a\\b", "/etc/x", "a.toml", ".hidden", "A", "a b", "ä", "a\n", "a\x00", "-a", "a" * 65],
)
def test_save__takes_no_name_that_leads_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        save(tmp_path / "scenarios", name, scenario=FLOOD | {"levels": "none"}, replaces=True)
    assert {finding.column for finding in caught.value.findings} == {"name", "levels"}
    assert not list(tmp_path.rglob("*"))


def test_save__replaces_only_what_it_was_told_to(tmp_path: Path) -> None:
    path = save(tmp_path, "one", scenario=FLOOD, replaces=False)
    before = path.read_bytes()
    with pytest.raises(ProblemError) as caught:
        save(tmp_path, "one", scenario=FLOOD | {"name": "Other"}, replaces=False)
    assert caught.value.status == 409
    assert path.read_bytes() == before
    save(tmp_path, "one", scenario=FLOOD | {"name": "Other"}, replaces=True)
    assert Scenario.read(path).name == "Other"
    assert [entry.name for entry in tmp_path.iterdir()] == ["one.toml"]


def test_save__of_many_at_one_time_one_wins(tmp_path: Path) -> None:
    def attempt(number: int) -> bool:
        try:
            save(tmp_path, "same", scenario=FLOOD | {"name": f"Flood {number}"}, replaces=False)
        except ProblemError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(32))) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["same.toml"]


def test_save__goes_through_no_link_and_stays_bounded(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "scenarios").symlink_to(tmp_path / "outside")
    with pytest.raises(ProblemError, match="link"):
        save(tmp_path / "scenarios", "one", scenario=FLOOD, replaces=True)
    assert not list((tmp_path / "outside").iterdir())
    # A link in the place of the file is replaced itself, not what it leads to.
    secret = tmp_path / "secret"
    secret.write_text("kept")
    full = tmp_path / "full"
    full.mkdir()
    (full / "one.toml").symlink_to(secret)
    save(full, "one", scenario=FLOOD, replaces=True)
    assert secret.read_text() == "kept"
    for number in range(FILES_MAX - 1):
        (full / f"more-{number}.toml").touch()
    with pytest.raises(ProblemError, match="200"):
        save(full, "next", scenario=FLOOD, replaces=False)


def test_listed__tells_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("name = ")
    (tmp_path / "odd.toml").write_text('name = "odd"\n[[change]]\ntable = "nothing"\n')
    (tmp_path / "large.toml").write_text('name = "large"\n' + "# much\n" * 10_000)
    (tmp_path / "notes.txt").write_text("no scenario")
    found = {one["name"]: one for one in listed(tmp_path)}
    assert sorted(found) == ["broken", "large", "odd"]
    assert "64 KiB" in found["large"]["fault"]
    assert found["broken"]["scenario"] is None
    assert "TOML" in found["broken"]["fault"]
    assert "nothing" in found["odd"]["fault"]
    assert listed(None) == listed(tmp_path / "absent") == []


@pytest.mark.slow
def test_scenarios__over_http(tmp_path: Path) -> None:
    with server(tmp_path, project="beer-game", scenarios=True) as running, running.client() as client:
        found = client.get("/api/v1/scenarios").json()
        assert found["canSave"]
        assert [one["name"] for one in found["member"]] == list(shipped_names())
        for one in found["member"]:
            values = one["scenario"]
            blocks = {f"{key}s": values.get(key, []) for key in ("disruption", "intervention")}
            made = Scenario.of(values["name"], values.get("change", []), note=values.get("note", ""), **blocks)
            assert told(made) == told(shipped(one["name"]))
        sent = {"name": "mine", "scenario": FLOOD}
        saved = client.post("/api/v1/scenarios", json=sent)
        assert saved.status_code == 201, saved.text
        assert saved.json()["origin"] == "project"
        assert is_problem(client.post("/api/v1/scenarios", json=sent), 409)
        assert client.post("/api/v1/scenarios", json=sent | {"replace": True}).status_code == 201
        assert client.get("/api/v1/scenarios").json()["count"] == len(shipped_names()) + 1
        for wrong in (
            {},
            {"name": "x"},
            sent | {"name": "../x"},
            sent | {"scenario": {"change": 3}},
            sent | {"more": 1},
            sent | {"replace": "yes"},
            [],
        ):
            assert is_problem(client.post("/api/v1/scenarios", json=wrong), 400), wrong
        text = {"Content-Type": "text/plain"}
        assert is_problem(client.post("/api/v1/scenarios", content=json.dumps(sent), headers=text), 415)
        assert is_problem(client.get("/api/v1/scenarios?name=x"), 400)
        assert [path.name for path in (tmp_path / "scenarios").iterdir()] == ["mine.toml"]


def test_scenarios__without_a_project_folder(running: Running) -> None:
    with running.client() as client:
        assert client.get("/api/v1/scenarios").json()["canSave"] is False
        assert is_problem(client.post("/api/v1/scenarios", json={"name": "a", "scenario": FLOOD}), 404)
