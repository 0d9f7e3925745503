"""Guesses about exports of programs: what is told apart, what is doubtful, and what is said where a guess is not enough."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.ingest import ImportResult, guess_mapping, import_log, parse_mapping
from tests.ingest.exports import EXPORTS, frame_of
from tests.ingest.logs import write_log


def table(folder: Path, count: int = 12, **columns: list[str]) -> Path:
    """Write a log whose columns repeat the given cells; in headers, two underlines stand for a dot and one for a blank."""
    names = [name.replace("__", ".").replace("_", " ").strip() for name in columns]
    rows = [";".join(cells[line % len(cells)] for cells in columns.values()) for line in range(count)]
    return write_log(folder, "\n".join([";".join(names), *rows]) + "\n")


def days(form: str, after: int = 0) -> list[str]:
    return [form.format(day=day + after) for day in range(1, 13)]


ISO = "2024-01-{day:02d}"
PLACES = {"Product": ["A", "B"], "From": ["Graz"], "To": ["Wien", "Linz"]}


def found(result: ImportResult, code: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.code == code]


def refused(path: Path) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        import_log(path)
    return caught.value.findings


@pytest.mark.parametrize("name", EXPORTS)
def test_guess_mapping__exports(name: str) -> None:
    columns, meant, currency = EXPORTS[name]
    log = frame_of(columns)
    guessed = guess_mapping(log.columns, log)
    assert {field: headers[0] for field, headers in guessed.columns.items()} == dict(
        pair.split("=", 1) for pair in meant.split("|")
    )
    assert guessed.currency == currency
    assert not guessed.hub_routes


@pytest.mark.parametrize("name", EXPORTS)
def test_import_log__exports_give_lead_times(name: str, tmp_path: Path) -> None:
    frame_of(EXPORTS[name][0]).write_csv(tmp_path / "log.csv")
    result = import_log(tmp_path / "log.csv")
    assert result.report.steps["lines"]["used"] == 60
    assert result.report.steps["lead_times"]["observed"] == 60


@pytest.mark.parametrize(
    "form", ["0{day}/13/2024 14:00", "{day:02d}.01.2024 09:30", "2024-01-{day:02d}T09:30:00Z", "Jan {day}, 2024"]
)
def test_import_log__days_with_a_clock_time_or_a_month_by_name(form: str, tmp_path: Path) -> None:
    ordered = days(form)[:9] if "/13/" in form else days(form)
    result = import_log(table(tmp_path, **PLACES, Order_Date=ordered, Qty=["5"], count=9))
    assert result.mapping.headers("ordered") == ("Order Date",)
    assert result.report.steps["lines"]["used"] == 9


def test_import_log__days_that_cannot_be_read_are_called_days(tmp_path: Path) -> None:
    (finding,) = refused(table(tmp_path, **PLACES, Order_Date=days("{day:02d}|01|2024"), Qty=["5"]))
    assert (finding.code, finding.column, finding.severity) == ("mapping.date_unread", "Order Date", Severity.ERROR)
    assert '"01|01|2024"' in finding.found
    assert '"Order Date" = "%d.%m.%Y"' in finding.fix
    assert "product = Product (" in finding.fix


def test_import_log__days_that_cannot_be_read_beside_others_are_a_warning(tmp_path: Path) -> None:
    path = table(tmp_path, **PLACES, Order_Date=days(ISO), Delivery_Date=days("{day:02d}|01|2024"), Qty=["5"])
    (finding,) = found(import_log(path), "mapping.date_unread")
    assert (finding.column, finding.severity) == ("Delivery Date", Severity.WARNING)


def test_import_log__words_below_a_header_of_days_are_something_else(tmp_path: Path) -> None:
    path = table(tmp_path, **PLACES, Order_Date=days(ISO), Delivered=["yes", "no"], Order=["SO-1", "SO-2"], Qty=["5"])
    assert not found(import_log(path), "mapping.date_unread")


def test_import_log__year_out_of_range_is_said(tmp_path: Path) -> None:
    path = table(tmp_path, **PLACES, Order_Date=[*days(ISO)[:11], "1924-06-01"], Qty=["5"])
    result = import_log(path)
    (finding,) = found(result, "log.year_outside")
    assert (finding.found, finding.allowed, finding.row) == ('"1924-06-01"', "a year from 1970 to 2100", 13)
    assert not found(result, "log.cell_unread")


def test_guess_mapping__promise_beside_the_arrival() -> None:
    log = pl.DataFrame({"Must Arrive By": days(ISO, 5), "Delivered At": days(ISO, 4)})
    assert guess_mapping(log.columns, log).columns == {"promised": ("Must Arrive By",), "delivered": ("Delivered At",)}


@pytest.mark.parametrize(("arrived", "is_said"), [(days(ISO), True), (days(ISO, 9), False)])
def test_import_log__doubtful_arrival_without_lead_times(arrived: list[str], is_said: bool, tmp_path: Path) -> None:
    path = table(tmp_path, **PLACES, Order_Date=days(ISO, 8), Qty=["5"], Gate_arrived=arrived)
    result = import_log(path)
    assert result.mapping.headers("delivered") == ("Gate arrived",)
    warned = found(result, "import.arrival_doubtful")
    assert [finding.column for finding in warned] == ["Gate arrived"] * is_said
    assert all(finding.severity is Severity.WARNING for finding in warned)


@pytest.mark.parametrize("item", [["10"], ["10", "20"], ["000010", "000020"]])
def test_guess_mapping__line_number_is_no_product(item: list[str]) -> None:
    log = pl.DataFrame({"Item": item * (12 // len(item)), "Mat.": ["A", "B", "C"] * 4})
    assert guess_mapping(log.columns, log).columns == {"product": ("Mat.",)}


def test_guess_mapping__product_that_varies_before_one_that_does_not() -> None:
    log = pl.DataFrame({"Product": ["Widget"] * 9, "Material Description": ["a", "b", "c"] * 3})
    assert guess_mapping(log.columns, log).columns == {"product": ("Material Description",)}


@pytest.mark.parametrize(("item", "code"), [("10", "mapping.product_doubtful"), ("Widget", "mapping.product_single"), ("", "")])
def test_import_log__one_product_is_said(item: str, code: str, tmp_path: Path) -> None:
    cells = [item] if item else ["A", "B"]
    result = import_log(table(tmp_path, Item=cells, From=["Graz"], To=["Wien"], Order_Date=days(ISO), Qty=["5"]))
    assert [finding.code for finding in result.findings if finding.code.startswith("mapping.product")] == [code][: bool(code)]
    if item != "10":
        assert result.mapping.confidence["product"] > 0.9


def test_import_log__incomplete_guess_says_what_was_guessed_and_what_may_be_meant(tmp_path: Path) -> None:
    path = table(tmp_path, **PLACES, Order_Date=days(ISO), Moved_qty_net=["5", "7"], Colour=["red", "blue"], Sheet=["7", "9"])
    (finding,) = refused(path)
    assert (finding.code, finding.column) == ("mapping.guess_incomplete", "quantity")
    assert "the most likely of those left: Moved qty net" in finding.fix
    assert "Colour" not in finding.fix.split("guessed so far")[0]
    assert 'quantity = "Moved qty net"' in finding.fix
    assert "destination = To (" in finding.fix
    assert "headers not used yet: Moved qty net, Colour, Sheet" in finding.fix


def test_import_log__currency_of_a_column_of_codes(tmp_path: Path) -> None:
    path = table(tmp_path, **PLACES, Order_Date=days(ISO), Qty=["5"], Net_Value=["50.5"], Curr__=["CAD"])
    result = import_log(path)
    assert result.mapping.headers("currency") == ("Curr.",)
    assert result.network.settings.currency == "CAD"
    (note,) = found(result, "mapping.currency_found")
    assert note.found == "CAD, named in the column Curr."


def test_import_log__several_codes_are_not_converted(tmp_path: Path) -> None:
    path = table(tmp_path, **PLACES, Order_Date=days(ISO), Qty=["5"], Net_Value=["50.5"], Curr__=["EUR", "EUR", "CHF"])
    result = import_log(path)
    assert result.network.settings.currency == "EUR"
    (mixed,) = found(result, "log.currency_mixed")
    assert (mixed.count, mixed.column, mixed.row) == (4, "Net Value", 4)
    assert result.report.facts["total_line_value_eur"] == pytest.approx(8 * 50.5)
    text = "\n".join(part for part in result.mapping.to_toml().splitlines() if "confidence" not in part)
    rated = import_log(path, mapping=parse_mapping(f"{text}\n[units.value]\nCHF = 2\n"))
    assert rated.report.facts["total_line_value_eur"] == pytest.approx(16 * 50.5)


def test_import_log__dollar_sign_is_taken_for_us_dollars_and_said(tmp_path: Path) -> None:
    path = table(tmp_path, **PLACES, Order_Date=days(ISO), Qty=["5"], Retail_=["$50.50"])
    text = path.read_text(encoding="utf-8").replace("Retail", "Retail $")
    result = import_log(write_log(tmp_path, text))
    assert result.network.settings.currency == "USD"
    (note,) = found(result, "mapping.currency_found")
    assert note.found == '"$" in the column Retail $, taken for US dollars'
    assert "CAD" in note.fix


def test_guess_mapping__currency_of_values_before_that_of_freight() -> None:
    log = pl.DataFrame({"Goods Value": ["USD 5", "USD 6", "EUR 7"], "Freight": ["EUR 1", "EUR 2", "EUR 3"]})
    assert guess_mapping(log.columns, log).currency == "USD"
