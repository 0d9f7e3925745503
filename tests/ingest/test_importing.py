from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from chaintwin.errors import InputError, Severity
from chaintwin.ingest import ImportResult, find_mapping, import_log, parse_mapping, shipped_mapping
from chaintwin.ingest.shipment_log.building.lead_times import FIT_SCHEMA
from chaintwin.laws import parse_many
from chaintwin.network.doctor import check
from chaintwin.network.network import Period
from chaintwin.network.tables.reading import read
from chaintwin.network.tables.writing import write
from tests.ingest.logs import ENGLISH_LOG, GERMAN_LOG, expected_figures, imported, lookup, same_at_printed_precision, write_log
from tests.shared_data import shared_path

WORKED = ("scms", "supplygraph")


def codes(result: ImportResult) -> set[str]:
    return {finding.code for finding in result.findings}


@pytest.mark.parametrize(("keys", "expected"), expected_figures("scms", ("facts",)))
def test_import_log__scms_figures(keys: tuple[str, ...], expected: object) -> None:
    assert same_at_printed_precision(lookup(imported("scms").report.facts, keys[1:]), expected)


@pytest.mark.parametrize(("keys", "expected"), expected_figures("supplygraph", ("network", "series", "identities")))
def test_import_log__supplygraph_figures(keys: tuple[str, ...], expected: object) -> None:
    assert same_at_printed_precision(lookup(imported("supplygraph").report.facts, keys), expected)


def test_import_log__scms_reports_nothing_more_than_the_top() -> None:
    facts = imported("scms").report.facts
    expected = json.loads(shared_path("scms/expected.json").read_text(encoding="utf-8"))["facts"]
    for name in ("top_countries_by_value", "top_sites_by_value", "monthly_value", "by_mode", "by_fulfilment"):
        assert set(facts[name]) == set(expected[name])


