"""Which lines can become part of a network, and what is wrong with the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from chaintwin.errors import Finding, InputError, Severity, amount_of
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
from chaintwin.ingest.shipment_log.transactions.duplicates import with_repeats
from chaintwin.ingest.shipment_log.transactions.outliers import far_numbers, without_far_dates
from chaintwin.ingest.shipment_log.transactions.rows import LogLines

ORDERED_SHARE = 0.9
"""Share of lines with an order day and a promise from which on they tell what days the log covers."""

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
    unit : what quantities count, as in ``LogLines``.
    """

    frame: pl.DataFrame
    as_of: date
    findings: tuple[Finding, ...]
    counts: dict[str, int]
    unit: str = "piece"


def choose_usable(lines: LogLines, mapping: LogMapping, *, as_of: date | None = None) -> UsableLines:
    """Choose the lines a network can be made from, and count the others by reason.

    Parameters
    ----------
    lines : the typed log.
    mapping : what its columns mean.
    as_of : day up to which the log is complete: what was ordered later is left out, and what arrived later, or has no arrival, is
        open. None takes the last day on which anything happened in the log, days that are years from the others left out.

    Raises
    ------
    InputError
        No line is usable.
    """
    orders = [name for name in lines.frame.columns if name.startswith("ordered_")]
    # Lines are compared as they stand, and only then rid of dates that cannot be.
    frame, repeats = with_repeats(lines.frame.with_columns(pl.coalesce("origin", "vendor").alias("sender")), mapping)
    frame, far = without_far_dates(frame, mapping)
    happened = [*orders, *WORLD_DAYS]
    if as_of is None:
        last = frame.select(pl.max_horizontal(pl.col(happened).max())).item()
        last = last if last is not None else frame["promised"].max()
        as_of = last if isinstance(last, date) else None
    if as_of is None:
        raise InputError([Finding("log.no_dates", "no date that can be read", "at least one dated line", "check [date_formats]")])
    wanted = pl.coalesce("promised", *orders, "delivered", "shipped").alias("wanted")
    # What is later than the as-of day was not known on it: the line, or the part of it that tells of later days.
    is_later = (pl.coalesce(*orders, "shipped", "delivered") > as_of).fill_null(value=False)
    is_open = (pl.col("delivered").is_null() & ~pl.col("is_arrival_far")) | (pl.col("delivered") > as_of).fill_null(value=False)
    frame = frame.with_columns(wanted, is_open=is_open, is_later=is_later).drop("is_arrival_far")
    frame = frame.with_columns(pl.when(pl.col(name) <= as_of).then(pl.col(name)).alias(name) for name in WORLD_DAYS)
    faults = _faults(mapping, orders=orders)
    findings = [*repeats, *far]
    findings += [
        finding
        for code, mask, where, allowed, fix in faults
        if (finding := _fold(frame, code, mask, where, mapping=mapping, allowed=allowed, fix=fix))
    ]
    usable, reasons = _without_unusable(frame)
    if usable.height == 0:
        found = ", ".join(f"{count} without {name}" for name, count in reasons.items() if count)
        raise InputError(
            [*findings, Finding("log.no_usable_line", found, "a line with product, sender, destination, quantity and date")]
        )
    findings += far_numbers(usable, mapping)
    usable, moved = _within_orders(usable, orders, as_of=as_of)
    findings += moved
    counts = {
        "lines": frame.height,
        "used": usable.height,
        **{f"left_out:{name}": count for name, count in reasons.items()},
    }
    counts["open"] = int(usable["is_open"].sum())
    if counts["open"] == usable.height:
        found = f"no arrival in any of {usable.height} lines"
        fix = "name the column of the arrival under delivered in the mapping; until then every lead time is proposed"
        findings.append(Finding("log.no_arrival", found, "days of arrival", fix, column="delivered", severity=Severity.WARNING))
    elif counts["open"]:
        found = f"{amount_of(counts['open'], 'open shipment')}"
        fix = f"they count as censored on {as_of.isoformat()}; give another as-of date if the log was cut then"
        findings.append(Finding("log.open", found, "open shipments are welcome", fix, severity=Severity.NOTE))
    return UsableLines(usable, as_of, tuple(findings), counts, lines.unit)


def _within_orders(frame: pl.DataFrame, orders: list[str], *, as_of: date) -> tuple[pl.DataFrame, list[Finding]]:
    """Return the lines with ``wanted`` inside the span of the orders, put off by the usual promise.

    A log that ends on a day holds only part of what was promised for later, and one that begins on a day only part of what was
    promised soon after; counted over all those days demand would be too low at both ends.
    """
    ordered = pl.coalesce(*orders) if orders else pl.lit(None, dtype=pl.Date)
    pairs = frame.select(ordered.alias("ordered"), "promised").drop_nulls()
    last = frame["wanted"].max()
    if pairs.height < ORDERED_SHARE * frame.height or not isinstance(last, date) or last <= as_of:
        return frame, []
    lag = pl.duration(days=pairs.select((pl.col("promised") - pl.col("ordered")).dt.total_days().median().cast(pl.Int64)).item())
    first, end = pairs["ordered"].min(), pairs["ordered"].max()
    moved = frame.with_columns(wanted=pl.col("wanted").clip(pl.lit(first) + lag, pl.lit(end) + lag))
    count = int((moved["wanted"] != frame["wanted"]).sum())
    if not count:
        return frame, []
    found = f"{amount_of(count, 'line')} promised before or after what orders of the log can be promised for"
    fix = "counted on the nearest such day, so that demand is counted over as many days as there were orders"
    return moved, [Finding("log.promised_outside", found, "complete days", fix, column="promised", severity=Severity.NOTE)]


def _without_unusable(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the lines with all a network needs, and how many were left out by the first thing they lack."""
    tests = {
        "repeated line": pl.col("is_repeat"),
        "repeated id": pl.col("is_superseded"),
        "day up to the as-of date": pl.col("is_later"),
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
    usable = frame.filter(pl.col("reason").is_null()).drop("reason", "is_repeat", "is_superseded", "is_later")
    return usable, {name: counted.get(name, 0) for name in tests}


def _faults(mapping: LogMapping, *, orders: list[str]) -> list[tuple[str, pl.Expr, str, str, str]]:
    """Return code, condition, field, what is allowed and what was done, for each kind of odd line."""
    late_order = pl.any_horizontal(pl.col(name) > pl.col("delivered") for name in orders)
    faults = [
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


def _fold(
    frame: pl.DataFrame, code: str, mask: pl.Expr, where: str, *, mapping: LogMapping, allowed: str, fix: str
) -> Finding | None:
    hit = frame.filter(mask.fill_null(value=False))
    if hit.height == 0:
        return None
    first = hit.row(0, named=True)
    value = first[where]
    found = "a blank cell" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    column = next(iter(mapping.headers(where.removesuffix("_word"))), where)
    return Finding(code, found, allowed, fix, first["file"], first["row"], column, Severity.WARNING, hit.height)
