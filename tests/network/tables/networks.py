"""Random networks with anything a cell may hold, for round trips."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from hypothesis import strategies as st

from chaintwin.laws.parameters import LARGEST
from chaintwin.network.network import Network, Period, Quantities, Settings
from chaintwin.network.tables.catalog import CATALOG
from chaintwin.network.tables.cells.columns import DTYPES, empty_frame, fill_defaults
from chaintwin.network.tables.cells.dates import FIRST_DAY, LAST_DAY
from chaintwin.network.tables.cells.numbers import WHOLE_MAX
from chaintwin.network.tables.schema import Column, Kind, Table

HIDDEN = {chr(code) for code in (0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF)}
HIDDEN |= {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2060, 0x206A))}
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=HIDDEN)

AWKWARD = (
    *("007", "1e5", "1,234", "NaN", "true", "NULL", "2025-01-01", "=1+1", "+1", "-1", "@SUM(A1)", "_x0041_"),
    *('"', "''", "a,b", "a;b", "a  b", "<&>", "#1", "sep=;", "site_id", "x" * 60),
    *("Zürich", "東京", "\u00c5", "A\u030a", "\U0001f600"),
)
LAWS = ("3", "0", "2.5", "poisson(8)", "normal(100, 20)", "pmf(1:0.2, 3:0.5, 6:0.3)", "Uniform( 1 ; 2 )", "007", "1e2")


def trimmed(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return texts.map(_strip).filter(bool)


def _strip(text: str) -> str:
    return pl.Series([text]).str.strip_chars().item()


IDS = st.one_of(st.sampled_from(AWKWARD), trimmed(st.text(CHARACTERS, min_size=1, max_size=12)))
TEXTS = st.one_of(IDS, trimmed(st.text(st.one_of(CHARACTERS, st.sampled_from("\n\t ,\"'")), min_size=1, max_size=20)))


def networks() -> st.SearchStrategy[Network]:
    """Return a strategy of networks that have all the types, though ids may point nowhere."""
    filled = st.lists(st.sampled_from(CATALOG), min_size=1, max_size=4, unique=True)
    tables = filled.flatmap(lambda chosen: st.fixed_dictionaries({table.name: frames(table) for table in chosen}))
    return st.builds(_network, SETTINGS, tables)


def _network(settings: Settings, frames: dict[str, pl.DataFrame]) -> Network:
    return Network(settings=settings, tables={table.name: frames.get(table.name, empty_frame(table)) for table in CATALOG})


SETTINGS = st.builds(
    Settings,
    name=trimmed(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)),
    period=st.sampled_from(Period),
    currency=st.sampled_from(("USD", "EUR", "JPY")),
    start=st.dates(date(1900, 1, 1), date(2999, 12, 31)),
    horizon=st.integers(11, 5000),
    warm_up=st.integers(0, 10),
    quantities=st.sampled_from(Quantities),
)


def frames(table: Table) -> st.SearchStrategy[pl.DataFrame]:
    """Return a strategy of typed frames of one table, defaults filled in."""
    rows = st.lists(st.fixed_dictionaries({column.name: cells(column) for column in table.columns}), max_size=3)
    return rows.map(lambda listed: _frame(table, listed))


def cells(column: Column) -> st.SearchStrategy[Any]:
    """Return a strategy of the values one cell may hold, blanks among them where allowed."""
    low, high = column.low, column.high
    whole_low, whole_high = int(low or 0), int(high) if high is not None else WHOLE_MAX
    least, most = (-LARGEST if low is None else low), (LARGEST if high is None else high)
    kinds: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.ID: IDS,
        Kind.TEXT: TEXTS,
        Kind.CHOICE: st.sampled_from(column.choices or ("",)),
        Kind.NUMBER: st.floats(least, most, exclude_min=column.low_open, allow_nan=False, allow_infinity=False),
        Kind.INTEGER: st.integers(whole_low, whole_high),
        Kind.BOOLEAN: st.booleans(),
        Kind.DATE: st.dates(FIRST_DAY, LAST_DAY),
        Kind.CLOCK: st.times().map(lambda time: time.strftime("%H:%M")),
        Kind.LAW: st.sampled_from(LAWS),
    }
    values = kinds[column.kind]
    return values if column.required else st.none() | values


def _frame(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    if not rows:
        return empty_frame(table)
    frame = pl.DataFrame({c.name: pl.Series([row[c.name] for row in rows], dtype=DTYPES[c.kind]) for c in table.columns})
    return fill_defaults(frame, table)
