"""A disruption: cause, scope, onset, duration, recovery and effects (METHODS 3.1, 3.4)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

CELLS = 256
"""Cells of the table of a recovery."""

RESIDUE = 20.0
"""An exponential recovery has one part in so many of the loss left at its end (METHODS 3.4)."""


class Cause(StrEnum):
    """What brings a disruption about."""

    SANCTION = "sanction"
    TRADE = "trade"
    PRICE = "price"
    SUPPLIER = "supplier"
    DISASTER = "disaster"
    EPIDEMIC = "epidemic"
    CYBER = "cyber"
    LABOR = "labor"
    ACCIDENT = "accident"
    POWER = "power"
    QUALITY = "quality"
    DEMAND = "demand"
    INTERVENTION = "intervention"
    OTHER = "other"


class Fading(StrEnum):
    """How what is left of a disruption fades over its recovery (METHODS 3.4)."""

    LINEAR = "linear"
    EXPONENTIAL = "exponential"
    COSINE = "cosine"
    STAGED = "staged"


class Impact(StrEnum):
    """What a disruption does; the words are the keys of ``effect`` in a file. Numbers hold at full strength."""

    CAPACITY = "capacity"
    ARRIVALS = "arrivals"
    DEMAND = "demand"
    LEAD_TIME = "lead_time"
    STOCK_LOST = "stock_lost"
    TRANSIT_LOST = "transit_lost"
    ORDERS_CANCELLED = "orders_cancelled"
    PREPAYMENT_LOST = "prepayment_lost"
    ORDERS_SENT = "orders_sent"
    REPORTED_STOCK = "reported_stock"
    COST = "cost"
    DUTY = "duty"
    TARIFF = "tariff"
    PRICE = "price"


LOST = (Impact.STOCK_LOST, Impact.TRANSIT_LOST, Impact.ORDERS_CANCELLED, Impact.PREPAYMENT_LOST)
"""Impacts given as the part that is lost, 0 to 1; all at once at the onset."""

NEUTRAL: Mapping[Impact, float] = MappingProxyType(
    {impact: 0.0 if impact in (*LOST, Impact.TARIFF) else 1.0 for impact in Impact}
)
"""The number of each impact that changes nothing."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """What a disruption is on. Keys that are empty do not matter; of several values one has to fit, of several keys all.

    Parameters
    ----------
    site, region, country, owner, kind : of sites; ``country`` means suppliers as well.
    supplier : whoever goods are bought of, with the sites that it owns.
    lane, mode, from_country, to_country : of lanes.
    between : two groups of countries: lanes and purchases from one to the other, both ways.
    corridor : sea passages that lanes sail through.
    product : goods. customer, market : of demand.
    area : latitude, longitude (degrees) and radius (km) of sites.
    most_used : kind of what is chosen by itself: what most of the network's flow of money runs through.
    everywhere : the whole network is meant, as far as no other key narrows it.
    """

    site: Words = ()
    region: Words = ()
    country: Words = ()
    owner: Words = ()
    kind: Words = ()
    supplier: Words = ()
    lane: Words = ()
    mode: Words = ()
    from_country: Words = ()
    to_country: Words = ()
    between: tuple[Words, ...] = ()
    corridor: Words = ()
    product: Words = ()
    customer: Words = ()
    market: Words = ()
    area: tuple[float, float, float] | None = None
    most_used: str = ""
    everywhere: bool = False

    def __str__(self) -> str:
        parts = []
        for name in self.__slots__:
            value = getattr(self, name)
            if not value or name == "everywhere":
                continue
            if name == "between":
                parts.append(f"between {' and '.join(', '.join(side) for side in value)}")
            elif name == "area":
                parts.append(f"within {value[2]:g} km of {value[0]:g}, {value[1]:g}")
            else:
                parts.append(f"{name.replace('_', ' ')} {value if isinstance(value, str) else ', '.join(value)}")
        return "; ".join(parts) or "everything"


@dataclass(frozen=True, slots=True)
class Disruption:
    """One disruption, or an intervention, which works the same.

    Parameters
    ----------
    name : unique in its scenario; its random numbers hang on it, unless there is an ``event``.
    cause : what brings it about.
    where : what it is on.
    effect : by impact its number at full strength; see ``docs/reference/scenarios.md``.
    start : first day; or None, and then ``after``: a law of the days from the end of the warm-up on.
    duration : a law of the days of full strength; empty: for good.
    recovery : days after that in which it fades, 0 or more.
    fading : how. stages : pairs (share of the recovery that has passed, strength from then on), for ``staged``.
    chance : 0 to 1: in how many replications it happens.
    event : what it is a part of; parts of one event draw chance, onset and duration with the same random numbers: where the less
        likely part happens, the likelier one does too.
    reroute : ships that can no longer use a corridor sail around it, which takes longer and costs more.
    elasticity : by which demand follows ``price``: a price times m makes it m to the power of this, 0 or less.
    confidence : 0 to 1: how sure its author is of it; it changes nothing. source : where it is known from.
    file : how findings name its scenario.
    """

    name: str
    cause: Cause = Cause.OTHER
    where: Where = Where()
    effect: Mapping[Impact, float] = field(default_factory=dict)
    start: date | None = None
    after: str = "0"
    duration: str = ""
    recovery: float = 0.0
    fading: Fading = Fading.LINEAR
    stages: tuple[tuple[float, float], ...] = ()
    chance: float = 1.0
    event: str = ""
    reroute: bool = False
    elasticity: float = 0.0
    confidence: float | None = None
    source: str = ""
    file: str = "scenario"

    def __post_init__(self) -> None:
        object.__setattr__(self, "effect", MappingProxyType(dict(self.effect)))

    def __reduce__(self) -> tuple[object, ...]:
        """Return how it is made again in another process: a proxy of a mapping cannot be pickled."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return _again, (values | {"effect": dict(self.effect)},)

    def __str__(self) -> str:
        does = [f"{impact.replace('_', ' ')} {size:g}" for impact, size in self.effect.items()]
        does += ["ships sail around"] if self.reroute else []
        return f"{self.name}: {self.cause}, {self.where}: {', '.join(does)}"

    @property
    def left(self) -> NDArray[np.float64]:
        """Floats[CELLS + 1]: the strength added up over the recovery, as a share of full strength through all of it."""
        at = np.linspace(0.0, 1.0, CELLS + 1)
        if self.fading is Fading.LINEAR:
            return at - at**2 / 2
        if self.fading is Fading.EXPONENTIAL:
            rate = math.log(RESIDUE)
            return -np.expm1(-rate * at) / rate
        if self.fading is Fading.COSINE:
            return at / 2 + np.sin(np.pi * at) / (2 * np.pi)
        starts, left = (np.array(column, dtype=np.float64) for column in zip(*self.stages, strict=True))
        ends = np.append(starts[1:], 1.0)
        passed = np.clip(at[:, None] - starts, 0.0, ends - starts)
        found: NDArray[np.float64] = passed @ left
        return found


def _again(values: dict[str, object]) -> Disruption:
    return Disruption(**values)  # type: ignore[arg-type]
