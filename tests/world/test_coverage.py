"""How often the truth of a hidden world lies in the 90 % intervals of a twin that follows it: 85 to 95 of 100 times.

The world has other lead times, demand, capacities and yields than the project says. The twin begins with the project, fits
parameters to what it is told and looks ahead from then on. That wrong tables are seen is held by ``tests/fidelity/backcasting``.

The claim is one of chance. Worlds are numbered from 0, none is chosen. A test fails where the share lies outside by more than
``SURE`` standard errors. If the true coverage lies inside, each of the three horizons fails by chance in at most 1 of 740 cases
on either side, so that a test fails without reason in at most 1 of 120 cases; where it is near 90 %, far more rarely.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
import pytest

from chaintwin.examples import Example, load
from chaintwin.network import Network, Scenario
from chaintwin.world import Spreads, draw_truth, play_world
from tests.fidelity.calibration import worlds
from tests.sizes import scaled
from tests.world.followed import coverage, followed
from tests.world.pictures import draw_coverage, kept_in

LOW, HIGH = 0.85, 0.95

SURE = 3.0
"""Standard errors beyond which chance is no explanation."""

KINDS = ("small", "medicines")[: scaled(ci=1, full=2)]

WORLDS = {"small": scaled(ci=2, full=24), "medicines": 3}
PERIODS = {"small": scaled(ci=100, full=130), "medicines": 120}
CALIBRATIONS = {"small": (50,), "medicines": (30, 60, 90)}
EVERY = {"small": scaled(ci=10, full=5), "medicines": 3}
RUNS = {"small": 64, "medicines": 256}


@cache
def project(kind: str) -> Network:
    if kind == "medicines":
        return load(Example.MEDICINES)
    lead = {"table": "lanes", "column": "lead_time", "set": "gamma(mean=7, cv=0.35)"}
    demand = {"table": "demand", "column": "quantity", "set": "normal(11, 4)"}
    return Scenario.of("unsure", [lead, demand]).apply(worlds.network())


def measured(kind: str, folder: Path, *, calibrations: tuple[int, ...]) -> pl.DataFrame:
    network, frames = project(kind), []
    for seed in range(WORLDS[kind]):
        truth = draw_truth(network, Spreads(), seed=seed)
        world = play_world(network, truth, periods=PERIODS[kind], seed=seed)
        file = folder / f"{kind}-{seed}" / "log.db"
        _, frame = followed(world, network, file, calibrations=calibrations, every=EVERY[kind], runs=RUNS[kind])
        frames.append(frame.filter(pl.col("origin") >= CALIBRATIONS[kind][0]))
    found = coverage(frames)
    folder_of_pictures = kept_in()
    if folder_of_pictures is not None:
        file = folder_of_pictures / f"hidden-world-coverage-{kind}.svg"
        draw_coverage(found, pl.concat(frames).select("horizon", "pit"), low=LOW, high=HIGH, file=file)
    print(kind, calibrations, found)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_intervals__hold_the_truth_of_a_hidden_world_as_often_as_they_say(kind: str, tmp_path: Path) -> None:
    found = measured(kind, tmp_path, calibrations=CALIBRATIONS[kind])
    assert found["horizon"].to_list() == [1, 7, 30]
    for share, error, horizon in found.select("share", "error", "horizon").iter_rows():
        assert LOW - SURE * error <= share <= HIGH + SURE * error, horizon
    # With as many worlds as this the bounds of the claim itself can be told from chance.
    assert kind == "small" or (found["share"].is_between(LOW, HIGH)).all()
