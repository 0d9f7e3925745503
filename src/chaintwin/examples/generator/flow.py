"""How much flows over which way in a generated network: from what stores sell up to what is bought, tier by tier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chaintwin.examples.generator.draws import Draws, Floats, Numbers
from chaintwin.examples.generator.layout import Layout, Pairs, run_members

FIRST_SHARE = 0.7
"""What a buyer takes from the first of two makers."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Stock points of one kind: site number in a tier, product number in a level, mean units a period."""

    tier: int
    level: int
    site: Numbers
    product: Numbers
    load: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Ways from one tier to the next: sender and receiver numbers, product number in a level, share of each order."""

    tier: int
    level: int
    sender: Numbers
    site: Numbers
    product: Numbers
    share: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Points and ways of a whole network.

    Parameters
    ----------
    kept : what distributing tiers keep, from the first down to the stores.
    made : what making tiers make or buy, from raw material on.
    held : inputs that each making tier but the first keeps.
    moves : ways into making tiers, then into distributing tiers.
    quantities : for each making tier but the first, units of each input of ``layout.inputs``.
    """

    kept: tuple[Points, ...]
    made: tuple[Points, ...]
    held: tuple[Points, ...]
    moves: tuple[Moves, ...]
    quantities: tuple[Numbers, ...]


def flow_of(layout: Layout, draws: Draws) -> Flow:
    """Return points, ways and mean flows of a layout.

    Parameters
    ----------
    layout : which site holds which product.
    draws : for the size of stores, the popularity of products and the quantities of bills.
    """
    making = len(layout.made)
    kept = _distributed(layout, draws, making=making)
    moves = [_from_parents(points, layout.parents[step], tier=making + step + 1) for step, points in enumerate(kept[1:])]
    first, load = _from_makers(kept[0].site, kept[0].product, kept[0].load, makers=layout.made[-1], place=(making, making - 1))
    moves.insert(0, first)
    made = [_made(layout.made[-1], load, level=making - 1)]
    held: list[Points] = []
    quantities: list[Numbers] = []
    for level in range(making - 1, 0, -1):
        recipe = layout.inputs[level - 1]
        quantity = 1 + draws.choices(f"quantities {level}", below=np.full(recipe.first.size, layout.quantity_max))
        quantities.insert(0, quantity)
        needed = _needed(made[0], recipe, quantity)
        held.insert(0, needed)
        ways, load = _from_makers(
            needed.site, needed.product, needed.load, makers=layout.made[level - 1], place=(level, level - 1)
        )
        moves.insert(0, ways)
        made.insert(0, _made(layout.made[level - 1], load, level=level - 1))
    return Flow(tuple(kept), tuple(made), tuple(held), tuple(moves), tuple(quantities))


def two_digits(values: Floats) -> Floats:
    """Return positive numbers rounded to two digits, so that cells read well and few laws differ."""
    step = 10.0 ** (np.floor(np.log10(values)) - 1)
    return np.round(np.round(values / step) * step, 6)


def _distributed(layout: Layout, draws: Draws, *, making: int) -> list[Points]:
    """Return the points of the distributing tiers; the load of a store is what it sells."""
    finished = layout.products[-1]
    level = making - 1
    members = [
        run_members(starts, lengths, finished=finished) for starts, lengths in zip(layout.starts, layout.lengths, strict=True)
    ]
    site, product = members[-1]
    # A few products sell far more than most, and large stores sell four times what small ones do.
    popularity = 10.0 ** (draws.uniforms("popularity", finished) * 1.6 - 0.6)
    busyness = 4.0 ** (draws.uniforms("busyness", layout.sites[-1]) - 0.5)
    load = two_digits(popularity[product] * busyness[site])
    kept = [Points(making + len(members) - 1, level, site, product, load)]
    for step in range(len(members) - 1, 0, -1):
        below = kept[0]
        parent = layout.parents[step - 1][below.site]
        ends = np.cumsum(layout.lengths[step - 1])
        place = (below.product - layout.starts[step - 1][parent]) % finished
        index = (ends - layout.lengths[step - 1])[parent] + place
        above_site, above_product = members[step - 1]
        total = _summed(index, below.load, minlength=above_site.size)
        kept.insert(0, Points(making + step - 1, level, above_site, above_product, total))
    return kept


def _summed(place: Numbers, weights: Floats, *, minlength: int) -> Floats:
    return np.asarray(np.bincount(place, weights=weights, minlength=minlength), dtype=np.float64)


def _from_parents(points: Points, parents: Numbers, *, tier: int) -> Moves:
    return Moves(tier, points.level, parents[points.site], points.site, points.product, np.ones(points.site.size))


def _from_makers(site: Numbers, product: Numbers, load: Floats, *, makers: Pairs, place: tuple[int, int]) -> tuple[Moves, Floats]:
    """Return the ways from one or two makers of each product, and the load of each (product, maker)."""
    first = np.searchsorted(makers.first, product, side="left")
    count = np.searchsorted(makers.first, product, side="right") - first
    # Buyers spread over the makers of a product by their own number.
    one, other = first + site % count, first + (site + 1) % count
    two = np.flatnonzero(count > 1)
    share = np.where(count > 1, FIRST_SHARE, 1.0)
    chosen = np.concatenate([one, other[two]])
    shares = np.concatenate([share, np.full(two.size, 1 - FIRST_SHARE).round(4)])
    loads = _summed(chosen, np.concatenate([load, load[two]]) * shares, minlength=makers.first.size)
    receiver, goods = np.concatenate([site, site[two]]), np.concatenate([product, product[two]])
    return Moves(place[0], place[1], makers.second[chosen], receiver, goods, shares), loads


def _made(makers: Pairs, load: Floats, *, level: int) -> Points:
    return Points(level, level, makers.second, makers.first, load)


def _needed(made: Points, recipe: Pairs, quantity: Numbers) -> Points:
    """Return the inputs that a tier keeps, with their load."""
    first = np.searchsorted(recipe.first, made.product, side="left")
    count = np.searchsorted(recipe.first, made.product, side="right") - first
    owner = np.repeat(np.arange(made.product.size), count)
    place = np.arange(owner.size) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    stride = int(made.site.max()) + 1
    key, index = np.unique(recipe.second[place] * stride + made.site[owner], return_inverse=True)
    load = _summed(index, made.load[owner] * quantity[place], minlength=key.size)
    return Points(made.tier, made.level - 1, key % stride, key // stride, load)
