"""From the words of a disruption to what of a network it is on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.disruptions.disruption import Where, Words
from chaintwin.network.geography.countries import find_country
from chaintwin.network.geography.sphere import haversine_km
from chaintwin.network.ids import joined_id
from chaintwin.network.lowering.rows import Rows
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.nearest import names_of

SITE_KEYS = ("site", "region", "country", "owner", "kind")
LANE_KEYS = ("lane", "mode", "from_country", "to_country", "between", "corridor")

COLUMNS = {
    "site": "site_id",
    "region": "region",
    "owner": "owner",
    "kind": "kind",
    "lane": "lane_id",
    "mode": "mode",
    "product": "product_id",
    "customer": "customer",
    "market": "market",
}
"""Column that holds the values of a key, where there is one."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What disruptions choose from: tables in force, and what they were lowered to.

    Parameters
    ----------
    rows : tables in force, their blanks filled.
    activities : ``activity_id``, ``kind_name``, ``site_id``, ``from_site``, ``product_id``, ``lane_id``, ``partner``,
        ``mean`` (units a period), ``variable_cost``, ``value`` (money a unit).
    points : ``buffer_id``, ``site_id``, ``product_id``.
    streams : ``stream_id``, ``site_id``, ``product_id``, ``customer``, ``market``.
    uses : ``activity_id``, ``resource_id``.
    folder : where files named in laws are found.
    """

    rows: Rows
    activities: pl.DataFrame
    points: pl.DataFrame
    streams: pl.DataFrame
    uses: pl.DataFrame
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a disruption is on, by id.

    Parameters
    ----------
    activities : what stands still at full strength: what is made, bought, sent and received there, or moved on the lanes.
    arriving : of these, what arrives there or on the lanes. under_way : of these, what is made there, or moved on the lanes.
    buffers, streams : stock and demand there; empty where lanes are meant.
    resources : those of which nothing else is used.
    """

    activities: pl.Series
    arriving: pl.Series
    under_way: pl.Series
    buffers: pl.Series
    streams: pl.Series
    resources: pl.Series

    @property
    def is_nothing(self) -> bool:
        """Tell whether nothing is chosen."""
        return not (self.activities.len() or self.buffers.len() or self.streams.len())


