"""Forks from a moment within a period: what could have come by then, and did not, does not come in it any more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chaintwin.clock import DAY, SetClock
from chaintwin.network.program import Program
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.store.opening import open_store
from chaintwin.twin import Twin
from chaintwin.twin.starting import Placed
from tests.fidelity.calibration import worlds
from tests.fidelity.logs import put
from tests.fidelity.versions.test_gathering import START, way


def placed(folder: Path, *, left: float, now: float) -> tuple[Placed, Program]:
    """Return the state to start from at a day of which one shipment to a lane without order is under way."""
    network = worlds.network()
    program = network.compile()
    with open_store(folder / "log.db", clock=SetClock(now=1)) as store:
        put(store, way(1, left=left, took=90.0)[:1])
        twin = Twin.open(network, store=store, is_kept=False, clock=SetClock(now=START + 99 * DAY))
        return twin.as_of(START + round(now * DAY)).placed(program), program


@pytest.mark.parametrize(
    ("left", "now", "period", "least"),
    [
        # Early in a day all of it is still to come; from its middle on it is over, and the next one is.
        (0.1, 1.1, 1, 1),
        (0.1, 1.9, 2, 2),
        (0.9, 1.1, 1, 0),
        (0.9, 1.9, 2, 1),
        (0.1, 3.4, 3, 3),
        (0.1, 3.6, 4, 4),
    ],
)
def test_placed__ages_are_whole_periods_halves_up(tmp_path: Path, left: float, now: float, period: int, least: int) -> None:
    found, program = placed(tmp_path, left=left, now=now)
    tape = assemble(program, found.opened)
    assert found.state.period == period
    assert tape.remaining is not None
    assert tape.remaining.least.tolist() == [least]
    # Lead times are 1, 3 or 6 days: of those that are over by now no share is left.
    lasts = {1: 0.2, 3: 0.5, 6: 0.3}
    assert tape.remaining.share[0] == pytest.approx(sum(share for lead, share in lasts.items() if lead < least))


def test_placed__the_eve_of_a_period_starts_with_it(tmp_path: Path) -> None:
    found, _ = placed(tmp_path, left=0.1, now=3.0 - 1 / DAY)
    assert found.state.period == 3
    assert np.array_equal(found.state.shipments.started, [0])
