"""What a network does in a period of its steady state, and which of that an outage takes away with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from chaintwin.errors import ChaintwinError
from chaintwin.network.paths.ordering import spread
from chaintwin.risk.stress.programmes.flows import Floats, Flows, Integers
from chaintwin.risk.stress.programmes.solving import INFINITE, ask, is_solved, model_of, solve

NOISE = 1e-9
"""Part of what a sum is made of below which it is only the solver's rounding."""


@dataclass(frozen=True, slots=True)
class Steady:
    """A network in its steady state; rows are its N buffers, then its L resources that limit something.

    Parameters
    ----------
    flows : the network.
    usual : Floats[A], units a period of each activity: what serves all that can be served for ever, and as little as possible.
    matrix : sparse float64[N + L, A], what one unit of an activity takes from a row, less what it gives.
    grown : Floats[N + L], what is taken from a row in a period, less what comes; below 0 where something is left over.
    room : Floats[N + L], what can be taken from a row without anything coming.
    """

    flows: Flows
    usual: Floats
    matrix: sparse.csc_array
    grown: Floats
    room: Floats
    _scale: Floats

    @staticmethod
    def of(flows: Flows) -> Steady:
        """Return the steady state of a network."""
        limited = np.flatnonzero(np.isfinite(flows.capacity))
        capacity, used = flows.capacity[limited], sparse.csc_array(flows.used.tocsr()[limited])
        balance = sparse.csc_array(flows.taken - flows.given)
        usual = _usual(flows, balance, used=used, capacity=capacity)
        matrix = sparse.csc_array(sparse.vstack([balance, used]))
        asked = np.bincount(flows.buffer, weights=flows.rate, minlength=flows.stock.size)
        grown = np.concatenate([asked, -capacity]) + matrix @ usual
        scale = np.concatenate([asked, capacity]) + abs(matrix) @ usual
        grown = np.where(np.abs(grown) <= NOISE * scale, 0.0, grown)
        # Resources are never used beyond what they offer, and nothing of theirs is kept.
        grown[flows.stock.size :] = np.minimum(grown[flows.stock.size :], 0.0)
        room = np.concatenate([flows.in_reach, np.zeros(limited.size)])
        return Steady(flows, usual, matrix, grown, room, scale)

    def without(self, out: Integers, *, share: float = 1.0) -> tuple[Integers, Floats]:
        """Return the rows that a share of the usual work of some activities touches, and ``grown`` there without it.

        Parameters
        ----------
        out : Integers, numbers of activities, each once. share : 0 to 1.
        """
        place, entry = spread(self.matrix.indptr.astype(np.int64), out)
        rows, back = np.unique(self.matrix.indices[entry], return_inverse=True)
        missing = self.matrix.data[entry] * self.usual[out][place] * share
        changed = self.grown[rows] - np.bincount(back, weights=missing, minlength=rows.size)
        return rows.astype(np.int64), np.where(np.abs(changed) <= NOISE * self._scale[rows], 0.0, changed)


class Cone:
    """What can go short because something further up is; for one thread.

    Parameters
    ----------
    steady : the network.
    """

    def __init__(self, steady: Steady) -> None:
        taken, given = sparse.csr_array(steady.flows.taken), sparse.csc_array(steady.flows.given)
        self._takers, self._takers_from = taken.indices.astype(np.int64), taken.indptr.astype(np.int64)
        self._given, self._given_from = given.indices.astype(np.int64), given.indptr.astype(np.int64)
        order = np.argsort(steady.flows.buffer, kind="stable")
        self._streams = order
        self._streams_from = np.searchsorted(steady.flows.buffer[order], np.arange(steady.flows.stock.size + 1))
        self._is_flowing = steady.usual > 0
        self._seen = np.zeros(steady.flows.stock.size, dtype=np.bool_)

    def below(self, short: Integers) -> tuple[Integers, Integers]:
        """Return activities that usually flow and streams that may get less if some buffers are short.

        Parameters
        ----------
        short : Integers, numbers of buffers.
        """
        reached, found = [short], [np.zeros(0, dtype=np.int64)]
        self._seen[short] = True
        while reached[-1].size:
            _, entry = spread(self._takers_from, reached[-1])
            takers = np.unique(self._takers[entry])
            takers = takers[self._is_flowing[takers]]
            found.append(takers)
            _, entry = spread(self._given_from, takers)
            given = np.unique(self._given[entry])
            reached.append(given[~self._seen[given]])
            self._seen[reached[-1]] = True
        buffers = np.concatenate(reached)
        self._seen[buffers] = False
        _, entry = spread(self._streams_from, buffers)
        return np.unique(np.concatenate(found)), self._streams[entry]


def _usual(flows: Flows, balance: sparse.csc_array, *, used: sparse.csc_array, capacity: Floats) -> Floats:
    """Return Floats[A]: what serves as much as can be served for ever, with as little activity as that takes."""
    actors, streams, buffers = flows.lead.size, flows.rate.size, flows.stock.size
    short = sparse.coo_array((-np.ones(streams), (flows.buffer, np.arange(streams))), shape=(buffers, streams))
    matrix = sparse.vstack([sparse.hstack([balance, short]), sparse.hstack([used, sparse.coo_array((capacity.size, streams))])])
    upper = np.concatenate([-np.bincount(flows.buffer, weights=flows.rate, minlength=buffers), capacity])
    is_stream = np.arange(actors + streams) >= actors

    def least_activity(lost: Floats) -> tuple[bool, Floats]:
        most = np.concatenate([np.full(actors, INFINITE), lost])
        solver = model_of(matrix, cost=np.where(is_stream, 0.0, 1.0), most=most, upper=upper)
        # Solved once, and most of it can be told without a pivot.
        ask(solver.setOptionValue("presolve", "on"))
        return is_solved(solver), np.array(solver.getSolution().col_value[:actors])

    found, activity = least_activity(np.zeros(streams))
    if not found:
        solver = model_of(
            matrix,
            cost=np.where(is_stream, 1.0, 0.0),
            most=np.concatenate([np.full(actors, INFINITE), flows.rate]),
            upper=upper,
        )
        # There are many ways to serve the same, among which a simplex method would wander about.
        for name, value in (("presolve", "on"), ("solver", "ipm")):
            ask(solver.setOptionValue(name, value))
        solve(solver)
        lost = np.array(solver.getSolution().col_value[actors:]).clip(0.0, flows.rate)
        found, activity = least_activity(np.minimum(lost + NOISE * flows.rate, flows.rate))
        if not found:
            raise ChaintwinError("stress test: no steady state was found; please report this")
    usual: Floats = np.where(activity > NOISE * max(1.0, float(activity.max(initial=0.0))), activity, 0.0)
    return usual
