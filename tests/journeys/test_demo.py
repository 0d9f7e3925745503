"""The demo, as a newcomer meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.running import ESCAPE, document, run, succeed

EXAMPLES = ("beer-game", "medicines", "electronics")


def test_demo__medicines_by_default(tmp_path: Path) -> None:
    text = succeed("demo", "--replications", 4, cwd=tmp_path)
    for part in (
        "chaintwin demo medicines",
        "The network",
        " plant",
        "doctor's findings",
        "Fill rate",
        "95 % interval",
        "Cost, USD a day",
        "Total",
        "Weakest demand streams",
        "What to try next",
        "chaintwin simulate my-medicines",
    ):
        assert part in text, part
    assert ESCAPE not in text
    assert max(map(len, text.splitlines())) <= 80
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("example", EXAMPLES)
def test_demo__json(example: str, tmp_path: Path) -> None:
    whole = document("demo", example, "--replications", 2, cwd=tmp_path)
    assert whole["example"] == example
    assert whole["ok"] is True
    assert sum(whole["summary"]["sites"].values()) >= 4
    assert 0 < whole["simulation"]["figures"]["fill_rate"]["mean"] <= 1
    assert whole["simulation"]["span"]["replications"] == 2


def test_demo__into_a_folder_that_can_be_simulated(tmp_path: Path) -> None:
    text = succeed("demo", "beer-game", "--replications", 2, "--into", "my beer", cwd=tmp_path)
    assert "chaintwin check 'my beer' --explain" in text
    succeed("simulate", "my beer", "--replications", 2, cwd=tmp_path)
    done = run("demo", "beer-game", "--into", "my beer", cwd=tmp_path)
    assert done.returncode == 2
    assert "my beer" in done.stderr
