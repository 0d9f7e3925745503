"""Logs laid out as people leave them: titles above, sums below, figures that read two ways, a mapping with many faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.ingest import ImportResult, find_mapping, import_log, parse_mapping
from chaintwin.ingest.shipment_log.cells.reading import read_cells
from chaintwin.network.tables.files.sheet import header_row
from tests.ingest.logs import ENGLISH_LOG, write_log

HEADER = ["LS-Nr", "Artikelnr", "Bezeichnung", "Warenempf.", "Abgang", "BestDat", "WE-Dat", "Menge", "EP netto", "Versand"]
LINES = [
    ["1", "A1", "Pumpe", "Wien", "Graz", "01.02.2024", "14.02.2024", "5", "12,50", "LKW"],
    ["2", "A2", "Ventil", "Linz", "Graz", "03.02.2024", "15.02.2024", "1.200", "2,50", "LKW"],
    ["3", "A1", "Pumpe", "Wien", "Graz", "05.02.2024", "18.02.2024", "7", "12,50", "Bahn"],
]
SUM = ["Summe:", "", "", "", "", "", "", "1.212", "", ""]
MEANING = {
    "document": ("LS-Nr",),
    "product": ("Artikelnr",),
    "origin": ("Abgang",),
    "destination": ("Warenempf.",),
    "mode": ("Versand",),
    "ordered": ("BestDat",),
    "delivered": ("WE-Dat",),
    "quantity": ("Menge",),
    "unit_price": ("EP netto",),
}
TITLES = {
    "padded": ["Lieferungen 2024;;;;;;;;;", ";;;;;;;;;"],
    "bare": ["Lieferungen 2024"],
    "blank rows": ["", "", ""],
    "keys": ["Stand:;15.03.2024", "Werk:;Graz", ""],
    "a comma": ["Lieferungen, nach Kunden, 2024", '"Firma, Werk Graz, Halle ""3"""'],
}


def found(result: ImportResult, code: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.code == code]


def refused(path: Path, **options: Any) -> set[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        import_log(path, **options)
    return {(finding.file, finding.column) for finding in caught.value.findings}


@pytest.mark.parametrize("above", list(TITLES))
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_import_log__title_above_and_sum_below(above: str, ending: str, tmp_path: Path) -> None:
    rows = [*TITLES[above], *(";".join(cells) for cells in (HEADER, *LINES, SUM))]
    path = write_log(tmp_path, ending.join(rows) + ending)
    result = import_log(path)
    assert result.mapping.columns == MEANING
    assert result.report.facts["rows"] == len(LINES)
    assert result.report.facts["total_quantity"] == 1212
    (title,) = found(result, "file.title")
    assert (title.row, title.severity) == (len(TITLES[above]) + 1, Severity.NOTE)
    (total,) = found(result, "log.totals")
    assert (total.row, total.count, total.severity) == (len(rows), 1, Severity.NOTE)
    assert "Summe:" in total.found


def test_import_log__title_of_merged_cells_in_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Export")
        sheet.merge_range(0, 0, 1, 9, "Lieferungen 2024")
        for row, cells in enumerate([HEADER, *LINES, SUM], start=3):
            sheet.write_row(row, 0, cells)
    result = import_log(path)
    assert result.mapping.columns == MEANING
    assert result.report.facts["total_quantity"] == 1212
    assert found(result, "file.title")[0].row == 4
    assert found(result, "log.totals")[0].row == 8


def test_read_cells__row_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    table = read_cells(write_log(tmp_path, "Title\n\nProduct,To,Qty\nA,B,1\n\nA,C,2\n"))
    assert table.rows.to_list() == [4, 6]


def test_read_cells__faults_below_a_title_are_where_they_are(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_cells(write_log(tmp_path, "Title\n\nProduct,To,Qty\nA,B,1\nA,C,2,9\n"))
    (finding,) = caught.value.findings
    assert (finding.code, finding.row) == ("row.ragged", 5)


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        ([["a", "b", "c"], ["1", "2", "3"]], 0),
        ([["a", "", ""], ["x", "y", "z"], ["1", "2", "3"]], 1),
        ([["", "", ""], ["2024", "1", "2"], ["x", "y", "z"]], 2),
        ([["a", None, None], ["x", "x", "y"], ["1", "2", "3"]], 0),
        ([["only"], ["one"], ["column"]], 0),
        ([], 0),
    ],
)
def test_header_row(rows: list[list[str | None]], index: int) -> None:
    assert header_row(rows) == index


def test_import_log__a_place_called_total_is_no_sum(tmp_path: Path) -> None:
    lines = [[cell if place != 3 else "Total" for place, cell in enumerate(line)] for line in LINES]
    path = write_log(tmp_path, "\n".join(";".join(cells) for cells in (HEADER, *lines)) + "\n")
    result = import_log(path)
    assert result.report.facts["rows"] == 3
    assert not found(result, "log.totals")


