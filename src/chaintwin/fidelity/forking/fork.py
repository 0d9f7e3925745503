"""A fork: what the coming days may bring, from a state of the live twin on, as stock, service and shortages with dates."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from chaintwin.errors import UsageError
from chaintwin.fidelity.forking.drawing import Compiling, Drawing
from chaintwin.fidelity.forking.recording import Recorded, record
from chaintwin.fidelity.versions.applying import Applied
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.state import State
from chaintwin.simulation.simulating import Setup, set_up

RUNS = 256
"""Replications by default (METHODS 7.4 asks for at least so many)."""

LEVELS = {"q01": 0.01, "q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95, "q99": 0.99}
"""Quantiles over the runs."""

LIKELY = 0.5
"""From this probability on a shortage is more likely than not."""


@dataclass(frozen=True, slots=True)
class Fork:
    """The coming periods of a network; frames have a row for each stock point, or for each period of it.

    Parameters
    ----------
    setup : what was run. runs : how many times. scenario : name of the changes; empty without any.
    stock : ``stock_point``, ``site_id``, ``product_id``, ``period``, ``date`` (the first moment of the period), ``mean`` and
        quantiles ``q01`` to ``q99`` of stock on hand at the close, units; ``p_short``: probability that something that was asked
        for is not given at the close of the period; ``owed``: mean of that, units.
    service : ``period``, ``date``, ``demand`` and ``served`` (means, units), ``fill_rate`` (their ratio) and its quantiles over
        the runs; of all customers together.
    shortages : stock points that may run short, the most that is owed first: ``stock_point``, ``site_id``, ``product_id``,
        ``is_sold`` (to customers), ``probability`` of any shortage until the end, ``first_date`` and ``first_period`` at which a
        shortage until then has the probability ``likely`` (null where it never has), ``earliest_date`` in any run, ``units`` owed
        at worst (mean over the runs of the greatest amount), ``fill_rate`` of its customers over all periods.
    parameters : id of the version whose draws the runs were shared out among; empty for those of the tables.
    by_run : ``run``, ``demand``, ``served``: what customers wanted and got at once over all periods, units, in each run.
    """

    setup: Setup
    runs: int
    scenario: str
    stock: pl.DataFrame
    service: pl.DataFrame
    shortages: pl.DataFrame
    by_run: pl.DataFrame
    parameters: str = ""


def fork(
    network: Network,
    state: State | None,
    *,
    periods: int,
    runs: int = RUNS,
    seed: int = 0,
    scenario: Scenario | None = None,
    drawn: Sequence[Network] = (),
    parameters: Applied | None = None,
    likely: float = LIKELY,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
    partial: Callable[[Fork], None] | None = None,
    before: Program | None = None,
    compiling: Compiling | None = None,
    compiled: Callable[[Network, int], Program] | None = None,
) -> Fork:
    """Run the coming periods many times from a state and return what they may bring.

    Two forks of one state and seed meet the same demand and the same lead times, with a scenario and without, so that they
    differ by the scenario alone.

    Parameters
    ----------
    network : in force at the moment. state : of that moment; ``Placed.opened`` leaves open when shipments arrive. None: the
        model's own start, with what a scenario makes of it.
    periods : 1 or more. runs : replications, 1 or more. seed : 0 to 2**64 - 1.
    scenario : what if: changes and disruptions.
    drawn : the same network with parameters drawn from what is known of them; the runs are shared out among them, so that the fan
        holds what is not known of the parameters too. None: those of ``network``.
    parameters : a version of parameters that takes the place of those of the tables, its draws shared out in the same way, but
        without compiling the network again for each. What a scenario changes, it changes by as much as in the tables.
    likely : probability of ``first_date``, between 0 and 1. threads, progress, cancel : as for ``simulate``.
    partial : is told what 8, 64, 256, 1,024 and so on runs say, for who does not want to wait for all: the first of all, or with
        drawn parameters the first of each draw.
    before : as for ``set_up``. compiling : of the network, for ``parameters``, where more forks of it come.
    compiled : as for ``set_up``, where there are no parameters.

    Raises
    ------
    UsageError, InputError, GraphError, CancelledError
        As for ``simulate``; or so many runs do not fit into memory, a drawn network has other stock points, or there are both
        drawn networks and parameters.

    Source: METHODS 7.3 (warm start), 7.1 (parameter uncertainty in the fan).
    """
    if not 0.0 < likely < 1.0:
        raise UsageError(f"likely: found {likely}; allowed: between 0 and 1, such as 0.5")
    if drawn and parameters is not None:
        raise UsageError("drawn: found parameters beside them; allowed: one of the two")
    if state is None and parameters is not None:
        raise UsageError("state: found none beside parameters; allowed: the state of a moment, or no parameters")

    drawing = None if parameters is None else Drawing(parameters, runs=runs, compiling=compiling or Compiling(network))
    setup = set_up(
        network,
        scenario,
        periods=periods,
        replications=runs,
        seed=seed,
        warm_up=0,
        state=state,
        confidence=0.95,
        compiled=compiled if drawing is None else drawing.compiled,
        before=before,
    )
    name = scenario.name if scenario is not None else ""
    version = "" if parameters is None else parameters.version

    def told(so_far: Recorded) -> Fork:
        return _fork_of(setup, so_far, scenario=name, likely=likely, parameters=version)

    found = record(
        _shared(setup, drawn, scenario=scenario, state=state),
        shared=None if drawing is None else drawing.shared,
        threads=threads,
        progress=progress,
        cancel=cancel,
        reached=None if partial is None else lambda so_far: partial(told(so_far)),
    )
    return told(found)


def _fork_of(setup: Setup, found: Recorded, *, scenario: str, likely: float, parameters: str) -> Fork:
    """Name what all runs, or the first of them, came to."""
    dates = _dates(setup)
    return Fork(
        setup=setup,
        runs=found.runs,
        scenario=scenario,
        stock=_stock(setup.program, found, setup=setup, dates=dates),
        service=_service(found, setup=setup, dates=dates),
        shortages=_shortages(setup.program, found, setup=setup, likely=likely, dates=dates),
        parameters=parameters,
        by_run=_by_run(found),
    )


def _by_run(found: Recorded) -> pl.DataFrame:
    return pl.DataFrame({"run": found.numbers, "demand": found.demand.sum(axis=0), "served": found.served.sum(axis=0)})


def _shared(setup: Setup, drawn: Sequence[Network], *, scenario: Scenario | None, state: State | None) -> list[Setup]:
    """Return the runs shared out among networks with drawn parameters."""
    if not drawn:
        return [setup]
    runs, names, found = setup.span.replications, setup.program.names.buffers["buffer_id"], []
    ends = np.linspace(0, runs, min(len(drawn), runs) + 1).astype(int)
    for network, share in zip(drawn, np.diff(ends).tolist(), strict=False):
        one = set_up(
            network,
            scenario,
            periods=setup.span.periods,
            replications=share,
            seed=setup.span.seed,
            warm_up=0,
            state=state,
            confidence=setup.confidence,
        )
        if not one.program.names.buffers["buffer_id"].equals(names):
            raise UsageError("drawn: found a network with other stock points; allowed: the same with other parameters")
        found.append(one)
    return found


def _dates(setup: Setup) -> list[datetime]:
    settings, span = setup.network.settings, setup.span
    begin = datetime(settings.start.year, settings.start.month, settings.start.day, tzinfo=UTC)
    return [begin + timedelta(hours=settings.period.hours * period) for period in range(span.first, span.first + span.periods)]


def _points(program: Program) -> pl.DataFrame:
    return program.names.buffers.select(pl.col("buffer_id").alias("stock_point"), "site_id", "product_id")


def _stock(program: Program, found: Recorded, *, setup: Setup, dates: list[datetime]) -> pl.DataFrame:
    periods, count, _ = found.stock.shape
    levels = np.quantile(found.stock, list(LEVELS.values()), axis=2, overwrite_input=False)
    points = _points(program)
    by_point = {
        "mean": found.stock.mean(axis=2, dtype=np.float64),
        **dict(zip(LEVELS, levels, strict=True)),
        "p_short": (found.owed > 0.0).mean(axis=2),
        "owed": found.owed.mean(axis=2, dtype=np.float64),
    }
    first = setup.span.first
    frame = pl.DataFrame(
        {
            "stock_point": points["stock_point"].gather(np.repeat(np.arange(count), periods)),
            "period": np.tile(np.arange(first, first + periods), count),
            "date": pl.Series(dates, dtype=pl.Datetime("us", "UTC")).gather(np.tile(np.arange(periods), count)),
            **{name: np.ascontiguousarray(values.T).ravel() for name, values in by_point.items()},
        }
    )
    return points.join(frame, on="stock_point", how="right", maintain_order="right").select(
        "stock_point", "site_id", "product_id", *(name for name in frame.columns if name != "stock_point")
    )


def _service(found: Recorded, *, setup: Setup, dates: list[datetime]) -> pl.DataFrame:
    demand, served = found.demand.mean(axis=1), found.served.mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(found.demand > 0.0, found.served / found.demand, np.nan)
        overall = np.where(demand > 0.0, served / demand, np.nan)
    quiet = np.isnan(each).all(axis=1)
    each[quiet] = 0.0
    levels = np.nanquantile(each, list(LEVELS.values()), axis=1)
    levels[:, quiet] = np.nan
    first = setup.span.first
    frame = pl.DataFrame(
        {
            "period": np.arange(first, first + demand.size),
            "date": pl.Series(dates, dtype=pl.Datetime("us", "UTC")),
            "demand": demand,
            "served": served,
            "fill_rate": overall,
            **dict(zip(LEVELS, levels, strict=True)),
        }
    )
    return frame.with_columns(pl.col("fill_rate", *LEVELS).fill_nan(None))


def _shortages(program: Program, found: Recorded, *, setup: Setup, likely: float, dates: list[datetime]) -> pl.DataFrame:
    short = found.owed > 0.0
    until = np.logical_or.accumulate(short, axis=0).mean(axis=2)
    chosen = np.flatnonzero(until[-1] > 0.0)
    sold = np.zeros(program.counts[0], dtype=bool)
    sold[program.streams.buffer] = True
    wanted, given = found.wanted.sum(axis=1), found.given.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        fill = np.where(wanted > 0.0, given / wanted, np.nan)
    is_likely = until[:, chosen] >= likely
    first = np.where(is_likely.any(axis=0), is_likely.argmax(axis=0), -1)
    in_any = np.asarray(short.any(axis=2))
    earliest = in_any[:, chosen].argmax(axis=0)
    days = pl.Series(dates, dtype=pl.Datetime("us", "UTC"))
    known = pl.Series([None if at < 0 else int(at) for at in first], dtype=pl.Int64)
    frame = _points(program)[chosen].with_columns(
        is_sold=pl.Series(sold[chosen]),
        probability=pl.Series(until[-1][chosen]),
        first_date=days.gather(known),
        first_period=known + setup.span.first,
        earliest_date=days.gather(earliest),
        units=pl.Series(found.owed.max(axis=0)[chosen].mean(axis=1, dtype=np.float64)),
        fill_rate=pl.Series(fill[chosen]).fill_nan(None),
    )
    return frame.sort("is_sold", "probability", "units", descending=True, maintain_order=True)
