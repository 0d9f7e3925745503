"""The medicines network as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

import polars as pl

from chaintwin.examples.frames import Row, as_network, rows_as_table
from chaintwin.examples.identifiers import gln, gtin
from chaintwin.examples.medicines.companies import CALENDARS, CURRENCIES, HAZARDS, HOLDING_RATES, PAYMENT_TERMS
from chaintwin.examples.medicines.markets import demand_rows, season_rows
from chaintwin.examples.medicines.products import ACTIVES, BULK, CASE_PACKS, MATERIALS, MEDICINES, PALLET_CASES, bulk_id
from chaintwin.examples.medicines.routes import Move, all_moves, duty_of, lane_days
from chaintwin.examples.medicines.sites import LOCATION_CODES, SITES, STORES
from chaintwin.examples.medicines.sourcing import (
    SOURCE_COLUMNS,
    bill_rows,
    line_rows,
    made_points,
    price_rows,
    source_rows,
)
from chaintwin.examples.medicines.stock import stock_rows
from chaintwin.examples.transit import LeadTime, lead_time
from chaintwin.network.geography import place_sites
from chaintwin.network.network import Network, Period, Settings

START = date(2026, 1, 1)
SECOND_RATE = date(2026, 7, 1)

FIXED_COSTS: Mapping[str, float] = MappingProxyType({"sea": 90.0, "air": 60.0, "road": 12.0})
"""Dollars a product and shipment: its part of papers, booking and handling."""


def medicines() -> Network:
    """Return the medicines network: 64 sites, 12 medicines, one year in days.

    Cities, ports and distances are real (see ``chaintwin.network.geography``); companies, capacities, prices, demand and
    hazards are invented, of the usual size. docs/background/example-networks.md tells what is which.
    """
    sites = _sites()
    moves = all_moves()
    lanes, leads = _lanes(moves, sites)
    demand = demand_rows()
    lines, uses = line_rows()
    currencies = _currencies(sites)
    tables = {
        "sites": sites,
        "products": _products(),
        "lanes": lanes,
        "demand": _demand(demand),
        "stock_points": _stock(stock_rows(moves, demand, leads=leads, made=made_points())),
        "sources": rows_as_table("sources", SOURCE_COLUMNS, rows=source_rows(moves)),
        "bom": rows_as_table("bom", ("bom_id", "product_id", "other_product_id", "quantity", "scrap_rate"), rows=bill_rows()),
        "resources": rows_as_table("resources", ("resource_id", "site_id", "capacity", "unit", "cost"), rows=lines),
        "resource_use": rows_as_table(
            "resource_use", ("resource_id", "activity", "site_id", "product_id", "quantity"), rows=uses
        ),
        "partners": _partners(sites, currencies),
        "calendars": _calendars(),
        "series": rows_as_table("series", ("series_id", "period", "value"), rows=season_rows()),
        "exchange_rates": _exchange_rates(),
        "prices": rows_as_table(
            "prices",
            ("product_id", "partner", "currency", "price"),
            rows=price_rows(currencies, {row[0]: row[2] for row in CURRENCIES}),
        ),
        "hazards": rows_as_table(
            "hazards",
            ("hazard_id", "region", "country", "kind", "rate_per_year", "duration", "severity_rate"),
            rows=HAZARDS,
        ),
        "identifiers": _identifiers(sites),
        "units": _units(),
    }
    return as_network(Settings("medicines", Period.DAY, start=START, horizon=365, warm_up=60), tables)


def site_owner(site: str) -> str:
    """Return the partner that runs a site."""
    return f"co-{site}"


def _sites() -> pl.DataFrame:
    rates = dict(HOLDING_RATES)
    rows: list[Row] = [
        (site, name, kind, country, region, place, site_owner(site), calendar, zone, storage, rates[kind])
        for site, name, kind, place, country, region, zone, calendar, storage in SITES
    ]
    hub_calendars = {row[0]: row[7] for row in SITES}
    rows += [
        (store, f"National store {city}", "store", country, region, city, site_owner(store), hub_calendars[hub], zone,
         2_000 + 250.0 * people, rates["store"])
        for store, city, country, region, zone, hub, _, people, _, _ in STORES
    ]  # fmt: skip
    columns = ("site_id", "name", "kind", "country", "region", "place", "owner", "calendar", "time_zone", "storage_capacity",
               "holding_cost_rate")  # fmt: skip
    table = rows_as_table("sites", columns, rows=rows).with_columns(cut_off=pl.lit("16:00"))
    placed = place_sites(table)
    return table.with_columns(placed["latitude"].round(3), placed["longitude"].round(3))


def _products() -> pl.DataFrame:
    rows: list[Row] = [(m, name, "each", value, kg, m3, shelf) for m, name, _, kg, m3, value, shelf, _ in MEDICINES]
    # Powders and bulk tablets fill about two litres a kg; glass and canisters five.
    rows += [(bulk_id(m), name, "thousand", value, kg, round(kg * 0.003, 6), 365) for m, name, kg, value, _ in BULK]
    for active, name, value, _ in ACTIVES:
        kg, unit = (0.001, "g") if active == "api-oxytocin" else (1.0, "kg")
        rows.append((active, name, unit, value, kg, kg * 0.002, 1095))
    rows += [(product, name, unit, value, kg, round(kg * 0.005, 6), None) for product, name, unit, kg, value in MATERIALS]
    columns = ("product_id", "name", "unit", "value", "weight_kg", "volume_m3", "shelf_life")
    return rows_as_table("products", columns, rows=rows)


def _lanes(moves: Sequence[Move], sites: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, LeadTime]]:
    country = dict(sites.select("site_id", "country").iter_rows())
    kinds = dict(sites.select("site_id", "kind").iter_rows())
    leads: dict[str, LeadTime] = {}
    rows: list[Row] = []
    for lane, sender, site, mode, product, km, days, cost in lane_days(moves, sites).iter_rows():
        leads[lane] = lead_time(mode, days)
        # A hub writes its orders by hand: they take a day. Urgent relations are served first.
        delay = 1 if kinds[site] == "hub" else 0
        fixed = FIXED_COSTS[mode]
        duty = duty_of(country[sender], country[site])
        rank = 0 if mode == "air" else 1
        rows.append((lane, sender, site, product, mode, km, leads[lane].law, delay, fixed, cost, duty, rank))
    columns = ("lane_id", "from_site", "to_site", "product_id", "mode", "distance_km", "lead_time", "information_delay",
               "fixed_cost", "variable_cost", "duty_rate", "priority")  # fmt: skip
    return rows_as_table("lanes", columns, rows=rows), leads


def _demand(rows: Sequence[Row]) -> pl.DataFrame:
    columns = ("stream_id", "site_id", "product_id", "market", "quantity", "season", "trend_rate", "priority", "promise_window",
               "lost_fraction", "price")  # fmt: skip
    return rows_as_table("demand", columns, rows=rows)


def _stock(rows: Sequence[Row]) -> pl.DataFrame:
    columns = ("site_id", "product_id", "policy", "base_stock", "reorder_point", "order_up_to", "review_period", "review_phase",
               "service_target", "initial_stock")  # fmt: skip
    return rows_as_table("stock_points", columns, rows=rows)


def _currencies(sites: pl.DataFrame) -> dict[str, str]:
    """Return the currency each site is paid in."""
    used = {country: currency for currency, countries, _, _ in CURRENCIES for country in countries.split()}
    return {site: used.get(country, "USD") for site, country in sites.select("site_id", "country").iter_rows()}


def _partners(sites: pl.DataFrame, currencies: dict[str, str]) -> pl.DataFrame:
    terms = {kind: (days, incoterm) for kind, days, incoterm in PAYMENT_TERMS}
    rows: list[Row] = [
        (site_owner(site), f"Operator of {name}", country, currencies[site], *terms[kind])
        for site, name, country, kind in sites.select("site_id", "name", "country", "kind").iter_rows()
    ]
    bought = dict.fromkeys(row[6] for row in source_rows(()) if row[2] == "buy")
    for partner in bought:
        site = str(partner).removeprefix("raw-")
        country = sites.row(by_predicate=pl.col("site_id") == site, named=True)["country"]
        rows.append((partner, f"Raw materials for {site}", country, currencies[site], 30, "FCA"))
    columns = ("partner_id", "name", "country", "currency", "payment_term_days", "incoterm")
    return rows_as_table("partners", columns, rows=rows)


def _calendars() -> pl.DataFrame:
    rows: list[Row] = []
    for calendar, closed, holidays in CALENDARS:
        rows += [(calendar, weekday, None, 0.0, None) for weekday in closed.split()]
        for first, last, name in holidays:
            rows += [(calendar, None, first + timedelta(days=day), 0.0, name) for day in range((last - first).days + 1)]
    return rows_as_table("calendars", ("calendar_id", "weekday", "date", "open_share", "name"), rows=rows)


def _exchange_rates() -> pl.DataFrame:
    rows: list[Row] = []
    for currency, _, first, second in CURRENCIES:
        rows += [(currency, START, first), (currency, SECOND_RATE, second)]
    return rows_as_table("exchange_rates", ("currency", "valid_from", "rate"), rows=rows)


def _identifiers(sites: pl.DataFrame) -> pl.DataFrame:
    names = sites["site_id"].to_list()
    rows: list[Row] = [("site", site, "GLN", gln(1_000 + number)) for number, site in enumerate(names)]
    rows += [("site", site, "UN/LOCODE", code) for site, code in LOCATION_CODES]
    rows += [("site", site, "ERP", f"{1_000 + 10 * number}") for number, site in enumerate(names)]
    rows += [("product", row[0], "GTIN", gtin(500_000 + number)) for number, row in enumerate(MEDICINES)]
    rows += [
        ("product", row[0], "ERP", f"M{number:04d}") for number, row in enumerate(_products().select("product_id").rows(), 1)
    ]
    return rows_as_table("identifiers", ("object_kind", "object_id", "scheme", "value"), rows=rows)


def _units() -> pl.DataFrame:
    rows: list[Row] = []
    for row in MEDICINES:
        rows += [
            (row[0], "case", CASE_PACKS),
            (row[0], "pallet", CASE_PACKS * PALLET_CASES),
            (row[0], "kg", round(1 / row[3], 6)),
        ]
    for active in ACTIVES:
        # A drum holds 25 kg; oxytocin comes in vials of ten grams.
        rows.append((active[0], "vial", 10) if active[0] == "api-oxytocin" else (active[0], "drum", 25))
    return rows_as_table("units", ("product_id", "unit", "base_quantity"), rows=rows)