@pytest.mark.parametrize(
    ("quantities", "weights", "said", "total"),
    [
        (("1.200", "1.500", "900"), ("1.5", "2", "3"), set(), 903.0 - 0.3),
        (("1.200", "1.500", "900"), ("1,5", "2", "3"), set(), 3600),
        (("1.200", "1.500", "900"), ("1.500", "2.500", "3.500"), {"Qty", "Weight kg"}, 3600),
        (("1200", "1500", "900"), ("1.500", "2.500", "3.500"), {"Weight kg"}, 3600),
        (("0.200", "1.500", "900"), ("1", "2", "3"), set(), 901.7),
        (("1200", "1500", "900"), ("1", "2", "3"), set(), 3600),
    ],
)
def test_import_log__numbers_that_read_two_ways(
    quantities: tuple[str, ...], weights: tuple[str, ...], said: set[str], total: float, tmp_path: Path
) -> None:
    lines = [f"A;Graz;Wien;2024-01-0{n + 1};2024-01-0{n + 4};{quantities[n]};{weights[n]}" for n in range(3)]
    path = write_log(tmp_path, "\n".join(["Product;From;To;Order Date;Arrived;Qty;Weight kg", *lines]) + "\n")
    result = import_log(path)
    warned = found(result, "log.number_ambiguous")
    assert {finding.column for finding in warned} == said
    assert all(finding.severity is Severity.WARNING for finding in warned)
    assert result.report.facts["total_quantity"] == pytest.approx(total)
    # A mapping that somebody has looked at settles it.
    text = "\n".join(part for part in find_mapping(path).to_toml().splitlines() if "confidence" not in part)
    assert not found(import_log(path, mapping=parse_mapping(text)), "log.number_ambiguous")


def test_import_log__mapping_with_many_faults_names_all_of_them_and_its_absent_columns(tmp_path: Path) -> None:
    path = write_log(tmp_path, "\n".join(";".join(cells) for cells in (HEADER, *LINES)) + "\n")
    mapping = tmp_path / "faulty.toml"
    mapping.write_text(
        'name = 3\nkind = "transactions"\n[columns]\nproduct = "Artikel"\ndestination = "Warenempf."\nnonsense = "x"\n'
        'origin = "Ort"\nordered = "BestDat"\nquantity = "Menge"\n[mode]\na = "b"\n[numbers]\ndecimal_commas = "Menge"\n',
        encoding="utf-8",
    )
    own = {("faulty.toml", column) for column in ("name", "", "columns", "numbers")}
    assert refused(path, mapping=mapping) == own | {("log.csv", "product"), ("log.csv", "origin")}


def test_import_log__section_of_the_wrong_type_is_said_once(tmp_path: Path) -> None:
    path = write_log(tmp_path, "\n".join(";".join(cells) for cells in (HEADER, *LINES)) + "\n")
    mapping = tmp_path / "faulty.toml"
    mapping.write_text('name = "x"\nkind = "transactions"\ncolumns = "Menge"\n', encoding="utf-8")
    assert refused(path, mapping=mapping) == {("faulty.toml", "columns")}


def test_import_log__unknown_word_of_a_mode_names_the_header(tmp_path: Path) -> None:
    lines = [*LINES, *LINES, [*LINES[0][:9], "Schlitten"]]
    result = import_log(write_log(tmp_path, "\n".join(";".join(cells) for cells in (HEADER, *lines)) + "\n"))
    assert found(result, "log.mode_unknown")[0].column == "Versand"


ENGLISH = [line.split(",") for line in ENGLISH_LOG.splitlines()]


