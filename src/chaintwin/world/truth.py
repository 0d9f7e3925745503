"""The secret parameters of a hidden world: a scenario that changes a project, drawn around it or given by a person."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.network.disruptions.disruption import Disruption
from chaintwin.network.network import Network
from chaintwin.network.scenarios.change import Action, Change
from chaintwin.network.scenarios.scaling import scaled
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.tables.cells.keys import names_by_rule
from chaintwin.rng import stream_id, uniform

NAME = "hidden world"

GRID = 0.02
"""Drawn factors are multiples of this, so that rows of one factor are one change of the scenario."""

MOST = 3.0
"""Factors stay between this and its inverse: a parameter is off, not another network."""


@dataclass(frozen=True, slots=True)
class Spreads:
    """How far true parameters lie from those of the project: standard deviations of the logarithm of a factor, 0 for not at all.

    Parameters
    ----------
    lead_time : of each lane, and of all that one site makes or buys. demand : of each stream. capacity : of each resource.
    loss : of what is not good (one less the yield) of each row of sources that has a yield below one.
    """

    lead_time: float = 0.15
    demand: float = 0.1
    capacity: float = 0.05
    loss: float = 0.3

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise UsageError(f"spread of {name}: found {value}; allowed: 0 to 1")

    def scaled(self, factor: float) -> Spreads:
        """Return all spreads times a factor."""
        return Spreads(*(min(factor * getattr(self, name), 1.0) for name in self.__slots__))


def draw_truth(network: Network, spreads: Spreads, *, seed: int, shifts: Sequence[Disruption] = ()) -> Scenario:
    """Return secret parameters around those of a project: the same for the same seed, whatever else the project holds.

    Stock levels that the tables leave blank stay those of the project: who orders does not know the truth either.

    Parameters
    ----------
    network : the project. spreads : how far the truth may lie from it. seed : 0 to 2**64 - 1. shifts : changes at a date.

    Raises
    ------
    UsageError
        The seed is none.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> found = draw_truth(load(Example.BEER_GAME), Spreads(), seed=7)
    >>> found == draw_truth(load(Example.BEER_GAME), Spreads(), seed=7), len(found.changes) > 0
    (True, True)
    """
    changes = [
        *_lanes(network, spreads.lead_time, seed=seed),
        *_made(network, spreads.lead_time, seed=seed),
        *_losses(network, spreads.loss, seed=seed),
        *_capacities(network, spreads.capacity, seed=seed),
        *_demand(network, spreads.demand, seed=seed),
    ]
    return Scenario(NAME, tuple(changes), tuple(shifts), note="secret parameters of a hidden world")


def read_truth(path: Path | str, *, shifts: Sequence[Disruption] = ()) -> Scenario:
    """Return secret parameters that a person gives, a scenario file, with more changes at a date.

    Raises
    ------
    InputError
        The file cannot be read or has faults.
    """
    found = Scenario.read(path)
    return replace(found, disruptions=(*found.disruptions, *shifts))


def play_seed(seed: int) -> int:
    """Return the seed that the world is played with: another one than that of any forecast, which would foresee its draws."""
    return stream_id("hidden world", str(seed))


def _factor(seed: int, what: str, *, entity: str, spread: float) -> float:
    from scipy.special import ndtri

    drawn = math.exp(spread * float(ndtri(uniform(seed, f"truth {what}", entity=entity, replication=0, period=0))))
    return round(round(min(max(drawn, 1.0 / MOST), MOST) / GRID) * GRID, 6)


def _grouped(names: Sequence[str], seed: int, *, what: str, spread: float) -> dict[float, list[str]]:
    """Return names by their factor; those that stay as they are are left out."""
    found: dict[float, list[str]] = {}
    for name in dict.fromkeys(names):
        factor = _factor(seed, what, entity=name, spread=spread)
        if factor != 1.0:
            found.setdefault(factor, []).append(name)
    return dict(sorted(found.items()))


def _multiplied(
    table: str, column: str, *, key: str, groups: Mapping[float, list[str]], also: Mapping[str, tuple[str, ...]] | None = None
) -> list[Change]:
    return [
        Change(table, Action.MULTIPLY, column=column, where={key: tuple(names), **(also or {})}, value=factor)
        for factor, names in groups.items()
    ]


def _scalable(laws: pl.Series, network: Network) -> pl.Series:
    """Return which laws can be multiplied; a blank cell has the value that is proposed, a number."""
    verdicts = {text: text is None or bool(scaled(text, 1.5, folder=network.folder)) for text in laws.unique().to_list()}
    return pl.Series([verdicts[text] for text in laws.to_list()], dtype=pl.Boolean)


def _lanes(network: Network, spread: float, *, seed: int) -> list[Change]:
    frame = names_by_rule("lanes", network["lanes"])
    names = frame.filter(_scalable(frame["lead_time"], network))["lane_id"].to_list()
    return _multiplied("lanes", "lead_time", key="lane_id", groups=_grouped(names, seed, what="lead time", spread=spread))


def _made(network: Network, spread: float, *, seed: int) -> list[Change]:
    kinds = ("make", "buy")
    frame = network["sources"].filter(pl.col("kind").is_in(kinds) & (pl.col("rule") != "substitute"))
    if frame.is_empty():
        return []
    bad = frame.filter(~_scalable(frame["lead_time"], network))["site_id"].unique().to_list()
    names = sorted(set(frame["site_id"].to_list()) - set(bad))
    found = []
    for kind in kinds:
        there = set(frame.filter(pl.col("kind") == kind)["site_id"].to_list())
        groups = _grouped([name for name in names if name in there], seed, what=f"lead time {kind}", spread=spread)
        found += _multiplied(
            "sources", "lead_time", key="site_id", groups=groups, also={"kind": (kind,), "rule": _rules(frame, kind)}
        )
    return found


def _rules(frame: pl.DataFrame, kind: str) -> tuple[str, ...]:
    return tuple(sorted(frame.filter(pl.col("kind") == kind)["rule"].unique().to_list()))


def _losses(network: Network, spread: float, *, seed: int) -> list[Change]:
    found = []
    for row in network["sources"].filter(pl.col("yield_rate") < 1.0).iter_rows(named=True):
        factor = _factor(seed, "loss", entity=f"{row['site_id']}/{row['product_id']}/{row['kind']}", spread=spread)
        good = round(max(1.0 - (1.0 - row["yield_rate"]) * factor, 0.01), 6)
        where = {name: (row[name],) for name in ("site_id", "product_id", "kind")}
        if factor != 1.0:
            found.append(Change("sources", Action.SET, column="yield_rate", where=where, value=good))
    return found


def _capacities(network: Network, spread: float, *, seed: int) -> list[Change]:
    names = network["resources"].filter(pl.col("capacity").is_not_null())["resource_id"].to_list()
    return _multiplied("resources", "capacity", key="resource_id", groups=_grouped(names, seed, what="capacity", spread=spread))


def _demand(network: Network, spread: float, *, seed: int) -> list[Change]:
    frame = names_by_rule("demand", network["demand"])
    frame = frame.filter(pl.col("quantity").is_not_null())
    names = frame.filter(_scalable(frame["quantity"], network))["stream_id"].to_list()
    return _multiplied("demand", "quantity", key="stream_id", groups=_grouped(names, seed, what="demand", spread=spread))
