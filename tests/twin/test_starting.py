"""The state that a simulation starts from: that of a simulated run comes back, and real events find their places."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaintwin.clock import SetClock
from chaintwin.examples import Example, load
from chaintwin.network.program import Program
from chaintwin.simulation.history.event_log import log_of
from chaintwin.simulation.history.rebuilding import rebuild
from chaintwin.simulation.history.tracing import trace
from chaintwin.twin import Twin
from tests.simulation.history.programs import PERIODS, random_program, struck_program
from tests.simulation.history.test_rebuilding import assert_same
from tests.sizes import scaled
from tests.twin.simulated import log_in_store, named, network_of


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize("make", [random_program, struck_program])
def test_placed__random_programs_at_every_period(make: Callable[..., Program], integer: bool) -> None:
    for seed in range(scaled(ci=4, full=200)):
        program = named(make(seed, integer=integer))
        log = log_of(trace(program, periods=PERIODS, seed=seed))
        network = network_of(program)
        twin = Twin.open(network, store=log_in_store(log, program, network.settings), clock=SetClock())
        for period in range(PERIODS + 1):
            placed = twin.as_of(twin.now().eve_of(period) if period else twin.now().eve_of(0) + 1).placed(program)
            assert not placed.findings
            assert_same(program, placed.state, rebuild(log, program, until=period), exact=integer)
