"""A network from a log of daily series: plants, storage locations and one market, with demand replayed as it was."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import Finding, InputError, Severity, amount_of
from chaintwin.ingest.shipment_log.building.lead_times import FIT_SCHEMA
from chaintwin.ingest.shipment_log.building.transactions import BuiltNetwork
from chaintwin.ingest.shipment_log.frames import to_network
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
from chaintwin.ingest.shipment_log.series.lags import Lag, find_lag
from chaintwin.ingest.shipment_log.series.reading import SeriesLog
from chaintwin.network.network import Period, Settings

MARKET = "distributors"
CAPACITY_QUANTILE = 0.95
"""Share of the days with production at or below the capacity taken: the highest days are overtime or two days booked as one."""


def build_from_series(log: SeriesLog, mapping: LogMapping, *, name: str) -> BuiltNetwork:
    """Return the network a log of daily series shows.

    Plants make products at the lag between production and issue, storage locations receive them at the lag between issue and
    delivery, and one market asks for what was ordered, day by day as in the log. The log gives quantities by product only;
    plants and storage locations share them in proportion to their rows in the table of places.

    Parameters
    ----------
    log : the series.
    mapping : the layout.
    name : name of the project.

    Raises
    ------
    InputError
        No product has a place.
    """
    findings: list[Finding] = []
    places = _places(log, mapping, findings=findings)
    if places.height == 0:
        raise InputError(
            [Finding("log.no_place", "no product with plant and storage", "a table of places for the products", column="places")]
        )
    lags = {
        "make": find_lag(log.units["production"], log.units["factory_issue"]),
        "store": find_lag(log.units["factory_issue"], log.units["delivery_to_distributor"]),
        "deliver": find_lag(log.units["delivery_to_distributor"], log.units["sales_order"], is_reply=True),
    }
    lanes = _lanes(places, lags)
    frames = {
        "sites": _sites(places, mapping),
        "products": _products(log, places, findings=findings),
        "lanes": lanes.select("lane_id", "from_site", "to_site", "mode", "lead_time"),
        "sources": _sources(log, places, lags, findings=findings),
        "identifiers": _identifiers(log, mapping),
    }
    frames["demand"], frames["series"] = _demand(log, places)
    frames["stock_points"] = _stock_points(places)
    settings = Settings(name=name, period=Period.DAY, currency=mapping.money, start=log.days[0], horizon=len(log.days))
    fits = _fits(lanes, log)
    findings += _findings(log, lags)
    counts = {"places": {"rows": log.places.height, "used": places.height}}
    return BuiltNetwork(to_network(settings, frames), fits, counts, tuple(findings))


def _places(log: SeriesLog, mapping: LogMapping, *, findings: list[Finding]) -> pl.DataFrame:
    """Return ``product``, ``plant``, ``storage`` (ids of sites) and ``rows``, once each, of products with a series."""
    names = {"plant": pl.format("plant {}", "plant"), "storage": pl.format("storage {}", "storage")}
    counted = (
        log.places.drop_nulls()
        .group_by("product", "plant", "storage", maintain_order=True)
        .agg(rows=pl.len())
        .with_columns(**names)
    )
    unplaced = log.places.filter(pl.any_horizontal(pl.all().is_null())).height
    if unplaced:
        found = f"{amount_of(unplaced, 'row')} with a blank cell"
        findings.append(
            Finding(
                "log.place_blank",
                found,
                "product, plant and storage",
                "left out of the network",
                "places",
                severity=Severity.WARNING,
            )
        )
    parts = [counted]
    for second, product in mapping.aliases.items():
        if second in log.products and second not in counted["product"]:
            parts.append(counted.filter(pl.col("product") == product).with_columns(product=pl.lit(second)))
            found = f"{second}, a second series of {product}, without a row in the table of places"
            fix = f"it is kept apart as a product of its own and has the places of {product}"
            findings.append(
                Finding("import.second_series", found, "a row for each series", fix, "places", severity=Severity.NOTE)
            )
    placed = pl.concat(parts).filter(pl.col("product").is_in(list(log.products))).sort("product", "plant", "storage")
    homeless = [product for product in log.products if product not in placed["product"]]
    if homeless:
        found = f"no place for {', '.join(homeless)}"
        findings.append(
            Finding(
                "log.product_without_place",
                found,
                "a row in the table of places",
                "left out of the network",
                "places",
                severity=Severity.WARNING,
            )
        )
    return placed


def _sites(places: pl.DataFrame, mapping: LogMapping) -> pl.DataFrame:
    plants, stores = places["plant"].unique().sort(), places["storage"].unique().sort()
    kinds = ["plant"] * plants.len() + ["warehouse"] * stores.len() + ["customer"]
    ids = pl.concat([plants, stores, pl.Series([MARKET])])
    return pl.DataFrame({"site_id": ids, "name": ids, "kind": kinds}).with_columns(
        country=pl.lit(mapping.country or None, dtype=pl.String)
    )


def _products(log: SeriesLog, places: pl.DataFrame, *, findings: list[Finding]) -> pl.DataFrame:
    products = [product for product in log.products if product in set(places["product"])]
    weights = [log.weights_kg.get(product) for product in products]
    light = [product for product, weight in zip(products, weights, strict=True) if weight is None]
    if light:
        found = f"no weight for {', '.join(light)}"
        findings.append(
            Finding(
                "import.weight_unknown",
                found,
                "a weight of one unit",
                "left blank",
                "products.csv",
                0,
                "weight_kg",
                Severity.NOTE,
            )
        )
    fix = "1 is used; fill in values, or costs are in units of value"
    findings.append(
        Finding(
            "import.value_unknown",
            "no value in the log",
            "a value of one unit",
            fix,
            "products.csv",
            0,
            "value",
            Severity.WARNING,
            len(products),
        )
    )
    return pl.DataFrame({"product_id": products, "name": products, "weight_kg": pl.Series(weights, dtype=pl.Float64)})


def _identifiers(log: SeriesLog, mapping: LogMapping) -> pl.DataFrame:
    """Return, for each second series, the name of the product it belongs to."""
    pairs = [(second, product) for second, product in mapping.aliases.items() if second in log.products]
    schema = {"object_id": pl.String, "value": pl.String}
    frame = pl.DataFrame(pairs, schema=schema, orient="row")
    return frame.with_columns(object_kind=pl.lit("product"), scheme=pl.lit("product of the log"))


def _lanes(places: pl.DataFrame, lags: dict[str, Lag]) -> pl.DataFrame:
    inside = places.select(from_site="plant", to_site="storage").unique().with_columns(lag=pl.lit("store"), mode=pl.lit("road"))
    outside = (
        places.select(from_site="storage")
        .unique()
        .with_columns(to_site=pl.lit(MARKET), lag=pl.lit("deliver"), mode=pl.lit("road"))
    )
    lanes = pl.concat([inside, outside.select(inside.columns)]).sort("from_site", "to_site")
    days = {name: str(lag.days) for name, lag in lags.items()}
    return lanes.with_columns(
        lane_id=pl.format("{}>{}:{}", "from_site", "to_site", "mode"),
        lead_time=pl.col("lag").replace_strict(days, return_dtype=pl.String),
        days=pl.col("lag").replace_strict({name: lag.days for name, lag in lags.items()}, return_dtype=pl.Float64),
        method=pl.col("lag").replace_strict({name: lag.method for name, lag in lags.items()}, return_dtype=pl.String),
    )


def _sources(log: SeriesLog, places: pl.DataFrame, lags: dict[str, Lag], *, findings: list[Finding]) -> pl.DataFrame:
    """Return making at plants, moving to storage and to the market, with shares by rows of the table of places."""
    nothing = pl.lit(None, dtype=pl.String)
    to_market = (
        places.group_by("product", "storage", maintain_order=True)
        .agg(pl.col("rows").sum())
        .select(
            site_id=pl.lit(MARKET),
            product_id="product",
            kind=pl.lit("move"),
            lane_id=pl.format(f"{{}}>{MARKET}:road", "storage"),
            from_site="storage",
            share=pl.col("rows") / pl.col("rows").sum().over("product"),
        )
    )
    to_storage = places.select(
        site_id="storage",
        product_id="product",
        kind=pl.lit("move"),
        lane_id=pl.format("{}>{}:road", "plant", "storage"),
        from_site="plant",
        share=pl.col("rows") / pl.col("rows").sum().over("product", "storage"),
    )
    at_plant = places.group_by("product", "plant", maintain_order=True).agg(pl.col("rows").sum())
    at_plant = at_plant.with_columns(part=pl.col("rows") / pl.col("rows").sum().over("product"))
    made = _capacity(log, findings=findings)
    at_plant = at_plant.join(made, on="product", how="left", maintain_order="left")
    is_made = pl.col("capacity").is_not_null()
    at_plant = at_plant.select(
        site_id="plant",
        product_id="product",
        kind=pl.when(is_made).then(pl.lit("make")).otherwise(pl.lit("buy")),
        lane_id=nothing,
        from_site=nothing,
        share=pl.lit(1.0),
        capacity=pl.col("capacity") * pl.col("part"),
        lead_time=pl.lit(str(lags["make"].days)),
    )
    moves = pl.concat([to_market, to_storage]).with_columns(pl.lit(None, dtype=pl.Float64).alias("capacity"), lead_time=nothing)
    return pl.concat([moves, at_plant.select(moves.columns)]).sort("site_id", "product_id", "lane_id")


def _capacity(log: SeriesLog, *, findings: list[Finding]) -> pl.DataFrame:
    """Return the daily capacity of each product that is produced: a high quantile of its production on days with any."""
    rows, short = [], []
    for column, product in enumerate(log.products):
        series = log.units["production"][:, column]
        active = series[series > 0]
        if not active.size:
            continue
        capacity = float(np.quantile(active, CAPACITY_QUANTILE))
        wanted = float(np.maximum(log.units["sales_order"][:, column], 0.0).mean())
        if capacity < wanted:
            # A product made on few days for many would never keep up at its quantile; its best day is the least it can do.
            short.append(product)
            capacity = max(float(active.max()), wanted)
        rows.append((product, capacity))
    if short:
        fix = "the best day, or mean demand if that is more, is taken"
        found = f"usual production below mean demand for {', '.join(short)}"
        findings.append(
            Finding("import.capacity_low", found, "capacity above demand", fix, "sources.csv", 0, "capacity", Severity.WARNING)
        )
    bought = [product for column, product in enumerate(log.products) if not (log.units["production"][:, column] > 0).any()]
    if bought:
        found = f"no production of {', '.join(bought)}"
        fix = "taken as bought outside, without a limit"
        findings.append(Finding("import.never_produced", found, "production", fix, "sources.csv", 0, "kind", Severity.NOTE))
    return pl.DataFrame(rows, schema={"product": pl.String, "capacity": pl.Float64}, orient="row")


def _demand(log: SeriesLog, places: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    placed = set(places["product"])
    kept = [(column, product) for column, product in enumerate(log.products) if product in placed]
    names = [f"{MARKET}/{product}" for _, product in kept]
    demand = pl.DataFrame({"stream_id": names, "product_id": [product for _, product in kept], "series": names}).with_columns(
        site_id=pl.lit(MARKET)
    )
    count = len(log.days)
    values: NDArray[np.float64] = np.maximum(log.units["sales_order"][:, [column for column, _ in kept]], 0.0)
    series = pl.DataFrame(
        {
            "series_id": np.repeat(np.array(names, dtype=object), count).tolist(),
            "period": np.tile(np.arange(count), len(names)),
            "value": values.T.ravel(),
        }
    )
    return demand, series


def _stock_points(places: pl.DataFrame) -> pl.DataFrame:
    plants = places.select(site_id="plant", product_id="product").unique()
    stores = places.select(site_id="storage", product_id="product").unique()
    market = places.select(site_id=pl.lit(MARKET), product_id="product").unique()
    return pl.concat([plants, stores, market]).sort("site_id", "product_id")


def _fits(lanes: pl.DataFrame, log: SeriesLog) -> pl.DataFrame:
    return lanes.select(
        lane="lane_id",
        mode="mode",
        n=pl.lit(len(log.days), dtype=pl.Int64),
        censored=pl.lit(0, dtype=pl.Int64),
        method="method",
        mean="days",
        sd=pl.lit(0.0),
        p95="days",
        law="lead_time",
        start=pl.lit("daily totals"),
        trust=pl.lit("borrowed"),
    ).cast(FIT_SCHEMA)


def _findings(log: SeriesLog, lags: dict[str, Lag]) -> list[Finding]:
    texts = {"make": "production to issue", "store": "issue to delivery", "deliver": "order to delivery"}
    found = "; ".join(f"{texts[name]} {amount_of(lag.days, 'day')} ({lag.method})" for name, lag in lags.items())
    fix = "a log of daily sums has no single lead times; fill in better ones"
    rows = (
        ("import.mode_assumed", "no means of transport in the log", "known modes", "road is taken", "lanes", "mode"),
        (
            "import.cost_unknown",
            "no freight in the log",
            "known costs",
            "proposed from weight and distance, once exchange_rates tells what a US dollar is worth",
            "lanes",
            "variable_cost",
        ),
        ("import.inputs_unknown", "no inputs of production in the log", "a bill of material", "made from nothing", "bom", ""),
        ("import.lag", found, "lead times of shipments", fix, "lanes", "lead_time"),
        (
            "import.share_by_rows",
            f"quantities of {amount_of(len(log.products), 'product')} without place",
            "quantities by plant and storage",
            "plants and storage locations share in proportion to their rows in the table of places",
            "sources",
            "share",
        ),
    )
    return [
        Finding(code, odd, good, done, f"{table}.csv", 0, column, Severity.NOTE) for code, odd, good, done, table, column in rows
    ]
