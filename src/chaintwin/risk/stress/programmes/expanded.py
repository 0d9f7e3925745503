"""Performance impact period by period, with lead times, by a time-expanded linear programme (METHODS 3.6).

As in ``collapsed``, activities are written as what they do in the steady state, plus and less a change in each period. What is
usual leaves enough stock nearly everywhere, so only a zone around an outage has to be looked at. The prices of the zone's rows
say whether an activity outside would help; the zone grows until none does. What was found is then optimal for the whole network.
A network that starts with too little stock for what is usual is short in much of it before anything is out. Then the whole of it
is solved once, and each outage changes its bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from scipy import sparse

from chaintwin.errors import UsageError
from chaintwin.risk.stress.programmes.flows import Floats, Flows, Integers
from chaintwin.risk.stress.programmes.solving import INFINITE, ask, model_of, set_columns, solve
from chaintwin.risk.stress.programmes.steady import NOISE, Cone, Steady

WHOLE_MAX = 60_000
"""Stock points times periods up to which a whole network is solved; more take many minutes."""

WHOLE_FROM = 0.5
"""Part of all activities that is short with nothing out from which on the whole network is solved at once."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What an outage costs over a horizon.

    Parameters
    ----------
    base, disrupted : margin earned with nothing out, and with the outage.
    lost : Floats[periods], units that the outage keeps from being served, over all streams, by period; below 0 where it only
        puts off what is served.
    """

    base: float
    disrupted: float
    lost: Floats

    @property
    def impact(self) -> float:
        """Margin lost."""
        return max(self.base - self.disrupted, 0.0)


class TooShortError(UsageError):
    """A network starts with too little stock to be looked at period by period.

    Parameters
    ----------
    short : stock points that are short with nothing out.
    """

    def __init__(self, short: int) -> None:
        super().__init__(
            f"impact by period: found {short} stock points that start with less than is usual until the first goods come; "
            "allowed: a network that has run; fix: start from a state"
        )
        self.short = short


@dataclass(frozen=True, slots=True)
class _Down:
    """Activities that start nothing in some periods."""

    which: Integers
    periods: Integers


@dataclass(frozen=True, slots=True)
class _Zone:
    """Activities with all that they touch, and the solver of their programme.

    Columns are more and less of each activity by period, what is lost by period, and what the stock is above the usual one.
    """

    activities: Integers
    buffers: Integers
    resources: Integers
    streams: Integers
    usual: Floats
    solver: highspy.Highs

    def shut(self, down: _Down, *, periods: int, is_shut: bool = True) -> None:
        """Let the activities that are down do nothing in their periods, or let them go on."""
        at = np.flatnonzero(np.isin(self.activities, down.which))
        where = (down.periods[:, None] * self.activities.size + at).ravel().astype(np.int32)
        usual, none = np.tile(self.usual[at], down.periods.size), np.zeros(where.size)
        all_activities = np.int32(periods * self.activities.size)
        set_columns(self.solver, where, low=none, high=none if is_shut else np.full(where.size, INFINITE))
        set_columns(self.solver, where + all_activities, low=usual if is_shut else none, high=usual)


class Expanded:
    """The most margin a network can earn in each of some periods, ready to be asked about one outage after the other.

    In each period what was started a lead time ago comes in, then activities take their inputs and streams are served, as much as
    is best for the horizon as a whole; what is not served in its period is lost. Stock is never negative, and an activity never
    does more than its resources allow in the period.

    Parameters
    ----------
    flows : the network.
    periods : of the horizon, 1 or more.
    steady : its steady state, if that is known already.

    Raises
    ------
    TooShortError
        The network is large and starts with so little stock that most of it is short with nothing out.
    """

    def __init__(self, flows: Flows, periods: int, *, steady: Steady | None = None) -> None:
        if periods < 1:
            raise UsageError(f"horizon: found {periods} periods; allowed: 1 or more")
        self.flows, self.periods = flows, periods
        self._steady = steady or Steady.of(flows)
        self._cone = Cone(self._steady)
        self._limited = np.flatnonzero(np.isfinite(flows.capacity))
        self._used = sparse.csc_array(flows.used.tocsr()[self._limited])
        self._free = np.maximum(flows.capacity[self._limited] - self._used @ self._steady.usual, 0.0)
        self._touches = sparse.csr_array(abs(flows.taken) + abs(flows.given))
        self._users = sparse.csr_array(self._used)
        self._unit = float(flows.rate.max(initial=0.0)) or 1.0
        self._stock = self._usual_stock()
        self._short = np.flatnonzero(self._stock.min(axis=0) < 0)
        less, _ = self._cone.below(self._short)
        if less.size > WHOLE_FROM * flows.lead.size and self._stock.size > WHOLE_MAX:
            raise TooShortError(self._short.size)
        self._whole = self._solved_whole() if less.size > WHOLE_FROM * flows.lead.size else None
        nobody = np.zeros(0, dtype=np.int64)
        self._lost = self._least_lost(_Down(nobody, nobody))

    def without(self, out: Integers, *, start: int, duration: int) -> Impact:
        """Return what it costs that some activities do not start anything for a while.

        Parameters
        ----------
        out : Integers, numbers of activities.
        start, duration : first period of the outage, and periods it lasts, 0 or more.
        """
        actors = self.flows.lead.size
        which = np.unique(out).astype(np.int64)
        if which.size and not 0 <= which[0] <= which[-1] < actors:
            raise UsageError(f"activities: found {which[0]} to {which[-1]}; allowed: 0 to {actors - 1}")
        if start < 0 or duration < 0:
            raise UsageError(f"outage: found start {start} and duration {duration}; allowed: 0 or more periods")
        lost = self._least_lost(_Down(which, np.arange(start, min(start + duration, self.periods))))
        margin, rate = self.flows.margin, self.flows.rate
        most = float(margin @ rate) * self.periods
        earned = [most - float(margin @ each.sum(axis=0)) for each in (self._lost, lost)]
        return Impact(earned[0], earned[1], (lost - self._lost).sum(axis=1))

    def _usual_stock(self) -> Floats:
        """Return Floats[periods, N]: stock at each close if all do what is usual; below 0 where that is too much."""
        flows, periods, usual = self.flows, self.periods, self._steady.usual
        moved = np.zeros((periods, flows.stock.size))
        soon = flows.arriving[:, : min(periods, flows.arriving.shape[1])]
        moved[: soon.shape[1]] = (flows.given @ soon).toarray().T
        moved[0] += flows.stock
        moved -= flows.taken @ usual + np.bincount(flows.buffer, weights=flows.rate, minlength=flows.stock.size)
        for lead in np.unique(flows.lead[flows.lead < periods]):
            moved[lead:] += flows.given @ np.where(flows.lead == lead, usual, 0.0)
        stock = np.cumsum(moved, axis=0)
        # What is only rounding is no shortage.
        scale = np.cumsum(np.abs(moved), axis=0)
        found: Floats = np.where(np.abs(stock) <= NOISE * scale, 0.0, stock)
        return found

    def _least_lost(self, down: _Down) -> Floats:
        """Return Floats[periods, D]: units not served, where as little margin is lost as can be."""
        flows = self.flows
        if self._whole is not None:
            zone, basis = self._whole
            ask(zone.solver.setBasis(basis))
            zone.shut(down, periods=self.periods)
            solve(zone.solver)
            lost = self._lost_in(zone)
            zone.shut(down, periods=self.periods, is_shut=False)
            return lost
        idle = not (self._steady.usual[down.which] > 0).any() or not down.periods.size
        if idle and not self._short.size:
            return np.zeros((self.periods, flows.rate.size))
        given = np.unique(flows.given[:, down.which].indices).astype(np.int64)
        less, _ = self._cone.below(np.union1d(given, self._short))
        cone = np.union1d(less, down.which)
        buffers = np.union1d(np.unique(flows.given[:, cone].indices), np.union1d(given, self._short))
        # Those who give to what goes short may give more.
        givers = np.unique(sparse.csr_array(flows.given)[buffers].indices)
        activities = np.union1d(cone, givers).astype(np.int64)
        while True:
            zone = self._zone(activities)
            zone.shut(down, periods=self.periods)
            solve(zone.solver)
            more = self._helping(zone)
            if not more.size:
                return self._lost_in(zone)
            activities = np.union1d(activities, more)

    def _solved_whole(self) -> tuple[_Zone, highspy.HighsBasis]:
        """Return the programme of the whole network, and the basis of its optimum with nothing out."""
        zone = self._zone(np.arange(self.flows.lead.size))
        # Once from nothing, for which an interior point method is best; from its basis on the simplex method is.
        for options in ((("presolve", "on"), ("solver", "ipm")), (("presolve", "off"), ("solver", "simplex"))):
            for name, value in options:
                ask(zone.solver.setOptionValue(name, value))
            solve(zone.solver)
        return zone, zone.solver.getBasis()

    def _zone(self, activities: Integers) -> _Zone:
        """Return the programme in which only some activities change what they do."""
        flows, periods = self.flows, self.periods
        touched = np.concatenate([flows.taken[:, activities].indices, flows.given[:, activities].indices])
        buffers = np.union1d(touched, self._short).astype(np.int64)
        resources = np.unique(self._used[:, activities].indices).astype(np.int64)
        streams = np.flatnonzero(np.isin(flows.buffer, buffers))
        matrix, upper = self._matrix(activities, buffers, resources=resources, streams=streams)
        # In the largest rate and the largest margin, so that no unit is too small for the solver.
        usual, margin = (
            self._steady.usual[activities] / self._unit,
            flows.margin[streams] / (flows.margin.max(initial=0.0) or 1.0),
        )
        each = np.tile(usual, periods)
        rate, stock = np.tile(flows.rate[streams] / self._unit, periods), self._stock[:, buffers].ravel()
        solver = model_of(
            matrix,
            cost=np.concatenate([np.zeros(2 * each.size), np.tile(margin, periods), np.zeros(stock.size)]),
            least=np.concatenate([np.zeros(2 * each.size + rate.size), -stock / self._unit]),
            most=np.concatenate([np.full(each.size, INFINITE), each, rate, np.full(stock.size, INFINITE)]),
            upper=upper / self._unit,
        )
        return _Zone(activities, buffers, resources, streams, usual, solver)

    def _lost_in(self, zone: _Zone) -> Floats:
        """Return Floats[periods, D]: units not served in the last solution of a zone."""
        lost = np.zeros((self.periods, self.flows.rate.size))
        first, count = 2 * self.periods * zone.activities.size, self.periods * zone.streams.size
        values = np.array(zone.solver.getSolution().col_value[first : first + count])
        lost[:, zone.streams] = self._unit * np.maximum(values, 0.0).reshape(self.periods, zone.streams.size)
        return lost

    def _matrix(self, zone: Integers, buffers: Integers, *, resources: Integers, streams: Integers) -> tuple[Any, Floats]:
        """Return the rows of buffers, then of resources, by period, and what they allow."""
        flows, periods = self.flows, self.periods
        each = sparse.eye_array(periods)
        taken, given = flows.taken[:, zone].tocsr()[buffers], flows.given[:, zone].tocsr()[buffers]
        balance: Any = sparse.kron(each, taken)
        lead = flows.lead[zone]
        for ahead in np.unique(lead[lead < periods]):
            of = sparse.csr_array(given * (lead == ahead)[None, :])
            balance = balance - sparse.kron(sparse.eye_array(periods, k=-int(ahead)), of)
        at = np.searchsorted(buffers, flows.buffer[streams])
        served = sparse.coo_array((np.ones(streams.size), (at, np.arange(streams.size))), shape=(buffers.size, streams.size))
        count = buffers.size
        kept = sparse.eye_array(count * periods) - sparse.eye_array(count * periods, k=-count)
        used: Any = sparse.kron(each, self._used[:, zone].tocsr()[resources])
        rows = [sparse.hstack([balance, -balance, -sparse.kron(each, served), kept])]
        rest = count * periods + streams.size * periods
        rows.append(sparse.hstack([used, -used, sparse.coo_array((used.shape[0], rest))]))
        upper = np.concatenate([np.zeros(count * periods), np.tile(self._free[resources], periods)])
        return sparse.vstack(rows), upper

    def _helping(self, zone: _Zone) -> Integers:
        """Return activities outside a zone of which more or less in some period would cost less, at the zone's prices."""
        flows, periods, buffers, resources = self.flows, self.periods, zone.buffers, zone.resources
        prices = np.array(zone.solver.getSolution().row_dual)
        of_stock = prices[: periods * buffers.size].reshape(periods, buffers.size)
        of_use = prices[periods * buffers.size :].reshape(periods, resources.size)
        near = [self._touches[buffers[(of_stock != 0).any(axis=0)]].indices]
        near.append(self._users[resources[(of_use != 0).any(axis=0)]].indices)
        others = np.setdiff1d(np.concatenate(near), zone.activities).astype(np.int64)
        if not others.size:
            return others
        taken, given = flows.taken[:, others].tocsr()[buffers], flows.given[:, others].tocsr()[buffers]
        used = self._used[:, others].tocsr()[resources]
        worth, size = of_stock @ taken + of_use @ used, np.abs(of_stock) @ abs(taken) + np.abs(of_use) @ used
        lead = flows.lead[others]
        for ahead in np.unique(lead[lead < periods]):
            which = np.flatnonzero(lead == ahead)
            worth[: periods - ahead, which] -= of_stock[ahead:] @ given[:, which]
            size[: periods - ahead, which] += np.abs(of_stock[ahead:]) @ abs(given[:, which])
        helps = (worth > NOISE * size).any(axis=0)
        helps |= (worth < -NOISE * size).any(axis=0) & (self._steady.usual[others] > 0)
        found: Integers = others[helps]
        return found
