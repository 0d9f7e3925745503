"""Ordering rules of the medicines network: who orders how often, and up to what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from chaintwin.examples.frames import Row
from chaintwin.examples.medicines.markets import SEASONS, season_of
from chaintwin.examples.medicines.products import MEDICINES
from chaintwin.examples.medicines.routes import Move
from chaintwin.examples.medicines.sites import SITES, STORES
from chaintwin.examples.transit import LeadTime
from chaintwin.laws import parse

SAFETY_FACTOR = 0.5
"""Standard deviations of demand over the exposure that stores and hubs keep where levels are written out."""

STORE_ORDER_DAYS = 14
"""Days of demand in one order of a store that ships or flies."""

WEEK = 7

PORTS = frozenset(row[0] for row in SITES if row[2] == "port")
PACKS = frozenset(row[0] for row in MEDICINES)

SERVICE_TARGETS: Mapping[str, float] = MappingProxyType({"supplier": 0.98, "plant": 0.98, "hub": 0.97, "store": 0.90})
"""Share of periods without stockout that the proposed levels aim for, by kind of site."""


@dataclass(frozen=True, slots=True)
class Need:
    """Mean and standard deviation of one day's demand at a stock point, and the swing of its season."""

    mean: float
    sd: float
    swing: float


def stock_rows(
    moves: Sequence[Move], demand: Sequence[Row], *, leads: Mapping[str, LeadTime], made: Sequence[tuple[str, str]]
) -> list[Row]:
    """Return site, product, policy, three levels, review period and phase, service target, initial stock.

    Ports keep nothing: they order what is ordered from them. A hub behind a port must cover both legs, and a store that orders by
    ship orders two weeks at a time; their levels are written out. All other levels are left to be proposed.

    Parameters
    ----------
    moves : how points are filled.
    demand : rows of ``demand_rows``.
    leads : lead time by lane.
    made : site and product of what is made or bought on the spot.
    """
    kinds = {row[0]: row[2] for row in SITES}
    hub_of = {row[0]: row[5] for row in STORES}
    phases = {site: number % WEEK for number, site in enumerate([*kinds, *hub_of])}
    needs = store_needs(demand)
    inbound = _inbound(moves)
    rows: list[Row] = []
    for number, (site, product) in enumerate(sorted({*inbound, *made})):
        kind = kinds.get(site, "store")
        ways = inbound.get((site, product), [])
        near = all(way.mode == "road" for way in ways)
        if kind == "port":
            rows.append((site, product, "base_stock", 0.0, None, None, 1, 0, None, 0.0))
            continue
        if kind == "hub":
            # Ships leave once a week.
            by_ship = any(way.mode == "sea" or way.sender in PORTS for way in ways)
            reviewed = (WEEK, phases[site]) if by_ship else (1, 0)
        elif kind == "store":
            reviewed = (WEEK, phases[site])
        else:
            # Packs are made every day, everything before them in weekly campaigns.
            reviewed = (1, 0) if product in PACKS else (WEEK, number % WEEK)
        levels: tuple[float | None, float | None, float | None] = (None, None, None)
        policy = "base_stock"
        if kind == "store" and not near:
            policy = "s_S"
            low = _level(needs[site, product], [leads[ways[0].lane]], review=WEEK // 2)
            levels = (None, round(low), round(low + STORE_ORDER_DAYS * needs[site, product].mean))
        elif any(way.sender in PORTS for way in ways):
            need = _sum([needs[store, product] for store, hub in hub_of.items() if hub == site and (store, product) in needs])
            way = next(way for way in ways if way.sender in PORTS)
            legs = [leads[way.lane], leads[inbound[way.sender, product][0].lane]]
            levels = (round(_level(need, legs, review=reviewed[0] + 1)), None, None)
        rows.append((site, product, policy, *levels, *reviewed, SERVICE_TARGETS[kind], None))
    return rows


def store_needs(demand: Sequence[Row]) -> dict[tuple[str, str], Need]:
    """Return what is asked for at each store and medicine, all markets together."""
    regions = {row[0]: row[3] for row in STORES}
    swings = {season: swing for season, swing, _ in SEASONS}
    needs: dict[tuple[str, str], Need] = {}
    for row in demand:
        site, product = str(row[1]), str(row[2])
        law = parse(str(row[4]))
        season = season_of(product, regions[site])
        one = Need(law.mean, math.sqrt(law.variance), swings[season] if season else 0.0)
        needs[site, product] = _sum([needs[site, product], one]) if (site, product) in needs else one
    return needs


def _inbound(moves: Sequence[Move]) -> dict[tuple[str, str], list[Move]]:
    """Return the usual ways into each stock point."""
    inbound: dict[tuple[str, str], list[Move]] = {}
    for move in moves:
        if not move.emergency:
            inbound.setdefault((move.site, move.product), []).append(move)
    return inbound


def _sum(needs: Sequence[Need]) -> Need:
    parts = list(needs)
    mean = sum(part.mean for part in parts)
    swing = sum(part.mean * part.swing for part in parts) / mean
    return Need(mean, math.hypot(*(part.sd for part in parts)), swing)


def _level(need: Need, legs: Sequence[LeadTime], *, review: int) -> float:
    """Return the position that covers demand in the busy half of its season until an order placed at the next review is there."""
    mean = need.mean * (1 + need.swing / 2)
    days = sum(leg.mean for leg in legs) + review
    spread = math.hypot(need.sd * math.sqrt(days), *(mean * leg.sd for leg in legs))
    return mean * days + SAFETY_FACTOR * spread
