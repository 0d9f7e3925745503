"""The arms of a mitigation run as scenarios and files."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

from chaintwin.errors import InputError, UsageError
from chaintwin.examples import Example, load
from chaintwin.network import Network, Scenario
from chaintwin.network.scenarios.writing import scenario_text
from chaintwin.risk.bullwhip.simulated import Arm, arms_of, chain_of
from chaintwin.risk.bullwhip.simulated import arms as arms_module
from chaintwin.risk.bullwhip.simulated.arm_files import write_scenarios
from chaintwin.risk.bullwhip.simulated.arms import Arms
from tests.risk.bullwhip.simulated.chains import MEAN, chain


def arms(network: Network, **more: Any) -> Arms:
    program = network.compile()
    return arms_of(network, program, chain=chain_of(program), **more)


def test_arms_of__beer_game_levels_by_hand() -> None:
    network = load(Example.BEER_GAME)
    changed = arms(network).scenarios[Arm.VENDOR].apply(network)
    level = dict(changed["stock_points"].select("site_id", "base_stock").iter_rows())
    # Of 520 weeks 16 ask for 4 cases and the others for 8, and three stages wait two weeks each for an order to be seen.
    waiting = 2 * (16 * 4 + 504 * 8) / 520
    assert level["retailer"] == math.ceil(28 - waiting)
    assert level["wholesaler"] == math.ceil(2 * 28 - 2 * waiting)
    # The brewery's own request waits too, but that is its lead time.
    assert level["brewery"] == math.ceil(4 * 28 - 3 * waiting)
    assert changed["lanes"]["information_delay"].to_list() == [0, 0, 0]


def test_arms_of__shared_demand_changes_only_who_supplies_others() -> None:
    rule = {"policy": "drp", "forecast_window": 5, "cover_periods": 2.0}
    network = chain([2, 2, 2], rule=rule)
    changed = arms(network).scenarios[Arm.SHARED].apply(network)["stock_points"].sort("site_id")
    assert changed["forecast_basis"].to_list() == ["claims", "customers", "customers"]
    assert changed["policy"].to_list() == ["drp"] * 3
    # A forecast that never changes is a level.
    steady = chain([2, 2, 2], rule=rule | {"forecast_window": 0})
    changed = arms(steady).scenarios[Arm.SHARED].apply(steady)["stock_points"].sort("site_id")
    assert changed["policy"].to_list() == ["drp", "echelon", "echelon"]


def test_arms_of__one_stage_has_nobody_to_share_with() -> None:
    found = arms(chain([2], rule={"policy": "base_stock", "base_stock": 4 * MEAN}))
    assert Arm.SHARED not in found.scenarios
    assert {Arm.SMOOTHED, Arm.VENDOR} == set(found.scenarios)


def test_arms_of__rules_without_a_level_stay() -> None:
    found = arms(chain([2, 2], rule={"policy": "constant", "order_quantity": MEAN}))
    assert found.kept == {Arm.SHARED: ("s2/tea",), Arm.SMOOTHED: ("s1/tea", "s2/tea"), Arm.VENDOR: ("s1/tea", "s2/tea")}
    assert not found.scenarios


def test_arms_of__implied_stock_points_get_rows() -> None:
    network = load(Example.BEER_GAME)
    bare = network.with_table("stock_points", network["stock_points"].filter(network["stock_points"]["site_id"] != "brewery"))
    changed = arms(bare).scenarios[Arm.SMOOTHED].apply(bare)["stock_points"]
    assert changed.filter(site_id="brewery")["policy"].to_list() == ["smoothed"]


def test_arms_of__too_many_stock_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arms_module, "POINTS_MAX", 3)
    with pytest.raises(InputError, match="4 stock points") as caught:
        arms(load(Example.BEER_GAME))
    assert caught.value.findings[0].code == "bullwhip.too_many"


def test_arms_of__an_adjustment_time_below_one_is_refused() -> None:
    with pytest.raises(UsageError, match="adjustment_time"):
        arms(load(Example.BEER_GAME), adjustment_time=0.5)


@pytest.mark.parametrize("example", [Example.BEER_GAME, Example.MEDICINES])
def test_write_scenarios__files_read_back_as_the_same_changes(example: Example, tmp_path: Path) -> None:
    scenarios = list(arms(load(example)).scenarios.values())
    files = write_scenarios(tmp_path / "arms", scenarios)
    for file, scenario in zip(files, scenarios, strict=True):
        read = Scenario.read(file)
        assert (read.name, read.note, read.levels, read.changes) == (
            scenario.name,
            scenario.note,
            scenario.levels,
            scenario.changes,
        )


def test_scenario_text__every_action_and_odd_names() -> None:
    changes: list[dict[str, Any]] = [
        {"table": "lanes", "column": "lead_time", "multiply": 1.5, "where": {"lane_id": ['a "b" \\ é', "c"]}},
        {"table": "lanes", "column": "valid_from", "set": "2026-01-02", "where": {"capacity": 3}},
        {"table": "sites", "insert": {"site_id": "x", "latitude": 1e-7}},
        {"table": "demand", "remove": True, "where": {"site_id": "x"}},
    ]
    scenario = Scenario.of("odd = name", changes, levels="proposed", note="a # b")
    assert '"a # b"' in scenario_text(scenario)
    read = tomllib.loads(scenario_text(scenario))
    again = Scenario.of(read["name"], read["change"], levels=read["levels"], note=read["note"])
    assert (again.changes, again.levels, again.note) == (scenario.changes, scenario.levels, scenario.note)
