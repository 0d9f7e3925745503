"""Which row of a block's table holds what of disruptions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import ONCE, Effect
from chaintwin.network.program import Program, Strikes

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Factors:
    """What entities are multiplied by: each row is the product of what some strikes do, and entities may share it.

    Parameters
    ----------
    owner, strike : Integers[parts]: which row a part belongs to, and the strike it comes from.
    change : Floats[parts]: factor at full strength, less one. once : bool[parts]: only in the period of the onset.
    kind : int8[pairs], entity, row : Integers[pairs]: the row of each entity and kind of effect. amount : Floats[pairs].
    count : how many rows.
    """

    owner: Integers
    strike: Integers
    change: Floats
    once: Flags
    kind: NDArray[np.int8]
    entity: Integers
    row: Integers
    amount: Floats
    count: int

    @staticmethod
    def of(strikes: Strikes) -> Factors:
        """Return the fewest rows that all effects of a program need."""
        kind, entity = strikes.effect_kind, strikes.effect_entity
        strike, factor = strikes.effect_strike, strikes.effect_factor
        amount = np.where(strikes.effect_amount > 0, strikes.effect_amount, np.inf)
        # Effects are sorted by kind, then entity, so those on one entity lie beside each other.
        first = np.flatnonzero((np.diff(kind, prepend=-1) != 0) | (np.diff(entity, prepend=-1) != 0))
        ends = np.append(first, kind.size)[1:]
        known: dict[tuple[tuple[int, float, bool], ...], int] = {}
        parts: list[tuple[int, int, float, bool]] = []
        row = np.zeros(first.size, dtype=np.int64)
        for pair, (begin, end) in enumerate(zip(first.tolist(), ends.tolist(), strict=True)):
            once = int(kind[begin]) in ONCE
            key = tuple((int(strike[place]), float(factor[place]), once) for place in range(begin, end))
            if key not in known:
                known[key] = len(known)
                parts += [(known[key], who, size - 1.0, is_once) for who, size, is_once in key]
            row[pair] = known[key]
        # Of several amounts on one thing the smallest holds.
        least = np.minimum.reduceat(amount, first) if first.size else amount[first]
        columns = zip(*parts, strict=True) if parts else ((), (), (), ())
        owner, striker, change, flags = (list(column) for column in columns)
        return Factors(
            owner=np.array(owner, dtype=np.int64),
            strike=np.array(striker, dtype=np.int64),
            change=np.array(change, dtype=np.float64),
            once=np.array(flags, dtype=np.bool_),
            kind=kind[first],
            entity=entity[first],
            row=row,
            amount=np.where(np.isinf(least), 0.0, least),
            count=len(known),
        )


@dataclass(frozen=True, slots=True)
class StruckRows:
    """Row numbers; S strikes, F factors, N buffers, A activities, D streams; ``nowhere`` for entities that nothing is on.

    Parameters
    ----------
    onset, length, chance : [S] when a strike begins and how long it has full strength, in units of its laws; 1 where it happens.
    strength, once : [S] mean strength in the period, 0 to 1; 1 in the period of the onset, else 0.
    factor : [F] what is multiplied by in the period.
    gone, before : rows for passing results.
    destroyed : [N], lost, cancelled : [A]: sums of stock destroyed, of units lost under way and of orders cancelled.
    unsent : [N] sum of what the rule wanted to order and was not sent; it wants that again the next time.
    detained : [A] sum of units that waited at the end of their way at the close of each period.
    beyond : [A] sum of units under way times periods that lead times do not tell of, because of losses.
    surcharge, surduty : [A], surplus : [D]: sums of money that starts cost and units shipped bring in more than their price says;
        the same with ``_at``: the quantity when it was last looked at.
    factors : what the factors are of.
    """

    onset: Integers
    length: Integers
    chance: Integers
    strength: Integers
    once: Integers
    factor: Integers
    gone: Integers
    before: Integers
    destroyed: Integers
    lost: Integers
    cancelled: Integers
    unsent: Integers
    detained: Integers
    beyond: Integers
    surcharge: Integers
    surcharge_at: Integers
    surduty: Integers
    surduty_at: Integers
    surtariff_at: Integers
    surplus: Integers
    surplus_at: Integers
    factors: Factors

    @staticmethod
    def laid_out(program: Program, *, take: Callable[[int], Integers], some: Callable[[Flags], Integers]) -> StruckRows:
        """Lay out the rows of a program.

        Parameters
        ----------
        program : the network.
        take : gives so many rows. some : gives a row for each entity that is marked, ``nowhere`` for the others.
        """
        strikes, factors = program.strikes, Factors.of(program.strikes)
        buffers, activities, streams, _ = program.counts
        each = strikes.shift.size

        def on(count: int, *effects: Effect) -> Flags:
            found = np.zeros(count, dtype=bool)
            for effect in effects:
                found |= strikes.struck(effect, count=count)
            return found

        marks = {
            "destroyed": on(buffers, Effect.STOCK),
            "lost": on(activities, Effect.TRANSIT),
            "cancelled": on(activities, Effect.QUEUE),
            "unsent": on(buffers, Effect.ORDERS),
            "detained": on(activities, Effect.ARRIVALS),
            "beyond": on(activities, Effect.TRANSIT),
            **dict.fromkeys(("surcharge", "surcharge_at"), on(activities, Effect.COST, Effect.PREPAID)),
            "surduty": on(activities, Effect.DUTY, Effect.TARIFF),
            "surduty_at": on(activities, Effect.DUTY),
            "surtariff_at": on(activities, Effect.TARIFF),
            **dict.fromkeys(("surplus", "surplus_at"), on(streams, Effect.PRICE)),
        }
        chosen = {name: some(wanted) for name, wanted in marks.items()}
        every = {name: take(each) for name in ("onset", "length", "chance", "strength", "once")}
        return StruckRows(
            **every,
            **chosen,
            factor=take(factors.count),
            gone=take(1 if each else 0),
            before=take(1 if each else 0),
            factors=factors,
        )

    @property
    def sums(self) -> tuple[Integers, ...]:
        """The rows that are set to zero when counting begins."""
        money = (
            self.surcharge,
            self.surcharge_at,
            self.surduty,
            self.surduty_at,
            self.surtariff_at,
            self.surplus,
            self.surplus_at,
        )
        return (self.destroyed, self.lost, self.cancelled, self.unsent, self.detained, self.beyond, *money)

    def on(self, effect: Effect) -> tuple[Integers, Integers, Floats]:
        """Return what an effect is on, the row it is multiplied by, and the amount: three arrays of one length."""
        mine = self.factors.kind == effect
        return self.factors.entity[mine], self.factor[self.factors.row[mine]], self.factors.amount[mine]

    def row_of(self, effect: Effect, *, count: int) -> Integers:
        """Return Integers[count]: the factor of each entity for an effect, -1 where there is none."""
        found = np.full(count, -1, dtype=np.int64)
        entity, row, _ = self.on(effect)
        found[entity] = row
        return found
