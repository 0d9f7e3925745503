from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.ingest.shipment_log.building.demand import demand_law
from chaintwin.ingest.shipment_log.building.flows import follow_flows
from chaintwin.ingest.shipment_log.building.rounding import rounded_law, rounded_shares, rounded_weights
from chaintwin.ingest.shipment_log.building.sites import country_of_site
from chaintwin.ingest.shipment_log.frames import complete
from chaintwin.ingest.shipment_log.transactions.references import share_totals
from chaintwin.laws import parse

LANES = pl.DataFrame(schema={"lane_id": pl.String, "from_site": pl.String, "to_site": pl.String, "is_supply": pl.Boolean})


def flow_lines(*flows: tuple[str, str, float]) -> pl.DataFrame:
    rows = [
        {
            "sender_site": a,
            "from_site": a,
            "to_site": b,
            "product": "p",
            "quantity": q,
            "lane_id": f"{a}>{b}",
            "hub": None,
            "is_hub": False,
        }
        for a, b, q in flows
    ]
    return pl.DataFrame(rows, schema_overrides={"hub": pl.String})


def total_lines(*lines: tuple[str, str | None, float | None, float]) -> pl.DataFrame:
    """Lines of (id, id pointed to, own total, value); weight and freight alike."""
    frame = pl.DataFrame(
        [
            {
                "file": "log.csv",
                "row": 2 + place,
                "shipment_id": name,
                "product": name,
                "quantity": 1.0,
                "value": value,
                "unit_price": None,
                "total": total,
                "pointer": pointer,
            }
            for place, (name, pointer, total, value) in enumerate(lines)
        ],
        schema_overrides={"pointer": pl.String, "total": pl.Float64, "unit_price": pl.Float64},
    )
    kind = pl.when(pl.col("pointer").is_not_null()).then(pl.lit("reference")).otherwise(pl.lit("value"))
    parts = []
    for name in ("weight", "freight"):
        parts += [pl.col("total").alias(name), pl.col("pointer").alias(f"{name}_reference"), kind.alias(f"{name}_kind")]
        parts.append(pl.lit(None, dtype=pl.String).alias(f"{name}_meaning"))
    return frame.with_columns(parts)


def test_share_totals__by_value() -> None:
    shared = share_totals(total_lines(("a", None, 90.0, 100.0), ("b", "a", None, 200.0), ("c", None, 7.0, 1.0)))
    assert shared.frame["freight_cost"].to_list() == pytest.approx([30.0, 60.0, 7.0])
    assert shared.counts["weight"] == {"found": 1, "resolved": 1, "with_total": 1, "dangling": 0, "shared_by:value": 2}
    assert shared.counts["freight"]["shared_by:weight"] == 2


def test_share_totals__pointer_to_pointer() -> None:
    shared = share_totals(total_lines(("a", None, 90.0, 1.0), ("b", "a", None, 1.0), ("c", "b", None, 1.0)))
    assert shared.frame["freight_cost"].to_list() == pytest.approx([30.0, 30.0, 30.0])


@pytest.mark.parametrize("pointers", [(("a", "b"), ("b", "a")), (("a", "a"), ("b", "nowhere")), (("a", "b"), ("b", "nowhere"))])
def test_share_totals__pointers_that_lead_nowhere(pointers: tuple[tuple[str, str], ...]) -> None:
    shared = share_totals(total_lines(*((name, pointer, None, 1.0) for name, pointer in pointers)))
    assert shared.counts["freight"]["dangling"] == 2
    assert shared.frame["freight_cost"].null_count() == 2
    assert [finding.code for finding in shared.findings] == ["log.reference_dangling"] * 2


