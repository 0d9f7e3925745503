"""Time to survive and performance impact by linear programmes that add up time (Simchi-Levi et al. 2014, 2015; METHODS 3.6).

One model of each kind is built for a network. Activities are written as what they do when nothing is out, in a steady state, plus
and less a change. With nothing out no change is needed, so the basis of all slacks is optimal, and an outage moves only what it
touches: bounds are changed, the dual simplex goes on from that basis, and bounds are changed back. Written in flows themselves
the same programme takes eight times as long, because a short time to survive lets stock replace flows everywhere.
"""

from __future__ import annotations

import math

import highspy
import numpy as np
from scipy import sparse

from chaintwin.errors import UsageError
from chaintwin.risk.stress.flows import Floats, Flows, Integers
from chaintwin.risk.stress.solving import INFINITE, Numbers, ask, model_of, set_columns, set_rows, solve

LONGEST = 1e5
"""Periods beyond which nobody asks how long a network survives; it is then said to survive for ever."""

NOISE = 1e-9
"""Part of the demand on a stock point below which a flow is only the solver's rounding."""


class Collapsed:
    """The two linear programmes of a network, ready to be asked about one outage after the other; not by two threads at once.

    Over a time T, with x units of each activity and y units served of each stream:

    - time to survive: the largest T with taken x + rate T - given x <= stock, used x <= capacity T, x >= 0;
    - impact: the least of margin (rate T - y) with T the time to recover, y <= rate T instead.

    Both leave lead times out and are optimistic.

    Parameters
    ----------
    flows : the network.
    """

    def __init__(self, flows: Flows) -> None:
        self.flows = flows
        self._actors, self._streams, self._buffers = flows.lead.size, flows.rate.size, flows.stock.size
        self._limited = np.flatnonzero(np.isfinite(flows.capacity))
        self._balance = sparse.csc_array(flows.taken - flows.given)
        self._used = sparse.csc_array(flows.used.tocsr()[self._limited])
        self._usual = self._steady_state()
        asked = np.bincount(flows.buffer, weights=flows.rate, minlength=self._buffers)
        grown = self._balance @ self._usual + asked
        scale = asked + abs(self._balance) @ self._usual
        self._grown = np.where(np.abs(grown) <= NOISE * scale, 0.0, grown)
        self._free = np.maximum(flows.capacity[self._limited] - self._used @ self._usual, 0.0)
        self._flowing = np.flatnonzero(self._usual > 0)
        self._survival, self._impact = self._survival_model(), self._impact_model()
        self._bases = self._basis(self._survival), self._basis(self._impact)
        self._time = math.nan

    def time_to_survive(self, out: Integers) -> float:
        """Return the periods in which all demand is met without some activities, infinite where there is no end.

        Parameters
        ----------
        out : Integers, numbers of activities.
        """
        where = self._checked(out)
        solver = self._survival
        rows = self._buffers + self._limited.size + np.flatnonzero(np.isin(self._flowing, where)).astype(np.int32)
        none = np.zeros(max(where.size, rows.size))
        ask(solver.setBasis(self._bases[0]))
        # What is out is less than usual by all that is usual, and not more.
        set_columns(solver, where, low=none, high=none)
        set_rows(solver, rows, low=none, high=none)
        solve(solver)
        time = float(-solver.getInfo().objective_function_value)
        set_columns(solver, where, low=none, high=np.full(where.size, INFINITE))
        set_rows(solver, rows, low=np.full(rows.size, -INFINITE), high=none)
        return math.inf if time >= LONGEST * (1 - NOISE) else max(time, 0.0)

    def impact(self, out: Integers, *, time: float, share: float = 1.0) -> tuple[float, Floats]:
        """Return the margin lost while some activities are out, and Floats[D], the units that are not served.

        Parameters
        ----------
        out : Integers, numbers of activities.
        time : until they recover, periods, 0 or more.
        share : of what each of them usually does, so much is out, 0 to 1; none does more than the rest of it.
        """
        lost = self._lost(out, time=time, share=share)
        return float(self.flows.margin @ lost), lost

    def impact_line(self, out: Integers, *, time: float, share: float = 1.0, goes_on: bool = False) -> tuple[float, float]:
        """Return the margin lost by a time, and where the line that touches it there begins.

        The margin lost is convex in the time, because the time enters nothing but the bounds of the programme. The prices of its
        rows at one time give a line that is below the margin lost at every time, and touches it at this one: its value at time 0
        is what the prices say of the stock (strong duality).

        Parameters
        ----------
        out, time, share : as for ``impact``.
        goes_on : the last question was of the same outage at another time; the solver goes on from its answer, not from nothing
            out, which is quicker.

        Returns
        -------
        The margin lost, and the line at time 0, which is 0 or less.
        """
        lost = self._lost(out, time=time, share=share, goes_on=goes_on)
        prices = np.array(self._impact.getSolution().row_dual)[: self._buffers]
        return float(self.flows.margin @ lost), min(float(prices @ self.flows.in_reach), 0.0)

    def _lost(self, out: Integers, *, time: float, share: float, goes_on: bool = False) -> Floats:
        if not 0 <= time < math.inf:
            raise UsageError(f"time to recover: found {time}; allowed: 0 or more periods")
        if not 0 <= share <= 1:
            raise UsageError(f"share that is out: found {share:g}; allowed: 0 to 1")
        where = self._checked(out)
        self._set_time(time)
        solver, less = self._impact, where + self._actors
        usual, none = self._usual[where] * time, np.zeros(where.size)
        if not goes_on:
            ask(solver.setBasis(self._bases[1]))
        if share > 0:
            set_columns(solver, where, low=none, high=none)
            set_columns(solver, less.astype(np.int32), low=share * usual, high=usual)
        solve(solver)
        lost: Floats = np.maximum(np.array(solver.getSolution().col_value[2 * self._actors :]), 0.0)
        set_columns(solver, where, low=none, high=np.full(where.size, INFINITE))
        set_columns(solver, less.astype(np.int32), low=none, high=usual)
        return lost

    def _steady_state(self) -> Floats:
        """Return Floats[A]: flows a period that serve what can be served for ever, as few as possible."""
        flows, streams = self.flows, self._streams
        short = sparse.coo_array((-np.ones(streams), (flows.buffer, np.arange(streams))), shape=(self._buffers, streams))
        matrix = sparse.vstack(
            [
                sparse.hstack([self._balance, short]),
                sparse.hstack([self._used, sparse.coo_array((self._limited.size, streams))]),
            ]
        )
        asked = np.bincount(flows.buffer, weights=flows.rate, minlength=self._buffers)
        # A unit that is not served costs more than any way of serving it.
        longest = 1.0 + float(np.abs(self._balance.data).max(initial=1.0))
        cost = np.concatenate([np.ones(self._actors), np.full(streams, 1e3 * longest)])
        most = np.concatenate([np.full(self._actors, INFINITE), flows.rate])
        solver = model_of(matrix, cost=cost, most=most, upper=np.concatenate([-asked, flows.capacity[self._limited]]))
        solve(solver)
        found = np.array(solver.getSolution().col_value[: self._actors])
        usual: Floats = np.where(found > NOISE * max(1.0, float(found.max(initial=0.0))), found, 0.0)
        return usual

    def _survival_model(self) -> highspy.Highs:
        flowing, actors = self._flowing, self._actors
        column = sparse.coo_array
        less = sparse.coo_array((np.ones(flowing.size), (np.arange(flowing.size), flowing)), shape=(flowing.size, actors))
        matrix = sparse.vstack(
            [
                sparse.hstack([self._balance, -self._balance, column(self._grown[:, None])]),
                sparse.hstack([self._used, -self._used, column(-self._free[:, None])]),
                sparse.hstack([sparse.coo_array(less.shape), less, column(-self._usual[flowing][:, None])]),
            ]
        )
        cost = np.zeros(2 * actors + 1)
        cost[-1] = -1.0
        most = np.full(2 * actors + 1, INFINITE)
        most[actors : 2 * actors][self._usual == 0] = 0.0
        most[-1] = LONGEST
        upper = np.concatenate([self.flows.in_reach, np.zeros(self._limited.size + flowing.size)])
        return model_of(matrix, cost=cost, most=most, upper=upper)

    def _impact_model(self) -> highspy.Highs:
        flows, streams, actors = self.flows, self._streams, self._actors
        lost = sparse.coo_array((-np.ones(streams), (flows.buffer, np.arange(streams))), shape=(self._buffers, streams))
        matrix = sparse.vstack(
            [
                sparse.hstack([self._balance, -self._balance, lost]),
                sparse.hstack([self._used, -self._used, sparse.coo_array((self._limited.size, streams))]),
            ]
        )
        cost = np.concatenate([np.zeros(2 * actors), flows.margin])
        most = np.concatenate([np.full(actors, INFINITE), np.zeros(actors + streams)])
        return model_of(matrix, cost=cost, most=most, upper=np.concatenate([flows.in_reach, np.zeros(self._limited.size)]))

    def _set_time(self, time: float) -> None:
        """Let the model of the impact run over a time, if it does not yet."""
        if time == self._time:
            return
        upper = np.concatenate([self.flows.in_reach - self._grown * time, self._free * time])
        rows = np.arange(upper.size, dtype=np.int32)
        set_rows(self._impact, rows, low=np.full(upper.size, -INFINITE), high=upper)
        most = np.concatenate([self._usual, self.flows.rate]) * time
        columns = np.arange(self._actors, self._actors + most.size, dtype=np.int32)
        set_columns(self._impact, columns, low=np.zeros(most.size), high=most)
        self._time = time

    def _basis(self, solver: highspy.Highs) -> highspy.HighsBasis:
        """Return the basis of all slacks, columns at their lower bounds, and the time to survive at its upper one."""
        basis = highspy.HighsBasis()
        lp = solver.getLp()
        basis.col_status = [highspy.HighsBasisStatus.kLower] * lp.num_col_
        if solver is self._survival:
            basis.col_status = [*[highspy.HighsBasisStatus.kLower] * (lp.num_col_ - 1), highspy.HighsBasisStatus.kUpper]
        basis.row_status = [highspy.HighsBasisStatus.kBasic] * lp.num_row_
        basis.valid, basis.alien = True, False
        return basis

    def _checked(self, out: Integers) -> Numbers:
        where = np.unique(out).astype(np.int32)
        if where.size and not 0 <= where[0] <= where[-1] < self._actors:
            raise UsageError(f"activities: found {where[0]} to {where[-1]}; allowed: 0 to {self._actors - 1}")
        return where
