"""What is too large, too small or too long is told before it costs memory, and what passes can be simulated."""

from __future__ import annotations

import tracemalloc
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

import chaintwin
from chaintwin.errors import GraphError, Severity
from chaintwin.laws import parse
from chaintwin.network.compiling import compile_graph
from chaintwin.network.doctor import Report, check
from chaintwin.network.doctor.amounts.sizes import PERIOD_BYTES, ROW_BYTES
from chaintwin.network.lowering import lower
from chaintwin.network.lowering.sizes import LIST_VALUES_MAX, list_lengths
from chaintwin.network.network import Period, Quantities, Settings
from chaintwin.network.sizes import LARGEST_DRAW, LEAD_QUANTILE, longest_lead, may_exceed
from chaintwin.network.state import initial_state
from chaintwin.simulation.tape.assembling import assemble
from tests.network.building import network_of
from tests.network.doctor.clean import Tables, clean_tables, report_of, row_of
from tests.network.tables.projects import write_files

ONE_SHOP = {
    "sites.csv": "site_id,kind\nA,supplier\nS,store\n",
    "products.csv": "product_id,value\np,1\n",
    "lanes.csv": "from_site,to_site,lead_time\nA,S,1\n",
    "demand.csv": "site_id,product_id,quantity\nS,p,5\n",
}


def _errors(report: Report) -> list[tuple[str, str, int, str]]:
    return [(f.code, f.file, f.row, f.column) for f in report.findings if f.severity is Severity.ERROR]


def _found(report: Report, code: str) -> list[str]:
    return [str(finding) for finding in report.findings if finding.code == code]


@pytest.mark.parametrize("last", [1_000_000, 150_000_000, 3_000_000_000])
def test_check__series_with_a_far_period(last: int, tmp_path: Path) -> None:
    files = {"demand.csv": "site_id,product_id,series\nS,p,s\n", "series.csv": f"series_id,period,value\ns,0,1\ns,{last},1\n"}
    report = check(write_files(tmp_path, ONE_SHOP | files))
    assert _errors(report) == [("number.range", "series.csv", 3, "period")]
    assert "allowed: 0 to 999,999" in str(report.findings[0])


@pytest.mark.parametrize(
    ("file", "content", "code", "column"),
    [
        ("lanes.csv", "from_site,to_site,lead_time,information_delay\nA,S,1,3000000000\n", "number.range", "information_delay"),
        ("lanes.csv", "from_site,to_site,lead_time\nA,S,1000000000\n", "number.range", "lead_time"),
        ("lanes.csv", 'from_site,to_site,lead_time\nA,S,"lognormal(1,5)"\n', "law.range", "lead_time"),
        ("lanes.csv", 'from_site,to_site,lead_time\nA,S,"lognormal(1,3)"\n', "wait.long", "lead_time"),
        ("sources.csv", 'site_id,product_id,kind,lead_time\nS,p,buy,"lognormal(1,3)"\n', "wait.long", "lead_time"),
        ("stock_points.csv", "site_id,product_id,review_period\nS,p,5000000000\n", "number.range", "review_period"),
        ("stock_points.csv", "site_id,product_id,initial_stock\nS,p,1e17\n", "number.overflow", "initial_stock"),
        ("bom.csv", "product_id,other_product_id,quantity\np,p,1e300\n", "number.overflow", "quantity"),
        ("products.csv", "product_id,value\np,1e308\n", "number.overflow", "value"),
        ("lanes.csv", "from_site,to_site,lead_time,variable_cost\nA,S,1,-1e300\n", "number.range", "variable_cost"),
        ("products.csv", "product_id,value\np,1e-400\n", "number.underflow", "value"),
        ("demand.csv", "site_id,product_id,quantity\nS,p,1e-400\n", "number.underflow", "quantity"),
        ("products.csv", "product_id,shelf_life\np,1e-400\n", "number.range", "shelf_life"),
    ],
)
def test_check__number_out_of_bounds_names_its_row(file: str, content: str, code: str, column: str, tmp_path: Path) -> None:
    assert (code, file, 2, column) in _errors(check(write_files(tmp_path, ONE_SHOP | {file: content})))


