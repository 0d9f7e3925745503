"""Networks and programs that the process of jobs has at hand, so that a second job of the same network begins at once."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from chaintwin.network.compiling import compile_graph
from chaintwin.network.lowering.lower import Lowered, lower_in_full, struck_graph
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.tables.reading import read
from chaintwin.serve.jobs.messages import Prepare

KEPT = 2
"""Networks at hand."""

PROGRAMS = 3
"""Programs at hand; one is good for its own number of periods."""


class Networks:
    """Reads networks, and keeps those that were read last."""

    def __init__(self) -> None:
        self._networks: OrderedDict[str, Network] = OrderedDict()
        self._programs: OrderedDict[tuple[str, int], Program] = OrderedDict()
        self._lowered: OrderedDict[tuple[str, int], Lowered] = OrderedDict()

    def network(self, name: str, place: str) -> Network:
        """Return a network.

        Parameters
        ----------
        name : hash. place : folder it is read from.

        Raises
        ------
        InputError
            It cannot be read.
        """
        found = self._networks.pop(name, None) or read(Path(place))
        self._networks[name] = found
        if len(self._networks) > KEPT:
            self._networks.popitem(last=False)
        return found

    def program(self, name: str, place: str, *, periods: int) -> Program:
        """Return the program of a network for some periods."""
        key = (name, periods)
        found = self._programs.pop(key, None) or compile_graph(self.lowered(name, place, periods=periods).graph)
        self._programs[key] = found
        if len(self._programs) > PROGRAMS:
            self._programs.popitem(last=False)
        return found

    def lowered(self, name: str, place: str, *, periods: int) -> Lowered:
        """Return a network lowered for some periods, of which disruptions strike the graph without lowering it again."""
        key = (name, periods)
        found = self._lowered.pop(key, None) or lower_in_full(self.network(name, place), periods=periods)
        self._lowered[key] = found
        if len(self._lowered) > PROGRAMS:
            self._lowered.popitem(last=False)
        return found

    def struck(self, name: str, place: str, *, by: Network, periods: int) -> Program:
        """Return the program of a network that differs by its disruptions alone; the same bytes as ``by.compile``.

        Parameters
        ----------
        name, place : of the network without them. by : the one with them. periods : it is run for.
        """
        lowered = self.lowered(name, place, periods=periods)
        reach = max(by.settings.periods, periods)
        return compile_graph(struck_graph(lowered, by.disruptions, settings=by.settings, reach=reach))

    def warm(self, asking: Prepare) -> None:
        """Load a network and what its first job would have to load; a network that cannot be used is told of by its job."""
        from chaintwin.fidelity.forking.fork import fork
        from chaintwin.network.state import initial_state

        network = self.network(asking.network, asking.place)
        program = self.program(asking.network, asking.place, periods=network.settings.periods)
        fork(network, initial_state(program), periods=1, runs=1, threads=1, before=program)
