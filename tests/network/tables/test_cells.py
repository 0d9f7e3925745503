"""Cells: any text at all is either understood or told, and what is understood lies within what the catalog allows."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import Severity
from chaintwin.network.tables.catalog import CATALOG, table
from chaintwin.network.tables.cells.cells import NAMED_MAX, REMARKS_MAX, allowed_range, shown
from chaintwin.network.tables.cells.columns import type_table
from chaintwin.network.tables.cells.dates import date_fault
from chaintwin.network.tables.cells.keys import names_by_rule
from chaintwin.network.tables.cells.nearest import names_of, plain_name
from chaintwin.network.tables.cells.numbers import number_fault
from chaintwin.network.tables.cells.synonyms import WORDS
from chaintwin.network.tables.files.sheet import DateSystem, Sheet
from chaintwin.network.tables.reading import read_project
from tests.network.tables.projects import errors_of, findings_of, only, write_files

NUMBERLIKE = st.text(st.sampled_from("0123456789.,-+eE%$€ '/:TapmJun"), max_size=14)
TEXTS = st.one_of(
    NUMBERLIKE, st.text(max_size=12), st.sampled_from(["inf", "1e400", "99999999999999999999", "0000", "2025-13-45", "24:00"])
)
COLUMNS = st.sampled_from([(described, column) for described in CATALOG for column in described.columns])


@given(COLUMNS, st.lists(TEXTS, min_size=1, max_size=5), st.sampled_from(DateSystem))
def test_type_table__any_text_is_understood_or_told(place, texts: list[str], dates: DateSystem) -> None:
    described, column = place
    frame = pl.DataFrame({column.name: pl.Series(texts, dtype=pl.String)})
    rows = pl.Series("row", range(2, 2 + len(texts)), dtype=pl.UInt32)
    typed = type_table(Sheet(described.name, "x.csv", frame, rows, dates), described, folder=None)
    told = {f.row for f in typed.findings if f.column == column.name and f.severity is Severity.ERROR}
    for row, text, value in zip(rows, texts, typed.frame[column.name], strict=True):
        is_blank = pl.Series([text]).str.strip_chars().item() == ""
        if is_blank:
            assert value == column.default
            assert (row in told) == column.required
        elif row in told:
            assert value == column.default
        else:
            assert value is not None
            if isinstance(value, float | int) and not isinstance(value, bool):
                assert column.low is None or value >= column.low
                assert column.high is None or value <= column.high


@pytest.mark.parametrize(
    ("text", "code", "fix"),
    [
        ("1,234", "number.thousands", "write 1234, or 1.234 if the comma is a decimal point"),
        ("1.234.567", "number.thousands", "write 1234567"),
        ("1.234,5", "number.thousands", "write 1234.5"),
        ("3,5", "number.decimal_comma", "write 3.5"),
        (",5", "number.decimal_comma", "write .5"),
        ("5 %", "number.percent", "write 0.05"),
        ("12,5%", "number.percent", "write 0.125"),
        ("$1,200.50", "number.currency", "write 1200.5"),
        ("1.200,50 €", "number.currency", "write 1200.5"),
        ("eight", "number.spelled", "write 8"),
        ("Zwölf", "number.spelled", "write 12"),
        ("null", "number.word", "leave the cell blank if the value is not known"),
        ("about 5", "number.wrong", "write a number such as 12.5"),
        ("7O", "number.wrong", "write 70 if a letter was typed for a digit"),
        ("1o.5", "number.wrong", "write 10.5 if a letter was typed for a digit"),
        ("-∞", "number.infinite", "leave the cell blank if there is no limit"),
        ("normal(3, 1)", "number.law", "write its mean"),
    ],
)
def test_number_fault__suggests_the_number(text: str, code: str, fix: str) -> None:
    fault = number_fault(text, table("lanes").column("capacity"))
    assert (fault.code, fault.fix) == (code, fix)


LIMITS = "check the number and the unit: it counts days, -365 to 730"
KEEPS, KEEPS_HERE = (f"leave the cell blank{where} for stock that keeps for ever" for where in ("", ", here and in products,"))


@pytest.mark.parametrize(
    ("place", "text", "code", "fix"),
    [
        ("products.shelf_life", "never", "number.infinite", KEEPS),
        ("products.shelf_life", "inf", "number.infinite", KEEPS),
        ("products.shelf_life", "0", "number.range", KEEPS),
        ("products.shelf_life", "-1", "number.range", f"write 1 if the sign is a slip; or {KEEPS}"),
        ("products.shelf_life", "long", "number.wrong", "write a whole number, 1 to 100,000"),
        ("stock_points.shelf_life", "unlimited", "number.infinite", KEEPS_HERE),
        ("lanes.capacity", "unlimited", "number.infinite", "leave the cell blank if there is no limit"),
        ("lanes.variable_cost", "never", "number.wrong", "write a number such as 12.5"),
        ("lanes.variable_cost", "inf", "number.infinite", "write a finite number"),
        ("partners.payment_term_days", "1000", "number.range", LIMITS),
        ("partners.payment_term_days", "-400", "number.range", LIMITS),
        ("partners.payment_term_days", "net 30", "number.unit", "write 30"),
        ("partners.payment_term_days", "at once", "number.wrong", "write a whole number, -365 to 730"),
    ],
)
def test_type_table__a_cure_fits_the_column(place: str, text: str, code: str, fix: str) -> None:
    name, column = place.split(".")
    frame = pl.DataFrame({column: pl.Series([text], dtype=pl.String)})
    rows = pl.Series("row", [2], dtype=pl.UInt32)
    typed = type_table(Sheet(name, "x.csv", frame, rows, DateSystem.NONE), table(name), folder=None)
    (finding,) = [found for found in typed.findings if found.column == column]
    assert (finding.code, finding.fix) == (code, fix)


@pytest.mark.parametrize(
    ("text", "code", "fix"),
    [
        ("03/04/2025", "date.ambiguous", "write 2025-03-04 or 2025-04-03"),
        ("04/04/2025", "date.format", "write 2025-04-04"),
        ("31.12.25", "date.format", "write 2025-12-31"),
        ("12/31/2025", "date.format", "write 2025-12-31"),
        ("2025/3/4", "date.format", "write 2025-03-04"),
        ("20250304", "date.format", "write 2025-03-04"),
        ("4 March 2025", "date.format", "write 2025-03-04"),
        ("31/31/2025", "date.impossible", "no calendar has this day"),
        ("45720", "date.serial", "write 2025-03-04 (or 2029-03-05 if the workbook counts from 1904)"),
        ("next week", "date.wrong", "write year, month and day with hyphens"),
    ],
)
def test_date_fault__suggests_the_date(text: str, code: str, fix: str) -> None:
    fault = date_fault(text)
    assert (fault.code, fault.fix) == (code, fix)


def test_fold__names_the_first_and_counts_the_rest(tmp_path) -> None:
    rows = "".join(f"X{i} ,many\n" for i in range(100))
    findings = findings_of(tmp_path, {"products.csv": "product_id,value\nP1,1\nP2,2\n" + rows})
    errors = [f for f in findings if f.code == "number.wrong"]
    notes = [f for f in findings if f.code == "text.space"]
    assert (len(errors), sum(f.count for f in errors)) == (NAMED_MAX, 100)
    assert (len(notes), sum(f.count for f in notes)) == (REMARKS_MAX, 100)


def test_reference_findings__lanes_go_by_the_names_their_rule_gives(tmp_path) -> None:
    files = {
        "lanes.csv": "from_site,to_site,mode,product_id,lead_time\nF1,W1,road,,3\nW1,S1,,P1,1\n",
        "sources.csv": "site_id,product_id,lane_id\nW1,P1,F1>W1:road\nS1,P1,W1>S1:air:P1\nS1,P2,W1>S1:air\n",
    }
    finding = only(findings_of(tmp_path, files), "reference.unknown")
    assert (finding.row, finding.column, finding.found, finding.fix) == (4, "lane_id", "W1>S1:air", "did you mean W1>S1:air:P1?")
    names = names_by_rule("lanes", read_project(tmp_path)[0]["lanes"])["lane_id"].to_list()
    assert names == ["F1>W1:road", "W1>S1:P1"]


def test_reference_findings__identifiers_point_by_kind(tmp_path) -> None:
    rows = "site,F1,GLN,1\nproduct,P1,GTIN,2\nlane,W1>S1:road,ERP,3\nproduct,F1,GTIN,4\n"
    finding = only(findings_of(tmp_path, {"identifiers.csv": "object_kind,object_id,scheme,value\n" + rows}), "reference.unknown")
    assert (finding.row, finding.column, finding.found) == (5, "object_id", "F1")


def test_reference_findings__ids_of_an_unreadable_table_are_not_judged(tmp_path) -> None:
    assert errors_of(findings_of(tmp_path, {"sites.csv": ""})) == ["file.empty"]


def test_key_findings__rows_that_follow_one_another_are_no_duplicates(tmp_path) -> None:
    rows = "P1,1,,2025-06-30\nP1,2,2025-07-01,2025-12-31\nP1,3,2026-01-01,\nP2,2,,\nP1,9,2025-03-01,2025-03-31\n"
    finding = only(findings_of(tmp_path, {"products.csv": "product_id,value,valid_from,valid_to\n" + rows}), "key.duplicate")
    assert (finding.row, finding.found, finding.allowed) == (6, "P1 again", "once at any time; it is in row 2 too")


def test_names_of__nearest_among_very_many() -> None:
    names = names_of(f"PLANT-{i:06d}" for i in range(100_000))
    assert names.nearest("plant_012345") == "PLANT-012345"
    assert names.nearest("PLANT-O12345") == "PLANT-012345"
    assert names.nearest("warehouse") == ""
    assert names.nearest("") == ""


@given(st.lists(st.text(max_size=8), max_size=5), st.text(max_size=8))
def test_names_of__any_text(known: list[str], name: str) -> None:
    assert names_of(known).nearest(name) in ("", *known)


def test_shown__makes_the_invisible_visible() -> None:
    assert (shown("a"), shown(" a"), shown("a\tb"), shown(""), shown("x" * 100)) == (
        "a",
        "' a'",
        "'a\\tb'",
        "''",
        "x" * 57 + "...",
    )


def test_allowed_range__in_words() -> None:
    words = {allowed_range(column) for described in CATALOG for column in described.columns if column.low is not None}
    assert {"0 or more", "more than 0", "-90 to 90", "more than 0, at most 1"} <= words


def test_read_dates__day_counts_only_in_workbooks() -> None:
    described = table("sites")
    frame = pl.DataFrame({"site_id": ["A"], "valid_from": ["45720"]})
    rows = pl.Series("row", [2], dtype=pl.UInt32)
    for system, expected in (
        (DateSystem.NONE, None),
        (DateSystem.FROM_1900, date(2025, 3, 4)),
        (DateSystem.FROM_1904, date(2029, 3, 5)),
    ):
        typed = type_table(Sheet("sites", "x", frame, rows, system), described, folder=None)
        assert typed.frame["valid_from"][0] == expected


def test_read_project__settings_with_every_kind_of_value(tmp_path) -> None:
    text = (
        'name = "x"\nperiod = "Week"\ncurrency = "eur"\nstart = 2027-01-04\nhorizon = 52\nwarm_up = 60\nquantities = "integer"\n'
    )
    network, findings = read_project(write_files(tmp_path, {"chaintwin.toml": text}))
    assert (network.settings.period, network.settings.currency, network.settings.start) == ("week", "EUR", date(2027, 1, 4))
    finding = only(findings, "settings.warm_up")
    assert (finding.row, finding.column, finding.allowed) == (6, "warm_up", "less than the horizon, 52")


@pytest.mark.parametrize(
    ("where", "text", "fix"),
    [
        ("lanes.mode", "truck", "write road"),
        ("lanes.mode", "LKW", "write road"),
        ("lanes.mode", "Luftfracht", "write air"),
        ("sites.kind", "Lager", "write warehouse"),
        ("sites.kind", "Factory", "write plant"),
        ("stock_points.policy", "Min/Max", "write min_max"),
        ("stock_points.policy", "(s, S)", "write s_S"),
        ("stock_points.policy", "ROP", "write R_nQ"),
        ("stock_points.policy", "(R,Q)", "write R_nQ"),
        ("stock_points.policy", "spoon", "write one of these"),
        ("sources.kind", "Zukauf", "write buy"),
        ("calendars.weekday", "Montag", "write mon"),
        ("lanes.mode", "raod", "write road"),
        ("lanes.mode", "spoon", "write one of these"),
        ("demand.quantity", "eight", "write 8"),
        ("demand.quantity", "many", "write a number such as 8, or a law such as poisson(8)"),
        ("stock_points.service_target", "98", "write 0.98 if it is meant as a percentage"),
        ("stock_points.service_target", "100", "write 0.99999 if it is meant as a percentage"),
        ("lanes.duty_rate", "19", "write 0.19 if it is meant as a percentage"),
        ("sites.latitude", "95", ""),
        ("lanes.variable_cost", "-0.5", "write 0.5 if the sign is a slip"),
    ],
)
def test_type_table__suggests_what_a_word_or_number_means(where: str, text: str, fix: str) -> None:
    name, header = where.split(".")
    frame = pl.DataFrame({header: [text]})
    typed = type_table(Sheet(name, "x.csv", frame, pl.Series("row", [2], dtype=pl.UInt32)), table(name), folder=None)
    (finding,) = [finding for finding in typed.findings if finding.column == header]
    assert (finding.fix, finding.severity) == (fix, Severity.ERROR)


def test_words__are_found_by_the_search_and_mean_one_choice_of_a_column() -> None:
    for described in CATALOG:
        for column in described.columns:
            words = [word for choice in column.choices for word in WORDS.get(choice, "").split()]
            assert sorted(set(words)) == sorted(words), column.name
            assert all(word == plain_name(word) or word.startswith("(") for word in words), column.name
            assert not set(words) & {plain_name(choice) for choice in column.choices}, column.name


def test_catalog__amounts_of_money_are_not_negative() -> None:
    columns = [column for described in CATALOG for column in described.columns if column.unit.startswith("money")]
    assert len(columns) > 8
    assert [column.name for column in columns if column.low != 0] == []


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("\u0661\u0662", "write 12"),
        ("\u0661\u0662\u066b\u0665", "write 12.5"),
        ("\uff11\uff12", "write 12"),
        ("-\u0967", "write -1"),
    ],
)
def test_number_fault__digits_of_other_scripts(text: str, fix: str) -> None:
    fault = number_fault(text, table("products").column("value"))
    assert (fault.code, fault.allowed, fault.fix) == ("number.wrong", "0 or more, in digits from 0 to 9", fix)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9007199254740993", "integer.overflow"),
        ("1000000000000001", "integer.overflow"),
        ("-1000000000000001", "integer.overflow"),
        ("1000000000000000", ""),
        ("999999999999999.9", "integer.fraction"),
        ("1e-400", "number.underflow"),
        ("0e-400", ""),
    ],
)
def test_read_integers__to_the_last_unit(text: str, code: str) -> None:
    frame = pl.DataFrame({"site_id": ["S"], "product_id": ["p"], "priority": [text]})
    typed = type_table(Sheet("demand", "x.csv", frame, pl.Series("row", [2], dtype=pl.UInt32)), table("demand"), folder=None)
    assert [finding.code for finding in typed.findings] == ([code] if code else [])
    assert typed.frame["priority"][0] == (0 if code else int(float(text)))


@pytest.mark.parametrize(
    ("text", "code"),
    [("1e15", ""), ("1.1e15", "number.overflow"), ("1e-400", "number.underflow"), ("0.000e5", ""), ("-0.0", ""), ("5e-324", "")],
)
def test_read_numbers__largest_and_smallest(text: str, code: str) -> None:
    frame = pl.DataFrame({"product_id": ["p"], "value": [text]})
    typed = type_table(Sheet("products", "x.csv", frame, pl.Series("row", [2], dtype=pl.UInt32)), table("products"), folder=None)
    assert [finding.code for finding in typed.findings] == ([code] if code else [])
    assert typed.frame["value"][0] == (None if code else float(text))
