"""Looks into an XLSX file before it is opened: zip bombs, passwords, paths that lead outside, macros, external links."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from chaintwin.errors import Finding, Severity
from chaintwin.network.tables.files.sheet import DateSystem, fault

UNPACKED_BYTES_MAX = 1024 * 1024 * 1024
"""Largest size of all parts unpacked: a sheet of 1,000,000 rows and 15 columns takes about 800 MB of XML."""

RATIO_MAX = 400
RATIO_APPLIES_FROM_BYTES = 64 * 1024 * 1024
"""Unpacked to packed size above which a part is called a bomb. Sheets of equal rows reach 100; zip bombs start at 1000."""

PARTS_MAX = 10_000
CHUNK_BYTES = 4 * 1024 * 1024
INDEX_BYTES_MAX = 16 * 1024 * 1024
"""Largest list of sheets; one of 1,000 sheets takes 100 kB."""

OLE_MARK = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_MARK = "EncryptedPackage".encode("utf-16-le")
SAVE_AS_XLSX = "open it in a spreadsheet program and save it as .xlsx"

_MAIN = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"


@dataclass(frozen=True, slots=True)
class SheetPart:
    """One worksheet of a workbook.

    Parameters
    ----------
    name : as on its tab.
    part : path of its XML inside the file.
    is_hidden : not shown by the spreadsheet program.
    """

    name: str
    part: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was seen in a workbook without opening it in a spreadsheet reader.

    Parameters
    ----------
    sheets : its worksheets in their order; empty when the file must not be opened.
    dates : the day its serial dates count from.
    findings : faults and remarks about the file.
    """

    sheets: tuple[SheetPart, ...] = ()
    dates: DateSystem = DateSystem.FROM_1900
    findings: tuple[Finding, ...] = ()


def inspect_workbook(path: Path) -> Inspection:
    """Tell whether an XLSX file may be opened, and which worksheets it has.

    Every part is unpacked once in small pieces and counted, because the sizes a file states about itself need not be true.
    """
    file = path.name
    with path.open("rb") as stream:
        head = stream.read(8)
    if head == OLE_MARK:
        return _refused(_ole_fault(path))
    try:
        with zipfile.ZipFile(path) as archive:
            faults = _archive_faults(archive, file, packed_bytes=path.stat().st_size)
            return Inspection(findings=tuple(faults)) if faults else _inspect(archive, file)
    # zipfile reports unknown compression and passwords as RuntimeError.
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        OSError,
        ValueError,
        KeyError,
        ElementTree.ParseError,
    ) as error:
        return _refused(_broken(file, str(error)))


def pieces(archive: zipfile.ZipFile, part: str, *, end: bytes) -> Iterator[bytes]:
    """Yield a part in pieces that are cut after the given bytes, so that no element is torn apart."""
    rest = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            rest += chunk
            cut = rest.rfind(end)
            if cut >= 0:
                yield rest[: cut + len(end)]
                rest = rest[cut + len(end) :]
    yield rest


def _archive_faults(archive: zipfile.ZipFile, file: str, *, packed_bytes: int) -> list[Finding]:
    parts = archive.infolist()
    if len(parts) > PARTS_MAX:
        return [_bomb(file, f"{len(parts)} parts", f"at most {PARTS_MAX}")]
    for part in parts:
        if part.filename.startswith(("/", "\\")) or ".." in part.filename.replace("\\", "/").split("/") or ":" in part.filename:
            fix = "do not use this file; ask for it anew from its source"
            return [
                fault(
                    file, "workbook.path", found=f"a part named {part.filename!r}", allowed="parts inside the workbook", fix=fix
                )
            ]
        if part.flag_bits & 1:
            return [_password(file)]
    if sum(part.compress_size for part in parts) > packed_bytes:
        return [_bomb(file, "parts that overlap", "each part once")]
    if sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
        return [_bomb(file, "more than 1 GiB when unpacked", "at most 1 GiB")]
    names = {part.filename for part in parts}
    if _MAIN not in names:
        return [_other_format(file, names)]
    return _unpacking_faults(archive, file)


