"""A live state as tables for people, and as numbers in a line."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from chaintwin.clock import SECOND
from chaintwin.twin.cells import FAMILIES
from chaintwin.twin.ledger import FIRST, LAST, NEVER
from chaintwin.twin.telling import MOMENTS, PERIODS

if TYPE_CHECKING:
    from chaintwin.twin.live_state import LiveState

TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "stock": ("stock", "foreign"),
        "shipments": ("shipment",),
        "cargo": ("cargo",),
        "consignments": ("consignment",),
        "orders": ("order",),
        "queue": ("queue",),
        "backlog": ("backlog",),
        "resources": ("resource",),
        "conditions": ("condition",),
        "people": ("person",),
        "vehicles": ("vehicle",),
        "devices": ("device",),
        "cash": ("cash",),
        "prices": ("price",),
        "containers": ("parent",),
        "contents": ("content",),
        "instances": ("instance",),
        "dispositions": ("persistent",),
        "flows": ("flow",),
        "desired": ("desired",),
        "predicted": ("predicted",),
        "unknown": ("unknown",),
        "discrepancies": ("discrepancy",),
    }
)
"""Tables for people, and the families in them."""

_TEXTS = frozenset({"value"})
"""Columns that hold numbers, texts and truths; shown as text."""

NAMED = " as "
"""Stands between the address of a source and the name that a project file gives it."""


def frame_of(state: LiveState, family: str) -> pl.DataFrame:
    """Return the cells of a family: key, values, event time, source and age in seconds; moments in UTC.

    Parameters
    ----------
    state : what is shown. family : as in ``chaintwin.twin.cells.FAMILIES``.
    """
    keys, values, _ = FAMILIES[family]
    names = (*keys, *values, "time", "source")
    rows = [(*key, *value) for key, value in sorted(state.cells[family].cells.items(), key=lambda pair: pair[0])]
    columns = [_column(name, [row[place] for row in rows]) for place, name in enumerate(names)]
    age = pl.Series("age", [(state.time - row[-2]) / SECOND for row in rows], dtype=pl.Float64)
    return pl.DataFrame([*columns, age])


def tables_of(state: LiveState, *names: str) -> dict[str, pl.DataFrame]:
    """Return the tables for people, those that are empty too; stock has a row a lot and says how sure it is.

    Conditions say whether they are ``stale``: their device is gone, or the connection to the source that tells of it.

    Parameters
    ----------
    state : what is shown. names : of the tables; none of them for all.
    """
    found = {}
    for name in names or TABLES:
        families = TABLES[name]
        frame = frame_of(state, families[0])
        if name == "stock":
            spread = [
                state.variance_of((site, product), own)
                for site, product, own in frame.select("site", "product", "variance").iter_rows()
            ]
            deviation = [None if variance is None else variance**0.5 for variance in spread]
            frame = frame.drop("variance").with_columns(pl.Series("deviation", deviation, dtype=pl.Float64), unit=pl.lit(""))
            other = frame_of(state, "foreign").select(
                *(
                    name
                    for name in frame.columns
                    if name in ("site", "product", "lot", "unit", "quantity", "time", "source", "age")
                )
            )
            frame = pl.concat([frame, other], how="diagonal")
        elif name == "conditions":
            frame = frame.with_columns(pl.Series("stale", _stale(state, frame), dtype=pl.Boolean))
        found[name] = frame
    return found


def summary_of(state: LiveState, *, is_hashed: bool = True) -> dict[str, object]:
    """Return how far a state goes, how old it is, how many cells it has, and how much does not fit.

    ``age`` is the seconds from the latest event of all to the moment asked for; None without events. ``unknown`` and
    ``discrepancies`` are rows of the tables of that name, ``unknown_times`` and ``discrepancy_times`` how often they were met.
    """
    latest = state.latest
    counts = {name: len(family.cells) for name, family in state.cells.families.items() if family.cells}
    return {
        "head": state.head,
        "time": state.time,
        "latest": latest,
        "age": None if latest is None else (state.time - latest) / SECOND,
        "cells": counts,
        "unknown": counts.get("unknown", 0),
        "unknown_times": sum(value[1] for value in state.cells["unknown"].cells.values()),
        "discrepancies": counts.get("discrepancy", 0),
        "discrepancy_times": sum(value[1] for value in state.cells["discrepancy"].cells.values()),
    } | ({"hash": state.hash()} if is_hashed else {})


def _stale(state: LiveState, conditions: pl.DataFrame) -> list[bool]:
    gone = {key[0] for key, value in state.cells["device"].cells.items() if not value[0]}
    rows = conditions.select("device", "source").iter_rows()
    # A source of the project file carries its name behind its address; its connection is known by the address.
    return [device in gone or source in gone or source.partition(NAMED)[0] in gone for device, source in rows]


def _column(name: str, values: list[object]) -> pl.Series:
    if name in MOMENTS:
        moments = [value if isinstance(value, int) and FIRST <= value <= LAST else None for value in values]
        return pl.Series(name, moments, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    if name in PERIODS:
        return pl.Series(name, [None if value == NEVER else value for value in values], dtype=pl.Int64)
    if name in _TEXTS:
        return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
    if name == "content" and values and isinstance(values[0], bytes):
        return pl.Series(name, values, dtype=pl.Binary)
    if not values:
        return pl.Series(name, [], dtype=pl.Float64 if name in _NUMBERS else pl.String)
    return pl.Series(name, values, strict=False)


_NUMBERS = frozenset({"quantity", "variance", "units", "share", "amount", "price", "expected", "strength", "open", "drift"})
