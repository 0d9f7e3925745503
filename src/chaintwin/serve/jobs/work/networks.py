"""Networks and programs that the process of jobs has at hand, so that a second job of the same network begins at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chaintwin.fidelity.forking.drawing import Compiling, whole_horizons
from chaintwin.fidelity.forking.keeping import Last
from chaintwin.fidelity.versions.applying import Applied
from chaintwin.fidelity.versions.looking import Described
from chaintwin.fidelity.versions.shelf import unpacked
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

AHEAD_DAYS = 30
"""A look ahead that is so long, or shorter, begins at once."""

VERSIONS = 2
"""Versions of parameters at hand, each as one network takes it."""


@dataclass(frozen=True, slots=True)
class Looking:
    """What a look ahead with a version of parameters takes.

    Parameters
    ----------
    parameters : the version as the network takes it. compiling : of that network.
    """

    parameters: Applied
    compiling: Compiling


class Networks:
    """Reads networks, and keeps those that were read last."""

    def __init__(self) -> None:
        self._networks = Last[str, Network](KEPT)
        self._programs = Last[tuple[str, int], Program](PROGRAMS)
        self._looking = Last[tuple[str, str], Looking](VERSIONS)
        self._lowered = Last[tuple[str, int], Lowered](PROGRAMS)

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
        return self._networks.get(name, lambda: read(Path(place)))

    def program(self, name: str, place: str, *, periods: int) -> Program:
        """Return the program of a network for some periods."""
        return self._programs.get((name, periods), lambda: compile_graph(self.lowered(name, place, periods=periods).graph))

    def looking(self, name: str, place: str, *, parameters: tuple[str, bytes]) -> Looking | None:
        """Return what a look ahead takes with a version of parameters; None for those of the tables.

        Parameters
        ----------
        parameters : id of the version and what is kept of it.

        Raises
        ------
        StoreDamagedError
            What is kept is not what was written.
        """
        version, content = parameters
        if not version:
            return None

        def made() -> Looking:
            described = Described.of(self.network(name, place))
            return Looking(described.applied(unpacked(content, version)), Compiling(described.network))

        return self._looking.get((name, version), made)

    def lowered(self, name: str, place: str, *, periods: int) -> Lowered:
        """Return a network lowered for some periods, of which disruptions strike the graph without lowering it again."""
        return self._lowered.get((name, periods), lambda: lower_in_full(self.network(name, place), periods=periods))

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
        """Load a network and what its first jobs would have to load; a network that cannot be used is told of by its job."""
        from chaintwin.fidelity.forking.fork import fork
        from chaintwin.network.state import initial_state

        network = self.network(asking.network, asking.place)
        usual = network.settings.periods
        ahead = whole_horizons(network, asking.period + round(AHEAD_DAYS * 24 / network.settings.period.hours))
        self.program(asking.network, asking.place, periods=usual)
        program = self.program(asking.network, asking.place, periods=ahead)
        looking = self.looking(asking.network, asking.place, parameters=asking.parameters)
        parameters, compiling = (None, None) if looking is None else (looking.parameters, looking.compiling)
        if compiling is not None:
            compiling.program(ahead, parameters)
        state = initial_state(program)
        fork(network, state, periods=1, runs=1, threads=1, before=program, parameters=parameters, compiling=compiling)
