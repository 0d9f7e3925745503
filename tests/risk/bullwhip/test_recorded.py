"""The bullwhip along recorded stages, on a maker's real record and on small ones."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin.errors import UsageError
from chaintwin.risk.bullwhip import CHAIN_SCHEMA, Level, Resampling, measure_bullwhip, measure_chain, stages_of, week_offset
from tests.shared_data import shared_path

POINTS = ("sales_order", "delivery_to_distributor", "factory_issue", "production")
DRAWING = Resampling(seed=20230630, resamples=1000)


def record() -> tuple[list[date], list[str], dict[str, Any]]:
    frames = {}
    for name in POINTS:
        path = shared_path(f"supplygraph/{name}_units_to_2023-06-30.csv")
        frames[name] = pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
    return stages_of(frames, date_column="Date")


def ratio(chain: pl.DataFrame, stage: str, *, over: str, level: str) -> dict[str, Any]:
    return chain.row(
        by_predicate=(pl.col("stage") == stage) & (pl.col("demand_stage") == over) & (pl.col("level") == level), named=True
    )


def test_measure_chain__of_a_maker_in_four_points() -> None:
    days, products, stages = record()
    assert (len(days), len(products)) == (181, 41)
    facts = json.loads(shared_path("supplygraph/expected.json").read_text(encoding="utf-8"))["identities"]
    levels = [Level("day"), Level("week", bucket=7, offset=week_offset(days))]
    chain = measure_chain(stages, levels, resampling=DRAWING)
    assert chain.height == 2 * 5
    daily = facts["bullwhip_ratio_variance_of_daily_totals"]
    for stage, over, wanted in (
        ("production", "sales_order", daily["production_over_sales_order"]),
        ("factory_issue", "delivery_to_distributor", daily["issue_over_delivery"]),
        ("production", "factory_issue", daily["production_over_issue"]),
    ):
        found = ratio(chain, stage, over=over, level="day")
        assert found["variance_ratio"] == pytest.approx(wanted, rel=1e-7)
        assert found["variance_ratio_low"] < wanted < found["variance_ratio_high"]
        assert (found["sample_count"], found["bucket"]) == (181, 1)
    weekly = measure_chain({name: stages[name] for name in (POINTS[1], POINTS[3])}, levels[1:], resampling=DRAWING)
    found = weekly.row(0, named=True)
    assert found["variance_ratio"] == pytest.approx(facts["weekly_totals_bullwhip_production_over_delivery"], rel=1e-7)
    assert found["sample_count"] == 25
    assert found["variance_ratio_low"] < found["variance_ratio"] < found["variance_ratio_high"]
    # Sales orders stand still on Fridays. That pattern is most of what daily orders do; no real ratio is left hidden below one.
    without = measure_chain(stages, levels[:1], cycle=7)
    raw, bare = (ratio(frame, "production", over="sales_order", level="day")["variance_ratio"] for frame in (chain, without))
    assert bare > 1.5 * raw


def test_measure_chain__by_group_of_products() -> None:
    _, products, stages = record()
    groups = pl.read_csv(shared_path("supplygraph/node_groups.csv")).unique("Node", keep="first")
    of = dict(groups.select("Node", "Group").iter_rows())
    # One column repeats a product under a name with a number behind it.
    labels = tuple(of[name.removesuffix(".1")] for name in products)
    chain = measure_chain(stages, [Level("group", labels=labels), Level("product", labels=tuple(products))])
    by_group = chain.filter(pl.col("level") == "group", pl.col("stage") == "production", pl.col("demand_stage") == "sales_order")
    assert by_group["group"].to_list() == sorted(set(labels))
    for row in by_group.iter_rows(named=True):
        columns = [index for index, label in enumerate(labels) if label == row["group"]]
        demand, orders = (stages[name][:, columns] for name in ("sales_order", "production"))
        assert row["variance_ratio"] == pytest.approx(measure_bullwhip(demand, orders).variance_ratio.value, rel=1e-9)
    by_product = chain.filter(pl.col("level") == "product", pl.col("stage") == "production")
    # Some products were never sold in this time: there is nothing to compare with.
    assert by_product["variance_ratio"].null_count() > 0
    assert chain.schema == pl.Schema(CHAIN_SCHEMA)


def test_measure_chain__compares_with_the_stage_before_and_the_first() -> None:
    random = np.random.default_rng(1)
    stages = {name: random.poisson(9, size=(12, 2)) for name in ("a", "b", "c", "d")}
    chain = measure_chain(stages)
    pairs = chain.select("stage", "demand_stage").rows()
    assert pairs == [("b", "a"), ("c", "b"), ("d", "c"), ("c", "a"), ("d", "a")]
    value = dict(zip(pairs, chain["variance_ratio"], strict=True))
    assert value["d", "a"] == pytest.approx(value["b", "a"] * value["c", "b"] * value["d", "c"], rel=1e-9)
    assert value["c", "b"] == pytest.approx(measure_bullwhip(stages["b"], stages["c"]).variance_ratio.value)
    assert chain["variance_ratio_low"].null_count() == chain.height


@pytest.mark.parametrize(
    ("stages", "levels", "message"),
    [
        ({"a": [1, 2]}, [Level("all")], "stages: found 1"),
        ({"a": [1, 2], "b": [1, 2, 3]}, [Level("all")], r"b: found shape \(3, 1\)"),
        ({"a": [1, 2], "b": [1, 2]}, [Level("all", labels=("x", "y"))], "labels: found 2"),
        ({"a": [1, 2], "b": [1, 2]}, [Level("all", offset=2)], "offset of all: found 2"),
        ({"a": [1, 2], "b": [1, 2]}, [Level("all", bucket=2)], "buckets: found 1"),
    ],
)
def test_measure_chain__refuses(stages: dict[str, Any], levels: list[Level], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        measure_chain(stages, levels)


def frame(days: list[int], **units: list[float | None]) -> pl.DataFrame:
    return pl.DataFrame({"day": [date(2023, 1, day) for day in days], **units})


def test_stages_of__keeps_what_all_have() -> None:
    days, products, found = stages_of(
        {"a": frame([3, 1, 2], x=[3, 1, 2], y=[0, 0, 0]), "b": frame([2, 3, 4], z=[0, 0, 0], x=[20, 30, 40])}, date_column="day"
    )
    assert days == [date(2023, 1, 2), date(2023, 1, 3)]
    assert products == ["x"]
    assert (found["a"].tolist(), found["b"].tolist()) == ([[2], [3]], [[20], [30]])


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ({}, "stages: found 0 days"),
        ({"a": frame([1, 2], x=[1, 2]), "b": frame([3], x=[1])}, "stages: found 0 days and 1 products"),
        ({"a": frame([1, 1], x=[1, 2])}, "a day: found a day twice"),
        ({"a": frame([1, 3], x=[1, 2])}, "stages: found 2 days in all from 2023-01-01 to 2023-01-03; allowed: every day"),
        ({"a": frame([1, 2], x=[1, None])}, "a: found an empty cell"),
        ({"a": pl.DataFrame({"x": [1.0]})}, "a: found columns x; allowed: a column day"),
    ],
)
def test_stages_of__refuses(frames: dict[str, pl.DataFrame], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        stages_of(frames, date_column="day")
