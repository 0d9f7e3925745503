"""Where the activities of a network take place and who carries them out, and how much of the flow is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.geography.countries import find_country
from chaintwin.network.lowering.arcs import places
from chaintwin.network.lowering.lower import Lowered
from chaintwin.network.lowering.moments import law_moments
from chaintwin.network.network import Network

Floats = NDArray[np.float64]

UNKNOWN = "unknown"
"""Country and bloc of what the tables give none."""


class Basis(StrEnum):
    """What flows are weighted by."""

    VALUE = "value"
    """Units times the value of the product, or times the price where something is sold."""

    VOLUME = "volume"
    """Units; products count alike, so that units should be comparable."""


def origins_of(network: Network, lowered: Lowered, *, blocs: Mapping[str, str] | None = None) -> pl.DataFrame:
    """Return where each activity takes place, who carries it out, and what flows through it.

    A purchase takes place in the country of the partner it is bought from, or, where none is named or its country is blank, of
    the site that buys. Its supplier is that partner; otherwise the owner of the site, where that is a supplier's, and the site
    itself where nobody is named. Making takes place at its site, moving at the site that sends; both are the owner's.

    Parameters
    ----------
    network, lowered : the tables and what they were lowered to.
    blocs : bloc of each country, by alpha-2 code; others belong to their region of the United Nations' standard M49.

    Returns
    -------
    One row an activity, in their order: ``activity``, ``activity_id``, ``kind_name`` (buy, make or move), ``site_id``,
    ``product_id``, ``supplier``, ``country``, ``target_country``, ``bloc``, ``share`` (of an ordinary day), ``units`` (good units
    a period), ``value`` and ``added_value`` (money a period, all and without that of inputs), ``lead`` (mean periods to
    receipt, information delay included).

    Raises
    ------
    LawError : a lead time is no law.
    """
    text = [pl.col(name).cast(pl.String) for name in ("site_id", "product_id", "from_site", "partner")]
    rows = lowered.found.activities.select(
        "activity", "activity_id", "kind_name", *text, "share", "yield_rate", "lead", "information_delay"
    )
    sites = network["sites"].select(
        pl.col("site_id").cast(pl.String), site_kind=pl.col("kind"), site_country=pl.col("country"), owner=pl.col("owner")
    )
    sites = sites.unique("site_id", keep="first", maintain_order=True)
    partners = network["partners"].select(partner="partner_id", partner_country="country")
    partners = partners.unique("partner", keep="first", maintain_order=True)
    values = network["products"].select(pl.col("product_id").cast(pl.String), unit_value=pl.col("value").fill_null(0.0))
    moments = law_moments(rows["lead"], folder=network.folder).select("text", "law_mean")
    senders = sites.select(from_site="site_id", from_country="site_country")
    for frame, left, right in (
        (sites, "site_id", "site_id"),
        (senders, "from_site", "from_site"),
        (partners, "partner", "partner"),
        (values.unique("product_id", keep="first", maintain_order=True), "product_id", "product_id"),
        (moments, "lead", "text"),
    ):
        rows = rows.join(frame, left_on=left, right_on=right, how="left", maintain_order="left")
    supplier = pl.coalesce("partner", pl.when(pl.col("site_kind") == "supplier").then("owner"), "site_id")
    country = pl.coalesce(pl.when(pl.col("kind_name") == "buy").then("partner_country"), "from_country", "site_country")
    rows = rows.with_columns(
        pl.when(pl.col("kind_name") == "buy").then(supplier).otherwise(pl.coalesce("owner", "site_id")).alias("supplier"),
        _coded(country).alias("country"),
        _coded(pl.col("site_country")).alias("target_country"),
        units=lowered.loads.activities["activity_mean"].fill_nan(0.0) * pl.col("yield_rate"),
        lead=pl.col("law_mean").fill_null(0.0) + pl.col("information_delay"),
    )
    rows = rows.with_columns(value=pl.col("units") * pl.col("unit_value").fill_null(0.0))
    rows = rows.with_columns(bloc=pl.col("country").map_elements(lambda code: _bloc(code, blocs or {}), return_dtype=pl.String))
    return rows.with_columns(added_value=pl.Series(_added(rows, lowered), dtype=pl.Float64)).select(
        "activity",
        "activity_id",
        "kind_name",
        "site_id",
        "product_id",
        "supplier",
        "country",
        "target_country",
        "bloc",
        "share",
        "units",
        "value",
        "added_value",
        "lead",
    )


def demand_weights(lowered: Lowered, basis: Basis) -> tuple[NDArray[np.int64], Floats]:
    """Return the stock point of each stream and what it asks for a period, in units or money.

    Parameters
    ----------
    lowered : the network.
    basis : value is units times price.

    Returns
    -------
    Integers[D], places among the stock points, and Floats[D], 0 or more.
    """
    streams = lowered.streams
    weight = pl.col("mean") if basis is Basis.VOLUME else pl.col("mean") * pl.col("price").fill_null(0.0)
    amounts = streams.select(weight.alias("weight"))["weight"].to_numpy().astype(np.float64)
    return places(streams, lowered.supply.points), amounts


def country_code(text: str | None) -> str:
    """Return the alpha-2 code of a country, its own text where that is no country, `UNKNOWN` where it is blank.

    Example
    -------
    >>> country_code("Viet Nam"), country_code("Atlantis"), country_code(None)
    ('VN', 'Atlantis', 'unknown')
    """
    if text is None or not text.strip():
        return UNKNOWN
    country = find_country(text)
    return text.strip() if country is None else country.alpha2


def _added(rows: pl.DataFrame, lowered: Lowered) -> Floats:
    """Return Floats[A]: value of what comes out less that of what goes in, 0 or more."""
    inputs = lowered.found.inputs.select("activity", pl.col("product_id").cast(pl.String), "quantity")
    unit = rows.group_by("product_id").agg(pl.col("unit_value").first())
    taken = inputs.join(unit, on="product_id", how="left", maintain_order="left")
    cost = (taken["quantity"] * taken["unit_value"].fill_null(0.0)).to_numpy()
    number = taken["activity"].to_numpy().astype(np.int64)
    started = rows["units"].to_numpy() / rows["yield_rate"].to_numpy()
    into = np.bincount(number, weights=cost, minlength=rows.height) * started
    added: Floats = np.maximum(rows["value"].to_numpy() - into, 0.0)
    return added


def _coded(country: pl.Expr) -> pl.Expr:
    return country.map_elements(country_code, return_dtype=pl.String, skip_nulls=False)


def _bloc(code: str, blocs: Mapping[str, str]) -> str:
    if code in blocs:
        return blocs[code]
    country = find_country(code) if code != UNKNOWN else None
    return code if country is None else country.region
