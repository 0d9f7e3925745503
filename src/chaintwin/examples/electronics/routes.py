"""Who fills whom in the electronics network, and over which lanes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from chaintwin.examples.electronics.products import BOARDS, CHIPS, DEVICES, DIES, MODULES, PARTS, WAFERS, inputs_of
from chaintwin.examples.electronics.sites import Site
from chaintwin.examples.transit import travelled

FIRST_SHARE = 0.7
"""What a buyer takes from the first of several makers; the others share the rest."""

CHARGER_MARKET = 0.45
"""Cities of countries with a smaller market sell no chargers for cars."""


@dataclass(frozen=True, slots=True)
class Item:
    """A product: what it is worth, what it weighs, what it is made of and where.

    Parameters
    ----------
    id, name, level : ``level`` is 0 for what is bought, 5 for devices.
    value, weight : dollars and kg of one unit.
    inputs : products that go into one unit, with quantities.
    makers : sites that make it.
    good_rate : share of what is started that is good.
    """

    id: str
    name: str
    level: int
    value: float
    weight: float
    inputs: tuple[tuple[str, float], ...]
    makers: tuple[str, ...]
    good_rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Move:
    """One way of filling a stock point from another site, with its share of each order."""

    site: str
    product: str
    sender: str
    share: float


def all_items() -> dict[str, Item]:
    """Return every product by id, lowest level first."""
    items = [Item(wafer, name, 0, value, kg, (), tuple(made.split())) for wafer, name, kg, value, made in WAFERS]
    items += [Item(part, name, 0, value, kg, (), tuple(made.split())) for part, name, kg, value, made in PARTS]
    for die, name, wafer, count, good, value, made in DIES:
        items.append(Item(die, name, 1, value, 0.0002, ((wafer, round(1 / count, 8)),), tuple(made.split()), good))
    for level, rows in ((2, CHIPS), (3, BOARDS), (4, MODULES)):
        for product, name, inputs, value, made in rows:
            weight = {2: 0.002, 3: 0.06, 4: 0.12}[level]
            items.append(Item(product, name, level, value, weight, inputs_of(inputs), tuple(made.split())))
    items += [
        Item(device, name, 5, value, kg, inputs_of(inputs), tuple(made.split()))
        for device, name, inputs, kg, value, _, _, made in DEVICES
    ]
    return {item.id: item for item in items}


def all_moves(sites: Sequence[Site], items: dict[str, Item]) -> tuple[Move, ...]:
    """Return every move, inputs first, then devices to warehouses and stores."""
    by_id = {site.id: site for site in sites}
    moves: dict[tuple[str, str, str], Move] = {}
    for item in items.values():
        for maker in item.makers:
            for product, _ in item.inputs:
                for move in _from_makers(by_id[maker], items[product], by_id):
                    moves[move.site, move.product, move.sender] = move
    for store, device in sold(sites, items):
        moves[store.id, device.id, store.warehouse] = Move(store.id, device.id, store.warehouse, 1.0)
    # A warehouse keeps what its stores sell.
    for warehouse, product in sorted({(move.sender, move.product) for move in moves.values() if move.site.startswith("sto-")}):
        for move in _from_makers(by_id[warehouse], items[product], by_id):
            moves[move.site, move.product, move.sender] = move
    return tuple(moves.values())


def sold(sites: Sequence[Site], items: dict[str, Item]) -> Iterator[tuple[Site, Item]]:
    """Yield every store with every device that it sells."""
    largest: dict[str, float] = {}
    for site in sites:
        largest[site.country] = max(largest.get(site.country, 0.0), site.market)
    for site in sites:
        for item in items.values():
            if site.market > 0 and item.level == 5 and (item.id != "charger-wall" or largest[site.country] >= CHARGER_MARKET):
                yield site, item


def lanes_of(moves: Sequence[Move], items: dict[str, Item], *, sites: pl.DataFrame) -> pl.DataFrame:
    """Return one row a pair of sites: ``from_site``, ``to_site``, ``mode``, ``distance_km``, ``days``, ``cost``.

    Geography chooses the cheapest mode for what the goods are worth, so chips fly and boxes sail.

    Parameters
    ----------
    moves, items : what goes between the sites.
    sites : the table of sites.
    """
    carried: dict[tuple[str, str], list[Item]] = {}
    for move in moves:
        carried.setdefault((move.sender, move.site), []).append(items[move.product])
    rows = []
    for (sender, site), goods in sorted(carried.items()):
        weight = sum(item.weight for item in goods) / len(goods)
        value = sum(item.value for item in goods) / len(goods)
        rows.append((sender, site, None, weight, value / weight))
    schema = {"from_site": pl.String, "to_site": pl.String, "mode": pl.String, "weight": pl.Float64, "value_per_kg": pl.Float64}
    return travelled(pl.DataFrame(rows, schema=schema, orient="row"), sites).select(
        "from_site", "to_site", "mode", "distance_km", "days", "cost"
    )


def _from_makers(site: Site, item: Item, by_id: dict[str, Site]) -> list[Move]:
    """Return the moves from the makers of an item: most from one of the same country or, failing that, from the first listed."""
    makers = sorted(item.makers, key=lambda maker: by_id[maker].country != site.country)
    rest = round((1 - FIRST_SHARE) / (len(makers) - 1), 4) if len(makers) > 1 else 0.0
    first = FIRST_SHARE if len(makers) > 1 else 1.0
    return [Move(site.id, item.id, maker, rest if place else first) for place, maker in enumerate(makers)]
