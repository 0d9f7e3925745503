"""The service of a project, what it costs to serve its customers, for how long money is tied up, and what transport emits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_level
from chaintwin.network.graph import Effect
from chaintwin.network.lowering.lower import Lowered, lower_in_full
from chaintwin.network.lowering.paying import OWN
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.risk.service.carbon import Intensity
from chaintwin.risk.service.simulated.cashing import Books, book, cash_table
from chaintwin.risk.service.simulated.destinations import Destinations, follow_flows, substituted_share
from chaintwin.risk.service.simulated.emitting import Carbon, emissions_of
from chaintwin.risk.service.simulated.lines import lines_of
from chaintwin.risk.service.simulated.reporting import Amounts, customer_table, line_table, right_table
from chaintwin.risk.service.simulated.serving import (
    Served,
    attribute_ledger,
    priced,
    serving_parts,
    trace_ledger,
)
from chaintwin.risk.service.simulated.tallying import Tally, share_of, tally_lines
from chaintwin.simulation.history.trace import Trace
from chaintwin.simulation.history.tracing import traces
from chaintwin.simulation.playing import Span
from chaintwin.simulation.simulating import set_up

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

AT_ONCE, BYTES_AT_ONCE = 8, 256 * 1024**2
"""Most replications that are followed together, and about how much memory what is seen of them may take."""


@dataclass(frozen=True, slots=True, eq=False)
class ProjectService:
    """What a simulation says of service, cost to serve, cash and carbon.

    Parameters
    ----------
    span : periods, warm-up, replications and seed. confidence : level of the intervals.
    period, currency : units of time and money.
    rights : the six rights: ``right``, ``share`` with ``low`` and ``high`` (null where a simulation cannot break it), ``how``.
    customers : by stream, site, product and in all: service with intervals, cost by line, revenue and margin; see
        `customer_table`.
    lines : ``line``, ``amount`` with ``half_width``, ``direct``, ``shared``, ``unattributed``; money a period.
    served : every amount of the ledger, given to streams to the last bit.
    waits : ``wait`` (periods) and the share of units served within it, with ``low`` and ``high``.
    cash : the cash-to-cash cycle of each owner and of all; see `cash_table`.
    carbon : emissions of transport and what is not covered.
    """

    span: Span
    confidence: float
    period: str
    currency: str
    rights: pl.DataFrame
    customers: pl.DataFrame
    lines: pl.DataFrame
    served: Served
    waits: pl.DataFrame
    cash: pl.DataFrame
    carbon: Carbon


@dataclass(frozen=True, slots=True, eq=False)
class Replication:
    """What is kept of one replication.

    Parameters
    ----------
    tally : of its service. books : of its owners.
    amounts : Floats[rows], its ledger, money a period.
    by_stream : Floats[D + 1], cost to serve each stream by the replication's own flows, then what is unattributed.
    revenue : Floats[D], money a period. started : Floats[A], units in all counted periods.
    spoiled : Floats[2], units scrapped and units expired a period.
    """

    tally: Tally
    books: Books
    amounts: Floats
    by_stream: Floats
    revenue: Floats
    started: Floats
    spoiled: Floats


def measure_project(
    network: Network,
    *,
    scenario: Scenario | None = None,
    periods: int | None = None,
    warm_up: int | None = None,
    replications: int = 16,
    seed: int = 0,
    confidence: float = 0.95,
    hub: Intensity | None = None,
    progress: Callable[[float], None] | None = None,
) -> ProjectService:
    """Simulate a project and measure its service, cost to serve, cash-to-cash cycle and carbon.

    Parameters
    ----------
    network : without errors (see ``chaintwin.network.doctor``).
    scenario : changes made to the network first.
    periods, warm_up, seed, confidence : as for ``chaintwin.simulate``.
    replications : followed period by period, the first of an ensemble of the seed; intervals need two.
    hub : factor of what hubs, ports and airports handle, kg a tonne; None: left out.
    progress : called with the share done, 0 to 1.

    Raises
    ------
    UsageError, InputError, GraphError
        As for ``chaintwin.simulate``.

    Example
    -------
    >>> import math
    >>> from chaintwin.examples import Example, load
    >>> found = measure_project(load(Example.BEER_GAME), replications=2)
    >>> found.served.total == math.fsum(found.served.shares["amount"])
    True

    Source: METHODS 5.1 to 5.5.
    """
    check_level("confidence", confidence)
    changed = network if scenario is None else scenario.apply(network)
    lowered = lower_in_full(changed)
    changed.hand_on(lowered)
    setup = set_up(
        changed,
        periods=periods,
        replications=replications,
        seed=seed,
        warm_up=warm_up,
        state=None,
        confidence=confidence,
    )
    program, span = setup.program, setup.span
    _refuse_moved_prices(program)
    subject = _Subject.of(changed, lowered, program=program, span=span)
    found, ledger = [], pl.DataFrame()
    for done, trace in enumerate(_followed(program, span)):
        ledger = trace_ledger(trace, warm_up=span.warm_up)
        found.append(subject.keep(trace, ledger))
        if progress is not None:
            progress((done + 1) / replications)
    started = np.mean([each.started for each in found], axis=0)
    shipped, lines = (np.mean([each.tally.streams[name] for each in found], axis=0) for name in ("shipped", "lines"))
    amounts = np.stack([each.amounts for each in found])
    ledger = ledger.with_columns(amount=pl.Series(amounts.mean(axis=0), dtype=pl.Float64))
    to = follow_flows(program, started=started, shipped=shipped, worth=subject.worth)
    parts = serving_parts(program, ledger, to=to, started=started, shipped=shipped, lines=lines)
    served = attribute_ledger(ledger, parts, streams=program.names.streams["stream_id"])
    carbon = emissions_of(changed, lowered, started=started / span.periods, hub=hub)
    tallies = [each.tally for each in found]
    money = Amounts(
        cost=np.stack([each.by_stream for each in found]),
        revenue=np.stack([each.revenue for each in found]),
        carbon_kg=_carbon_by_stream(carbon, program, to=to),
        periods=span.periods,
    )
    return ProjectService(
        span=span,
        confidence=confidence,
        period=changed.settings.period.value,
        currency=changed.settings.currency,
        rights=right_table(
            tallies,
            replaced=_replaced(program, started=started, shipped=shipped),
            spoiled=np.mean([each.spoiled for each in found], axis=0),
            period=changed.settings.period.value,
            confidence=confidence,
        ),
        customers=customer_table(tallies, subject.streams, served=served, amounts=money, confidence=confidence),
        lines=line_table(served, ledger, amounts=amounts, confidence=confidence),
        served=served,
        waits=_waits(tallies, confidence=confidence),
        cash=cash_table([each.books for each in found], program, days=changed.settings.period.hours / 24, confidence=confidence),
        carbon=carbon,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Subject:
    """What is looked at in every replication.

    Parameters
    ----------
    program, span : what is run.
    streams : ``stream_id``, ``site_id``, ``product_id``, ``market``, ``customer``, ``group`` (whose order its lines are of).
    worth : Floats[N], value of a unit. owner : Integers[N], account that owns each stock point.
    """

    program: Program
    span: Span
    streams: pl.DataFrame
    worth: Floats
    owner: Integers

    @staticmethod
    def of(network: Network, lowered: Lowered, *, program: Program, span: Span) -> _Subject:
        """Gather what the tables say of streams, values and owners."""
        names = program.names
        demand = lowered.rows["demand"].unique("stream_id", keep="first", maintain_order=True)
        texts = [pl.col(name).cast(pl.String) for name in ("stream_id", "site_id", "product_id", "market", "customer")]
        streams = names.streams.select("stream_id").join(demand.select(texts), on="stream_id", how="left", maintain_order="left")
        group = pl.struct("site_id", "market").rank("dense").cast(pl.Int64) - 1
        values = lowered.rows["products"].select(pl.col("product_id").cast(pl.String), "value")
        priced_points = names.buffers.join(values, on="product_id", how="left", maintain_order="left")
        owners = lowered.rows["sites"].select(pl.col("site_id").cast(pl.String), account_id=pl.coalesce("owner", pl.lit(OWN)))
        accounts = names.accounts.select("account_id").with_row_index("account")
        owned = names.buffers.join(owners, on="site_id", how="left", maintain_order="left")
        owned = owned.join(accounts, on="account_id", how="left", maintain_order="left")
        return _Subject(
            program,
            span,
            streams.with_columns(group=group),
            priced_points["value"].fill_null(0.0).to_numpy().astype(np.float64),
            owned["account"].fill_null(0).to_numpy().astype(np.int64),
        )

    def keep(self, trace: Trace, ledger: pl.DataFrame) -> Replication:
        """Return what is kept of one replication."""
        program, warm_up = self.program, self.span.warm_up
        lines = lines_of(trace, warm_up=warm_up)
        tally = tally_lines(lines, trace, warm_up=warm_up, group=self.streams["group"].to_numpy())
        started = trace.started[warm_up:].sum(axis=0)
        amounts = ledger["amount"].to_numpy()
        shipped = tally.streams["shipped"]
        to = follow_flows(program, started=started, shipped=shipped, worth=self.worth)
        parts = serving_parts(program, ledger, to=to, started=started, shipped=shipped, lines=tally.streams["lines"])
        given = amounts @ parts
        streams = program.streams
        earned = priced(trace.shipped, streams.price_start, values=streams.price_value, begin=trace.begin)
        is_changing = np.diff(streams.price_start) > 0
        revenue = np.where(is_changing, earned, trace.shipped * streams.price)[warm_up:].mean(axis=0)
        spoiled = [float(units[warm_up:].sum()) / self.span.periods for units in (trace.scrapped, trace.expired)]
        return Replication(
            tally=tally,
            books=book(trace, warm_up=warm_up, owner=self.owner, worth=self.worth),
            amounts=amounts,
            by_stream=np.append(given, amounts.sum() - given.sum()),
            revenue=revenue,
            started=started,
            spoiled=np.array(spoiled),
        )


def _followed(program: Program, span: Span) -> Iterator[Trace]:
    """Yield the replications, a few at a time."""
    periods = span.warm_up + span.periods
    buffers, activities, streams, resources = program.counts
    each = 8 * periods * (3 * buffers + 10 * activities + 4 * streams + resources)
    together = min(AT_ONCE, max(1, BYTES_AT_ONCE // each))
    for first in range(0, span.replications, together):
        count = min(together, span.replications - first)
        yield from traces(program, periods=periods, first=first, count=count, seed=span.seed)


def _refuse_moved_prices(program: Program) -> None:
    """Refuse disruptions that move prices, for bills are made out at the prices of the tables."""
    money = (Effect.COST, Effect.DUTY, Effect.TARIFF, Effect.PRICE, Effect.PREPAID)
    if np.isin(program.strikes.effect_kind, money).any():
        found = "scenario: found a disruption that moves costs, duties or prices"
        raise UsageError(f"{found}; allowed: those that do not; fix: chaintwin risk scenario shows what it costs")


def _replaced(program: Program, *, started: Floats, shipped: Floats) -> float | None:
    """Return the share of shipped units that were made from a substitute; None where the network has none."""
    if program.buffers.substitute_activity.size == 0:
        return None
    share = substituted_share(program, started=started)[program.streams.buffer]
    total = float(shipped.sum())
    return float((share * shipped).sum()) / total if total else 0.0


def _carbon_by_stream(carbon: Carbon, program: Program, *, to: Destinations) -> Floats:
    """Return Floats[D], kg a period of what was for each stream; what hubs emit is no stream's."""
    emitted = program.names.activities.select("activity_id").join(
        carbon.lanes.select("activity_id", "kg"), on="activity_id", how="left", maintain_order="left"
    )
    kg = emitted["kg"].fill_null(0.0).to_numpy().astype(np.float64)
    found: Floats = kg @ to.activity
    return found


def _waits(tallies: list[Tally], *, confidence: float) -> pl.DataFrame:
    served = np.stack([each.waits for each in tallies])
    demand = np.array([each.streams["demand"].sum() for each in tallies])[:, None].repeat(served.shape[1], axis=1)
    value, low, high = share_of(served, demand, confidence=confidence)
    frame = pl.DataFrame({"wait": np.arange(value.size), "share": value, "low": low, "high": high})
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))
