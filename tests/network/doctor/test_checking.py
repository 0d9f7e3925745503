"""What the report says, in words and numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as tried

from chaintwin.errors import GraphError, Severity
from chaintwin.network.compiling import compile_graph
from chaintwin.network.doctor import CODES, Report, check
from chaintwin.network.doctor.marks import MOST
from chaintwin.network.lowering import lower
from chaintwin.network.network import Network, Settings
from chaintwin.network.tables.writing import Layout, write
from tests.network.building import network_of
from tests.network.doctor.clean import SETTINGS, Tables, clean_tables, report_of, row_of
from tests.network.doctor.test_findings import PLANTED
from tests.network.random_networks import networks
from tests.sizes import scaled


def _only(report: Report, code: str) -> str:
    found = [str(finding) for finding in report.findings if finding.code == code]
    assert len(found) == 1, found
    return found[0]


def _cost_of(tables: Tables, settings: Settings, lane: str) -> float:
    costs = lower(network_of(tables, settings)).activities
    (cost,) = costs.filter(pl.col("activity_id").str.contains(lane, literal=True))["variable_cost"]
    return float(cost)


def _planted(code: str) -> Report:
    tables = clean_tables()
    return report_of(tables, PLANTED[code](tables) or SETTINGS)


def test_check__names_loop_of_orders_in_full() -> None:
    report = _planted("loop.information")
    assert "kiosk/lamp > shop/lamp > kiosk/lamp" in _only(report, "loop.information")
    assert not report.ok


def test_check__delay_breaks_loop_of_orders() -> None:
    assert "loop.information" not in {finding.code for finding in _planted("loop.material").findings}


def test_check__says_why_nothing_reaches_a_closed_loop() -> None:
    texts = [str(finding) for finding in _planted("loop.material").findings if finding.code == "demand.unreachable"]
    assert len(texts) == 2
    assert all("only fill each other" in text for text in texts)


def test_check__says_that_no_lane_leads_to_a_shop() -> None:
    assert "demand:3 stream_id: found K: no lane leads to kiosk" in _only(_planted("demand.unreachable"), "demand.unreachable")


def test_check__says_which_capacity_of_zero_cuts_demand_off() -> None:
    tables = clean_tables()
    row_of(tables, "lanes", "L5")["capacity"] = 0.0
    assert "D: L5/lamp has no capacity" in _only(report_of(tables), "demand.unreachable")


def test_check__gives_need_and_capacity() -> None:
    text = _only(_planted("capacity.short"), "capacity.short")
    assert text.startswith("lanes:6 capacity: found lane/L5: need 10, capacity 8 a period (125%), for lamp")


def test_check__ranks_single_sources_by_demand() -> None:
    tables = clean_tables()
    tables["products"] += [{"product_id": "small", "value": 1.0}, {"product_id": "large", "value": 1.0}]
    for name, quantity in (("small", "100"), ("large", "300")):
        tables["demand"].append({"stream_id": name, "site_id": "south", "product_id": name, "quantity": quantity})
    found = [finding.found for finding in report_of(tables).findings if finding.code == "supply.single"]
    assert [text.split(" ", 1)[0] for text in found] == ["large", "small"]
    assert "42.9 %" in found[0]


def test_check__folds_many_rows_into_the_last_finding() -> None:
    tables = clean_tables()
    tables["demand"] += [{"stream_id": f"E{n}", "site_id": "shop", "product_id": "lamp"} for n in range(25)]
    found = [finding for finding in report_of(tables).findings if finding.code == "demand.nothing"]
    assert len(found) == MOST
    assert sum(finding.count for finding in found) == 25
    assert [finding.row for finding in found] == list(range(3, 3 + MOST))


def test_check__errors_come_first() -> None:
    tables = clean_tables()
    for code in ("demand.nothing", "place.country", "validity.not_in_force"):
        PLANTED[code](tables)
    order = [finding.severity for finding in report_of(tables).findings]
    assert order == [Severity.ERROR, Severity.WARNING, Severity.NOTE]


def test_check__does_not_lower_what_has_errors() -> None:
    summary = _planted("demand.nothing").summary
    assert summary is not None
    assert (summary.stock_points, summary.streams) == (0, 0)


def test_check__summarizes_the_network() -> None:
    summary = report_of(clean_tables()).summary
    assert summary is not None
    assert summary.sites == {"plant": 2, "supplier": 2, "store": 1, "warehouse": 1}
    assert summary.lanes == {"road": 5}
    assert (summary.products, summary.streams, summary.stock_points, summary.sources) == (2, 1, 8, 9)
    assert (summary.demand, summary.demand_value) == (10.0, 300.0)


def test_check__dangling_and_doubled_rows_in_memory() -> None:
    tables = clean_tables()
    tables["lanes"].append({"lane_id": "L1", "from_site": "nowhere", "to_site": "depot"})
    tables["demand"].append({"site_id": "shop", "product_id": "lamp", "quantity": "pois(3)"})
    codes = [finding.code for finding in report_of(tables).findings if finding.severity is Severity.ERROR]
    assert "key.duplicate" in codes
    assert "reference.unknown" in codes
    assert any("law" in code for code in codes)


def test_check__freight_in_dollars_needs_a_rate() -> None:
    tables = clean_tables()
    row_of(tables, "lanes", "L5")["variable_cost"] = None
    assert report_of(tables).findings == ()
    euros = replace(SETTINGS, currency="EUR")
    assert "no rate of USD" in _only(report_of(tables, euros), "currency.no_rate")
    # Without a rate the freight is left out; taken one to one it would be wrong by the rate.
    dollars = _cost_of(tables, SETTINGS, "L5")
    assert dollars > 0
    assert _cost_of(tables, euros, "L5") == 0.0
    tables["exchange_rates"] = [{"currency": "USD", "rate": 0.9}]
    assert report_of(tables, euros).findings == ()
    assert _cost_of(tables, euros, "L5") == pytest.approx(0.9 * dollars)


def test_check__counts_rows_as_the_spreadsheet_does(tmp_path: Path) -> None:
    write(network_of(clean_tables(), SETTINGS), tmp_path / "project", layout=Layout.CSV)
    file = tmp_path / "project" / "sites.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    width = lines[0].count(",")
    lines[3:3] = ["," * width, "," * width]
    file.write_text("\n".join(lines).replace("Europe/Brussels", "Europe/Nowhere") + "\n", encoding="utf-8")
    (finding,) = [one for one in check(tmp_path / "project").findings if one.code == "place.time_zone"]
    assert (finding.file, finding.row) == ("sites.csv", 9)


def test_to_dict__can_be_written_as_json() -> None:
    report = _planted("capacity.short")
    read_back = json.loads(json.dumps(report.to_dict()))
    assert read_back["ok"] is True
    assert read_back["counts"]["warning"] == report.counts[Severity.WARNING] == len(report.of(Severity.WARNING))
    assert read_back["findings"][0]["code"] in CODES


def test_check__missing_folder_is_a_finding(tmp_path: Path) -> None:
    report = check(tmp_path / "nothing here")
    assert not report.ok


@given(networks())
@tried(max_examples=scaled(ci=25, full=300), deadline=None)
def test_check__finds_exactly_the_loops_that_compiling_refuses(tables: Tables) -> None:
    network = network_of(tables)
    codes = {finding.code for finding in check(network).findings}
    if codes & {"key.duplicate", "source.no_lane", "id.ambiguous", "demand.none"}:
        return
    if codes & {"loop.information", "loop.material"}:
        with pytest.raises(GraphError):
            compile_graph(lower(network))
    else:
        compile_graph(lower(network))


def test_check__empty_network_raises_nothing() -> None:
    tables: Tables = {}
    network: Network = network_of(tables)
    assert check(network).summary is not None


def test_check__a_refused_law_is_one_fault(tmp_path: Path) -> None:
    tables = clean_tables()
    tables["demand"].append({**row_of(tables, "demand", "D"), "stream_id": "E", "quantity": "poisson(4)"})
    tables["demand"].append({**row_of(tables, "demand", "D"), "stream_id": "F", "quantity": None})
    write(network_of(tables, SETTINGS), tmp_path / "shop", layout=Layout.CSV)
    file = tmp_path / "shop" / "demand.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("poisson(4)", "poison(4)"), encoding="utf-8")
    report = check(tmp_path / "shop")
    errors = [(finding.code, finding.row) for finding in report.of(Severity.ERROR)]
    # Row 3 is only what it is: no law. Row 4, which says nothing, is still reported.
    assert errors == [("law.invalid", 3), ("demand.nothing", 4)]


def test_check__without_any_bill_made_products_are_one_note() -> None:
    tables = clean_tables()
    tables["bom"] = []
    for source in tables["sources"]:
        source["kind"] = "make"
    report = report_of(tables)
    assert "products made without inputs: 1, at 2 sites" in _only(report, "source.no_bills")
    assert report.counts[Severity.WARNING] == 0


def test_check__value_stands_in_only_where_nothing_is_given() -> None:
    tables = clean_tables()
    row_of(tables, "products", "glass")["value"] = None
    text = _only(report_of(tables), "value.missing")
    assert "nothing for glass; 1 USD a unit stands in for purchase costs, holding costs;" in text
    for source in tables["sources"]:
        source["cost"] = 1.0
    assert "stands in for holding costs;" in _only(report_of(tables), "value.missing")
    for site in tables["sites"]:
        site["holding_cost_rate"] = 0.0
    assert report_of(tables).findings == ()


def test_check__a_blank_value_counts_as_one() -> None:
    tables = clean_tables()
    given = lower(network_of(tables, SETTINGS)).activities["variable_cost"].to_list()
    row_of(tables, "products", "glass")["value"] = None
    assert lower(network_of(tables, SETTINGS)).activities["variable_cost"].to_list() == given


def test_check__several_products_without_value_are_one_finding() -> None:
    tables = clean_tables()
    for name in ("a, b", "c", "d", "e"):
        tables["products"].append({"product_id": name})
        tables["demand"].append({"stream_id": name, "site_id": "shop", "product_id": name, "quantity": "1"})
    text = _only(report_of(tables), "value.missing")
    assert "nothing for a, b; c; d and 1 more; 1 USD a unit stands in for purchase costs, holding costs, prices;" in text


def test_check__given_levels_are_no_proposals() -> None:
    tables = clean_tables()
    row_of(tables, "demand", "D")["quantity"] = "gamma(mean=10, cv=60)"
    text = _only(report_of(tables), "stock.years")
    assert "8 of 8 proposed levels" in text
    assert "95 % of it are to be served at once" in text
    points = [("depot", "lamp"), ("shop", "lamp"), ("plant one", "lamp"), ("plant two", "lamp")]
    points += [("plant one", "glass"), ("plant two", "glass"), ("north", "glass"), ("south", "glass")]
    tables["stock_points"] = [{"site_id": site, "product_id": product, "base_stock": 900.0} for site, product in points]
    assert not [finding for finding in report_of(tables).findings if finding.code.startswith("stock.")]


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        (
            "stock_points.csv",
            "policy,base_stock\ndepot,lamp,base_stock,50",
            "policy,reorder_point\ndepot,lamp,min/max,50",
            "choice.wrong",
        ),
        ("demand.csv", ",30.0", ",30 €", "number.currency"),
        ("demand.csv", ",30.0", "", "row.ragged"),
        ("sites.csv", ",4.35,", ",4°,", "number.unit"),
        ("sources.csv", "north,glass,buy", "north,glass,bake", "choice.wrong"),
    ],
)
def test_check__a_refused_cell_has_no_echo(file: str, old: str, new: str, code: str, tmp_path: Path) -> None:
    tables = clean_tables()
    row_of(tables, "stock_points", "depot").update(policy="base_stock", base_stock=50.0, initial_stock=None)
    write(network_of(tables, SETTINGS), tmp_path / "shop", layout=Layout.CSV)
    (tmp_path / "shop" / "stock_points.csv").write_text("site_id,product_id,policy,base_stock\ndepot,lamp,base_stock,50\n")
    path = tmp_path / "shop" / file
    text = path.read_text(encoding="utf-8")
    assert old in text, text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert {finding.code for finding in check(tmp_path / "shop").findings} == {code}


def test_check__an_echo_is_dropped_without_the_rows_beside_it(tmp_path: Path) -> None:
    tables = clean_tables()
    tables["demand"].append({**row_of(tables, "demand", "D"), "stream_id": "E", "price": None})
    write(network_of(tables, SETTINGS), tmp_path / "shop", layout=Layout.CSV)
    path = tmp_path / "shop" / "demand.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",30.0", ",30 €"), encoding="utf-8")
    told = [(finding.code, finding.row, finding.count) for finding in check(tmp_path / "shop").findings]
    assert told == [("number.currency", 2, 1), ("price.missing", 3, 1)]


@pytest.mark.parametrize("content", [None, "", "site_id,product_id,quantity\nshop,lamp\n"])
def test_check__a_table_of_demand_that_is_refused_is_not_called_empty(content: str | None, tmp_path: Path) -> None:
    write(network_of(clean_tables(), SETTINGS), tmp_path / "shop", layout=Layout.CSV)
    path = tmp_path / "shop" / "demand.csv"
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    report = check(tmp_path / "shop")
    assert not report.ok
    assert "demand.none" not in {finding.code for finding in report.findings}
