"""Worlds told into logs, and how far what is then believed is from the truth."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chaintwin.clock import SetClock, SystemClock
from chaintwin.events.facts import unpacked
from chaintwin.examples import Example, load
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.files.epcis_file import EpcisFile
from chaintwin.ingest.history.targets import StoreTarget
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.state import State
from chaintwin.simulation.history.rebuilding import rebuild
from chaintwin.store.interface import Store
from chaintwin.store.opening import open_store
from chaintwin.twin import Twin
from chaintwin.twin.ledger import Ledger
from chaintwin.twin.naming.networks import Networks
from chaintwin.twin.projecting import Projection
from chaintwin.world import Instruments, Spreads, Story, Wire, World, deliver, draw_truth, play_world, readings_of, tell

Floats = NDArray[np.float64]

SEED = 7


@cache
def project(example: Example) -> Network:
    return load(example)


@cache
def world_of(example: Example, periods: int, *, seed: int = SEED) -> World:
    network = project(example)
    return play_world(network, draw_truth(network, Spreads(), seed=seed), periods=periods, seed=seed)


def story_of(world: World, wire: Wire, *, instruments: Instruments | None = None, seed: int = SEED) -> Story:
    readings = readings_of(world, instruments or Instruments(), seed=seed)
    return Story(readings, deliver(readings, wire, seed=seed))


@contextmanager
def told(story: Story, folder: Path) -> Iterator[Store]:
    """A log that took a story, as fast as it goes."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_store(folder / "log.db") as store:
        target = StoreTarget(store, captured, "world", SystemClock(), time.sleep, EpcisFile())
        *_, last = tell(story, target, speed=math.inf, is_resumed=False, tick=time.monotonic, sleep=time.sleep)
        assert last.count == len(story)
        assert (last.sent.rejected, last.sent.conflict) == (0, 0), last.sent.reasons
        yield store


def twin_of(network: Network, store: Store) -> Twin:
    return Twin.open(network, store=store, clock=SetClock(), is_kept=False)


def twin_stock(world: World, store: Store) -> Floats:
    """Return Floats[periods, N], stock as the projection of the log has it at the close of each period."""
    network = project_of(world)
    points = {row: place for place, row in enumerate(world.points.select("site", "product").iter_rows())}
    projection = Projection(Networks(network))
    found = np.zeros((world.periods, len(points)))
    period = 0
    for rows in store.facts_by_time():
        for row in rows:
            while period < world.periods and row.occurred_at >= world.start_of(period + 1):
                found[period] = _stock(projection.ledger, points)
                period += 1
            projection.apply(row)
    found[period:] = _stock(projection.ledger, points)
    return found


def project_of(world: World) -> Network:
    """Return the project that a world was made from, which shares its settings."""
    return next(network for network in map(project, Example) if network.settings == world.network.settings)


def _stock(ledger: Ledger, points: dict[tuple[str, str], int]) -> Floats:
    found = np.zeros(len(points))
    for (site, product, _, _), cell in ledger.held["stock"].items():
        found[points[site, product]] += cell[0]
    for (site, product), cell in ledger.held["pending"].items():
        found[points[site, product]] -= cell[0]
    return found


def true_state(world: World) -> State:
    return rebuild(world.log, world.trace.program)


def sums(state: State, program: Program) -> dict[str, dict[tuple[int, ...], float]]:
    """Return a state by what everybody can see: stock, what is under way by its start, orders, what is owed."""
    found: dict[str, dict[tuple[int, ...], float]] = {"under_way": {}, "orders": {}}
    shipments, orders = state.shipments, state.orders
    parts = (
        ("under_way", zip(shipments.activity_index.tolist(), shipments.started.tolist(), strict=True), shipments.quantity),
        ("orders", zip(orders.activity_index.tolist(), orders.visible.tolist(), strict=True), orders.quantity),
    )
    for name, keys, units in parts:
        for key, quantity in zip(keys, units.tolist(), strict=True):
            found[name][key] = found[name].get(key, 0.0) + quantity
    stock = state.on_hand(program.counts[0]).tolist()
    found["stock"] = {(place,): quantity for place, quantity in enumerate(stock)}
    found["owed"] = {(place,): quantity for place, quantity in enumerate(state.backlog.tolist())}
    return found


def largest_difference(state: State, truth: State, program: Program) -> dict[str, float]:
    """Return by part the largest difference, relative to the largest true value of the part."""
    found = {}
    one, other = sums(state, program), sums(truth, program)
    for name in other:
        keys = one[name].keys() | other[name].keys()
        scale = max([1.0, *map(abs, other[name].values())])
        found[name] = max([0.0, *(abs(one[name].get(key, 0.0) - other[name].get(key, 0.0)) / scale for key in keys)])
    return found


def fields_told(store: Store) -> set[str]:
    """Return the names of all fields of our own that a log holds."""
    return {name for rows in store.facts() for row in rows for name in unpacked(row.facts).own}
