"""Which disruption takes what from whom: the causes that a program may have, and their parts in each period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.disruptions.striking import UNLIMITED
from chaintwin.network.graph import LIMIT_PREFIX, Effect
from chaintwin.network.program import Program
from chaintwin.simulation.history.struck import factors_of
from chaintwin.simulation.history.trace import Trace

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PLACES = {
    Effect.CAPACITY: ("resources", "resource_id"),
    Effect.DEMAND: ("streams", "stream_id"),
    Effect.LEAD: ("activities", "activity_id"),
    Effect.ARRIVALS: ("activities", "activity_id"),
    Effect.TRANSIT: ("activities", "activity_id"),
    Effect.QUEUE: ("activities", "activity_id"),
    Effect.STOCK: ("buffers", "buffer_id"),
    Effect.ORDERS: ("buffers", "buffer_id"),
    Effect.REPORTED: ("buffers", "buffer_id"),
}
"""Effects that may leave something lacking, and where."""


def disruption_causes(program: Program) -> tuple[list[str], list[str], Integers]:
    """Return name and place of each cause that is a disruption, and Integers[E], the cause of each effect, -1 for none.

    Parameters
    ----------
    program : the network.
    """
    strikes, names = program.strikes, program.names.strikes["strike_id"].to_list()
    ids = {effect: getattr(program.names, table)[column].to_list() for effect, (table, column) in PLACES.items()}
    known: dict[tuple[str, str], int] = {}
    of = np.full(strikes.effect_kind.size, -1, dtype=np.int64)
    columns = (strikes.effect_kind, strikes.effect_entity, strikes.effect_strike)
    for number, (kind, entity, strike) in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        if kind in ids:
            # What has no capacity of its own is named by what it limits.
            key = (names[strike], ids[Effect(kind)][entity].removeprefix(LIMIT_PREFIX))
            of[number] = known.setdefault(key, len(known))
    return [name for name, _ in known], [place for _, place in known], of


class Strikers:
    """The effects of a program over the periods of a trace.

    Parameters
    ----------
    trace : of a network with disruptions.
    """

    def __init__(self, trace: Trace) -> None:
        assert trace.struck is not None, "the network has disruptions"
        self.strikes = trace.program.strikes
        self.factor = factors_of(self.strikes, trace.struck)
        self.cause = disruption_causes(trace.program)[2]

    def on(self, effect: Effect) -> dict[int, Integers]:
        """Return by entity the numbers of all effects of a kind."""
        mine = np.flatnonzero(self.strikes.effect_kind == effect)
        entity = self.strikes.effect_entity[mine]
        return {at: mine[entity == at] for at in np.unique(entity).tolist()}

    def parts(self, rows: Integers, *, more: bool = False) -> Floats:
        """Return Floats[T, rows]: the part of each effect in what all of them take, or add; all 0 where none does.

        Parameters
        ----------
        rows : effects on one entity. more : in what they add: their factors are above one.
        """
        size = self.factor[:, rows] - 1.0
        size = np.maximum(size if more else -size, 0.0)
        total = size.sum(axis=1, keepdims=True)
        found: Floats = np.divide(size, total, out=np.zeros_like(size), where=total > 0)
        return found

    def product(self, rows: Integers) -> Floats:
        """Return Floats[T]: what some effects multiply by together."""
        found: Floats = self.factor[:, rows].prod(axis=1)
        return found


def offered(trace: Trace) -> tuple[Floats, Floats]:
    """Return Floats[T, K]: what each resource offers without disruptions, and with them.

    Parameters
    ----------
    trace : a replication.
    """
    resources = trace.program.resources
    when = np.arange(trace.begin, trace.end)
    usual = np.zeros_like(trace.used)
    for resource in range(resources.cost.size):
        values = resources.capacity_value[resources.capacity_start[resource] : resources.capacity_start[resource + 1]]
        usual[:, resource] = np.maximum(values[when % values.size] * trace.state.resource_share[resource], 0.0)
    now = usual.copy()
    if trace.struck is not None:
        strikers = Strikers(trace)
        for resource, rows in strikers.on(Effect.CAPACITY).items():
            factor, amount = strikers.product(rows), strikers.strikes.effect_amount[rows]
            if (amount > 0).any():
                limited = np.minimum(usual[:, resource], amount[amount > 0].min() * factor)
                now[:, resource] = np.where(factor < 1.0, limited, usual[:, resource])
            else:
                now[:, resource] *= factor
    return usual, now


def idle(usual: Floats, now: Floats) -> NDArray[np.bool_]:
    """Return bool[T, K]: nothing is limited, for the resource stands for the limit of a disruption that is not there."""
    found: NDArray[np.bool_] = (usual >= UNLIMITED) & (now >= UNLIMITED)
    return found
