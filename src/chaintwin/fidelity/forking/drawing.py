"""Runs with parameters drawn from what is known of them: compiled once, each draw put into the tape."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from chaintwin.fidelity.forking.draws import Fitted
from chaintwin.fidelity.forking.keeping import Last
from chaintwin.fidelity.versions.applying import Applied
from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import Graph
from chaintwin.network.lowering import lower
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.tables.schema import PERIODS_MAX
from chaintwin.simulation.simulating import Setup
from chaintwin.simulation.tape.supply.redrawing import Redrawing
from chaintwin.simulation.tape.tape import Tape

KEPT = 4
"""Graphs, and programs, of one network that are kept."""


class Compiling:
    """Lowers and compiles a network for many forks of it, once for each version of its parameters.

    What is compiled reaches a whole number of the horizons of the project, since nothing else depends on that. Of what was
    compiled that is kept which was used last.

    Parameters
    ----------
    network : that is compiled.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._graphs = Last[int, Graph](KEPT)
        self._programs = Last[tuple[str, int], Program](KEPT)

    def graph(self, reach: int) -> Graph:
        """Return the graph of the tables for a run that ends in the period before ``reach``."""
        length = whole_horizons(self.network, reach)
        return self._graphs.get(length, lambda: lower(self.network, periods=length))

    def program(self, reach: int, parameters: Applied | None) -> Program:
        """Return the program, with a version of parameters or with those of the tables."""

        def compiled() -> Program:
            graph, laws = self.graph(reach), None
            if parameters is not None:
                graph, laws = parameters.graph_and_laws(graph)
            return compile_graph(graph, known=laws)

        version = "" if parameters is None else parameters.version
        return self._programs.get((version, whole_horizons(self.network, reach)), compiled)


def whole_horizons(network: Network, reach: int) -> int:
    """Return ``reach`` made a whole number of the horizons of a project, as far as there may be so many periods.

    What is compiled for so long a run is good for any that ends before.

    Parameters
    ----------
    network : of the project. reach : periods of a run, from the first of the project on.
    """
    usual = network.settings.periods
    return max(reach, min(-(-reach // usual) * usual, PERIODS_MAX))


class Drawing:
    """A version of parameters whose draws are shared out among the runs; good for one run of a network.

    Parameters
    ----------
    parameters : the version. runs : how many there are to be. compiling : of the network as its tables say.
    """

    def __init__(self, parameters: Applied, *, runs: int, compiling: Compiling) -> None:
        self._fitted = Fitted(compiling.network, parameters, kept=compiling)
        self._count = min(parameters.draws, runs)

    def compiled(self, changed: Network, reach: int) -> Program:
        """Return the program of the network, with a scenario or without, its parameters mixed over the draws; for ``set_up``."""
        return self._fitted.compiled(changed, reach)

    def shared(self, setup: Setup, tape: Tape) -> Sequence[Tape]:
        """Return the tape of each draw; for ``record``, of what ``compiled`` made."""
        redrawing = Redrawing(tape, setup.program, state=setup.state, periods=setup.span.periods)
        return [redrawing.tape_of(one) for one in islice(self._fitted.draws(setup.program, redrawing), self._count)]