@pytest.mark.parametrize("name", WORKED)
def test_import_log__result_passes_the_doctor(name: str) -> None:
    report = check(imported(name).network)
    assert not [str(finding) for finding in report.findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize("name", WORKED)
def test_import_log__result_simulates(name: str) -> None:
    from chaintwin.simulation import simulate

    result = simulate(imported(name).network, periods=26, warm_up=4, replications=4)
    fill_rate = result.summary.filter(pl.col("figure") == "fill_rate")["mean"][0]
    assert 0.5 < fill_rate <= 1


@pytest.mark.parametrize("name", WORKED)
def test_import_log__result_survives_writing(name: str, tmp_path: Path) -> None:
    network = imported(name).network
    write(network, tmp_path / "project")
    again = read(tmp_path / "project")
    assert again.settings == network.settings
    for table, frame in network.tables.items():
        assert again[table].equals(frame), table


@pytest.mark.parametrize("name", WORKED)
def test_import_log__shares_sum_to_one(name: str) -> None:
    shares = imported(name).network["sources"].group_by("site_id", "product_id").agg(pl.col("share").sum())
    assert (shares["share"] - 1).abs().max() < 1e-9


@pytest.mark.parametrize("name", WORKED)
def test_import_log__every_lane_has_a_fit(name: str) -> None:
    result = imported(name)
    assert result.lane_fits.schema == FIT_SCHEMA
    assert result.lane_fits["lane"].sort().equals(result.network["lanes"]["lane_id"].sort().alias("lane"))


def test_import_log__scms_demand_is_what_the_log_shows() -> None:
    result = imported("scms")
    assert result.network.settings.period is Period.WEEK
    demand = result.network["demand"]
    mean = sum(law.mean for law in parse_many(demand["quantity"].to_list()))
    days = (
        date.fromisoformat(result.report.facts["scheduled_max"]) - date.fromisoformat(result.report.facts["scheduled_min"])
    ).days
    assert result.report.facts["total_quantity"] / (days / 7 + 2) < mean <= result.report.facts["total_quantity"] / (days / 7)


def test_import_log__scms_gives_every_site_vendor_and_item() -> None:
    result = imported("scms")
    facts, network = result.report.facts, result.network
    kinds = dict(network["sites"].group_by("kind").len().iter_rows())
    assert kinds["customer"] == facts["countries"]
    assert kinds["hub"] == 1
    assert network["products"].height == facts["items"]
    assert network["partners"].height == facts["vendors"]


def test_import_log__scms_shares_every_total_once() -> None:
    counts = imported("scms").report.references
    facts = imported("scms").report.facts
    for name in ("weight", "freight"):
        assert counts[name]["found"] == facts[f"rows_{name}_reference"]
        assert counts[name]["resolved"] + counts[name]["dangling"] == counts[name]["found"]


def test_import_log__as_of_leaves_later_arrivals_open() -> None:
    cut = date.fromisoformat(str(imported("scms").report.facts["scheduled_max"]))
    result = import_log(shared_path("scms"), as_of=cut)
    assert result.report.steps["lines"]["open"] > 0
    assert result.lane_fits["censored"].sum() > 0
    assert result.report.facts == imported("scms").report.facts


def test_import_log__what_is_later_than_the_as_of_day_was_not_known_on_it(tmp_path: Path) -> None:
    header = "Shipment,SKU,From,To,Mode,Order Date,Shipped,Delivered,Qty"
    start = date(2024, 1, 1)
    lines = []
    for number in range(100):
        ordered = start + timedelta(days=number)
        days = (ordered, ordered + timedelta(days=3), ordered + timedelta(days=12))
        lines.append(f"{number},bolt,Mill,Shop,Truck,{','.join(day.isoformat() for day in days)},10")
    path = write_log(tmp_path, "\n".join([header, *lines]) + "\n")
    result = import_log(path, as_of=date(2024, 2, 19))
    # The order of day 49 is the last one known; what was ordered in the last twelve days has not arrived.
    counts = result.report.steps["lines"]
    assert counts["left_out:day up to the as-of date"] == 50
    assert (counts["used"], counts["open"]) == (50, 12)
    assert (result.lane_fits["n"].sum(), result.lane_fits["censored"].sum()) == (50, 12)
    assert "import.lead_time_dates" not in codes(result)
    assert result.report.as_of == "2024-02-19"
    whole = import_log(path)
    assert whole.report.steps["lines"]["left_out:day up to the as-of date"] == 0
    assert result.network["demand"]["quantity"].to_list() == whole.network["demand"]["quantity"].to_list()


def test_import_log__guess_for_scms_is_the_shipped_mapping() -> None:
    from chaintwin.ingest import guess_mapping
    from chaintwin.ingest.shipment_log.cells.reading import find_tables, read_cells

    cells = read_cells(find_tables(shared_path("scms"))[0]).frame
    guessed, shipped = guess_mapping(cells.columns, cells), shipped_mapping("scms")
    assert guessed.columns == shipped.columns
    assert guessed.modes == shipped.modes
    assert guessed.hub_routes == shipped.hub_routes
    assert guessed.date_formats == shipped.date_formats


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "csv"])
def test_import_log__any_format_gives_the_same_figures(ending: str, tmp_path: Path) -> None:
    from chaintwin.ingest.shipment_log.cells.reading import find_tables, read_cells

    cells = read_cells(find_tables(shared_path("scms"))[0]).frame.head(400)
    numbers = ["ID", "Line Item Quantity", "Line Item Value"]
    typed = cells.with_columns(pl.col(numbers).cast(pl.Float64), pl.col("Scheduled Delivery Date").str.to_date())
    path = tmp_path / f"deliveries_to_some_day.{ending}"
    if ending == "xlsx":
        typed.write_excel(path)
    elif ending == "parquet":
        typed.write_parquet(path)
    else:
        cells.write_csv(path, separator=";")
    original = tmp_path / "original.csv"
    cells.write_csv(original)
    result, reference = import_log(path), import_log(original)
    assert result.mapping.name == "scms"
    assert result.report.facts == reference.report.facts
    assert result.network["demand"].equals(reference.network["demand"])


