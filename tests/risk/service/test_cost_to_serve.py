"""Cost to serve: the sum is the ledger to the last bit, and each cost falls where its driver says."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.examples import load
from chaintwin.risk.service import COST_DRIVERS, attribute_costs, ledger_of, split_exactly
from chaintwin.simulation import simulate

AMOUNTS = st.floats(-1e12, 1e12) | st.floats(-1e-9, 1e-9) | st.sampled_from([0.0, 0.1, 1e-300, 1 / 3, 1e15 + 1])
WEIGHTS = st.lists(st.floats(1e-12, 1e12) | st.just(1.0), min_size=1, max_size=30)


@given(amount=AMOUNTS.filter(lambda amount: abs(amount) > 1e-250), weights=WEIGHTS)
def test_split_exactly__adds_up_in_any_order(amount: float, weights: list[float]) -> None:
    sizes = np.array(weights)
    parts = split_exactly(amount, sizes)
    assert sum(map(Fraction, parts.tolist())) == Fraction(amount)
    assert parts.sum() == parts[::-1].sum() == sum(parts.tolist()) == amount
    assert (parts * math.copysign(1, amount) >= 0).all()
    exact = [Fraction(amount) * Fraction(weight) / sum(map(Fraction, weights)) for weight in weights]
    # One last bit of the amount for each part, and what the weights' own rounding makes of the largest.
    bit = math.ulp(amount) * 2 * len(weights)
    assert all(abs(Fraction(part) - share) <= bit for part, share in zip(parts.tolist(), exact, strict=True))


@st.composite
def books(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    count = draw(st.integers(1, 6))
    sites = st.sampled_from(["north", "south"])
    lines = [
        {
            "order_line_id": f"L{number}",
            "site": draw(sites),
            "kg": draw(st.none() | st.floats(0, 100)),
            "lines": 1,
        }
        for number in range(count)
    ]
    costs = []
    for number in range(draw(st.integers(1, 8))):
        direct = draw(st.none() | st.sampled_from([f"L{index}" for index in range(count + 1)]))
        driver = draw(st.sampled_from([None, "kg", "lines"])) if direct is None else None
        costs.append(
            {
                "cost_id": f"C{number}",
                "amount": draw(AMOUNTS),
                "order_line_id": direct,
                "driver": driver,
                "site": draw(st.none() | sites),
            }
        )
    text = {"order_line_id": pl.String, "driver": pl.String, "site": pl.String}
    return pl.DataFrame(costs, schema_overrides=text), pl.DataFrame(lines, schema_overrides={"kg": pl.Float64})


@given(tables=books())
def test_attribute_costs__sum_is_the_ledger(tables: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    ledger, lines = tables
    found = attribute_costs(ledger, lines, scopes=["site"])
    amounts = found.shares["amount"].to_list()
    assert sum(map(Fraction, amounts)) == sum(map(Fraction, ledger["amount"].to_list()))
    assert math.fsum(amounts) == math.fsum(ledger["amount"].to_list()) == found.ledger
    by_cost = found.shares.group_by("cost_id", maintain_order=True).agg(pl.col("amount").sum())
    assert by_cost.rows() == ledger.select("cost_id", "amount").rows()
    assert found.attributed + found.unattributed == pytest.approx(found.ledger, rel=1e-12, abs=1e-3)
    assert found.by_order_line["order_line_id"].to_list() == lines["order_line_id"].to_list()
    assert math.fsum(found.by_order_line["amount"]) == pytest.approx(found.attributed, rel=1e-12, abs=1e-3)
    assert found.shares.filter(pl.col("order_line_id").is_null())["way"].is_in(["unattributed"]).all()


@given(tables=books())
def test_attribute_costs__against_plain_shares(tables: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    ledger, lines = tables
    found = attribute_costs(ledger, lines, scopes=["site"])
    rows = lines.to_dicts()
    known = {row["order_line_id"] for row in rows}
    for cost in ledger.to_dicts():
        shares = found.shares.filter(pl.col("cost_id") == cost["cost_id"])
        direct, driver = cost["order_line_id"], cost["driver"]
        weight = {
            row["order_line_id"]: row[driver] if driver else 0.0
            for row in rows
            if driver and row[driver] and cost["site"] in (None, row["site"])
        }
        if direct in known:
            assert shares.select("order_line_id", "way", "amount").rows() == [(direct, "direct", cost["amount"])]
        elif weight and abs(cost["amount"]) > 1e-250:
            assert dict(shares.select("order_line_id", "amount").iter_rows()) == pytest.approx(
                {name: cost["amount"] * part / sum(weight.values()) for name, part in weight.items()}, rel=1e-9, abs=1e-6
            )
            assert set(shares["way"]) == {driver}
        else:
            assert shares.select("order_line_id", "way", "amount").rows() == [(None, "unattributed", cost["amount"])]


LINES = pl.DataFrame({"order_line_id": ["1", "2"], "kg": [1.0, 3.0], "site": ["n", "s"]})


def test_attribute_costs__order_of_order_lines_does_not_matter() -> None:
    ledger = pl.DataFrame({"cost_id": ["a", "b"], "amount": [0.1, 7.7], "driver": ["kg", "kg"]})
    one, other = (attribute_costs(ledger, lines).by_order_line.sort("order_line_id") for lines in (LINES, LINES.reverse()))
    assert one.rows() == other.rows()


@pytest.mark.parametrize(
    ("costs", "extra", "message"),
    [
        ({"cost_id": ["a"]}, {}, "ledger: found no column amount"),
        ({"cost_id": ["a", "a"], "amount": [1.0, 2.0]}, {}, "ledger cost_id: found a twice"),
        ({"cost_id": ["a"], "amount": [math.inf]}, {}, "ledger row 0 amount: found inf"),
        ({"cost_id": ["a"], "amount": [1.0], "driver": ["hours"]}, {}, "ledger driver: found hours"),
        ({"cost_id": ["a"], "amount": [1.0], "driver": ["site"]}, {}, "ledger driver: found site"),
        ({"cost_id": ["a"], "amount": [1.0], "driver": ["kg"], "order_line_id": ["1"]}, {}, "ledger a: found an order line and"),
        ({"cost_id": ["a"], "amount": [1.0]}, {"scopes": ["site"]}, "scopes: found site"),
    ],
)
def test_attribute_costs__refuses(costs: dict[str, Any], extra: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        attribute_costs(pl.DataFrame(costs), LINES, **extra)


def test_attribute_costs__refuses_a_driver_below_zero() -> None:
    ledger = pl.DataFrame({"cost_id": ["a"], "amount": [1.0], "driver": ["kg"]})
    with pytest.raises(UsageError, match="order lines row 1 kg: found -3"):
        attribute_costs(ledger, LINES.with_columns(kg=pl.Series([1.0, -3.0])))


def test_ledger_of__a_simulated_result_is_given_out_whole() -> None:
    result = simulate(load("beer-game"), replications=4, periods=20, threads=1)
    ledger = ledger_of(result.costs, periods=20)
    assert set(result.costs["line"]) <= set(COST_DRIVERS)
    assert math.fsum(ledger["amount"]) == pytest.approx(20 * result["total_cost"][0], rel=1e-9)
    columns = {name: [1.0, 2.0, 5.0] for name in set(COST_DRIVERS.values()) - {"volume"}}
    found = attribute_costs(ledger, pl.DataFrame({"order_line_id": ["a", "b", "c"], "volume": [0.0, 0.0, 1.0], **columns}))
    assert found.unattributed == 0
    assert sum(map(Fraction, found.shares["amount"])) == sum(map(Fraction, ledger["amount"]))
    assert ledger_of(result.costs, periods=20, drivers={})["driver"].null_count() == ledger.height
