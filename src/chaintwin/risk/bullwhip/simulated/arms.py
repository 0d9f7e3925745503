"""Three ways to calm a bullwhip, each as a scenario: changes of tables and nothing else (METHODS 4.4)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import Finding, InputError
from chaintwin.laws.checking import check_number
from chaintwin.network.graph import Policy
from chaintwin.network.lowering import lower_in_full
from chaintwin.network.lowering.sourcing.supply import PAIR
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.tables.cells.keys import names_by_rule
from chaintwin.risk.bullwhip.closed_forms import best_adjustment_time
from chaintwin.risk.bullwhip.simulated.chain import Chain

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

AS_IS = "as is"
"""Name of the network without changes."""

POINTS_MAX = 5_000
"""Stock points that an arm may change; each is a change of its own, and a scenario file holds 1 MiB."""

LEVELED = (Policy.BASE_STOCK, Policy.S_S, Policy.R_NQ, Policy.KANBAN, Policy.SMOOTHED, Policy.STERMAN, Policy.DRP)
"""Rules that hold a level of a stock point, so that another rule can hold the same."""

BLANKED = ("reorder_point", "order_up_to", "order_quantity", "safety_stock", "cover_periods", "expedite_level")
"""Columns that say nothing under the rules of the arms."""


class Arm(StrEnum):
    """A way to calm a bullwhip."""

    SHARED = "shared demand"
    SMOOTHED = "smoothed orders"
    VENDOR = "vendor managed"


@dataclass(frozen=True, slots=True)
class Arms:
    """The arms of a chain.

    Parameters
    ----------
    scenarios : by arm. An arm that would change nothing is left out.
    kept : by arm, ids of the stock points of the chain whose rule it leaves as it is.
    """

    scenarios: Mapping[Arm, Scenario]
    kept: Mapping[Arm, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Points:
    """All stock points of the program, in its order.

    Parameters
    ----------
    site, product : ids. policy : values of ``Policy``; NONE where nothing is ordered.
    learns : the forecast changes with what happens.
    level : position that the rule orders up to, on average; NaN where it holds none.
    target, mean, delay, review, phase, gain : the rule's first parameter, units; demand a period; periods until sources see an
        order; between two reviews; period of the first; part of a gap that is ordered at once.
    """

    site: list[str]
    product: list[str]
    policy: NDArray[np.int64]
    learns: Flags
    level: Floats
    target: Floats
    mean: Floats
    delay: Floats
    review: NDArray[np.int64]
    phase: NDArray[np.int64]
    gain: Floats


class _Cells:
    """Collects what cells of ``stock_points`` are set to, by stock point and column."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)

    def set(self, points: _Points, at: int, **cells: Any) -> None:
        """Set cells of one stock point."""
        self.values[points.site[at], points.product[at]] |= cells


def arms_of(
    network: Network,
    program: Program,
    *,
    chain: Chain,
    adjustment_time: float | None = None,
    arms: Iterable[Arm] = tuple(Arm),
) -> Arms:
    """Return the arms of a chain.

    Every arm keeps the position that the rules hold on average, so that arms differ in how they order and not in how much stock
    they were given.

    - *Shared demand.* Rules that forecast learn from what customers ask for at and below, at once, in place of the orders they
      get (``forecast_basis`` = customers). Rules that hold a level hold it over all at and below (``echelon``), so that they too
      order what customers took. Stock points that supply no others see their customers as it is.
    - *Smoothed orders.* Every rule becomes a proportional one (``smoothed``): it orders what it expects and one part in
      ``adjustment_time`` of the gap to its level.
    - *Vendor managed.* Every stock point of the chain, the last ones too, orders by its echelon, and lanes within the chain have
      no information delay: whoever supplies sees stock and demand below the moment they change. Levels are lower by what was
      asked for during the delay.

    Reviews, minimum orders and batches stay. Rules with two speeds, constant orders, plans (``level_series``) and rules on the
    echelon stay as they are, and so do levels over what they supply.

    Parameters
    ----------
    network : tables without errors. program : what they compile to. chain : stock points that may change.
    adjustment_time : periods over which a gap to the level is made up, 1 or more; by default the golden ratio, at which orders
        and stock together vary least.
    arms : which.

    Raises
    ------
    InputError
        The chain has too many stock points.
    UsageError
        The adjustment time is below 1.

    Source: METHODS 4.3 and 4.4; Chen, Drezner, Ryan & Simchi-Levi 2000 for shared demand; Disney, Farasyn, Lambrecht, Towill &
    Van de Velde 2007 for smoothing; Axsaeter & Rosling 1993 for the same level of an echelon.
    """
    if chain.points.height > POINTS_MAX:
        found = f"{chain.points.height:,} stock points"
        fix = "choose a part with --product or --site"
        raise InputError([Finding("bullwhip.too_many", found, f"at most {POINTS_MAX:,} that order", fix)])
    time = best_adjustment_time() if adjustment_time is None else check_number("adjustment_time", adjustment_time, low=1.0)
    points = _points_of(network, program)
    makers = {
        Arm.SHARED: lambda cells: _share(cells, points, chain, program),
        Arm.SMOOTHED: lambda cells: _smooth(cells, points, chain, time=time),
        Arm.VENDOR: lambda cells: _manage(cells, points, chain),
    }
    scenarios: dict[Arm, Scenario] = {}
    kept: dict[Arm, tuple[str, ...]] = {}
    notes = {
        Arm.SHARED: "Everybody who supplies others orders by what the customers ask for.",
        Arm.SMOOTHED: f"Orders make up a gap to the level over {time:g} periods.",
        Arm.VENDOR: "One echelon policy that sees stock and demand below without delay.",
    }
    for arm in Arm:
        if arm not in set(arms):
            continue
        cells = _Cells()
        left = makers[arm](cells)
        lanes = _lanes(network, points, chain) if arm is Arm.VENDOR else []
        changes = [*lanes, *_changes(network, cells, whole=program.integer)]
        kept[arm] = tuple(chain.points["buffer_id"].gather(left).to_list())
        if changes:
            scenarios[arm] = Scenario.of(arm.value, changes, note=notes[arm])
    return Arms(scenarios, kept)


