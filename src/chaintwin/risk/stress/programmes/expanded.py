"""Performance impact period by period, with lead times, by a time-expanded linear programme (METHODS 3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from scipy import sparse

from chaintwin.errors import UsageError
from chaintwin.risk.stress.programmes.flows import Floats, Flows, Integers
from chaintwin.risk.stress.programmes.solving import INFINITE, model_of, set_columns, solve


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


class Expanded:
    """The most margin a network can earn in each of some periods, ready to be asked about one outage after the other.

    In each period what was started a lead time ago comes in, then activities take their inputs and streams are served, as much as
    is best for the horizon as a whole; what is not served in its period is lost. Stock is never negative, and an activity never
    does more than its resources allow in the period.

    Parameters
    ----------
    flows : the network.
    periods : of the horizon, 1 or more.
    """

    def __init__(self, flows: Flows, periods: int) -> None:
        if periods < 1:
            raise UsageError(f"horizon: found {periods} periods; allowed: 1 or more")
        self.flows, self.periods = flows, periods
        self._solver = self._model()
        solve(self._solver)
        self._basis = self._solver.getBasis()
        self._served = self._by_period()
        self._base = float(-self._solver.getInfo().objective_function_value)

    def without(self, out: Integers, *, start: int, duration: int) -> Impact:
        """Return what it costs that some activities do not start anything for a while.

        Parameters
        ----------
        out : Integers, numbers of activities.
        start, duration : first period of the outage, and periods it lasts, 0 or more.
        """
        actors = self.flows.lead.size
        which = np.unique(out)
        if which.size and not 0 <= which[0] <= which[-1] < actors:
            raise UsageError(f"activities: found {which[0]} to {which[-1]}; allowed: 0 to {actors - 1}")
        if start < 0 or duration < 0:
            raise UsageError(f"outage: found start {start} and duration {duration}; allowed: 0 or more periods")
        down = np.arange(start, min(start + duration, self.periods))
        where = (down[:, None] * actors + which).ravel().astype(np.int32)
        none = np.zeros(where.size)
        self._solver.setBasis(self._basis)
        set_columns(self._solver, where, low=none, high=none)
        solve(self._solver)
        earned, served = float(-self._solver.getInfo().objective_function_value), self._by_period()
        set_columns(self._solver, where, low=none, high=np.full(where.size, INFINITE))
        return Impact(self._base, earned, self._served - served)

    def _by_period(self) -> Floats:
        """Return Floats[periods]: units served in the last solution."""
        actors, streams = self.flows.lead.size, self.flows.rate.size
        values = np.array(self._solver.getSolution().col_value[actors * self.periods : (actors + streams) * self.periods])
        found: Floats = values.reshape(self.periods, streams).sum(axis=1)
        return found

    def _model(self) -> highspy.Highs:
        """Return the solver; columns are starts by period, then what is served by period, then stock by period."""
        flows, periods = self.flows, self.periods
        count, streams = flows.stock.size, flows.rate.size
        limited = np.flatnonzero(np.isfinite(flows.capacity))
        each = sparse.eye_array(periods)
        taken, given = sparse.kron(each, flows.taken), sparse.coo_array((count * periods, flows.lead.size * periods))
        for lead in np.unique(flows.lead[flows.lead < periods]):
            of = sparse.csc_array(flows.given * (flows.lead == lead)[None, :])
            given = given + sparse.kron(sparse.eye_array(periods, k=-int(lead)), of)
        served = sparse.coo_array((np.ones(streams), (flows.buffer, np.arange(streams))), shape=(count, streams))
        kept = sparse.eye_array(count * periods) - sparse.eye_array(count * periods, k=-count)
        balance: Any = sparse.hstack([taken - given, sparse.kron(each, served), kept])
        used: Any = sparse.kron(each, flows.used.tocsr()[limited])
        limits = sparse.hstack([used, sparse.coo_array((used.shape[0], balance.shape[1] - used.shape[1]))])
        come = np.zeros((periods, count))
        soon = flows.arriving[:, : min(periods, flows.arriving.shape[1])]
        come[: soon.shape[1]] = (flows.given @ soon).toarray().T
        come[0] += flows.stock
        upper = np.concatenate([come.ravel(), np.tile(flows.capacity[limited], periods)])
        low = np.concatenate([come.ravel(), np.full(limited.size * periods, -INFINITE)])
        actors = flows.lead.size * periods
        cost = np.concatenate([np.zeros(actors), -np.tile(flows.margin, periods), np.zeros(count * periods)])
        most = np.concatenate([np.full(actors, INFINITE), np.tile(flows.rate, periods), np.full(count * periods, INFINITE)])
        return model_of(sparse.vstack([balance, limits]), cost=cost, most=most, low=low, upper=upper)
