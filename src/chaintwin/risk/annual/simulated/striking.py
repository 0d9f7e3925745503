"""Outages of years as strikes of a network: several years are one program, in which each replication has strikes of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.compiling import compile_graph
from chaintwin.network.disruptions.striking import limit_of, struck_by
from chaintwin.network.graph import EFFECT_SCHEMA, LIMIT_PREFIX, STRIKE_SCHEMA, Effect, Graph, frame_of
from chaintwin.network.lowering.lower import Lowered
from chaintwin.network.program import Program

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEVER = 1e9
"""Period in which a strike begins that a replication does not have."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Activities that are cut together, and to what part of their capacity; equal ones are worked out once.

    Parameters
    ----------
    activities : their numbers, ascending, as bytes. factor : of the capacity, 0 to 1.
    """

    activities: bytes
    factor: float

    @staticmethod
    def of(activities: Sequence[Integers], *, share: float) -> Cut:
        """Return the cut of places that an event hits together.

        Parameters
        ----------
        activities : of each place. share : of their work that is lost.
        """
        return Cut(np.unique(np.concatenate(activities)).astype(np.int64).tobytes(), 1.0 - share)

    @property
    def numbers(self) -> Integers:
        """Integers, ascending."""
        return np.frombuffer(self.activities, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Strike:
    """One outage.

    Parameters
    ----------
    cut : what is out. onset : periods from the start of the year on. length : periods.
    """

    cut: Cut
    onset: float
    length: float


class Striker:
    """Turns the outages of some years into a program and its strikes.

    Parameters
    ----------
    lowered : the network. program : what it was compiled to.
    """

    def __init__(self, lowered: Lowered, program: Program) -> None:
        self.graph: Graph = lowered.graph
        self._activities: list[str] = program.names.activities["activity_id"].to_list()
        self._resources: list[str] = program.names.resources["resource_id"].to_list()
        start = program.activities.use_start
        self._owner = np.repeat(np.arange(start.size - 1), np.diff(start))
        self._resource = program.activities.use_resource
        self._users = np.bincount(self._resource, minlength=len(self._resources))
        self._mean: dict[str, float | None] = dict(lowered.loads.activities.select("activity_id", "activity_mean").iter_rows())
        self._known: dict[Cut, pl.DataFrame] = {}

    def effects(self, cut: Cut) -> pl.DataFrame:
        """Return what a cut is on, the columns of ``Graph.effects``: as of a disruption that changes the capacity of a place.

        Resources that nothing else uses offer less; what uses none of these may start its part of 1.25 times its mean flow.
        """
        if cut not in self._known:
            mine = np.isin(self._owner, cut.numbers)
            own = np.bincount(self._resource[mine], minlength=self._users.size)
            alone = (own == self._users) & (own > 0)
            covered = np.unique(self._owner[mine & alone[self._resource]])
            rows = [(self._resources[number], 0.0) for number in np.flatnonzero(alone).tolist()]
            for number in np.setdiff1d(cut.numbers, covered).tolist():
                name = self._activities[number]
                rows.append((LIMIT_PREFIX + name, limit_of(self._mean.get(name))))
            named = [
                {"strike_id": "", "effect": int(Effect.CAPACITY), "entity_id": name, "factor": cut.factor, "amount": amount}
                for name, amount in rows
            ]
            self._known[cut] = frame_of(EFFECT_SCHEMA, named if cut.factor < 1 else [])
        return self._known[cut]

    def program_of(self, years: Sequence[Sequence[Strike]], *, shift: int) -> tuple[Program, Floats, Floats]:
        """Return a program with all outages of some years, and Floats[S, years] twice: onset and length of each strike.

        Parameters
        ----------
        years : the outages of each. shift : period in which the years begin.
        """
        slots: dict[tuple[Cut, int], int] = {}
        placed: list[tuple[int, int, Strike]] = []
        for year, strikes in enumerate(years):
            used: dict[Cut, int] = {}
            for strike in strikes:
                if self.effects(strike.cut).is_empty():
                    continue
                slot = (strike.cut, used.get(strike.cut, 0))
                used[strike.cut] = slot[1] + 1
                placed.append((slots.setdefault(slot, len(slots)), year, strike))
        onset, length = np.full((len(slots), len(years)), NEVER), np.zeros((len(slots), len(years)))
        for number, year, strike in placed:
            onset[number, year], length[number, year] = strike.onset, strike.length
        if not slots:
            return compile_graph(self.graph), onset, length
        # Ids in the order of the numbers, because strikes are sorted by id.
        ids = [f"{number:09d}" for number in range(len(slots))]
        usual = {"onset": "0", "duration": "0", "shift": float(shift), "per_unit": 1.0, "chance": 1.0, "recovery": 0.0}
        frames = [self.effects(cut).with_columns(strike_id=pl.lit(name)) for name, (cut, _) in zip(ids, slots, strict=True)]
        struck = struck_by(
            self.graph,
            strikes=frame_of(STRIKE_SCHEMA, [usual | {"strike_id": name, "left": [0.0, 0.0]} for name in ids]),
            effects=pl.concat(frames),
        )
        return compile_graph(struck), onset, length
