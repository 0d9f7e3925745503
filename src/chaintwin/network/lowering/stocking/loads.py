"""Mean demand on every stock point: what streams ask for, carried upstream through shares, bills and yields."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.lowering.arcs import Arcs, places
from chaintwin.network.lowering.sourcing.activities import ActivityRows
from chaintwin.network.lowering.sourcing.supply import PAIR

Floats = NDArray[np.float64]

SWEEPS = 256
"""Most sweeps upstream. A chain needs one a stage; a loop that returns part of its flow converges, one that returns all never
does."""


@dataclass(frozen=True, slots=True)
class Loads:
    """Means and variances a period.

    Parameters
    ----------
    points : ``site_id``, ``product_id``, ``mean``, ``variance`` (units a period), in the order given.
    activities : ``activity_id``, ``activity_mean`` (units of activity a period), in the order given.
    """

    points: pl.DataFrame
    activities: pl.DataFrame


def mean_loads(points: pl.DataFrame, found: ActivityRows, *, arcs: Arcs, streams: pl.DataFrame) -> Loads:
    """Return how much passes through stock points and activities on average if nothing is ever short.

    Streams are taken as independent, so variances add, and a share f of a flow carries f² of its variance. Capacity and order
    sizes play no part. By-products do not lower what is ordered elsewhere.

    Parameters
    ----------
    points : ``site_id``, ``product_id``, sorted, each pair once.
    found : activities, with shares that sum to one.
    arcs : of the activities between the points.
    streams : ``site_id``, ``product_id``, ``mean``, ``variance``, in a fixed order.
    """
    ordered = found.activities["share"].to_numpy() / found.activities["yield_rate"].to_numpy()
    factor = found.inputs["quantity"].to_numpy() * ordered[arcs.input_activity]
    at = places(streams, points)
    mean = _sweep(_summed(at, streams["mean"], points), arcs, factor=factor)
    variance = _sweep(_summed(at, streams["variance"], points), arcs, factor=factor**2)
    return Loads(
        points.with_columns(pl.Series("mean", mean), pl.Series("variance", variance)),
        found.activities.select("activity_id", activity_mean=pl.Series(ordered * mean[arcs.main])),
    )


def dependent_value(points: pl.DataFrame, found: ActivityRows, *, arcs: Arcs, streams: pl.DataFrame) -> pl.DataFrame:
    """Return how much of the value of demand a period hangs on each stock point.

    The value passes upstream with the shares of the sources. Each input of a recipe carries the whole value of what is made:
    without it nothing is made. A part that is needed on two ways counts twice.

    Parameters
    ----------
    points, found, arcs : as for ``mean_loads``.
    streams : ``site_id``, ``product_id``, ``value`` (money a period).

    Returns
    -------
    ``site_id``, ``product_id``, ``value``, in the order of ``points``.
    """
    share = found.activities["share"].to_numpy()[arcs.input_activity]
    own = _summed(places(streams, points), streams["value"], points)
    return points.select(PAIR).with_columns(value=pl.Series(_sweep(own, arcs, factor=share)))


def _summed(at: NDArray[np.int64], values: pl.Series, points: pl.DataFrame) -> Floats:
    return np.bincount(at, weights=values.to_numpy(), minlength=points.height).astype(np.float64)


def _sweep(own: Floats, arcs: Arcs, *, factor: Floats) -> Floats:
    target = arcs.main[arcs.input_activity]
    total = own
    for _ in range(SWEEPS):
        new = own + np.bincount(arcs.input_point, weights=factor * total[target], minlength=own.size)
        if np.allclose(new, total, rtol=1e-12, atol=0.0):
            return new
        total = new
    return total
