"""A bad wire that is mended by repeats leaves the twin exactly where the world is; without repeats it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chaintwin.examples import Example
from chaintwin.world import Grade, Instruments, Wire, state_error
from tests.sizes import scaled
from tests.world.stories import (
    fields_told,
    largest_difference,
    project,
    story_of,
    told,
    true_state,
    twin_of,
    twin_stock,
    world_of,
)

PERIODS = scaled(ci=4, full=120)

ROUNDING = 1e-9
"""Real quantities come back to one part in so many (decision 0013)."""


@pytest.mark.parametrize("grade", [Grade.PERFECT, Grade.TERRIBLE])
def test_twin__of_medicines_is_the_truth_through_loss_doubles_and_disorder(grade: Grade, tmp_path: Path) -> None:
    world = world_of(Example.MEDICINES, PERIODS)
    story = story_of(world, Wire.of(grade))
    wire = story.deliveries.told()
    assert (wire["overtaken"] > 0, wire["doubles"] > 0, wire["repeated"] > 0) == (grade is Grade.TERRIBLE,) * 3
    assert wire["lost_for_good"] == 0
    with told(story, tmp_path) as store:
        assert store.head().sequence == len(story.readings)
        error = state_error(twin_stock(world, store), world.stock)
        assert error.wrong == 0.0, error
        assert error.share < ROUNDING
        # The state to go on from is the true one too: what is under way, ordered and owed.
        program = project(Example.MEDICINES).compile(periods=PERIODS)
        placed = twin_of(project(Example.MEDICINES), store).as_of(world.start_of(PERIODS)).placed(program)
        assert not placed.findings
        for part, off in largest_difference(placed.state, true_state(world), program).items():
            assert off < ROUNDING, part
        # Nothing that only the simulator knows was told.
        assert not {"disruption", "strength"} & fields_told(store)


def test_twin__without_repeats_is_not_the_truth(tmp_path: Path) -> None:
    world = world_of(Example.MEDICINES, scaled(ci=4, full=120))
    story = story_of(world, Wire.of(Grade.TERRIBLE, changed={"is_retried": False}))
    with told(story, tmp_path) as store:
        error = state_error(twin_stock(world, store), world.stock)
        assert error.wrong > 0.1
        assert error.share > 0.005


def test_twin__has_one_hash_whatever_the_wire_did(tmp_path: Path) -> None:
    world = world_of(Example.BEER_GAME, scaled(ci=30, full=120))
    found = set()
    for number, wire in enumerate((Wire(), Wire.of(Grade.BAD), Wire.of(Grade.TERRIBLE))):
        with told(story_of(world, wire), tmp_path / str(number)) as store:
            found.add(twin_of(project(Example.BEER_GAME), store).hash())
    assert len(found) == 1


def test_twin__counts_of_the_truth_change_nothing_where_nothing_is_lost(tmp_path: Path) -> None:
    world = world_of(Example.BEER_GAME, scaled(ci=30, full=120))
    story = story_of(world, Wire.of(Grade.BAD), instruments=Instruments(count_share=0.5, count_every=2))
    with told(story, tmp_path) as store:
        assert np.array_equal(twin_stock(world, store), world.stock)
