"""Who pays whom, for what and when: accounts and payments of the graph (METHODS 1.8)."""

from __future__ import annotations

import numpy as np
import polars as pl

from chaintwin.network.graph import ACCOUNT_SCHEMA, PAYMENT_SCHEMA, ActivityKind, Basis
from chaintwin.network.ids import joined_id
from chaintwin.network.lowering.moments import law_moments
from chaintwin.network.lowering.rows import Rows
from chaintwin.network.lowering.sourcing.activities import ActivityRows
from chaintwin.network.lowering.sourcing.prices import purchase_prices
from chaintwin.network.network import Network, Settings

OWN, SUPPLIERS, CARRIERS, CUSTOMS, CREWS, CUSTOMERS = (
    "(own company)",
    "(suppliers)",
    "(carriers)",
    "(customs)",
    "(crews and processes)",
    "(customers)",
)
"""Accounts of those whom no row of ``partners`` names."""

TERM_DAYS = 30
"""Days to payment of those whom no row of ``partners`` names; what the catalog says of a row without them."""

SENT_TERMS = ("EXW", "FCA", "FAS", "FOB", "CFR", "CIF", "CPT", "CIP")
RECEIVED_TERMS = ("DAP", "DPU", "DDP")
"""Incoterms 2020 by where the risk passes: when the goods leave, or on receipt."""


def incoterm_code() -> pl.Expr:
    """Return the three letters that a text of ``incoterm`` begins with; ``FOB Hamburg`` names a place besides."""
    return pl.col("incoterm").str.to_uppercase().str.extract(r"^\s*([A-Z]{3})\b", 1)


