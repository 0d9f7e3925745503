"""Tables of the service of a project: the six rights, customers and products, and lines of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.risk.service.cost_to_serve import COST_DRIVERS
from chaintwin.risk.service.simulated.serving import Served
from chaintwin.risk.service.simulated.tallying import ORDER_SHARES, STREAM_SHARES, Tally, mean_of, share_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

COSTS = tuple(COST_DRIVERS)
"""Lines of the ledger, in the order of the tables."""

_LINES_OF_ORDERS = {"otif": "otif_lines", "on_time": "on_time_lines", "in_full": "in_full_lines"}


@dataclass(frozen=True, slots=True, eq=False)
class Amounts:
    """Money by stream in each replication, a period.

    Parameters
    ----------
    cost : Floats[R, D + 1], cost to serve, then what is unattributed.
    revenue : Floats[R, D].
    carbon_kg : Floats[D], emissions of what was for each stream.
    periods : counted ones.
    """

    cost: Floats
    revenue: Floats
    carbon_kg: Floats
    periods: int


def right_table(
    tallies: Sequence[Tally], *, replaced: float | None, spoiled: Floats, period: str, confidence: float
) -> pl.DataFrame:
    """Return the six rights: those that are measured with their share, and why a simulation cannot break the others.

    Parameters
    ----------
    tallies : of each replication.
    replaced : share of the shipped units that were made from a substitute; None where the network has none.
    spoiled : Floats[2], units scrapped and units expired a period.
    period : unit of time. confidence : level of the intervals.

    Returns
    -------
    ``right``, ``share``, ``low``, ``high`` (null where not measured), ``of`` (what the share is of) and ``how``.
    """
    nothing: tuple[None, None, None] = (None, None, None)
    product: tuple[float | None, float | None, float | None] = nothing
    why = "cannot be wrong: there are no substitutes"
    if replaced is not None:
        product, why = (1.0 - replaced, None, None), "the rest was made from a substitute"
    scrapped, expired = spoiled.tolist()
    bad = f"{scrapped:.4g} units scrapped and {expired:.4g} expired a {period}" if scrapped or expired else "nothing spoils"
    rows = [
        ("product", *product, "units" if replaced is not None else None, why),
        ("time", *_of_orders(tallies, "on_time", confidence), "orders", "within the promise window"),
        ("quantity", *_of_orders(tallies, "in_full", confidence), "orders", "in full by the end of the run"),
        ("quality", *nothing, None, f"cannot be wrong: only good units are shipped ({bad})"),
        ("place", *nothing, None, "cannot be wrong: demand is served where it arises"),
        ("cost", *nothing, None, "cannot be wrong: the price of the tables is charged"),
    ]
    schema = {"right": pl.String, "share": pl.Float64, "low": pl.Float64, "high": pl.Float64, "of": pl.String, "how": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def customer_table(
    tallies: Sequence[Tally], streams: pl.DataFrame, *, served: Served, amounts: Amounts, confidence: float
) -> pl.DataFrame:
    """Return service, cost to serve and margin in all and by site, product and stream.

    Parameters
    ----------
    tallies : of each replication.
    streams : ``stream_id``, ``site_id``, ``product_id``, ``market``, ``customer``, ``group``; D rows.
    served : the ledger, given to streams. amounts : by replication.
    confidence : level of the intervals.

    Returns
    -------
    ``by`` (all, site, product, stream, unattributed) and ``id``; what a stream is of; units a period ``demand``, ``shipped``,
    ``lost``; ``orders`` and ``lines`` a replication (by product and stream an order counts as its lines of these); shares with
    ``_low`` and ``_high``; money a period: ``revenue``, one column a cost line, ``cost_to_serve`` and ``margin`` with
    ``_half_width``; ``cost_per_unit`` (shipped); ``carbon_kg`` a period. In all there is the whole ledger, so that the rows of
    one kind and the one of what is unattributed add up to it.
    """
    parts = []
    every = pl.Series("all", ["all"] * streams.height, dtype=pl.String)
    for by, key in (
        ("all", every),
        ("site", streams["site_id"]),
        ("product", streams["product_id"]),
        ("stream", streams["stream_id"]),
    ):
        ids = key.unique().sort()
        place = key.replace_strict(ids, np.arange(ids.len()), return_dtype=pl.Int64).to_numpy()
        parts.append(_part(by, ids, tallies, place=place, streams=streams, amounts=amounts, confidence=confidence))
    table = pl.concat(parts).join(_costs(served, streams), on=["by", "id"], how="left", maintain_order="left")
    table = table.with_columns(pl.col(*COSTS).fill_null(0.0))
    rest = _unattributed(served, amounts, confidence=confidence)
    table = pl.concat([table, rest], how="diagonal")
    about = streams.select(
        by=pl.lit("stream"), id="stream_id", site_id="site_id", product_id="product_id", market="market", customer="customer"
    )
    table = table.join(about, on=["by", "id"], how="left", maintain_order="left").with_columns(
        cost_to_serve=pl.sum_horizontal(*COSTS),
    )
    table = table.with_columns(
        margin=pl.col("revenue") - pl.col("cost_to_serve"),
        cost_per_unit=pl.when(pl.col("shipped") > 0).then(pl.col("cost_to_serve") / pl.col("shipped")),
    )
    first = ["by", "id", "site_id", "product_id", "market", "customer"]
    money = ["revenue", *COSTS, "cost_to_serve", "cost_to_serve_half_width", "cost_per_unit", "margin", "margin_half_width"]
    others = [name for name in table.columns if name not in (*first, *money, "carbon_kg")]
    return table.select(*first, *others, *money, "carbon_kg").with_columns(pl.col(pl.Float64).fill_nan(None))


def line_table(served: Served, ledger: pl.DataFrame, *, amounts: Floats, confidence: float) -> pl.DataFrame:
    """Return the lines of the ledger and how they were given away, largest first.

    Parameters
    ----------
    served : the ledger, given to streams.
    ledger : ``line`` of each row. amounts : Floats[R, rows], of each replication. confidence : level of the intervals.
    """
    names = ledger["line"].unique(maintain_order=True).to_list()
    each = np.stack([amounts[:, (ledger["line"] == name).to_numpy()].sum(axis=1) for name in names], axis=1)
    _, half = mean_of(each, confidence=confidence)
    kinds = pl.when(pl.col("way").is_in(["direct", "unattributed"])).then("way").otherwise(pl.lit("shared"))
    given = served.shares.group_by("line", kinds.alias("kind")).agg(pl.col("amount").sum())
    frame = pl.DataFrame({"line": pl.Series(names, dtype=pl.String), "half_width": half}).with_columns(
        pl.col("half_width").fill_nan(None)
    )
    whole = served.ledger.group_by("line").agg(pl.col("amount").sum())
    frame = whole.join(frame, on="line", how="left")
    for kind in ("direct", "shared", "unattributed"):
        mine = given.filter(pl.col("kind") == kind).select("line", pl.col("amount").alias(kind))
        frame = frame.join(mine, on="line", how="left").with_columns(pl.col(kind).fill_null(0.0))
    return frame.sort("amount", "line", descending=[True, False])


def _of_orders(tallies: Sequence[Tally], met: str, confidence: float) -> tuple[float, float, float]:
    above = np.array([[each.orders[met].sum()] for each in tallies])
    below = np.array([[each.orders["orders"].sum()] for each in tallies])
    value, low, high = share_of(above, below, confidence=confidence)
    return float(value[0]), float(low[0]), float(high[0])


def _part(
    by: str,
    ids: pl.Series,
    tallies: Sequence[Tally],
    *,
    place: Integers,
    streams: pl.DataFrame,
    amounts: Amounts,
    confidence: float,
) -> pl.DataFrame:
    """Return the rows of one kind; ``place`` is the row of each stream."""
    size = ids.len()

    def summed(values: Sequence[Floats], rows: Integers) -> Floats:
        return np.stack([np.bincount(rows, weights=each, minlength=size) for each in values])

    def of_streams(name: str) -> Floats:
        return summed([each.streams[name] for each in tallies], place)

    # A site's orders are those of its markets; of a product or stream an order is its lines of these.
    by_order = by in ("all", "site")
    mine = streams["group"].to_numpy()
    groups = np.zeros(int(mine.max(initial=-1)) + 1, dtype=np.int64)
    groups[mine] = place if by_order else 0

    def of_orders(name: str) -> Floats:
        return (
            summed([each.orders[name] for each in tallies], groups)
            if by_order
            else of_streams(_LINES_OF_ORDERS.get(name, "lines"))
        )

    columns: dict[str, Floats] = {}
    for name in ("demand", "shipped", "lost"):
        columns[name] = of_streams(name).mean(axis=0) / amounts.periods
    columns |= {"orders": of_orders("orders").mean(axis=0), "lines": of_streams("lines").mean(axis=0)}
    shares: Mapping[str, tuple[Floats, Floats]] = {
        name: (of_orders(met), of_orders("orders")) for name, (met, _) in ORDER_SHARES.items()
    } | {name: (of_streams(above), of_streams(below)) for name, (above, below, _) in STREAM_SHARES.items()}
    for name, (above, below) in shares.items():
        columns[name], columns[f"{name}_low"], columns[f"{name}_high"] = share_of(above, below, confidence=confidence)
    cost = summed(list(amounts.cost[:, :-1]), place)
    if by == "all":
        cost = cost + amounts.cost[:, -1:]
    revenue = summed(list(amounts.revenue), place)
    columns["revenue"] = revenue.mean(axis=0)
    columns["cost_to_serve_half_width"] = mean_of(cost, confidence=confidence)[1]
    columns["margin_half_width"] = mean_of(revenue - cost, confidence=confidence)[1]
    columns["carbon_kg"] = summed([amounts.carbon_kg], place)[0]
    return pl.DataFrame({"by": pl.Series([by] * size, dtype=pl.String), "id": ids} | columns)


def _costs(served: Served, streams: pl.DataFrame) -> pl.DataFrame:
    """Return the cost lines as columns, by ``by`` and ``id``."""
    shares = served.shares.join(streams.select("stream_id", "site_id", "product_id"), on="stream_id", how="left")
    whole = shares.select(by=pl.lit("all"), id=pl.lit("all"), line="line", amount="amount")
    given = shares.drop_nulls("stream_id")
    parts = [
        given.select(by=pl.lit(by), id=key, line="line", amount="amount")
        for by, key in (("site", "site_id"), ("product", "product_id"), ("stream", "stream_id"))
    ]
    return pl.concat([whole, *parts]).group_by("by", "id").agg(_by_line())


def _unattributed(served: Served, amounts: Amounts, *, confidence: float) -> pl.DataFrame:
    """Return the row of what no stream caused."""
    rest = served.shares.filter(pl.col("stream_id").is_null())
    half = float(mean_of(amounts.cost[:, -1:], confidence=confidence)[1][0])
    return rest.select(
        pl.lit("unattributed").alias("by"),
        pl.lit("unattributed").alias("id"),
        *_by_line(),
        pl.lit(half).alias("cost_to_serve_half_width"),
    )


def _by_line() -> list[pl.Expr]:
    return [pl.col("amount").filter(pl.col("line") == line).sum().alias(line) for line in COSTS]
