"""Networks with as many stages, arcs and echelons as a real chain whose data cannot be shipped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl

from chaintwin.errors import UsageError
from chaintwin.examples.frames import as_network, columns_as_table, rows_as_table
from chaintwin.examples.generator.draws import Draws, Numbers
from chaintwin.examples.generator.flow import two_digits
from chaintwin.examples.generator.size import shares_of
from chaintwin.network.network import Network, Period, Settings
from chaintwin.rng import check_seed

DEMAND_SHARES = (0.35, 0.2, 0.1, 0.5)
"""Shares of stages that sell, tried in this order until the arcs fit; real chains have from 0.1 to 60 %."""

GROWTHS = (0.8, 1.0, 1.3, 0.5, 0.25)
"""Stages of an echelon over those of the one before it, tried in this order."""

PLANT = "plant"


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """Stages by number: the echelon of each, and arcs from the first to the second."""

    echelon: Numbers
    tail: Numbers
    head: Numbers


def look_alike(stages: int, arcs: int, *, echelons: int, seed: int = 0) -> Network:
    """Return a network with exactly so many stock points and so many arcs between them.

    A stage is a stock point, as in the published chains. All stages but those of the last echelon are products of one plant,
    joined by bills; each stage of the last echelon is a store that one lane fills. Arcs are rows of bills and lanes together.

    Parameters
    ----------
    stages : stock points, at least as many as echelons.
    arcs : from about ``stages`` to what the echelons allow; real chains have 1.0 to 8.0 a stage.
    echelons : stages on the longest path, 2 or more.
    seed : 0 to 2**64 - 1.

    Raises
    ------
    UsageError
        A number is out of range, or no chain has so many arcs.

    Example
    -------
    >>> network = look_alike(28, 28, echelons=4)
    >>> network["stock_points"].height, network["bom"].height + network["lanes"].height
    (28, 28)

    Source
    ------
    Willems, S. P. (2008), "Data set: real-world multiechelon supply chains used for inventory optimization", Manufacturing &
    Service Operations Management 10(1), 19-23: sizes only, no data.
    """
    check_seed(seed)
    if echelons < 2 or stages < echelons:
        raise UsageError(f"echelons: found {echelons} of {stages} stages; allowed: 2 to the number of stages")
    draws = Draws(seed)
    chain = _chain(stages, arcs, echelons=echelons, draws=draws)
    return _network(chain, draws, name=f"look-alike-{stages}-{arcs}")


def _chain(stages: int, arcs: int, *, echelons: int, draws: Draws) -> _Chain:
    """Return the first shape that the arcs fit into."""
    fewest, most = 0, 0
    for share in DEMAND_SHARES:
        for growth in GROWTHS:
            sizes = _sizes(stages, share, echelons=echelons, growth=growth)
            ends = np.cumsum(sizes)
            upper = ends[:-1]
            # Stores take one arc each; all others may be joined with any stage of an earlier echelon.
            low = sum(max(one, other) for one, other in pairwise(sizes[:-1])) + sizes[-1]
            high = int((upper[-1] ** 2 - (np.array(sizes[:-1]) ** 2).sum()) // 2) + sizes[-1]
            if low <= arcs <= high and sizes[-1] >= sizes[-2]:
                return _joined(np.array(sizes), arcs, draws=draws)
            fewest, most = min(fewest or low, low), max(most, high)
    raise UsageError(f"arcs: found {arcs}; allowed: {fewest} to {most} with {stages} stages in {echelons} echelons")


def _sizes(stages: int, demand_share: float, *, echelons: int, growth: float) -> tuple[int, ...]:
    upper = stages - max(1, round(stages * demand_share))
    if echelons == 2 or upper < echelons - 1:
        upper = max(upper, echelons - 1)
    above = shares_of(upper, tuple(growth**step for step in range(echelons - 1)))
    return (*above, stages - upper)


def _joined(sizes: Numbers, arcs: int, *, draws: Draws) -> _Chain:
    """Return arcs that leave no stage out, and random ones more."""
    echelon = np.repeat(np.arange(sizes.size), sizes)
    starts = np.cumsum(sizes) - sizes
    tails, heads = [], []
    for step in range(sizes.size - 1):
        span = np.arange(max(sizes[step], sizes[step + 1]))
        tails.append(starts[step] + span * sizes[step] // span.size)
        heads.append(starts[step + 1] + span * sizes[step + 1] // span.size)
    tail, head = np.concatenate(tails), np.concatenate(heads)
    missing = arcs - tail.size
    upper = int(starts[-1])
    if missing > 0:
        one, other = np.triu_indices(upper, 1)
        free = echelon[one] < echelon[other]
        taken = np.isin(one * upper + other, (tail * upper + head)[head < upper])
        candidates = np.flatnonzero(free & ~taken)
        chosen = candidates[draws.order("arcs", candidates.size)[:missing]]
        tail, head = np.concatenate([tail, one[chosen]]), np.concatenate([head, other[chosen]])
    order = np.lexsort((tail, head))
    return _Chain(echelon, tail[order], head[order])


def _network(chain: _Chain, draws: Draws, *, name: str) -> Network:
    count = chain.echelon.size
    store = chain.echelon == chain.echelon.max()
    width = len(str(count))
    ids = np.array([f"stage-{number:0{width}d}" for number in range(count)])
    # A store sells the product of the stage that fills it.
    product = ids.copy()
    product[chain.head[store[chain.head]]] = ids[chain.tail[store[chain.head]]]
    site = np.where(store, ids, PLANT)
    is_lane = store[chain.head]
    fed = np.zeros(count, dtype=bool)
    fed[chain.head] = True
    days = np.ceil(1 + 20 * draws.uniforms("lead times", count) ** 2).astype(np.int64)
    # Bills of ones: a stage far up would otherwise be asked for in astronomic numbers.
    made = np.flatnonzero(~store)
    value = two_digits(5.0 * (1 + chain.echelon) * (0.5 + draws.uniforms("values", count)))
    mean = two_digits(0.5 + 40.0 * draws.uniforms("demand", count) ** 2)
    sold = np.flatnonzero(store)
    lanes = pl.DataFrame({"from_site": PLANT, "to_site": ids[chain.head[is_lane]], "product_id": product[chain.head[is_lane]]})
    sources = pl.DataFrame(
        {
            "site_id": site[made],
            "product_id": product[made],
            "kind": np.where(fed[made], "make", "buy"),
            "lead_time": days[made].astype(str),
        }
    )
    tables = {
        "sites": rows_as_table(
            "sites",
            ("site_id", "kind", "country", "latitude", "longitude"),
            rows=[(PLANT, "plant", "NL", 51.44, 5.48), *((str(ids[number]), "store", "NL", 52.37, 4.9) for number in sold)],
        ),
        "products": columns_as_table("products", pl.DataFrame({"product_id": ids[made], "value": value[made]})),
        "lanes": columns_as_table(
            "lanes",
            lanes.with_columns(
                lane_id=pl.concat_str([pl.lit(PLANT), pl.lit(">"), "to_site"]),
                mode=pl.lit("road"),
                distance_km=pl.lit(150.0),
                lead_time=pl.Series(days[chain.head[is_lane]].astype(str)),
                variable_cost=pl.lit(0.2),
            ),
        ),
        "demand": columns_as_table(
            "demand",
            pl.DataFrame(
                {
                    "site_id": site[sold],
                    "product_id": product[sold],
                    "quantity": [f"poisson({value:g})" for value in mean[sold].tolist()],
                }
            ),
        ),
        "stock_points": columns_as_table("stock_points", pl.DataFrame({"site_id": site, "product_id": product})),
        "sources": columns_as_table("sources", sources),
        "bom": columns_as_table(
            "bom",
            pl.DataFrame(
                {
                    "bom_id": product[chain.head[~is_lane]],
                    "product_id": product[chain.head[~is_lane]],
                    "other_product_id": product[chain.tail[~is_lane]],
                }
            ).with_columns(quantity=pl.lit(1.0)),
        ),
    }
    return as_network(Settings(name, Period.DAY, start=date(2026, 1, 1), horizon=365), tables)