@given(st.lists(st.tuples(st.integers(0, 7), st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=8))
def test_share_totals__nothing_is_lost_or_counted_twice(lines: list[tuple[int, float, float]]) -> None:
    rows = []
    for place, (target, total, value) in enumerate(lines):
        is_pointer = target < place
        rows.append((str(place), str(target) if is_pointer else None, None if is_pointer else total, value))
    shared = share_totals(total_lines(*rows)).frame
    assert shared["freight_cost"].sum() == pytest.approx(sum(total for _, _, total, _ in rows if total is not None))


def test_follow_flows__balances_each_site() -> None:
    flows = follow_flows(flow_lines(("mill", "depot", 100.0), ("depot", "shop", 60.0), ("shed", "shop", 40.0)), LANES)
    kept = dict(flows.lines.select("to_site", "demand_share").unique().iter_rows())
    assert kept == {"depot": pytest.approx(0.4), "shop": 1.0}
    shares = {(row["site_id"], row["from_site"]): row["share"] for row in flows.sources.iter_rows(named=True)}
    assert shares == pytest.approx(
        {("depot", "mill"): 1, ("shop", "depot"): 0.6, ("shop", "shed"): 0.4, ("mill", None): 1, ("shed", None): 1}
    )


def test_follow_flows__site_that_sends_more_than_it_gets_buys_the_rest() -> None:
    flows = follow_flows(flow_lines(("mill", "depot", 30.0), ("depot", "shop", 120.0)), LANES)
    depot = flows.sources.filter(pl.col("site_id") == "depot")
    assert dict(depot.select("kind", "share").iter_rows()) == {"buy": 0.75, "move": 0.25}


def test_follow_flows__smallest_flow_of_a_loop_is_left_out() -> None:
    flows = follow_flows(flow_lines(("a", "b", 10.0), ("b", "c", 8.0), ("c", "a", 1.0), ("c", "d", 5.0)), LANES)
    assert set(flows.lines["lane_id"]) == {"a>b", "b>c", "c>d"}
    assert [finding.code for finding in flows.findings] == ["import.loop"]


@given(st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.0, 5.0, 12.0, 480.0, 33333.0]) | st.floats(1, 1e5), min_size=1, max_size=60))
def test_demand_law__keeps_the_mean(values: list[float]) -> None:
    data = np.array(values)
    law = parse(demand_law(data))
    # Six significant digits of each of two factors: a size and its frequency, or the two parameters of a law.
    assert law.mean == pytest.approx(data.mean(), rel=1.1e-5, abs=1e-9)


def test_demand_law__many_sizes_are_grouped() -> None:
    data = np.concatenate([np.zeros(200), np.arange(1.0, 101.0)])
    law = parse(demand_law(data))
    assert len(law.values) == 13
    assert law.sd == pytest.approx(data.std(), rel=0.02)


@pytest.mark.parametrize(
    ("site", "country"),
    [("Cipla, Goa, India", "IN"), ("GSK Ware (UK)", "GB"), ("Roche SA", None), ("Mylan Nashik", "IN"), ("MedMira Inc.", None)],
)
def test_country_of_site__names(site: str, country: str | None) -> None:
    assert country_of_site(site, {"Nashik": "IN"}) == country


def test_complete__unknown_column() -> None:
    with pytest.raises(KeyError, match="sites has no column color"):
        complete("sites", pl.DataFrame({"site_id": ["a"], "color": ["red"]}))


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=30))
def test_rounded_weights__sum_to_one_and_stay_near(parts: list[float]) -> None:
    weights = tuple(part / math.fsum(parts) for part in parts)
    short = rounded_weights(weights)
    assert math.fsum(short) == pytest.approx(1.0, abs=1e-11)
    assert short == pytest.approx(weights, rel=5e-6 * len(parts), abs=1e-11)


def test_rounded_shares__sum_to_one_in_each_group() -> None:
    frame = pl.DataFrame({"g": ["a", "a", "a", "b"], "share": [1 / 3, 1 / 3, 1 / 3, 1.0]})
    short = frame.select(rounded_shares("share", group=("g",)))["share"].to_list()
    assert short == [0.333334, 0.333333, 0.333333, 1.0]


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("gamma(1.23456789, 1000.4444)", "gamma(1.23457, 1000.44)"),
        ("zero_inflated(shift(poisson(3.14159265), 1), 0.33333333)", "zero_inflated(shift(poisson(3.14159), 1), 0.333333)"),
        ("pmf(1.00000001:0.25, 1.00000002:0.25, 3:0.5)", "pmf(1:0.5, 3:0.5)"),
        ("zero_inflated(poisson(3), 0.99999999)", "zero_inflated(poisson(3), 0.99999999)"),
    ],
)
def test_rounded_law__six_digits(text: str, short: str) -> None:
    assert str(rounded_law(parse(text))) == str(parse(short))
