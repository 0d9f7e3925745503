"""One event in a hundred lost for good, a tenth of the stock points counted weekly: how far stock is from the truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.examples import Example
from chaintwin.fidelity.reconciliation import follow_stock
from chaintwin.world import Distance, Instruments, Wire, state_error
from tests.sizes import scaled
from tests.world.pictures import by_day, draw_errors, kept_in
from tests.world.stories import project, story_of, told, twin_stock, world_of

PERIODS = scaled(ci=6, full=120)

MOST = 0.03
"""What the error may be, as a share of the mean stock."""


def errors(folder: Path, wire: Wire, instruments: Instruments) -> tuple[Distance, Distance]:
    """Return the error of the books, and that of what is likely there."""
    world = world_of(Example.MEDICINES, PERIODS)
    with told(story_of(world, wire, instruments=instruments), folder) as store:
        books = state_error(twin_stock(world, store), world.stock)
        found = follow_stock(project(Example.MEDICINES), store, periods=PERIODS)
        folder_of_pictures = kept_in()
        if folder_of_pictures is not None and wire.lose:
            days = by_day(found.books, world.stock), by_day(found.estimate, world.stock)
            draw_errors(*days, bound=MOST, file=folder_of_pictures / "hidden-world-errors.svg")
    return books, state_error(found.estimate, world.stock)


@pytest.mark.slow
def test_follow_stock__one_in_a_hundred_lost_for_good(tmp_path: Path) -> None:
    books, likely = errors(tmp_path, Wire(lose=0.01), Instruments(count_share=0.1, count_every=7))
    print(f"books {books}, likely {likely}")
    assert likely.share <= MOST
    # The witnesses are what makes the difference: the books alone are many times further off.
    assert likely.share < 0.3 * books.share


@pytest.mark.slow
def test_follow_stock__nothing_lost_is_nothing_put_right(tmp_path: Path) -> None:
    world = world_of(Example.MEDICINES, PERIODS)
    with told(story_of(world, Wire()), tmp_path) as store:
        found = follow_stock(project(Example.MEDICINES), store, periods=PERIODS)
    assert state_error(found.books, world.stock).wrong == 0.0
    assert state_error(found.estimate, world.stock).wrong == 0.0
    assert not found.filled
