"""Tables to the graph: which sources there are, and with which numbers."""

from __future__ import annotations

import math
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from chaintwin.laws import LawError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.doctor import check
from chaintwin.network.graph import ActivityKind, Graph, Policy
from chaintwin.network.lowering import lower, lower_in_full
from chaintwin.network.network import Period, Quantities, Settings
from chaintwin.network.proposing import fill_proposals
from tests.network.building import network_of
from tests.network.random_networks import CHAIN, Tables, networks
from tests.sizes import scaled

FRAMES = ("buffers", "activities", "inputs", "outputs", "uses", "resources", "streams", "pipeline", "orders")


def chain(**tables: list[dict[str, Any]]) -> Tables:
    """Four sites in a row that carry one product."""
    return {
        "sites": [{"site_id": kind, "kind": kind} for kind in CHAIN],
        "products": [{"product_id": "A", "value": 10.0}],
        "lanes": [
            {"lane_id": f"{a}-{b}", "from_site": a, "to_site": b, "lead_time": "3", "variable_cost": 1.0}
            for a, b in pairwise(CHAIN)
        ],
        "demand": [{"stream_id": "D", "site_id": "store", "product_id": "A", "quantity": "poisson(9)"}],
        **tables,
    }


def graph_of(tables: Tables, settings: Settings | None = None) -> Graph:
    return lower(network_of(tables, settings))


def activities(graph: Graph) -> dict[str, dict[str, Any]]:
    return {row["activity_id"]: row for row in graph.activities.iter_rows(named=True)}


def buffer(graph: Graph, name: str) -> dict[str, Any]:
    return graph.buffers.row(by_predicate=pl.col("buffer_id") == name, named=True)


def arcs(frame: pl.DataFrame, activity: str) -> dict[str, float]:
    return dict(frame.filter(pl.col("activity_id") == activity).select("buffer_id", "quantity").iter_rows())


def test_lower__four_tables_are_enough() -> None:
    graph = graph_of(chain())
    assert set(graph.buffers["buffer_id"]) == {f"{kind}/A" for kind in CHAIN}
    assert set(activities(graph)) == {"buy/supplier/A", "supplier-plant/A", "plant-warehouse/A", "warehouse-store/A"}


def test_lower__plant_makes_what_it_has_a_bill_for() -> None:
    tables = chain(
        products=[{"product_id": name} for name in ("A", "B", "C")],
        bom=[
            {"product_id": "A", "other_product_id": "B", "quantity": 3.0, "scrap_rate": 0.25},
            {"product_id": "A", "role": "by_product", "other_product_id": "C", "quantity": 0.5},
        ],
    )
    graph = graph_of(tables)
    assert arcs(graph.inputs, "make/plant/A") == {"plant/B": 4.0}
    assert arcs(graph.outputs, "make/plant/A") == {"plant/A": 1.0, "plant/C": 0.5}
    main = graph.outputs.filter(pl.col("is_main"))
    assert main.filter(pl.col("activity_id") == "make/plant/A")["buffer_id"].to_list() == ["plant/A"]
    # Nobody is assumed to sell the by-product as well.
    assert "buy/plant/C" not in activities(graph)
    assert "buy/supplier/B" in activities(graph)


def test_lower__bill_of_a_site_goes_before_a_general_one() -> None:
    bom = [
        {"product_id": "A", "other_product_id": "B", "quantity": 1.0},
        {"bom_id": "special", "site_id": "plant", "product_id": "A", "other_product_id": "B", "quantity": 2.0},
    ]
    graph = graph_of(chain(products=[{"product_id": "A"}, {"product_id": "B"}], bom=bom))
    assert arcs(graph.inputs, "make/plant/A/special") == {"plant/B": 2.0}


def test_lower__stores_make_nothing_unless_told() -> None:
    tables = chain(lanes=[], products=[{"product_id": "A"}, {"product_id": "B"}])
    tables["bom"] = [{"product_id": "A", "other_product_id": "B", "quantity": 1.0}]
    assert set(activities(graph_of(tables))) == {"buy/store/A"}


