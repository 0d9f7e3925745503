"""A version of parameters as a network takes it: which activity draws which lead time, and what has no place.

Parameters go into the graph that the tables were lowered to, not into the tables: stock levels and first stocks that the tables
leave open are proposed from lead times, and a company does not change its levels because we know its lead times better.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import Finding, Severity
from chaintwin.fidelity.calibration.lanes import Lane, Layout
from chaintwin.fidelity.calibration.parameters import Parameter, ParameterKind, ParameterSet
from chaintwin.fidelity.versions.lead_laws import LeadLaws, mode_of
from chaintwin.fidelity.versions.whole_periods import LeadTable, table_of
from chaintwin.laws import Law, parse
from chaintwin.network.graph import Graph, LeadMode

Array = NDArray[np.float64]

DRAWS = 16
"""Draws of the parameters that the runs of a fork are shared out among."""

SPREAD_LEAST = 1e-9
"""A demand that does not vary is drawn with this deviation: a law needs one."""

USUAL_OUTPUT = 0.95
"""Quantile of the capacities of the periods in which a resource is open, that a fitted capacity stands for."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A version as a network takes it.

    Parameters
    ----------
    version : its id. made_at : event time of its data, microseconds. draws : how many of each parameter.
    leads : lead times by activity, a row a draw. modes : how they go together, by activity.
    yields : float64[draws] by activity, share of good units. capacities : float64[draws] by resource, units a period.
    demands : float64[draws, 2] by stock point, mean and standard deviation of what customers ask for a period.
    levels : float64[draws] by stream, what its demand is multiplied by.
    findings : what has no place in the network, one finding a parameter.
    """

    version: str
    made_at: int
    draws: int
    leads: Mapping[str, LeadTable]
    modes: Mapping[str, LeadMode]
    yields: Mapping[str, Array]
    capacities: Mapping[str, Array]
    demands: Mapping[str, Array]
    levels: Mapping[str, Array]
    findings: tuple[Finding, ...]

    def graph(self, graph: Graph, *, before: Graph | None = None) -> Graph:
        """Return a graph with these parameters, lead times mixed over the draws.

        Parameters
        ----------
        graph : of the network, changes of a scenario made. before : without them; None where there are none. What a scenario
            changes, it changes by as much as in the tables.
        """
        return self.graph_and_laws(graph, before=before)[0]

    def graph_and_laws(self, graph: Graph, *, before: Graph | None = None) -> tuple[Graph, dict[str, Law]]:
        """Return the same graph, and the laws of lead times by their texts, so that nobody has to read them again."""
        moved = self.moves(graph, before)
        laws = {name: table.moved(moved.get(name, 0)).law() for name, table in self.leads.items()}
        leads = {name: str(law) for name, law in laws.items()}
        modes = {name: int(mode) for name, mode in self.modes.items()}
        name = pl.col("activity_id")
        rate = pl.col("yield_rate")
        was: dict[str, float] | None = None
        if before is not None:
            was = dict(before.activities.select("activity_id", "yield_rate").iter_rows())
            rate = rate / name.replace_strict(was, default=1.0, return_dtype=pl.Float64)
        else:
            rate = pl.lit(1.0)
        good = {one: float(shares.mean()) for one, shares in self.yields.items() if was is None or one in was}
        fitted = name.replace_strict(good, default=None, return_dtype=pl.Float64) if good else pl.lit(None, dtype=pl.Float64)
        activities = graph.activities.with_columns(
            lead=_replaced(name, leads, otherwise=pl.col("lead")),
            lead_mode=_replaced(name, modes, otherwise=pl.col("lead_mode")),
            yield_rate=pl.coalesce((fitted * rate).clip(1e-6, 1.0), pl.col("yield_rate")),
        )
        streams = self._streams(graph, before)
        found = replace(graph, activities=activities, streams=streams, resources=self._resources(graph, before))
        return found, {leads[name]: law for name, law in laws.items()}

    def moves(self, graph: Graph, before: Graph | None) -> dict[str, int]:
        """Return by how many periods a scenario moves the lead time of each activity; arguments as for ``graph``."""
        if before is None:
            return {}
        old = dict(before.activities.select("activity_id", "lead").iter_rows())
        found = {}
        for name, lead in graph.activities.select("activity_id", "lead").iter_rows():
            if name in self.leads and name in old and old[name] != lead:
                found[name] = round(mean_of(lead, graph.folder) - mean_of(old[name], graph.folder))
        return found

    def factors(self, graph: Graph) -> dict[str, Array]:
        """Return float64[draws] by resource: what its capacities in a graph of the tables are multiplied by."""
        found = {}
        for name, values in graph.resources.select("resource_id", "capacity").iter_rows():
            if name in self.capacities:
                opened = np.array([value for value in values if value > 0.0])
                if opened.size:
                    found[name] = self.capacities[name] / float(np.quantile(opened, USUAL_OUTPUT))
        return found

    def asked(self, graph: Graph, before: Graph | None) -> dict[str, Array]:
        """Return float64[draws, 2] by stream: mean and deviation of its law, before its factors; arguments as for ``graph``."""
        found = {}
        old = graph if before is None else before
        was = dict(old.streams.select("stream_id", "law").iter_rows())
        factors = dict(old.streams.select("stream_id", "factor").iter_rows())
        for name, point, law in graph.streams.select("stream_id", "buffer_id", "law").iter_rows():
            if point in self.demands and law is not None and was.get(name) is not None:
                share = 1.0 if law == was[name] else mean_of(law, graph.folder) / mean_of(was[name], graph.folder)
                found[name] = self.demands[point] * share / float(np.mean(factors[name]))
        return found

    def _streams(self, graph: Graph, before: Graph | None) -> pl.DataFrame:
        laws = {name: f"normal({mean:.12g}, {deviation:.12g})" for name, (mean, deviation) in self._mixed(graph, before)}
        name = pl.col("stream_id")
        streams = graph.streams.with_columns(law=_replaced(name, laws, otherwise=pl.col("law")))
        if not self.levels:
            return streams
        means = {stream: float(values.mean()) for stream, values in self.levels.items()}
        level = name.replace_strict(means, default=1.0, return_dtype=pl.Float64)
        return streams.with_columns(factor=pl.col("factor") * level)

    def _mixed(self, graph: Graph, before: Graph | None) -> Iterator[tuple[str, tuple[float, float]]]:
        """Yield of each stream mean and deviation over all draws together."""
        for name, drawn in self.asked(graph, before).items():
            mean = float(drawn[:, 0].mean())
            yield name, (mean, float(np.sqrt((drawn[:, 1] ** 2 + (drawn[:, 0] - mean) ** 2).mean())))

    def _resources(self, graph: Graph, before: Graph | None) -> pl.DataFrame:
        factors = self.factors(graph if before is None else before)
        if not factors:
            return graph.resources
        means = {name: float(values.mean()) for name, values in factors.items()}
        factor = pl.col("resource_id").replace_strict(means, default=1.0, return_dtype=pl.Float64)
        return graph.resources.with_columns(capacity=pl.col("capacity") * factor)


def applied(version: ParameterSet, graph: Graph, *, layout: Layout, draws: int = DRAWS) -> Applied:
    """Return a version as a network takes it.

    Parameters
    ----------
    version : the parameters. graph, layout : of the network, as its tables say. draws : how many of each parameter, 1 or more.
    """
    laws = LeadLaws(graph, layout, version=None)
    placing = _Placing(laws, graph, draws=draws)
    for one in version.parameters:
        placing.place(one)
    return Applied(
        version.id,
        version.made_at,
        draws,
        placing.leads,
        placing.modes,
        placing.yields,
        placing.capacities,
        placing.demands,
        {name: drawn for name, drawn in placing.levels.items() if placing.points_of[name] not in placing.demands},
        tuple(placing.findings),
    )


def lane_of(subject: str, layout: Layout) -> Lane:
    """Return the lane that a parameter is of, by its subject: an activity, or ``origin>destination/product``."""
    known = layout.lanes.get(subject)
    if known is not None:
        return known
    origin, _, rest = subject.partition(">")
    for lane in layout.lanes.values():
        if subject == f"{lane.origin}>{lane.destination}/{lane.product}":
            return Lane(*lane[:3])
    destination, _, product = rest.partition("/")
    return Lane(origin, destination, product)


def mean_of(text: str, folder: str) -> float:
    """Return the mean of a law as a table writes it.

    Parameters
    ----------
    text : of the law. folder : where files named in laws are found, empty if none.
    """
    return parse(text, folder=Path(folder) if folder else None).mean


class _Placing:
    """Puts parameters where a network has a place for them and tells which have none."""

    def __init__(self, laws: LeadLaws, graph: Graph, *, draws: int) -> None:
        self.laws, self.draws = laws, draws
        self.resources = set(graph.resources["resource_id"].to_list())
        drawn = graph.streams.filter(pl.col("law").is_not_null())
        self.points_of: dict[str, str] = dict(drawn.select("stream_id", "buffer_id").iter_rows())
        alone = graph.streams.filter(pl.col("buffer_id").is_unique() & pl.col("law").is_not_null())
        # Where quantities are whole units no normal law can take the place of one that draws them.
        self.points = set() if graph.integer else set(alone["buffer_id"].to_list())
        self.leads: dict[str, LeadTable] = {}
        self.modes: dict[str, LeadMode] = {}
        self.yields: dict[str, Array] = {}
        self.capacities: dict[str, Array] = {}
        self.demands: dict[str, Array] = {}
        self.levels: dict[str, Array] = {}
        self.findings: list[Finding] = []

    def place(self, one: Parameter) -> None:
        if one.kind in (ParameterKind.LEAD_TIME, ParameterKind.YIELD):
            names = self.laws.activities(lane_of(one.subject, self.laws.layout))
            if not names:
                self._miss(
                    one, "lanes, recipes and supplies of the network", fix="add the lane, or correct the names in the events"
                )
            elif one.kind is ParameterKind.YIELD:
                self.yields.update(dict.fromkeys(names, self._means(one)))
            elif len({self._told_apart(name) for name in names}) > 1:
                self._miss(one, "one lane between two sites", fix="name the lane in the events (ct:activity)")
            else:
                self._put_lead(one, names)
        elif one.kind is ParameterKind.CAPACITY and one.subject in self.resources:
            self.capacities[one.subject] = self._means(one)
        elif one.kind is ParameterKind.DEMAND_LEVEL and one.subject in self.points_of:
            self.levels[one.subject] = self._means(one)
        elif one.kind is ParameterKind.DEMAND and one.subject in self.points:
            self.demands[one.subject] = np.array([(law.mean, max(law.sd, SPREAD_LEAST)) for law in self._laws(one)])
        elif one.kind is ParameterKind.DEMAND_LEVEL:
            self._miss(one, "demands of the network that are drawn from a law", fix="correct the names in the events")
        elif one.kind is ParameterKind.DEMAND:
            self._miss(one, "stock points with one demand, of a law and of real quantities", fix="keep the demand of the tables")
        elif one.kind in (ParameterKind.UP_TIME, ParameterKind.DOWN_TIME):
            self._miss(one, "what a network has a place for", fix="describe the outage in a scenario, with these times")
        else:
            self._miss(one, "resources and stock points of the network", fix="correct the names in the events")

    def _put_lead(self, one: Parameter, names: tuple[str, ...]) -> None:
        table = table_of(one, draws=self.draws)
        if table.shares.shape[0] < self.draws:
            rows = np.arange(self.draws) % table.shares.shape[0]
            table = LeadTable(table.first, table.shares[rows])
        for name in names:
            # An activity without any lead time may be part of a loop that only delays break, and of the order of work of a day.
            least = min(self.laws.table_of_tables(name).first, 1)
            if table.first < least:
                self._miss(one, "lead times of half a period and more", fix="shorter ones are played as one period")
            self.leads[name] = table.at_least(least)
            self.modes[name] = mode_of(one, otherwise=self.laws.mode_of_tables(name))

    def _told_apart(self, name: str) -> tuple[int, bytes, int]:
        """Return what tells the lead times of one activity from those of another in the tables."""
        table = self.laws.table_of_tables(name)
        return table.first, table.shares.tobytes(), int(self.laws.mode_of_tables(name))

    def _laws(self, one: Parameter) -> Iterator[Law]:
        return (one.draw(number) for number in range(self.draws))

    def _means(self, one: Parameter) -> Array:
        return np.array([law.mean for law in self._laws(one)])

    def _miss(self, one: Parameter, allowed: str, *, fix: str) -> None:
        found = f"{one.kind} of {one.subject}"
        self.findings.append(
            Finding("apply.place", found, allowed, fix=fix, file="parameters", column=one.kind, severity=Severity.WARNING)
        )


def _replaced(name: pl.Expr, values: Mapping[str, object], *, otherwise: pl.Expr) -> pl.Expr:
    if not values:
        return otherwise
    kind = pl.String() if isinstance(next(iter(values.values())), str) else pl.Int8()
    return pl.coalesce(name.replace_strict(dict(values), default=None, return_dtype=kind), otherwise)
