"""A network with a version of parameters: compiled with the mean of their draws, and what each draw changes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chaintwin.fidelity.versions.applying import Applied
from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import Graph
from chaintwin.network.lowering import lower
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.simulation.tape.supply.redrawing import Drawn, Redrawing

if TYPE_CHECKING:
    from chaintwin.fidelity.forking.drawing import Compiling

Floats = NDArray[np.float64]

YIELD_SPREAD_LEAST = 1e-3
"""Draws of a yield that differ by less than this part of it are played with their mean: of a thousand units customers get
less than one more or less, and with other yields a tape has to be assembled anew."""

RATE_LEAST, RATE_MOST = 1e-6, 1.0 - 1e-9
"""Bounds of a drawn yield: above 0, and below 1, where nothing is counted as lost."""


class Fitted:
    """Compiles a network with a version of parameters, changed by a scenario or not, and remembers what it was made of.

    Parameters
    ----------
    network : the project. parameters : the version. kept : what is compiled of the network already.
    """

    def __init__(self, network: Network, parameters: Applied, *, kept: Compiling) -> None:
        self.network, self.parameters, self.kept = network, parameters, kept
        self._graphs: tuple[Graph, Graph | None] | None = None

    def compiled(self, changed: Network, reach: int) -> Program:
        """Return the program for a run that ends before ``reach``: of the network, or of it with the changes of a scenario."""
        if changed is self.network:
            self._graphs = (self.kept.graph(reach), None)
            return self.kept.program(reach, self.parameters)
        graph, before = lower(changed, periods=reach), self.kept.graph(reach)
        self._graphs = (graph, before)
        fitted, laws = self.parameters.graph_and_laws(graph, before=before)
        return compile_graph(fitted, known=laws)

    def draws(self, program: Program, redrawing: Redrawing) -> Iterator[Drawn]:
        """Yield what each draw changes of the program that was compiled last.

        Parameters
        ----------
        program : that was compiled. redrawing : of its tape.
        """
        assert self._graphs is not None
        parameters, names = self.parameters, program.names
        graph, before = self._graphs
        moves = parameters.moves(graph, before)
        activities = {name: place for place, name in enumerate(names.activities["activity_id"].to_list())}
        leads = {}
        for name, table in parameters.leads.items():
            place = activities.get(name, -1)
            if place in redrawing.drawable:
                high = int(program.activities.lead_fixed[place])
                leads[place] = table.moved(moves.get(name, 0)).until(redrawing.shortest_drawn(place), high)
        streams = {name: place for place, name in enumerate(names.streams["stream_id"].to_list())}
        asked = parameters.asked(graph, before)
        demands = {streams[name]: rows for name, rows in asked.items() if streams.get(name, -1) in redrawing.asked}
        factors = parameters.factors(graph if before is None else before)
        capacities = _relative(factors, names.resources["resource_id"].to_list(), draws=parameters.draws)
        levels = _relative(parameters.levels, list(streams), draws=parameters.draws)
        yields = _yields(parameters, program, list(activities))
        for number in range(parameters.draws):
            yield Drawn(
                {place: rows[number] for place, rows in leads.items()},
                capacities[number],
                {place: (float(rows[number, 0]), float(rows[number, 1])) for place, rows in demands.items()},
                levels[number],
                None if yields is None else yields[number],
            )


def _yields(parameters: Applied, program: Program, names: Sequence[str]) -> Floats | None:
    """Return Floats[draws, A], the yields of each draw; None where they hardly differ."""
    wide = {name: good for name, good in parameters.yields.items() if float(good.std()) > YIELD_SPREAD_LEAST * float(good.mean())}
    rate = program.activities.yield_rate
    drawn = np.clip(rate * _relative(wide, names, draws=parameters.draws), RATE_LEAST, RATE_MOST)
    is_wide = np.array([name in wide for name in names], dtype=bool)
    return np.where(is_wide, drawn, rate) if is_wide.any() else None


def _relative(drawn: Mapping[str, Floats], names: Sequence[str], *, draws: int) -> Floats:
    """Return Floats[draws, names]: each draw relative to the mean over all, which a program holds already."""
    found = np.ones((draws, len(names)))
    for place, name in enumerate(names):
        if name in drawn:
            found[:, place] = drawn[name] / drawn[name].mean()
    return found
