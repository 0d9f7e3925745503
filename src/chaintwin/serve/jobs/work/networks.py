"""Networks and programs that the process of jobs has at hand, so that a second job of the same network begins at once."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

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
        found = self._programs.pop(key, None) or self.network(name, place).compile(periods=periods)
        self._programs[key] = found
        if len(self._programs) > PROGRAMS:
            self._programs.popitem(last=False)
        return found

    def warm(self, asking: Prepare) -> None:
        """Load a network and what its first job would have to load; a network that cannot be used is told of by its job."""
        from chaintwin.fidelity.forking.fork import fork
        from chaintwin.network.state import initial_state

        network = self.network(asking.network, asking.place)
        program = self.program(asking.network, asking.place, periods=network.settings.periods)
        fork(network, initial_state(program), periods=1, runs=1, threads=1, before=program)
