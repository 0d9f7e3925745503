"""How well a log covers the network made from it: what a reader should know before believing a simulated fill rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from chaintwin.ingest.shipment_log.frames import ordered_sum

FEW_ORDERS = 10
"""A stream of fewer orders has a demand law of a handful of sizes, and stock levels set from it are rough."""

WEAK_SHARE = 0.25
"""From this share of demand in such streams on, the sentence says what it does to a simulation."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of a log and of the network made from it; None where the layout has no such figure.

    Parameters
    ----------
    lines_used_share : lines that became part of the network.
    thin_demand_share : units of demand in streams of fewer than ``FEW_ORDERS`` orders.
    thin_streams, streams : number of such streams, and of all.
    weak_lanes, lanes : lanes whose lead time rests on few shipments or on other lanes, and all.
    """

    lines_used_share: float | None = None
    thin_demand_share: float | None = None
    thin_streams: int = 0
    streams: int = 0
    weak_lanes: int = 0
    lanes: int = 0

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each share."""
        said = []
        if self.lines_used_share is not None:
            said.append(f"The network holds {_percent(self.lines_used_share)} of the lines of the log.")
        if self.thin_demand_share is not None:
            effect = ": fill rates there are rough" if self.thin_demand_share >= WEAK_SHARE else ""
            share = _percent(self.thin_demand_share)
            said.append(f"{share[0].upper()}{share[1:]} of demand is in streams under {FEW_ORDERS} orders{effect}.")
        if self.lanes:
            said.append(f"{self.weak_lanes:,} of {self.lanes:,} lanes have a lead time from few shipments or from other lanes.")
        return tuple(said)

    def to_dict(self) -> dict[str, Any]:
        """Return the shares, counts and sentences as plain values."""
        names = ("lines_used_share", "thin_demand_share", "thin_streams", "streams", "weak_lanes", "lanes")
        return {**{name: getattr(self, name) for name in names}, "sentences": list(self.sentences())}


def cover(lines: pl.DataFrame, fits: pl.DataFrame, *, read: int) -> Coverage:
    """Return how well a log of transactions covers its network.

    Parameters
    ----------
    lines : lines that are part of the network, with ``to_site``, ``product``, ``quantity`` and ``demand_share``.
    fits : lead-time fits with ``trust``.
    read : number of lines of the log.
    """
    asked = lines.filter(pl.col("demand_share") > 0).group_by("to_site", "product")
    streams = asked.agg(pl.len().alias("orders"), ordered_sum(pl.col("quantity") * pl.col("demand_share")).alias("units"))
    thin = streams.filter(pl.col("orders") < FEW_ORDERS)
    units = float(streams["units"].sort().sum())
    return Coverage(
        lines_used_share=lines.height / read,
        thin_demand_share=float(thin["units"].sort().sum()) / units if units else 0.0,
        thin_streams=thin.height,
        streams=streams.height,
        weak_lanes=fits.filter(pl.col("trust") != "good").height,
        lanes=fits.height,
    )


def _percent(share: float) -> str:
    """Return a share as a percentage; neither 0 nor 100 unless it is exactly so."""
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"
