"""Performance impact period by period, with lead times, by a time-expanded linear programme (METHODS 3.6).

As in ``collapsed``, activities are written as what they do in the steady state, plus and less a change in each period. What is
usual leaves enough stock nearly everywhere, so only a zone around an outage has to be looked at. The prices of the zone's rows
say whether an activity outside would help; the zone grows until none does. What was found is then optimal for the whole network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from chaintwin.errors import UsageError
from chaintwin.risk.stress.programmes.flows import Floats, Flows, Integers
from chaintwin.risk.stress.programmes.solving import INFINITE, model_of, solve
from chaintwin.risk.stress.programmes.steady import NOISE, Cone, Steady


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


@dataclass(frozen=True, slots=True)
class _Down:
    """Activities that start nothing in some periods."""

    which: Integers
    periods: Integers


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
    """

    def __init__(self, flows: Flows, periods: int, steady: Steady | None = None) -> None:
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
        self._stock = self._usual_stock()
        self._short = np.flatnonzero(self._stock.min(axis=0) < 0)
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
        idle = not (self._steady.usual[down.which] > 0).any() or not down.periods.size
        if idle and not self._short.size:
            return np.zeros((self.periods, flows.rate.size))
        given = np.unique(flows.given[:, down.which].indices).astype(np.int64)
        less, _ = self._cone.below(np.union1d(given, self._short))
        cone = np.union1d(less, down.which)
        buffers = np.union1d(np.unique(flows.given[:, cone].indices), np.union1d(given, self._short))
        # Those who give to what goes short may give more.
        givers = np.unique(sparse.csr_array(flows.given)[buffers].indices)
        zone = np.union1d(cone, givers).astype(np.int64)
        while True:
            lost, more = self._in_zone(zone, down)
            if not more.size:
                return lost
            zone = np.union1d(zone, more)

    def _in_zone(self, zone: Integers, down: _Down) -> tuple[Floats, Integers]:
        """Return what is lost if only a zone changes what it does, and activities outside that would help."""
        flows, periods = self.flows, self.periods
        touched = np.concatenate([flows.taken[:, zone].indices, flows.given[:, zone].indices])
        buffers = np.union1d(touched, self._short).astype(np.int64)
        resources = np.unique(self._used[:, zone].indices).astype(np.int64)
        streams = np.flatnonzero(np.isin(flows.buffer, buffers))
        matrix, upper = self._matrix(zone, buffers, resources=resources, streams=streams)
        usual = np.tile(self._steady.usual[zone], periods).reshape(periods, zone.size)
        most_more, least_less = np.full(usual.shape, INFINITE), np.zeros(usual.shape)
        cells = np.ix_(down.periods, np.flatnonzero(np.isin(zone, down.which)))
        most_more[cells], least_less[cells] = 0.0, usual[cells]
        rate = np.tile(flows.rate[streams], periods)
        stock = self._stock[:, buffers].ravel()
        none = np.zeros(usual.size)
        solver = model_of(
            matrix,
            cost=np.concatenate([none, none, np.tile(flows.margin[streams], periods), np.zeros(stock.size)]),
            least=np.concatenate([none, least_less.ravel(), np.zeros(rate.size), -stock]),
            most=np.concatenate([most_more.ravel(), usual.ravel(), rate, np.full(stock.size, INFINITE)]),
            upper=upper,
        )
        solve(solver)
        found = solver.getSolution()
        lost = np.zeros((periods, flows.rate.size))
        values = np.array(found.col_value)[2 * usual.size : 2 * usual.size + rate.size]
        lost[:, streams] = np.maximum(values, 0.0).reshape(periods, streams.size)
        prices = np.array(found.row_dual)
        of_stock = prices[: stock.size].reshape(periods, buffers.size)
        of_use = prices[stock.size :].reshape(periods, resources.size)
        return lost, self._helping(zone, (buffers, of_stock), uses=(resources, of_use))

    def _matrix(self, zone: Integers, buffers: Integers, *, resources: Integers, streams: Integers) -> tuple[Any, Floats]:
        """Return the rows of buffers, then of resources, by period, and what they allow.

        Columns are more and less of each activity by period, what is lost by period, and what the stock is above the usual one.
        """
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

    def _helping(self, zone: Integers, stock: tuple[Integers, Floats], *, uses: tuple[Integers, Floats]) -> Integers:
        """Return activities outside a zone of which more or less in some period would cost less, at the zone's prices."""
        flows, periods = self.flows, self.periods
        buffers, of_stock = stock
        resources, of_use = uses
        near = [self._touches[buffers[(of_stock != 0).any(axis=0)]].indices]
        near.append(self._users[resources[(of_use != 0).any(axis=0)]].indices)
        others = np.setdiff1d(np.concatenate(near), zone).astype(np.int64)
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