def _unpacking_faults(archive: zipfile.ZipFile, file: str) -> list[Finding]:
    total = 0
    for part in archive.infolist():
        size = 0
        with archive.open(part) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                if size == 0 and b"<!DOCTYPE" in chunk[:4096]:
                    fix = "do not use this file; ask for it anew from its source"
                    return [fault(file, "workbook.doctype", found="a document type declaration", allowed="plain parts", fix=fix)]
                size += len(chunk)
                if total + size > UNPACKED_BYTES_MAX:
                    return [_bomb(file, "more than 1 GiB when unpacked", "at most 1 GiB")]
                if size > RATIO_APPLIES_FROM_BYTES and size > RATIO_MAX * part.compress_size:
                    return [
                        _bomb(
                            file,
                            f"a part {size // max(part.compress_size, 1)} times its packed size",
                            f"at most {RATIO_MAX} times",
                        )
                    ]
        total += size
    return []


def _inspect(archive: zipfile.ZipFile, file: str) -> Inspection:
    for name in (_MAIN, _RELATIONS):
        if archive.getinfo(name).file_size > INDEX_BYTES_MAX:
            return _refused(_bomb(file, "a list of sheets of more than 16 MiB", "at most 16 MiB"))
    root = ElementTree.fromstring(archive.read(_MAIN))
    targets = {
        relation.get("Id", ""): relation.get("Target", "")
        for relation in ElementTree.fromstring(archive.read(_RELATIONS)).iter()
        if relation.get("Type", "").endswith("/worksheet")
    }
    names = set(archive.namelist())
    sheets = []
    dates = DateSystem.FROM_1900
    for element in root.iter():
        kind = element.tag.rsplit("}", 1)[-1]
        if kind == "workbookPr" and element.get("date1904", "0") in ("1", "true"):
            dates = DateSystem.FROM_1904
        elif kind == "sheet":
            key = next((value for name, value in element.attrib.items() if name.endswith("}id")), "")
            target = targets.get(key, "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            if target and part in names:
                sheets.append(SheetPart(element.get("name", ""), part, element.get("state", "visible") != "visible"))
    if not sheets:
        return _refused(_broken(file, "it has no worksheet"))
    return Inspection(tuple(sheets), dates, tuple(_remarks(names, file)))


def _remarks(names: set[str], file: str) -> list[Finding]:
    remarks = []
    if any(name.endswith("vbaProject.bin") for name in names):
        remarks.append(
            Finding(
                "workbook.macros", "macros; they are not run", "no macros", fix=SAVE_AS_XLSX, file=file, severity=Severity.WARNING
            )
        )
    if any(name.startswith("xl/externalLinks/") for name in names):
        found = "links to other files; their saved values are used"
        fix = "replace the links by values"
        remarks.append(Finding("workbook.links", found, "values of this workbook", fix=fix, file=file, severity=Severity.WARNING))
    return remarks


def _other_format(file: str, names: set[str]) -> Finding:
    if "content.xml" in names:
        return fault(file, "workbook.format", found="an OpenDocument file", allowed=".xlsx", fix=SAVE_AS_XLSX)
    if "xl/workbook.bin" in names:
        return fault(file, "workbook.format", found="a binary workbook (xlsb)", allowed=".xlsx", fix=SAVE_AS_XLSX)
    return _broken(file, "a zip file without a workbook inside")


def _ole_fault(path: Path) -> Finding:
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if ENCRYPTED_MARK in chunk:
                return _password(path.name)
    return fault(path.name, "workbook.format", found="an old workbook (xls)", allowed=".xlsx", fix=SAVE_AS_XLSX)


def _password(file: str) -> Finding:
    fix = "remove the password in a spreadsheet program and save it again"
    return fault(file, "workbook.encrypted", found="a workbook with a password", allowed="one without", fix=fix)


def _broken(file: str, reason: str) -> Finding:
    return fault(
        file, "workbook.broken", found=f"no readable workbook: {reason[:120]}", allowed="an XLSX workbook", fix=SAVE_AS_XLSX
    )


def _bomb(file: str, found: str, allowed: str) -> Finding:
    return fault(
        file, "workbook.bomb", found=found, allowed=allowed, fix="split the workbook, or write the tables as CSV or Parquet"
    )


def _refused(finding: Finding) -> Inspection:
    return Inspection(findings=(finding,))