def test_lower__lanes_from_sites_that_handle_a_product_share_evenly() -> None:
    tables = chain()
    tables["sites"].append({"site_id": "second", "kind": "warehouse"})
    tables["lanes"].append({"lane_id": "second-store", "from_site": "second", "to_site": "store", "lead_time": "1"})
    tables["stock_points"] = [{"site_id": "second", "product_id": "A"}, {"site_id": "warehouse", "product_id": "A"}]
    found = activities(graph_of(tables))
    assert found["second-store/A"]["share"] == found["warehouse-store/A"]["share"] == 0.5
    tables["stock_points"].pop()
    assert set(activities(graph_of(tables))) == {"buy/second/A", "second-store/A"}


def test_lower__lane_of_one_product_carries_no_other() -> None:
    tables = chain(products=[{"product_id": "A"}, {"product_id": "B"}])
    tables["lanes"][2]["product_id"] = "B"
    found = activities(graph_of(tables))
    assert "warehouse-store/A" not in found
    assert "warehouse-store/B" in found


def test_lower__ways_back_are_not_taken_by_default() -> None:
    tables = chain()
    tables["lanes"] += [
        {"lane_id": "returns", "from_site": "store", "to_site": "warehouse", "lead_time": "1"},
        {"lane_id": "more returns", "from_site": "warehouse", "to_site": "plant", "lead_time": "1"},
    ]
    assert set(activities(graph_of(tables))) == set(activities(graph_of(chain())))


def test_lower__listed_way_back_is_taken() -> None:
    tables = chain()
    tables["lanes"].append({"lane_id": "returns", "from_site": "store", "to_site": "warehouse", "lead_time": "1"})
    tables["sources"] = [{"site_id": "warehouse", "product_id": "A"}]
    shares = {name: row["share"] for name, row in activities(graph_of(tables)).items()}
    assert shares["returns/A"] == shares["plant-warehouse/A"] == 0.5


def test_lower__listed_sources_replace_the_obvious_ones() -> None:
    tables = chain(
        sources=[{"site_id": "warehouse", "product_id": "A", "kind": "buy", "partner": "P", "cost": 7.0, "lead_time": "4"}]
    )
    found = activities(graph_of(tables))
    assert set(found) == {"buy/warehouse/A/P", "warehouse-store/A"}
    assert (found["buy/warehouse/A/P"]["variable_cost"], found["buy/warehouse/A/P"]["lead"]) == (7.0, "4")


def test_lower__shares_are_scaled() -> None:
    sources = [
        {"site_id": "store", "product_id": "A", "lane_id": "warehouse-store", "share": 3.0},
        {"site_id": "store", "product_id": "A", "kind": "buy", "share": 1.0},
    ]
    found = activities(graph_of(chain(sources=sources)))
    assert (found["warehouse-store/A"]["share"], found["buy/store/A"]["share"]) == (0.75, 0.25)


@pytest.mark.parametrize("second", [{"rule": "contingency"}, {"priority": 1}])
def test_lower__contingency_and_second_rank_stand_behind(second: dict[str, Any]) -> None:
    sources = [
        {"site_id": "store", "product_id": "A", "lane_id": "warehouse-store"},
        {"site_id": "store", "product_id": "A", "kind": "buy", **second},
    ]
    found = activities(graph_of(chain(sources=sources)))
    assert [(found[name]["tier"], found[name]["share"]) for name in ("warehouse-store/A", "buy/store/A")] == [(0, 1.0), (1, 1.0)]


@pytest.mark.parametrize("lead", ["0", None])
def test_lower__a_substitute_stands_behind_and_costs_its_penalty(lead: str | None) -> None:
    sources = [
        {"site_id": "store", "product_id": "A", "lane_id": "warehouse-store"},
        {
            "site_id": "store",
            "product_id": "A",
            "kind": "make",
            "bom_id": "swap",
            "rule": "substitute",
            "lead_time": lead,
            "cost": 3.0,
        },
    ]
    tables = chain(sources=sources, products=[{"product_id": "A"}, {"product_id": "B"}])
    tables["bom"] = [{"bom_id": "swap", "site_id": "store", "product_id": "A", "other_product_id": "B", "quantity": 1.0}]
    tables["stock_points"] = [{"site_id": "store", "product_id": "B", "base_stock": 5.0}]
    assert {finding.code for finding in check(network_of(tables)).findings}.isdisjoint({"source.substitute", "stock.idle"})
    graph = graph_of(tables)
    found = activities(graph)
    swap = found["make/store/A/swap"]
    assert (swap["substitute"], swap["tier"], swap["variable_cost"], swap["lead"]) == (True, 1, 3.0, "0")
    assert not found["warehouse-store/A"]["substitute"]
    program = compile_graph(graph)
    names = program.names.activities["activity_id"]
    assert names.gather(program.buffers.substitute_activity).to_list() == ["make/store/A/swap"]
    assert "make/store/A/swap" not in names.gather(program.buffers.source_activity).to_list()


