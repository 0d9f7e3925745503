"""A network from the lines of a transaction log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from chaintwin.errors import Finding
from chaintwin.ingest.shipment_log.building.demand import DAYS, DemandTable, build_demand
from chaintwin.ingest.shipment_log.building.flows import PAIR, Flows, follow_flows
from chaintwin.ingest.shipment_log.building.lanes import build_lanes
from chaintwin.ingest.shipment_log.building.lead_times import LeadTimes, fit_lead_times, observe
from chaintwin.ingest.shipment_log.building.products import ProductTables, build_products
from chaintwin.ingest.shipment_log.building.rounding import DIGITS, rounded_shares
from chaintwin.ingest.shipment_log.building.sites import SiteTables, build_sites
from chaintwin.ingest.shipment_log.coverage import Coverage, cover
from chaintwin.ingest.shipment_log.frames import to_network
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
from chaintwin.ingest.shipment_log.transactions.usable import UsableLines
from chaintwin.network.network import Network, Period, Settings

WEEK_FROM_DAYS = 28
"""Median lead time from which a week is the period: it is then a quarter of the lead time or less, as the engine asks for."""

YEARS_SIMULATED = 3
YEARS_WARM_UP = 1
"""A year lets stock and orders forget where they started: lead times of a log are months at most; two more give the results."""


@dataclass(frozen=True, slots=True)
class BuiltNetwork:
    """A network from a log, and what went into it.

    Parameters
    ----------
    network : the network.
    lane_fits : lead-time fits, columns as in ``lead_times.FIT_SCHEMA``.
    counts : counts by step.
    findings : assumptions made.
    coverage : how well the log covers the network.
    """

    network: Network
    lane_fits: pl.DataFrame
    counts: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]
    coverage: Coverage = field(default_factory=Coverage)


def build_from_lines(
    usable: UsableLines, mapping: LogMapping, *, name: str, progress: Callable[[float, str], None]
) -> BuiltNetwork:
    """Return the network that the usable lines of a log show.

    Parameters
    ----------
    usable : the lines, with ``weight_kg`` and ``freight_cost``.
    mapping : what the columns mean.
    name : name of the project.
    progress : told the share of this step done, 0 to 1, and what is being done.
    """
    progress(0.0, "sites, products and lanes")
    placed = build_sites(usable.frame, mapping)
    laned = build_lanes(placed.lines)
    flows = follow_flows(laned.lines, laned.lanes)
    used = flows.sources["lane_id"].drop_nulls().unique()
    lanes = laned.lanes.filter(pl.col("lane_id").is_in(used.implode()))
    goods = build_products(flows.lines, counted_in=usable.unit)
    period = mapping.period or _period(flows.lines, mapping, usable)
    progress(0.1, "lead times")
    leads = fit_lead_times(
        flows.lines,
        lanes,
        mapping=mapping,
        as_of=usable.as_of,
        period_days=DAYS[period],
        on_step=lambda share: progress(0.1 + 0.5 * share, "lead times"),
    )
    asked = build_demand(flows.lines, period=period, on_step=lambda share: progress(0.6 + 0.35 * share, "demand"))
    progress(0.95, "network")
    per_year = round(period.per_year)
    settings = Settings(
        name=name,
        period=period,
        currency=mapping.money,
        start=asked.first + timedelta(days=asked.periods * DAYS[period]),
        horizon=YEARS_SIMULATED * per_year,
        warm_up=YEARS_WARM_UP * per_year,
    )
    frames = _frames(placed, goods, lanes=lanes, leads=leads, flows=flows, asked=asked)
    counts = {"lines": usable.counts, "lead_times": leads.counts, "lane_costs": laned.counts}
    parts = (placed, laned, flows, goods, leads)
    findings = tuple(item for part in parts for item in part.findings)
    coverage = cover(flows.lines, leads.fits, read=usable.counts["lines"])
    return BuiltNetwork(to_network(settings, frames), leads.fits, counts, findings, coverage)


def _period(lines: pl.DataFrame, mapping: LogMapping, usable: UsableLines) -> Period:
    observed, _ = observe(lines, mapping, as_of=usable.as_of, period_days=1)
    median = observed.filter("is_observed")["time"].median()
    return Period.WEEK if isinstance(median, float) and median >= WEEK_FROM_DAYS else Period.DAY


def _frames(
    placed: SiteTables, goods: ProductTables, *, lanes: pl.DataFrame, leads: LeadTimes, flows: Flows, asked: DemandTable
) -> dict[str, pl.DataFrame]:
    law = leads.fits.select(lane_id="lane", lead_time="law")
    handled = flows.points["site_id"].unique()
    sites = _with_kinds(placed.sites.filter(pl.col("site_id").is_in(handled.implode())), flows)
    # Where nothing arrives in the log, stock is the supplier's own affair: it buys what is ordered, at once, and holds nothing.
    # The lead time of its lane already counts from the order, so time to make the goods would count twice.
    level = pl.when("is_origin").then(0.0)
    stock_points = flows.points.select("site_id", "product_id", base_stock=level, initial_stock=level)
    return {
        "sites": sites,
        "products": goods.products,
        "lanes": lanes.drop("is_supply").join(law, on="lane_id", how="left", maintain_order="left"),
        "demand": asked.demand,
        "stock_points": stock_points,
        "sources": _sources(flows, sites, laned=flows.lines),
        "partners": placed.partners,
        "units": goods.units,
    }


def _with_kinds(sites: pl.DataFrame, flows: Flows) -> pl.DataFrame:
    """Return the sites with their kind by what is left of their flows once returns are left out."""
    moves = flows.sources.filter(pl.col("kind") == "move")
    sends, receives = (pl.col("site_id").is_in(moves[name].unique().implode()) for name in ("from_site", "site_id"))
    kind = pl.when(pl.col("kind") == "hub").then("kind").when(sends & receives).then(pl.lit("warehouse"))
    return sites.with_columns(kind.when(receives).then(pl.lit("customer")).otherwise(pl.lit("supplier")).alias("kind"))


def _sources(flows: Flows, sites: pl.DataFrame, *, laned: pl.DataFrame) -> pl.DataFrame:
    """Return the sources with purchase costs: the median price of the sender for the product, whose partner owns the site."""
    price = (
        laned.filter(pl.col("value") > 0)
        .group_by(site_id="from_site", product_id="product", maintain_order=True)
        .agg((pl.col("value") / pl.col("quantity")).median().round_sig_figs(DIGITS).alias("cost"))
    )
    owner = sites.select("site_id", "owner")
    joined = flows.sources.join(price, on=["site_id", "product_id"], how="left", maintain_order="left")
    joined = joined.join(owner, on="site_id", how="left", maintain_order="left").join(
        flows.points, on=["site_id", "product_id"], how="left", maintain_order="left"
    )
    is_buy = pl.col("kind") == "buy"
    return joined.select(
        "site_id",
        "product_id",
        "kind",
        "lane_id",
        "from_site",
        rounded_shares("share", group=PAIR),
        pl.when(is_buy).then("cost").alias("cost"),
        pl.when(is_buy).then("owner").alias("partner"),
        pl.when(is_buy & pl.col("is_origin")).then(pl.lit("0")).alias("lead_time"),
    )
