"""Secret parameters: drawn within their spreads, the same for a seed, read from a file, changed at a date."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.examples import Example
from chaintwin.network.scenarios.change import Change
from chaintwin.network.scenarios.writing import scenario_text
from chaintwin.world import Spreads, draw_truth, play_world, read_truth, shift_of
from chaintwin.world.truth import play_seed
from tests.world.stories import project


def factors(changes: tuple[Change, ...], table: str) -> list[float]:
    return [float(str(one.value)) for one in changes if one.table == table for name in one.where for _ in one.where[name]]


def test_draw_truth__factors_have_their_spread() -> None:
    network = project(Example.MEDICINES)
    found = draw_truth(network, Spreads(lead_time=0.2, demand=0.1), seed=3)
    for table, spread in (("lanes", 0.2), ("demand", 0.1)):
        logs = np.log(factors(found.changes, table))
        assert logs.size > 100
        # What is drawn to be 1 is no change, so a little more than the spread is left.
        assert abs(float(logs.std()) / spread - 1.0) < 0.2, table
        assert abs(float(logs.mean())) < 3 * spread / math.sqrt(logs.size), table
    assert draw_truth(network, Spreads(lead_time=0.2, demand=0.1), seed=3) == found
    assert draw_truth(network, Spreads(lead_time=0.2, demand=0.1), seed=4) != found
    assert not draw_truth(network, Spreads(0.0, 0.0, 0.0, 0.0), seed=3).changes


def test_draw_truth__can_be_written_read_and_played(tmp_path: Path) -> None:
    network = project(Example.BEER_GAME)
    shift = shift_of("*: lead_time*2 from day 21", network, number=1)
    truth = draw_truth(network, Spreads(lead_time=0.5), seed=3, shifts=[shift])
    (tmp_path / "truth.toml").write_text(scenario_text(truth))
    again = read_truth(tmp_path / "truth.toml")
    assert again.changes == truth.changes
    one, other = (play_world(network, what, periods=8, seed=1) for what in (truth, again))
    assert np.array_equal(one.stock, other.stock)
    assert not np.array_equal(one.stock, play_world(network, draw_truth(network, Spreads(), seed=4), periods=8, seed=1).stock)


def test_play_seed__is_not_the_seed_of_forecasts() -> None:
    assert len({play_seed(seed) for seed in range(50)} | set(range(50))) == 100


def test_shift_of__begins_at_its_day_and_stretches_lead_times() -> None:
    network = project(Example.BEER_GAME)
    shift = shift_of("*>retailer: lead_time*3 from day 70 until day 140", network, number=1)
    assert shift.start == network.settings.start + timedelta(days=70)
    assert shift.duration == "70"
    usual = draw_truth(network, Spreads(0.0, 0.0, 0.0, 0.0), seed=1)
    late = draw_truth(network, Spreads(0.0, 0.0, 0.0, 0.0), seed=1, shifts=[shift])
    one, other = (play_world(network, what, periods=30, seed=1) for what in (usual, late))
    assert np.array_equal(one.stock[:10], other.stock[:10])
    lead = [
        {
            int(start): int(end - start)
            for lane, start, end in zip(w.trace.journeys.activity, w.trace.journeys.started, w.trace.journeys.due, strict=True)
            if w.trace.program.names.activities["activity_id"][int(lane)].startswith("wholesaler>retailer")
        }
        for w in (one, other)
    ]
    assert {start: days for start, days in lead[1].items() if 0 <= start < 10} == {
        start: days for start, days in lead[0].items() if 0 <= start < 10
    }
    shared = [start for start in lead[1] if 10 <= start < 20 and start in lead[0]]
    assert shared
    assert all(lead[1][start] == 3 * lead[0][start] for start in shared)


@pytest.mark.parametrize(
    "text",
    ["lead_time*2 from day 3", "*: lead_time*2", "nowhere: lead_time*2 from day 3", "*: price*2 from day 3",
     "*: demand*-1 from day 3", "*: demand*2 from day 9 until day 3", "*: demand*2 from 2026-13-01"],
)  # fmt: skip
def test_shift_of__refuses(text: str) -> None:
    with pytest.raises(UsageError, match="--shift"):
        shift_of(text, project(Example.BEER_GAME), number=1)
