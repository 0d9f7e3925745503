"""The figures of a transaction log that its report states: counts, totals, punctuality, concentration."""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl

from chaintwin.ingest.shipment_log.cells.classifying import CellKind
from chaintwin.ingest.shipment_log.frames import ordered_sum
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
from chaintwin.ingest.shipment_log.transactions.references import INCLUDED
from chaintwin.ingest.shipment_log.transactions.rows import POINTING, LogLines

TOP_DESTINATIONS = 10
TOP_ORIGINS = 5
DISTINCT = {
    "destination": "countries",
    "vendor": "vendors",
    "origin": "manufacturing_sites",
    "substance": "molecules",
    "product": "items",
    "carrier": "carriers",
}
PAIRS = {("vendor", "destination"): "vendor_country_lanes", ("origin", "vendor"): "site_vendor_pairs"}


def gather_facts(lines: LogLines, mapping: LogMapping) -> dict[str, Any]:
    """Return the figures of a log, over all its lines as they stand, before anything is left out.

    Parameters
    ----------
    lines : the typed log.
    mapping : what its columns mean.

    Returns
    -------
    By name: ``rows``; sum and hash of the ids; range of promised days; number of distinct names and pairs of names; totals;
    ``rows_<field>_<kind of cell>``; lateness in days against the promise (standard deviation with n-1, quantile by linear
    interpolation); the same by route, mode and carrier, with the words of the log; the largest destinations and origins by value;
    Herfindahl indices; value by month of the promise. Figures whose columns the log lacks are left out.
    """
    facts: dict[str, Any] = {"rows": lines.frame.height}
    facts |= _ids(lines)
    facts |= _names(lines)
    facts |= _totals(lines, mapping)
    facts |= _cells(lines, mapping)
    facts |= _lateness(lines)
    facts |= _value(lines)
    return facts


def _ids(lines: LogLines) -> dict[str, Any]:
    if "shipment_id" not in lines.raw.columns:
        return {}
    ids = lines.raw["shipment_id"].drop_nulls()
    numbers = ids.cast(pl.Int64, strict=False)
    facts: dict[str, Any] = {}
    if numbers.null_count() == 0:
        facts["id_sum"] = int(numbers.sum())
        ordered = [str(number) for number in numbers.sort()]
    else:
        ordered = ids.sort().to_list()
    facts["sha256_of_sorted_ids_joined_by_comma"] = hashlib.sha256(",".join(ordered).encode()).hexdigest()
    return facts


def _names(lines: LogLines) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if "promised" in lines.raw.columns:
        promised = lines.frame["promised"]
        facts["scheduled_min"], facts["scheduled_max"] = (str(day) for day in (promised.min(), promised.max()))
    for field, name in DISTINCT.items():
        if field in lines.raw.columns:
            facts[name] = lines.raw[field].drop_nulls().n_unique()
    for pair, name in PAIRS.items():
        if set(pair) <= set(lines.raw.columns):
            facts[name] = lines.raw.select(pair).drop_nulls().n_unique()
    return facts


def _totals(lines: LogLines, mapping: LogMapping) -> dict[str, Any]:
    money = mapping.money.lower()
    named = {
        "value": f"total_line_value_{money}",
        "quantity": "total_quantity",
        "freight": f"total_numeric_freight_{money}",
        "weight": "total_numeric_weight_kg",
    }
    totals = {name: lines.frame[field].sort().sum() for field, name in named.items() if field in lines.raw.columns}
    return {name: int(total) if name == "total_quantity" and total == int(total) else total for name, total in totals.items()}


def _cells(lines: LogLines, mapping: LogMapping) -> dict[str, int]:
    """Return how many cells of weight and freight are numbers, pointers, words of each meaning, blank or unread."""
    facts: dict[str, int] = {}
    for name in POINTING:
        if name not in lines.raw.columns:
            continue
        kind, meaning = lines.frame[f"{name}_kind"], lines.frame[f"{name}_meaning"]
        facts[f"rows_numeric_{name}"] = int((kind == CellKind.VALUE).sum())
        facts[f"rows_{name}_reference"] = int((kind == CellKind.REFERENCE).sum())
        for word in sorted(
            {INCLUDED, *mapping.words.get(name, {}).values()} if name == "freight" else set(mapping.words.get(name, {}).values())
        ):
            facts[f"rows_{name}_{word}"] = int((meaning == word).sum())
        for other in (CellKind.BLANK, CellKind.UNREAD):
            facts[f"rows_{name}_{other}"] = int((kind == other).sum())
    return facts


def _lateness(lines: LogLines) -> dict[str, Any]:
    if not {"promised", "delivered"} <= set(lines.raw.columns):
        return {}
    late = (pl.col("delivered") - pl.col("promised")).dt.total_days().alias("days_late")
    frame = lines.frame.select(late).with_columns(lines.raw).filter(pl.col("days_late").is_not_null())
    if frame.height == 0:
        return {}
    days = frame["days_late"]
    facts: dict[str, Any] = {
        "late_rows": int((days > 0).sum()),
        "on_time_or_early_share": (days <= 0).mean(),
        "mean_days_late": days.mean(),
        "sd_days_late": days.std(),
        "p95_days_late": days.quantile(0.95, interpolation="linear"),
        "max_days_late": days.max(),
        "min_days_late": days.min(),
    }
    summary = (
        pl.len().alias("rows"),
        (pl.col("days_late") > 0).mean().alias("late_share"),
        pl.col("days_late").mean().alias("mean_days_late"),
    )
    for field, name in (("route", "by_fulfilment"), ("mode", "by_mode"), ("carrier", "by_carrier")):
        if field in lines.raw.columns:
            grouped = frame.group_by(pl.col(field).fill_null("blank"), maintain_order=True).agg(summary).sort(field)
            facts[name] = {row.pop(field): row for row in grouped.to_dicts()}
    return facts


def _value(lines: LogLines) -> dict[str, Any]:
    if "value" not in lines.raw.columns:
        return {}
    frame = lines.raw.with_columns(lines.frame["value"], lines.frame["promised"].alias("promised_day"))
    facts: dict[str, Any] = {}
    shares = (("destination", "country", "countries", TOP_DESTINATIONS), ("origin", "site", "sites", TOP_ORIGINS))
    for field, one, many, count in shares:
        if field in lines.raw.columns:
            by_name = (
                frame.drop_nulls(field)
                .group_by(field, maintain_order=True)
                .agg(ordered_sum("value"))
                .sort(["value", field], descending=[True, False])
            )
            facts[f"top_{many}_by_value"] = dict(by_name.head(count).iter_rows())
            total = by_name["value"].sum()
            facts[f"herfindahl_value_by_{one}"] = ((by_name["value"] / total) ** 2).sum() if total else None
    if "promised" in lines.raw.columns:
        month = pl.col("promised_day").dt.strftime("%Y-%m").alias("month")
        monthly = frame.drop_nulls("promised_day").group_by(month, maintain_order=True).agg(ordered_sum("value")).sort("month")
        facts["monthly_value"] = dict(monthly.iter_rows())
    return facts
