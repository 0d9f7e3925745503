"""Series and lead times that would take more memory than is promised, found before anything is made of them."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.laws import Law, parse_many
from chaintwin.network.doctor.marks import Subject, joined, mark
from chaintwin.network.lowering.sizes import LIST_VALUES_MAX, list_lengths
from chaintwin.network.sizes import LEAD_QUANTILE, longest_lead, may_exceed
from chaintwin.network.tables.schema import DELAY_MAX

WAITS = (
    ("lanes", "lead_time"),
    ("lanes", "information_delay"),
    ("sources", "lead_time"),
    ("stock_points", "review_period"),
    ("stock_points", "review_phase"),
)
"""Columns that count periods for which the engine waits."""


def check_sizes(subject: Subject) -> list[Finding]:
    """Report series that come to too many values, waits that are too long, and laws whose longest lead time is."""
    findings = _lists(subject)
    for table, column in WAITS:
        # In what was read from files the catalog has bounded every number already.
        long = subject.table(table).filter(pl.col(column).cast(pl.Float64, strict=False) > DELAY_MAX)
        fix = "check the number and the unit: it counts periods of the project"
        findings += mark(subject, "wait.long", rows=long, table=table, column=column, found=column, fix=fix)
        if column == "lead_time":
            findings += _tails(subject, table)
    return findings


def _lists(subject: Subject) -> list[Finding]:
    lengths = list_lengths(subject.network)
    total = int(lengths["values"].sum())
    if total <= LIST_VALUES_MAX:
        return []
    table, place, name, values = lengths.row(int(lengths["values"].arg_max() or 0))
    fix = {
        "series": "check its last period",
        "demand": "shorten its series, or the horizon if it has a trend",
        "prices": "shorten the horizon, or leave out prices that change after the first day",
    }.get(table, "shorten the horizon, or write the calendar by weekdays")
    found = pl.lit(f"{name} with {values:,} of {total:,} values of series, seasons, trends, dated calendars and dated prices")
    column = {"series": "period", "demand": "stream_id", "prices": "valid_from"}.get(table, "capacity")
    rows = subject.table(table).slice(place, 1)
    return mark(subject, "series.long", rows=rows, table=table, column=column, found=found, fix=fix)


def _tails(subject: Subject, table: str) -> list[Finding]:
    rows = subject.table(table)
    texts = rows.filter(pl.col("lead_time").str.contains("(", literal=True))["lead_time"].unique().sort().to_list()
    laws = zip(texts, parse_many(texts, folder=subject.network.folder), strict=True)
    doubtful = {text: law for text, law in laws if isinstance(law, Law) and may_exceed(law, DELAY_MAX, share=LEAD_QUANTILE)}
    longest = {text: longest_lead(law) for text, law in doubtful.items()}
    long = {text: f"{most:,}" for text, most in longest.items() if most > DELAY_MAX}
    if not long:
        return []
    told = pl.DataFrame({"lead_time": list(long), "most": list(long.values())})
    late = rows.join(told, on="lead_time", how="inner", maintain_order="left")
    found = joined(pl.col("lead_time"), ", of which 1 in 100,000 takes ", pl.col("most"), " periods or more")
    fix = joined("check the parameters and the unit, or write truncated(", pl.col("lead_time"), f", 0, {DELAY_MAX})")
    return mark(subject, "wait.long", rows=late, table=table, column="lead_time", found=found, fix=fix)
