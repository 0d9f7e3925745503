"""Carbon of a simulated network: what its lanes moved, over which distance, at which factor, and what is not covered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.geography.sphere import great_circle_km
from chaintwin.network.geography.transport import Mode
from chaintwin.network.lowering.lower import Lowered
from chaintwin.network.network import Network
from chaintwin.network.tables.cells.keys import names_by_rule
from chaintwin.risk.service.carbon import Emissions, Hub, Intensity, Leg, default_intensity, transport_emissions

Floats = NDArray[np.float64]

DEFAULTS_YEAR = 2026
"""Of the release whose factors of modes stand in where lanes name none."""

HUBS = ("hub", "port", "airport")
"""Kinds of sites where freight is handled on its way."""


@dataclass(frozen=True, slots=True, eq=False)
class Carbon:
    """Emissions of what was moved, and of what part of it nothing is known.

    Parameters
    ----------
    lanes : one row an activity that moves: ``activity_id``, ``lane_id``, ``mode``, ``product_id``, ``units``, ``mass_t``,
        ``distance_km``, ``factor`` (g/tkm), ``source``, ``year``, ``kg``; a period, kg and mass null where something is missing.
    hubs : ``site_id``, ``mass_t`` handled a period, ``kg``; none where no factor was given.
    emissions : of all legs and hubs that are known; None where there is none.
    without_weight, without_distance, without_factor : share of the units moved whose product has no weight, whose lane no
        distance, and no factor.
    uncovered : share of the units moved that lacks any of these.
    """

    lanes: pl.DataFrame
    hubs: pl.DataFrame
    emissions: Emissions | None
    without_weight: float
    without_distance: float
    without_factor: float
    uncovered: float


def emissions_of(network: Network, lowered: Lowered, *, started: Floats, hub: Intensity | None = None) -> Carbon:
    """Return the emissions of what lanes moved.

    A distance that the table of lanes gives counts as it is; otherwise by sea the shortest way a ship can sail, and great circles
    elsewhere (decision 19). The factor is that of the lane, or the default of its mode.

    Parameters
    ----------
    network, lowered : the tables and what they were lowered to.
    started : Floats[A], units that left a period, by activity.
    hub : kg/t of what sites of kind hub, port and airport send on; None: hubs are left out.

    Source: METHODS 5.4; ISO 14083:2023; GLEC Framework v3 (2023).
    """
    lanes = _legs(network, lowered, started=started)
    is_known = lanes["kg_known"]
    legs = [
        Leg(mass, distance, Intensity(factor, source, year))
        for mass, distance, factor, source, year in lanes.filter(is_known)
        .select("mass_t", "distance_km", "factor", "source", "year")
        .iter_rows()
    ]
    handled = _handled(lanes, network, has_factor=hub is not None)
    hubs = [Hub(mass, hub) for mass in handled["mass_t"]] if hub is not None else []
    found = _emissions(legs, hubs)
    kg = np.full(lanes.height, np.nan)
    if found is not None:
        kg[is_known.to_numpy()] = found.leg_kg
    units = float(lanes["units"].sum())

    def lacking(what: pl.Expr) -> float:
        return float(lanes.filter(what)["units"].sum()) / units if units else 0.0

    hub_kg = found.hub_kg if found is not None and hubs else np.zeros(handled.height)
    return Carbon(
        lanes=lanes.with_columns(kg=pl.Series(kg, dtype=pl.Float64).fill_nan(None)).drop("kg_known", "from_site"),
        hubs=handled.with_columns(kg=pl.Series(hub_kg, dtype=pl.Float64)),
        emissions=found,
        without_weight=lacking(pl.col("mass_t").is_null()),
        without_distance=lacking(pl.col("distance_km").is_null()),
        without_factor=lacking(pl.col("factor").is_null()),
        uncovered=lacking(~pl.col("kg_known")),
    )


def carbon_by_mode(carbon: Carbon) -> pl.DataFrame:
    """Return ``mode``, ``tonne_km``, ``kg``, ``g_per_tkm`` of what is covered, most first."""
    known = carbon.lanes.drop_nulls("kg").filter(pl.col("units") > 0)
    grouped = known.group_by("mode").agg(
        tonne_km=(pl.col("mass_t") * pl.col("distance_km")).sum(),
        kg=pl.col("kg").sum(),
    )
    ratio = pl.when(pl.col("tonne_km") > 0).then(1000 * pl.col("kg") / pl.col("tonne_km"))
    return grouped.with_columns(g_per_tkm=ratio).sort("kg", "mode", descending=[True, False])


def _emissions(legs: Sequence[Leg], hubs: Sequence[Hub]) -> Emissions | None:
    return transport_emissions(legs, hubs) if legs or hubs else None


def _legs(network: Network, lowered: Lowered, *, started: Floats) -> pl.DataFrame:
    """Return one row an activity that moves, with what is known of its mass, distance and factor."""
    own = lowered.rows["lanes"].select("lane_id", "from_site", "to_site", "mode", km="distance_km")
    # A lane without a name is named by its mode, which may be proposed; rows stay in their order.
    stated = network["lanes"].select(given_km="distance_km", given_factor="carbon_factor")
    given = pl.concat([names_by_rule("lanes", lowered.proposals.network["lanes"]).select("lane_id"), stated], how="horizontal")
    given = given.unique("lane_id", keep="first", maintain_order=True)
    moves = lowered.found.activities.with_columns(units=pl.Series(started, dtype=pl.Float64)).filter(
        pl.col("kind_name") == "move"
    )
    moves = moves.select("activity_id", "lane_id", pl.col("product_id").cast(pl.String), "units")
    weights = network["products"].unique("product_id", keep="first", maintain_order=True).select("product_id", "weight_kg")
    for other, key in ((own, "lane_id"), (given, "lane_id"), (weights, "product_id")):
        moves = moves.join(other, on=key, how="left", maintain_order="left")
    moves = moves.with_columns(pl.col("from_site").cast(pl.String), pl.col("to_site").cast(pl.String))
    straight = _great_circles(moves, lowered)
    is_sea = pl.col("mode") == str(Mode.SEA)
    defaults = {str(mode): default_intensity(mode, year=DEFAULTS_YEAR) for mode in Mode}
    stands_in = pl.col("mode").replace_strict({mode: each.value for mode, each in defaults.items()}, default=None)
    named = pl.col("mode").replace_strict({mode: each.source for mode, each in defaults.items()}, default=None)
    is_given = pl.col("given_factor").is_not_null()
    moves = moves.with_columns(
        mass_t=pl.col("units") * pl.col("weight_kg") / 1000,
        distance_km=pl.coalesce("given_km", pl.when(is_sea).then("km").otherwise(straight)),
        factor=pl.coalesce("given_factor", stands_in.cast(pl.Float64)),
        source=pl.when(is_given).then(pl.lit("carbon_factor of the table lanes")).otherwise(named.cast(pl.String)),
        year=pl.when(is_given).then(network.settings.start.year).otherwise(DEFAULTS_YEAR),
    )
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in ("mass_t", "distance_km", "factor"))
    columns = ("activity_id", "lane_id", "mode", "product_id", "from_site", "units", "mass_t", "distance_km", "factor")
    return moves.select(*columns, "source", "year", known.alias("kg_known"))


def _great_circles(moves: pl.DataFrame, lowered: Lowered) -> pl.Series:
    """Return km between the ends of each move; null where one has no position."""
    sites = lowered.rows["sites"].select(pl.col("site_id").cast(pl.String), "latitude", "longitude")
    ends = []
    for name in ("from_site", "to_site"):
        joined = moves.select(site_id=name).join(sites, on="site_id", how="left", maintain_order="left")
        ends += [joined[axis].cast(pl.Float64).fill_null(float("nan")).to_numpy() for axis in ("latitude", "longitude")]
    km = np.asarray(great_circle_km(ends[0], ends[1], latitude_2=ends[2], longitude_2=ends[3]), dtype=np.float64)
    return pl.Series("straight", km).fill_nan(None)


def _handled(lanes: pl.DataFrame, network: Network, *, has_factor: bool) -> pl.DataFrame:
    """Return what hubs sent on, tonnes a period; what has no weight is left out."""
    kinds = network["sites"].unique("site_id", keep="first", maintain_order=True).select("site_id", "kind")
    sent = lanes.join(kinds, left_on="from_site", right_on="site_id", how="left").filter(pl.col("kind").is_in(HUBS))
    found = sent.group_by("from_site").agg(pl.col("mass_t").sum()).sort("from_site")
    found = found.select(site_id=pl.col("from_site").cast(pl.String), mass_t=pl.col("mass_t").cast(pl.Float64))
    return found if has_factor else found.clear()
