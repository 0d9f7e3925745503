"""Benchmark cases of forks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chaintwin.bench.case import Case, Phase

if TYPE_CHECKING:
    from chaintwin.network import Network
    from chaintwin.network.state import State

DAYS = 30
DRAWS = 16


def fork_medicines() -> Case:
    """Return the case that looks ahead from a state of ``medicines`` with all arrivals open."""
    return Case(
        "fork_medicines",
        f"Look {DAYS} days ahead from a state of medicines with thousands of shipments under way whose arrivals are drawn given "
        "their age, with quantiles and shortages of every stock point; kernels compiled before.",
        (64, 256),
        "replication",
        _prepare,
    )


def fork_drawn_medicines() -> Case:
    """Return the case that looks ahead with a version of parameters, its draws shared out among the runs."""
    return Case(
        "fork_drawn_medicines",
        f"The same with a version of parameters that holds the lead time of every lane: {DRAWS} draws of it share the runs.",
        (64, 256),
        "replication",
        _prepare_drawn,
    )


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.fidelity.forking.fork import fork

    network, begin = _begin()
    fork(network, begin, periods=1, runs=2)

    def run() -> float:
        return float(fork(network, begin, periods=DAYS, runs=size).runs)

    return (Phase("fork", run, "replication", limit_seconds=2.0),)


def _prepare_drawn(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.fidelity.calibration.parameters import Parameter, ParameterKind, ParameterSet
    from chaintwin.fidelity.forking.fork import fork
    from chaintwin.fidelity.versions.lead_laws import LeadLaws
    from chaintwin.fidelity.versions.looking import Described
    from chaintwin.laws import LawKind
    from chaintwin.rng import uniform_table

    network, begin = _begin()
    described = Described.of(network)
    laws = LeadLaws(described.graph, described.layout, version=None)
    parameters = []
    for name in described.layout.lanes:
        mean = float(laws.table_of_tables(name).means[0])
        # Gamma laws of a coefficient of variation about 0.25, as some twenty arrivals would leave them.
        drawn = uniform_table(7, "bench", entity=name, count=2, slots=DRAWS)
        shape = 12.0 + 8.0 * drawn[0]
        draws = tuple((float(one), float(mean * (0.9 + 0.2 * other) / one)) for one, other in zip(shape, drawn[1], strict=True))
        best = f"gamma({draws[0][0]:.9g}, {draws[0][1]:.9g})"
        head = (ParameterKind.LEAD_TIME, name, best, LawKind.GAMMA, (), draws)
        parameters.append(Parameter(*head, "made up", sample_size=20, censored_count=0, since=0, until=1))
    version = ParameterSet(tuple(parameters), made_at=1, seed=7)
    applied = described.applied(version, draws=DRAWS)
    fork(network, begin, periods=1, runs=DRAWS, parameters=applied)

    def run() -> float:
        return float(fork(network, begin, periods=DAYS, runs=size, parameters=applied).runs)

    return (Phase("fork", run, "replication", limit_seconds=2.0),)


def _begin() -> tuple[Network, State]:
    """Return ``medicines`` and a state of it with all arrivals open."""
    from chaintwin.examples import Example, load
    from chaintwin.network.state import initial_state

    network = load(Example.MEDICINES)
    state = initial_state(network.compile())
    opened = replace(state.shipments, is_open=np.ones(state.shipments.quantity.size, dtype=bool))
    return network, replace(state, shipments=opened)
