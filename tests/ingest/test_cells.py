from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import InputError
from chaintwin.ingest import import_log
from chaintwin.ingest.shipment_log.cells.classifying import looks_like_decimal_comma, read_dates, read_numbers
from chaintwin.ingest.shipment_log.cells.reading import find_tables, read_cells


def numbers(*cells: str | None, comma: bool = False, words: dict[str, str] | None = None, pattern: str = "") -> pl.DataFrame:
    series = pl.Series("x", cells, dtype=pl.String)
    return read_numbers(series, words=words or {}, pattern=pattern, decimal_comma=comma).frame


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12.0),
        ("-3.5", -3.5),
        ("1,234,567.5", 1234567.5),
        ("$ 1,200", 1200.0),
        ("1e3", 1000.0),
        ("1'000", 1000.0),
        (".5", 0.5),
    ],
)
def test_read_numbers__spellings(cell: str, value: float) -> None:
    assert numbers(cell)["value"].to_list() == [value]


@pytest.mark.parametrize("cell", ["nan", "inf", "1e400", "1,5", "12 pieces", "--1", "1.2.3", "0x10"])
def test_read_numbers__no_number(cell: str) -> None:
    frame = numbers(cell)
    assert frame["value"].to_list() == [None]
    assert frame["kind"].to_list() == ["unread"]


@given(st.floats(min_value=-1e9, max_value=1e9).map(lambda value: round(value, 2)))
def test_read_numbers__decimal_comma(value: float) -> None:
    cell = f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")
    assert numbers(cell, comma=True)["value"].to_list() == [value]


def test_read_numbers__kinds_are_told_apart() -> None:
    pattern = r"^See (?P<document>\S+) \(ID#:(?P<id>\d+)\)$"
    frame = numbers("5", None, "Included", "See ASN-1 (ID#:7)", "what", words={"Included": "included"}, pattern=pattern)
    assert frame["kind"].to_list() == ["value", "blank", "word", "reference", "unread"]
    assert frame["reference"].to_list()[3] == "7"
    assert frame["reference_document"].to_list()[3] == "ASN-1"


def test_read_numbers__word_that_looks_like_a_number() -> None:
    assert numbers("0", "3", words={"0": "not_measured"})["value"].to_list() == [None, 3.0]


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["2024-02-03", None], [date(2024, 2, 3), None]),
        (["13/02/2024", "01/02/2024"], [date(2024, 2, 13), date(2024, 2, 1)]),
        (["2/13/24", "2/1/24"], [date(2024, 2, 13), date(2024, 2, 1)]),
        (["3.2.2024", "2024-02-04 10:30:00"], [date(2024, 2, 3), date(2024, 2, 4)]),
        (["2-Jun-06", "30-Jun-06"], [date(2006, 6, 2), date(2006, 6, 30)]),
        (["45325", "45326"], [date(2024, 2, 3), date(2024, 2, 4)]),
        (["0024-02-03", "soon"], [None, None]),
        (["01/13/2024 14:00", "01/02/2024 02:00 PM"], [date(2024, 1, 13), date(2024, 1, 2)]),
        (["03/13/24 12:00 AM", "03/08/24"], [date(2024, 3, 13), date(2024, 3, 8)]),
        (["05.01.2024 09:30", "6.1.2024 um 9:30 Uhr"], [date(2024, 1, 5), date(2024, 1, 6)]),
        (["2024-01-05T23:30:00Z", "2024-01-05T23:30:00-05:00"], [date(2024, 1, 5), date(2024, 1, 5)]),
        (["2024-01-05 09:30:00.123 +0100", "20240106093000"], [date(2024, 1, 5), date(2024, 1, 6)]),
        (["Jan 05, 2024", "January 6th, 2024 2:00 p.m."], [date(2024, 1, 5), date(2024, 1, 6)]),
        (["5 Jan 2024", "Fri, 6 Sept 2024"], [date(2024, 1, 5), date(2024, 9, 6)]),
        (["Fri, Jan 5th 2024", "Jan-06-2024"], [date(2024, 1, 5), date(2024, 1, 6)]),
        (["Fr 05.01.2024", "06.01.2024"], [date(2024, 1, 5), date(2024, 1, 6)]),
        (["5. Januar 2024", "Fr. 6. Dez. 2024"], [date(2024, 1, 5), date(2024, 12, 6)]),
        (["05-Mär-24", "06-OKT-24"], [date(2024, 3, 5), date(2024, 10, 6)]),
        (["05-JAN-24 02.00.00.000000 PM", "05JAN2024"], [date(2024, 1, 5), date(2024, 1, 5)]),
        (["05.01.2024 25:00", "5 Foo 2024", "Mars 12 2024", "12.50"], [None, None, None, None]),
    ],
)
def test_read_dates__formats(cells: list[str | None], days: list[date | None]) -> None:
    read = read_dates(pl.Series("d", cells, dtype=pl.String), words={})
    assert read.frame["value"].to_list() == days
    assert not read.is_ambiguous


