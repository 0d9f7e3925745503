"""The bullwhip of simulated chains against closed forms, and laws that every arm must keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin.errors import InputError, UsageError
from chaintwin.examples import Example, load
from chaintwin.network import Network
from chaintwin.network.network import Quantities
from chaintwin.risk.bullwhip import chain_ratios, moving_average_ratio, proportional_ratios, smoothing_ratio
from chaintwin.risk.bullwhip.simulated import AS_IS, Arm, Study, study_bullwhip
from chaintwin.simulation import compare, simulate, traces
from tests.risk.bullwhip.simulated.chains import MEAN, chain, ratios
from tests.shared_data import cases_of
from tests.sizes import scaled

SURE = 0.9999
"""Level of the intervals that hold closed forms: many are asked, and none may fail by chance."""


def replications() -> int:
    return scaled(ci=96, full=512)


def studied(network: Network, **more: Any) -> Study:
    return study_bullwhip(network, **({"replications": replications(), "confidence": SURE, "seed": 11} | more))


def drp(window: int, *, cover: float) -> dict[str, Any]:
    return {"policy": "drp", "forecast_window": window, "cover_periods": cover, "safety_stock": 3 * MEAN}


@pytest.mark.parametrize("case", cases_of("cases/bullwhip.json", "bw.chain"))
def test_study__chain_that_forecasts_orders_and_the_same_with_shared_demand(case: dict[str, Any]) -> None:
    exposures, window = case["inputs"]["L"], case["inputs"]["p"]
    network = chain(exposures, rule=drp(window, cover=2.0))
    covers = {f"s{number + 1}": float(exposure) for number, exposure in enumerate(exposures)}
    points = network["stock_points"].with_columns(pl.col("site_id").cast(pl.String).replace_strict(covers).alias("cover_periods"))
    found = studied(network.with_table("stock_points", points), arms=[Arm.SHARED])
    for arm, expected in ((AS_IS, case["expected"]["private_exact"]), ("shared demand", case["expected"]["shared"])):
        for row, ratio in zip(ratios(found.ratios, arm=arm), expected, strict=True):
            assert row["variance_ratio_low"] <= ratio <= row["variance_ratio_high"], (arm, row["echelon"])
            assert row["variance_ratio_high"] - row["variance_ratio_low"] < 0.12 * ratio
    assert chain_ratios(exposures, window).shared == pytest.approx(case["expected"]["shared"], rel=1e-9)
    # Against what is asked of it, each stage is one with a moving average of its own where information is private.
    last = found.ratios.filter(level="echelon", arm=AS_IS, flow="orders", bucket="day", against="asked", echelon=1).row(
        0, named=True
    )
    assert last["variance_ratio_low"] <= moving_average_ratio(exposures[0], window) <= last["variance_ratio_high"]
    assert ratios(found.ratios, arm="shared demand")[-1]["difference_high"] < 0


@pytest.mark.parametrize("case", cases_of("cases/bullwhip.json", "bw.exp_smoothing"))
def test_study__exponential_smoothing(case: dict[str, Any]) -> None:
    exposure, weight = case["inputs"]["L"], case["inputs"]["alpha"]
    rule = {"policy": "drp", "forecast_rate": weight, "cover_periods": float(exposure), "safety_stock": 3 * MEAN}
    (row,) = ratios(studied(chain([exposure], rule=rule)).ratios)
    assert row["variance_ratio_low"] <= case["expected"]["ratio"] <= row["variance_ratio_high"]
    assert smoothing_ratio(exposure, weight) == pytest.approx(case["expected"]["ratio"], rel=1e-9)


@pytest.mark.parametrize("case", cases_of("cases/bullwhip.json", "bw.pout"))
def test_study__smoothed_orders(case: dict[str, Any]) -> None:
    time = case["inputs"]["Ti"]
    network = chain([3], rule={"policy": "base_stock", "base_stock": 5 * MEAN})
    for smooth_over in (time, 4.0):
        found = studied(network, arms=[Arm.SMOOTHED], adjustment_time=smooth_over)
        (row,) = ratios(found.ratios, arm="smoothed orders")
        expected = proportional_ratios(3, smooth_over).orders
        assert row["variance_ratio_low"] <= expected <= row["variance_ratio_high"]
        assert row["difference"] == pytest.approx(row["variance_ratio"] - 1, rel=1e-9)
    assert proportional_ratios(3, time).orders == pytest.approx(case["expected"]["order_ratio"], rel=1e-8)


def test_study__arms_pass_on_what_customers_ask_for() -> None:
    network = chain([2, 2, 3], rule=drp(6, cover=2.0), delays=[1, 2, 0])
    found = studied(network, arms=list(Arm), replications=8)
    for row in ratios(found.ratios, arm="vendor managed"):
        assert row["variance_ratio"] == pytest.approx(1, abs=1e-9), "an echelon held at one level orders what customers took"
    fixed = chain([2, 2, 3], rule={"policy": "base_stock", "base_stock": 4 * MEAN}, delays=[1, 2, 0])
    shared = studied(fixed, arms=[Arm.SHARED], replications=8)
    for row in ratios(shared.ratios, arm="shared demand"):
        assert row["variance_ratio"] == pytest.approx(1, abs=1e-9)


def test_study__arms_hold_the_stock_they_found() -> None:
    for rule in (
        {"policy": "base_stock", "base_stock": 6 * MEAN},
        {"policy": "base_stock", "base_stock": 12 * MEAN, "review_period": 7},
        {"policy": "smoothed", "base_stock": 6 * MEAN, "gain_rate": 0.5},
    ):
        network = chain([2, 2], rule=rule, delays=[1, 0], warm_up=140, periods=140)
        found = studied(network, arms=list(Arm), replications=8)
        assert found.comparison is not None
        for arm in found.scenarios:
            row = found.comparison.differences.filter(scenario=arm, figure="on_hand").row(0, named=True)
            assert row["value"] == pytest.approx(row["reference"], rel=0.02), (rule, arm)


def test_study__constant_demand_without_chance_has_no_bullwhip() -> None:
    found = studied(chain([2, 3], rule=drp(4, cover=2.0), demand="50"), arms=list(Arm), replications=3)
    assert not found.is_random
    orders = found.ratios.filter(flow="orders")
    assert orders["variance"].max() == 0
    assert orders["variance_ratio"].null_count() == orders.height


def test_study__steps_without_chance_are_exact() -> None:
    found = study_bullwhip(load(Example.BEER_GAME), replications=5)
    assert (found.ratios["variance_ratio_low"] == found.ratios["variance_ratio_high"]).all()
    orders = [row["variance_ratio"] for row in ratios(found.ratios, bucket="week")]
    assert orders == sorted(orders), "every stage sees the step weeks later, when less of the run is left"


def test_study__an_adjustment_time_of_one_changes_nothing_where_the_rule_is_the_same() -> None:
    network = chain([2, 3], rule={"policy": "smoothed", "base_stock": 4 * MEAN, "forecast_rate": 0.2})
    found = studied(network, arms=[Arm.SMOOTHED], adjustment_time=1.0, replications=4)
    assert found.comparison is not None
    results = found.comparison.results
    for name, values in results[AS_IS].figures.items():
        assert np.array_equal(values, results["smoothed orders"].figures[name], equal_nan=True)
    one, other = (found.ratios.filter(arm=arm)["variance"] for arm in (AS_IS, "smoothed orders"))
    assert one.equals(other)


def test_study__same_seed_same_numbers_whatever_the_threads() -> None:
    network = chain([2, 2], rule=drp(5, cover=2.0))
    one, other, third = (
        study_bullwhip(network, arms=[Arm.VENDOR], replications=70, seed=seed, threads=threads)
        for seed, threads in ((3, 1), (3, 2), (4, 2))
    )
    assert one.ratios.equals(other.ratios)
    assert not one.ratios.equals(third.ratios)


def test_study__arms_never_change_what_customers_ask_for() -> None:
    network = chain([2, 2], rule=drp(5, cover=2.0), delays=[1, 1])
    found = studied(network, arms=list(Arm), replications=4)
    of = found.ratios.filter(against="customers")
    asked = {arm: of.filter(arm=arm)["demand_variance"] for arm in of["arm"].unique().to_list()}
    assert len(asked) == 4
    assert all(values.equals(asked[AS_IS]) for values in asked.values())


def test_study__figures_are_those_of_a_comparison_and_variances_those_of_a_trace() -> None:
    network = chain([2, 3], rule=drp(5, cover=2.0), delays=[1, 0], quantities=Quantities.INTEGER)
    found = studied(network, arms=list(Arm), replications=3)
    assert found.comparison is not None
    compared = compare(network, list(found.scenarios.values()), replications=3, seed=11, confidence=SURE)
    assert found.comparison.differences.equals(compared.differences)
    seen = traces(network, count=3, seed=11)
    warm_up = network.settings.warm_up
    names = seen[0].program.names.activities["activity_id"].to_list()
    for echelon, activity in ((1, "s2>s1/tea"), (2, "buy/s2/tea")):
        for flow, values in (("orders", "ordered"), ("shipments", "started")):
            each = [getattr(one, values)[warm_up:, names.index(activity)] for one in seen]
            for bucket, size, offset in (("day", 1, 0), ("week", 7, found_offset(network))):
                sums = [
                    daily[offset : offset + (daily.size - offset) // size * size].reshape(-1, size).sum(axis=1) for daily in each
                ]
                row = ratios(found.ratios, flow=flow, bucket=bucket)[echelon - 1]
                assert row["variance"] == pytest.approx(np.mean([one.var(ddof=1) for one in sums]), rel=1e-9)
                assert row["mean"] == pytest.approx(np.mean([one.mean() for one in sums]), rel=1e-9)


def found_offset(network: Network) -> int:
    """Return the days before the first Monday that counts."""
    days = pl.date_range(network.settings.start, network.settings.start, eager=True).dt.offset_by(f"{network.settings.warm_up}d")
    return -(int(days.dt.weekday()[0]) - 1) % 7


def test_study__bullwhip_of_stock_points_is_that_of_a_result() -> None:
    network = chain([2, 3], rule=drp(5, cover=2.0))
    found = studied(network, replications=16)
    kept = simulate(network, replications=16, seed=11, bands="all").bullwhip
    mine = found.ratios.filter(level="stock point", bucket="day", flow="orders", against="asked")
    for row in mine.to_dicts():
        other = kept.filter(buffer_id=f"{row['site_id']}/tea")["bullwhip"][0]
        assert row["variance_ratio"] == pytest.approx(other, rel=1e-9)


def test_study__a_season_is_taken_out() -> None:
    # Reviewed once a week a stage orders in bursts, which a cycle of seven days explains but for what customers asked for.
    network = chain([2], rule={"policy": "base_stock", "base_stock": 12 * MEAN, "review_period": 7}, warm_up=42, periods=210)
    raw, adjusted = (ratios(studied(network, cycle=cycle, replications=8).ratios)[0] for cycle in (1, 7))
    assert raw["variance_ratio"] > 1000
    assert adjusted["variance_ratio"] == pytest.approx(1, abs=0.3)
    weeks = [ratios(studied(network, cycle=cycle, replications=8).ratios, bucket="week")[0]["variance"] for cycle in (1, 7)]
    assert weeks[0] == weeks[1], "a week has no weekday"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cycle": 0}, "cycle"),
        ({"confidence": 1.0}, "confidence"),
        ({"periods": 2}, "periods: found 2"),
        ({"arms": [Arm.SMOOTHED], "adjustment_time": 0.9}, "adjustment_time"),
        ({"replications": 9_000_000}, "GiB"),
    ],
)
def test_study__refuses_with_the_cure(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        study_bullwhip(chain([2], rule=drp(5, cover=2.0)), **({"replications": 2} | options))


def test_study__findings_of_all_names_that_are_wrong() -> None:
    with pytest.raises(InputError) as caught:
        study_bullwhip(chain([2], rule=drp(5, cover=2.0)), products=["tee"], sites=["s1", "s9"])
    assert [finding.code for finding in caught.value.findings] == ["bullwhip.product", "bullwhip.site"]
    assert "tea" in caught.value.findings[0].fix