def test_lower__ranks_by_cost_where_the_cheapest_is_asked_first() -> None:
    sources = [
        {"site_id": "store", "product_id": "A", "lane_id": "warehouse-store"},
        {"site_id": "store", "product_id": "A", "kind": "buy", "partner": "dear", "cost": 9.0},
        {"site_id": "store", "product_id": "A", "kind": "buy", "partner": "lossy", "cost": 7.0, "yield_rate": 0.5},
        {"site_id": "store", "product_id": "A", "kind": "buy", "partner": "reserve", "cost": 0.0, "rule": "contingency"},
    ]
    tables = chain(sources=sources)
    tables["stock_points"] = [{"site_id": "store", "product_id": "A", "sourcing": "cheapest"}]
    found = activities(graph_of(tables))
    assert [
        found[name]["tier"] for name in ("warehouse-store/A", *(f"buy/store/A/{p}" for p in ("dear", "lossy", "reserve")))
    ] == [
        0,
        1,
        2,
        3,
    ]


def test_lower__two_speeds_propose_a_level_for_each() -> None:
    sources = [
        {"site_id": "store", "product_id": "A", "lane_id": "warehouse-store"},
        {"site_id": "store", "product_id": "A", "kind": "buy", "priority": 1},
    ]
    tables = chain(sources=sources)
    tables["stock_points"] = [{"site_id": "store", "product_id": "A", "policy": "dual_index"}]
    buffer = graph_of(tables).buffers.row(by_predicate=pl.col("buffer_id") == "store/A", named=True)
    assert buffer["low"] > buffer["high"] > 0
    tables["stock_points"][0] |= {"policy": "base_surge", "order_quantity": 3.0, "expedite_level": 2.0}
    buffer = graph_of(tables).buffers.row(by_predicate=pl.col("buffer_id") == "store/A", named=True)
    assert (buffer["low"], buffer["high"]) == (2.0, 3.0)


def test_lower__contingency_alone_is_used() -> None:
    found = activities(graph_of(chain(sources=[{"site_id": "store", "product_id": "A", "kind": "buy", "rule": "contingency"}])))
    assert found["buy/store/A"]["share"] == 1.0


def test_lower__lane_capacity_is_shared_by_products() -> None:
    tables = chain(products=[{"product_id": "A"}, {"product_id": "B"}])
    tables["lanes"][2]["capacity"] = 40.0
    tables["demand"].append({"site_id": "store", "product_id": "B", "quantity": "1"})
    graph = graph_of(tables)
    assert graph.uses.filter(pl.col("resource_id") == "lane/warehouse-store")["activity_id"].to_list() == [
        "warehouse-store/A",
        "warehouse-store/B",
    ]
    assert graph.resources["capacity"].to_list() == [[40.0]]


def test_lower__special_use_of_a_resource_goes_before_the_general_one() -> None:
    tables = chain(
        products=[{"product_id": "A"}, {"product_id": "B"}],
        resources=[{"resource_id": "dock", "site_id": "warehouse", "capacity": 9.0}],
        resource_use=[
            {"resource_id": "dock", "activity": "move", "quantity": 1.0},
            {"resource_id": "dock", "activity": "move", "product_id": "B", "quantity": 5.0},
        ],
    )
    tables["demand"].append({"site_id": "store", "product_id": "B", "quantity": "1"})
    uses = dict(graph_of(tables).uses.select("activity_id", "quantity").iter_rows())
    assert uses == {"warehouse-store/A": 1.0, "warehouse-store/B": 5.0}


