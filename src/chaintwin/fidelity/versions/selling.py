"""Demand behind sales: where nobody tells what customers asked for, what was sold in periods without stock is a lower bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chaintwin.fidelity.backcasting.past import Past
from chaintwin.fidelity.calibration.fitting import Fitting, fit_demand_behind_stockouts
from chaintwin.fidelity.calibration.lanes import Calendar
from chaintwin.fidelity.calibration.parameters import Parameter

PERIODS_LEAST = 20
"""With fewer periods in which stock was left nothing is said of a demand."""

EMPTY = 1e-6
"""Stock of less than this, relative to what was sold, is none."""


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
