"""How each stock point is filled: rows of ``sources`` first, then what lanes, bills and outside suppliers make obvious."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from chaintwin.network.lowering.rows import Rows
from chaintwin.network.lowering.sourcing.bills import Bills
from chaintwin.network.lowering.sourcing.inbound import InboundLanes

DEFAULTS: dict[str, pl.Expr] = {
    "lane_id": pl.lit(None, dtype=pl.String),
    "bill": pl.lit(None, dtype=pl.UInt32),
    "partner": pl.lit(None, dtype=pl.String),
    "share": pl.lit(1.0),
    "priority": pl.lit(0, dtype=pl.Int64),
    "rule": pl.lit("share"),
    "lead_time": pl.lit("1"),
    "lead_mode": pl.lit("crossing"),
    "yield_rate": pl.lit(1.0),
    "minimum_order": pl.lit(0.0),
    "batch": pl.lit(0.0),
    "cost": pl.lit(None, dtype=pl.Float64),
    "fixed_cost": pl.lit(0.0),
    "capacity": pl.lit(None, dtype=pl.Float64),
    "listed": pl.lit(value=False),
}
"""What a source is that no row describes; the same values the catalog gives blank cells."""

PAIR = ("site_id", "product_id")

NO_MAKERS = ("store", "customer", "port", "airport")
"""Kinds of sites at which nothing is made unless a row says so."""


@dataclass(frozen=True, slots=True)
class Supply:
    """Stock points and their sources.

    Parameters
    ----------
    points : ``site_id``, ``product_id``, each pair once, sorted.
    sources : one row a source: ``site_id``, ``product_id``, ``kind`` and the columns of ``DEFAULTS``.
    bills : the bills of material.
    """

    points: pl.DataFrame
    sources: pl.DataFrame
    bills: Bills


def find_supply(rows: Rows) -> Supply:
    """Return every stock point with its sources.

    A stock point is listed, or implied by demand, by a lane that carries one product, by a source or by a bill. Its sources
    are, in
    this order: its rows in ``sources``; making it, where a bill names the site or the site is a plant; every lane that carries
    it from
    a site that handles it; every lane without a product, whose sender then handles it too (not into suppliers); making it from
    any
    bill; buying it outside. What a rule implies is looked at again until nothing new appears.

    Parameters
    ----------
    rows : tables in force.
    """
    bills = Bills.of(rows["bom"])
    listed = _listed(rows, bills)
    senders = listed.filter(pl.col("kind") == "move").select(site_id="from_site", product_id="product_id")
    handled = _pairs([listed, senders, *_explicit_points(rows, bills)])
    pending = handled.join(listed.select(PAIR).unique(), on=PAIR, how="anti")
    inputs = _new(bills.other_products(listed, role="input"), handled)
    handled, pending = pl.concat([handled, inputs]), pl.concat([pending, inputs])
    lanes = InboundLanes.of(rows)
    kinds = rows["sites"].select("site_id", site_kind="kind")
    found, unfed = [listed], []
    while pending.height:
        sources, rest = _wave(pending, handled, lanes=lanes, bills=bills, kinds=kinds)
        found.append(sources)
        unfed.append(rest)
        implied = [sources.filter(pl.col("kind") == "move").select(site_id="from_site", product_id="product_id")]
        implied.append(bills.other_products(sources, role="input"))
        pending = _new(pl.concat(implied), handled)
        handled = pl.concat([handled, pending])
    sources = pl.concat([frame.select(found[0].columns) for frame in found])
    by_products = bills.other_products(sources, role="by_product")
    # A by-product arrives whether it is ordered or not, so nobody is assumed to sell it as well.
    bought = pl.concat([handled.clear(), *unfed]).join(by_products, on=PAIR, how="anti")
    sources = pl.concat([sources, _complete(bought, kind="buy").select(sources.columns)])
    points = _pairs([handled, by_products])
    return Supply(points.sort(PAIR), sources.drop("from_site"), bills)


def _wave(
    pending: pl.DataFrame, handled: pl.DataFrame, *, lanes: InboundLanes, bills: Bills, kinds: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the sources of the pending points, and the points that nothing inside the network fills."""
    pending = pending.select(PAIR).join(kinds, on="site_id", how="left")
    made = bills.choose(pending.with_columns(bom_id=pl.lit(None, dtype=pl.String)), plants_only=True)
    rest = pending.join(made, on=PAIR, how="anti")
    way = lanes.into(rest)
    served = way.join(handled.select(from_site="site_id", product_id="product_id"), on=["from_site", "product_id"], how="semi")
    rest = rest.join(served, on=PAIR, how="anti")
    implied = way.join(rest.filter(pl.col("site_kind") != "supplier"), on=PAIR, how="semi")
    rest = rest.join(implied, on=PAIR, how="anti")
    makers = rest.filter(~pl.col("site_kind").is_in(NO_MAKERS))
    late = bills.choose(makers.with_columns(bom_id=pl.lit(None, dtype=pl.String)), plants_only=False)
    rest = rest.join(late, on=PAIR, how="anti").select(PAIR)
    moves = pl.concat([served, implied])
    makes = pl.concat([made, late])
    return pl.concat([_complete(moves, kind="move"), _complete(makes, kind="make")]), rest


