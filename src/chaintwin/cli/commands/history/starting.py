"""What a run is followed of: a project, the changes and disruptions of a scenario, and the state it starts from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from chaintwin.network import Network
    from chaintwin.network.state import State


def followed(terminal: Terminal, project: Path, *, scenario: Path | None, state: Path | None) -> tuple[Network, State | None]:
    """Return the network with the scenario, and the state to start from or None.

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
        return network, start
    changed = changes.apply(network)
    return changed, None if start is None else carried_over(start, network.compile(), after=changed.compile())