def test_check__says_how_long_the_tail_of_a_lead_time_is() -> None:
    tables = clean_tables()
    row_of(tables, "lanes", "L3")["lead_time"] = "lognormal(1, 3)"
    (text,) = _found(report_of(tables), "wait.long")
    longest = round(parse("lognormal(1, 3)").quantile(LEAD_QUANTILE))
    assert text.startswith(f"lanes:4 lead_time: found lognormal(1, 3), of which 1 in 100,000 takes {longest:,} periods or more")
    row_of(tables, "lanes", "L3")["lead_time"] = "truncated(lognormal(1, 3), 0, 100000)"
    assert _found(report_of(tables), "wait.long") == []


def test_check__counts_trends_and_dated_calendars_over_the_horizon() -> None:
    settings = Settings(horizon=1_000_000)
    tables = clean_tables()
    tables["demand"] += [
        {"stream_id": f"T{n}", "site_id": "shop", "product_id": "lamp", "quantity": "1", "trend_rate": 0.1} for n in range(49)
    ]
    tables["calendars"].append({"calendar_id": "week", "date": date(2026, 5, 1)})
    lengths = list_lengths(network_of(tables, settings))
    assert lengths.filter(pl.col("table") == "demand")["values"].to_list() == [1] + [1_000_000] * 49
    assert lengths.filter(pl.col("table") == "resources").rows() == [("resources", 1, "furnace two", 1_000_000)]
    assert lengths["values"].sum() == LIST_VALUES_MAX + 1
    (text,) = _found(report_of(tables, settings), "series.long")
    assert text.startswith("demand:3 stream_id: found T0 with 1,000,000 of 50,000,001 values")
    with pytest.raises(GraphError, match="50,000,001 values"):
        lower(network_of(tables, settings))


def test_lower__counts_trends_over_the_periods_that_are_asked_for() -> None:
    tables = clean_tables()
    row_of(tables, "demand", "D")["trend_rate"] = 0.1
    network = network_of(tables)
    assert check(network).ok
    with pytest.raises(
        GraphError, match=f"found {LIST_VALUES_MAX + 1:,} values .* {LIST_VALUES_MAX + 1:,} of them for D in demand"
    ):
        lower(network, periods=LIST_VALUES_MAX + 1)


def test_check__counts_dated_prices_over_the_horizon() -> None:
    settings = Settings(horizon=1_000_000)
    tables = clean_tables()
    tables["sources"] += [{"site_id": f"S{n}", "product_id": "lamp", "kind": "buy"} for n in range(50)]
    tables["exchange_rates"] = [{"currency": "EUR", "rate": 1.1, "valid_from": date(2026, 2, 1)}]
    tables["prices"] = [
        {"product_id": "lamp", "price": 5.0, "valid_from": settings.start},
        {"product_id": "glass", "price": 5.0, "currency": "EUR"},
    ]
    prices = list_lengths(network_of(tables, settings)).filter(pl.col("table") == "prices")
    assert prices.select("place", "name", "values").rows() == [(1, "glass", 2_000_000)]
    tables["prices"].append({"product_id": "lamp", "price": 6.0, "valid_from": date(2026, 3, 1)})
    prices = list_lengths(network_of(tables, settings)).filter(pl.col("table") == "prices")
    assert sorted(prices.select("place", "name", "values").rows()) == [(1, "glass", 2_000_000), (2, "lamp", 50_000_000)]
    (text,) = _found(report_of(tables, settings), "series.long")
    assert text.startswith("prices:4 valid_from: found lamp with 50,000,000 of ")
    with pytest.raises(GraphError, match="50,000,000 of them for lamp in prices"):
        lower(network_of(tables, settings))


