"""What the tables leave blank and geography can propose: coordinates, modes, distances, lead times, freight, carbon."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from chaintwin.network.geography import place_sites, propose_lanes
from chaintwin.network.network import Network, Settings

FREIGHT_CURRENCY = "USD"
"""Currency of the freight figures of ``chaintwin.network.geography``."""

BLANK_VALUE = 1.0
"""Value of one unit of a product that has none, money: something positive, so that costs of different stock can be told apart."""

PROPOSAL_SCHEMA = pl.Schema(
    {"table": pl.String, "row": pl.Int64, "object_id": pl.String, "column": pl.String, "value": pl.String, "basis": pl.String}
)

_LANE_COLUMNS = (
    ("mode", "proposed_mode", "cheapest of the usable modes, time on the way counted"),
    ("distance_km", "proposed_distance", "routed between the ends by mode"),
    ("lead_time", "proposed_lead_time", "distance, speed and handling of the mode"),
    ("carbon_factor", "proposed_carbon", "default of the mode"),
)


@dataclass(frozen=True, slots=True)
class Proposals:
    """A network with its blanks filled, and what was put there.

    Parameters
    ----------
    network : the network with proposals in place of blanks.
    freight : freight of one tonne over each lane whose ``variable_cost`` is blank, money; null elsewhere and where unknown. The
        cost
        of a unit follows from its weight, so it is known only for a product on a lane.
    notes : what is odd about each lane's proposal, null where nothing is.
    proposed : one row a value: ``table``, ``row`` (as a spreadsheet numbers it), ``object_id``, ``column``, ``value``, ``basis``.
    """

    network: Network
    freight: pl.Series
    notes: pl.Series
    proposed: pl.DataFrame


def fill_proposals(network: Network) -> Proposals:
    """Return the network with coordinates, modes, distances, lead times, freight and values filled in where they are blank.

    Nothing that a row says is changed. Without positions and without mode and distance nothing can be proposed, and the blank
    stays.

    Parameters
    ----------
    network : the tables.
    """
    sites = _placed(network["sites"])
    lanes = network["lanes"]
    blank = _lacks_something(lanes) & _can_be_known(lanes, sites)
    filled = _lanes_filled(sites, lanes.filter(blank), network) if blank.any() else None
    if filled is None:
        nothing = pl.Series("freight", [None], dtype=pl.Float64).new_from_index(0, lanes.height)
        whole, freight = lanes, nothing
        notes = pl.Series("proposal_note", [None], dtype=pl.String).new_from_index(0, lanes.height)
        proposed = pl.concat([_sites_proposed(sites)])
    else:
        # An amount without a rate is left out, as everywhere; taken one to one it would be wrong by the rate.
        rate = dollars_in(network.settings, network["exchange_rates"])
        order = lanes.with_row_index("place").filter(blank)["place"]
        wanted = pl.when(pl.col("variable_cost").is_null()).then(
            pl.col("freight_cost_per_tonne") * pl.lit(rate, dtype=pl.Float64)
        )
        filled = filled.with_columns(place=order, freight=wanted)
        columns = [*lanes.columns, "place", "freight", "proposal_note"]
        rest = lanes.with_row_index("place").filter(~blank)
        rest = rest.with_columns(freight=pl.lit(None, dtype=pl.Float64), proposal_note=pl.lit(None, dtype=pl.String)).select(
            columns
        )
        merged = pl.concat([rest, filled.select(columns)]).sort("place")
        whole, freight, notes = merged.select(lanes.columns), merged["freight"], merged["proposal_note"]
        proposed = pl.concat([_sites_proposed(sites), _lanes_proposed(filled)])
    valued = network["products"].with_columns(pl.col("value").fill_null(BLANK_VALUE))
    network = network.with_table("sites", sites.select(network["sites"].columns)).with_table("lanes", whole)
    network = network.with_table("products", valued)
    return Proposals(network, freight, notes, proposed)


def dollars_in(settings: Settings, rates: pl.DataFrame) -> float | None:
    """Return what one US dollar is worth in the project's currency on the first day; None where no rate says so.

    Parameters
    ----------
    settings : of the project.
    rates : the table ``exchange_rates``.
    """
    if settings.currency == FREIGHT_CURRENCY:
        return 1.0
    known = _dollar_rates(settings, rates)
    return float(known["rate"][-1]) if known.height else None


def _dollar_rates(settings: Settings, rates: pl.DataFrame) -> pl.DataFrame:
    begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= pl.lit(settings.start))
    return rates.filter((pl.col("currency") == FREIGHT_CURRENCY) & begun).sort("valid_from", "rate", nulls_last=False)


def _placed(sites: pl.DataFrame) -> pl.DataFrame:
    known = pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null()
    placeable = pl.col("country").is_not_null() | pl.col("place").is_not_null()
    blank = sites.select(known=known, placeable=~known & placeable)
    if not blank["placeable"].any():
        # Reading maps takes a while, and a network without any place (a textbook case) has no use for them.
        return sites.with_columns(proposed_position=pl.lit(value=False), position_source=pl.lit(None, dtype=pl.String))
    placed = place_sites(sites)
    # The country is only looked up, never filled in: a site in the sea would get a blank, and regions follow the user's own
    # words.
    return placed.with_columns(sites["country"])


def _lacks_something(lanes: pl.DataFrame) -> pl.Series:
    names = ("mode", "distance_km", "lead_time", "variable_cost")
    return lanes.select(pl.any_horizontal(pl.col(name).is_null() for name in names).alias("blank"))["blank"]


def _can_be_known(lanes: pl.DataFrame, sites: pl.DataFrame) -> pl.Series:
    located = sites.filter(pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null())["site_id"].implode()
    measured = pl.col("mode").is_not_null() & pl.col("distance_km").is_not_null()
    ends = pl.col("from_site").is_in(located) & pl.col("to_site").is_in(located)
    return lanes.select(known=measured | ends)["known"]


def _lanes_filled(sites: pl.DataFrame, lanes: pl.DataFrame, network: Network) -> pl.DataFrame:
    density = pl.when(pl.col("weight_kg") > 0).then(pl.col("value") / pl.col("weight_kg"))
    products = (
        network["products"].unique("product_id", keep="first", maintain_order=True).select("product_id", value_per_kg=density)
    )
    lanes = lanes.join(products, on="product_id", how="left", maintain_order="left")
    places = sites.select("site_id", "country", "place", "latitude", "longitude")
    return propose_lanes(places, lanes, period_hours=float(network.settings.period.hours))


def _sites_proposed(sites: pl.DataFrame) -> pl.DataFrame:
    rows = sites.with_row_index("place_row").filter(pl.col("proposed_position"))
    value = pl.concat_str([pl.col("latitude").round(4), pl.col("longitude").round(4)], separator=", ")
    basis = pl.concat_str([pl.lit("position of the "), pl.col("position_source")])
    return _report(rows, "sites", object_id=pl.col("site_id"), column="latitude, longitude", value=value, basis=basis)


def _lanes_proposed(filled: pl.DataFrame) -> pl.DataFrame:
    rows = filled.rename({"place": "place_row"})
    name = pl.coalesce("lane_id", pl.concat_str([pl.col("from_site"), pl.col("to_site")], separator=">"))
    parts = [
        _report(
            rows.filter(pl.col(flag)),
            "lanes",
            object_id=name,
            column=column,
            value=pl.col(column).round(1).cast(pl.String)
            if column in ("distance_km", "carbon_factor")
            else pl.col(column).cast(pl.String),
            basis=pl.lit(basis),
        )
        for column, flag, basis in _LANE_COLUMNS
    ]
    paid = rows.filter(pl.col("freight").is_not_null())
    cost = pl.concat_str([pl.col("freight").round(2), pl.lit("a tonne")], separator=" ")
    parts.append(
        _report(
            paid,
            "lanes",
            object_id=name,
            column="variable_cost",
            value=cost,
            basis=pl.lit("weight of the product, distance and mode"),
        )
    )
    return pl.concat(parts)


def _report(rows: pl.DataFrame, table: str, *, object_id: pl.Expr, column: str, value: pl.Expr, basis: pl.Expr) -> pl.DataFrame:
    columns = {
        "table": pl.lit(table),
        "row": pl.col("place_row") + 2,
        "object_id": object_id,
        "column": pl.lit(column),
        "value": value,
        "basis": basis,
    }
    return rows.select(columns[name].cast(dtype).alias(name) for name, dtype in PROPOSAL_SCHEMA.items())
