"""Cells that are likely typing errors: years, lead times, quantities and prices far from all others."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import Finding, Severity
from chaintwin.ingest import ImportResult, import_log
from chaintwin.ingest.shipment_log.transactions.outliers import is_far_above
from chaintwin.laws import parse_many
from tests.ingest.logs import imported, write_log

DAY = date(2024, 1, 1)


def dated(number: int, *, lead: int = 5, quantity: float = 10, value: float = 100, **days: str) -> str:
    """Return a line of a plain log; ``ordered`` and ``arrived`` replace its days."""
    ordered = DAY + timedelta(days=number)
    arrived = days.get("arrived", str(ordered + timedelta(days=lead + number % 3)))
    return f"T{number},Linz,Wien,bolt,{quantity:g},{days.get('ordered', ordered)},{arrived},{value:g}"


def plain(folder: Path, odd: dict[int, str], count: int = 60) -> ImportResult:
    header = "Shipment No,Shipped From,Delivered To,Part,Pieces,Order Date,Delivery Date,Goods Value EUR"
    lines = [odd.get(number, dated(number)) for number in range(count)]
    return import_log(write_log(folder, "\n".join([header, *lines]) + "\n"))


def found(result: ImportResult, code: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.code == code]


def test_import_log__an_arrival_years_away_sets_neither_lead_time_nor_end(tmp_path: Path) -> None:
    odd = {30: dated(30, arrived="2034-02-05")}
    result = plain(tmp_path, odd)
    (finding,) = found(result, "log.date_far")
    assert (finding.row, finding.column, finding.count, finding.severity) == (32, "Delivery Date", 1, Severity.WARNING)
    assert "2034-02-05" in finding.found
    assert result.report.as_of == "2024-03-07"
    assert result.lane_fits["mean"][0] == pytest.approx(6, abs=0.1)
    assert result.report.steps["lines"]["used"] == 60
    assert result.report.steps["lines"]["open"] == 0
    assert result.lane_fits["n"][0] == 59


@pytest.mark.parametrize(
    "days", [{"ordered": "2014-01-31"}, {"ordered": "2042-01-31"}, {"ordered": "2014-01-31", "arrived": "2014-02-05"}]
)
def test_import_log__orders_years_away_do_not_stretch_demand(days: dict[str, str], tmp_path: Path) -> None:
    result = plain(tmp_path, {30: dated(30, **days)})
    assert found(result, "log.date_far")[0].row == 32
    assert result.report.as_of == "2024-03-07"
    (law,) = parse_many(result.network["demand"]["quantity"].to_list())
    assert law.mean > 8


def test_import_log__another_time_is_no_typing_error(tmp_path: Path) -> None:
    old = {number: dated(number, ordered=f"2014-01-{number + 1:02d}", arrived=f"2014-01-{number + 6:02d}") for number in range(6)}
    assert not found(plain(tmp_path, old), "log.date_far")


def test_import_log__a_lead_time_of_a_year_more_than_others(tmp_path: Path) -> None:
    odd = {20: dated(20, lead=370), 40: dated(40, lead=90)}
    result = plain(tmp_path, odd)
    (finding,) = found(result, "log.lead_time_far")
    assert (finding.row, finding.count, finding.severity) == (22, 2, Severity.WARNING)
    assert "rows 22, 42" in finding.found
    # The wrong year is left out, what may have been so late stays.
    assert result.report.steps["lead_times"]["far"] == 1
    assert result.lane_fits["n"][0] == 59


def test_import_log__quantities_and_values_far_above_the_others_of_the_product(tmp_path: Path) -> None:
    odd = {
        10: dated(10, quantity=1_000_000, value=10_000_000),
        20: dated(20, value=100_000),
        30: dated(30, quantity=50, value=500),
    }
    result = plain(tmp_path, odd)
    (quantity,) = found(result, "log.quantity_far")
    assert (quantity.row, quantity.column, quantity.count) == (12, "Pieces", 1)
    assert "1,000,000 for bolt, whose median is 10" in quantity.found
    (value,) = found(result, "log.unit_value_far")
    assert (value.row, value.column, value.count) == (22, "Goods Value EUR", 1)
    assert {finding.severity for finding in (quantity, value)} == {Severity.WARNING}
    assert result.report.steps["lines"]["used"] == 60


@given(st.integers(10, 40), st.floats(0.5, 3))
def test_is_far_above__the_spread_of_a_product_is_not_far(count: int, spread: float) -> None:
    frame = pl.DataFrame({"x": np.exp(np.linspace(-2, 2, count) * spread), "of": "bolt"})
    assert not frame.select(is_far_above("x", ["of"])).to_series().any()
    few = pl.DataFrame({"x": [1.0] * 8 + [1e9], "of": "bolt"})
    assert not few.select(is_far_above("x", ["of"])).to_series().any()


def test_import_log__the_spread_of_the_medicine_history_is_not_far() -> None:
    result = imported("scms")
    far = {code: sum(finding.count for finding in found(result, f"log.{code}_far")) for code in ("date", "lead_time", "quantity")}
    assert far == {"date": 0, "lead_time": 0, "quantity": 0}
    # Lancets at 5 USD each among 58 at 0.01 USD: a pack taken for a piece.
    (finding,) = found(result, "log.unit_value_far")
    assert finding.count == 6