@pytest.mark.parametrize(
    ("period", "horizon", "expected"),
    [
        (Period.DAY, 28, [2.0, 2.0, 1.0, 2.0, 2.0, 0.0, 0.0]),
        (Period.WEEK, 4, [2.0 * 4.5 / 7]),
        (Period.HOUR, 48, [2.0] * 48 + [1.0] * 24 + [2.0] * 48 + [0.0] * 48),
    ],
)
def test_lower__calendar_shapes_capacity(period: Period, horizon: int, expected: list[float]) -> None:
    tables = chain(
        resources=[{"resource_id": "dock", "site_id": "warehouse", "capacity": 2.0, "calendar": "week"}],
        resource_use=[{"resource_id": "dock", "activity": "move", "quantity": 1.0}],
        calendars=[{"calendar_id": "week", "weekday": day} for day in ("sat", "sun")]
        + [{"calendar_id": "week", "weekday": "wed", "open_share": 0.5}],
    )
    # 5 January 2026 is a Monday.
    graph = graph_of(tables, Settings(start=date(2026, 1, 5), period=period, horizon=horizon))
    assert graph.resources["capacity"].to_list()[0] == pytest.approx(expected)


def test_lower__holiday_is_stronger_than_weekday() -> None:
    tables = chain(
        resources=[{"resource_id": "dock", "site_id": "warehouse", "capacity": 1.0, "calendar": "week"}],
        resource_use=[{"resource_id": "dock", "activity": "move", "quantity": 1.0}],
        calendars=[
            {"calendar_id": "week", "weekday": "sun"},
            {"calendar_id": "week", "date": date(2026, 1, 6)},
            {"calendar_id": "week", "date": date(2026, 1, 11), "open_share": 1.0},
        ],
    )
    graph = graph_of(tables, Settings(start=date(2026, 1, 5), horizon=14))
    assert graph.resources["capacity"].to_list()[0] == [1.0, 0.0] + [1.0] * 11 + [0.0]


def test_lower__proposes_base_stock_from_demand_upstream() -> None:
    graph = graph_of(chain())
    exposure, deviation = 3, 3.0
    z = 1.6448536269514722
    expected = 9 * exposure + z * math.sqrt(exposure) * deviation
    for name in ("store/A", "warehouse/A", "plant/A"):
        assert buffer(graph, name)["low"] == pytest.approx(expected)
        assert buffer(graph, name)["policy"] == Policy.BASE_STOCK


def test_lower__random_lead_time_adds_to_safety() -> None:
    tables = chain()
    tables["lanes"][2] |= {"lead_time": "pmf(2:0.5, 6:0.5)", "information_delay": 2}
    exposure = 4 + 2
    expected = 9 * exposure + 1.6448536269514722 * math.sqrt(exposure * 9 + 81 * 4)
    assert buffer(graph_of(tables), "store/A")["low"] == pytest.approx(expected)


def test_lower__proposes_sizes_of_other_policies() -> None:
    points = [
        {"site_id": "store", "product_id": "A", "policy": "s_S", "reorder_point": 20.0},
        {"site_id": "warehouse", "product_id": "A", "policy": "R_nQ", "service_target": 0.5},
        {"site_id": "plant", "product_id": "A", "policy": "none"},
    ]
    graph = graph_of(chain(stock_points=points))
    assert (buffer(graph, "store/A")["low"], buffer(graph, "store/A")["high"]) == (20.0, 56.0)
    assert (buffer(graph, "warehouse/A")["low"], buffer(graph, "warehouse/A")["high"]) == (27.0, 36.0)
    assert buffer(graph, "plant/A")["policy"] == Policy.NONE


def test_lower__whole_units_are_rounded_up() -> None:
    graph = graph_of(chain(), Settings(quantities=Quantities.INTEGER))
    assert buffer(graph, "store/A")["low"] == 36.0
    for frame in (graph.buffers["low"], graph.buffers["on_hand"], graph.pipeline["quantity"]):
        assert (frame == frame.round()).all()


