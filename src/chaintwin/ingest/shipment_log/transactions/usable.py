"""Which lines can become part of a network, and what is wrong with the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
from chaintwin.ingest.shipment_log.transactions.rows import LogLines

NOT_COMPARED = ("row", "file", "weight_kg", "freight_cost")
"""Columns in which equal lines may differ: their place, and shares of totals that other lines point to."""

WORLD_DAYS = ("shipped", "delivered", "recorded")


@dataclass(frozen=True, slots=True)
class UsableLines:
    """The lines a network is made from.

    Parameters
    ----------
    frame : usable lines with the columns of ``LogLines.frame`` and ``sender`` (origin, or vendor where it is blank),
        ``wanted`` (the day the goods were wanted: promised, else ordered, delivered or shipped) and ``is_open`` (not
        arrived by the as-of date).
    as_of : day up to which the log is complete.
    findings : what was odd.
    counts : number of lines by what was done with them.
    """

    frame: pl.DataFrame
    as_of: date
    findings: tuple[Finding, ...]
    counts: dict[str, int]


def choose_usable(lines: LogLines, mapping: LogMapping, *, as_of: date | None = None) -> UsableLines:
    """Choose the lines a network can be made from, and count the others by reason.

    Parameters
    ----------
    lines : the typed log.
    mapping : what its columns mean.
    as_of : day up to which the log is complete: what arrived later, or has no arrival, is open. None takes the last day on which
        anything happened in the log.

    Raises
    ------
    InputError
        No line is usable.
    """
    frame = lines.frame
    orders = [name for name in frame.columns if name.startswith("ordered_")]
    happened = [*orders, *WORLD_DAYS]
    if as_of is None:
        last = frame.select(pl.max_horizontal(pl.col(happened).max())).item()
        last = last if last is not None else frame["promised"].max()
        as_of = last if isinstance(last, date) else None
    if as_of is None:
        raise InputError([Finding("log.no_dates", "no date that can be read", "at least one dated line", "check [date_formats]")])
    wanted = pl.coalesce("promised", *orders, "delivered", "shipped").alias("wanted")
    is_open = (pl.col("delivered").is_null() | (pl.col("delivered") > as_of)).alias("is_open")
    frame = frame.with_columns(wanted, is_open, pl.coalesce("origin", "vendor").alias("sender"))
    faults = _faults(frame, mapping, orders=orders)
    findings = [
        finding
        for code, mask, where, allowed, fix in faults
        if (finding := _fold(frame, code, mask, where, allowed=allowed, fix=fix))
    ]
    usable, reasons = _without_unusable(frame)
    if usable.height == 0:
        found = ", ".join(f"{count} without {name}" for name, count in reasons.items() if count)
        raise InputError(
            [*findings, Finding("log.no_usable_line", found, "a line with product, sender, destination, quantity and date")]
        )
    counts = {
        "lines": frame.height,
        "used": usable.height,
        **{f"left_out:{name}": count for name, count in reasons.items()},
    }
    counts["open"] = int(usable["is_open"].sum())
    if counts["open"]:
        found = f"{counts['open']} open shipments"
        fix = f"they count as censored on {as_of.isoformat()}; give another as-of date if the log was cut then"
        findings.append(Finding("log.open", found, "open shipments are welcome", fix, severity=Severity.NOTE))
    return UsableLines(usable, as_of, tuple(findings), counts)


def _without_unusable(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the lines with all a network needs, and how many were left out by the first thing they lack."""
    columns = [name for name in frame.columns if name not in NOT_COMPARED]
    repeated = ~pl.struct(columns).is_first_distinct()
    # Without an id, two equal lines may be two equal deliveries; with one, the second is the same line again.
    tests = {
        "repeated line": repeated & pl.col("shipment_id").is_not_null(),
        "product": pl.col("product").is_null(),
        "destination": pl.col("destination").is_null(),
        "sender": pl.col("sender").is_null(),
        "positive quantity": pl.col("quantity").is_null() | (pl.col("quantity") <= 0),
        "date": pl.col("wanted").is_null(),
    }
    reason = pl.lit(None, dtype=pl.String)
    for name, test in reversed(tests.items()):
        reason = pl.when(test).then(pl.lit(name)).otherwise(reason)
    frame = frame.with_columns(reason.alias("reason"))
    counted = dict(frame.group_by("reason", maintain_order=True).len().iter_rows())
    return frame.filter(pl.col("reason").is_null()).drop("reason"), {name: counted.get(name, 0) for name in tests}


def _faults(frame: pl.DataFrame, mapping: LogMapping, *, orders: list[str]) -> list[tuple[str, pl.Expr, str, str, str]]:
    """Return code, condition, field, what is allowed and what was done, for each kind of odd line."""
    columns = [name for name in frame.columns if name not in NOT_COMPARED]
    has_id = pl.col("shipment_id").is_not_null()
    same = has_id & ~pl.struct(columns).is_first_distinct()
    repeated_id = has_id & ~pl.col("shipment_id").is_first_distinct() & ~same
    late_order = pl.any_horizontal(pl.col(name) > pl.col("delivered") for name in orders)
    faults = [
        ("log.line_repeated", same, "shipment_id", "each line once", "the repeated line is left out"),
        ("log.id_repeated", repeated_id, "shipment_id", "one line an id", "all are kept, as lines of one shipment"),
        ("log.product_missing", pl.col("product").is_null(), "product", "a product", "the line is left out"),
        ("log.destination_missing", pl.col("destination").is_null(), "destination", "a destination", "the line is left out"),
        ("log.sender_missing", pl.col("sender").is_null(), "origin", "an origin or a vendor", "the line is left out"),
        (
            "log.quantity_not_positive",
            pl.col("quantity") <= 0,
            "quantity",
            "above 0",
            "the line is left out; returns are no demand",
        ),
        ("log.delivered_before_ordered", late_order, "delivered", "ordered before delivered", "left out of the lead times"),
        (
            "log.delivered_before_shipped",
            pl.col("delivered") < pl.col("shipped"),
            "delivered",
            "shipped before delivered",
            "left out of the lead times",
        ),
    ]
    if mapping.headers("mode"):
        said = pl.col("mode").is_not_null() | pl.col("mode_word").is_in(list(mapping.modes))
        unknown = pl.col("mode_word").is_not_null() & ~said
        fix = "say what it means under [modes] in the mapping"
        faults.append(("log.mode_unknown", unknown, "mode_word", "a mode of the mapping", fix))
    return faults


def _fold(frame: pl.DataFrame, code: str, mask: pl.Expr, where: str, *, allowed: str, fix: str) -> Finding | None:
    hit = frame.filter(mask.fill_null(value=False))
    if hit.height == 0:
        return None
    first = hit.row(0, named=True)
    value = first[where]
    found = "a blank cell" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return Finding(code, found, allowed, fix, first["file"], first["row"], where, Severity.WARNING, hit.height)
