"""Scenarios: what each kind of change does, what stays as it was, and what is refused in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chaintwin import Scenario, simulate
from chaintwin.errors import InputError
from chaintwin.examples import Example, load
from chaintwin.network.network import Network
from tests.network.building import network_of

TABLES: dict[str, list[dict[str, Any]]] = {
    "sites": [{"site_id": "P", "kind": "supplier"}, {"site_id": "W"}, {"site_id": "S", "kind": "store"}],
    "products": [{"product_id": "a", "value": 10.0}, {"product_id": "b", "value": 20.0}],
    "lanes": [
        {
            "lane_id": "PW",
            "from_site": "P",
            "to_site": "W",
            "mode": "sea",
            "distance_km": 900.0,
            "lead_time": "pmf(5:0.5, 7:0.5)",
        },
        {"from_site": "W", "to_site": "S", "mode": "road", "distance_km": 90.0, "lead_time": "2", "capacity": 40.0},
    ],
    "demand": [
        {"site_id": "S", "product_id": "a", "quantity": "poisson(8)"},
        {"site_id": "S", "product_id": "b", "quantity": "12"},
    ],
    "stock_points": [
        {"site_id": "W", "product_id": "a"},
        {"site_id": "S", "product_id": "a", "base_stock": 30.0},
        {"site_id": "S", "product_id": "b", "policy": "s_S"},
    ],
    "sources": [
        {"site_id": "P", "product_id": "a", "kind": "buy", "lead_time": "3"},
        {"site_id": "P", "product_id": "b", "kind": "buy", "lead_time": "3"},
    ],
}


@pytest.fixture
def network() -> Network:
    return network_of(TABLES)


def changed(network: Network, *changes: dict[str, Any], levels: str = "kept") -> Network:
    return Scenario.of("s", changes, levels=levels).apply(network)


def fault(network: Network, *changes: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        changed(network, *changes)
    return str(caught.value)


def test_apply__no_changes_is_the_network_itself(network: Network) -> None:
    assert Scenario.of("nothing").apply(network) is network


def test_apply__sets_multiplies_and_adds(network: Network) -> None:
    after = changed(
        network,
        {"table": "lanes", "where": {"mode": "sea"}, "column": "lead_time", "multiply": 1.5},
        {"table": "lanes", "where": {"lane_id": "W>S:road"}, "column": "lead_time", "add": 1},
        {"table": "demand", "column": "quantity", "multiply": 1.2},
        {"table": "products", "where": {"product_id": ["a", "b"]}, "column": "value", "multiply": 1.1},
        {"table": "lanes", "where": {"to_site": "S"}, "column": "capacity", "set": ""},
    )
    assert after["lanes"]["lead_time"].to_list() == ["pmf(7.5:0.5, 10.5:0.5)", "3"]
    assert after["demand"]["quantity"].to_list() == ["poisson(9.6)", "14.4"]
    assert after["products"]["value"].to_list() == [11.0, 22.0]
    assert after["lanes"]["capacity"].to_list() == [None, None]
    assert network["lanes"]["lead_time"].to_list() == ["pmf(5:0.5, 7:0.5)", "2"]


def test_apply__changes_follow_one_another(network: Network) -> None:
    twice = {"table": "products", "column": "value", "multiply": 2}
    assert changed(network, twice, twice)["products"]["value"].to_list() == [40.0, 80.0]


def test_apply__levels_are_kept(network: Network) -> None:
    more = {"table": "demand", "column": "quantity", "multiply": 2}
    base = network.compile()
    kept, anew = changed(network, more).compile(), changed(network, more, levels="proposed").compile()
    assert kept.buffers.low.tobytes() == base.buffers.low.tobytes()
    assert kept.buffers.high.tobytes() == base.buffers.high.tobytes()
    assert (anew.buffers.low >= base.buffers.low).all()
    assert (anew.buffers.low > base.buffers.low).any()


def test_apply__levels_follow_a_rule_that_is_changed(network: Network) -> None:
    target = {"table": "stock_points", "where": {"site_id": "W"}, "column": "service_target", "set": 0.999}
    base, after = network.compile(), changed(network, target).compile()
    place = base.names.buffers["buffer_id"].to_list().index("W/a")
    assert after.buffers.low[place] > base.buffers.low[place]
    others = [other for other in range(base.buffers.low.size) if other != place]
    assert (after.buffers.low[others] == base.buffers.low[others]).all()


def test_apply__a_proposed_level_can_be_multiplied(network: Network) -> None:
    base = network.compile()
    raised = {"table": "stock_points", "where": {"site_id": "W"}, "column": "base_stock", "multiply": 1.5}
    after = changed(network, raised).compile()
    place = base.names.buffers["buffer_id"].to_list().index("W/a")
    assert after.buffers.low[place] == pytest.approx(1.5 * base.buffers.low[place])


@pytest.mark.parametrize("example", list(Example))
def test_apply__a_change_to_what_it_was_is_the_same_program(example: Example) -> None:
    network = load(example)
    for levels in ("kept", "proposed"):
        same = changed(network, {"table": "products", "column": "value", "multiply": 1.0}, levels=levels)
        assert same.compile().digest() == network.compile().digest()


def test_apply__an_inserted_site_shifts_nobody_s_numbers(network: Network) -> None:
    wider = changed(
        network,
        {"table": "sites", "insert": {"site_id": "A", "kind": "store"}},
        {"table": "sources", "insert": {"site_id": "A", "product_id": "b", "kind": "buy", "lead_time": "uniform(1, 4)"}},
        {"table": "demand", "insert": {"site_id": "A", "product_id": "b", "quantity": "poisson(3)"}},
    )
    one, other = (simulate(case, periods=60, replications=70, seed=3) for case in (network, wider))
    old = other.streams.filter(other.streams["stream_id"] != "A/b/all")
    assert other.streams.height == one.streams.height + 1
    assert old.equals(one.streams)
    assert other.stock_points.filter(other.stock_points["buffer_id"] != "A/b").equals(one.stock_points)


def test_apply__removes_rows(network: Network) -> None:
    after = changed(network, {"table": "demand", "where": {"product_id": "b"}, "remove": True})
    assert after["demand"]["product_id"].to_list() == ["a"]


def test_simulate__a_scenario_is_the_changed_network(network: Network) -> None:
    scenario = Scenario.of("s", [{"table": "lanes", "column": "lead_time", "multiply": 2}])
    one = simulate(network, scenario=scenario, periods=30, replications=3)
    other = simulate(scenario.apply(network), periods=30, replications=3)
    assert one.program_digest == other.program_digest
    assert one.summary.equals(other.summary)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"table": "lane", "column": "lead_time", "set": "3"}, "s, change 1 table: found the table lane; allowed: one of sites"),
        ({"table": "lanes", "column": "leadtime", "set": "3"}, "found the column leadtime; allowed: a column of lanes"),
        ({"table": "lanes", "column": "leadtime", "set": "3"}, "fix: did you mean lead_time?"),
        ({"table": "lanes", "column": "lead_time"}, "found none of them; allowed: one of set, multiply, add, insert, remove"),
        ({"table": "lanes", "column": "lead_time", "set": 1, "add": 1}, "found set and add"),
        ({"table": "lanes", "column": "lead_time", "multiply": "2"}, "multiply: found 2; allowed: a number"),
        ({"table": "lanes", "column": "lead_time", "multiply": -2}, "found -2; allowed: 0 or more"),
        ({"table": "lanes", "column": "lead_time", "add": -90}, "allowed: 0 to 100,000"),
        ({"table": "lanes", "column": "lead_time", "set": "gama(2, 3)"}, "did you mean gamma?"),
        ({"table": "lanes", "column": "mode", "set": "see"}, "found see; allowed: sea, air"),
        ({"table": "lanes", "column": "mode", "multiply": 2}, "found multiply of mode; allowed: columns of numbers; fix"),
        ({"table": "lanes", "column": "capacity", "multiply": 2}, "1 blank cell among 2 rows; allowed: cells with a value; a"),
        ({"table": "lanes", "where": {"lane_id": "PV"}, "column": "capacity", "set": 2}, "no row of lanes with lane_id = PV"),
        ({"table": "lanes", "where": {"lane_id": "PWX"}, "column": "capacity", "set": 2}, "did you mean PW?"),
        ({"table": "lanes", "where": {"mode": "sea", "to_site": "S"}, "column": "capacity", "set": 2}, "mode = sea, to_site"),
        ({"table": "lanes", "where": "sea", "column": "capacity", "set": 2}, "found sea; allowed: columns with values"),
        ({"table": "lanes", "where": {"mode": {}}, "column": "capacity", "set": 2}, "or a list of them"),
        ({"table": "lanes", "insert": {"from_site": "P"}}, "found no to_site; allowed: every required column"),
        ({"table": "lanes", "insert": {"from_site": "P", "to_site": "X"}}, "s makes lanes:4 to_site: found X; allowed"),
        ({"table": "lanes", "remove": True}, "found no where; allowed: which rows to remove"),
        ({"table": "lanes", "where": {"mode": "sea"}, "remove": 1}, "found 1; allowed: true"),
        ({"table": "stock_points", "column": "review_period", "multiply": 1.5}, "found 1.5; allowed: a whole number"),
        ({"table": "stock_points", "column": "site_id", "set": ""}, "found a blank cell"),
        ({"table": "lanes", "colum": "lead_time", "set": "3"}, "unknown key colum; allowed: table, where, column"),
        ({"table": "demand", "column": "quantity", "set": "x"}, "s, change 1 quantity: found x"),
    ],
)  # fmt: skip
def test_apply__refuses(network: Network, change: dict[str, Any], text: str) -> None:
    assert text in fault(network, change)


def test_apply__all_faults_come_together(network: Network) -> None:
    text = fault(
        network,
        {"table": "lanes", "where": {"mode": "air"}, "column": "lead_time", "set": "3"},
        {"table": "lanes", "column": "lead_time", "set": "gama(2, 3)"},
    )
    assert "change 1" in text
    assert "change 2" in text


def test_read__a_file(tmp_path: Path, network: Network) -> None:
    file = tmp_path / "slow-sea.toml"
    file.write_text(
        'note = "Half as long again."\n[[change]]\ntable = "lanes"\nwhere = { mode = ["sea", "air"] }\n'
        'column = "lead_time"\nmultiply = 1.5\n'
    )
    scenario = Scenario.read(file)
    assert (scenario.name, scenario.note, scenario.levels) == ("slow-sea", "Half as long again.", "kept")
    assert str(scenario.changes[0]) == "lanes.lead_time: multiply 1.5 where mode = sea or air"
    assert scenario.apply(network)["lanes"]["lead_time"][0] == "pmf(7.5:0.5, 10.5:0.5)"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("[[change]\n", "peak.toml: found"),
        ('levels = "old"\n', "peak.toml levels: found old; allowed: kept, proposed"),
        (
            "nmae = 3\n",
            "unknown key nmae; allowed: name, note, levels, change, disruption, intervention; fix: did you mean name?",
        ),
        ("change = 3\n", "allowed: blocks that begin with [[change]]"),
        ("change = [3]\n", "peak.toml, change 1: found 3; allowed: a block"),
        (
            '[[change]]\ntable = "lanes"\ncolumn = "x"\nset = 1\n[[change]]\ntable = "y"\nset = 1\n',
            "peak.toml, change 2 table: found",
        ),
        ("name = '\\u0007'\n", ""),
    ],
)
def test_read__faults_name_file_and_change(tmp_path: Path, content: str, text: str) -> None:
    file = tmp_path / "peak.toml"
    file.write_text(content)
    if not text:
        assert Scenario.read(file).name == "\\u0007"
        return
    with pytest.raises(InputError) as caught:
        Scenario.read(file)
    assert text in str(caught.value)


def test_read__no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="allowed: a readable file"):
        Scenario.read(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="TOML in UTF-8"):
        Scenario.read(tmp_path / "bytes.toml")