class Selector:
    """Chooses from one network; what names nothing becomes a finding.

    Parameters
    ----------
    parts : what there is.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        rows = parts.rows
        self.sites = rows["sites"].with_columns(pl.col("site_id", "country", "region", "owner", "kind").cast(pl.String))
        self.lanes = rows["lanes"].with_columns(pl.col("lane_id", "from_site", "to_site", "mode").cast(pl.String))
        country = self.sites.select("site_id", "country")
        self.lanes = self.lanes.join(
            country.rename({"site_id": "from_site", "country": "from_country"}), on="from_site", how="left"
        )
        self.lanes = self.lanes.join(country.rename({"site_id": "to_site", "country": "to_country"}), on="to_site", how="left")
        partners = rows["partners"].select(partner=pl.col("partner_id").cast(pl.String), home=pl.col("country").cast(pl.String))
        self.activities = parts.activities.join(partners.unique("partner", keep="first"), on="partner", how="left")
        self.findings: list[Finding] = []

    def choose(self, where: Where, *, place: str, lanes: Iterable[str] | None = None) -> Chosen:
        """Return what is meant.

        Parameters
        ----------
        where : what to choose by.
        place : how findings name it.
        lanes : ids of the lanes that sail through the corridors, where some are named.
        """
        settled = self._settled(where, place=place)
        if settled is None:
            nothing = pl.Series("id", [], dtype=pl.String)
            return Chosen(nothing, nothing, nothing, nothing, nothing, nothing)
        where = settled
        by_lane = any(getattr(where, key) for key in LANE_KEYS)
        by_site = any(getattr(where, key) for key in SITE_KEYS) or where.area is not None
        activities = self.activities
        sites = self._sites(where, place=place) if by_site else None
        if by_lane:
            activities = activities.filter(self._on_lanes(where, place=place, sailing=lanes))
        if where.supplier or (by_site and not by_lane):
            activities = activities.filter(self._there(where, sites, place=place))
        elif by_site and sites is not None:
            activities = activities.filter(pl.any_horizontal(pl.col("site_id", "from_site").is_in(sites)))
        points, streams = self.parts.points, self.parts.streams
        if where.supplier:
            owned = self._owned(where.supplier)
            sites = owned if sites is None else sorted(set(owned) & set(sites))
        if sites is not None:
            points, streams = (frame.filter(pl.col("site_id").is_in(sites)) for frame in (points, streams))
        if where.product:
            products = list(self._known("product", where.product, self.parts.rows["products"], place=place))
            activities, points, streams = (
                frame.filter(pl.col("product_id").is_in(products)) for frame in (activities, points, streams)
            )
        if where.customer or where.market:
            streams = streams.filter(self._wanted(where, place=place))
            activities, points = activities.clear(), points.clear()
        if by_lane:
            points, streams = points.clear(), streams.clear()
        elsewhere = sites is not None and not by_lane
        inside = pl.col("site_id").is_in(sites or [])
        # What has left a place goes on; of a supplier what it makes for others is lost with it.
        come = activities.filter(inside) if elsewhere else activities
        bought = pl.lit(value=bool(where.supplier)) & (pl.col("kind_name") == "buy") & ~inside
        moved = activities.filter((inside & (pl.col("kind_name") == "make")) | bought) if elsewhere else activities
        return Chosen(
            activities["activity_id"].sort(),
            come["activity_id"].sort(),
            moved["activity_id"].sort(),
            points["buffer_id"].sort(),
            streams["stream_id"].sort(),
            self._resources(activities["activity_id"]),
        )

    def _sites(self, where: Where, *, place: str) -> list[str]:
        chosen = self.sites
        for key in SITE_KEYS:
            values = getattr(where, key)
            if key == "country" and values:
                chosen = chosen.filter(pl.col("country").is_in(self._countries(values, place=place)))
            elif values:
                known = self._known(key, values, self.sites, place=place)
                chosen = chosen.filter(pl.col(COLUMNS[key]).is_in(list(known)))
        if where.area is not None:
            latitude, longitude, radius = where.area
            lat, lon = (chosen[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("latitude", "longitude"))
            away = haversine_km(lat, lon, latitude_2=np.full(lat.size, latitude), longitude_2=np.full(lat.size, longitude))
            chosen = chosen.filter(pl.Series(np.nan_to_num(away, nan=np.inf) <= radius))
        return chosen["site_id"].to_list()

    def _there(self, where: Where, sites: list[str] | None, *, place: str) -> pl.Expr:
        """Return what is made, bought, sent or received at sites, and what is bought of suppliers."""
        meant = pl.lit(value=False)
        if sites is not None:
            meant |= pl.col("site_id").is_in(sites) | pl.col("from_site").is_in(sites)
            only_country = where.country and not any(getattr(where, key) for key in SITE_KEYS if key != "country")
            if only_country and where.area is None:
                meant |= pl.col("home").is_in(self._countries(where.country, place=place))
        if where.supplier:
            partners = self.parts.rows["partners"]
            known = list(self._known("supplier", where.supplier, partners, place=place, column="partner_id"))
            of = (pl.col("kind_name") == "buy") & pl.col("partner").is_in(known)
            own = self._owned(known)
            at = pl.col("site_id").is_in(sites) if sites is not None else pl.lit(value=True)
            theirs = own if sites is None else sorted(set(own) & set(sites))
            meant = (of & at) | pl.col("site_id").is_in(theirs) | pl.col("from_site").is_in(theirs)
        return meant.fill_null(value=False)

    def _owned(self, partners: Iterable[str]) -> list[str]:
        return self.sites.filter(pl.col("owner").is_in(list(partners)))["site_id"].to_list()

    def _on_lanes(self, where: Where, *, place: str, sailing: Iterable[str] | None) -> pl.Expr:
        chosen, purchases = self.lanes, pl.lit(value=False)
        for key in ("lane", "mode"):
            values = getattr(where, key)
            if values:
                known = self._known(key, values, self.lanes, place=place)
                chosen = chosen.filter(pl.col(COLUMNS[key]).is_in(list(known)))
        for key in ("from_country", "to_country"):
            if getattr(where, key):
                chosen = chosen.filter(pl.col(key).is_in(self._countries(getattr(where, key), place=place)))
        if where.between:
            one, other = (self._countries(side, place=place) for side in where.between)
            both = sorted(set(one) & set(other))
            if both:
                found = f"{shown(both[0])} on both sides"
                self.findings.append(Finding("disruption.where", found, "two groups apart", file=place, column="between"))
            out, home = pl.col("from_country"), pl.col("to_country")
            chosen = chosen.filter((out.is_in(one) & home.is_in(other)) | (out.is_in(other) & home.is_in(one)))
            at = self.sites.select("site_id", "country")
            alone = not (where.lane or where.mode or where.corridor or where.from_country or where.to_country)
            for seller, buyer in ((one, other), (other, one)):
                buyers = at.filter(pl.col("country").is_in(buyer))["site_id"].to_list()
                purchases |= (
                    pl.lit(value=alone)
                    & (pl.col("kind_name") == "buy")
                    & pl.col("home").is_in(seller)
                    & pl.col("site_id").is_in(buyers)
                )
        if where.corridor:
            chosen = chosen.filter(pl.col("lane_id").is_in(list(sailing or ())))
        return (pl.col("lane_id").is_in(chosen["lane_id"].to_list()) | purchases).fill_null(value=False)

    def _wanted(self, where: Where, *, place: str) -> pl.Expr:
        meant = pl.lit(value=True)
        for key in ("customer", "market"):
            values = getattr(where, key)
            if values:
                meant &= pl.col(key).is_in(list(self._known(key, values, self.parts.streams, place=place)))
        return meant.fill_null(value=False)

    def _resources(self, activities: pl.Series) -> pl.Series:
        """Return resources that only these activities use."""
        uses = self.parts.uses.with_columns(pl.col("activity_id").is_in(activities.implode()).alias("mine"))
        return uses.group_by("resource_id").agg(pl.col("mine").all()).filter("mine")["resource_id"].sort()

    def _countries(self, names: Words, *, place: str) -> list[str]:
        """Return codes of countries; those that are none are told."""
        codes = []
        for name in names:
            country = find_country(name)
            if country is None:
                found, fix = f"the country {shown(name)}", "write a code of two letters, such as DE"
                self.findings.append(
                    Finding("disruption.where", found, "a country of ISO 3166", fix, file=place, column="country")
                )
            else:
                codes.append(country.alpha2)
        return codes

    def _known(self, key: str, values: Words, frame: pl.DataFrame, *, place: str, column: str = "") -> Words:
        """Return the values that are there; those that are not are told."""
        name = column or COLUMNS[key]
        known = set(frame[name].cast(pl.String).drop_nulls().unique().to_list())
        for value in values:
            if value not in known:
                near = names_of(sorted(known)).nearest(value)
                fix = f"did you mean {shown(near)}?" if near else f"see the column {name}"
                found = f"{key} {shown(value)}"
                self.findings.append(Finding("disruption.where", found, "one of the project", fix, file=place, column=key))
        return tuple(value for value in values if value in known)

    def _settled(self, where: Where, *, place: str) -> Where | None:
        """Return the words with what most of the flow runs through in place of ``most_used``; None where there is nothing."""
        kind = where.most_used
        if not kind:
            return where
        flow = self.activities.with_columns(money=pl.col("mean") * pl.max_horizontal("variable_cost", "value"))
        if kind == "country":
            return self._busiest_country(where, flow, place=place)
        site = {"supplier": "partner", "lane": "lane_id", "product": "product_id"}.get(kind)
        if site is None:
            kinds = sorted(set(self.sites["kind"].drop_nulls().to_list()))
            if kind not in ("site", *kinds):
                allowed = f"site, supplier, lane, product, country or a kind of sites: {', '.join(kinds)}"
                self.findings.append(
                    Finding("disruption.where", f"most_used {shown(kind)}", allowed, file=place, column="most_used")
                )
                return None
            mine = self.sites if kind == "site" else self.sites.filter(pl.col("kind") == kind)
            flow = flow.filter(pl.col("site_id").is_in(mine["site_id"].implode()))
            site = "site_id"
        elif kind == "supplier":
            flow = flow.filter(pl.col("kind_name") == "buy")
        most = flow.drop_nulls(site).group_by(site).agg(pl.col("money").sum()).sort("money", site, descending=[True, False])
        if most.is_empty():
            self._tell_none_used(kind, place=place)
            return None
        name = str(most[site][0])
        key = {"partner": "supplier", "lane_id": "lane", "product_id": "product", "site_id": "site"}[site]
        settled = replace(where, most_used="")
        if key == "supplier":
            return replace(settled, supplier=(name,))
        if key == "lane":
            return replace(settled, lane=(name,))
        return replace(settled, product=(name,)) if key == "product" else replace(settled, site=(name,))

    def _tell_none_used(self, kind: str, *, place: str) -> None:
        """Tell that nothing of a kind is used."""
        found, fix = f"no {kind} that anything runs through", "name what is meant"
        self.findings.append(
            Finding("disruption.where", found, "a kind of which there is one", fix, file=place, column="most_used")
        )

    def _busiest_country(self, where: Where, flow: pl.DataFrame, *, place: str) -> Where | None:
        """Return the words with the country that most of what moves by these modes is sent to."""
        lanes = self.lanes.filter(pl.col("mode").is_in(list(where.mode))) if where.mode else self.lanes
        sent = flow.join(lanes.select("lane_id", "to_country"), on="lane_id").drop_nulls("to_country")
        most = sent.group_by("to_country").agg(pl.col("money").sum()).sort("money", "to_country", descending=[True, False])
        if most.is_empty():
            self._tell_none_used("country", place=place)
            return None
        return replace(where, most_used="", to_country=(str(most["to_country"][0]),))


def parts_of(
    rows: Rows,
    *,
    activities: pl.DataFrame,
    points: pl.DataFrame,
    streams: pl.DataFrame,
    uses: pl.DataFrame,
    folder: Path | None = None,
) -> Parts:
    """Return what disruptions choose from.

    Parameters
    ----------
    rows : tables in force.
    activities : rows of activities with their ``mean``.
    points, streams : stock points and streams. uses : what activities use.
    folder : where files named in laws are found.
    """
    words = ("activity_id", "kind_name", "site_id", "from_site", "product_id", "lane_id", "partner")
    numbers = ("mean", "variable_cost", "value")
    buffer = joined_id("site_id", "product_id").alias("buffer_id")
    kept = ("stream_id", "site_id", "product_id", "customer", "market")
    return Parts(
        rows,
        activities.select(
            *(pl.col(word).cast(pl.String) for word in words), *(pl.col(name).cast(pl.Float64) for name in numbers)
        ),
        points.select(buffer.cast(pl.String), pl.col("site_id", "product_id").cast(pl.String)),
        streams.select(pl.col(name).cast(pl.String) for name in kept),
        uses.select("activity_id", "resource_id"),
        folder,
    )
