"""Workbooks: what a spreadsheet can hide, each told with its cell; files that must not be opened at all."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from chaintwin.errors import InputError, Severity
from chaintwin.network.tables.files import workbook_safety
from chaintwin.network.tables.reading import read, read_project
from tests.network.tables.projects import assert_same, clean_sheets, errors_of, only, workbook, write_files


def test_read_project__clean_workbook_equals_clean_folder(tmp_path: Path) -> None:
    network, findings = read_project(workbook(tmp_path / "net.xlsx", clean_sheets()))
    assert findings == []
    assert_same(network, read(write_files(tmp_path / "folder", {})))


def test_read_project__folder_with_one_workbook(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    workbook(folder / "anything.xlsx", clean_sheets())
    assert read(folder)["sites"].height == 3


def test_read_project__two_workbooks_in_a_folder(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", clean_sheets())
    workbook(tmp_path / "b.xlsx", clean_sheets())
    assert only(read_project(tmp_path)[1], "workbook.twice").found == "2 workbooks: a.xlsx, b.xlsx"


def test_read_project__workbook_beside_tables_is_not_used(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "project", {})
    workbook(folder / "old.xlsx", clean_sheets())
    finding = only(read_project(folder)[1], "workbook.unused")
    assert (finding.file, finding.severity) == ("old.xlsx", Severity.WARNING)


def test_read_project__dates_and_day_counts_of_both_systems(tmp_path: Path) -> None:
    for system in (False, True):
        sheets = clean_sheets()
        count = (date(2025, 3, 4) - (date(1904, 1, 1) if system else date(1899, 12, 30))).days
        sheets["products"] = [
            ["product_id", "valid_from", "valid_to"],
            ["P1", date(2025, 3, 4), date(2026, 3, 4)],
            ["P2", count, None],
        ]
        path = workbook(tmp_path / f"{system}.xlsx", sheets, options={"date_1904": system})
        network, findings = read_project(path)
        assert network["products"]["valid_from"].to_list() == [date(2025, 3, 4)] * 2
        assert network["products"]["valid_to"].to_list() == [date(2026, 3, 4), None]
        note = only(findings, "date.serial")
        assert (note.file, note.row, note.column, note.severity) == (f"{system}.xlsx[products]", 3, "valid_from", Severity.NOTE)


def test_read_project__numbers_as_text_and_ids_as_numbers(tmp_path: Path) -> None:
    sheets = clean_sheets()
    sheets["products"] = [["product_id", "value"], ["P1", 4], ["P2", "2.5"], ["007", 1], [4012345678901, 0.1]]
    network, findings = read_project(workbook(tmp_path / "net.xlsx", sheets))
    assert errors_of(findings) == []
    assert network["products"]["product_id"].to_list() == ["P1", "P2", "007", "4012345678901"]
    assert network["products"]["value"].to_list() == [4.0, 2.5, 1.0, 0.1]


def test_read_project__blank_rows_keep_the_row_numbers(tmp_path: Path) -> None:
    sheets = clean_sheets()
    sheets["products"] = [["product_id", "value"], ["P1", 4], [], [], ["P2", -1]]
    finding = only(read_project(workbook(tmp_path / "net.xlsx", sheets))[1], "number.range")
    assert (finding.file, finding.row, finding.column) == ("net.xlsx[products]", 5, "value")


def test_read_project__merged_cells(tmp_path: Path) -> None:
    book = _openpyxl_book()
    book["sites"].merge_cells("B2:B3")
    finding = only(_findings(book, tmp_path), "cell.merged")
    assert (finding.file, finding.row, finding.found, finding.severity) == (
        "net.xlsx[sites]",
        2,
        "merged cells B2:B3",
        Severity.ERROR,
    )


def test_read_project__formula_without_value(tmp_path: Path) -> None:
    book = _openpyxl_book()
    book["products"]["B2"] = "=1+3"
    finding = only(_findings(book, tmp_path), "cell.uncalculated")
    assert (finding.file, finding.row, finding.found) == ("net.xlsx[products]", 2, "a formula without its value in B2")


def test_read_project__formula_with_value(tmp_path: Path) -> None:
    book = io.BytesIO()
    _openpyxl_book().save(book)
    xml = b'<c r="B2"><f>1+3</f><v>4</v></c><c r="C2" t="str"><f>IF(1,"","x")</f><v></v></c>'
    path = _with_part(
        book.getvalue(), tmp_path / "net.xlsx", "xl/worksheets/sheet3.xml", lambda old: _replace_cell(old, b"B2", xml)
    )
    network, findings = read_project(path)
    note = only(findings, "cell.formula")
    assert (note.row, note.count, note.severity) == (2, 2, Severity.NOTE)
    assert "B2" in note.found
    assert errors_of(findings) == []
    assert network["products"]["value"].to_list() == [4.0, 2.5]


def test_read_project__error_value_in_a_cell(tmp_path: Path) -> None:
    book = io.BytesIO()
    _openpyxl_book().save(book)
    xml = b'<c r="B3" t="e"><v>#DIV/0!</v></c>'
    path = _with_part(
        book.getvalue(), tmp_path / "net.xlsx", "xl/worksheets/sheet3.xml", lambda old: _replace_cell(old, b"B3", xml)
    )
    finding = only(read_project(path)[1], "cell.error")
    assert (finding.row, finding.found) == (3, "#DIV/0! in B3")


def test_read_project__hidden_sheet(tmp_path: Path) -> None:
    book = _openpyxl_book()
    book["lanes"].sheet_state = "veryHidden"
    finding = only(_findings(book, tmp_path), "sheet.hidden")
    assert (finding.file, finding.severity) == ("net.xlsx[lanes]", Severity.WARNING)


def test_read_project__sheet_named_like_a_path_is_only_a_name(tmp_path: Path) -> None:
    book = io.BytesIO()
    _openpyxl_book().save(book)
    path = _with_part(
        book.getvalue(),
        tmp_path / "net.xlsx",
        "xl/workbook.xml",
        lambda old: old.replace(b'name="demand"', b'name="../../demand"'),
    )
    findings = read_project(path)[1]
    finding = only(findings, "table.unknown")
    assert finding.file == "net.xlsx[../../demand]"
    assert only(findings, "table.missing").file == "demand"


def test_read_project__part_that_leads_outside(tmp_path: Path) -> None:
    path = workbook(tmp_path / "net.xlsx", clean_sheets())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/../../outside.xml", "x")
    assert only(read_project(path)[1], "workbook.path").found == "a part named 'xl/../../outside.xml'"
    assert not (tmp_path.parent / "outside.xml").exists()


def test_read_project__zip_bomb_by_ratio(tmp_path: Path) -> None:
    path = workbook(tmp_path / "net.xlsx", clean_sheets())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b" " * (80 * 2**20))
    finding = only(read_project(path)[1], "workbook.bomb")
    assert finding.allowed == f"at most {workbook_safety.RATIO_MAX} times"


def test_read_project__zip_bomb_by_size(tmp_path: Path) -> None:
    path = workbook(tmp_path / "net.xlsx", clean_sheets())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"")
    # A forged directory may claim any size; claiming a terabyte is enough to be refused before anything is unpacked.
    data = path.read_bytes()
    at = data.rindex(b"xl/bomb.xml") - 46
    path.write_bytes(data[: at + 24] + (0xF0000000).to_bytes(4, "little") + data[at + 28 :])
    assert only(read_project(path)[1], "workbook.bomb").found == "more than 1 GiB when unpacked"


def test_read_project__forged_size_of_a_part(tmp_path: Path) -> None:
    path = workbook(tmp_path / "net.xlsx", clean_sheets())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b" " * 2**20)
    data = path.read_bytes()
    at = data.rindex(b"xl/bomb.xml") - 46
    path.write_bytes(data[: at + 24] + (10).to_bytes(4, "little") + data[at + 28 :])
    assert errors_of(read_project(path)[1]) == ["workbook.broken"]


def test_read_project__workbook_with_password(tmp_path: Path) -> None:
    path = tmp_path / "net.xlsx"
    path.write_bytes(workbook_safety.OLE_MARK + b"\0" * 1000 + workbook_safety.ENCRYPTED_MARK)
    assert (
        only(read_project(path)[1], "workbook.encrypted").fix == "remove the password in a spreadsheet program and save it again"
    )


@pytest.mark.parametrize("name", ["net.xls", "net.ods", "net.xlsm", "net.xlsb", "net.csv", "net.docx", "net"])
def test_read_project__other_single_files_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert only(read_project(tmp_path / name)[1], "project.format").file == name


def test_read_project__old_and_foreign_formats_under_a_wrong_name(tmp_path: Path) -> None:
    old = tmp_path / "old.xlsx"
    old.write_bytes(workbook_safety.OLE_MARK + b"\0" * 1000)
    assert only(read_project(old)[1], "workbook.format").found == "an old workbook (xls)"
    for part, found in (("content.xml", "an OpenDocument file"), ("xl/workbook.bin", "a binary workbook (xlsb)")):
        path = tmp_path / "other.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(part, "x")
        assert only(read_project(path)[1], "workbook.format").found == found


def test_read_project__macros_and_links_are_not_run(tmp_path: Path) -> None:
    path = workbook(tmp_path / "net.xlsx", clean_sheets())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
        archive.writestr("xl/externalLinks/externalLink1.xml", b"<x/>")
    findings = read_project(path)[1]
    assert [finding.code for finding in findings] == ["workbook.macros", "workbook.links"]
    assert {finding.severity for finding in findings} == {Severity.WARNING}


def test_read_project__document_type_in_a_part(tmp_path: Path) -> None:
    path = workbook(tmp_path / "net.xlsx", clean_sheets())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/extra.xml", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    assert errors_of(read_project(path)[1]) == ["workbook.doctype"]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_read__no_workbook_at_all(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path)
    assert [finding.code for finding in caught.value.findings] == ["workbook.broken"]


def test_read_project__empty_sheet(tmp_path: Path) -> None:
    sheets = clean_sheets()
    sheets["demand"] = []
    assert only(read_project(workbook(tmp_path / "net.xlsx", sheets))[1], "file.empty").file == "net.xlsx[demand]"


def test_read_project__settings_sheet_with_a_fault(tmp_path: Path) -> None:
    sheets = clean_sheets()
    sheets["project"] = [["key", "value"], ["start", date(2027, 1, 4)], ["horizon", 52], ["period", "weak"]]
    network, findings = read_project(workbook(tmp_path / "net.xlsx", sheets))
    finding = only(findings, "settings.value")
    assert (finding.file, finding.row, finding.column, finding.fix) == ("net.xlsx[project]", 4, "period", "write week")
    assert (network.settings.start, network.settings.horizon) == (date(2027, 1, 4), 52)


def _openpyxl_book() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in clean_sheets().items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    return book


def _findings(book: openpyxl.Workbook, folder: Path) -> list:
    book.save(folder / "net.xlsx")
    return read_project(folder / "net.xlsx")[1]


def _with_part(data: bytes, path: Path, part: str, change) -> Path:
    """Write a workbook anew with one part changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == part else content)
    return path


def _replace_cell(xml: bytes, cell: bytes, content: bytes) -> bytes:
    start = xml.index(b'<c r="' + cell)
    end = xml.index(b"</c>", start) + 4
    return xml[:start] + content + xml[end:]