def test_import_log__order_of_lines_does_not_matter(tmp_path: Path) -> None:
    from chaintwin.ingest.shipment_log.cells.reading import find_tables, read_cells

    cells = read_cells(find_tables(shared_path("scms"))[0]).frame.tail(600)
    cells.write_csv(tmp_path / "forward.csv")
    cells.reverse().write_csv(tmp_path / "backward.csv")
    forward, backward = (import_log(tmp_path / name) for name in ("forward.csv", "backward.csv"))
    for table, frame in forward.network.tables.items():
        other = backward.network[table]
        text = [name for name, dtype in frame.schema.items() if dtype != pl.Float64]
        assert other.select(text).equals(frame.select(text)), table
        for name in set(frame.columns) - set(text):
            assert (frame[name] - other[name]).abs().max() in (None, 0.0) or (frame[name] / other[name] - 1).abs().max() < 1e-9


def test_import_log__german_log_is_guessed(tmp_path: Path) -> None:
    path = write_log(tmp_path, GERMAN_LOG, encoding="cp1252")
    result = import_log(path)
    assert result.mapping.columns == {
        "shipment_id": ("Sendungsnummer",),
        "product": ("Artikelnummer",),
        "origin": ("Werk",),
        "destination": ("Empfänger",),
        "mode": ("Versandart",),
        "ordered": ("Bestelldatum",),
        "shipped": ("Versanddatum",),
        "delivered": ("Lieferdatum",),
        "quantity": ("Menge",),
        "value": ("Warenwert",),
        "weight": ("Gewicht",),
        "freight": ("Frachtkosten",),
    }
    assert result.mapping.unused == ("Bemerkung",)
    assert result.mapping.modes == {"Bahn": "rail", "LKW": "road"}
    assert result.report.facts["total_line_value_usd"] == pytest.approx(
        1250.5 + 1500.6 + 980 + 490 + 588 - 375.15 + 1000.4 + 100 + 1250.5
    )
    assert result.report.steps["lines"] == {
        "lines": 9,
        "used": 6,
        "left_out:repeated line": 1,
        "left_out:repeated id": 0,
        "left_out:day up to the as-of date": 0,
        "left_out:product": 0,
        "left_out:destination": 0,
        "left_out:sender": 0,
        "left_out:positive quantity": 2,
        "left_out:date": 0,
        "open": 1,
    }


def test_import_log__german_log_says_what_is_odd(tmp_path: Path) -> None:
    result = import_log(write_log(tmp_path, GERMAN_LOG))
    expected = {
        "mapping.guessed",
        "mapping.columns_unused",
        "log.cell_unread",
        "log.line_repeated",
        "log.id_repeated",
        "log.quantity_not_positive",
        "log.delivered_before_shipped",
        "log.reference_dangling",
        "log.open",
    }
    assert expected <= codes(result)
    rows = {finding.code: finding.row for finding in result.findings}
    assert rows["log.quantity_not_positive"] == 7
    assert rows["log.delivered_before_shipped"] == 5
    assert rows["log.reference_dangling"] == 8
    assert result.report.references["weight"] == {
        "found": 2,
        "resolved": 1,
        "with_total": 1,
        "dangling": 1,
        "shared_by:unit_weight": 2,
    }
    assert result.lane_fits["censored"].sum() == 1


def test_import_log__a_site_that_passes_goods_on_is_no_market(tmp_path: Path) -> None:
    network = import_log(write_log(tmp_path, ENGLISH_LOG)).network
    kinds = dict(network["sites"].select("site_id", "kind").iter_rows())
    assert kinds == {"Mill": "supplier", "Depot": "warehouse", "Shop": "customer"}
    assert set(network["demand"]["stream_id"]) == {"Depot/bolt", "Shop/bolt"}
    assert network.settings.period is Period.DAY
    assert not [finding for finding in check(network).findings if finding.severity is Severity.ERROR]


def test_import_log__return_is_left_out(tmp_path: Path) -> None:
    result = import_log(write_log(tmp_path, ENGLISH_LOG))
    assert "import.loop" in codes(result)
    assert "Shop>Depot:road" not in set(result.network["lanes"]["lane_id"])


