"""Time to survive and performance impact by linear programmes that add up time (Simchi-Levi et al. 2014, 2015; METHODS 3.6).

Activities are written as what they do when nothing is out, in a steady state, plus and less a change. With nothing out no change
is needed, so an outage moves only what it touches, and only that is handed to the solver. Written in flows themselves the same
programmes would move everything, because a short time to survive lets stock replace flows everywhere.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import sparse

from chaintwin.errors import UsageError
from chaintwin.risk.stress.programmes.flows import Floats, Flows, Integers
from chaintwin.risk.stress.programmes.growing import Answer, Growing, Question
from chaintwin.risk.stress.programmes.solving import INFINITE
from chaintwin.risk.stress.programmes.steady import NOISE, Cone, Steady

LONGEST = 1e5
"""Periods beyond which nobody asks how long a network survives; it is then said to survive for ever."""

SHARE_MIN = 1e-7
"""A smaller share of what is usual is too close to what the solver takes for nothing: then none of it is missing."""

CONE_MAX = 1_000
"""Activities that may go short up to which the solver is handed all of them at once."""


class Collapsed:
    """The two linear programmes of a network, ready to be asked about one outage after the other; not by two threads at once.

    Over a time T, with x units of each activity and y units served of each stream:

    - time to survive: the largest T with taken x + rate T - given x <= stock, used x <= capacity T, x >= 0;
    - impact: the least of margin (rate T - y) with T the time to recover, y <= rate T instead.

    Both leave lead times out and are optimistic.

    Parameters
    ----------
    flows : the network.
    steady : its steady state, if that is known already; threads may share it.
    """

    def __init__(self, flows: Flows, steady: Steady | None = None) -> None:
        self.flows, self._steady = flows, steady or Steady.of(flows)
        self._actors, self._streams, self._buffers = flows.lead.size, flows.rate.size, flows.stock.size
        self._flowing = np.flatnonzero(self._steady.usual > 0)
        # Streams are measured in what they ask for in a period, and money in the largest of their margins a period.
        self._asked_for = np.where(flows.rate > 0, flows.rate, 1.0)
        self._worth = float((flows.margin * flows.rate).max(initial=0.0)) or 1.0
        self._cone = Cone(self._steady)
        self._survival, self._impact = self._survival_model(), self._impact_model()

    def time_to_survive(self, out: Integers) -> float:
        """Return the periods in which all demand is met without some activities, infinite where there is no end.

        Parameters
        ----------
        out : Integers, numbers of activities.
        """
        where, steady = self._checked(out), self._steady
        # What is out is less than usual by all that is usual, and not more.
        rows, changed = steady.without(where)
        clock = np.concatenate([steady.grown, -steady.parts[self._flowing]])
        clock[rows] = changed
        most = np.concatenate([np.full(self._actors, INFINITE), np.where(steady.parts > 0, INFINITE, 0.0)])
        most[where], most[self._actors + where] = 0.0, 0.0
        upper = np.concatenate([steady.room, np.zeros(self._flowing.size)])
        question = Question(low=np.zeros(most.size), most=most, upper=upper, clock=clock, latest=LONGEST)
        less, _ = self._cone.below(np.flatnonzero(clock[: self._buffers] > 0))
        # What goes short is most of what is asked for in the end, unless it is much of the network.
        first = np.setdiff1d(less, where) + self._actors if less.size <= CONE_MAX else less[:0]
        time = -self._survival.ask(question, first).cost
        return math.inf if time >= LONGEST * (1 - NOISE) else max(time, 0.0)

    def impact(self, out: Integers, *, time: float, share: float = 1.0) -> tuple[float, Floats]:
        """Return the margin lost while some activities are out, and Floats[D], the units that are not served.

        Parameters
        ----------
        out : Integers, numbers of activities.
        time : until they recover, periods, 0 or more.
        share : of what each of them usually does, so much is out, 0 to 1; none does more than the rest of it. 0 is no outage.
        """
        lost = self._lost(self._asked(out, time=time, share=share))
        return float(self.flows.margin @ lost), lost

    def impact_line(self, out: Integers, *, time: float, share: float = 1.0, goes_on: bool = False) -> tuple[float, float]:
        """Return the margin lost by a time, and where the line that touches it there begins.

        The margin lost is convex in the time, because the time enters nothing but the bounds of the programme. The prices of its
        rows at one time give a line that is below the margin lost at every time, and touches it at this one: its value at time 0
        is what the prices say of the stock (strong duality).

        Parameters
        ----------
        out, time, share : as for ``impact``.
        goes_on : the last question was of the same outage at another time; the solver goes on from its answer, which is quicker.

        Returns
        -------
        The margin lost, and the line at time 0, which is 0 or less.
        """
        found = self._asked(out, time=time, share=share, goes_on=goes_on)
        prices = found.prices * self._worth
        cost = float(self.flows.margin @ self._lost(found))
        return cost, min(float(prices @ self._steady.room[found.rows]), 0.0)

    def _lost(self, found: Answer) -> Floats:
        """Return Floats[D]: units not served in an answer."""
        lost, is_lost = np.zeros(self._streams), found.columns >= 2 * self._actors
        stream = found.columns[is_lost] - 2 * self._actors
        lost[stream] = np.maximum(found.values[is_lost], 0.0) * self._asked_for[stream]
        return lost

    def _asked(self, out: Integers, *, time: float, share: float, goes_on: bool = False) -> Answer:
        """Return what is optimal over a time."""
        if not 0 <= time < math.inf:
            raise UsageError(f"time to recover: found {time}; allowed: 0 or more periods")
        if not 0 <= share <= 1:
            raise UsageError(f"share that is out: found {share:g}; allowed: 0 to 1")
        where, steady = self._checked(out), self._steady
        most = np.concatenate([np.full(self._actors, INFINITE), steady.parts * time, np.where(self.flows.rate > 0, time, 0.0)])
        low = np.zeros(most.size)
        if share > 0:
            most[where] = 0.0
            share = share if share > SHARE_MIN else 0.0
            low[self._actors + where] = share * steady.parts[where] * time
        upper = steady.room - steady.grown * time
        rows, changed = steady.without(where, share=share)
        left = upper.copy()
        left[rows] = steady.room[rows] - changed * time
        short = np.flatnonzero(left[: self._buffers] < 0)
        less, lost = self._cone.below(short)
        first = np.unique(np.concatenate([where, less])) + self._actors
        first = np.concatenate([first, lost + 2 * self._actors])
        question = Question(low=low, most=most, upper=upper)
        return self._impact.ask_again(question, first) if goes_on else self._impact.ask(question, first)

    def _survival_model(self) -> Growing:
        """Return the programme of the time to survive; columns are more of each activity, then less of each."""
        matrix, flowing = self._steady.matrix, self._flowing
        own = sparse.coo_array((np.ones(flowing.size), (np.arange(flowing.size), flowing)), shape=(flowing.size, self._actors))
        rows = [sparse.hstack([matrix, -matrix]), sparse.hstack([sparse.coo_array(own.shape), own])]
        return Growing(sparse.csc_array(sparse.vstack(rows)), np.zeros(2 * self._actors))

    def _impact_model(self) -> Growing:
        """Return the programme of the impact; columns are more and less of each activity, then what is lost of each stream."""
        flows, matrix = self.flows, self._steady.matrix
        lost = (-self._asked_for / self._steady.row[flows.buffer], (flows.buffer, np.arange(self._streams)))
        columns = [matrix, -matrix, sparse.coo_array(lost, shape=(matrix.shape[0], self._streams))]
        cost = np.concatenate([np.zeros(2 * self._actors), flows.margin * self._asked_for / self._worth])
        return Growing(sparse.csc_array(sparse.hstack(columns)), cost)

    def _checked(self, out: Integers) -> Integers:
        where = np.unique(out).astype(np.int64)
        if where.size and not 0 <= where[0] <= where[-1] < self._actors:
            raise UsageError(f"activities: found {where[0]} to {where[-1]}; allowed: 0 to {self._actors - 1}")
        return where
