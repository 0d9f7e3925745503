"""Perfect orders against the worked case, plain counting, and the bounds of their components."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from chaintwin.errors import UsageError
from chaintwin.risk.service import RIGHTS, judge_orders, perfect_order_bounds
from tests.shared_data import cases_of, matches

FLAGS = ("is_document_right", "is_condition_right", "is_place_right", "is_product_right")
NAMES = {
    "order": "order_id",
    "ordered_qty": "ordered_units",
    "accepted_qty": "accepted_units",
    "commit": "committed",
    "doc_ok": "is_document_right",
    "cond_ok": "is_condition_right",
    "place_ok": "is_place_right",
    "product_ok": "is_product_right",
}

Line = dict[str, Any]
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "order_id": st.sampled_from("ABCDE"),
            "ordered_units": st.integers(1, 9),
            "accepted_units": st.integers(0, 10),
            "earliest": st.none() | st.integers(0, 4),
            "committed": st.integers(2, 8),
            "delivered": st.none() | st.integers(0, 9),
            "quoted_cost": st.just(10.0),
            "charged_cost": st.sampled_from([9.0, 10.0, 11.0]),
        }
        | {flag: st.sampled_from([True, True, True, False]) for flag in FLAGS}
    ),
    min_size=1,
    max_size=20,
)


def table(lines: list[Line]) -> pl.DataFrame:
    return pl.DataFrame(lines, schema_overrides={"delivered": pl.Int64, "earliest": pl.Int64})


@pytest.mark.parametrize("case", cases_of("cases/metrics.json", "met.perfect_order"))
def test_judge_orders__worked_case(case: dict[str, Any]) -> None:
    judged = judge_orders(pl.DataFrame(case["inputs"]["lines"]).rename(NAMES))
    answer = {
        "rl_1_1": judged.perfect_order.value,
        "rl_2_1_in_full": judged.in_full.value,
        "rl_2_2_on_time": judged.on_time.value,
        "rl_2_3_documents": judged.documents.value,
        "rl_2_4_condition": judged.condition.value,
        "otif_order": judged.otif_order.value,
        "otif_line": judged.otif_line.value,
        "otif_volume": judged.otif_volume.value,
        "perfect_line": judged.perfect_line.value,
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])
    assert "right_cost" not in judged.rights, "no quote was recorded"
    assert judged.perfect_order.order_count == 5


@pytest.mark.parametrize("case", cases_of("risk/cases.json", "perfect_order"))
def test_perfect_order_bounds__public_case(case: dict[str, Any]) -> None:
    bounds = perfect_order_bounds(case["inputs"]["component_rates"])
    expected, tolerance = case["expected"], case["tolerance"]["abs"]
    assert bounds.independent == pytest.approx(expected["perfect_order_rate_independent"], abs=tolerance)
    assert bounds.upper == pytest.approx(expected["upper_bound_any_dependence"], abs=tolerance)
    assert bounds.lower == pytest.approx(expected["lower_bound_any_dependence"], abs=tolerance)


@given(lines=LINES)
def test_judge_orders__against_plain_counting(lines: list[Line]) -> None:
    judged = judge_orders(table(lines))
    orders: dict[str, list[dict[str, bool]]] = {}
    good = 0
    for line in lines:
        arrived = line["delivered"]
        in_time = arrived is not None and arrived <= line["committed"] and (line["earliest"] or 0) <= arrived
        on_time = in_time and line["is_place_right"]
        in_full = line["is_product_right"] and line["accepted_units"] == line["ordered_units"]
        if on_time and line["is_product_right"]:
            good += min(line["accepted_units"], line["ordered_units"])
        facts = {
            "in_full": in_full,
            "on_time": on_time,
            "otif_order": in_full and on_time,
            "documents": line["is_document_right"],
            "condition": line["is_condition_right"],
            "right_time": in_time,
            "right_cost": line["charged_cost"] <= line["quoted_cost"],
        }
        facts["perfect_order"] = facts["otif_order"] and facts["documents"] and facts["condition"]
        orders.setdefault(line["order_id"], []).append(facts)
    for name in ("in_full", "on_time", "otif_order", "documents", "condition", "perfect_order", "right_time", "right_cost"):
        met = sum(all(facts[name] for facts in order) for order in orders.values())
        rate = judged.rights[name] if name.startswith("right") else getattr(judged, name)
        assert rate.value == met / len(orders)
        interval = binomtest(met, len(orders)).proportion_ci(0.95, method="wilson")
        assert (rate.low, rate.high) == pytest.approx((interval.low, interval.high), abs=1e-9)
    every = [facts for order in orders.values() for facts in order]
    assert judged.otif_line.value == pytest.approx(sum(facts["otif_order"] for facts in every) / len(every))
    assert judged.perfect_line.value == pytest.approx(sum(facts["perfect_order"] for facts in every) / len(every))
    assert judged.otif_volume.value == pytest.approx(good / sum(line["ordered_units"] for line in lines))


@given(lines=LINES)
def test_judge_orders__counts_lie_between_the_bounds_of_their_components(lines: list[Line]) -> None:
    judged = judge_orders(table(lines))
    bounds = perfect_order_bounds([judged.rights[name].value for name in RIGHTS])
    assert bounds.lower - 1e-12 <= judged.all_rights.value <= bounds.upper + 1e-12
    assert bounds.lower <= bounds.independent + 1e-12 <= bounds.upper + 2e-12
    parts = perfect_order_bounds([getattr(judged, name).value for name in ("in_full", "on_time", "documents", "condition")])
    assert parts.lower - 1e-12 <= judged.perfect_order.value <= parts.upper + 1e-12
    for rate in (judged.otif_volume, judged.otif_line, judged.perfect_line, judged.perfect_order):
        assert 0 <= rate.low <= rate.value <= rate.high <= 1


@given(lines=LINES, order=st.randoms(use_true_random=False))
def test_judge_orders__order_of_lines_does_not_matter(lines: list[Line], order: Any) -> None:
    mixed = list(lines)
    order.shuffle(mixed)
    one, other = judge_orders(table(lines)), judge_orders(table(mixed))
    assert one.perfect_order == other.perfect_order
    assert one.otif_volume.value == pytest.approx(other.otif_volume.value)


def line(**changes: Any) -> pl.DataFrame:
    row: Line = {"order_id": "A", "ordered_units": 3.0, "accepted_units": 3.0, "earliest": 1, "committed": 5, "delivered": 5}
    return pl.DataFrame([row | dict.fromkeys(FLAGS, True) | changes])


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, set()),
        ({"is_product_right": False}, {"right_product", "is_in_full"}),
        ({"delivered": 6}, {"right_time", "is_on_time"}),
        ({"delivered": 0}, {"right_time", "is_on_time"}),
        ({"delivered": None}, {"right_time", "is_on_time"}),
        ({"accepted_units": 4.0}, {"right_quantity", "is_in_full"}),
        ({"accepted_units": 3.0 - 1e-10}, set()),
        ({"is_place_right": False}, {"right_place", "is_on_time"}),
        ({"is_condition_right": False}, {"right_condition"}),
        ({"is_document_right": False}, {"right_documents"}),
        ({"quoted_cost": 2.0, "charged_cost": 3.0}, {"right_cost"}),
    ],
)
def test_judge_orders__each_fault_breaks_its_own_right(changes: dict[str, Any], missing: set[str]) -> None:
    judged = judge_orders(line(**changes)).lines.row(0, named=True)
    names = (*RIGHTS, "right_documents", "is_in_full", "is_on_time")
    assert {name for name in names if judged[name] is False} == missing
    assert judged["is_perfect"] is not bool(missing - {"right_cost"})


def test_judge_orders__takes_dates() -> None:
    first, last = date(2024, 1, 1), date(2024, 1, 5)
    judged = judge_orders(line(earliest=first, committed=last, delivered=last))
    assert judged.on_time.value == 1.0


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (line().drop("committed"), "order lines: found no column committed"),
        (line(ordered_units=0.0), "order lines row 0 ordered_units: found 0"),
        (line(accepted_units=-1.0), "order lines row 0 accepted_units: found -1"),
        (line(is_place_right="yes"), "order lines is_place_right: found String"),
        (line(delivered=date(2024, 1, 1)), "order lines: found times of kinds"),
        (line(order_id=None), "order lines order_id|order lines row 0 order_id: found an empty cell"),
        (line().clear(), "order lines: found no row"),
    ],
)
def test_judge_orders__refuses(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        judge_orders(frame)


@pytest.mark.parametrize("rates", [[], [1.2], [0.5, -0.1]])
def test_perfect_order_bounds__refuses(rates: list[float]) -> None:
    with pytest.raises(UsageError, match="component_rates"):
        perfect_order_bounds(rates)