def test_read_dates__day_and_month_cannot_be_told_apart() -> None:
    series = pl.Series("d", ["01/02/2024", "03/04/2024"])
    assert read_dates(series, words={}).is_ambiguous
    given_format = read_dates(series, words={}, given_format="%d/%m/%Y")
    assert not given_format.is_ambiguous
    assert given_format.frame["value"].to_list() == [date(2024, 2, 1), date(2024, 4, 3)]


def test_read_dates__day_and_month_with_a_clock_time_cannot_be_told_apart_either() -> None:
    series = pl.Series("d", ["01/02/2024 14:00", "03/04/2024 09:00 AM"])
    assert read_dates(series, words={}).is_ambiguous
    for form in ("%d/%m/%Y", "%d/%m/%Y %H:%M"):
        assert read_dates(series, words={}, given_format=form).frame["value"].to_list() == [date(2024, 2, 1), date(2024, 4, 3)]


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("%m/%d/%y %I:%M %p", "03/08/24 01:00 PM"),
        ("%b %d, %Y", "Mar 08, 2024 10:00"),
        ("%H:%M %d.%m.%Y", "09:30 08.03.2024"),
        ("%d|%m|%Y", "08|03|2024"),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-03-08T23:30:00-05:00"),
        ("%d. %B %Y", "8. März 2024"),
    ],
)
def test_read_dates__given_format(form: str, cell: str) -> None:
    assert read_dates(pl.Series("d", [cell]), words={}, given_format=form).frame["value"].to_list() == [date(2024, 3, 8)]


def test_read_dates__year_out_of_range() -> None:
    cells = ["1924-06-01", "9999-12-31", "01.06.1924", "2024-01-02", "2/13/24", "soon", None]
    frame = read_dates(pl.Series("d", cells), words={}).frame
    assert [bool(cell) for cell in frame["is_outside"]] == [True, True, True, False, False, False, False]


def test_read_cells__whole_numbers_and_days_of_spreadsheets(tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"
    pl.DataFrame({"id": [1.0, 2.5], "day": [date(2024, 2, 3), None], "text": [" a ", ""]}).write_excel(path)
    table = read_cells(path)
    assert table.frame.to_dict(as_series=False) == {"id": ["1", "2.5"], "day": ["2024-02-03", None], "text": ["a", None]}
    assert table.rows.to_list() == [2, 3]


def test_import_log__parquet_column_of_a_type_that_is_not_read(tmp_path: Path) -> None:
    frame = pl.DataFrame({"product": ["lamp"], "waited": [timedelta(days=3)], "parts": [[1, 2]]})
    frame.write_parquet(tmp_path / "log.parquet")
    with pytest.raises(InputError) as caught:
        import_log(tmp_path / "log.parquet")
    assert {(finding.code, finding.column) for finding in caught.value.findings} == {
        ("type.other", "waited"),
        ("type.nested", "parts"),
    }


@pytest.mark.parametrize(
    ("name", "data"), [("a.csv", b""), ("a.xlsx", b"PK\x03\x04"), ("a.parquet", b"PAR1"), ("a.pdf", b"%PDF")]
)
def test_read_cells__unreadable(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError):
        read_cells(tmp_path / name)


def test_find_tables__notes_beside_the_log(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "LICENSE.txt", "notes.md", ".hidden.csv", "~$a.xlsx"):
        (tmp_path / name).write_text("x\n1\n", encoding="utf-8")
    assert [path.name for path in find_tables(tmp_path)] == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("cells", "is_comma"),
    [
        (["12,50"], True),
        (["0,040", "1,200"], True),
        (["1,200"], False),
        (["1.200"], False),
        (["1.200,5"], True),
        (["1,5", "1.5"], False),
        (["1234,5"], True),
        (["0.040", "1,5"], False),
    ],
)
def test_looks_like_decimal_comma(cells: list[str], is_comma: bool) -> None:
    assert looks_like_decimal_comma(pl.Series("x", cells)) == is_comma


def test_read_numbers__group_of_thousands_does_not_begin_with_zero() -> None:
    assert numbers("0,040", "1,040")["value"].to_list() == [None, 1040.0]