def test_import_log__columns_of_a_mapping_are_absent(tmp_path: Path) -> None:
    path = write_log(tmp_path, ENGLISH_LOG)
    with pytest.raises(InputError) as caught:
        import_log(path, mapping="scms")
    faults = [finding for finding in caught.value.findings if finding.code == "mapping.column_absent"]
    assert len(faults) == len(shipped_mapping("scms").all_headers())
    assert any("SKU" in finding.fix or "Qty" in finding.fix or "Freight" in finding.fix for finding in faults)


def test_import_log__headers_that_mean_nothing(tmp_path: Path) -> None:
    path = write_log(tmp_path, "aaa,bbb\n1,2\n")
    with pytest.raises(InputError) as caught:
        import_log(path)
    assert {finding.column for finding in caught.value.findings} == {"product", "destination", "quantity", "origin", "ordered"}
    assert find_mapping(path).unused == ("aaa", "bbb")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "file.empty"),
        ("Shipment,SKU,From,To,Mode,Order Date,Delivered,Qty\n", "log.empty"),
        ("SKU,From,To,Order Date,Qty\nbolt,Mill,Shop,2024-01-01,-1\n", "log.no_usable_line"),
        ("SKU,From,To,Order Date,Qty\nbolt,Mill,Shop,soon,1\n", "mapping.guess_incomplete"),
    ],
)
def test_import_log__nothing_usable(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        import_log(write_log(tmp_path, text))
    assert code in {finding.code for finding in caught.value.findings}


def test_import_log__no_date_can_be_read(tmp_path: Path) -> None:
    header = "SKU,From,To,Order Date,Qty\n"
    mapping = find_mapping(write_log(tmp_path, header + "bolt,Mill,Shop,2024-01-01,1\n"))
    with pytest.raises(InputError) as caught:
        import_log(write_log(tmp_path, header + "bolt,Mill,Shop,soon,1\n"), mapping=mapping)
    assert "log.no_dates" in {finding.code for finding in caught.value.findings}


def test_import_log__no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="existing file or folder"):
        import_log(tmp_path / "nowhere")


def test_import_log__folder_of_parts_is_put_together(tmp_path: Path) -> None:
    lines = ENGLISH_LOG.splitlines()
    write_log(tmp_path, "\n".join(lines[:3]) + "\n", name="a.csv")
    write_log(tmp_path, "\n".join([lines[0], *lines[3:]]) + "\n", name="b.csv")
    assert import_log(tmp_path).report.facts["rows"] == 5


def test_import_log__corrected_mapping_is_used(tmp_path: Path) -> None:
    path = write_log(tmp_path, ENGLISH_LOG)
    text = find_mapping(path).to_toml().replace('name = "log"', 'name = "corrected"\nperiod = "week"')
    (tmp_path / "mapping.toml").write_text(text, encoding="utf-8")
    result = import_log(path, mapping=tmp_path / "mapping.toml", name="bolts")
    assert result.mapping == parse_mapping(text)
    assert result.network.settings.name == "bolts"
    assert result.network.settings.period is Period.WEEK


def test_import_log__progress_rises_to_one(tmp_path: Path) -> None:
    told: list[float] = []
    import_log(write_log(tmp_path, ENGLISH_LOG), progress=lambda share, _what: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_import_log__mode_words_everybody_uses_need_no_mapping(tmp_path: Path) -> None:
    lines = ["Ref,Thing,From,To,How,Left,Came,Amount"]
    lines += [
        f"{n},tea,Shanghai,Rotterdam,{('Ocean', 'Truck')[n % 2]},2025-01-{1 + n:02d},2025-02-{1 + n:02d},5" for n in range(20)
    ]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    columns = {"product": "Thing", "origin": "From", "destination": "To", "mode": "How", "shipped": "Left", "delivered": "Came"}
    text = 'name = "mine"\nkind = "transactions"\n[columns]\n' + "".join(
        f'{name} = "{header}"\n' for name, header in (columns | {"quantity": "Amount"}).items()
    )
    result = import_log(path, mapping=parse_mapping(text))
    assert set(result.network["lanes"]["mode"]) == {"sea", "road"}
    assert "log.mode_unknown" not in codes(result)