def test_lower__only_what_is_bought_has_lists_of_dated_prices() -> None:
    """What moves a product with dated prices made lists too, which nobody used and the limit did not count."""
    shops, periods = 50, 3650
    tables = {
        "sites": [{"site_id": "W", "kind": "warehouse"}, *({"site_id": f"R{n}", "kind": "store"} for n in range(shops))],
        "products": [{"product_id": "A", "value": 2.0}],
        "lanes": [{"lane_id": f"L{n}", "from_site": "W", "to_site": f"R{n}", "lead_time": "1"} for n in range(shops)],
        "sources": [{"site_id": "W", "product_id": "A", "kind": "buy"}],
        "demand": [{"stream_id": f"D{n}", "site_id": f"R{n}", "product_id": "A", "quantity": "1"} for n in range(shops)],
        "prices": [{"product_id": "A", "price": 2.0}, {"product_id": "A", "price": 3.0, "valid_from": date(2026, 3, 1)}],
    }
    network = network_of(tables, Settings(start=date(2026, 1, 1), horizon=periods))
    lower(network, periods=60)
    tracemalloc.start()
    try:
        graph = lower(network, periods=periods)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert graph.activities["cost_series"].drop_nulls().list.len().to_list() == [periods]
    # A list holds eight bytes a value at least, those of its numbers not counted.
    assert peak < 8 * shops * periods


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"lead_time": "100001"}, "100,001 periods of longest lead time"),
        ({"lead_time": "lognormal(1, 3)"}, "979,377 periods of longest lead time"),
        ({"information_delay": 100_001}, "100,001 periods of information delay"),
        ({"variable_cost": 1e16}, "variable_cost: found 1e"),
    ],
)
def test_compile_graph__refuses_what_the_doctor_refuses(cells: dict[str, object], what: str) -> None:
    tables = clean_tables()
    row_of(tables, "lanes", "L3").update(cells)
    network = network_of(tables)
    assert not check(network).ok
    with pytest.raises(GraphError, match=what):
        network.compile()


def _many(count: int, lead: str) -> Tables:
    tables = clean_tables()
    row_of(tables, "lanes", "L5")["lead_time"] = lead
    for number in range(count):
        tables["products"].append({"product_id": f"P{number}", "value": 1.0})
        tables["demand"].append({"site_id": "shop", "product_id": f"P{number}", "quantity": "1"})
    return tables


def test_check__names_the_lane_that_takes_most_places() -> None:
    tables = _many(210, "uniform(1, 99000)")
    (text,) = _found(report_of(tables), "wait.total")
    assert text.startswith("lanes:6 lead_time: found 20,8")
    assert "of them for 211 sources of L5" in text
    with pytest.raises(GraphError, match=r"20,8.* periods of longest lead times"):
        network_of(tables).compile()


def test_check__estimates_memory_by_the_rows_of_the_engine() -> None:
    network = network_of(_many(70, "uniform(1, 99000)"), Settings(horizon=28))
    program = compile_graph(lower(network))
    rows = assemble(program, initial_state(program)).rows.count
    size = rows * ROW_BYTES + 28 * PERIOD_BYTES
    (text,) = _found(check(network), "memory.large")
    assert f"about {size / 1024**3:.1f} GiB for one thread, 100% of it for goods and orders on their way" in text


def test_check__quantities_that_multiply_along_a_chain(recwarn: pytest.WarningsRecorder) -> None:
    tables = clean_tables()
    names = ["lamp", *(f"part {number:02}" for number in range(30))]
    tables["products"] += [{"product_id": name, "value": 1.0} for name in names[1:]]
    tables["bom"] = [{"product_id": one, "other_product_id": other, "quantity": 1e14} for one, other in pairwise(names)]
    report = report_of(tables)
    assert "a period: inf" in _found(report, "quantity.large")[0]
    assert not report.ok
    assert list(recwarn) == []


def test_check__yield_of_almost_nothing() -> None:
    tables = clean_tables()
    row_of(tables, "sources", "north")["yield_rate"] = 1e-300
    assert any("orders" in text for text in _found(report_of(tables), "quantity.large"))
    with pytest.raises(GraphError, match="orders for one good unit"):
        network_of(tables).compile()


def test_check__law_whose_draws_are_too_large() -> None:
    tables = clean_tables()
    row_of(tables, "demand", "D")["quantity"] = "lognormal(0, 8)"
    assert any(text.startswith("found lognormal(0, 8) draws: 1.05e+22") for text in _found(report_of(tables), "quantity.large"))