def _share(cells: _Cells, points: _Points, chain: Chain, program: Program) -> list[int]:
    """Let whoever supplies others see the customers; return the places of those who cannot."""
    content = chain.content
    left = []
    for place, at in enumerate(chain.buffers.tolist()):
        below = _below(content, at)
        if below.size < 2:
            continue
        if points.policy[at] in (Policy.SMOOTHED, Policy.STERMAN) or points.learns[at]:
            cells.set(points, at, forecast_basis="customers")
            continue
        level = _echelon_level(points, content, at, without_delay=False)
        if not np.isfinite(level):
            left.append(place)
        else:
            cells.set(points, at, policy="echelon", base_stock=level)
    return left


def _smooth(cells: _Cells, points: _Points, chain: Chain, *, time: float) -> list[int]:
    """Let every rule make up its gap in parts; return the places of those that hold no level."""
    left = []
    part = 1 / time
    for place, at in enumerate(chain.buffers.tolist()):
        # Reviewed every few periods, an order is more than a period's demand, which a part of the gap has to be: the target is
        # higher by so much that the same position is held.
        mean, more = points.mean[at], points.review[at] - 1
        if points.policy[at] == Policy.SMOOTHED:
            # The level may be anything; what the gain does to the target is all that changes.
            cells.set(points, at, gain_rate=part)
            if more and part != points.gain[at] > 0:
                cells.set(points, at, base_stock=points.target[at] + more * mean * (1 / part - 1 / points.gain[at]))
        elif not np.isfinite(points.level[at]):
            left.append(place)
        else:
            target = points.level[at] - points.review[at] * mean + more * mean / part
            cells.set(points, at, policy="smoothed", gain_rate=part, base_stock=target)
    return left


def _manage(cells: _Cells, points: _Points, chain: Chain) -> list[int]:
    """Let every stock point order by its echelon; return the places of those that cannot."""
    left = []
    for place, at in enumerate(chain.buffers.tolist()):
        level = _echelon_level(points, chain.content, at, without_delay=True)
        if not np.isfinite(level):
            left.append(place)
        else:
            cells.set(points, at, policy="echelon", base_stock=level)
    return left


def _below(content: Any, at: int) -> NDArray[np.int64]:
    """Return a stock point and all below it."""
    found: NDArray[np.int64] = content.indices[content.indptr[at] : content.indptr[at + 1]].astype(np.int64)
    return found


def _echelon_level(points: _Points, content: Any, at: int, *, without_delay: bool) -> float:
    """Return the echelon position that is held when everybody at and below holds the own level.

    What a stock point below has not ordered since its last review, or has ordered and its source has not seen, is missing in its
    own part of the echelon, and so much demand is taken off: that of the periods since the last review that is seen, on average
    over the calendars of both. Where the own delay goes, so does the demand during it.
    """
    below = _below(content, at)
    weight = content.data[content.indptr[at] : content.indptr[at + 1]]
    waits, review = points.delay[below], points.review[below]
    common = np.gcd(review, points.review[at])
    since = (points.phase[at] - points.phase[below] - np.rint(waits).astype(np.int64)) % common + (review - common) / 2
    own = points.delay[at] if without_delay else 0.0
    hidden = np.where(below == at, own, waits + since) * points.mean[below]
    return float(weight @ (points.level[below] - hidden))


