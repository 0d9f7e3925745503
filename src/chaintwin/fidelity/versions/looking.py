"""A log seen through the network that was in force: what calibration and fidelity start from."""

from __future__ import annotations

from dataclasses import dataclass

from chaintwin.fidelity.calibration.lanes import Layout
from chaintwin.fidelity.calibration.parameters import ParameterSet
from chaintwin.fidelity.versions.applying import DRAWS, Applied, applied
from chaintwin.fidelity.versions.in_use import in_use
from chaintwin.fidelity.versions.refitting import InUse
from chaintwin.fidelity.versions.shelf import in_force, version_of
from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import Graph
from chaintwin.network.lowering import lower
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.store.interface import Store


@dataclass(frozen=True, slots=True)
class Described:
    """A network in its three forms.

    Parameters
    ----------
    network : its tables. graph : what they are lowered to. program : compiled. layout : of its activities.
    """

    network: Network
    graph: Graph
    program: Program
    layout: Layout

    @staticmethod
    def of(network: Network, *, reach: int = 0) -> Described:
        """Lower and compile a network.

        Parameters
        ----------
        network : its tables. reach : period up to which trends of demand are told; at least to the end of the horizon.
        """
        graph = lower(network, periods=reach)
        program = compile_graph(graph)
        return Described(network, graph, program, Layout.of(program))

    def in_use(self, version: ParameterSet | None) -> InUse:
        """Return what is in use with a version, or by the tables."""
        return in_use(self.graph, self.layout, version=version)

    def applied(self, version: ParameterSet, *, draws: int = DRAWS) -> Applied:
        """Return a version as the network takes it."""
        return applied(version, self.graph, layout=self.layout, draws=draws)


def version_at(store: Store, at: int, *, known: int | None = None) -> ParameterSet | None:
    """Return the version in force at a moment, or None for the tables.

    Parameters
    ----------
    store, at, known : as for ``in_force``.
    """
    found = in_force(store, at, known=known)
    return None if found is None else version_of(store, found.id)
