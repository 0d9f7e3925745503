"""Somebody looks into a result: rankings, bands, pictures, and what is said where something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.running import document, run, succeed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("explore")
    succeed("init", "beer", "--from-example", "beer-game", cwd=home)
    bands = ("--bands", "retailer/beer", "--bands", "brewery/beer")
    succeed("simulate", "beer", "--replications", 4, *bands, "--out", "result", "--plot", "first.svg", cwd=home)
    return home


def test_explore__shows_rankings_and_bands(folder: Path) -> None:
    assert (folder / "first.svg").read_text(encoding="utf-8").startswith("<svg")
    said = succeed("explore", "result", cwd=folder)
    assert "Where service is lost" in said
    assert "Where money goes" in said
    assert "Bullwhip" in said
    said = succeed("explore", "result", "--stock-point", "retailer/beer", cwd=folder)
    assert "Stock on hand, units, retailer/beer" in said
    assert "median" in said


def test_explore__document_adds_up(folder: Path) -> None:
    found = document("explore", "result", "--stock-point", "retailer/beer", cwd=folder)
    assert sum(row["amount"] for row in found["ledger"]) == pytest.approx(found["figures"]["total_cost"]["mean"])
    assert {"on_hand", "backlog"} == set(found["bands"]["retailer/beer"])
    assert len(found["bands"]["retailer/beer"]["on_hand"]) == found["span"]["periods"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("result", "--stock-point", "retailer/ber"), "the nearest is 'retailer/beer'"),
        (("result", "--stock-point", "wholesaler/beer"), "it holds those of"),
        (("result", "--plot", "a.gif"), "allowed: .svg or .png"),
        (("beer",), "no result.json"),
        (("nothing",), "no result.json"),
        (("result", "--plot", "a.svg", "--kind", "network"), "coordinates"),
        (("result", "--kind", "ranking"), "--kind: found no --plot beside it"),
    ],
)
def test_explore__wrong_usage_is_told_with_a_cure(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run("explore", *arguments, cwd=folder)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert not (folder / "a.svg").exists()


def test_simulate__a_wrong_stock_point_or_picture_is_told_before_the_run(folder: Path) -> None:
    for arguments, said in (
        (("--bands", "retailer/ber"), "the nearest is"),
        (("--bands", "all", "--bands", "retailer/ber"), "the nearest is 'retailer/beer'"),
        (("--plot", "a.gif"), "allowed: .svg or .png"),
        (("--kind", "bands"), "--kind: found no --plot beside it; allowed: with --plot, which names the file to draw to"),
    ):
        done = run("simulate", "beer", *arguments, cwd=folder)
        assert done.returncode == 2
        assert said in " ".join(done.stderr.split())
