"""What disruptions did to a replication, and how that is read while it is played."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import ONCE, Effect
from chaintwin.network.program import Program, Strikes
from chaintwin.simulation.block import Blocks
from chaintwin.simulation.history.trace import NEVER, WAITING, Cancelled, Journeys, Losses, Struck
from chaintwin.simulation.kernels.row_kernels import SLACK
from chaintwin.simulation.tape.rows import Rings, ripens

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DUST = 1e-12
"""What would stay of a real quantity of which nearly all is gone, as a part of it."""


class _Raid(NamedTuple):
    """What left rows of rings in one period: activity, period the row stands for, whether it is today's, column, quantity."""

    period: int
    activity: Integers
    key: Integers
    is_today: NDArray[np.bool_]
    column: Integers
    quantity: Floats


def factors_of(strikes: Strikes, struck: Struck) -> Floats:
    """Return Floats[T, E]: what each effect of a disruption multiplies by in each period.

    Parameters
    ----------
    strikes : the disruptions of the program. struck : what they did.
    """
    at_once = np.isin(strikes.effect_kind, [int(effect) for effect in ONCE])
    size = np.where(at_once, struck.once[:, strikes.effect_strike], struck.strength[:, strikes.effect_strike])
    found: Floats = 1.0 + (strikes.effect_factor - 1.0) * size
    return found


