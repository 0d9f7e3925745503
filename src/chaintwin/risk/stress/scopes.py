"""What can be out: sites, lanes, suppliers, countries and products, with the activities that stand still then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.lowering.lower import Lowered
from chaintwin.network.network import Network

Integers = NDArray[np.int64]


class ScopeKind(StrEnum):
    """Kinds of what can be out."""

    SITE = "site"
    LANE = "lane"
    SUPPLIER = "supplier"
    COUNTRY = "country"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Scope:
    """Something that can be out.

    Parameters
    ----------
    kind, id : what.
    name : for people, the id where the tables say no more.
    activities : Integers, numbers of the activities that stand still.
    """

    kind: ScopeKind
    id: str
    name: str
    activities: Integers


def scopes_of(network: Network, lowered: Lowered, *, kinds: Iterable[ScopeKind | str]) -> tuple[Scope, ...]:
    """Return everything of some kinds that activities hang on, by kind as given, then id.

    A site stands still with what it makes, buys, sends and is sent; what lies there may still be used by its own customers. A
    lane stands still with what it moves, a supplier with what is bought of it, a country with its sites and suppliers, a product
    with what makes, buys or moves it.

    Parameters
    ----------
    network : the tables.
    lowered : what they were lowered to.
    kinds : which; repeats are left out.

    Raises
    ------
    UsageError
        A kind is unknown.
    """
    known = {str(kind) for kind in ScopeKind}
    wanted = list(dict.fromkeys(str(kind) for kind in kinds))
    for kind in wanted:
        if kind not in known:
            raise UsageError(f"kind of outage: found {kind}; allowed: {', '.join(sorted(known))}")
    text = [pl.col(name).cast(pl.String) for name in ("site_id", "from_site", "product_id", "lane_id", "partner")]
    rows = lowered.found.activities.select("activity", "kind_name", *text)
    found: list[Scope] = []
    for kind in wanted:
        found += _scopes(ScopeKind(kind), _members(ScopeKind(kind), rows, network), _names(ScopeKind(kind), network))
    return tuple(found)


def _members(kind: ScopeKind, rows: pl.DataFrame, network: Network) -> pl.DataFrame:
    """Return ``id`` and ``activity``, one row for each activity of each scope."""
    bought = rows.filter(pl.col("kind_name") == "buy", pl.col("partner").is_not_null())
    sites = pl.concat([rows.select(pl.col(name).alias("site"), "activity") for name in ("site_id", "from_site")]).drop_nulls()
    if kind is ScopeKind.COUNTRY:
        places = network["sites"].select(site=pl.col("site_id").cast(pl.String), id=pl.col("country").cast(pl.String))
        partners = network["partners"].select(partner=pl.col("partner_id").cast(pl.String), id=pl.col("country").cast(pl.String))
        at, of = sites.join(places, on="site"), bought.join(partners, on="partner")
        members = pl.concat([at.select("id", "activity"), of.select("id", "activity")]).unique()
    elif kind is ScopeKind.SUPPLIER:
        members = bought.select(pl.col("partner").alias("id"), "activity")
    elif kind is ScopeKind.SITE:
        members = sites.select(pl.col("site").alias("id"), "activity").unique()
    else:
        column = {ScopeKind.LANE: "lane_id", ScopeKind.PRODUCT: "product_id"}[kind]
        members = rows.select(pl.col(column).alias("id"), "activity")
    return members.drop_nulls().sort("id", "activity")


def _names(kind: ScopeKind, network: Network) -> dict[str, str]:
    """Return what people call the scopes, where the tables say it."""
    table = {ScopeKind.SITE: "sites", ScopeKind.SUPPLIER: "partners", ScopeKind.PRODUCT: "products"}.get(kind)
    if table is None:
        return {}
    key = {"sites": "site_id", "partners": "partner_id", "products": "product_id"}[table]
    frame = network[table].select(pl.col(key).cast(pl.String), pl.col("name").cast(pl.String)).drop_nulls()
    return dict(frame.unique(subset=key, keep="first", maintain_order=True).iter_rows())


def _scopes(kind: ScopeKind, members: pl.DataFrame, names: dict[str, str]) -> list[Scope]:
    grouped = members.group_by("id", maintain_order=True).agg("activity")
    return [
        Scope(kind, name, names.get(name, name), np.array(activities, dtype=np.int64)) for name, activities in grouped.iter_rows()
    ]
