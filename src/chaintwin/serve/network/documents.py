"""A network as one document: what is where, what moves between, and how much on average; and the lines that ships follow."""

from __future__ import annotations

from collections import defaultdict, deque
from math import isfinite
from typing import TYPE_CHECKING, Any

from chaintwin.network.network import Network

if TYPE_CHECKING:
    import polars as pl

    from chaintwin.network.lowering import Lowered

SCALE = 100
"""Points of lines are whole numbers of hundredths of a degree: a km at the equator, less than what the lines are exact to."""


def network_document(network: Network) -> dict[str, Any]:
    """Return sites, products, lanes and stock points with what tables leave blank proposed.

    Parameters
    ----------
    network : without errors.
    """
    from chaintwin.network.lowering import lower_in_full

    lowered, settings = lower_in_full(network), network.settings
    return {
        "name": settings.name,
        "period": settings.period.value,
        "periodHours": settings.period.hours,
        "start": settings.start.isoformat(),
        "currency": settings.currency,
        "sites": _sites(lowered),
        "owners": _owners(network),
        "suppliers": _suppliers(network, lowered),
        "products": _products(lowered),
        "lanes": _lanes(lowered),
        "recipes": _recipes(lowered),
        "stockPoints": _stock_points(network, lowered),
    }


def routes_document(network: Network) -> dict[str, Any]:
    """Return the lines of lanes by sea; all other lanes are great circles between their ends.

    Parameters
    ----------
    network : without errors.
    """
    from chaintwin.network.geography.sea_lines import sea_lines
    from chaintwin.network.lowering import lower_in_full

    rows = lower_in_full(network).rows
    lanes = rows["lanes"]
    names = lanes["lane_id"].cast(str).to_list()
    lines = sea_lines(rows["sites"], lanes, period_hours=network.settings.period.hours)
    routes = [
        {
            "lanes": [names[row] for row in line.lanes],
            "passages": [passage.name.lower() for passage in line.passages],
            "points": packed(line.points),
        }
        for line in lines
    ]
    return {"scale": SCALE, "routes": routes}


def packed(points: tuple[tuple[float, float], ...]) -> list[int]:
    """Return a line as whole numbers: longitude and latitude of its first point, then of each step; equal points once.

    Parameters
    ----------
    points : (latitude, longitude), degrees.

    Example
    -------
    >>> packed(((51.9, 4.1), (51.9, 4.101), (52.0, 3.9)))
    [410, 5190, -20, 10]
    """
    found: list[int] = []
    before: tuple[int, int] | None = None
    for latitude, longitude in points:
        here = (round(longitude * SCALE), round(latitude * SCALE))
        if before is None:
            found += here
        elif here != before:
            found += (here[0] - before[0], here[1] - before[1])
        before = here
    return found


def tiers(lanes: list[tuple[str, str]], served: set[str]) -> dict[str, int]:
    """Return how many lanes lie between each site and the nearest that serves demand, for sites from which one can be reached.

    Parameters
    ----------
    lanes : (origin, destination). served : sites where demand arises.

    Example
    -------
    >>> tiers([("plant", "hub"), ("hub", "store"), ("mine", "plant")], {"store"})["mine"]
    3
    """
    above: defaultdict[str, set[str]] = defaultdict(set)
    for origin, destination in lanes:
        above[destination].add(origin)
    found = dict.fromkeys(sorted(served), 0)
    waiting = deque(found)
    while waiting:
        site = waiting.popleft()
        for origin in sorted(above[site]):
            if origin not in found:
                found[origin] = found[site] + 1
                waiting.append(origin)
    return found


def _sites(lowered: Lowered) -> list[dict[str, Any]]:
    lanes = lowered.rows["lanes"]
    pairs = list(zip(lanes["from_site"].cast(str).to_list(), lanes["to_site"].cast(str).to_list(), strict=True))
    tier = tiers(pairs, set(lowered.rows["demand"]["site_id"].cast(str).to_list()))
    columns = ("site_id", "name", "kind", "country", "region", "owner", "latitude", "longitude")
    return [
        {
            "site": str(site),
            "name": name or str(site),
            "kind": kind,
            "country": country,
            "region": region,
            "owner": owner,
            "latitude": _number(latitude),
            "longitude": _number(longitude),
            "tier": tier.get(str(site)),
        }
        for site, name, kind, country, region, owner, latitude, longitude in _rows(lowered.rows["sites"], *columns)
    ]


