"""The page of findings names every code there is, in the words of the program."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from chaintwin.network.doctor import CODES
from chaintwin.network.tables.catalog import CATALOG
from tests.shared_data import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "findings.md"
SOURCE = REPOSITORY / "src" / "chaintwin"
ROOMS = ("laws", "network", "ingest", "simulation", "fidelity", "risk", "events", "store", "twin", "guard", "serve")
CODE = re.compile(r"[a-z_]{2,}\.[a-z_]+")
FILE_ENDINGS = ("checkpoint", "csv", "geojson", "json", "md", "npy", "npz", "parquet", "py", "toml", "xlsx", "xml")
COLUMNS = {f"{table.name}.{column.name}" for table in CATALOG for column in table.columns}
MESSAGES = {"http.disconnect", "http.request", "uvicorn.error", "websocket.close"}
"""What a server and its framework say to each other."""

AROUND_EVENTS = {f"document.{fault}" for fault in ("empty", "field", "missing", "time", "twice", "value", "word")}
"""Codes that ``events.checking.explaining`` makes of those of events where the fault lies around them."""


@cache
def codes_in_source() -> set[str]:
    """Return every text of the rooms that is the code of a finding, or looks like one."""
    found = set(AROUND_EVENTS)
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob("*.py")):
            if path.name != "__init__.py":
                nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
                found |= {text for text in texts_of(nodes) if looks_like_code(text)} | codes_given(nodes)
    return found


def texts_of(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield the texts of a module."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def looks_like_code(text: str) -> bool:
    """Tell whether a text has the form of a code and is no column, file, logger, entry point or message."""
    return (
        CODE.fullmatch(text) is not None
        and text not in COLUMNS | MESSAGES
        and text.rsplit(".", 1)[1] not in FILE_ENDINGS
        and not text.startswith("chaintwin.")
    )


def codes_given(nodes: list[ast.AST]) -> set[str]:
    """Return the codes that a module gives to findings by way of a parameter: whole, or behind a prefix such as ``start.``."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and called(node) in ("Finding", "Problem") and node.args:
            code = node.args[0]
            if isinstance(code, ast.Name):
                found |= {text for text in given(nodes, code.id) if CODE.fullmatch(text)}
            elif isinstance(code, ast.JoinedStr):
                prefix, name = code.values
                assert isinstance(prefix, ast.Constant)
                assert isinstance(name, ast.FormattedValue)
                assert isinstance(name.value, ast.Name)
                endings = given(nodes, name.value.id)
                assert endings, prefix.value
                found |= {str(prefix.value) + ending for ending in endings}
    return found


def given(nodes: list[ast.AST], parameter: str) -> set[str]:
    """Return the texts that a module gives for a parameter of any of its functions."""
    places: dict[str, int] = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
            if parameter in names or parameter in {argument.arg for argument in node.args.kwonlyargs}:
                places[node.name] = names.index(parameter) if parameter in names else -1
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and called(node) in places:
            place = places[called(node)]
            values = [keyword.value for keyword in node.keywords if keyword.arg == parameter] or node.args[place : place + 1]
            found |= {str(value.value) for value in values if isinstance(value, ast.Constant)}
    return found


def called(call: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def rows_of_page() -> dict[str, list[str]]:
    """Return the cells of each row by code."""
    found: dict[str, list[str]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            found[cells[0].strip("`")] = cells[1:]
    return found


def test_findings_page__names_every_code() -> None:
    assert sorted(codes_in_source() - set(rows_of_page())) == []


def test_findings_page__names_no_code_that_is_gone() -> None:
    # Codes that look like a file name are found by searching, because their ending hides them above.
    everything = "".join(path.read_text(encoding="utf-8") for room in ROOMS for path in sorted((SOURCE / room).rglob("*.py")))
    gone = set(rows_of_page()) - codes_in_source()
    assert [code for code in sorted(gone) if f'"{code}"' not in everything] == []


def test_findings_page__agrees_with_the_doctor() -> None:
    rows = rows_of_page()
    for code, kind in CODES.items():
        assert rows[code][:2] == [kind.severity.value, kind.meaning], code
        assert rows[code][2]


def test_findings_page__gives_a_cure_for_each() -> None:
    assert all(all(cells) for cells in rows_of_page().values())
