"""Cost to serve: nothing is lost or made up, and a small network whose shares are known by hand."""

from __future__ import annotations

import math
import random

import numpy as np
import polars as pl
import pytest

from chaintwin.examples import Example, load
from chaintwin.network import Network
from chaintwin.risk.service.simulated import ProjectService, measure_project
from chaintwin.risk.service.simulated.serving import attribute_ledger, trace_ledger
from chaintwin.simulation import simulate, trace
from tests.risk.service.simulated.networks import two_shops


def row(found: ProjectService, by: str, name: str) -> dict[str, float]:
    return found.customers.filter((pl.col("by") == by) & (pl.col("id") == name)).to_dicts()[0]


@pytest.fixture(scope="module")
def medicines() -> tuple[Network, ProjectService]:
    network = load(Example.MEDICINES)
    return network, measure_project(network, periods=40, warm_up=10, replications=2)


def test_measure_project__shares_add_up_to_the_ledger_in_any_order(medicines: tuple[Network, ProjectService]) -> None:
    _, found = medicines
    amounts = found.served.shares["amount"].to_list()
    ledger = math.fsum(found.served.ledger["amount"].to_list())
    for seed in range(3):
        random.Random(seed).shuffle(amounts)
        assert math.fsum(amounts) == ledger == found.served.total
    # Each amount by itself too, however its shares are added.
    by_amount = found.served.shares.group_by("line", "kind", "id").agg(pl.col("amount").sum())
    joined = found.served.ledger.join(by_amount, on=["line", "kind", "id"], how="left", suffix="_shared")
    assert joined["amount"].to_list() == joined["amount_shared"].to_list()
    for by in ("site", "product", "stream"):
        rows = found.customers.filter(pl.col("by").is_in([by, "unattributed"]))
        assert rows["cost_to_serve"].sum() == pytest.approx(found.served.total, rel=1e-12)
        assert rows["revenue"].sum() == pytest.approx(row(found, "all", "all")["revenue"], rel=1e-12)
    assert found.lines.select(pl.sum_horizontal("direct", "shared", "unattributed")).to_series().to_list() == pytest.approx(
        found.lines["amount"].to_list()
    )


def test_measure_project__ledger_and_service_are_those_of_the_simulation(medicines: tuple[Network, ProjectService]) -> None:
    network, found = medicines
    result = simulate(network, periods=40, warm_up=10, replications=2)
    both = found.served.ledger.join(result.costs, on=["line", "kind", "id"], how="full", suffix="_result")
    assert both.height == result.costs.height == found.served.ledger.height
    np.testing.assert_allclose(both["amount"], both["amount_result"], rtol=1e-9)
    whole = row(found, "all", "all")
    for name in ("fill_rate", "on_time_rate", "cycle_service_level"):
        mean, low, high = result[name]
        assert [whole[name], whole[f"{name}_low"], whole[f"{name}_high"]] == pytest.approx([mean, low, high], rel=1e-9)
    assert whole["cost_to_serve"] == pytest.approx(result["total_cost"][0], rel=1e-12)
    assert whole["revenue"] == pytest.approx(result["revenue"][0], rel=1e-12)
    mean, low, high = result["total_cost"]
    assert whole["cost_to_serve_half_width"] == pytest.approx((high - low) / 2, rel=1e-9)
    streams = found.customers.filter(pl.col("by") == "stream").join(result.streams, left_on="id", right_on="stream_id")
    for name in ("fill_rate", "on_time_rate", "cycle_service_level", "demand", "shipped", "lost"):
        np.testing.assert_allclose(streams[name].fill_null(-1), streams[f"{name}_right"].fill_null(-1), rtol=1e-9, atol=1e-12)


def test_trace_ledger__is_that_of_each_replication(medicines: tuple[Network, ProjectService]) -> None:
    network, _ = medicines
    seen = trace(network.compile(periods=30), periods=30, replication=1)
    whole = simulate(network, periods=30, warm_up=0, replications=2)
    amounts = trace_ledger(seen).group_by("line").agg(pl.col("amount").sum())
    for line, amount in amounts.iter_rows():
        assert amount == pytest.approx(whole.figures[line][1], rel=1e-9, abs=1e-9)


