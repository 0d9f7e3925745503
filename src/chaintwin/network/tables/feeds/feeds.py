"""Where the events of a project come from, as its project file says it: kept as it stands, and checked elsewhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import polars as pl

from chaintwin.network.tables.files.sheet import Sheet

FEEDS_KEY, FEEDS_SHEET = "sources", "event_sources"
"""Name of the tables in ``chaintwin.toml``, and of the sheet of a workbook; its sheet ``sources`` says how goods are sourced."""

OPTIONS = "options"
"""Key of what holds for the connector only; in a sheet each of them has a column of its own, such as ``options.token-file``."""

_HEADER = re.compile(rf'^\s*\[\[?\s*"?{FEEDS_KEY}"?\s*((?:\.\s*"?[\w-]+"?\s*)*)\]\]?')
_KEY = re.compile(r"^\s*[\"']?([\w-]+)[\"']?\s*=")
_NESTED = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Feed:
    """One table of them, unchecked.

    Parameters
    ----------
    values : by key, as TOML has them; texts where a sheet says them. row : line or row that it begins at, 0 if unknown.
    rows : line of each key; one inside another table has that before it, such as ``options.mapping``.
    """

    values: Mapping[str, Any]
    row: int = field(default=0, compare=False)
    rows: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}), compare=False)


def feeds_of_values(values: Mapping[str, Any], *, text: str) -> tuple[Feed, ...]:
    """Return the tables of a project file; none where the key holds something else.

    Parameters
    ----------
    values : the file as TOML reads it. text : the same as it stands, for lines.
    """
    tables = values.get(FEEDS_KEY, [])
    if not is_list_of_tables(tables):
        return ()
    places = _places(text)
    return tuple(Feed(table, *(places[number] if number < len(places) else (0, {}))) for number, table in enumerate(tables))


def feeds_of_text(text: str) -> tuple[Feed, ...]:
    """Return the tables of the text of a project file; none where it cannot be read."""
    try:
        return feeds_of_values(tomllib.loads(text), text=text)
    except (ValueError, RecursionError):
        return ()


def feeds_of_sheet(sheet: Sheet) -> tuple[Feed, ...]:
    """Return the rows of a sheet as tables; blank cells say nothing."""
    found = []
    for row, cells in zip(sheet.rows, sheet.frame.iter_rows(named=True), strict=True):
        values: dict[str, Any] = {}
        for header, cell in cells.items():
            text = (cell or "").strip()
            key, dot, option = header.strip().partition(".")
            if not text or header.startswith("#"):
                continue
            if dot and key == OPTIONS:
                values.setdefault(OPTIONS, {})[option] = text
            else:
                values[header.strip()] = text
        if values:
            found.append(Feed(values, row))
    return tuple(found)


def is_list_of_tables(value: Any) -> bool:
    """Tell whether a value of TOML is what ``[[sources]]`` gives."""
    return isinstance(value, list) and all(isinstance(table, dict) for table in value)


def feeds_text(feeds: Sequence[Mapping[str, Any]]) -> str:
    """Return tables as they stand at the end of ``chaintwin.toml``; empty for none.

    Example
    -------
    >>> print(feeds_text([{"name": "dock", "source": "drops", "options": {"after": "move"}}]))
    <BLANKLINE>
    # Where events come from; chaintwin ingest and chaintwin serve take them.
    <BLANKLINE>
    [[sources]]
    name = "dock"
    source = "drops"
    <BLANKLINE>
    [sources.options]
    after = "move"
    <BLANKLINE>
    """
    if not feeds:
        return ""
    parts = [line for values in feeds for line in _lines(values, FEEDS_KEY, is_listed=True)]
    return "\n# Where events come from; chaintwin ingest and chaintwin serve take them.\n" + "".join(parts)


def feeds_frame(feeds: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return tables as the rows of a sheet, a column for each key and each option."""
    rows: list[dict[str, str]] = []
    for values in feeds:
        options = values.get(OPTIONS)
        plain = {key: _cell(value) for key, value in values.items() if key != OPTIONS or not isinstance(options, dict)}
        more = {f"{OPTIONS}.{key}": _cell(value) for key, value in options.items()} if isinstance(options, dict) else {}
        rows.append(plain | more)
    columns = dict.fromkeys(key for row in rows for key in row)
    return pl.DataFrame(
        {column: [row.get(column) for row in rows] for column in columns}, schema=dict.fromkeys(columns, pl.String)
    )


def _places(text: str) -> list[tuple[int, dict[str, int]]]:
    """Return the line that each table begins at, and the lines of its keys."""
    found: list[tuple[int, dict[str, int]]] = []
    above: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header is not None:
            above = ".".join(_NESTED.findall(header.group(1)))
            if not above and line.lstrip().startswith("[["):
                found.append((number, {}))
        elif line.lstrip().startswith("["):
            above = None
        elif found and above is not None and (key := _KEY.match(line)):
            found[-1][1].setdefault(f"{above}.{key.group(1)}" if above else key.group(1), number)
    return found


def _lines(values: Mapping[str, Any], path: str, *, is_listed: bool) -> Iterator[str]:
    """Yield a table of TOML and those inside it, each under its own header."""
    import tomli_w

    yield f"\n[[{path}]]\n" if is_listed else f"\n[{path}]\n"
    inner = {key: value for key, value in values.items() if isinstance(value, dict) or (value and is_list_of_tables(value))}
    yield tomli_w.dumps({key: value for key, value in values.items() if key not in inner})
    for key, value in inner.items():
        name = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else tomli_w.dumps({key: 0}).rpartition(" = ")[0]
        for table in value if isinstance(value, list) else [value]:
            yield from _lines(table, f"{path}.{name}", is_listed=isinstance(value, list))


def _cell(value: Any) -> str:
    """Return a value as a person writes it into a cell."""
    import msgspec

    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
