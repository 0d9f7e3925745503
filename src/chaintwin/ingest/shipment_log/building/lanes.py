"""Lanes of a transaction log and what they cost."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from chaintwin.errors import Finding, Severity, amount_of
from chaintwin.ingest.shipment_log.building.rounding import rounded_column
from chaintwin.ingest.shipment_log.frames import ordered_sum

PAIR = ("sender_site", "to_site")


@dataclass(frozen=True, slots=True)
class LaneTables:
    """Lanes with the lines that ran over them.

    Parameters
    ----------
    lanes : ``lane_id``, ``from_site``, ``to_site``, ``mode``, ``variable_cost``, ``is_supply`` (a lane from a sender into a
        hub, which the log does not show, only implies).
    lines : the usable lines with ``lane_id`` of the lane into their market.
    counts : number of lanes by where their cost comes from.
    findings : assumptions made.
    """

    lanes: pl.DataFrame
    lines: pl.DataFrame
    counts: dict[str, int]
    findings: tuple[Finding, ...]


def build_lanes(lines: pl.DataFrame) -> LaneTables:
    """Return the lanes the lines ran over and, for goods out of a hub, those they must have come in on.

    A line without a known mode counts for the lane of its pair of sites that moved most units; where no line of the pair
    has a mode, the lane's mode stays blank for geography to propose. Freight of a unit is the lane's known freight over the
    units it moved for that freight; a lane without known freight takes the figure of its mode, else of all lanes.

    Parameters
    ----------
    lines : usable lines with ``from_site``, ``to_site``, ``hub``, ``freight_cost``.
    """
    lines = lines.with_columns(pl.coalesce("hub", "from_site").alias("sender_site"))
    without_mode = int(lines["mode"].null_count())
    lines = _with_lane_mode(lines)
    blank = int(lines["lane_mode"].null_count())
    name = (
        pl.when(pl.col("lane_mode").is_null())
        .then(pl.format("{}>{}", *PAIR))
        .otherwise(pl.format("{}>{}:{}", *PAIR, "lane_mode"))
    )
    lines = lines.with_columns(name.alias("lane_id"))
    lines = _with_freight(lines)
    lanes = lines.group_by("lane_id", maintain_order=True).agg(
        pl.col("sender_site").first().alias("from_site"),
        pl.col("to_site").first(),
        pl.col("lane_mode").first().alias("mode"),
        ordered_sum("freight_told").alias("freight"),
        ordered_sum(pl.col("quantity").filter(pl.col("freight_told").is_not_null())).alias("freight_quantity"),
        pl.lit(value=False).alias("is_supply"),
    )
    lanes = pl.concat([lanes, _supply_lanes(lines)]).sort("lane_id")
    lanes, counts = _with_costs(lanes)
    findings = _findings(lanes, without_mode=without_mode, blank=blank)
    return LaneTables(
        lanes.select("lane_id", "from_site", "to_site", "mode", "variable_cost", "is_supply"), lines, counts, findings
    )


def _with_freight(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines with ``freight_told``: the freight in the log, else that of its weight at the rate of its lane or mode.

    A rate a unit would charge the freight of a few heavy machines to thousands of screws.
    """
    both = pl.col("freight_cost").is_not_null() & (pl.col("weight_kg") > 0)
    rates = []
    for group in ("lane_id", "lane_mode"):
        paid, kilograms = (pl.when(both).then(name).sort().sum().over(group) for name in ("freight_cost", "weight_kg"))
        rates.append(pl.when(kilograms > 0).then(paid / kilograms))
    return lines.with_columns(freight_told=pl.coalesce("freight_cost", pl.col("weight_kg") * pl.coalesce(rates)))


def _with_lane_mode(lines: pl.DataFrame) -> pl.DataFrame:
    known = lines.filter(pl.col("mode").is_not_null()).group_by(*PAIR, "mode", maintain_order=True).agg(ordered_sum("quantity"))
    # The name breaks ties, so that the order of rows does not matter.
    known = known.sort(["quantity", "mode"], descending=[True, False])
    most = known.group_by(PAIR, maintain_order=True).agg(pl.col("mode").first().alias("usual_mode"))
    joined = lines.join(most, on=PAIR, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("mode", "usual_mode").alias("lane_mode")).drop("usual_mode")


