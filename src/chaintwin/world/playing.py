"""The world itself: one replication of a network with its true parameters, and what is really there in every period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.clock import SECOND, microseconds_of
from chaintwin.errors import UsageError
from chaintwin.network.network import Network
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.simulation.history.event_log import EventLog, log_of
from chaintwin.simulation.history.trace import Trace
from chaintwin.simulation.history.tracing import trace
from chaintwin.world.truth import play_seed

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """A world that was played.

    Parameters
    ----------
    network : with the true parameters. truth : the scenario that made it. trace, log : what happened.
    begin, length : microseconds: when period 0 begins, and how long one is.
    """

    network: Network
    truth: Scenario
    trace: Trace
    log: EventLog
    begin: int
    length: int

    @property
    def periods(self) -> int:
        """Number of periods played."""
        return self.trace.end - self.trace.begin

    def start_of(self, period: int) -> int:
        """Return when a period begins, microseconds."""
        return self.begin + period * self.length

    @property
    def points(self) -> pl.DataFrame:
        """``stock_point``, ``site``, ``product`` of every stock point in the order of the arrays."""
        return self.trace.program.names.buffers.select(
            pl.col("buffer_id").alias("stock_point"), pl.col("site_id").alias("site"), pl.col("product_id").alias("product")
        )

    @property
    def stock(self) -> Floats:
        """Floats[periods, N]: what was really on hand at the close of each period."""
        return self.trace.on_hand


def play_world(network: Network, truth: Scenario, *, periods: int, seed: int) -> World:
    """Play a network with its true parameters.

    Parameters
    ----------
    network : the project. truth : what is really so. periods : 1 or more. seed : 0 to 2**64 - 1.

    Raises
    ------
    UsageError, InputError, GraphError
        As for ``trace`` and for the scenario.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.world.truth import Spreads, draw_truth
    >>> beer = load(Example.BEER_GAME)
    >>> play_world(beer, draw_truth(beer, Spreads(), seed=1), periods=5, seed=1).stock.shape
    (5, 4)
    """
    if periods < 1:
        raise UsageError(f"periods: found {periods}; allowed: 1 or more")
    true = truth.apply(network)
    seen = trace(true, periods=periods, seed=play_seed(seed))
    midnight = datetime.combine(network.settings.start, time(tzinfo=UTC))
    length = network.settings.period.hours * 3600 * SECOND
    return World(true, truth, seen, log_of(seen), microseconds_of(midnight), length)