def _complete(frame: pl.DataFrame, *, kind: str) -> pl.DataFrame:
    """Return the sources with every column there is."""
    site = frame.schema["site_id"]
    missing = [value.alias(name) for name, value in DEFAULTS.items() if name not in frame.columns]
    if "from_site" not in frame.columns:
        missing.append(pl.lit(None, dtype=site).alias("from_site"))
    return frame.with_columns(pl.lit(kind).alias("kind"), *missing).select(*PAIR, "kind", "from_site", *DEFAULTS)


def _listed(rows: Rows, bills: Bills) -> pl.DataFrame:
    """Return the rows of ``sources`` as sources: one for every lane or bill they stand for."""
    sources, lanes = rows["sources"].with_row_index("source"), rows["lanes"]
    by_kind = {kind: sources.filter(pl.col("kind") == kind) for kind in ("move", "make", "buy")}
    ways = lanes.select("lane_id", "from_site", "to_site", carries="product_id")
    move = by_kind["move"]
    to_sender = pl.col("from_site").is_null() | (pl.col("from_site") == pl.col("from_site_right"))
    to_lane = pl.col("lane_id").is_null() | (pl.col("lane_id") == pl.col("lane_id_right"))
    fits = (pl.col("carries").is_null() | (pl.col("carries") == pl.col("product_id"))) & to_sender & to_lane
    named = move.filter(pl.col("lane_id").is_not_null())
    sent = move.filter(pl.col("lane_id").is_null() & pl.col("from_site").is_not_null())
    open_ = move.filter(pl.col("lane_id").is_null() & pl.col("from_site").is_null())
    # Three joins rather than one on the receiving site alone: a hub with a thousand lanes and a thousand rows would give a
    # million.
    found = [
        named.join(ways.with_columns(lane_id_right="lane_id"), on="lane_id").filter(
            fits & (pl.col("to_site") == pl.col("site_id"))
        ),
        sent.join(
            ways.with_columns(from_site_right="from_site"), left_on=["site_id", "from_site"], right_on=["to_site", "from_site"]
        ).filter(fits),
        open_.join(ways, left_on="site_id", right_on="to_site").filter(fits),
    ]
    columns = [*(name for name in sources.columns if name not in ("lane_id", "from_site"))]
    moves = pl.concat([part.select(*columns, lane_id="lane_id_right", from_site="from_site_right") for part in found])
    # A row that stands for several lanes splits its share evenly over them.
    moves = moves.with_columns(pl.col("share") / pl.len().over("source"))
    makes = by_kind["make"].join(
        bills.choose(by_kind["make"], plants_only=False), on=[*PAIR, "bom_id"], how="left", nulls_equal=True
    )
    parts = [(moves, "move"), (makes, "make"), (by_kind["buy"].drop("lane_id", "from_site"), "buy")]
    whole = [_complete(frame.drop("kind").with_columns(listed=pl.lit(value=True)), kind=kind) for frame, kind in parts]
    return pl.concat(whole)


def _explicit_points(rows: Rows, bills: Bills) -> list[pl.DataFrame]:
    """Return the pairs that rows name."""
    one = rows["lanes"].filter(pl.col("product_id").is_not_null())
    return [
        rows["stock_points"],
        rows["demand"],
        rows["sources"],
        one.select(site_id="from_site", product_id="product_id"),
        one.select(site_id="to_site", product_id="product_id"),
        bills.headers.filter(pl.col("site_id").is_not_null()),
    ]


def _pairs(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([frame.select(PAIR) for frame in frames]).unique()


def _new(frame: pl.DataFrame, handled: pl.DataFrame) -> pl.DataFrame:
    return frame.select(PAIR).unique().join(handled, on=PAIR, how="anti")
