"""The story of a scenario: what a plain reading of traces says, what never reaches anybody, and what an answer helps."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin import Scenario, compare
from chaintwin.errors import InputError, UsageError
from chaintwin.network.network import Network
from chaintwin.risk.scenarios.picture import draw, stage_name
from chaintwin.risk.scenarios.telling import tell
from chaintwin.simulation.history.tracing import traces
from tests.network.building import network_of

TABLES: dict[str, list[dict[str, Any]]] = {
    "sites": [{"site_id": "mill", "kind": "supplier"}, {"site_id": "hub", "kind": "hub"}, {"site_id": "shop", "kind": "store"}],
    "products": [{"product_id": "a", "value": 10.0}],
    "lanes": [
        {"lane_id": "up", "from_site": "mill", "to_site": "hub", "mode": "road", "distance_km": 900.0, "lead_time": "3"},
        {"lane_id": "down", "from_site": "hub", "to_site": "shop", "mode": "road", "distance_km": 90.0, "lead_time": "2"},
    ],
    "demand": [{"site_id": "shop", "product_id": "a", "quantity": "poisson(8)"}],
    "stock_points": [
        {"site_id": "mill", "product_id": "a", "base_stock": 60.0},
        {"site_id": "hub", "product_id": "a", "base_stock": 60.0},
        {"site_id": "shop", "product_id": "a", "base_stock": 50.0},
    ],
    "sources": [{"site_id": "mill", "product_id": "a", "kind": "buy", "lead_time": "3"}],
}
SPAN = {"periods": 80, "replications": 8, "warm_up": 10}
CLOSED = {"name": "closed", "where": {"lane": "up"}, "after": 20, "duration": 15, "effect": {"capacity": 0.0}}


@pytest.fixture
def network() -> Network:
    return network_of(TABLES)


def test_tell__follows_the_ripple_downstream_and_the_orders_upstream(network: Network) -> None:
    tale = tell(network, [Scenario.of("s", disruptions=[CLOSED])], **SPAN)
    stages = {row["stage"]: row for row in tale.stages.iter_rows(named=True)}
    assert tale.stages["points"].to_list() == [1, 1, 1]
    # The mill feels it at once, for nobody fetches; the hub when its stock is gone; the customers last.
    assert stages[3]["onset"] == 20
    assert 20 < stages[2]["onset"] < stages[1]["onset"] < 35
    assert stages[3]["depth"] == pytest.approx(1.0)
    assert stages[1]["time_to_recover"] is not None
    assert tale.blows.select("sites", "flows").row(0) == (1, 1)
    assert set(tale.points["site_id"].to_list()) == {"mill", "hub", "shop"}


def test_tell__curves_are_those_of_traces(network: Network) -> None:
    scenario = Scenario.of("s", disruptions=[CLOSED])
    tale = tell(network, [scenario], **SPAN)
    for column, seen in (("usual", network), ("value", scenario.apply(network))):
        shipped = np.array([trace.shipped.sum(axis=1)[10:] for trace in traces(seen, periods=90, count=8)]) * 10.0
        kernel = [shipped[:, max(0, t - 6) : t + 1].mean() for t in range(80)]
        assert tale.curves.filter(stage=1).sort("period")[column].to_numpy() == pytest.approx(np.array(kernel), rel=1e-9)


def test_tell__what_touches_nobody_in_the_run_changes_nothing(network: Network) -> None:
    tale = tell(network, [Scenario.of("s", disruptions=[CLOSED | {"effect": {"capacity": 1.0}}])], **SPAN)
    assert tale.points.is_empty()
    assert tale.stages["reached"].sum() == 0
    assert tale.stages["onset"].null_count() == 3
    assert (tale.curves["usual"] == tale.curves["value"]).all()


def test_tell__figures_are_those_of_compare(network: Network) -> None:
    scenario = Scenario.of("s", disruptions=[CLOSED])
    tale = tell(network, [scenario], **SPAN)
    assert tale.comparison.differences.equals(compare(network, [scenario], **SPAN).differences)


def test_tell__an_answer_helps(network: Network) -> None:
    other = {"where": {"lane": "up"}, "after": 28, "duration": 30, "effect": {"capacity": 1.0, "lead_time": 0.4}}
    stock = {"table": "stock_points", "where": {"site_id": "shop"}, "column": "base_stock", "set": 200}
    answer = Scenario.of("stock", [stock], disruptions=[other | {"name": "fast"}])
    tale = tell(network, [Scenario.of("s", disruptions=[CLOSED])], responses=[answer], **SPAN)
    assert list(tale.scenarios) == ["s", "s + stock"]
    assert str(tale.helped["s"].verdict("s + stock", "fill_rate")) == "better"
    lost = tale.stages.filter(stage=1).select("scenario", "lost_periods").rows()
    assert dict(lost)["s + stock"] < dict(lost)["s"]


def test_tell__the_same_seed_tells_the_same(network: Network) -> None:
    scenario = Scenario.of("s", disruptions=[CLOSED | {"duration": "uniform(5, 25)"}])
    one, other = (tell(network, [scenario], seed=4, threads=threads, **SPAN) for threads in (1, 2))
    assert one.curves.equals(other.curves)
    assert one.points.equals(other.points)
    assert not tell(network, [scenario], seed=5, **SPAN).curves.equals(one.curves)


def test_tell__stock_points_that_a_scenario_adds_are_left_out(network: Network) -> None:
    site = {"table": "sites", "insert": {"site_id": "aa", "kind": "store"}}
    lane = {"table": "lanes", "insert": {"lane_id": "new", "from_site": "hub", "to_site": "aa", "mode": "road", "lead_time": "2",
                                         "distance_km": 50}}  # fmt: skip
    wish = {"table": "demand", "insert": {"site_id": "aa", "product_id": "a", "quantity": "1"}}
    tale = tell(network, [Scenario.of("s", [site, lane, wish], disruptions=[CLOSED])], **SPAN)
    assert tale.stages["points"].to_list() == [1, 1, 1]
    assert set(tale.points["site_id"].to_list()) <= {"mill", "hub", "shop"}


def test_tell__faults_of_all_scenarios_in_one_report(network: Network) -> None:
    wrong = [Scenario.of(name, disruptions=[CLOSED | {"where": {"lane": name}}]) for name in ("x", "y")]
    with pytest.raises(InputError) as caught:
        tell(network, wrong, **SPAN)
    assert len(caught.value.findings) == 2
    with pytest.raises(UsageError, match="x twice"):
        tell(network, [wrong[0], wrong[0]], **SPAN)


def test_draw__a_panel_a_stage(network: Network) -> None:
    tale = tell(network, [Scenario.of("s", disruptions=[CLOSED])], **SPAN)
    picture = draw(tale)
    assert all(stage_name(stage) in picture for stage in (1, 2, 3))
    assert picture.index(stage_name(3)) < picture.index(stage_name(1))
    assert "as usual" in picture
    assert isinstance(tale.curves["low"].min(), float)
    assert pl.Series(tale.curves["high"] >= tale.curves["low"]).all()
