"""Ready scenarios: all can be read, hit the shipped networks, and are copied and answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin import Scenario
from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.network.disruptions.disruption import Cause
from chaintwin.risk.scenarios.library import answered, copy_shipped, find_scenario, shipped, shipped_names, shipped_on

LEAST = 20
"""Ready scenarios that there are at least."""


def test_shipped__each_says_what_happens_and_where_it_is_known_from() -> None:
    names = shipped_names()
    assert len(names) >= LEAST
    causes = set()
    for name in names:
        scenario = shipped(name)
        assert scenario.note.endswith("."), name
        assert scenario.disruptions and not scenario.changes, name
        assert all(one.confidence is not None for one in scenario.disruptions), name
        causes |= {one.cause for one in scenario.disruptions}
    # The families of risk that the program is for: trade, prices, suppliers, disasters and epidemics, cyber attack.
    families = {Cause.SANCTION, Cause.TRADE, Cause.PRICE, Cause.SUPPLIER, Cause.DISASTER, Cause.EPIDEMIC, Cause.CYBER}
    assert families <= causes


@pytest.mark.parametrize("example", [Example.MEDICINES, Example.ELECTRONICS])
def test_shipped_on__most_hit_the_shipped_networks(example: Example) -> None:
    found = shipped_on(load(example))
    assert found["name"].to_list() == list(shipped_names())
    missed = found.filter(found["effects"].is_null())["name"].to_list()
    # No site of medicines is near these earthquakes, and no purchase of electronics names its supplier.
    nowhere = {
        Example.MEDICINES: {"earthquake", "earthquake-west-china"},
        Example.ELECTRONICS: {"crises-together", "price-spike", "supplier-bankruptcy", "supplier-delays"},
    }
    assert set(missed) == nowhere[example]


def test_find_scenario__names_and_files(tmp_path: Path) -> None:
    assert find_scenario("flood").disruptions[0].cause == "disaster"
    path = tmp_path / "own.toml"
    path.write_text('[[disruption]]\nwhere = { site = "A" }\neffect = { capacity = 0 }\n', encoding="utf-8")
    assert find_scenario(str(path)).name == "own"
    with pytest.raises(UsageError, match="did you mean flood"):
        find_scenario("flod")


def test_copy_shipped__nothing_is_overwritten(tmp_path: Path) -> None:
    files = copy_shipped(["flood", "pandemic"], tmp_path / "mine")
    assert [Scenario.read(file).name for file in files] == [shipped(name).name for name in ("flood", "pandemic")]
    with pytest.raises(UsageError, match="found a file"):
        copy_shipped(["blackout", "flood"], tmp_path / "mine")
    assert not (tmp_path / "mine" / "blackout.toml").exists()


def test_answered__both_together() -> None:
    change = {"table": "lanes", "column": "lead_time", "multiply": 2}
    help_ = {"name": "more", "where": {"kind": "plant"}, "effect": {"capacity": 1.5}}
    both = answered(shipped("flood"), Scenario.of("help", [change], disruptions=[help_]))
    assert both.name == "Monsoon flood on the west coast of India + help"
    assert [one.name for one in both.disruptions] == ["Flood", "help: more"]
    assert len(both.changes) == 1