def _owners(network: Network) -> list[dict[str, Any]]:
    owners = set(network["sites"]["owner"].drop_nulls().to_list())
    return [
        {"owner": partner, "name": name or partner}
        for partner, name in _rows(network["partners"], "partner_id", "name")
        if partner in owners
    ]


def _suppliers(network: Network, lowered: Lowered) -> list[dict[str, Any]]:
    points: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for partner, site, product in _rows(lowered.found.activities, "partner", "site_id", "product_id"):
        if partner is not None:
            points[str(partner)].append({"site": str(site), "product": str(product)})
    names = dict(_rows(network["partners"], "partner_id", "name"))
    return [{"supplier": name, "name": names.get(name) or name, "points": points[name]} for name in sorted(points)]


def _products(lowered: Lowered) -> list[dict[str, Any]]:
    return [
        {"product": str(product), "name": name or str(product), "unit": unit, "value": _number(value)}
        for product, name, unit, value in _rows(lowered.rows["products"], "product_id", "name", "unit", "value")
    ]


def _lanes(lowered: Lowered) -> list[dict[str, Any]]:
    mean = dict(_rows(lowered.loads.activities, "activity_id", "activity_mean"))
    flows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for activity, lane, product in _rows(lowered.found.activities, "activity_id", "lane_id", "product_id"):
        if lane is not None:
            flows[str(lane)].append({"product": str(product), "activity": activity, "mean": _number(mean.get(activity))})
    columns = ("lane_id", "from_site", "to_site", "mode", "distance_km")
    return [
        {
            "lane": str(lane),
            "origin": str(origin),
            "destination": str(destination),
            "mode": mode,
            "distanceKm": _number(distance),
            "flows": flows[str(lane)],
        }
        for lane, origin, destination, mode, distance in _rows(lowered.rows["lanes"], *columns)
    ]


def _recipes(lowered: Lowered) -> list[dict[str, Any]]:
    """Return what production takes and gives for each unit of its product that is begun."""
    put: dict[str, defaultdict[str, list[tuple[str, float]]]] = {}
    for name, frame in (("inputs", lowered.found.inputs), ("outputs", lowered.found.outputs)):
        put[name] = defaultdict(list)
        for activity, product, quantity in _rows(frame, "activity_id", "product_id", "quantity"):
            put[name][activity].append((str(product), quantity))
    found = []
    columns = ("activity_id", "site_id", "product_id", "yield_rate", "kind_name")
    for activity, site, product, good, kind in _rows(lowered.found.activities, *columns):
        if kind == "make":
            begun = dict(put["outputs"][activity]).get(str(product), 1.0)
            inputs, beside = (
                [{"product": name, "quantity": _number(quantity / begun)} for name, quantity in put[side][activity]]
                for side in ("inputs", "outputs")
            )
            found.append(
                {
                    "activity": activity,
                    "site": str(site),
                    "product": str(product),
                    "yield": 1.0 if good is None else good,
                    "inputs": inputs,
                    "beside": [one for one in beside if one["product"] != str(product)],
                }
            )
    return found


def _stock_points(network: Network, lowered: Lowered) -> list[dict[str, Any]]:
    listed = {(str(site), str(product)) for site, product in _rows(network["sources"], "site_id", "product_id")}
    ways: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for site, product, kind in _rows(lowered.found.activities, "site_id", "product_id", "kind_name"):
        ways[str(site), str(product)].add(str(kind))
    mean = {(site, product): rate for site, product, rate in _rows(lowered.loads.points, "site_id", "product_id", "mean")}
    return [
        {
            "site": str(site),
            "product": str(product),
            "demand": _number(mean.get((site, product))),
            "planned": _number(on_hand),
            "ways": sorted(ways[str(site), str(product)]),
            "isListed": (str(site), str(product)) in listed,
        }
        for site, product, on_hand in _rows(lowered.graph.buffers, "site_id", "product_id", "on_hand")
    ]


def _rows(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return frame.select(columns).rows()


def _number(value: Any) -> float | None:
    return None if value is None or not isfinite(value) else float(value)
