"""Rows out of force, calendars and dates beyond the horizon."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import Subject, joined, mark
from chaintwin.network.tables.catalog import CATALOG

FAR = date(9999, 12, 31)


def last_day(subject: Subject) -> date:
    """Return the last simulated day, or the last day there is."""
    hours = subject.settings.horizon * subject.settings.period.hours
    days = max(0, -(-hours // 24) - 1)
    start = subject.settings.start
    return start + timedelta(days=days) if days < (FAR - start).days else FAR


def check_dates(subject: Subject) -> list[Finding]:
    """Report rows that are never or not always in force, and calendars that do nothing."""
    findings: list[Finding] = []
    start, last = pl.lit(subject.settings.start), pl.lit(last_day(subject))
    for table in CATALOG:
        if not any(column.name == "valid_to" for column in table.columns):
            continue
        rows = subject.table(table.name)
        rows = rows.filter(pl.col("valid_from").is_not_null() | pl.col("valid_to").is_not_null())
        if rows.height == 0:
            continue
        begins, ends = pl.col("valid_from"), pl.col("valid_to")
        span = joined(
            pl.coalesce(begins.cast(pl.String), pl.lit("the start")), " to ", pl.coalesce(ends.cast(pl.String), pl.lit("the end"))
        )
        # A row that ends before it begins is reported when it is read.
        rows = rows.filter(~(ends < begins).fill_null(value=False))
        out = rows.filter(((begins > start) | (ends < start)).fill_null(value=False))
        stops = rows.filter((ends >= start) & (ends < last)).join(out, on="row", how="anti")
        fix = "set start in chaintwin.toml to a day on which it holds"
        findings += mark(
            subject, "validity.not_in_force", rows=out, table=table.name, column="valid_from", found=span, fix=fix, most=1
        )
        findings += mark(
            subject,
            "validity.changes",
            rows=stops,
            table=table.name,
            column="valid_to",
            found=span,
            fix="shorten the horizon",
            most=1,
        )
    return findings + _calendars(subject)


def _calendars(subject: Subject) -> list[Finding]:
    rows = subject.table("calendars")
    if rows.height == 0:
        return []
    start, last = pl.lit(subject.settings.start), pl.lit(last_day(subject))
    outside = rows.filter((pl.col("date") < start) | (pl.col("date") > last))
    findings = mark(
        subject, "calendar.outside", rows=outside, table="calendars", column="date", found="date", fix="none needed", most=1
    )
    by_calendar = rows.group_by("calendar_id", maintain_order=True).agg(
        pl.col("row").first(), (pl.col("open_share") >= 1).all().alias("open")
    )
    fix = "add the closed days with open_share 0"
    return findings + mark(
        subject,
        "calendar.always_open",
        rows=by_calendar.filter("open"),
        table="calendars",
        column="open_share",
        found="calendar_id",
        fix=fix,
    )
