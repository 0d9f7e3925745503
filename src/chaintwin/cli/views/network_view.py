"""What a network consists of: counts by kind, a map, where demand is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.views.charts import Bar, bar_chart
from chaintwin.cli.views.numbers import count, number

if TYPE_CHECKING:
    from chaintwin.network.doctor import Summary
    from chaintwin.network.network import Network

REGIONS_MAX = 8
CHART_WIDTH = 78


def demand_by_region(network: Network) -> dict[str, float]:
    """Return the mean demand a period, in each product's own unit, by region of the site it is served from, largest first.

    Parameters
    ----------
    network : without errors.
    """
    import polars as pl

    from chaintwin.network.lowering import lower_in_full

    lowered = lower_in_full(network)
    text = pl.String
    regions = lowered.rows["sites"].select(
        pl.col("site_id").cast(text), region=pl.coalesce("region", "country", pl.lit("elsewhere"))
    )
    demand = lowered.streams.select(pl.col("site_id").cast(text), "mean").join(regions, on="site_id", how="left")
    by_region = demand.group_by("region").agg(pl.col("mean").sum()).sort(["mean", "region"], descending=[True, False])
    return {str(region): float(mean) for region, mean in by_region.iter_rows()}


def show_overview(terminal: Terminal, network: Network, *, summary: Summary) -> None:
    """Print the network in numbers, with a map where sites have coordinates.

    Parameters
    ----------
    terminal : where to.
    network : with proposals filled in, so that sites have coordinates.
    summary : what the doctor counted.
    """
    from rich.text import Text

    lines = (
        f"{count(sum(summary.sites.values()), 'site')}: {_listed(summary.sites)}",
        f"{count(sum(summary.lanes.values()), 'lane')}: {_listed(summary.lanes)}",
        f"{count(summary.products, 'product')}, {count(summary.stock_points, 'stock point')} (a product at a site), "
        f"{count(summary.streams, 'demand stream')} of {number(summary.demand)} units a {summary.period}",
    )
    for line in lines:
        terminal.show(Text(f"  {line}"))
    places = network["sites"].select("kind", "latitude", "longitude").drop_nulls().rows()
    if len(places) > 1:
        from chaintwin.cli.views.world_map import world_map

        terminal.show(Text(), world_map(places, terminal.glyphs, width=min(terminal.width - 2, CHART_WIDTH)))


def show_demand(terminal: Terminal, shares: dict[str, float], *, period: str) -> None:
    """Print a bar a region; nothing where there is only one.

    Parameters
    ----------
    terminal : where to.
    shares : what ``demand_by_region`` returned.
    period : name of one period.
    """
    shown = list(shares.items())
    if len(shown) < 2:
        return
    terminal.title(f"Mean demand by region, units a {period}")
    rest = sum(value for _, value in shown[REGIONS_MAX:])
    shown = shown[:REGIONS_MAX] + ([(f"{len(shown) - REGIONS_MAX} more", rest)] if rest else [])
    bars = [Bar(name, value, number(value)) for name, value in shown]
    terminal.show(bar_chart(bars, terminal.glyphs, width=min(terminal.width, CHART_WIDTH)))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{amount:,} {kind.replace('_', ' ')}" for kind, amount in counts.items())
