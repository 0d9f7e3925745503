from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from chaintwin.examples.frames import as_network, columns_as_table, rows_as_table
from chaintwin.network.network import Settings
from chaintwin.network.tables.catalog import CATALOG


def test_rows_as_table__defaults_types_and_order() -> None:
    frame = rows_as_table("calendars", ("date", "calendar_id"), rows=[(date(2026, 1, 1), "c")])
    assert frame.columns == ["calendar_id", "weekday", "date", "open_share", "name"]
    assert frame.row(0) == ("c", None, date(2026, 1, 1), 0.0, None)


def test_rows_as_table__unknown_column() -> None:
    with pytest.raises(KeyError, match="colour"):
        rows_as_table("products", ("product_id", "colour"), rows=[("a", "red")])


def test_columns_as_table__blanks_get_defaults() -> None:
    frame = columns_as_table("products", pl.DataFrame({"product_id": ["a", "b"], "quantum": [None, 3]}))
    assert frame["quantum"].to_list() == [1.0, 3.0]
    assert frame["unit"].to_list() == ["each", "each"]


def test_as_network__has_every_table() -> None:
    network = as_network(Settings(), {})
    assert list(network.tables) == [table.name for table in CATALOG]
    for table in CATALOG:
        assert network[table.name].columns == [column.name for column in table.columns]
        assert network[table.name].height == 0
