"""What a run is followed of: a project, the changes and disruptions of a scenario, and the state it starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from chaintwin.network import Network
    from chaintwin.network.state import State


@dataclass(frozen=True, slots=True)
class Followed:
    """The network with the changes of a scenario, the name of the scenario or None, and the state to start from or None."""

    network: Network
    scenario: str | None
    state: State | None


def followed(terminal: Terminal, project: Path, *, scenario: Path | None, state: Path | None) -> Followed:
    """Return what a run is followed of.

    Parameters
    ----------
    terminal, project : as for ``usable_network``.
    scenario, state : files, or None.
    """
    from chaintwin.cli.commands.usable import usable_network
    from chaintwin.network import Scenario
    from chaintwin.simulation import read_state
    from chaintwin.simulation.simulating import carried_over

    changes = None if scenario is None else Scenario.read(scenario)
    network = usable_network(terminal, project)
    start = None if state is None else read_state(state, program=network.compile())
    if changes is None:
        return Followed(network, None, start)
    changed = changes.apply(network)
    start = None if start is None else carried_over(start, network.compile(), after=changed.compile())
    return Followed(changed, changes.name, start)