def workbook(path: Path, hidden: tuple[str, ...] = (), **sheets: list[list[str]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                sheet.write_row(row, 0, cells)
            if name in hidden:
                sheet.hide()
    return path


def test_import_log__sheets_with_the_same_columns_are_one_log(tmp_path: Path) -> None:
    swapped = [[cells[1], cells[0], *cells[2:], "x"] for cells in ENGLISH]
    path = workbook(tmp_path / "log.xlsx", Q1=ENGLISH[:3], Q2=[ENGLISH[0], *ENGLISH[3:5]], Q3=[swapped[0], swapped[5]])
    result = import_log(path)
    assert result.report.facts["rows"] == 5
    assert result.report.facts["total_quantity"] == 365
    (note,) = found(result, "log.sheets_read")
    assert "Q1, Q2, Q3" in note.found
    assert not found(result, "log.sheets_unread")


@pytest.mark.parametrize("mapped", [False, True])
def test_import_log__a_cover_sheet_is_not_the_log(mapped: bool, tmp_path: Path) -> None:
    cover = [["Report of shipments"], ["made by nobody"]]
    wide = [[f"note {place}" for place in range(12)], ["x"] * 12]
    sheets = {"Cover": cover, "Notes": wide, "Data": ENGLISH, "Old": ENGLISH, "Blank": []}
    path = workbook(tmp_path / "log.xlsx", hidden=("Old",), **sheets)
    mapping = parse_mapping(find_mapping(write_log(tmp_path, ENGLISH_LOG)).to_toml()) if mapped else None
    result = import_log(path, mapping=mapping)
    assert result.report.facts["rows"] == 5
    (warning,) = found(result, "log.sheets_unread")
    assert warning.severity is Severity.WARNING
    assert "Cover, Notes, Old (hidden)" in warning.found
    assert "Blank" not in warning.found


def test_import_log__sheets_that_a_mapping_names(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", hidden=("Q3",), Q1=ENGLISH, Q2=ENGLISH[:3], Q3=ENGLISH[:2])
    text = find_mapping(path).to_toml()
    for entry, rows in (('"Q2"', 2), ('["Q2", "Q3"]', 3)):
        mapping = parse_mapping(f"sheet = {entry}\n{text}")
        assert parse_mapping(mapping.to_toml()).sheets == mapping.sheets
        result = import_log(path, mapping=mapping)
        assert result.report.facts["rows"] == rows
        assert not found(result, "log.sheets_unread")
    with pytest.raises(InputError) as caught:
        import_log(path, mapping=parse_mapping(f'sheet = "Q9"\n{text}'))
    (finding,) = caught.value.findings
    assert (finding.code, finding.allowed) == ("log.sheet_absent", "one of Q1, Q2, Q3")
    with pytest.raises(InputError) as caught:
        parse_mapping(f"sheet = 2\n{text}")
    assert {finding.column for finding in caught.value.findings} == {"sheet"}


@pytest.mark.parametrize(
    "word", ["Summe", "Zwischensumme 03/2024", "Total Q1", "Q1 total", "Summe Januar", "Subtotal for Wien", "KW 12 Summe"]
)
def test_import_log__sums_of_a_period_and_rows_of_sums_that_are_short(word: str, tmp_path: Path) -> None:
    rows = [*LINES, [word, "", "", "", "", "", "", "1.212"]]
    path = write_log(tmp_path, "\n".join(";".join(cells) for cells in (HEADER, *rows)) + "\n")
    result = import_log(path)
    assert result.report.facts["total_quantity"] == 1212
    assert [(finding.row, finding.count) for finding in found(result, "log.totals")] == [(5, 1)]


@pytest.mark.parametrize("word", ["Sumatra", "Total Wine", "Summerville 3", "Saldo Verde"])
def test_import_log__short_rows_of_shipments_are_refused(word: str, tmp_path: Path) -> None:
    # Where a separator is missing inside a row, its cells would stand under other headers.
    rows = [*LINES, [word, "A1", "", "Wien", "Graz", "05.02.2024"]]
    with pytest.raises(InputError) as caught:
        import_log(write_log(tmp_path, "\n".join(";".join(cells) for cells in (HEADER, *rows)) + "\n"))
    (finding,) = caught.value.findings
    assert (finding.code, finding.row, finding.found) == ("row.ragged", 5, "6 cells")


def test_import_log__a_file_with_another_header_is_named_with_what_it_calls_the_column(tmp_path: Path) -> None:
    write_log(tmp_path, ENGLISH_LOG, name="m0.csv")
    write_log(tmp_path, ENGLISH_LOG.replace("Delivered", "Arrival"), name="m1.csv")
    with pytest.raises(InputError) as caught:
        import_log(tmp_path)
    (finding,) = caught.value.findings
    assert (finding.code, finding.file) == ("mapping.column_absent", "m1.csv")
    assert "m0.csv" in finding.found
    assert 'rename "Arrival" to "Delivered" in m1.csv' in finding.fix
    assert "Order Date" not in finding.fix


def test_import_log__an_absent_column_is_no_column_that_means_something_else(tmp_path: Path) -> None:
    mapping = parse_mapping(find_mapping(write_log(tmp_path, ENGLISH_LOG)).to_toml())
    with pytest.raises(InputError) as caught:
        import_log(write_log(tmp_path, ENGLISH_LOG.replace("Delivered", "Delivery Date")), mapping=mapping)
    assert [finding.fix for finding in caught.value.findings] == ["did you mean Delivery Date?"]
    with pytest.raises(InputError) as caught:
        import_log(
            write_log(tmp_path, ENGLISH_LOG.replace("Order Date", "When").replace("Delivered", "Order Dates")), mapping=mapping
        )
    fixes = {finding.column: finding.fix for finding in caught.value.findings}
    assert fixes["ordered"] == "did you mean Order Dates?"
    assert fixes["delivered"].startswith("did you mean") is False


def test_import_log__nothing_is_said_of_no_line(tmp_path: Path) -> None:
    header = "Shipment,SKU,From,To,Order Date,Due Date,Delivered,Qty"
    lines = [f"{n},bolt,Mill,Depot,2024-01-{n:02d},2024-01-{n + 5:02d},2024-01-{n + 3:02d},5" for n in range(1, 20)]
    result = import_log(write_log(tmp_path, "\n".join([header, *lines]) + "\n"))
    assert not [finding for finding in found(result, "log.promised_outside") if finding.found.startswith("0 ")]