class StrikeRecorder:
    """Reads what disruptions do to some replications, period by period.

    Parameters
    ----------
    program : what is played. blocks : where it is played; one block.
    """

    def __init__(self, program: Program, blocks: Blocks) -> None:
        self.program, self.blocks, self.tape = program, blocks, blocks.plan.tape
        self.by_age = ripens(program)
        self.begin = blocks.period
        self.kept: dict[str, list[Floats]] = {}
        self.raids: list[_Raid] = []
        self.cancelled: list[_Raid] = []

    def step(self, period: int, *, before: Floats, hidden: Floats, waiting: Floats) -> tuple[Floats, Floats]:
        """Note what was lost in a period that has been played, and return pipelines and hidden orders without it.

        Parameters
        ----------
        period : the period.
        before, hidden : Floats[rows of all rings, W]: goods and orders on their way when it began.
        waiting : Floats[A, W]: orders waiting at their source then.
        """
        struck, tape = self.tape.rows.struck, self.tape
        actors = self.program.counts[1]
        gone = self._gone(before, self._factor(Effect.TRANSIT, actors)[tape.pipes.owner])
        self.raids.append(self._raid(period, tape.pipes, gone, by_age=self.by_age))
        queue = self._factor(Effect.QUEUE, actors)
        unseen = self._gone(hidden, queue[tape.queues.owner])
        refused = self._gone(waiting, queue)
        who, column = np.nonzero(refused)
        nobody = np.full(who.size, NEVER, dtype=np.int64)
        at_source = _Raid(period, who, nobody, np.zeros(who.size, dtype=bool), column, refused[who, column])
        self.cancelled += [at_source, self._raid(period, tape.queues, unseen, by_age=np.zeros(actors, dtype=bool))]
        for name, row in (
            ("strength", struck.strength),
            ("once", struck.once),
            ("destroyed", struck.destroyed),
            ("unsent", struck.unsent),
            ("detained", struck.detained),
        ):
            values = np.where((row == tape.rows.nowhere)[:, None], 0.0, self.blocks.read(row))
            self.kept.setdefault(name, []).append(values)
        return before - gone, hidden - unseen

    def read(self, column: int, journeys: Journeys, *, held: Floats) -> tuple[Struck, Journeys]:
        """Return what disruptions did to one replication, and its journeys, of which those that lost everything never arrive.

        Parameters
        ----------
        column : of the replication. journeys : all that was on its way.
        held : Floats[T, A], waiting at the end of its way at the close of each period.
        """
        losses, left = self._losses(column, journeys, held=held)
        mine = {name: np.ascontiguousarray(np.array(values)[:, :, column]) for name, values in self.kept.items()}
        orders = [(raid, raid.column == column) for raid in self.cancelled]
        cancelled = Cancelled(
            np.concatenate([raid.activity[chosen] for raid, chosen in orders]).astype(np.int64),
            np.concatenate([np.full(int(chosen.sum()), raid.period) for raid, chosen in orders]).astype(np.int64),
            np.concatenate([raid.key[chosen] for raid, chosen in orders]).astype(np.int64),
            np.concatenate([raid.quantity[chosen] for raid, chosen in orders]),
        )
        strikes, rows = self.program.strikes, self.tape.rows.struck
        onset = np.floor(self.blocks.read(rows.onset)[:, column] * strikes.per_unit + strikes.shift).astype(np.int64)
        nothing = (left <= 0.0) & (journeys.quantity > 0.0)
        arrived = np.where(nothing, NEVER, journeys.arrived)
        return Struck(onset=onset, left=left, losses=losses, cancelled=cancelled, **mine), journeys._replace(arrived=arrived)

    def _losses(self, column: int, journeys: Journeys, *, held: Floats) -> tuple[Losses, Floats]:
        """Return what each journey lost and when, and what is left of it.

        Of whole units in one row those that left first are lost first; of others each loses the same part.
        """
        left = journeys.quantity.copy()
        found: list[tuple[int, int, int, float]] = []
        key = np.where(self.by_age[journeys.activity], journeys.started, journeys.due)
        rows: dict[tuple[int, int], list[int]] = {}
        for number in np.argsort(journeys.started, kind="stable").tolist():
            rows.setdefault((int(journeys.activity[number]), int(key[number])), []).append(number)
        for raid in self.raids:
            for at in np.flatnonzero(raid.column == column).tolist():
                who, period = int(raid.activity[at]), raid.period
                there = [
                    number
                    for number in rows.get((who, int(raid.key[at])), [])
                    if journeys.started[number] < period
                    and (journeys.arrived[number] == NEVER or journeys.arrived[number] >= period)
                ]
                waits = float(held[period - self.begin - 1, who]) if raid.is_today[at] and period > self.begin else 0.0
                amounts = [waits, *left[there].tolist()]
                lost = _shared(float(raid.quantity[at]), amounts, in_turn=self.program.integer)
                for number, part in zip([WAITING, *there], lost, strict=True):
                    if part:
                        found.append((number, who, period, part))
                        if number != WAITING:
                            left[number] -= part
        which, activity, when = (np.array([entry[part] for entry in found], dtype=np.int64) for part in range(3))
        return Losses(which, activity, when, np.array([entry[3] for entry in found], dtype=np.float64)), left

    def _factor(self, effect: Effect, count: int) -> Floats:
        """Return Floats[count, W]: what an effect multiplied by in the period that was played."""
        row = self.tape.rows.struck.row_of(effect, count=count)
        found = np.ones((count, self.blocks.width))
        found[row >= 0] = self.blocks.read(row[row >= 0])
        return found

    def _gone(self, quantity: Floats, factor: Floats) -> Floats:
        """Return what is lost of quantities, as the engine takes it."""
        gone: Floats = np.maximum(quantity, 0.0) * np.maximum(1.0 - factor, 0.0)
        return np.floor(gone + SLACK) if self.program.integer else gone

    def _raid(self, period: int, rings: Rings, gone: Floats, *, by_age: NDArray[np.bool_]) -> _Raid:
        """Return what left the rows of some rings."""
        entry, column = np.nonzero(gone)
        owner, size = rings.owner[entry], rings.size[entry].astype(np.int64)
        ahead = (rings.slot[entry] - period) % size
        key = np.where(by_age[owner], period + ahead - size, period + ahead)
        return _Raid(period, owner, key, ahead == 0, column, gone[entry, column])


def _shared(total: float, amounts: list[float], *, in_turn: bool) -> list[float]:
    """Return what is taken of each amount: all of it in turn, or the same part of each."""
    there = sum(amounts)
    if not in_turn:
        part = 1.0 if total >= there * (1.0 - DUST) else total / there
        return [amount * part for amount in amounts]
    taken = []
    for amount in amounts:
        taken.append(min(amount, total))
        total -= taken[-1]
    return taken
