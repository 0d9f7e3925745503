"""The rows a run starts from: in force on the first day, named, with sites and products as enumerations.

Enumerations make every later join one of integers, and their sorted categories make the result independent of the order of rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from chaintwin.network.network import Network
from chaintwin.network.proposing import Proposals
from chaintwin.network.tables.cells.keys import names_by_rule

Rows = Mapping[str, pl.DataFrame]

SITE_COLUMNS = ("site_id", "from_site", "to_site")
PRODUCT_COLUMNS = ("product_id", "other_product_id")
CODED_TABLES = ("sites", "products", "lanes", "demand", "stock_points", "sources", "bom", "resources", "resource_use")


def rows_in_force(proposals: Proposals) -> Rows:
    """Return the tables as they hold on the first day of the project.

    Rows that are not in force that day are left out, blank names of lanes, streams and bills are filled in by their rules, and
    rows that name a site or product that is unknown or not in force are dropped. The doctor reports unknown names as errors
    before anything is lowered, and warns of demand that is dropped.

    Parameters
    ----------
    proposals : the tables with what they lacked proposed.

    Returns
    -------
    One frame a table; columns of sites and products are enumerations sorted by id. Lanes have ``freight`` besides (money a
    tonne, where
    no variable cost is given).

    """
    network = proposals.network
    network = network.with_table("lanes", network["lanes"].with_columns(freight=proposals.freight))
    tables = {name: _in_force(frame, network) for name, frame in network.tables.items()}
    for name in ("lanes", "demand", "bom"):
        tables[name] = names_by_rule(name, tables[name])
    sites, products = (_enumeration(tables[name], key) for name, key in (("sites", "site_id"), ("products", "product_id")))
    for name in CODED_TABLES:
        tables[name] = _coded(tables[name], SITE_COLUMNS, dtype=sites)
        tables[name] = _coded(tables[name], PRODUCT_COLUMNS, dtype=products)
    for name, key in (("sites", "site_id"), ("products", "product_id"), ("lanes", "lane_id"), ("resources", "resource_id")):
        tables[name] = tables[name].unique(subset=key, keep="first", maintain_order=True)
    return tables


def _in_force(frame: pl.DataFrame, network: Network) -> pl.DataFrame:
    # Exchange rates and prices have a first day only: the newest row that has begun holds, and it is chosen where it is used.
    if "valid_to" not in frame.columns:
        return frame
    start = pl.lit(network.settings.start)
    begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= start)
    return frame.filter(begun & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= start)))


def _enumeration(frame: pl.DataFrame, key: str) -> pl.Enum:
    return pl.Enum(frame[key].drop_nulls().unique().sort())


def _coded(frame: pl.DataFrame, columns: tuple[str, ...], *, dtype: pl.Enum) -> pl.DataFrame:
    for name in columns:
        if name in frame.columns:
            coded = frame[name].cast(dtype, strict=False)
            # An unknown name must not turn into a blank: a blank product of a lane means every product.
            known = coded.is_not_null() | frame[name].is_null()
            frame = frame.with_columns(coded)
            if not known.all():
                frame = frame.filter(known)
    return frame
