"""Benchmark case of forks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from chaintwin.bench.case import Case, Phase

DAYS = 30


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


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.examples import Example, load
    from chaintwin.fidelity.forking.fork import fork
    from chaintwin.network.state import initial_state

    network = load(Example.MEDICINES)
    state = initial_state(network.compile())
    opened = replace(state.shipments, is_open=np.ones(state.shipments.quantity.size, dtype=bool))
    begin = replace(state, shipments=opened)
    fork(network, begin, periods=1, runs=2)

    def run() -> float:
        return float(fork(network, begin, periods=DAYS, runs=size).runs)

    return (Phase("fork", run, "replication", limit_seconds=2.0),)
