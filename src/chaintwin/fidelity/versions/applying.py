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

USUAL_OUTPUT = 0.95
"""Quantile of the capacities of the periods in which a resource is open, that a fitted capacity stands for."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A version as a network takes it.

    Parameters
    ----------
    version : its id. made_at : event time of its data, microseconds. draws : how many of each parameter.
    leads : lead times by activity, a row a draw. modes : how they go together, by activity.
    yields : mean share of good units by activity. capacities : float64[draws] by resource, units a period.
    findings : what has no place in the network, one finding a parameter.
    """

    version: str
    made_at: int
    draws: int
    leads: Mapping[str, LeadTable]
    modes: Mapping[str, LeadMode]
    yields: Mapping[str, float]
    capacities: Mapping[str, Array]
    findings: tuple[Finding, ...]

    def graph(self, graph: Graph, *, before: Graph | None = None) -> Graph:
        """Return a graph with these parameters, lead times mixed over the draws.

        Parameters
        ----------
        graph : of the network, changes of a scenario made. before : without them; None where there are none. What a scenario
            changes, it changes by as much as in the tables.
        """
        moved = self.moves(graph, before)
        leads = {name: str(table.moved(moved.get(name, 0)).law()) for name, table in self.leads.items()}
        modes = {name: int(mode) for name, mode in self.modes.items()}
        name = pl.col("activity_id")
        rate = pl.col("yield_rate")
        if before is not None:
            was = dict(before.activities.select("activity_id", "yield_rate").iter_rows())
            rate = rate / name.replace_strict(was, default=1.0, return_dtype=pl.Float64)
            good = {one: value for one, value in self.yields.items() if one in was}
        else:
            rate, good = pl.lit(1.0), dict(self.yields)
        fitted = name.replace_strict(good, default=None, return_dtype=pl.Float64) if good else pl.lit(None, dtype=pl.Float64)
        activities = graph.activities.with_columns(
            lead=_replaced(name, leads, otherwise=pl.col("lead")),
            lead_mode=_replaced(name, modes, otherwise=pl.col("lead_mode")),
            yield_rate=pl.coalesce((fitted * rate).clip(1e-6, 1.0), pl.col("yield_rate")),
        )
        return replace(graph, activities=activities, resources=self._resources(graph, before))

    def moves(self, graph: Graph, before: Graph | None) -> dict[str, int]:
        """Return by how many periods a scenario moves the lead time of each activity; arguments as for ``graph``."""
        if before is None:
            return {}
        old = dict(before.activities.select("activity_id", "lead").iter_rows())
        found = {}
        for name, lead in graph.activities.select("activity_id", "lead").iter_rows():
            if name in self.leads and name in old and old[name] != lead:
                found[name] = round(_mean(lead, graph.folder) - _mean(old[name], graph.folder))
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
    placing = _Placing(laws, resources=set(graph.resources["resource_id"].to_list()), draws=draws)
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


class _Placing:
    """Puts parameters where a network has a place for them and tells which have none."""

    def __init__(self, laws: LeadLaws, *, resources: set[str], draws: int) -> None:
        self.laws, self.resources, self.draws = laws, resources, draws
        self.leads: dict[str, LeadTable] = {}
        self.modes: dict[str, LeadMode] = {}
        self.yields: dict[str, float] = {}
        self.capacities: dict[str, Array] = {}
        self.findings: list[Finding] = []

    def place(self, one: Parameter) -> None:
        if one.kind in (ParameterKind.LEAD_TIME, ParameterKind.YIELD):
            names = self.laws.activities(lane_of(one.subject, self.laws.layout))
            if not names:
                self._miss(
                    one, "lanes, recipes and supplies of the network", fix="add the lane, or correct the names in the events"
                )
            elif one.kind is ParameterKind.YIELD:
                self.yields.update(dict.fromkeys(names, float(np.mean([law.mean for law in self._laws(one)]))))
            elif len({self._told_apart(name) for name in names}) > 1:
                self._miss(one, "one lane between two sites", fix="name the lane in the events (ct:activity)")
            else:
                self._put_lead(one, names)
        elif one.kind is ParameterKind.CAPACITY and one.subject in self.resources:
            self.capacities[one.subject] = np.array([law.mean for law in self._laws(one)])
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


def _mean(text: str, folder: str) -> float:
    return parse(text, folder=Path(folder) if folder else None).mean
