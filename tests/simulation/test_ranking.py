"""Rankings add up to the figures, and a result of before there were any can still be read."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.simulation import Result, cost_ranking, service_ranking, simulate


@pytest.fixture(scope="module")
def result() -> Result:
    return simulate(load(Example.MEDICINES), periods=40, replications=8, bands=["sto-ug/al"])


def test_cost_ranking__lines_add_up_to_the_ledger(result: Result) -> None:
    lines = dict(cost_ranking(result, by="line").select("line", "amount").iter_rows())
    figures = dict(result.summary.filter(pl.col("figure").str.ends_with("_cost")).select("figure", "mean").iter_rows())
    total = figures.pop("total_cost")
    for name, mean in figures.items():
        assert math.isclose(lines.get(name, 0.0), mean, rel_tol=1e-9, abs_tol=1e-9), name
    assert math.isclose(sum(lines.values()), total, rel_tol=1e-9)


@pytest.mark.parametrize("by", ["entity", "site", "product", "line"])
def test_cost_ranking__is_sorted_and_shares_add_up(result: Result, by: str) -> None:
    found = cost_ranking(result, by=by)  # type: ignore[arg-type]
    assert found["amount"].is_sorted(descending=True)
    assert math.isclose(found["cumulative_share"][-1], 1.0)
    assert math.isclose(found["amount"].sum(), result["total_cost"][0], rel_tol=1e-9)


@pytest.mark.parametrize("by", ["stream", "stock_point", "site", "product"])
def test_service_ranking__adds_up_to_what_the_fill_rate_says(result: Result, by: str) -> None:
    found = service_ranking(result, by=by)  # type: ignore[arg-type]
    assert found["missed"].is_sorted(descending=True)
    assert math.isclose(found["missed"].sum(), result["demand"][0] * (1 - result["fill_rate"][0]), rel_tol=1e-9)
    assert math.isclose(found["cumulative_share"][-1], 1.0)


def test_rankings__refuse_what_cannot_be_told_apart(result: Result) -> None:
    with pytest.raises(UsageError, match="allowed: stream"):
        service_ranking(result, by="country")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="allowed: line"):
        cost_ranking(result, by="country")  # type: ignore[arg-type]


def test_read__gives_bands_back_and_takes_results_without_them(result: Result, tmp_path: Path) -> None:
    result.write(tmp_path / "out")
    back = Result.read(tmp_path / "out")
    assert back.bands.equals(result.bands)
    assert back.bullwhip.equals(result.bullwhip)
    assert back.costs.equals(result.costs)
    assert back.sites.equals(result.sites)
    for name in ("bands", "bullwhip", "costs", "sites"):
        (tmp_path / "out" / f"{name}.parquet").unlink()
    old = Result.read(tmp_path / "out")
    assert old.bands.is_empty()
    assert old.costs.is_empty()


def test_write__an_earlier_result_leaves_no_bands_behind(result: Result, tmp_path: Path) -> None:
    for place in (tmp_path / "out", tmp_path / "out.xlsx"):
        result.write(place)
        replace(result, bands=pl.DataFrame(), bullwhip=pl.DataFrame()).write(place)
    assert Result.read(tmp_path / "out").bands.is_empty()
