"""Activities and stock points by number, for what is computed along the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.lowering.sourcing.activities import ActivityRows
from chaintwin.network.lowering.sourcing.supply import PAIR

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arcs:
    """What goes into and comes out of activities; numbers are places in the sorted stock points and activities.

    Parameters
    ----------
    main : stock point of the main output of each activity.
    input_activity, input_point : one entry an input.
    beside_activity, beside_point : one entry a by-product.
    """

    main: Integers
    input_activity: Integers
    input_point: Integers
    beside_activity: Integers
    beside_point: Integers

    @staticmethod
    def of(points: pl.DataFrame, found: ActivityRows) -> Arcs:
        """Return the arcs of activities between stock points."""
        main = places(found.activities, points)
        beside = found.outputs.filter(~pl.col("is_main"))
        return Arcs(main, _numbers(found.inputs), places(found.inputs, points), _numbers(beside), places(beside, points))


def places(frame: pl.DataFrame, points: pl.DataFrame) -> Integers:
    """Return for each row the place of its stock point.

    Parameters
    ----------
    frame : ``site_id``, ``product_id``.
    points : the stock points, each pair once.
    """
    numbered = points.select(PAIR).with_row_index("place")
    joined = frame.select(PAIR).join(numbered, on=PAIR, how="left", maintain_order="left")
    return joined["place"].to_numpy().astype(np.int64)


def _numbers(frame: pl.DataFrame) -> Integers:
    return frame["activity"].to_numpy().astype(np.int64)
