"""What a messy log becomes: countries, spellings, duplicates, units and currency, overdue shipments, coverage."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.ingest import ImportResult, find_mapping, import_log, parse_mapping
from chaintwin.ingest.shipment_log.cells.countries import GERMAN, country_code
from chaintwin.ingest.shipment_log.transactions.spellings import code_key, spelling_key
from chaintwin.laws import Law, parse_many
from chaintwin.network.geography import all_countries
from tests.ingest.logs import imported, write_log

HEADER = (
    "Shipment No,Shipped From,From Country,Delivered To,To Country,Part,Pieces,How Sent,Left On,Got There,"
    "Goods Value EUR,Gross kg"
)
LINE = "S{n},Linz,Austria,Wien,Austria,bolt,{n},Truck,2024-01-{n:02d},2024-01-{m:02d},{n}.50,{n}"


def line(number: int, **changes: str) -> str:
    """Return a line of a log with some cells changed, by position of the column from 0."""
    cells = LINE.format(n=number, m=number + 4).split(",")
    for place, text in changes.items():
        cells[int(place.removeprefix("c"))] = text
    return ",".join(cells)


def run(folder: Path, *lines: str, extra: str = "", header: str = HEADER) -> ImportResult:
    path = write_log(folder, "\n".join([header, *lines]) + "\n")
    if not extra:
        return import_log(path)
    return import_log(path, mapping=parse_mapping(find_mapping(path).to_toml() + extra))


def found(result: ImportResult, code: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.code == code]


def countries(result: ImportResult) -> dict[str, Any]:
    return dict(result.network["sites"].select("site_id", "country").iter_rows())


def test_import_log__country_columns_place_sites(tmp_path: Path) -> None:
    result = run(tmp_path, line(1), line(2, c3="Porto", c4="PRT"), line(3, c3="Köln", c4="Deutschland"))
    assert countries(result) == {"Linz": "AT", "Wien": "AT", "Porto": "PT", "Köln": "DE"}
    assert not found(result, "import.country_from_name")


def test_import_log__country_words_nobody_knows_are_reported_once(tmp_path: Path) -> None:
    lines = [line(1), line(2, c3="Far", c4="Neverland"), line(3, c3="Far", c4="Neverland"), line(4, c3="Near", c4="Oz")]
    result = run(tmp_path, *lines)
    (finding,) = found(result, "log.country_unknown")
    assert finding.severity is Severity.WARNING
    assert (finding.count, finding.row, finding.column) == (3, 3, "To Country")
    assert '"Neverland", "Oz"' in finding.found
    assert countries(result)["Far"] is None
    mended = run(tmp_path, *lines, extra='\n[countries]\nNeverland = "NL"\nOz = ""\n')
    assert not found(mended, "log.country_unknown")
    assert countries(mended) == {"Linz": "AT", "Wien": "AT", "Far": "NL", "Near": None}


def test_import_log__site_in_two_countries(tmp_path: Path) -> None:
    lines = [line(1), line(2), line(3, c4="Germany"), line(4, c1="Wien", c2="Italy", c3="Graz")]
    (finding,) = found(run(tmp_path, *lines), "log.country_conflict")
    assert finding.severity is Severity.WARNING
    assert "Wien: AT on 2 lines, DE on 1 line, IT on 1 line" in finding.found
    assert countries(run(tmp_path, *lines))["Wien"] == "AT"
    assert countries(run(tmp_path, *reversed(lines)))["Wien"] == "AT"


def test_country_code__german_names_are_those_of_the_table() -> None:
    codes = {country.alpha2 for country in all_countries()}
    assert set(GERMAN) <= codes
    for code, names in GERMAN.items():
        assert {country_code(name) for name in names.split("|")} == {code}


def test_import_log__spellings_are_one_name(tmp_path: Path) -> None:
    lines = [line(1), line(2), line(3, c3="WIEN"), line(4, c3='"Wien,"'), line(5, c1="wien", c3="Graz"), line(6, c5=" BOLT")]
    result = run(tmp_path, *lines)
    assert set(result.network["sites"]["site_id"]) == {"Linz", "Wien", "Graz"}
    assert result.network["products"]["product_id"].to_list() == ["bolt"]
    assert result.report.facts["items"] == 2
    assert result.report.steps["spellings_merged"] == {"sites": 3, "products": 1}
    sites, products = found(result, "log.spelling_merged")
    assert sites.found == "3 other spellings of 1 site: 'WIEN', 'Wien,', 'wien' for 'Wien'"
    assert (sites.count, products.count) == (3, 1)
    kept = run(tmp_path, *lines, extra='\n[spellings]\nproducts = "keep"\n')
    assert sorted(kept.network["products"]["product_id"]) == ["BOLT", "bolt"]
    assert set(kept.network["sites"]["site_id"]) == {"Linz", "Wien", "Graz"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5 kW", "15 kW"),
        ("M 1-10", "M 11-0"),
        ("3/4", "3-4"),
        ("Grade A+", "Grade A"),
        ("Pump 1 2", "Pump 12"),
        ("é", "e"),
        ("A", "B"),
    ],
)
def test_spelling_key__different_things(one: str, other: str) -> None:
    assert spelling_key(one) != spelling_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Wien", "WIEN,"), ("Seal-Kit", "seal kit"), ("Acme, Inc.", "ACME INC"), ("10 mg", "10mg"), ("---", "---")]
)
def test_spelling_key__same_things(one: str, other: str) -> None:
    assert spelling_key(one) == spelling_key(other)


@given(st.text(min_size=1, max_size=12))
def test_spelling_key__is_its_own_key(name: str) -> None:
    assert spelling_key(name)
    assert spelling_key(spelling_key(name)) == spelling_key(name)


def test_import_log__shipped_facts_are_counted_before_merging() -> None:
    result = imported("scms")
    assert result.report.steps["spellings_merged"]["sites"] > 0
    assert result.report.facts["items"] == result.network["products"].height


def test_import_log__equal_lines_with_and_without_an_id(tmp_path: Path) -> None:
    twice = [line(1), line(2), line(2), line(2, c3="WIEN")]
    result = run(tmp_path, *twice)
    (finding,) = found(result, "log.line_repeated")
    assert (finding.count, finding.severity) == (2, Severity.WARNING)
    assert result.report.steps["lines"]["left_out:repeated line"] == 2
    nameless = [line(1), line(2, c0=""), line(2, c0="")]
    kept = run(tmp_path, *nameless)
    (finding,) = found(kept, "log.line_repeated")
    assert "both are counted" in finding.fix
    assert kept.report.steps["lines"]["used"] == 3
    assert run(tmp_path, *nameless, extra='\n[duplicates]\nlines = "drop"\n').report.steps["lines"]["used"] == 2
    assert run(tmp_path, *twice, extra='\n[duplicates]\nlines = "keep"\n').report.steps["lines"]["used"] == 4


def test_import_log__ids_with_other_content(tmp_path: Path) -> None:
    lines = [line(n) for n in range(1, 11)]
    lines += [line(2, c6="20"), line(2, c5="nut")]
    result = run(tmp_path, *lines)
    (finding,) = found(result, "log.id_repeated")
    assert (finding.count, finding.severity) == (2, Severity.WARNING)
    assert result.report.steps["lines"]["used"] == 12
    quantity = {}
    for ids in ("first", "last"):
        told = run(tmp_path, *lines, extra=f'\n[duplicates]\nids = "{ids}"\n')
        assert told.report.steps["lines"]["left_out:repeated id"] == 1
        # The nut is another product of the same shipment and stays.
        assert set(told.network["products"]["product_id"]) == {"bolt", "nut"}
        demand = told.network["demand"].filter(pl.col("product_id") == "bolt")["quantity"].to_list()
        quantity[ids] = parse_many(demand)[0]
    assert quantity["first"] != quantity["last"]


def test_import_log__ids_of_shipments_with_several_lines_are_no_fault(tmp_path: Path) -> None:
    lines = [line(n, c0=f"S{n // 3}") for n in range(1, 13)]
    (finding,) = found(run(tmp_path, *lines), "log.id_repeated")
    assert finding.severity is Severity.NOTE


def test_import_log__superseded_lines_may_be_there_twice(tmp_path: Path) -> None:
    lines = [line(1), line(2), line(2, c6="20"), line(2)]
    result = run(tmp_path, *lines, extra='\n[duplicates]\nids = "last"\nlines = "keep"\n')
    assert result.report.steps["lines"]["used"] == 3


def test_import_log__unit_that_is_refused_is_read_with_the_fix(tmp_path: Path) -> None:
    lines = [line(1), line(2, c6="2 pcs"), line(3, c6="1 pallet"), line(4, c11="0.5 t")]
    result = run(tmp_path, *lines)
    (finding,) = found(result, "log.unit_mixed")
    assert (finding.row, finding.count, finding.severity) == (4, 1, Severity.WARNING)
    assert not found(result, "log.cell_unread")
    assert result.report.steps["lines"]["used"] == 3
    assert result.report.facts["total_numeric_weight_kg"] == 1 + 2 + 3 + 500
    assert '"t" = 1000' in found(result, "log.unit_converted")[0].fix
    entry = finding.fix.split("write ")[1].split(" under")[0].replace("= N", "= 480")
    mended = run(tmp_path, *lines, extra=f"\n[units.quantity]\n{entry}\n")
    assert mended.report.steps["lines"]["used"] == 4
    assert mended.report.facts["total_quantity"] == 1 + 2 + 480 + 4


def test_import_log__quantities_by_weight(tmp_path: Path) -> None:
    result = run(tmp_path, line(1, c6="2 t"), line(2, c6="500 kg"))
    (product,) = result.network["products"].to_dicts()
    assert (product["unit"], product["weight_kg"]) == ("kg", 1.0)


def test_import_log__currency(tmp_path: Path) -> None:
    result = run(tmp_path, line(1))
    assert result.network.settings.currency == "EUR"
    assert found(result, "mapping.currency_found")[0].severity is Severity.NOTE
    plain = run(tmp_path, line(1), header=HEADER.replace(" EUR", ""))
    assert plain.network.settings.currency == "USD"
    assert found(plain, "mapping.currency_assumed")[0].severity is Severity.WARNING
    mixed = run(tmp_path, line(1), line(2), line(3, c10="$ 9"))
    (finding,) = found(mixed, "log.currency_mixed")
    entry = finding.fix.split("write ")[1].split(" under")[0].replace("= N", "= 0.9")
    mended = run(tmp_path, line(1), line(2), line(3, c10="$ 9"), extra=f"\n[units.value]\n{entry}\n")
    assert mended.report.facts["total_line_value_eur"] == pytest.approx(1.5 + 2.5 + 9 * 0.9)


def test_import_log__product_without_a_value_is_a_warning(tmp_path: Path) -> None:
    result = run(tmp_path, line(1, c10=""), line(2, c10=""))
    assert found(result, "import.value_unknown")[0].severity is Severity.WARNING


def test_import_log__overdue_shipments_do_not_lengthen_lead_times(tmp_path: Path) -> None:
    lines = [line(n) for n in range(1, 21)]
    late = line(28, c8="2024-12-01", c9="2024-12-05")
    result = run(tmp_path, *lines, late, line(22, c9=""), line(23, c9=""))
    (finding,) = found(result, "log.open_overdue")
    assert finding.severity is Severity.WARNING
    assert result.report.steps["lead_times"]["overdue"] == 2
    (fit,) = result.lane_fits.to_dicts()
    assert fit["mean"] == pytest.approx(4, rel=1e-3)
    assert (fit["n"], fit["censored"], fit["trust"]) == (21, 0, "good")
    # An open shipment of a likely age still counts.
    recent = run(tmp_path, *lines, late, line(24, c8="2024-12-02", c9=""))
    assert recent.lane_fits["censored"].to_list() == [1]


def test_import_log__trust_of_lead_times(tmp_path: Path) -> None:
    lines = [line(n) for n in range(1, 13)]
    lines += [line(n, c3="Graz") for n in range(1, 7)]
    lines += [line(1, c3="Steyr"), line(2, c3="Wels", c9="")]
    fits = run(tmp_path, *lines).lane_fits
    trust = {lane.split(">")[1].split(":")[0]: trust for lane, trust in fits.select("lane", "trust").iter_rows()}
    assert trust == {"Wien": "good", "Graz": "few", "Steyr": "borrowed", "Wels": "borrowed"}


def test_import_log__coverage(tmp_path: Path) -> None:
    lines = [line(n) for n in range(1, 13)] + [line(n, c3="Graz") for n in range(1, 4)] + [line(13, c6="0")]
    coverage = run(tmp_path, *lines).report.coverage
    assert coverage.lines_used_share == 15 / 16
    assert coverage.thin_demand_share == pytest.approx(6 / (78 + 6))
    assert (coverage.thin_streams, coverage.streams, coverage.weak_lanes, coverage.lanes) == (1, 2, 1, 2)
    assert coverage.sentences() == (
        "The network holds 94 % of the lines of the log.",
        "7 % of demand is in streams under 10 orders.",
        "1 of 2 lanes have a lead time from few shipments or from other lanes.",
    )


@pytest.mark.parametrize("name", ["scms", "supplygraph"])
def test_import_log__figures_have_six_digits(name: str) -> None:
    network = imported(name).network
    for table, column in (("lanes", "variable_cost"), ("products", "value"), ("products", "weight_kg"), ("sources", "cost")):
        values = network[table][column].drop_nulls()
        assert [
            value for value in values.to_list() if table != "products" or name == "scms" if float(f"{value:.6g}") != value
        ] == []
    for table, column in (("lanes", "lead_time"), ("demand", "quantity")):
        for law in parse_many(network[table][column].drop_nulls().to_list()):
            assert [value for value in (*law.parameters, *law.values) if float(f"{value:.6g}") != value] == []


def test_import_log__unknown_header_words_are_named_in_the_refusal(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="headers not used yet: Alpha, Beta"):
        import_log(write_log(tmp_path, "Alpha,Beta\n1,2\n"))


@pytest.mark.parametrize(("one", "other"), [("1-A1", "1A-1"), ("K-AB", "KA-B"), ("-5 C", "5 C"), ("1.5 kW", "15 kW")])
def test_code_key__codes_that_differ(one: str, other: str) -> None:
    assert code_key(one) != code_key(other)


@pytest.mark.parametrize(("one", "other"), [("Seal-Kit", "SEAL KIT"), ("bolt", " Bolt,"), ("A/B", "a - b")])
def test_code_key__spellings_of_one_name(one: str, other: str) -> None:
    assert code_key(one) == code_key(other)


def test_import_log__lines_that_differ_in_a_column_without_meaning_all_count(tmp_path: Path) -> None:
    lines = [f"{text},{batch}" for text, batch in ((line(1), "B1"), (line(1), "B2"), (line(1), "B2"), (line(2), "B1"))]
    result = run(tmp_path, *lines, header=f"{HEADER},Batch")
    (repeated,) = found(result, "log.line_repeated")
    assert (repeated.count, repeated.row) == (1, 4)
    assert result.network["demand"].height == 1
    assert result.report.steps["lines"]["used"] == 3
    (alike,) = found(result, "log.line_alike")
    assert (alike.count, alike.row, alike.severity) == (1, 3, Severity.NOTE)


def test_import_log__the_last_line_of_an_id_counts_even_where_it_repeats_an_earlier_one(tmp_path: Path) -> None:
    lines = [line(1), line(2, c6="10"), line(2, c6="12"), line(2, c6="10")]
    alone = run(tmp_path, *lines[:2]).network["demand"]
    assert not alone.equals(run(tmp_path, lines[0], lines[2]).network["demand"])
    for mode in ("by_id", "drop"):
        result = run(tmp_path, *lines, extra=f'\n[duplicates]\nids = "last"\nlines = "{mode}"\n')
        assert result.report.steps["lines"]["used"] == 2
        assert result.network["demand"].equals(alone)


@pytest.mark.parametrize(("other", "severity"), [("SEAL-KIT", Severity.NOTE), ("seal kit", Severity.WARNING)])
def test_import_log__products_merged_over_signs_are_a_warning(tmp_path: Path, other: str, severity: Severity) -> None:
    result = run(
        tmp_path, line(1, c5="Seal-Kit"), line(2, c5="Seal-Kit"), line(3, c5=other), line(4, c5="-5 C"), line(5, c5="5 C")
    )
    (finding,) = found(result, "log.spelling_merged")
    assert (finding.count, finding.severity) == (1, severity)
    assert set(result.network["products"]["product_id"]) == {"Seal-Kit", "-5 C", "5 C"}


@pytest.mark.parametrize("units", [("5 plt", "6 pallets", "7 plt"), ("2 t", "3 t", "4 t", "500 kg", "600 kg")])
def test_import_log__numbers_alone_are_read_with_the_fix(tmp_path: Path, units: tuple[str, ...]) -> None:
    lines = [line(n, c6=text) for n, text in enumerate((*units, "480"), start=1)]
    header = HEADER.replace("Pieces", "Quantity")
    result = run(tmp_path, *lines, header=header)
    (finding,) = found(result, "log.unit_mixed")
    assert (finding.count, finding.row) == (1, len(lines) + 1)
    assert result.report.steps["lines"]["used"] == len(units)
    words = finding.fix.split("write ")[1].split(" under")[0].split(" and ")
    entries = "\n".join(f"{word.split(' = ')[0]} = 12" for word in words)
    mended = run(tmp_path, *lines, extra=f"\n[units.quantity]\n{entries}\n", header=header)
    assert not found(mended, "log.unit_mixed")
    assert mended.report.steps["lines"]["used"] == len(lines)
    assert mended.report.facts["total_quantity"] == sum(int(text.split()[0]) for text in units) * 12 + 480


def test_import_log__proof_of_delivery_is_the_arrival(tmp_path: Path) -> None:
    header = HEADER.replace("Left On", "PO Date").replace("Got There", "POD Date")
    result = run(tmp_path, line(1), line(2), line(3), header=header)
    assert (result.mapping.headers("ordered"), result.mapping.headers("delivered")) == (("PO Date",), ("POD Date",))
    assert result.report.steps["lines"]["open"] == 0


def test_import_log__a_log_without_arrivals_is_warned_about(tmp_path: Path) -> None:
    result = run(tmp_path, line(1, c9=""), line(2, c9=""))
    (finding,) = found(result, "log.no_arrival")
    assert finding.severity is Severity.WARNING


def test_import_log__words_of_trucks_and_words_nobody_knows(tmp_path: Path) -> None:
    words = ("FTL", "LTL", "UPS Ground", "Intermodal", "Camel")
    result = run(tmp_path, *(line(1 + number, c7=word) for number, word in enumerate(words)), line(9), line(10), line(11))
    assert {word: result.mapping.modes.get(word) for word in words} == {
        "FTL": "road",
        "LTL": "road",
        "UPS Ground": "road",
        "Intermodal": "rail",
        "Camel": None,
    }
    (finding,) = found(result, "log.mode_unknown")
    assert (finding.count, finding.severity) == (1, Severity.WARNING)


def test_import_log__freight_of_a_heavy_machine_is_not_that_of_a_screw(tmp_path: Path) -> None:
    header = HEADER + ",Freight Cost EUR"
    machine = [f"{line(number, c6='1', c11='100')},50" for number in (1, 2)]
    screws = [f"{line(number, c5='screw', c6='1000', c11='10')}," for number in (3, 4)]
    lanes = run(tmp_path, *machine, *screws, header=header).network["lanes"]
    # 100 for the machines, and 10 at half a euro a kilogram for the screws, over 2,002 units.
    assert lanes["variable_cost"][0] == pytest.approx(110 / 2002, rel=1e-5)


def test_read_numbers__words_of_the_mapping_in_any_case(tmp_path: Path) -> None:
    header = HEADER + ",Freight Cost EUR"
    lines = [f"{line(1)},frei Haus", f"{line(2)},FREI HAUS", f"{line(3)},30"]
    result = run(tmp_path, *lines, header=header, extra='\n[words.freight]\n"frei haus" = "included"\n')
    assert result.report.facts["rows_freight_included"] == 2
    assert not found(result, "log.cell_unread")


def test_import_log__demand_is_counted_over_the_days_of_the_orders(tmp_path: Path) -> None:
    first = date(2024, 1, 1)
    draw = np.random.default_rng(3)
    lines = []
    for day in range(200):
        ordered = first + timedelta(days=day)
        promised = ordered + timedelta(days=int(draw.integers(5, 60)))
        lines.append(f"S{day},Linz,Wien,bolt,10,Truck,{ordered},{promised},{min(promised, first + timedelta(days=199))}")
    header = "Shipment No,Shipped From,Delivered To,Part,Pieces,How Sent,Order Date,Promised Date,Delivered On"
    demand = run(tmp_path, *lines, header=header).network["demand"]
    law = parse_many(demand["quantity"].to_list())[0]
    assert isinstance(law, Law)
    days = 7 if demand.height and law.mean > 20 else 1
    # Two hundred days are thirty weeks from Monday on; counted over every promised day it would be 7.8.
    assert 9.4 <= law.mean / days <= 10.1


def test_import_log__place_words_place_receivers_and_say_codes(tmp_path: Path) -> None:
    header = HEADER.replace("From Country", "Note").replace("To Country", "Remark")
    lines = [line(n, c1="Werk Bremen", c2="", c3="DC Venlo", c4="") for n in range(1, 5)]
    result = run(tmp_path, *lines, header=header, extra='[place_words]\nBremen = "Deutschland"\n"DC Venlo" = "Holland"\n')
    assert countries(result) == {"Werk Bremen": "DE", "DC Venlo": "NL"}
    assert not found(result, "import.country_unknown")


def test_parse_mapping__countries_become_codes(tmp_path: Path) -> None:
    text = find_mapping(write_log(tmp_path, f"{HEADER}\n{line(1)}\n")).to_toml()
    mapping = parse_mapping(text + '[countries]\nD = "Germany"\nX = ""\n[place_words]\nBremen = "Holland"\n')
    assert (dict(mapping.countries), dict(mapping.place_words)) == ({"D": "DE", "X": ""}, {"Bremen": "NL"})


def test_import_log__figures_that_are_no_number_are_not_called_words(tmp_path: Path) -> None:
    result = run(tmp_path, *(line(n) for n in range(1, 5)), line(5, c6="1.2.3.4"), line(6, c6="2.627-"))
    (finding,) = found(result, "log.cell_unread")
    assert finding.found == '"1.2.3.4"'
    assert "not_known" not in finding.fix
    assert found(result, "log.quantity_not_positive")[0].row == 7
