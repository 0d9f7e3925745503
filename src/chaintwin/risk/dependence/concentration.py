"""How concentrated supply is: single sourcing and Herfindahl indices by supplier, country and bloc, through all tiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.network.lowering.lower import Lowered
from chaintwin.network.network import Network
from chaintwin.risk.dependence.origins import Basis, origins_of

ATTRIBUTES = ("supplier", "country", "bloc")


@dataclass(frozen=True, slots=True, eq=False)
class Concentration:
    """Where what a network makes and buys comes from.

    Parameters
    ----------
    single_sourcing_share : share of the flow of products that have one supplier alone, over all tiers.
    indices : Herfindahl index of the whole network by ``supplier``, ``country`` and ``bloc``: 1 where all comes from one, 1/n
        where n give alike.
    shares : ``attribute`` (supplier, country or bloc), ``name``, ``share`` of the whole network, largest first. By value, each
        tier counts what it adds, so that nothing counts twice.
    products : one row a product at any tier of the bills of material: ``product_id``, ``flow`` (units or money a period, that of
        its inputs included), ``supplier_count``, ``supplier_index``, ``country_index``, ``bloc_index``; largest flow first.
    """

    single_sourcing_share: float
    indices: dict[str, float]
    shares: pl.DataFrame
    products: pl.DataFrame


def measure_concentration(
    network: Network, lowered: Lowered, *, basis: Basis = Basis.VALUE, blocs: Mapping[str, str] | None = None
) -> Concentration:
    """Measure how concentrated the sources of a network are on an ordinary day.

    What is bought and what is made counts, at every tier that demand reaches through bills of material; moving does not.

    Parameters
    ----------
    network, lowered : the tables and what they were lowered to.
    basis : value or volume.
    blocs : bloc of each country by alpha-2 code; see `origins_of`.

    Raises
    ------
    UsageError : nothing flows, or nothing that flows has a value.

    Source: METHODS has no equation for it; Herfindahl 1950 and Hirschman 1964 for the index.
    """
    origins = origins_of(network, lowered, blocs=blocs).filter(pl.col("kind_name") != "move", pl.col("units") > 0)
    gross, net = ("units", "units") if basis is Basis.VOLUME else ("value", "added_value")
    total = float(origins[gross].sum())
    if not total > 0 or not float(origins[net].sum()) > 0:
        fix = "measure volume" if basis is Basis.VALUE else "give demand to the network"
        raise UsageError(f"basis: found nothing that flows with a {basis}; allowed: some; fix: {fix}")
    products = origins.group_by("product_id").agg(flow=pl.col(gross).sum(), supplier_count=pl.col("supplier").n_unique())
    for attribute in ATTRIBUTES:
        products = products.join(_product_index(origins, attribute), on="product_id", how="left")
    products = products.sort(-pl.col("flow"), "product_id")
    alone = float(products.filter(pl.col("supplier_count") == 1)["flow"].sum())
    shares = pl.concat([_shares(origins, attribute, net) for attribute in ATTRIBUTES])
    squares = shares.group_by("attribute").agg((pl.col("share") ** 2).sum().alias("index"))
    found = dict(squares.iter_rows())
    return Concentration(alone / total, {attribute: found[attribute] for attribute in ATTRIBUTES}, shares, products)


def _product_index(origins: pl.DataFrame, attribute: str) -> pl.DataFrame:
    """Return the Herfindahl index of each product's units; one product's units are all worth the same."""
    parts = origins.group_by("product_id", attribute).agg(pl.col("units").sum())
    part = pl.col("units") / pl.col("units").sum().over("product_id")
    return parts.with_columns(part=part).group_by("product_id").agg((pl.col("part") ** 2).sum().alias(f"{attribute}_index"))


def _shares(origins: pl.DataFrame, attribute: str, weight: str) -> pl.DataFrame:
    parts = origins.group_by(pl.col(attribute).alias("name")).agg(pl.col(weight).sum().alias("share"))
    parts = parts.with_columns(pl.col("share") / pl.col("share").sum(), attribute=pl.lit(attribute))
    return parts.select("attribute", "name", "share").sort(-pl.col("share"), "name")