def _points_of(network: Network, program: Program) -> _Points:
    names = program.names.buffers
    frame = names.select("buffer_id").join(
        lower_in_full(network).graph.buffers, on="buffer_id", how="left", maintain_order="left"
    )
    buffers = program.buffers
    policy = buffers.policy.astype(np.int64)
    low, high, mean = (frame[name].to_numpy().astype(np.float64) for name in ("low", "high", "forecast"))
    level = np.full(policy.size, np.nan)
    for rule, value in (
        (Policy.BASE_STOCK, low),
        (Policy.KANBAN, low),
        (Policy.S_S, (low + high) / 2),
        (Policy.R_NQ, low + high / 2),
        (Policy.SMOOTHED, low + mean),
        (Policy.STERMAN, low + mean),
        (Policy.DRP, low + high * mean),
    ):
        level = np.where(policy == rule, value, level)
    # A plan is no level, and neither is what a rule on the echelon holds.
    level[np.diff(buffers.level_start) > 0] = np.nan
    first = buffers.source_tier == 0
    owner = np.repeat(np.arange(policy.size), np.diff(buffers.source_start))[first]
    share = (buffers.source_share / buffers.source_total)[first]
    waits = program.activities.information_delay[buffers.source_activity[first]]
    return _Points(
        site=names["site_id"].to_list(),
        product=names["product_id"].to_list(),
        policy=policy,
        learns=np.isin(policy, (Policy.SMOOTHED, Policy.STERMAN, Policy.DRP)) & ((buffers.smoothing > 0) | (buffers.window > 0)),
        level=level,
        target=low,
        mean=mean,
        delay=np.bincount(owner, weights=share * waits, minlength=policy.size).astype(np.float64),
        review=buffers.review_period,
        phase=buffers.review_phase,
        gain=buffers.gain,
    )


def _lanes(network: Network, points: _Points, chain: Chain) -> list[dict[str, Any]]:
    """Return that lanes to stock points of the chain have no information delay."""
    lanes = names_by_rule("lanes", network["lanes"])
    sites, products = (chain.points[name].unique().to_list() for name in ("site_id", "product_id"))
    mine = lanes.filter(
        (pl.col("information_delay") > 0)
        & pl.col("to_site").cast(pl.String).is_in(sites)
        & (pl.col("product_id").is_null() | pl.col("product_id").cast(pl.String).is_in(products))
    )
    if mine.is_empty():
        return []
    ids = mine["lane_id"].cast(pl.String).unique(maintain_order=True).to_list()
    where = {} if mine.height == lanes.height else {"where": {"lane_id": ids}}
    return [{"table": "lanes", "column": "information_delay", "set": 0} | where]


def _changes(network: Network, cells: _Cells, *, whole: bool) -> list[dict[str, Any]]:
    """Return the changes that put cells into ``stock_points``: one for each column, value and product, and rows for new ones."""
    listed = network["stock_points"].with_columns(pl.col(PAIR).cast(pl.String))
    there = set(listed.select(PAIR).iter_rows())
    idle = _idle(listed)
    groups: dict[tuple[str, Any, str], list[str]] = defaultdict(list)
    rows = []
    for (site, product), wanted in cells.values.items():
        tidy = {name: _tidy(name, value, whole=whole) for name, value in wanted.items()}
        if (site, product) not in there:
            rows.append({"table": "stock_points", "insert": {"site_id": site, "product_id": product, **tidy}})
            continue
        if "policy" in tidy:
            tidy |= dict.fromkeys(idle.get((site, product), ()), "")
        for name, value in tidy.items():
            groups[name, value, product].append(site)
    changes = [
        {
            "table": "stock_points",
            "where": {"product_id": product, "site_id": sites[0] if len(sites) == 1 else sites},
            "column": name,
            "set": value,
        }
        for (name, value, product), sites in groups.items()
    ]
    return changes + rows


def _idle(listed: pl.DataFrame) -> dict[tuple[str, str], list[str]]:
    """Return the cells that the rules of arms do not use, by stock point."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in BLANKED:
        for pair in listed.filter(pl.col(name).is_not_null()).select(PAIR).unique(maintain_order=True).iter_rows():
            found[pair].append(name)
    return found


def _tidy(name: str, value: Any, *, whole: bool) -> Any:
    """Return a cell as it is written: levels of whole units are whole."""
    if name != "base_stock":
        return value
    # The slack keeps a level that is whole but for rounding from gaining a unit.
    return math.ceil(value - 1e-9) if whole else float(value)
