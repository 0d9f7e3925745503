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

    A solver tells numbers apart by absolute amounts, and a network may count in grams or in tonnes. Rows are therefore measured
    in what goes through them in a period and activities in what they usually do, so that stock is in periods and hardly any
    number is far from 1.

    Parameters
    ----------
    flows : the network.
    usual : Floats[A], units a period of each activity: what serves all that can be served for ever, and as little as possible.
    row, column : Floats[N + L], Floats[A]: units that count as one.
    parts : Floats[A], ``usual`` so measured: 1, or 0 of what does not flow.
    matrix : sparse float64[N + L, A], what one of an activity takes from a row, less what it gives.
    grown : Floats[N + L], what is taken from a row in a period, less what comes; below 0 where something is left over.
    room : Floats[N + L], what can be taken from a row without anything coming.
    """

    flows: Flows
    usual: Floats
    row: Floats
    column: Floats
    parts: Floats
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
        room = np.concatenate([flows.in_reach, np.zeros(limited.size)])
        grown = np.concatenate([asked, -capacity]) + matrix @ usual
        scale = np.concatenate([asked, capacity]) + abs(matrix) @ usual
        grown = np.where(np.abs(grown) <= NOISE * scale, 0.0, grown)
        # Resources are never used beyond what they offer, and nothing of theirs is kept.
        grown[flows.stock.size :] = np.minimum(grown[flows.stock.size :], 0.0)
        row = np.where(scale > 0, scale, np.where(room > 0, room, 1.0))
        column = _column_units(matrix, usual, row=row)
        measured = sparse.csc_array(sparse.diags_array(1 / row) @ matrix @ sparse.diags_array(column))
        return Steady(flows, usual, row, column, usual / column, measured, grown / row, room / row, scale / row)

    def without(self, out: Integers, *, share: float = 1.0) -> tuple[Integers, Floats]:
        """Return the rows that a share of the usual work of some activities touches, and ``grown`` there without it.

        Parameters
        ----------
        out : Integers, numbers of activities, each once. share : 0 to 1.
        """
        place, entry = spread(self.matrix.indptr.astype(np.int64), out)
        rows, back = np.unique(self.matrix.indices[entry], return_inverse=True)
        missing = self.matrix.data[entry] * self.parts[out][place] * share
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


def _column_units(matrix: sparse.csc_array, usual: Floats, *, row: Floats) -> Floats:
    """Return Floats[A]: what activities usually do; of one that does nothing, what would be all of a row it touches."""
    most = np.full(usual.size, np.inf)
    owner = np.repeat(np.arange(usual.size), np.diff(matrix.indptr))
    touched = matrix.data != 0
    np.minimum.at(most, owner[touched], row[matrix.indices[touched]] / np.abs(matrix.data[touched]))
    return np.where(usual > 0, usual, np.where(np.isfinite(most), most, 1.0))


def _usual(flows: Flows, balance: sparse.csc_array, *, used: sparse.csc_array, capacity: Floats) -> Floats:
    """Return Floats[A]: what serves as much as can be served for ever, with as little activity as that takes."""
    actors, streams, buffers = flows.lead.size, flows.rate.size, flows.stock.size
    short = sparse.coo_array((-np.ones(streams), (flows.buffer, np.arange(streams))), shape=(buffers, streams))
    matrix = sparse.vstack([sparse.hstack([balance, short]), sparse.hstack([used, sparse.coo_array((capacity.size, streams))])])
    # In the largest rate, so that no unit is too small for the solver.
    unit = float(flows.rate.max(initial=0.0)) or 1.0
    rate = flows.rate / unit
    upper = np.concatenate([-np.bincount(flows.buffer, weights=rate, minlength=buffers), capacity / unit])
    is_stream = np.arange(actors + streams) >= actors

    def least_activity(lost: Floats) -> tuple[bool, Floats]:
        most = np.concatenate([np.full(actors, INFINITE), lost])
        solver = model_of(matrix, cost=np.where(is_stream, 0.0, 1.0), most=most, upper=upper)
        # Solved once, and most of it can be told without a pivot.
        ask(solver.setOptionValue("presolve", "on"))
        return is_solved(solver), np.array(solver.getSolution().col_value[:actors])

    found, activity = least_activity(np.zeros(streams))
    if not found:
        most = np.concatenate([np.full(actors, INFINITE), rate])
        solver = model_of(matrix, cost=np.where(is_stream, 1.0, 0.0), most=most, upper=upper)
        # There are many ways to serve the same, among which a simplex method would wander about.
        for name, value in (("presolve", "on"), ("solver", "ipm")):
            ask(solver.setOptionValue(name, value))
        solve(solver)
        lost = np.array(solver.getSolution().col_value[actors:]).clip(0.0, rate)
        # What is lost is known up to rounding only; most often it need not be more.
        for slack in (0.0, NOISE, 1e-7):
            found, activity = least_activity(np.minimum(lost + slack * rate, rate))
            if found:
                break
        else:
            raise ChaintwinError("stress test: no steady state was found; please report this")
    activity = activity * unit
    usual: Floats = np.where(activity > NOISE * max(unit, float(activity.max(initial=0.0))), activity, 0.0)
    return usual
