"""Which site holds which product in a generated network: whole numbers only, names come later.

Sites of one tier and products of one level are numbered from 0. A product of level l is bought (l = 0) or made in tier l; the
products of the last making tier are finished and move on down the tiers that distribute. Neighboring numbers belong together: a
maker makes neighboring products, a warehouse keeps a run of them, and its stores keep runs within that run. This keeps every
choice a formula, so that half a million stock points need no search, and every product kept anywhere can be reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.examples.generator.draws import Draws, Numbers
from chaintwin.examples.generator.size import GeneratorSize, shares_of

SECOND_MAKER_SHARE = 0.35
"""Share of products that a second site makes too."""

EXTRA_INPUTS_MAX = 3
"""Most inputs of a product beyond the one it has for certain."""

QUANTITY_MAX = 3
"""Most units of an input in one unit of a product, unless a layout says otherwise."""

VALUE_GROWTH = 6.0
"""What is made of more is worth more: by so much from level to level, unless a layout says otherwise."""

WIDER = 1.3
"""How much more a site keeps than each site it serves, where it serves at least two."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of numbers, each once, sorted by the first and then the second."""

    first: Numbers
    second: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A network in numbers.

    Parameters
    ----------
    sites : sites of each tier, from the makers of raw material to the stores.
    products : products of each level.
    made : for each making tier, (product, site) that makes or buys it.
    inputs : for each making tier but the first, (product, product of the level below) that goes into it.
    parents : for each distributing tier but the first, the site of the tier above that serves each site.
    starts, lengths : for each distributing tier, first product and count of the run each site keeps; runs wrap around.
    kinds : what the sites of each tier are called.
    quantity_max : most units of an input in one unit of a product.
    value_growth : what a product is worth over those of the level below.
    """

    sites: tuple[int, ...]
    products: tuple[int, ...]
    made: tuple[Pairs, ...]
    inputs: tuple[Pairs, ...]
    parents: tuple[Numbers, ...]
    starts: tuple[Numbers, ...]
    lengths: tuple[Numbers, ...]
    kinds: tuple[str, ...]
    quantity_max: int = QUANTITY_MAX
    value_growth: float = VALUE_GROWTH


def plan(size: GeneratorSize) -> Layout:
    """Return the layout of a generated network, with exactly as many stock points as asked for.

    Raises
    ------
    UsageError
        Sites and products cannot give that many stock points; the message says how many they can.
    """
    draws = Draws(size.seed)
    sites = shares_of(size.sites, _site_weights(size), least=2)
    products = shares_of(size.products, (*([0.6] * (size.making_tiers - 1)), 1.0))
    made = tuple(
        makers_of(products[level], sites[level], draws=draws, use=f"makers {level}") for level in range(size.making_tiers)
    )
    inputs = tuple(
        recipe_of(products[level], products[level - 1], draws=draws, use=f"inputs {level}")
        for level in range(1, size.making_tiers)
    )
    needed = sum(pairs.first.size for pairs in made) + sum(
        inputs_held(made[level + 1], inputs[level]).first.size for level in range(size.making_tiers - 1)
    )
    lower = sites[size.making_tiers :]
    lengths = _lengths(size.stock_points - needed, sites=lower, finished=products[-1], size=size)
    parents = tuple(np.arange(count) * above // count for above, count in pairwise(lower))
    starts = [np.arange(lower[0]) * products[-1] // lower[0]]
    for tier, parent in enumerate(parents, start=1):
        starts.append(starts[-1][parent] + _offsets(parent, lengths[tier - 1][parent], own=lengths[tier]))
    return Layout(sites, products, made, inputs, parents, tuple(starts), lengths, kinds=_kinds(size))


def inputs_held(made: Pairs, inputs: Pairs) -> Pairs:
    """Return every (input, site) that a tier must keep to make what it makes.

    Parameters
    ----------
    made : (product, site) of the tier.
    inputs : (product, input) of the same level.
    """
    first, count = _groups(inputs.first, made.first)
    owner = np.repeat(np.arange(made.first.size), count)
    place = np.arange(owner.size) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    return _pairs(inputs.second[place], made.second[owner])


def run_members(starts: Numbers, lengths: Numbers, *, finished: int) -> tuple[Numbers, Numbers]:
    """Return (site, product) for every product of every run, sites in order."""
    site = np.repeat(np.arange(starts.size), lengths)
    place = np.arange(site.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return site, (starts[site] + place) % finished


def makers_of(products: int, sites: int, *, draws: Draws, use: str) -> Pairs:
    """Return (product, site): every product has a maker and every site makes something; some products have a second maker.

    Parameters
    ----------
    products, sites : how many. draws, use : which products have a second maker.
    """
    span = max(products, sites)
    spread = np.arange(span)
    product, site = spread * products // span, spread * sites // span
    second = np.flatnonzero(draws.uniforms(use, products) < SECOND_MAKER_SHARE)
    other = (second * sites // products + 1) % sites
    return _pairs(np.concatenate([product, second]), np.concatenate([site, other]))


def recipe_of(products: int, below: int, *, draws: Draws, use: str, extra: int = EXTRA_INPUTS_MAX) -> Pairs:
    """Return (product, input): every product has an input, every product of the level below is one.

    Parameters
    ----------
    products, below : how many there are, and in the level below. draws, use : which more inputs a product has.
    extra : most inputs of a product beyond those it has for certain.
    """
    span = max(products, below)
    spread = np.arange(span)
    product, entry = spread * products // span, spread * below // span
    further = draws.choices(use, below=np.full(products, extra + 1))
    more = np.repeat(np.arange(products), further)
    # Neighbors share inputs, so that a plant keeps a few inputs for many products.
    reach = max(1, min(below, 2 + below // 10))
    away = draws.choices(f"{use} away", below=np.full(more.size, reach))
    return _pairs(np.concatenate([product, more]), np.concatenate([entry, (more * below // products + away) % below]))


def _kinds(size: GeneratorSize) -> tuple[str, ...]:
    making = size.making_tiers
    upper = ["supplier" if tier == 0 and making > 1 else "plant" for tier in range(making)]
    return (*upper, *["warehouse"] * (size.distributing_tiers - 1), "store")


def _site_weights(size: GeneratorSize) -> tuple[float, ...]:
    """Return how many sites each tier gets: few plants, many stores, as in most real chains."""
    making = tuple(0.8**tier for tier in range(size.making_tiers))
    distributing = tuple(float(5**tier) for tier in range(size.distributing_tiers))
    upper, lower = sum(making), sum(distributing)
    return (*(0.2 * weight / upper for weight in making), *(0.8 * weight / lower for weight in distributing))


def _lengths(points: int, *, sites: tuple[int, ...], finished: int, size: GeneratorSize) -> tuple[Numbers, ...]:
    """Return how many products each site of each distributing tier keeps, so that the tiers together keep ``points``."""
    fewest = _fewest(sites, finished)
    least = sum(count * length for count, length in zip(sites, fewest, strict=True))
    if not least <= points <= sum(sites) * finished:
        _refuse(points, least=least, most=sum(sites) * finished, size=size)
    tried = [_widening(points, sites, fewest=fewest, finished=finished)]
    tried += [tuple(max(length, few) for few in fewest[:-1]) for length in range(1, finished + 1)]
    for upper in tried:
        rest = points - sum(count * length for count, length in zip(sites, upper, strict=False))
        low, high = divmod(rest, sites[-1])
        if fewest[-1] <= low and low + (high > 0) <= (upper[-1] if upper else finished):
            stores = np.full(sites[-1], low, dtype=np.int64)
            # Sites with one product more are spread evenly.
            stores[np.arange(high) * sites[-1] // max(high, 1)] += 1
            return (*(np.full(count, length, dtype=np.int64) for count, length in zip(sites, upper, strict=False)), stores)
    raise UsageError(
        f"stock_points: found {size.stock_points}; allowed: a few more, as {size.sites} sites in {size.tiers} tiers leave gaps"
    )


def _fewest(sites: tuple[int, ...], finished: int) -> tuple[int, ...]:
    """Return how many products each site of a tier keeps at least, so that every product is kept and passed on."""
    fewest = [-(-finished // sites[0])]
    for above, count in pairwise(sites):
        fewest.append(-(-fewest[-1] // max(1, count // above)))
    return tuple(fewest)


def _widening(points: int, sites: tuple[int, ...], *, fewest: tuple[int, ...], finished: int) -> tuple[int, ...]:
    """Return the products kept by a site of each tier but the last, if sites keep a little more than those they serve."""
    widths = [1.0]
    for count, above in pairwise(reversed(sites)):
        widths.insert(0, widths[0] * (WIDER if count >= 2 * above else 1.0))
    store = points / sum(count * width for count, width in zip(sites, widths, strict=True))
    return tuple(min(finished, max(few, round(store * width))) for few, width in zip(fewest[:-1], widths[:-1], strict=True))


def _refuse(points: int, *, least: int, most: int, size: GeneratorSize) -> None:
    others = size.stock_points - points
    raise UsageError(
        f"stock_points: found {size.stock_points}; allowed: {others + least} to {others + most} with {size.sites} sites, "
        f"{size.products} products and {size.tiers} tiers"
    )


def _offsets(parent: Numbers, above: Numbers, *, own: Numbers) -> Numbers:
    """Return where in its parent's run each site's run starts: evenly spread, so that each product of the parent is passed on.

    ``above`` and ``own`` are the lengths of the parent's run and of each site's own.
    """
    count = np.bincount(parent)
    rank = np.arange(parent.size) - (np.cumsum(count) - count)[parent]
    steps = np.maximum(count[parent] - 1, 1)
    return np.asarray(np.minimum((above - own.min()) * rank // steps, above - own), dtype=np.int64)


def _groups(keys: Numbers, wanted: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each wanted key starts in sorted keys, and how often it is there."""
    first = np.searchsorted(keys, wanted, side="left")
    return first, np.searchsorted(keys, wanted, side="right") - first


def _pairs(first: Numbers, second: Numbers) -> Pairs:
    stride = int(second.max(initial=0)) + 1
    key = np.unique(first * stride + second)
    return Pairs(key // stride, key % stride)
