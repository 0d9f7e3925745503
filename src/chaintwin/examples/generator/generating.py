"""Networks of any size, shaped like real ones and made of whole columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from chaintwin.examples.frames import as_network, columns_as_table
from chaintwin.examples.generator.draws import Draws, Floats, Numbers
from chaintwin.examples.generator.flow import Flow, Points, flow_of, two_digits
from chaintwin.examples.generator.layout import Layout, plan
from chaintwin.examples.generator.placing import Placed, city_countries, distance_and_mode, place_tier
from chaintwin.examples.generator.size import GeneratorSize
from chaintwin.examples.transit import lead_time
from chaintwin.network.geography import Mode, mode_defaults
from chaintwin.network.network import Network, Period, Settings

BUY_LEAD = "lognormal(mean=12, cv=0.3)"
MAKE_LEAD = "pmf(3:0.5, 5:0.3, 9:0.2)"

BUSY_SHARE = 0.8
"""How busy each plant is on an average day."""

LOT_SHAPE = 8.0
POISSON_MEAN_MAX = 4.0

REORDERING_SHARE = 0.15
"""Share of store points that order by (s,S) instead of base stock."""


def generate(size: GeneratorSize) -> Network:
    """Return a network of a given size, the same every time.

    The upper half of the tiers makes: raw material is bought, everything else is made by bills of one to four inputs, and a
    third of the products have a second maker. The lower half distributes: each site is served by one above it, and keeps a
    part of what that one keeps. Sites lie in real cities; sea ways are estimated, not routed.

    Parameters
    ----------
    size : sites, products, stock points, tiers and seed.

    Raises
    ------
    UsageError
        Sites and products cannot give that many stock points.

    Example
    -------
    >>> network = generate(GeneratorSize(sites=40, products=20, stock_points=200))
    >>> network["sites"].height, network["products"].height, network["stock_points"].height
    (40, 20, 200)
    """
    return network_of(plan(size), Draws(size.seed), name=f"generated-{size.stock_points}")


def network_of(layout: Layout, draws: Draws, *, name: str) -> Network:
    """Return the network of a layout.

    Parameters
    ----------
    layout : which site holds which product. draws : for all that is not in it.
    """
    flow = flow_of(layout, draws)
    making = len(layout.made)
    placed = [
        place_tier(count, draws=draws, use=f"tier {tier}", scattered=tier < making) for tier, count in enumerate(layout.sites)
    ]
    names = _Names.of(layout)
    lanes, lane_of = _lanes(flow, placed, names, draws=draws)
    tables = {
        "sites": _sites(placed, names),
        "products": _products(layout, names, draws=draws),
        "lanes": lanes,
        "demand": _demand(flow.kept[-1], names),
        "stock_points": _stock(flow, names, draws=draws),
        "sources": _sources(flow, names, lane_of=lane_of),
        "bom": _bills(layout, flow, names),
    }
    tables |= _lines(flow, names)
    settings = Settings(name, Period.DAY, start=date(2026, 1, 1), horizon=365)
    return as_network(settings, tables)


@dataclass(frozen=True, slots=True, eq=False)
class _Names:
    """Ids of sites by tier and of products by level."""

    sites: tuple[pl.Series, ...]
    products: tuple[pl.Series, ...]

    @staticmethod
    def of(layout: Layout) -> _Names:
        """Return the ids of a layout; numbers have equal width, so that they sort as they count."""
        tiers = enumerate(zip(layout.kinds, layout.sites, strict=True))
        return _Names(
            tuple(_numbered(f"{kind}-{tier}-", count) for tier, (kind, count) in tiers),
            tuple(_numbered(f"{_noun(layout, level)}-{level}-", count) for level, count in enumerate(layout.products)),
        )

    def site(self, tier: int, number: Numbers) -> pl.Series:
        """Return the ids of sites of one tier."""
        return self.sites[tier].gather(number)

    def product(self, level: int, number: Numbers) -> pl.Series:
        """Return the ids of products of one level."""
        return self.products[level].gather(number)


def _noun(layout: Layout, level: int) -> str:
    if level == len(layout.products) - 1:
        return "product"
    return "material" if level == 0 else "component"


def _numbered(prefix: str, count: int) -> pl.Series:
    width = len(str(count - 1))
    numbers = pl.Series("id", np.arange(count)).cast(pl.String).str.zfill(width)
    return pl.DataFrame({"id": numbers}).select(pl.lit(prefix) + pl.col("id"))["literal"].alias("id")


def _sites(placed: list[Placed], names: _Names) -> pl.DataFrame:
    countries = pl.Series(city_countries())
    parts = [
        pl.DataFrame(
            {
                "site_id": ids,
                "kind": ids.str.split("-").list.first(),
                "country": countries.gather(tier.country),
                "latitude": tier.latitude,
                "longitude": tier.longitude,
            }
        )
        for ids, tier in zip(names.sites, placed, strict=True)
    ]
    return columns_as_table("sites", pl.concat(parts))


def _products(layout: Layout, names: _Names, *, draws: Draws) -> pl.DataFrame:
    parts = []
    for level, ids in enumerate(names.products):
        # What is made of more is worth more.
        value = two_digits(2.0 * layout.value_growth**level * (0.5 + draws.uniforms(f"value {level}", len(ids))))
        weight = two_digits(0.2 + 2.0 * draws.uniforms(f"weight {level}", len(ids)))
        parts.append(
            pl.DataFrame({"product_id": ids, "value": value, "weight_kg": weight, "volume_m3": np.round(weight * 0.004, 6)})
        )
    return columns_as_table("products", pl.concat(parts))


def _lanes(flow: Flow, placed: list[Placed], names: _Names, *, draws: Draws) -> tuple[pl.DataFrame, list[pl.Series]]:
    """Return the table of lanes, and for each of the flow's moves the id of its lane."""
    tables, lane_of = [], []
    for moves in flow.moves:
        stride = len(names.sites[moves.tier])
        key, index = np.unique(moves.sender * stride + moves.site, return_inverse=True)
        ends = (key // stride, key % stride)
        above, here = placed[moves.tier - 1], placed[moves.tier]
        chance = draws.uniforms(f"flown {moves.tier}", key.size)
        km, mode = distance_and_mode(above, here, ends=ends, flown=chance)
        lane = pl.DataFrame(
            {
                "from_site": names.site(moves.tier - 1, ends[0]),
                "to_site": names.site(moves.tier, ends[1]),
                "mode": mode,
                "distance_km": km,
                **_travel(km, mode),
            }
        )
        lane = lane.with_columns(lane_id=pl.concat_str(["from_site", pl.lit(">"), "to_site", pl.lit(":"), "mode"]))
        tables.append(lane)
        lane_of.append(lane["lane_id"].gather(index))
    return columns_as_table("lanes", pl.concat(tables)), lane_of


def _travel(km: Floats, mode: np.ndarray[tuple[int], np.dtype[np.str_]]) -> dict[str, pl.Series]:
    """Return lead times and costs of ways; one kg a unit is taken."""
    days, freight = np.ones(km.size), np.zeros(km.size)
    for name in ("road", "sea", "air"):
        default, rows = mode_defaults()[Mode(name)], mode == name
        days[rows] = np.ceil(km[rows] / default.km_per_day + default.handling_days)
        freight[rows] = (km[rows] * default.cost_per_tonne_km + default.handling_cost_per_tonne) / 1000
    different, index = np.unique(np.char.add(mode, np.char.add(" ", days.astype(np.int64).astype(str))), return_inverse=True)
    laws = []
    for text in different.tolist():
        name, _, count = text.partition(" ")
        laws.append(lead_time(name, int(count)).law)
    return {
        "lead_time": pl.Series(laws, dtype=pl.String).gather(index),
        "variable_cost": pl.Series(np.round(freight, 4)),
    }


def _demand(sold: Points, names: _Names) -> pl.DataFrame:
    means, index = np.unique(sold.load, return_inverse=True)
    laws = [
        f"poisson({mean:g})" if mean <= POISSON_MEAN_MAX else f"negbin({LOT_SHAPE:g}, {LOT_SHAPE / (LOT_SHAPE + mean):.6g})"
        for mean in means.tolist()
    ]
    frame = pl.DataFrame(
        {
            "site_id": names.site(sold.tier, sold.site),
            "product_id": names.product(sold.level, sold.product),
            "quantity": pl.Series(laws, dtype=pl.String).gather(index),
        }
    )
    return columns_as_table("demand", frame.with_columns(stream_id=pl.concat_str(["site_id", "product_id"], separator="/")))


def _stock(flow: Flow, names: _Names, *, draws: Draws) -> pl.DataFrame:
    parts = []
    for points in (*flow.made, *flow.held, *flow.kept):
        frame = pl.DataFrame(
            {
                "site_id": names.site(points.tier, points.site),
                "product_id": names.product(points.level, points.product),
                "policy": "base_stock",
            }
        )
        if points is flow.kept[-1]:
            reorders = draws.uniforms("policy", points.site.size) < REORDERING_SHARE
            frame = frame.with_columns(policy=pl.Series(np.where(reorders, "s_S", "base_stock")))
        parts.append(frame)
    return columns_as_table("stock_points", pl.concat(parts))


def _sources(flow: Flow, names: _Names, *, lane_of: list[pl.Series]) -> pl.DataFrame:
    """Return the sources of the making tiers and of the first tier below; further down the one lane into a site is the source."""
    parts = []
    for points in flow.made:
        frame = pl.DataFrame(
            {
                "site_id": names.site(points.tier, points.site),
                "product_id": names.product(points.level, points.product),
                "kind": "buy" if points.level == 0 else "make",
                "lead_time": BUY_LEAD if points.level == 0 else MAKE_LEAD,
            }
        )
        parts.append(frame)
    making = len(flow.made)
    for moves, lanes in zip(flow.moves, lane_of, strict=True):
        if moves.tier <= making:
            frame = pl.DataFrame(
                {
                    "site_id": names.site(moves.tier, moves.site),
                    "product_id": names.product(moves.level, moves.product),
                    "kind": "move",
                    "lane_id": lanes,
                    "from_site": names.site(moves.tier - 1, moves.sender),
                    "share": moves.share,
                }
            )
            parts.append(frame)
    return columns_as_table("sources", pl.concat(parts, how="diagonal"))


def _bills(layout: Layout, flow: Flow, names: _Names) -> pl.DataFrame:
    parts = [
        pl.DataFrame(
            {
                "product_id": names.product(level, recipe.first),
                "other_product_id": names.product(level - 1, recipe.second),
                "quantity": quantity,
            }
        )
        for level, (recipe, quantity) in enumerate(zip(layout.inputs, flow.quantities, strict=True), start=1)
    ]
    empty = pl.DataFrame(schema={"product_id": pl.String, "other_product_id": pl.String, "quantity": pl.Int64})
    bills = pl.concat([empty, *parts])
    return columns_as_table("bom", bills.with_columns(bom_id="product_id"))


def _lines(flow: Flow, names: _Names) -> dict[str, pl.DataFrame]:
    """Return one line for each plant, shared by all it makes."""
    parts = []
    for points in flow.made[1:]:
        load = np.bincount(points.site, weights=points.load, minlength=len(names.sites[points.tier]))
        sites = np.flatnonzero(load > 0)
        frame = pl.DataFrame({"site_id": names.site(points.tier, sites), "capacity": two_digits(load[sites] / BUSY_SHARE)})
        parts.append(frame.with_columns(resource_id=pl.lit("line-") + pl.col("site_id"), unit=pl.lit("unit")))
    if not parts:
        return {}
    lines = pl.concat(parts)
    uses = lines.select("resource_id", "site_id", quantity=pl.lit(1.0))
    return {"resources": columns_as_table("resources", lines), "resource_use": columns_as_table("resource_use", uses)}