def _supply_lanes(lines: pl.DataFrame) -> pl.DataFrame:
    """Return a lane from each sender into each hub its goods came out of, by the mode of its direct lines, else of all."""
    direct = lines.filter(~pl.col("is_hub") & pl.col("lane_mode").is_not_null())
    counted = (
        direct.group_by("from_site", "lane_mode", maintain_order=True)
        .agg(ordered_sum("quantity"))
        .sort(["quantity", "lane_mode"], descending=[True, False])
    )
    own = counted.group_by("from_site", maintain_order=True).agg(pl.col("lane_mode").first())
    usual = (
        counted.group_by("lane_mode", maintain_order=True)
        .agg(ordered_sum("quantity"))
        .sort(["quantity", "lane_mode"], descending=[True, False])["lane_mode"]
    )
    pairs = (
        lines.filter("is_hub")
        .select("from_site", "hub")
        .unique()
        .sort("from_site", "hub")
        .join(own, on="from_site", how="left", maintain_order="left")
    )
    mode = pl.col("lane_mode").fill_null(pl.lit(usual[0] if usual.len() else None, dtype=pl.String)).alias("mode")
    pairs = pairs.with_columns(mode)
    name = (
        pl.when(pl.col("mode").is_null())
        .then(pl.format("{}>{}", "from_site", "hub"))
        .otherwise(pl.format("{}>{}:{}", "from_site", "hub", "mode"))
    )
    return pairs.select(
        name.alias("lane_id"),
        "from_site",
        pl.col("hub").alias("to_site"),
        "mode",
        pl.lit(0.0).alias("freight"),
        pl.lit(0.0).alias("freight_quantity"),
        pl.lit(value=True).alias("is_supply"),
    )


def _with_costs(lanes: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the lanes with ``variable_cost``, and how many took it from their own lines, their mode, all lanes or nowhere."""
    known = pl.col("freight_quantity") > 0
    own = pl.when(known).then(pl.col("freight") / pl.col("freight_quantity"))
    by_mode = pl.col("freight").sum().over("mode") / pl.when(pl.col("freight_quantity").sum().over("mode") > 0).then(
        pl.col("freight_quantity").sum().over("mode")
    )
    overall = pl.when(pl.col("freight_quantity").sum() > 0).then(pl.col("freight").sum() / pl.col("freight_quantity").sum())
    lanes = lanes.with_columns(own=own, by_mode=pl.when(pl.col("mode").is_not_null()).then(by_mode), overall=overall)
    basis = (
        pl.when(pl.col("own").is_not_null())
        .then(pl.lit("own lines"))
        .when(pl.col("by_mode").is_not_null())
        .then(pl.lit("lanes of the same mode"))
        .when(pl.col("overall").is_not_null())
        .then(pl.lit("all lanes"))
        .otherwise(pl.lit("proposed"))
    )
    lanes = lanes.with_columns(variable_cost=pl.coalesce("own", "by_mode", "overall"), cost_basis=basis)
    lanes = lanes.with_columns(rounded_column("variable_cost"))
    return lanes, dict(lanes.group_by("cost_basis", maintain_order=True).len().sort("cost_basis").iter_rows())


def _findings(lanes: pl.DataFrame, *, without_mode: int, blank: int) -> tuple[Finding, ...]:
    findings = []
    if without_mode:
        found = f"{amount_of(without_mode, 'line')} without a known mode"
        fix = f"{without_mode - blank} count for the usual mode of their pair of sites, {blank} for a lane whose mode is proposed"
        findings.append(Finding("import.mode_unknown", found, "a mode", fix, "lanes.csv", 0, "mode", Severity.NOTE))
    implied = lanes.filter("is_supply")
    if implied.height:
        found = f"{amount_of(implied.height, 'lane')} from senders into hubs, which the log implies and does not show"
        fix = "mode, lead time and cost are those of direct deliveries; fill in better ones"
        findings.append(Finding("import.supply_lane_implied", found, "known lanes", fix, "lanes.csv", 0, "", Severity.NOTE))
    borrowed = lanes.filter(pl.col("own").is_null() & pl.col("variable_cost").is_not_null())
    if borrowed.height:
        found = f"{amount_of(borrowed.height, 'lane')} without known freight, such as {borrowed['lane_id'][0]}"
        fix = "the freight of a unit is that of lanes of the same mode"
        findings.append(
            Finding("import.freight_unknown", found, "freight in the log", fix, "lanes.csv", 0, "variable_cost", Severity.NOTE)
        )
    return tuple(findings)