@pytest.mark.parametrize("quantities", list(Quantities))
def test_lower__first_stock_and_what_is_under_way_make_up_the_level(quantities: Quantities) -> None:
    tables = chain()
    tables["lanes"][2]["information_delay"] = 2
    tables["demand"][0]["quantity"] = "poisson(9.4)"
    graph = graph_of(tables, Settings(quantities=quantities))
    point = buffer(graph, "store/A")
    under_way = sum(
        frame.filter(pl.col("activity_id") == "warehouse-store/A")["quantity"].sum() for frame in (graph.pipeline, graph.orders)
    )
    assert point["on_hand"] + under_way == pytest.approx(point["low"])
    assert graph.orders["period"].to_list() == [0, 1]


def test_lower__given_stock_has_nothing_under_way() -> None:
    graph = graph_of(chain(stock_points=[{"site_id": "store", "product_id": "A", "initial_stock": 5.0}]))
    assert buffer(graph, "store/A")["on_hand"] == 5.0
    assert "warehouse-store/A" not in graph.pipeline["activity_id"].to_list()


def test_lower__costs() -> None:
    tables = chain(
        products=[{"product_id": "A", "value": 100.0, "weight_kg": 2.0}],
        prices=[
            {"product_id": "A", "price": 50.0, "valid_from": date(2025, 1, 1)},
            {"product_id": "A", "price": 60.0, "currency": "EUR", "valid_from": date(2026, 1, 1)},
            {"product_id": "A", "price": 70.0, "valid_from": date(2027, 1, 1)},
        ],
        exchange_rates=[{"currency": "EUR", "rate": 1.2}],
    )
    tables["lanes"][2] |= {"duty_rate": 0.05, "fixed_cost": 30.0}
    tables["lanes"][1] |= {"variable_cost": None, "mode": "road", "distance_km": 500.0}
    tables["demand"][0] |= {"price": 130.0}
    graph = graph_of(tables, Settings(start=date(2026, 6, 1)))
    found = activities(graph)
    assert found["buy/supplier/A"]["variable_cost"] == pytest.approx(72.0)
    assert (found["warehouse-store/A"]["duty_cost"], found["warehouse-store/A"]["fixed_cost"]) == (5.0, 30.0)
    freight = fill_proposals(network_of(tables)).freight[1]
    assert found["plant-warehouse/A"]["variable_cost"] == pytest.approx(freight * 2 / 1000)
    assert freight > 0
    assert buffer(graph, "store/A")["holding_cost"] == pytest.approx(0.2 * 100 / 365)
    stream = graph.streams.row(0, named=True)
    assert (stream["backlog_cost"], stream["lost_cost"]) == (pytest.approx(2.6), 30.0)


def test_lower__season_and_trend_multiply() -> None:
    tables = chain(series=[{"series_id": "S", "period": p, "value": v} for p, v in enumerate((0.5, 1.5))])
    tables["demand"][0] |= {"season": "S", "trend_rate": 0.365}
    lowered = lower_in_full(network_of(tables, Settings(horizon=4)))
    assert lowered.graph.streams["factor"].to_list()[0] == pytest.approx([0.5, 1.5 * 1.001, 0.5 * 1.002, 1.5 * 1.003])
    assert lowered.streams["mean"][0] == pytest.approx(9 * np.mean([0.5, 1.5015, 0.501, 1.5045]))


def test_lower__series_is_replayed() -> None:
    tables = chain(series=[{"series_id": "S", "period": p, "value": v} for p, v in ((0, 4.0), (2, 8.0))])
    tables["demand"][0] |= {"series": "S", "quantity": None}
    stream = graph_of(tables).streams.row(0, named=True)
    assert (stream["series"], stream["law"]) == ([4.0, 0.0, 8.0], None)


def test_lower__uses_rows_in_force_on_the_first_day() -> None:
    tables = chain()
    tables["lanes"] += [
        tables["lanes"][2] | {"lane_id": "later", "valid_from": date(2027, 1, 1)},
        tables["lanes"][2] | {"lane_id": "before", "valid_to": date(2025, 1, 1)},
        tables["lanes"][2] | {"lane_id": "now", "valid_from": date(2025, 1, 1), "valid_to": date(2026, 1, 1)},
    ]
    lanes = {name.split("/")[0] for name in activities(graph_of(tables)) if name.endswith("/A")}
    assert lanes >= {"now", "warehouse-store"}
    assert not lanes & {"later", "before"}


