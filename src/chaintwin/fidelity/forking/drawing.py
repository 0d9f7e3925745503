"""Runs with parameters drawn from what is known of them: compiled once, each draw put into the tape."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import islice

from chaintwin.fidelity.forking.draws import Fitted
from chaintwin.fidelity.forking.recording import Recorded, record
from chaintwin.fidelity.versions.applying import Applied
from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import Graph
from chaintwin.network.lowering import lower
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.state import State
from chaintwin.network.tables.schema import PERIODS_MAX
from chaintwin.simulation.simulating import Setup, set_up
from chaintwin.simulation.tape.supply.redrawing import Redrawing
from chaintwin.simulation.tape.tape import Tape


class Compiling:
    """Lowers and compiles a network for many forks of it, once for each version of its parameters.

    What is compiled reaches a whole number of the horizons of the project, since nothing else depends on that.

    Parameters
    ----------
    network : that is compiled.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._graphs: dict[int, Graph] = {}
        self._programs: dict[tuple[str, int], Program] = {}

    def graph(self, reach: int) -> Graph:
        """Return the graph of the tables for a run that ends in the period before ``reach``."""
        length = self._length(reach)
        if length not in self._graphs:
            self._graphs[length] = lower(self.network, periods=length)
        return self._graphs[length]

    def program(self, reach: int, parameters: Applied | None) -> Program:
        """Return the program, with a version of parameters or with those of the tables."""
        key = ("" if parameters is None else parameters.version, self._length(reach))
        if key not in self._programs:
            graph, laws = self.graph(reach), None
            if parameters is not None:
                graph, laws = parameters.graph_and_laws(graph)
            self._programs[key] = compile_graph(graph, known=laws)
        return self._programs[key]

    def _length(self, reach: int) -> int:
        usual = self.network.settings.periods
        return max(reach, min(-(-reach // usual) * usual, PERIODS_MAX))


def play_drawn(
    network: Network,
    state: State,
    *,
    parameters: Applied,
    periods: int,
    runs: int,
    seed: int,
    compiling: Compiling | None = None,
    scenario: Scenario | None = None,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> tuple[Setup, Recorded]:
    """Play the coming periods with a version of parameters, its draws shared out among the runs.

    Parameters
    ----------
    network, state, parameters, periods, runs, seed, scenario, threads, progress, cancel : as for ``fork``.
    compiling : of the network, where more forks of it come.

    Returns
    -------
    What was run, its lead times mixed over the draws; and what every run came to.
    """
    fitted = Fitted(network, parameters, compiling or Compiling(network))
    setup = set_up(
        network,
        scenario,
        periods=periods,
        replications=runs,
        seed=seed,
        warm_up=0,
        state=state,
        confidence=0.95,
        compiled=fitted.compiled,
    )

    def shared(setup: Setup, tape: Tape) -> Sequence[Tape]:
        redrawing = Redrawing(tape, setup.program, state=setup.state, periods=setup.span.periods)
        drawn = islice(fitted.draws(setup.program, redrawing), min(parameters.draws, runs))
        return [redrawing.tape_of(one) for one in drawn]

    return setup, record([setup], shared=shared, threads=threads, progress=progress, cancel=cancel)