@pytest.mark.parametrize("quantities", list(Quantities))
def test_check__what_passes_near_the_limits_can_be_simulated(quantities: Quantities) -> None:
    tables: Tables = {
        "sites": [{"site_id": "S", "kind": "store"}],
        "products": [{"product_id": "p", "value": 1e6}],
        "demand": [{"site_id": "S", "product_id": "p", "quantity": "uniform_int(0, 1000000000000)"}],
        "stock_points": [{"site_id": "S", "product_id": "p", "initial_stock": 1e15, "base_stock": 1e15}],
        "sources": [{"site_id": "S", "product_id": "p", "kind": "buy", "lead_time": "uniform_int(1, 9)"}],
    }
    network = network_of(tables, Settings(horizon=50, quantities=quantities))
    assert check(network).ok
    result = chaintwin.simulate(network, replications=8)
    assert result["fill_rate"][0] == 1.0
    assert result["total_cost"][0] < 1e30


def test_check__whole_units_whose_sum_is_not_exact() -> None:
    tables = clean_tables()
    row_of(tables, "demand", "D")["quantity"] = "1e11"
    for horizon, is_exact in ((28, True), (1_000_000, False)):
        report = report_of(tables, Settings(horizon=horizon, quantities=Quantities.INTEGER))
        assert (_found(report, "quantity.exact") == []) is is_exact
        assert _found(report_of(tables, Settings(horizon=horizon)), "quantity.exact") == []


def test_check__quantities_below_the_noise() -> None:
    tables = clean_tables()
    row_of(tables, "stock_points", "depot").update({"policy": "R_nQ", "reorder_point": 1e12, "order_quantity": 100.0})
    (text,) = _found(report_of(tables), "quantity.tiny")
    assert text.startswith("found depot/lamp upper level or lot: 100.0, noise 1000.0")


def test_check__stock_that_opens_a_day_late_loses_demand() -> None:
    tables = clean_tables()
    tables["sites"].append({"site_id": "kiosk", "kind": "store", "country": "BE", "valid_from": date(2026, 1, 2)})
    tables["demand"].append({"stream_id": "K", "site_id": "kiosk", "product_id": "lamp", "quantity": "90", "price": 30.0})
    (text,) = _found(report_of(tables), "demand.not_in_force")
    assert text.startswith(
        "demand:3 stream_id: found K with a mean of 90.0 of all 100 units a period, left out because site kiosk is not in force"
    )


def test_check__demand_that_begins_later_or_is_continued() -> None:
    tables = clean_tables()
    stream = {"site_id": "shop", "product_id": "lamp", "quantity": "6", "price": 30.0}
    row_of(tables, "demand", "D")["valid_to"] = date(2026, 1, 10)
    tables["demand"] += [
        stream | {"stream_id": "D", "valid_from": date(2026, 1, 11)},
        stream | {"stream_id": "later", "valid_from": date(2026, 1, 11)},
        stream | {"stream_id": "far", "valid_from": date(2027, 1, 1)},
        stream | {"stream_id": "past", "valid_to": date(2025, 1, 1)},
    ]
    (text,) = _found(report_of(tables), "demand.not_in_force")
    assert "found later with a mean of 6.0 of all 16 units a period, left out because it begins on 2026-01-11" in text


def test_check__capacity_of_a_resource_cannot_be_left_blank() -> None:
    tables = clean_tables()
    row_of(tables, "resources", "furnace one")["capacity"] = 0.0
    (text,) = _found(report_of(tables), "capacity.zero")
    assert text.endswith("fix: remove the resource if it is unlimited")


def test_check__dated_calendar_beyond_the_last_year() -> None:
    tables = clean_tables()
    tables["calendars"].append({"calendar_id": "week", "date": date(2026, 12, 25)})
    report = report_of(tables, Settings(horizon=1_000_000, period=Period.WEEK))
    assert report.ok


@pytest.mark.parametrize("text", ["lognormal(1, 3)", "normal(5, 2)", "poisson(30)", "empirical(1, 2, 90)", "gamma(0.1, 50)", "7"])
@pytest.mark.parametrize("share", [LEAD_QUANTILE, LARGEST_DRAW])
def test_may_exceed__is_never_wrong_about_no(text: str, share: float) -> None:
    law = parse(text)
    most = law.quantile(share)
    assert may_exceed(law, most * (1 - 1e-12), share=share)
    assert not may_exceed(law, law.mean + law.sd * 1e6, share=share)
    assert longest_lead(law) == max(0, int(law.quantile(LEAD_QUANTILE) + 0.5))
