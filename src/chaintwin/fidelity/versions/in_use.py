"""What parameters are in use at a moment: those of a version, else those of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from chaintwin.fidelity.calibration.demand_levels import Expected
from chaintwin.fidelity.calibration.lanes import Layout
from chaintwin.fidelity.calibration.parameters import ParameterKind, ParameterSet
from chaintwin.fidelity.versions.applying import USUAL_OUTPUT, mean_of
from chaintwin.fidelity.versions.lead_laws import LeadLaws
from chaintwin.fidelity.versions.refitting import InUse
from chaintwin.laws import parse
from chaintwin.network.graph import Graph


def in_use(graph: Graph, layout: Layout, *, version: ParameterSet | None) -> InUse:
    """Return what is in use.

    Parameters
    ----------
    graph, layout : of the network, as its tables say. version : in force; None for the tables.
    """
    columns = ("activity_id", "yield_rate")
    rates = dict(graph.activities.select(*columns).iter_rows())
    yields: dict[str, float] = {}
    for name, rate in rates.items():
        lane = layout.lanes[name]
        yields[name] = rate
        yields.setdefault(f"{lane.origin}>{lane.destination}/{lane.product}", rate)
    capacities = {}
    for name, values in graph.resources.select("resource_id", "capacity").iter_rows():
        opened = [value for value in values if value > 0.0]
        if opened:
            capacities[name] = float(np.quantile(opened, USUAL_OUTPUT))
    demands, expected = dict(means_of(graph)), expected_of(graph)
    levels = dict.fromkeys(expected, 1.0)
    for one in version.parameters if version is not None else ():
        known = {
            ParameterKind.YIELD: yields,
            ParameterKind.CAPACITY: capacities,
            ParameterKind.DEMAND: demands,
            ParameterKind.DEMAND_LEVEL: levels,
        }.get(one.kind)
        if known is not None:
            known[one.subject] = float(np.mean([one.draw(number).mean for number in range(len(one.draws))]))
    return InUse(version, LeadLaws(graph, layout, version=version), yields, capacities, demands, levels, expected)


def expected_of(graph: Graph) -> dict[str, Expected]:
    """Return what the tables expect of every stream that has a law, by its id.

    Parameters
    ----------
    graph : of the network.
    """
    folder = Path(graph.folder) if graph.folder else None
    drawn = graph.streams.filter(pl.col("law").is_not_null())
    laws = {text: parse(text, folder=folder) for text in drawn["law"].unique().to_list()}
    return {
        name: Expected(laws[text].mean, laws[text].variance, np.array(factor, dtype=np.float64))
        for name, text, factor in drawn.select("stream_id", "law", "factor").iter_rows()
    }


def means_of(graph: Graph) -> Iterator[tuple[str, float]]:
    """Yield stock point and mean demand a period of those that have one stream, of a law.

    Parameters
    ----------
    graph : of the network.
    """
    alone = graph.streams.filter(pl.col("buffer_id").is_unique() & pl.col("law").is_not_null())
    for point, law, factor in alone.select("buffer_id", "law", "factor").iter_rows():
        yield point, float(np.mean(factor)) * mean_of(law, graph.folder)
