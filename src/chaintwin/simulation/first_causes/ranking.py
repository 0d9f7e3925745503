"""Ranks the first causes of what is late, over some replications."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse

from chaintwin.errors import UsageError
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.state import State
from chaintwin.simulation.first_causes.tracing_back import MEASURES, attributed, cause_index
from chaintwin.simulation.history.tracing import TRACE_BYTES, traces

BATCH_BYTES = TRACE_BYTES // 8
"""Traces kept at once take about as much."""

KEY = ("cause", "entity_id", "disruption_id")
"""What a cause is told apart by."""


@dataclass(frozen=True, slots=True)
class Causes:
    """Where service was lost and why.

    Parameters
    ----------
    by_stream : one row a stream and cause: ``stream_id``, ``cause`` (a ``Cause``), ``entity_id`` (the stock point, activity,
        resource or stream it lies with), ``disruption_id`` (its name, where the cause is one), and what is attributed to it,
        means of a replication over the counted periods: ``late_units`` not served at once, ``late_unit_periods`` owed at
        closes, ``lost_units``, ``cost`` of backlog and lost sales; most late first.
    by_cause : the same over all streams, with ``share`` of the late units, 0 to 1.
    seed, replications, begin, end : what was looked at; ``begin`` and ``end`` of the counted periods.
    currency, period : units of money and time, empty where a program was given.
    """

    by_stream: pl.DataFrame
    by_cause: pl.DataFrame
    seed: int
    replications: int
    begin: int
    end: int
    currency: str
    period: str


def causes(
    network: Network | Program,
    *,
    state: State | None = None,
    periods: int | None = None,
    warm_up: int | None = None,
    replications: int = 16,
    seed: int = 0,
) -> Causes:
    """Return where service is lost and why: every late unit is attributed to its first causes, found by walking upstream.

    Parameters
    ----------
    network : what is simulated, or its program.
    state : where to start; the network's own first stock by default.
    periods : periods that count; the project's horizon by default.
    warm_up : periods before them; by default the project's, or none where a state is given.
    replications : runs that are looked at, 1 or more, the first of the seed.
    seed : 0 to 2**64 - 1.

    Raises
    ------
    UsageError
        An argument is out of range, or the traces would not fit into memory.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> found = causes(load(Example.BEER_GAME), periods=36, replications=1)
    >>> found.by_cause["cause"][0]
    'level'
    """
    if isinstance(network, Network):
        settings = network.settings
        periods = settings.horizon if periods is None else periods
        warm_up = (0 if state else settings.warm_up) if warm_up is None else warm_up
    warm_up = warm_up or 0
    for name, value, least in (("periods", periods or 0, 1), ("warm_up", warm_up, 0), ("replications", replications, 1)):
        if value < least:
            raise UsageError(f"{name}: found {value}; allowed: {least} or more")
    length = warm_up + (periods or 0)
    begin = (0 if state is None else state.period) + warm_up
    program = network if isinstance(network, Program) else network.compile(periods=begin + (periods or 0))
    batch = max(1, BATCH_BYTES // max(1, 8 * length * 3 * sum(program.counts)))
    total: sparse.csr_array | None = None
    for first in range(0, replications, batch):
        count = min(batch, replications - first)
        for seen in traces(program, state=state, periods=length, first=first, count=count, seed=seed):
            mine = attributed(seen, counted_from=begin)
            total = mine if total is None else sparse.csr_array(total + mine)
    assert total is not None, "there is at least one replication"
    by_stream = _frame(program, total, replications=replications)
    return Causes(
        by_stream=by_stream,
        by_cause=_ranked(by_stream),
        seed=seed,
        replications=replications,
        begin=begin,
        end=begin + (periods or 0),
        currency=network.settings.currency if isinstance(network, Network) else "",
        period=network.settings.period.value if isinstance(network, Network) else "",
    )


def _frame(program: Program, total: sparse.csr_array, *, replications: int) -> pl.DataFrame:
    """Return a row for each stream and cause that has anything."""
    entries = sparse.coo_array(total)
    kinds, ids, disruptions = cause_index(program)
    streams = program.counts[2]
    row, cause = entries.coords
    flat = pl.DataFrame(
        {
            "stream": row % max(streams, 1),
            "which": np.asarray(cause, dtype=np.int64),
            "measure": pl.Series([MEASURES[number] for number in (row // max(streams, 1)).tolist()], dtype=pl.String),
            "value": entries.data / replications,
        }
    )
    index = ["stream", "which"]
    columns = [pl.col("value").filter(pl.col("measure") == name).sum().alias(name) for name in MEASURES]
    wide = flat.group_by(index, maintain_order=True).agg(columns)
    names = program.names.streams["stream_id"]
    found = wide.select(
        stream_id=pl.Series(names.gather(wide["stream"]), dtype=pl.String),
        cause=pl.Series([kinds[number].value for number in wide["which"]], dtype=pl.String),
        entity_id=pl.Series([ids[number] for number in wide["which"]], dtype=pl.String),
        disruption_id=pl.Series([disruptions[number] for number in wide["which"]], dtype=pl.String),
        **{name: pl.col(name) for name in MEASURES},
    )
    return found.sort([*MEASURES, "stream_id", *KEY], descending=[True] * len(MEASURES) + [False] * (1 + len(KEY)))


def _ranked(by_stream: pl.DataFrame) -> pl.DataFrame:
    """Return what each cause comes to over all streams."""
    total = by_stream["late_units"].sum()
    found = by_stream.group_by(KEY, maintain_order=True).agg(pl.col(list(MEASURES)).sum())
    share = pl.col("late_units") / total if total > 0 else pl.lit(0.0)
    return found.with_columns(share=share).sort([*MEASURES, *KEY], descending=[True] * len(MEASURES) + [False] * len(KEY))
