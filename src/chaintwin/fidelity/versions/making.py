"""A version made of a log: what the log shows up to a moment, fitted anew and judged against what was in use then.

Where nobody tells what customers asked for, demand is read from sales: those of periods that end without stock are lower bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from chaintwin.fidelity.backcasting.past import Past, past_of
from chaintwin.fidelity.calibration.fitting import Fitting, fit_demand_behind_stockouts
from chaintwin.fidelity.calibration.lanes import Calendar
from chaintwin.fidelity.calibration.observations import Observations
from chaintwin.fidelity.calibration.parameters import Parameter
from chaintwin.fidelity.versions.gathering import gathered
from chaintwin.fidelity.versions.looking import Described, version_at
from chaintwin.fidelity.versions.refitting import InUse, Refit, refit
from chaintwin.store.interface import Store
from chaintwin.twin.naming.networks import InForce

PERIODS_LEAST = 20
"""With fewer periods in which stock was left nothing is said of a demand."""

EMPTY = 1e-6
"""Stock of less than this, relative to what was sold, is none."""

DRAWS = 64
"""Draws of each parameter that a version holds."""


@dataclass(frozen=True, slots=True)
class Made:
    """A version, used or refused, and what it was made in place of.

    Parameters
    ----------
    refit : what came of it. in_use : what was in use before. described : the network in force.
    """

    refit: Refit
    in_use: InUse
    described: Described


def make_version(
    store: Store,
    in_force: InForce,
    *,
    until: int,
    fitting: Fitting,
    since: int | None = None,
    is_taken: bool = False,
    note: str = "",
) -> Made:
    """Fit parameters to a log and decide which of them are used; nothing is kept.

    Parameters
    ----------
    store : the log. in_force : network, and the names it gives. until : event time, microseconds; later events do not count.
    fitting, since, is_taken, note : as for ``refit``.
    """
    calendar = Calendar.of(in_force.network.settings)
    described = Described.of(in_force.network, reach=calendar.period_of(until) + 1)
    seen = gathered(store, in_force, program=described.program, until=until)
    used = described.in_use(version_at(store, until))
    demands = _demands(store, described, seen, until=until, fitting=fitting)
    found = refit(seen, used, now=until, fitting=fitting, demands=demands, since=since, is_taken=is_taken, note=note)
    return Made(found, used, described)


def fit_sales(past: Past, points: Sequence[str], *, calendar: Calendar, fitting: Fitting) -> Iterator[Parameter]:
    """Yield the demand of every stock point that sold and of which nobody told what was asked for.

    Parameters
    ----------
    past : of the log. points : ids of the stock points by index. calendar : of the project. fitting : how.

    Source: METHODS 7.2; Tobin 1958.
    """
    since, until = calendar.start_of(past.first), calendar.start_of(past.end)
    for place in np.flatnonzero((past.sold.sum(axis=0) > 0.0) & ~past.asked).tolist():
        sales = past.sold[:, place]
        is_empty = past.stock[:, place] <= EMPTY * np.maximum(sales, 1.0)
        if int((~is_empty).sum()) >= PERIODS_LEAST:
            yield fit_demand_behind_stockouts(
                sales, is_empty, stock_point=points[place], fitting=fitting, since=since, until=until
            )


def _demands(store: Store, described: Described, seen: Observations, *, until: int, fitting: Fitting) -> list[Parameter]:
    """Return the demand behind sales, where nobody tells what customers asked for."""
    if seen.asks or not seen.sells:
        return []
    past = past_of(store, described.network, program=described.program, until=until)
    points = described.program.names.buffers["buffer_id"].to_list()
    return list(fit_sales(past, points, calendar=seen.calendar, fitting=fitting))
