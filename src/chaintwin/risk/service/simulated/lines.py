"""The order lines of one replication: what a stream asks for in a period, and when what was shipped for it came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.program import Program
from chaintwin.risk.service.fifo import SLACK
from chaintwin.risk.service.perfect_order import UNITS_WITHIN
from chaintwin.simulation.history.trace import NEVER, Trace

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Order lines of one replication; arrays are [T, D], one entry a counted period and stream. No demand, no line.

    Parameters
    ----------
    ordered, kept, accepted : Floats, units: asked for; of them not lost; delivered until the last period.
    delivered : Integers, period in which the last unit of what was kept came, counted from the first counted one; ``NEVER`` where
        it had not come by the end, or all was lost.
    window : Integers[D], periods after which a delivery is late.
    owed : Floats[D], units owed when counting began; they are delivered first.
    shipped : Floats, units.
    """

    ordered: Floats
    kept: Floats
    accepted: Floats
    delivered: Integers
    window: Integers
    owed: Floats
    shipped: Floats

    @property
    def is_line(self) -> Booleans:
        """Booleans[T, D]: something was asked for."""
        found: Booleans = self.ordered > 0
        return found

    @property
    def is_in_full(self) -> Booleans:
        """Booleans[T, D]: all that was asked for came by the end of the run."""
        short = np.abs(self.ordered - self.accepted) > UNITS_WITHIN * self.ordered
        found: Booleans = self.is_line & ~short & (self.delivered != NEVER)
        return found

    @property
    def is_on_time(self) -> Booleans:
        """Booleans[T, D]: what was not lost came within the window. A line that did not come is late."""
        latest = np.arange(len(self.ordered))[:, None] + self.window
        found: Booleans = self.is_line & (self.delivered != NEVER) & (self.delivered <= latest)
        return found

    def served_within(self, wait: Integers | int) -> Floats:
        """Return Floats[T, D]: units of each line that came at most so many periods after they were asked for.

        Parameters
        ----------
        wait : periods, 0 or more, for all streams or each. After the last period nothing comes.
        """
        count, streams = self.ordered.shape
        last = np.minimum(np.arange(count)[:, None] + np.broadcast_to(np.asarray(wait), streams), count - 1)
        until = np.take_along_axis(np.cumsum(self.shipped, axis=0), last, axis=0)
        earlier = self.owed + np.cumsum(self.kept, axis=0) - self.kept
        served: Floats = np.minimum(np.maximum(until - earlier, 0.0), self.kept)
        return served


def lines_of(trace: Trace, *, warm_up: int = 0) -> Lines:
    """Return the order lines of a replication: one a stream and period with demand.

    Deliveries are for the oldest demand of their stream that is still owed; what is lost is of the demand of its own period
    (decision 15).

    Parameters
    ----------
    trace : the replication.
    warm_up : periods at its start that do not count, fewer than it has.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.simulation import trace
    >>> lines = lines_of(trace(load(Example.BEER_GAME), periods=20), warm_up=16)
    >>> lines.ordered[:, 0].tolist(), lines.delivered[:, 0].tolist()
    ([8.0, 8.0, 8.0, 8.0], [0, 1, 2, -1])

    Source: METHODS 5.2.
    """
    asked, shipped = trace.demand[warm_up:], trace.shipped[warm_up:]
    kept = np.maximum(asked - trace.lost[warm_up:], 0.0)
    owed = (trace.backlog[warm_up - 1] if warm_up else trace.state.backlog).astype(np.float64)
    done = np.cumsum(shipped, axis=0)
    needed = owed + np.cumsum(kept, axis=0)
    # Sums of many periods are rounded, and a line must not stay open for its last bit.
    slack = SLACK * np.maximum(needed[-1], 1.0)
    kept = np.where(kept > slack, kept, 0.0)
    delivered = np.full(asked.shape, NEVER, dtype=np.int64)
    periods = np.arange(len(asked))
    for stream in range(asked.shape[1]):
        came = np.searchsorted(done[:, stream], needed[:, stream] - slack[stream])
        is_there = (came < len(asked)) & (kept[:, stream] > 0)
        delivered[is_there, stream] = np.maximum(came, periods)[is_there]
    accepted = np.minimum(np.maximum(done[-1] - (needed - kept), 0.0), kept)
    accepted = np.where(delivered == NEVER, accepted, kept)
    return Lines(asked, kept, accepted, delivered, trace.program.streams.window, owed, shipped)


def order_table(lines: Lines, program: Program, *, orders: pl.Series) -> pl.DataFrame:
    """Return the lines as a table for `judge_orders`. What a simulation cannot break is right in each line.

    Parameters
    ----------
    lines : of one replication.
    program : what was run.
    orders : String[D], whose order each stream's line belongs to; lines of one period and value are one order.

    Returns
    -------
    One row a line, by period and stream: ``order_id``, ``stream_id``, ``ordered_units``, ``accepted_units``, ``committed``,
    ``delivered`` (empty: did not come), and the flags of `judge_orders`.
    """
    period, stream = np.nonzero(lines.is_line)
    delivered = lines.delivered[period, stream]
    table = pl.DataFrame(
        {
            "period": period,
            "customer": orders.gather(stream),
            "stream_id": program.names.streams["stream_id"].gather(stream),
            "ordered_units": lines.ordered[period, stream],
            "accepted_units": lines.accepted[period, stream],
            "committed": period + lines.window[stream],
            "delivered": delivered,
        }
    )
    came = pl.col("delivered")
    flags = [pl.lit(value=True).alias(f"is_{name}_right") for name in ("document", "condition", "place", "product")]
    return table.select(
        pl.concat_str("customer", "period", separator=" ").alias("order_id"),
        pl.exclude("period", "customer", "delivered"),
        pl.when(came != NEVER).then(came).alias("delivered"),
        *flags,
    )
