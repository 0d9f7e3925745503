"""The electronics network as a whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl

from chaintwin.examples.electronics.markets import CYBER_ATTACK, HAZARDS, START, calendar_rows, demand_rows, season_rows
from chaintwin.examples.electronics.routes import Item, Move, all_items, all_moves, lanes_of
from chaintwin.examples.electronics.sites import Site, all_sites
from chaintwin.examples.frames import Row, as_network, rows_as_table
from chaintwin.examples.identifiers import gln, gtin
from chaintwin.examples.transit import lead_time
from chaintwin.network.geography import nearest_airports
from chaintwin.network.lowering import lower_in_full
from chaintwin.network.network import Network, Period, Settings

MAKE_LEADS = ("lognormal(mean=21, cv=0.25)", "lognormal(mean=65, cv=0.1)", "lognormal(mean=9, cv=0.25)") + (
    "pmf(3:0.6, 4:0.3, 7:0.1)",
) * 3
"""Lead time by level: bought parts and wafers, dies, chips, and then boards, modules and devices."""

COST_SHARES = (0.7, 0.35, 0.15, 0.06, 0.06, 0.05)
"""Cost of buying (level 0) or making, as a share of the value of a unit; lines are paid by the hour besides."""

BUSY_SHARES: Mapping[str, float] = MappingProxyType({"fab": 0.88, "osa": 0.80, "brd": 0.76, "mod": 0.74, "dev": 0.70})
"""How busy the lines of a site are on an average day. Fabs are too dear to stand idle."""

SERVICE_TARGETS: Mapping[str, float] = MappingProxyType({"supplier": 0.98, "plant": 0.98, "warehouse": 0.95, "store": 0.93})

CASE_UNITS, PALLET_CASES = 12, 24


def electronics() -> Network:
    """Return the electronics network: about 300 sites, 86 products on six levels, one year in days.

    Cities and distances are real (see ``chaintwin.network.geography``); companies, capacities, prices, demand and hazards
    are invented. docs/background/example-networks.md tells what is which.
    """
    sites, items = all_sites(), all_items()
    moves = all_moves(sites, items)
    site_table = _sites(sites)
    tables = {
        "sites": site_table,
        "products": _products(items),
        **_lanes_and_moves(moves, items, sites=site_table),
        "demand": rows_as_table(
            "demand",
            ("stream_id", "site_id", "product_id", "quantity", "season", "lost_fraction", "promise_window", "price"),
            rows=demand_rows(sites, items),
        ),
        "stock_points": _stock(sites, items, moves),
        "bom": _bills(items),
        "partners": _partners(sites),
        "calendars": rows_as_table("calendars", ("calendar_id", "date", "open_share", "name"), rows=calendar_rows()),
        "series": rows_as_table("series", ("series_id", "period", "value"), rows=season_rows()),
        "hazards": rows_as_table(
            "hazards",
            ("hazard_id", "country", "kind", "rate_per_year", "duration", "severity_rate"),
            rows=[*HAZARDS, CYBER_ATTACK],
        ),
        "identifiers": _identifiers(sites, items),
        "units": rows_as_table(
            "units",
            ("product_id", "unit", "base_quantity"),
            rows=[
                row
                for item in _devices(items)
                for row in ((item.id, "case", CASE_UNITS), (item.id, "pallet", CASE_UNITS * PALLET_CASES))
            ],
        ),
    }
    settings = Settings("electronics", Period.DAY, start=START, horizon=365, warm_up=90)
    return _with_lines(as_network(settings, tables), items)


def _sites(sites: Sequence[Site]) -> pl.DataFrame:
    airports, _ = nearest_airports([site.latitude for site in sites], [site.longitude for site in sites])
    rows: list[Row] = [
        (
            site.id,
            site.name,
            site.kind,
            site.country,
            site.latitude,
            site.longitude,
            _owner(site),
            "spring-festival" if site.country == "CN" and site.kind == "plant" else None,
            airport.time_zone,
        )
        for site, airport in zip(sites, airports, strict=True)
    ]
    columns = ("site_id", "name", "kind", "country", "latitude", "longitude", "owner", "calendar", "time_zone")
    return rows_as_table("sites", columns, rows=rows)


def _owner(site: Site) -> str:
    return f"co-{site.id.split('-')[0]}-{site.country.lower()}"


def _partners(sites: Sequence[Site]) -> pl.DataFrame:
    owners = {_owner(site): site for site in sites}
    rows: list[Row] = [
        (owner, f"{site.kind.capitalize()} company, {site.country}", site.country, 60 if site.kind == "supplier" else 30)
        for owner, site in sorted(owners.items())
    ]
    return rows_as_table("partners", ("partner_id", "name", "country", "payment_term_days"), rows=rows)


def _products(items: dict[str, Item]) -> pl.DataFrame:
    rows: list[Row] = [
        (item.id, item.name, "each", item.value, item.weight, round(item.weight * 0.006, 8)) for item in items.values()
    ]
    return rows_as_table("products", ("product_id", "name", "unit", "value", "weight_kg", "volume_m3"), rows=rows)


def _lanes_and_moves(moves: Sequence[Move], items: dict[str, Item], *, sites: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the tables ``lanes`` and ``sources``."""
    rows: list[Row] = []
    lane_of: dict[tuple[str, str], str] = {}
    for sender, site, mode, km, days, cost in lanes_of(moves, items, sites=sites).iter_rows():
        lane_of[sender, site] = f"{sender}>{site}:{mode}"
        fixed = {"sea": 60.0, "air": 40.0, "rail": 20.0, "road": 8.0}[mode]
        rows.append((lane_of[sender, site], sender, site, mode, km, lead_time(mode, days).law, fixed, cost))
    columns = ("lane_id", "from_site", "to_site", "mode", "distance_km", "lead_time", "fixed_cost", "variable_cost")
    sources: list[Row] = [
        (move.site, move.product, "move", lane_of[move.sender, move.site], move.sender, None, move.share, None, 1.0, None)
        for move in moves
    ]
    for item in items.values():
        kind, bill = ("make", item.id) if item.inputs else ("buy", None)
        cost = round(item.value * COST_SHARES[item.level], 4)
        sources += [
            (maker, item.id, kind, None, None, bill, 1.0, MAKE_LEADS[item.level], item.good_rate, cost) for maker in item.makers
        ]
    source_columns = (
        "site_id",
        "product_id",
        "kind",
        "lane_id",
        "from_site",
        "bom_id",
        "share",
        "lead_time",
        "yield_rate",
        "cost",
    )
    return {
        "lanes": rows_as_table("lanes", columns, rows=rows),
        "sources": rows_as_table("sources", source_columns, rows=sources),
    }


