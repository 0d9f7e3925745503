"""Disruptions as files and mappings: what is read, and every fault named."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chaintwin import Scenario
from chaintwin.errors import InputError
from chaintwin.network.disruptions.disruption import Cause, Disruption, Fading, Impact, Where

FILE = """
name = "flood"
[[change]]
table = "lanes"
column = "capacity"
set = 5
[[disruption]]
name = "river"
cause = "disaster"
where = { region = ["West", "North"], kind = "plant", area = { latitude = 50.0, longitude = 8.0, radius_km = 40 } }
start = 2026-03-01
duration = "lognormal(mean=9, cv=0.8)"
recovery = 20
stages = [[0, 0.7], [0.5, 0.2]]
fading = "staged"
chance = 0.4
event = "spring tide"
effect = { capacity = 0, stock_lost = 0.25 }
confidence = 0.9
source = "the river board"
[[intervention]]
where = { site = "P" }
after = 12
duration = 30
effect = { capacity = 1.5, cost = 1.3 }
"""


def read(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "flood.toml"
    path.write_text(text, encoding="utf-8")
    return Scenario.read(path)


def fault(**block: Any) -> str:
    with pytest.raises(InputError) as caught:
        Scenario.of("s", disruptions=[block])
    return str(caught.value)


def test_read__every_key(tmp_path: Path) -> None:
    scenario = read(tmp_path, FILE)
    flood, overtime = scenario.disruptions
    assert len(scenario.changes) == 1
    assert flood == Disruption(
        name="river",
        cause=Cause.DISASTER,
        where=Where(region=("West", "North"), kind=("plant",), area=(50.0, 8.0, 40.0)),
        effect={Impact.CAPACITY: 0.0, Impact.STOCK_LOST: 0.25},
        start=date(2026, 3, 1),
        duration="lognormal(mean=9, cv=0.8)",
        recovery=20.0,
        fading=Fading.STAGED,
        stages=((0.0, 0.7), (0.5, 0.2)),
        chance=0.4,
        event="spring tide",
        confidence=0.9,
        source="the river board",
        file="flood.toml",
    )
    assert (overtime.name, overtime.cause, overtime.after, overtime.duration) == ("intervention 1", "intervention", "12", "30")
    assert pickle.loads(pickle.dumps(scenario.disruptions)) == scenario.disruptions


def test_read__a_corridor_is_sailed_around_unless_it_says_otherwise() -> None:
    found = Scenario.of(
        "s",
        disruptions=[
            {"name": "closed", "where": {"corridor": "suez"}},
            {"name": "slow", "where": {"corridor": "suez"}, "effect": {"capacity": 0.5}},
        ],
    ).disruptions
    assert [one.reroute for one in found] == [True, False]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"effect": {"capacity": 0}}, "no where"),
        ({"where": {"site": "W"}}, "no effect"),
        ({"where": {"sight": "W"}, "effect": {"capacity": 0}}, "did you mean site?"),
        ({"where": {"site": "W"}, "effect": {"capacty": 0}}, "did you mean capacity?"),
        ({"where": {"site": "W"}, "effect": {"stock_lost": 1.5}}, "a number from 0 to 1"),
        ({"where": {"site": "W"}, "effect": {"capacity": -1}}, "a number from 0 to 1000"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "start": "2026-02-30"}, "a day that there is"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "start": date(2026, 2, 1), "after": 3}, "start and after"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "duration": -4}, "days, 0 or more"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "duration": "normal(3, 9)"}, "may be below 0"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "duration": "often"}, "days, 0 or more"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "chance": 1.1}, "a number from 0 to 1"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "cause": "flod"}, "sanction, trade"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "fading": "staged"}, "0 stages beside fading staged"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "stages": [[0.1, 0.5]]}, "ascending from 0"),
        ({"where": {"corridor": "sues"}}, "did you mean suez?"),
        ({"where": {"between": [["US"], ["US", "CA"]]}, "effect": {"capacity": 0}}, "US on both sides"),
        ({"where": {"between": ["US"]}, "effect": {"capacity": 0}}, 'between = [["US"], ["CN"]]'),
        ({"where": {"area": {"latitude": 95, "longitude": 0, "radius_km": 5}}, "effect": {"capacity": 0}}, "radius_km = 150"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "reroute": True}, "reroute without a corridor"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "deepness": 3}, "unknown key deepness"),
        ({"where": {"everywhere": False}, "effect": {"capacity": 0}}, "true, or nothing"),
        ({"where": {"most_used": ""}, "effect": {"capacity": 0}}, "site, supplier, lane"),
        ({"where": {"most_used": "site", "country": "US"}, "effect": {"capacity": 0}}, "country beside most_used"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "recovery": 10**400}, "a number from 0 to 1e+06"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "after": 1e300}, "days, 0 or more"),
        ({"where": {"site": "W"}, "effect": {"price": 0}, "elasticity": -1}, "a price above 0"),
        ({"where": {"site": "W"}, "effect": {"prepayment_lost": 0.3}}, "beside orders_cancelled"),
        ({"where": {"site": "W"}, "effect": {"capacity": 0}, "cause": "intervention"}, "write [[intervention]]"),
    ],
)
def test_read__faults(block: dict[str, Any], message: str) -> None:
    said = fault(**block)
    assert "scenario s, disruption 1" in said
    assert message in said


def test_read__all_faults_in_one_report() -> None:
    with pytest.raises(InputError) as caught:
        Scenario.of("s", disruptions=[{"where": {"site": 3}}, {"name": "a", "effect": {"capacity": 0}}, "closed"])
    assert [finding.file for finding in caught.value.findings] == [f"scenario s, disruption {number}" for number in (1, 2, 3)]


def test_read__two_of_one_name() -> None:
    block = {"name": "a", "where": {"site": "W"}, "effect": {"capacity": 0}}
    with pytest.raises(InputError, match="the name a twice"):
        Scenario.of("s", disruptions=[block, block])