def to_payments(
    found: ActivityRows, rows: Rows, *, points: pl.DataFrame, streams: pl.DataFrame, network: Network, reach: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return accounts and payments with the columns of the graph; none where the project lists no partners.

    The owner of a site pays for what is bought, made and moved to it, for duty, for resources and for what expires there; it is
    paid for what is sold there. Goods that move between sites of two owners are sold at the dated price of the sender, or the
    product's value. Suppliers, senders and customers have the terms of their rows in ``partners``; carriers, customs, crews and
    processes are paid at once. What is only reckoned (holding, backlog, lost sales) is paid to nobody.

    Parameters
    ----------
    found : activities.
    rows : tables in force.
    points : ``site_id``, ``product_id``, ``expiry_cost``.
    streams : ``stream_id``, ``site_id``, ``customer``, ``price``, ``price_series``.
    network : for settings and folder.
    reach : periods that prices are followed for.
    """
    if rows["partners"].height == 0:
        return pl.DataFrame(schema=ACCOUNT_SCHEMA), pl.DataFrame(schema=PAYMENT_SCHEMA)
    owner = rows["sites"].select("site_id", owner=pl.coalesce("owner", pl.lit(OWN)))
    terms = _terms(rows["partners"], network.settings)
    bought = found.activities.join(owner, on="site_id", how="left").rename({"owner": "payer"})
    bought = bought.with_columns(entity_id="activity_id")
    parts = [
        *_of_activities(bought, terms, network=network),
        _of_trades(bought, owner, terms, rows=rows, network=network, reach=reach),
        _of_streams(streams, owner, terms),
        _of_crews(rows["resources"].join(owner, on="site_id", how="left"), Basis.USED, entity="resource_id", price="cost"),
        _of_crews(
            points.join(owner, on="site_id", how="left").with_columns(buffer_id=joined_id("site_id", "product_id")),
            Basis.EXPIRED,
            entity="buffer_id",
            price="expiry_cost",
        ),
    ]
    payments = pl.concat([part.select(pl.col(name).cast(dtype) for name, dtype in PAYMENT_SCHEMA.items()) for part in parts])
    is_paid = (pl.col("price") > 0) | pl.col("price_series").is_not_null()
    payments = payments.filter((pl.col("payer") != pl.col("payee")) & is_paid)
    owners = owner["owner"].cast(pl.String).unique()
    everyone = pl.concat([payments["payer"], payments["payee"], owners]).unique().sort()
    return pl.DataFrame({"account_id": everyone, "is_owner": everyone.is_in(owners.implode())}, schema=ACCOUNT_SCHEMA), payments


def _terms(partners: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return ``partner_id``, ``term`` (periods) and ``basis``: from receipt, or from shipment where the risk passes there."""
    days = pl.col("payment_term_days").fill_null(TERM_DAYS)
    # Who is paid before the receipt is paid when the goods leave: how long they will take is not known for certain.
    sent = incoterm_code().is_in(SENT_TERMS) | (days < 0)
    return partners.unique("partner_id", keep="first", maintain_order=True).select(
        "partner_id",
        (days.clip(lower_bound=0) * 24 / settings.period.hours).round().cast(pl.Int64).alias("term"),
        pl.when(sent.fill_null(value=False)).then(int(Basis.STARTED)).otherwise(int(Basis.RECEIVED)).alias("basis"),
    )


def _of_activities(bought: pl.DataFrame, terms: pl.DataFrame, *, network: Network) -> list[pl.DataFrame]:
    """Return what owners pay for what is bought, made and moved to their sites."""
    is_buy, is_make = pl.col("kind") == ActivityKind.BUY, pl.col("kind") == ActivityKind.MAKE
    supplier = pl.coalesce("partner", pl.lit(SUPPLIERS))
    payee = pl.when(is_buy).then(supplier).when(is_make).then(pl.lit(CREWS)).otherwise(pl.lit(CARRIERS))
    paid = _with_terms(bought.with_columns(payee.alias("payee")), terms)
    usual = pl.when(is_make).then(int(Basis.STARTED)).otherwise(int(Basis.RECEIVED))
    paid = paid.with_columns(
        pl.when(is_buy).then("term").otherwise(0).alias("term"),
        pl.when(is_buy).then("basis").otherwise(usual).alias("basis"),
        price="variable_cost",
        price_series="cost_series",
    )
    fixed = paid.with_columns(**_constant("fixed_cost", Basis.COUNTED))
    duty = paid.with_columns(**_constant("duty_cost", Basis.RECEIVED), payee=pl.lit(CUSTOMS), term=pl.lit(0))
    return [_arriving(paid, network), fixed, duty]


def _of_trades(
    bought: pl.DataFrame, owner: pl.DataFrame, terms: pl.DataFrame, *, rows: Rows, network: Network, reach: int
) -> pl.DataFrame:
    """Return what one owner pays another for goods that move between their sites."""
    moved = bought.filter(pl.col("kind") == ActivityKind.MOVE).drop("partner", "price", "price_series", "stated")
    senders = owner.select(from_site="site_id", partner="owner")
    moved = moved.with_columns(pl.col("from_site").cast(senders.schema["from_site"])).join(senders, on="from_site", how="left")
    moved = moved.filter(pl.col("partner") != pl.col("payer")).with_columns(stated="value")
    priced = purchase_prices(moved, rows, settings=network.settings, reach=reach, own_only=True)
    priced = priced.with_columns(pl.coalesce("price", "stated").alias("price"), payee="partner")
    return _arriving(_with_terms(priced, terms), network)


def _of_crews(paid: pl.DataFrame, basis: Basis, *, entity: str, price: str) -> pl.DataFrame:
    """Return what owners pay at once for resources used or goods disposed of."""
    return paid.with_columns(
        **_constant(price, basis),
        payer=pl.coalesce("owner", pl.lit(OWN)),
        payee=pl.lit(CREWS),
        term=pl.lit(0),
        entity_id=pl.col(entity),
    )


def _of_streams(streams: pl.DataFrame, owner: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """Return what customers pay; they have the terms of their own rows."""
    customer = pl.coalesce("customer", pl.lit(CUSTOMERS))
    sold = _with_terms(streams.join(owner, on="site_id", how="left").with_columns(payee=customer), terms)
    return sold.with_columns(payer="payee", payee="owner", basis=pl.lit(int(Basis.SHIPPED)), entity_id="stream_id")


def _constant(price: str, basis: Basis) -> dict[str, pl.Expr]:
    """Return price and basis of payments whose price does not change."""
    return {
        "price": pl.col(price),
        "price_series": pl.lit(None, dtype=pl.List(pl.Float64)),
        "basis": pl.lit(int(basis)),
    }


def _with_terms(payments: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """Return payments with the term and basis of the payee, or the usual ones."""
    joined = payments.join(terms, left_on="payee", right_on="partner_id", how="left")
    return joined.with_columns(pl.col("term").fill_null(TERM_DAYS), pl.col("basis").fill_null(int(Basis.RECEIVED)))


def _arriving(payments: pl.DataFrame, network: Network) -> pl.DataFrame:
    """Return payments whose changing prices arrive with the goods, a mean lead time after those left at that price."""
    late = payments.with_row_index("place").filter(
        (pl.col("basis") == int(Basis.RECEIVED)) & pl.col("price_series").is_not_null()
    )
    if late.height == 0:
        return payments
    moments = law_moments(late["lead"], folder=network.folder)
    late = late.join(moments, left_on="lead", right_on="text", how="left", maintain_order="left")
    lists = payments["price_series"].to_list()
    for place, mean in late.select("place", "law_mean").iter_rows():
        values = np.array(lists[place])
        lists[place] = values[np.maximum(np.arange(values.size) - int(np.floor(mean + 0.5)), 0)].tolist()
    return payments.with_columns(pl.Series("price_series", lists, dtype=pl.List(pl.Float64)))