def test_lower__blank_names_follow_their_rules() -> None:
    tables = chain()
    tables["lanes"][2] |= {"lane_id": None, "product_id": "A", "mode": "road"}
    tables["demand"][0]["stream_id"] = None
    graph = graph_of(tables)
    assert "warehouse>store:road:A/A" in activities(graph)
    assert graph.streams["stream_id"].to_list() == ["store/A/all"]


def test_lower__law_that_is_none_is_refused() -> None:
    tables = chain()
    tables["demand"][0]["quantity"] = "often(3)"
    with pytest.raises(LawError, match="often"):
        graph_of(tables)


def test_lower__nothing_gives_an_empty_graph() -> None:
    graph = graph_of({})
    assert all(getattr(graph, name).height == 0 for name in FRAMES)


@given(networks())
@hypothesis_settings(max_examples=scaled(ci=25, full=400), deadline=None)
def test_lower__random_networks_are_whole(tables: Tables) -> None:
    graph = graph_of(tables)
    buffers, names = set(graph.buffers["buffer_id"]), set(graph.activities["activity_id"])
    assert graph.buffers.height == len(buffers)
    assert graph.activities.height == len(names)
    for frame in (graph.inputs, graph.outputs, graph.streams):
        assert set(frame["buffer_id"]) <= buffers
    for frame in (graph.inputs, graph.outputs, graph.uses, graph.pipeline, graph.orders):
        assert set(frame["activity_id"]) <= names
    assert set(graph.uses["resource_id"]) <= set(graph.resources["resource_id"])
    main = graph.outputs.filter(pl.col("is_main"))
    assert main.height == len(names)
    shares = main.join(graph.activities, on="activity_id").group_by("buffer_id").agg(pl.col("share").sum())["share"]
    assert np.allclose(shares, 1.0)
    fed = set(
        graph.activities.filter(pl.col("kind") != ActivityKind.BUY).filter(pl.col("kind") == ActivityKind.MOVE)["activity_id"]
    )
    assert fed <= set(graph.inputs["activity_id"])
    for name in ("buffers", "activities", "inputs", "outputs", "uses", "resources"):
        # A level or cost that does not change from period to period has no series.
        frame = getattr(graph, name).drop("level_series", "cost_series", strict=False)
        assert frame.null_count().sum_horizontal().sum() == 0, name
        assert all(np.isfinite(frame[column].to_numpy()).all() for column in frame.columns if frame.schema[column] == pl.Float64)
    assert (graph.buffers["on_hand"] >= 0).all()


@given(networks(), st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=scaled(ci=15, full=200), deadline=None)
def test_lower__order_of_rows_never_matters(tables: Tables, random: Any) -> None:
    before = graph_of(tables)
    mixed = {name: random.sample(rows, len(rows)) for name, rows in tables.items()}
    after = graph_of(mixed)
    for name in FRAMES:
        one, other = getattr(before, name), getattr(after, name)
        keys = [column for column in one.columns if one.schema[column] in (pl.String, pl.Int64)]
        assert_frame_equal(one.sort(keys), other.sort(keys), check_exact=True)


def test_lower__compiles() -> None:
    assert compile_graph(graph_of(chain())).names.buffers.height == 4


def test_compile__takes_what_the_doctor_lowered_once() -> None:
    """A checked network compiles to what an unchecked one does, for every reach, and changed tables are lowered anew."""
    trend = {"stream_id": "D", "site_id": "store", "product_id": "A", "quantity": "poisson(9)", "trend_rate": 0.5}
    network, fresh = network_of(chain(demand=[trend])), network_of(chain(demand=[trend]))
    for periods in (None, 1, network.settings.periods, network.settings.periods + 100):
        assert check(network).ok
        assert network.compile(periods=periods).digest() == fresh.compile(periods=periods).digest()
        assert network.compile(periods=periods).digest() == fresh.compile(periods=periods).digest()
    check(network)
    busier = network.with_table("demand", network["demand"].with_columns(quantity=pl.lit("poisson(20)")))
    assert busier.compile().digest() != network.compile().digest()
