"""What is measured of the world, and how wrongly: events of each site, counts of its stock, gauges."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from chaintwin.clock import SECOND, microseconds_of, text_of
from chaintwin.errors import UsageError
from chaintwin.events.vocabulary import PREFIX, Name, Own, Thing, own_uri
from chaintwin.rng import uniform_table
from chaintwin.simulation.history.exporting import events_of
from chaintwin.world.playing import World

Floats = NDArray[np.float64]

BEFORE_CLOSE = SECOND
"""Counts and gauges tell what is there so many microseconds before a period ends, when all of it has happened."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """What is counted besides, and what goes wrong in measuring.

    Parameters
    ----------
    count_share : part of the stock points that is counted each time, 0 to 1; they take turns.
    count_every : periods between two counts, 1 or more. count_error : standard deviation of a count, as a share of it.
    misread : part of the quantities of goods events that are told wrong. misread_by : by how much, a standard deviation as a
        share. gauge_share : part of the stock points that have a gauge. gauge_noise : of a gauge, as a share of what is there.
    """

    count_share: float = 0.0
    count_every: int = 7
    count_error: float = 0.0
    misread: float = 0.0
    misread_by: float = 0.1
    gauge_share: float = 0.0
    gauge_noise: float = 0.01

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if name == "count_every":
                if value < 1:
                    raise UsageError(f"count_every: found {value}; allowed: 1 or more periods")
            elif not 0.0 <= value <= 1.0:
                raise UsageError(f"{name}: found {value}; allowed: 0 to 1")


@dataclass(frozen=True, slots=True)
class Reading:
    """An event as an instrument tells it.

    Parameters
    ----------
    at : event time, microseconds. site : where it is told; ``world`` for what is of no site. content : the event as JSON.
    """

    at: int
    site: str
    content: bytes


WORLD = "world"
"""Who tells what is of no site."""


def readings_of(world: World, instruments: Instruments, *, seed: int) -> list[Reading]:
    """Return what is measured of a world, in the order of event times, numbered by site from 0 (``ct:device``, ``ct:sequence``).

    What nobody can see is left out: disruptions by name, and when a shipment will arrive, which the simulator has drawn.

    Parameters
    ----------
    world : as it was played. instruments : how it is measured. seed : of what goes wrong.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.world import Spreads, draw_truth, play_world
    >>> beer = load(Example.BEER_GAME)
    >>> world = play_world(beer, draw_truth(beer, Spreads(), seed=1), periods=5, seed=1)
    >>> readings_of(world, Instruments(), seed=1)[1].site
    'retailer'
    """
    told = [*_happenings(world, instruments, seed=seed), *_counts(world, instruments, seed=seed)]
    told += _gauges(world, instruments, seed=seed)
    told.sort(key=lambda one: one[0])
    encoder = msgspec.json.Encoder(order="deterministic")
    numbers: dict[str, int] = {}
    found = []
    for at, site, event in told:
        number = numbers.get(site, 0)
        numbers[site] = number + 1
        event[f"{PREFIX}:device"], event[f"{PREFIX}:sequence"] = site, number
        found.append(Reading(at, site, encoder.encode(event)))
    return found


Told = tuple[int, str, dict[str, Any]]


def _happenings(world: World, instruments: Instruments, *, seed: int) -> Iterator[Told]:
    """Yield the events of the run as those who see them tell them."""
    program = world.trace.program
    sites = _Sites(world)
    misread = _Misread(instruments, seed=seed, count=world.log.events.height if instruments.misread else 0)
    for number, event in enumerate(events_of(world.log, program=program, settings=world.network.settings)):
        if event["type"] == f"{PREFIX}:{Own.DISRUPTION_CHANGED.value}":
            continue
        event.pop(f"{PREFIX}:disruption", None)
        if f"{PREFIX}:started" in event:
            event.pop(f"{PREFIX}:due", None)
        state = event.get(f"{PREFIX}:state")
        if state is not None:
            for shipment in state["shipments"]:
                shipment.pop("due", None)
        if instruments.misread and "quantityList" in event:
            misread.apply(event, number)
        yield microseconds_of(datetime.fromisoformat(event["eventTime"])), sites.of(event), event


class _Misread:
    """Tells some quantities wrong."""

    def __init__(self, instruments: Instruments, *, seed: int, count: int) -> None:
        self.share, self.by = instruments.misread, instruments.misread_by
        self.numbers = uniform_table(seed, "world misread", entity="all", count=count, slots=2) if count else None

    def apply(self, event: dict[str, Any], number: int) -> None:
        from scipy.special import ndtri

        if self.numbers is None or number >= self.numbers.shape[1] or self.numbers[0, number] >= self.share:
            return
        factor = max(1.0 + self.by * float(ndtri(self.numbers[1, number])), 0.0)
        for item in event["quantityList"]:
            item["quantity"] *= factor
        if f"{PREFIX}:units" in event:
            event[f"{PREFIX}:units"] *= factor


class _Sites:
    """Finds the site that tells an event."""

    def __init__(self, world: World) -> None:
        program = world.trace.program
        activities, names = program.activities, program.names
        site: list[str] = names.buffers["site_id"].to_list()
        self.by_uri = {own_uri(Name(Thing.SITE, one)): one for one in site}
        self.of_buffer: dict[str, str] = dict(zip(names.buffers["buffer_id"].to_list(), site, strict=True))
        self.source: dict[str, str] = {}
        self.goal: dict[str, str] = {}
        for place, name in enumerate(names.activities["activity_id"].to_list()):
            taken = activities.input_buffer[activities.input_start[place] : activities.input_start[place + 1]]
            given = activities.output_buffer[activities.output_start[place] : activities.output_start[place + 1]]
            ends = [site[int(part[0])] if part.size else "" for part in (taken, given)]
            self.source[name], self.goal[name] = ends[0] or ends[1], ends[1] or ends[0]
        self.resources: dict[str, str] = dict(world.network["resources"].select("resource_id", "site_id").iter_rows())

    def of(self, event: dict[str, Any]) -> str:
        for place in ("bizLocation", "readPoint"):
            if place in event:
                return self.by_uri.get(event[place]["id"], WORLD)
        own: dict[str, str] = {name: event.get(f"{PREFIX}:{name}") or "" for name in ("stock_point", "resource", "activity")}
        if own["stock_point"]:
            return self.of_buffer.get(own["stock_point"], WORLD)
        if own["resource"]:
            return self.resources.get(own["resource"]) or WORLD
        is_source = event.get("bizStep") in _AT_SOURCE or event["type"] == f"{PREFIX}:{Own.ORDER_SEEN.value}"
        return (self.source if is_source else self.goal).get(own["activity"], "") or WORLD


_AT_SOURCE = frozenset({"departing", "shipping", "assembling"})


def _counts(world: World, instruments: Instruments, *, seed: int) -> Iterator[Told]:
    """Yield counts of some stock points every so often; all have had their turn before one has its second."""
    from scipy.special import ndtri

    points = list(world.points.iter_rows())
    size = math.ceil(instruments.count_share * len(points))
    if not size:
        return
    order = np.argsort(uniform_table(seed, "world count order", entity="all", count=len(points), slots=1)[0], kind="stable")
    turn = 0
    for period in range(instruments.count_every - 1, world.periods, instruments.count_every):
        chosen = [int(order[(turn + place) % len(points)]) for place in range(size)]
        turn = (turn + size) % len(points)
        noise = uniform_table(seed, "world count", entity=str(period), count=len(points), slots=1)[0]
        for place in sorted(chosen):
            there = float(world.stock[period, place])
            off = instruments.count_error * there * float(ndtri(noise[place]))
            counted = max(there + off, 0.0)
            if world.trace.program.integer:
                counted = float(round(counted))
            event = _event(world, period, points[place], step="cycle_counting")
            event["quantityList"] = [{"epcClass": own_uri(Name(Thing.PRODUCT, points[place][2])), "quantity": counted}]
            if instruments.count_error:
                event[f"{PREFIX}:deviation"] = instruments.count_error * counted
            yield _at(world, period), points[place][1], event


def _gauges(world: World, instruments: Instruments, *, seed: int) -> Iterator[Told]:
    """Yield what gauges show at the close of every period: readings of a sensor, which no rule of stock takes for a count."""
    from scipy.special import ndtri

    points = list(world.points.iter_rows())
    size = math.ceil(instruments.gauge_share * len(points))
    if not size:
        return
    drawn = uniform_table(seed, "world gauges", entity="all", count=len(points), slots=1)[0]
    chosen = sorted(np.argsort(drawn, kind="stable")[:size].tolist())
    for period in range(world.periods):
        noise = ndtri(uniform_table(seed, "world gauge", entity=str(period), count=len(points), slots=1)[0])
        for place in chosen:
            there = float(world.stock[period, place])
            shown = max(there * (1.0 + instruments.gauge_noise * float(noise[place])), 0.0)
            _, site, product = points[place]
            event = _event(world, period, points[place], step="sensor_reporting")
            report = {"type": "Count", "value": shown, "deviceID": own_uri(Name(Thing.DEVICE, f"gauge {site} {product}"))}
            event["sensorElementList"] = [{"sensorReport": [report]}]
            event["readPoint"] = event.pop("bizLocation")
            yield _at(world, period), site, event


def _at(world: World, period: int) -> int:
    return world.start_of(period + 1) - BEFORE_CLOSE


def _event(world: World, period: int, point: tuple[str, str, str], *, step: str) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": text_of(_at(world, period)),
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": step,
        "bizLocation": {"id": own_uri(Name(Thing.SITE, point[1]))},
    }