def test_measure_project__shares_of_a_network_known_by_hand() -> None:
    """Nothing is drawn, so each day is like the last: 3 units a day for one shop, 1 for the other, 8 of fat."""
    found = measure_project(two_shops(), replications=2)
    near, far, whole = row(found, "site", "near"), row(found, "site", "far"), row(found, "all", "all")
    # Fat costs 2 a unit, two units of which are a unit of soap; making costs 1.
    assert [near["purchase_cost"], far["purchase_cost"]] == pytest.approx([12.0, 4.0])
    assert [near["production_cost"], far["production_cost"]] == pytest.approx([3.0, 1.0])
    assert [near["transport_cost"], far["transport_cost"]] == pytest.approx([3.0, 3.0])
    # A start of a lane serves one shop; the plant's start, 4 a day, serves one line of each, so that both pay as much.
    assert [near["fixed_cost"], far["fixed_cost"]] == pytest.approx([6 + 2, 6 + 2])
    assert near["cost_to_serve"] + far["cost_to_serve"] == pytest.approx(whole["cost_to_serve"])
    assert near["margin"] == pytest.approx(60.0 - near["cost_to_serve"])
    assert near["cost_per_unit"] == pytest.approx(near["cost_to_serve"] / 3)
    # Stock of the plant is held for both by what they draw; that of a shop is its own.
    held = found.served.ledger.filter(pl.col("line") == "holding_cost")
    holding = dict(held.select("id", "amount").iter_rows())
    upstream = holding["plant/soap"] + holding["plant/fat"]
    assert near["holding_cost"] == pytest.approx(holding["near/soap"] + 0.75 * upstream)
    # 3 units of half a kilogram over 100 km, 1 over 400 km, 100 g a tonne-km.
    assert [near["carbon_kg"], far["carbon_kg"]] == pytest.approx([0.015, 0.02])
    assert set(found.served.shares["way"]) <= {"volume", "weight", "units", "hours", "lines", "value", "direct"}
    assert found.lines["half_width"].to_list() == [0.0] * found.lines.height


def test_measure_project__enough_stock_and_no_chance_is_right_in_everything() -> None:
    found = measure_project(two_shops(), replications=2)
    shares = ("otif_order", "right_time", "right_quantity", "otif_line", "otif_volume", "fill_rate", "on_time_rate")
    for customer in found.customers.filter(pl.col("by") != "unattributed").to_dicts():
        for name in (*shares, "cycle_service_level", "ready_rate"):
            assert [customer[name], customer[f"{name}_low"], customer[f"{name}_high"]] == [1.0, 1.0, 1.0]
    assert found.rights["share"].to_list() == [None, 1.0, 1.0, None, None, None]
    assert found.waits["share"].unique().to_list() == [1.0]
    assert row(found, "all", "all")["lines"] == 80


def test_measure_project__a_starved_customer_lowers_only_its_own_figures() -> None:
    full = measure_project(two_shops(), replications=2)
    starved = measure_project(two_shops(stock={"base_stock": 4.0, "initial_stock": 4.0}), replications=2)
    service = [name for name in full.customers.columns if name.endswith(("rate", "level", "line", "volume", "order"))]
    assert (
        starved.customers.filter(pl.col("id") == "far")
        .select(service)
        .equals(full.customers.filter(pl.col("id") == "far").select(service))
    )
    assert row(starved, "site", "near")["fill_rate"] < 1
    assert row(starved, "site", "near")["backlog_cost"] > 0
    assert row(starved, "site", "far")["backlog_cost"] == 0
    impatient = measure_project(
        two_shops(stock={"base_stock": 4.0, "initial_stock": 4.0}, first={"lost_fraction": 1.0}), replications=2
    )
    assert row(impatient, "site", "near")["lost_sales_cost"] > 0
    assert row(impatient, "site", "near")["right_quantity"] < 1
    assert row(impatient, "site", "far")["otif_line"] == 1


def test_measure_project__what_reaches_nobody_is_unattributed() -> None:
    """A shop nobody asks holds stock all the same."""
    network = two_shops(first={"quantity": "0"})
    found = measure_project(network, replications=2)
    rest = row(found, "unattributed", "unattributed")
    holding = found.served.ledger.filter(pl.col("id") == "near/soap")["amount"].sum()
    assert rest["cost_to_serve"] == rest["holding_cost"] == pytest.approx(holding) == pytest.approx(4.0)
    assert found.lines.filter(pl.col("line") == "holding_cost")["unattributed"].item() == pytest.approx(4.0)
    assert row(found, "site", "far")["cost_to_serve"] + rest["cost_to_serve"] == pytest.approx(found.served.total)


def test_attribute_ledger__of_amounts_that_are_nearly_nothing() -> None:
    from scipy import sparse

    ledger = pl.DataFrame(
        {"line": ["holding_cost"] * 3, "kind": ["stock_point"] * 3, "id": ["a", "b", "c"], "amount": [1e-300, 0.0, -0.3]}
    )
    parts = sparse.csr_array(np.array([[0.5, 0.5], [1.0, 0.0], [0.5, 0.25]]))
    served = attribute_ledger(ledger, parts, streams=pl.Series(["x", "y"]))
    assert served.shares["stream_id"].to_list() == [None, "x", "y", None]
    assert math.fsum(served.shares["amount"]) == served.total
    nothing = attribute_ledger(ledger.clear(), parts[:0], streams=pl.Series(["x", "y"]))
    assert nothing.shares.height == nothing.total == 0