def _stock(sites: Sequence[Site], items: dict[str, Item], moves: Sequence[Move]) -> pl.DataFrame:
    kinds = {site.id: site.kind for site in sites}
    points = dict.fromkeys((maker, item.id) for item in items.values() for maker in item.makers)
    points |= dict.fromkeys((move.site, move.product) for move in moves)
    phases = {site.id: number % 7 for number, site in enumerate(sites)}
    rows: list[Row] = []
    for site, product in sorted(points):
        kind = kinds[site]
        # Plants plan every day; warehouses and stores place their orders once a week.
        review = 7 if kind in ("warehouse", "store") else 1
        rows.append((site, product, "base_stock", review, phases[site] if review == 7 else 0, SERVICE_TARGETS[kind]))
    columns = ("site_id", "product_id", "policy", "review_period", "review_phase", "service_target")
    return rows_as_table("stock_points", columns, rows=rows)


def _bills(items: dict[str, Item]) -> pl.DataFrame:
    rows: list[Row] = [(item.id, item.id, product, quantity) for item in items.values() for product, quantity in item.inputs]
    return rows_as_table("bom", ("bom_id", "product_id", "other_product_id", "quantity"), rows=rows)


def _identifiers(sites: Sequence[Site], items: dict[str, Item]) -> pl.DataFrame:
    rows: list[Row] = [("site", site.id, "GLN", gln(2_000 + number)) for number, site in enumerate(sites)]
    rows += [("product", item.id, "GTIN", gtin(600_000 + number)) for number, item in enumerate(_devices(items))]
    return rows_as_table("identifiers", ("object_kind", "object_id", "scheme", "value"), rows=rows)


def _devices(items: dict[str, Item]) -> list[Item]:
    return [item for item in items.values() if item.level == 5]


def _with_lines(network: Network, items: dict[str, Item]) -> Network:
    """Return the network with one line a plant, as large as its mean load and its busy share ask for.

    A line counts wafers in a fab and units elsewhere.
    """
    lowered = lower_in_full(network)
    made = lowered.found.activities.filter(pl.col("kind_name") == "make").select(
        "activity_id", pl.col("site_id", "product_id").cast(pl.String)
    )
    load = made.join(lowered.loads.activities, on="activity_id", maintain_order="left")
    use: dict[tuple[str, str], float] = {}
    total: dict[str, float] = {}
    for site, product, mean in load.select("site_id", "product_id", "activity_mean").iter_rows():
        use[site, product] = items[product].inputs[0][1] if items[product].level == 1 else 1.0
        total[site] = total.get(site, 0.0) + mean * use[site, product]
    lines: list[Row] = []
    for site, mean in sorted(total.items()):
        prefix = site.split("-")[0]
        capacity = _rounded_up(mean / BUSY_SHARES[prefix])
        unit, cost = ("wafer", 900.0) if prefix == "fab" else ("unit", 0.02)
        lines.append((f"line-{site}", site, capacity, unit, cost))
    uses: list[Row] = [(f"line-{site}", "make", site, product, quantity) for (site, product), quantity in sorted(use.items())]
    resources = rows_as_table("resources", ("resource_id", "site_id", "capacity", "unit", "cost"), rows=lines)
    used = rows_as_table("resource_use", ("resource_id", "activity", "site_id", "product_id", "quantity"), rows=uses)
    return network.with_table("resources", resources).with_table("resource_use", used)


def _rounded_up(value: float) -> float:
    """Return the next number of two digits, so that a capacity reads like one and never depends on the last bit of a sum."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / step - 1e-6) * step:.2g}")
