"""Who fills whom, and the lanes that takes: distances and days from geography, spread by mode."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from chaintwin.examples.medicines.companies import DUTY_RATES
from chaintwin.examples.medicines.markets import MALARIA_LOW
from chaintwin.examples.medicines.products import ACTIVES, BLISTERED, BULK, FOIL_KG_PER_THOUSAND, MATERIALS, MEDICINES, bulk_id
from chaintwin.examples.medicines.sites import SITES, STORES
from chaintwin.examples.medicines.supply import COLD, EMERGENCY, FLOWN, FORMULATION, HUBS, MAKERS, PACKAGING
from chaintwin.examples.transit import travelled

FIRST_SHARE = 0.7
"""What a buyer takes from the first of two makers."""

EUROPE = frozenset({"BE", "DE", "ES", "FR", "IT", "NL", "SE"})


@dataclass(frozen=True, slots=True)
class Move:
    """One way of filling a stock point from another site.

    Parameters
    ----------
    site, product : what is filled.
    sender : where from.
    mode : means of transport.
    share : share of each order.
    emergency : only used when the usual way fails.
    """

    site: str
    product: str
    sender: str
    mode: str
    share: float
    emergency: bool = False

    @property
    def lane(self) -> str:
        """Return the id of the lane it goes over."""
        return f"{self.sender}>{self.site}:{self.mode}"


def all_moves() -> tuple[Move, ...]:
    """Return every move, from intermediates down to national stores."""
    country = {row[0]: row[4] for row in SITES}
    moves = [*_maker_moves(country), *_packaging_moves(country)]
    for hub, medicines, sender, mode, share in HUBS:
        moves += [Move(hub, medicine, sender, mode, share) for medicine in medicines.split()]
    for hub, medicines, sender in EMERGENCY:
        moves += [Move(hub, medicine, sender, "air", 1.0, emergency=True) for medicine in medicines.split()]
    for store, _, _, _, _, hub, mode, _, malaria, _ in STORES:
        for medicine in stocked(malaria):
            chosen = "air" if medicine in COLD and mode == "sea" else mode
            moves.append(Move(store, medicine, hub, chosen, 1.0))
    return tuple(moves)


def stocked(malaria: float) -> tuple[str, ...]:
    """Return the medicines that a national store keeps."""
    return tuple(row[0] for row in MEDICINES if row[0] != "al" or malaria >= MALARIA_LOW)


def lane_days(moves: Iterable[Move], sites: pl.DataFrame) -> pl.DataFrame:
    """Return one row a lane: id, ``from_site``, ``to_site``, ``mode``, ``product_id``, ``distance_km``, ``days``, ``cost``.

    Parameters
    ----------
    moves : what goes over the lanes.
    sites : the table of sites.
    """
    weight = product_weights()
    carried: dict[str, list[Move]] = {}
    for move in moves:
        carried.setdefault(move.lane, []).append(move)
    rows = [
        (lane, group[0].sender, group[0].site, group[0].mode, group[0].product if len(group) == 1 else None,
         sum(weight[move.product] for move in group) / len(group))
        for lane, group in sorted(carried.items())
    ]  # fmt: skip
    columns = ["lane_id", "from_site", "to_site", "mode", "product_id", "weight"]
    lanes = travelled(pl.DataFrame(rows, schema=columns, orient="row"), sites)
    return lanes.select(*columns[:5], "distance_km", "days", "cost")


def duty_of(sender_country: str, country: str) -> float:
    """Return the import duty on a lane."""
    return 0.0 if sender_country == country else dict(DUTY_RATES).get(country, 0.0)


def product_weights() -> dict[str, float]:
    """Return the weight in kg of one unit of every product."""
    weights = {row[0]: row[3] for row in MEDICINES}
    weights |= {bulk_id(row[0]): row[2] for row in BULK}
    # Oxytocin is counted in grams, everything else that is active in kilograms.
    weights |= {row[0]: 0.001 if row[0] == "api-oxytocin" else 1.0 for row in ACTIVES}
    return weights | {row[0]: row[3] for row in MATERIALS}


def makers_of(product: str) -> tuple[str, ...]:
    """Return the sites that make an intermediate, an active ingredient or a material."""
    return tuple(dict(MAKERS)[product].split())


def packaging_inputs(medicine: str) -> tuple[tuple[str, float], ...]:
    """Return what goes into one pack: bulk, foil and carton."""
    units = next(row[2] for row in MEDICINES if row[0] == medicine)
    bulk = (bulk_id(medicine), units / 1000)
    foil = (("foil", units * FOIL_KG_PER_THOUSAND / 1000),) if medicine in BLISTERED else ()
    return (bulk, *foil, ("carton", 1.0))


def _maker_moves(country: dict[str, str]) -> list[Move]:
    """Return the ways of intermediates to makers of actives, and of actives and materials to formulation."""
    moves = []
    for active, _, _, inputs in ACTIVES:
        for maker in makers_of(active):
            for product, _ in inputs:
                moves += _bought(maker, product, country=country)
    inputs_of = {row[0]: row[4] for row in BULK}
    for plant, medicines in FORMULATION:
        needed = dict.fromkeys(product for medicine in medicines.split() for product, _ in inputs_of[medicine])
        for product in needed:
            moves += _bought(plant, product, country=country)
    return moves


def _packaging_moves(country: dict[str, str]) -> list[Move]:
    moves = [
        Move(site, bulk_id(medicine), sender, mode, share)
        for site, medicines, sender, mode, share in PACKAGING
        for medicine in medicines.split()
    ]
    for site in dict.fromkeys(row[0] for row in PACKAGING):
        moves += _bought(site, "foil", country=country)
    return moves


def _bought(site: str, product: str, *, country: dict[str, str]) -> list[Move]:
    """Return the moves of a product from its makers, the nearest first: of the same country, then as listed."""
    here = country[site]
    makers = sorted(makers_of(product), key=lambda maker: country[maker] != here)
    shares = (FIRST_SHARE, 1 - FIRST_SHARE) if len(makers) == 2 else (1.0,)
    return [
        Move(site, product, maker, _mode(country[maker], here, product=product), round(share, 2))
        for maker, share in zip(makers, shares, strict=True)
    ]


def _mode(sender_country: str, country: str, *, product: str) -> str:
    if sender_country == country or {sender_country, country} <= EUROPE:
        return "road"
    return "air" if product in FLOWN else "sea"
