"""Rows that claim the same name at the same time, names that differ only in case, and validity that ends before it begins."""

from __future__ import annotations

from datetime import date

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.network.ids import joined_id
from chaintwin.network.tables.cells.cells import Fault, fold, shown
from chaintwin.network.tables.schema import Kind, Table

_FIRST, _LAST = date(1, 1, 1), date(9999, 12, 31)


def names_by_rule(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with the ids filled in that the catalog's rules give to blank ones.

    Parameters
    ----------
    table : name of the table; only lanes, demand and bom have such rules.
    frame : its rows, typed.
    """
    if table == "lanes":
        ends = pl.concat_str([pl.col("from_site"), pl.col("to_site")], separator=">")
        rest = pl.concat_str([pl.lit(""), pl.col("mode"), pl.col("product_id")], separator=":", ignore_nulls=True)
        return frame.with_columns(pl.col("lane_id").fill_null(ends + rest))
    if table == "demand":
        name = joined_id("site_id", "product_id", "market")
        return frame.with_columns(pl.col("stream_id").fill_null(name))
    if table == "bom":
        return frame.with_columns(pl.col("bom_id").fill_null(pl.col("product_id")))
    return frame


def key_findings(table: Table, frame: pl.DataFrame, *, rows: pl.Series, file: str) -> list[Finding]:
    """Return findings about the key of a table.

    Parameters
    ----------
    table : the catalog's table.
    frame : its rows, typed, defaults filled in.
    rows : their numbers in the spreadsheet.
    file : how findings name the place.
    """
    if not table.key or frame.is_empty():
        return []
    findings = _reversed(table, frame, rows=rows, file=file)
    named = names_by_rule(table.name, frame).select(*table.key, *_span(frame), row=rows)
    named = named.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in table.key))
    findings += _duplicates(table, named, file=file)
    if len(table.key) == 1 and table.column(table.key[0]).kind is Kind.ID:
        findings += _twins(table, named, file=file)
    return findings


def _span(frame: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """Return the first and last day of each row; a table without ``valid_to`` holds rows at all times."""
    if "valid_to" not in frame.columns:
        return pl.lit(_FIRST).alias("@from"), pl.lit(_LAST).alias("@to")
    return pl.col("valid_from").fill_null(_FIRST).alias("@from"), pl.col("valid_to").fill_null(_LAST).alias("@to")


def _reversed(table: Table, frame: pl.DataFrame, *, rows: pl.Series, file: str) -> list[Finding]:
    if "valid_to" not in frame.columns:
        return []
    bad = frame.select("valid_from", "valid_to", row=rows).filter(pl.col("valid_to") < pl.col("valid_from"))
    faults = [
        (row, Fault("valid.reversed", str(last), f"{first}, the row's valid_from, or later", "swap the two dates"))
        for first, last, row in bad.iter_rows()
    ]
    return fold(faults, file=file, header="valid_to")


def _duplicates(table: Table, named: pl.DataFrame, *, file: str) -> list[Finding]:
    key = list(table.key)
    # Most tables have no row twice, which one pass over the keys shows; only the others are sorted.
    again = named.filter(named.select(key).is_duplicated())
    if again.is_empty():
        return []
    ordered = again.sort([*key, "@from", "row"], nulls_last=False)
    # Among rows of one key in order of their first day, a row overlaps an earlier one if it begins before the latest end so far.
    latest = pl.col("@to").cum_max().shift(1).over(key)
    clashes = ordered.with_columns(latest=latest, other=pl.col("row").shift(1).over(key)).filter(
        pl.col("@from") <= pl.col("latest")
    )
    faults = []
    for line in clashes.sort("row").select(*key, "row", "other").iter_rows(named=True):
        value = ", ".join(shown(str(line[name])) for name in key if line[name] is not None)
        later, earlier = max(line["row"], line["other"]), min(line["row"], line["other"])
        when = " at any time" if "valid_to" in [column.name for column in table.columns] else ""
        fix = _fix(table)
        faults.append((later, Fault("key.duplicate", f"{value} again", f"once{when}; it is in row {earlier} too", fix)))
    return fold(sorted(faults, key=lambda item: item[0]), file=file, header=key[0] if len(key) == 1 else ", ".join(key))


def _fix(table: Table) -> str:
    if table.name in ("lanes", "demand"):
        return f"remove one, or give both a {table.key[0]} of their own"
    return "remove one of the two rows"


def _twins(table: Table, named: pl.DataFrame, *, file: str) -> list[Finding]:
    """Return warnings for ids that differ only in case: nearly always one thing under two names."""
    key = table.key[0]
    ids = (
        named.select(key, "row")
        .unique(subset=key, keep="first", maintain_order=True)
        .with_columns(lower=pl.col(key).str.to_lowercase())
    )
    twins = ids.filter(ids["lower"].is_duplicated())
    if twins.is_empty():
        return []
    first = twins.group_by("lower", maintain_order=True).agg(
        pl.col(key).first().alias("first"), pl.col("row").first().alias("at")
    )
    later = twins.join(first, on="lower", maintain_order="left").filter(pl.col("row") != pl.col("at"))
    faults = [
        (
            row,
            Fault(
                "key.case",
                f"{shown(name)} beside {shown(other)}",
                "ids that differ in more than case",
                f"write {other} if both mean one thing",
                severity=Severity.WARNING,
            ),
        )
        for name, row, other in later.select(key, "row", "first").iter_rows()
    ]
    return fold(faults, file=file, header=key)
