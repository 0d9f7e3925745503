"""Payments by name as arrays: accounts, groups of payments between two of them, and what each is for (METHODS 1.8)."""

from __future__ import annotations

import numpy as np
import polars as pl

from chaintwin.errors import GraphError
from chaintwin.network.compiling.columns import floats, integers, lists
from chaintwin.network.compiling.refusing import refuse_unknown
from chaintwin.network.graph import Basis, Graph
from chaintwin.network.paths.ordering import rows_of
from chaintwin.network.program import Names, Payments
from chaintwin.network.tables.schema import DELAY_MAX

ENTITIES: dict[str, tuple[Basis, ...]] = {
    "activities": (Basis.STARTED, Basis.RECEIVED, Basis.COUNTED, Basis.SURCHARGED, Basis.SURDUTIED),
    "streams": (Basis.SHIPPED, Basis.SURPLUS),
    "resources": (Basis.USED,),
    "buffers": (Basis.EXPIRED,),
}
"""Which entities a basis speaks of."""


def accounts_of(graph: Graph) -> pl.DataFrame:
    """Return ``account_id`` and ``is_owner``, owners first, then by id.

    Raises
    ------
    GraphError
        An id is there twice.
    """
    twice = graph.accounts.filter(pl.col("account_id").is_duplicated())
    if twice.height:
        raise GraphError(f"account_id: found {twice['account_id'][0]} twice; allowed: each id once")
    return graph.accounts.sort(pl.col("is_owner").not_(), "account_id")


def payments_of(graph: Graph, names: Names) -> Payments:
    """Return the payments of a graph; those between the same accounts at the same term are one group.

    Parameters
    ----------
    graph, names : payments by name, and what the names are numbers of.

    Raises
    ------
    GraphError
        A payment names something that is not there, is paid to oneself, has a term below 0 or a price below 0.
    """
    frame = graph.payments
    number = names.accounts.with_row_index("number").select("account_id", "number")
    for side in ("payer", "payee"):
        frame = frame.join(number.rename({"account_id": side, "number": f"{side}_number"}), on=side, how="left")
        refuse_unknown(frame, side, where="entity_id", column=f"{side}_number")
    _refuse_odd(frame)
    parts = [frame.clear().with_columns(entity=pl.lit(0, dtype=pl.Int64))]
    for kind, bases in ENTITIES.items():
        known = getattr(names, kind).select(entity_id=pl.nth(0)).with_row_index("entity")
        part = frame.filter(pl.col("basis").is_in([int(basis) for basis in bases])).join(known, on="entity_id", how="left")
        refuse_unknown(part, "entity_id", where="payer", column="entity")
        parts.append(part.with_columns(pl.col("entity").cast(pl.Int64)))
    key = ["payer_number", "payee_number", "term"]
    # The series too, so that the order of rows never matters.
    text = pl.col("price_series").cast(pl.List(pl.String)).list.join("|").fill_null("")
    items = pl.concat(parts).sort(*key, "basis", "entity", "price", text)
    groups = items.select(key).unique(maintain_order=True).with_row_index("group")
    group = integers(items.join(groups, on=key, how="left", maintain_order="left"), "group")
    series_start, series = lists(items["price_series"])
    return Payments(
        is_owner=names.accounts["is_owner"].to_numpy().astype(np.int8),
        payer=integers(groups, "payer_number"),
        payee=integers(groups, "payee_number"),
        term=integers(groups, "term"),
        item_start=rows_of(group, groups.height),
        item_basis=items["basis"].to_numpy().astype(np.int8),
        item_entity=integers(items, "entity"),
        item_price=floats(items, "price"),
        series_start=series_start,
        series_value=series,
    )


def _refuse_odd(payments: pl.DataFrame) -> None:
    """Refuse a payment to oneself, a term that is below 0 or too long, and prices that are none."""
    odd = ~pl.col("price").is_finite() | (pl.col("price") < 0)
    series = pl.col("price_series").list.eval(~pl.element().is_finite() | (pl.element() < 0)).list.any().fill_null(value=False)
    late = ~pl.col("term").is_between(0, DELAY_MAX)
    wrong = payments.filter((pl.col("payer") == pl.col("payee")) | late | odd | series)
    if wrong.height:
        row = wrong.row(0, named=True)
        price = "a series of prices" if row["price_series"] is not None else f"{row['price']:g}"
        found = f"found {row['payer']} paying {row['payee']} {price} a unit after {row['term']} periods"
        raise GraphError(
            f"{row['entity_id']}: {found}; allowed: two accounts, a term of 0 to {DELAY_MAX:,} periods, prices of 0 or more"
        )
