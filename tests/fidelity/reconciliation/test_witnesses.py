"""Each witness of a movement stands in for one that is missing, and without witnesses nothing is made up."""

from __future__ import annotations

import numpy as np
import pytest

from chaintwin.examples import Example, load
from chaintwin.fidelity.reconciliation.witnesses import Opening, PeriodBook, Reason, WitnessedStock

PROGRAM = load(Example.BEER_GAME).compile()
BUFFERS = {name: place for place, name in enumerate(PROGRAM.names.buffers["buffer_id"].to_list())}
ACTIVITIES = {name: place for place, name in enumerate(PROGRAM.names.activities["activity_id"].to_list())}
STORE, SUPPLIER = BUFFERS["retailer/beer"], BUFFERS["wholesaler/beer"]
LANE = ACTIVITIES["wholesaler>retailer/beer"]


def opened(stock: float = 20.0) -> WitnessedStock:
    found = WitnessedStock(PROGRAM)
    found.open(Opening(np.full(len(BUFFERS), stock), np.zeros(PROGRAM.counts[2]), {}))
    return found


def closed(book: PeriodBook, *, period: int = 5, stock: float = 20.0) -> WitnessedStock:
    found = opened(stock)
    found.close(period, book)
    return found


def test_close__all_told_is_nothing_put_right() -> None:
    book = PeriodBook()
    book.started[LANE], book.taken[LANE, SUPPLIER] = 4.0, 4.0
    book.arrived[LANE], book.arrivals[LANE] = 6.0, 1
    book.received[LANE, STORE], book.receipts[LANE, STORE] = 6.0, 1
    book.asked[0], book.shipped[0] = 5.0, 5.0
    found = closed(book)
    assert (found.stock[SUPPLIER], found.stock[STORE]) == (16.0, 21.0)
    assert np.array_equal(found.stock, found.books)
    assert not found.filled


def test_close__a_start_tells_what_was_taken() -> None:
    book = PeriodBook()
    book.started[LANE] = 4.0
    found = closed(book)
    assert (found.stock[SUPPLIER], found.books[SUPPLIER]) == (16.0, 20.0)
    assert found.filled == {Reason.UNSEEN_TAKING: (1, 4.0)}


def test_close__what_was_taken_needs_no_start() -> None:
    book = PeriodBook()
    book.taken[LANE, SUPPLIER] = 4.0
    assert closed(book).stock[SUPPLIER] == 16.0


def test_close__an_arrival_tells_what_was_received() -> None:
    book = PeriodBook()
    book.arrived[LANE], book.arrivals[LANE] = 6.0, 2
    found = closed(book)
    assert found.stock[STORE] == 26.0
    assert found.filled == {Reason.UNSEEN_RECEIPT: (1, 6.0)}
    book.received[LANE, STORE], book.receipts[LANE, STORE] = 4.0, 1
    assert closed(book).stock[STORE] == 26.0
    # All was told, and the numbers disagree: that is no matter of what is missing.
    book.receipts[LANE, STORE] = 2
    assert closed(book).stock[STORE] == 24.0


def test_close__numbers_that_disagree_where_all_was_told_change_nothing() -> None:
    book = PeriodBook()
    book.started[LANE], book.taken[LANE, SUPPLIER] = 6.0, 4.0
    book.asked[0], book.shipped[0] = 1.0, 0.5
    found = closed(book)
    assert (found.stock[SUPPLIER], found.stock[STORE]) == (16.0, 19.5)
    assert not found.filled


@pytest.mark.parametrize(("started", "there"), [(2, 14.0), (4, 20.0)])
def test_close__an_arrival_tells_a_start_that_nobody_told_but_not_one_of_yesterday(started: int, there: float) -> None:
    book = PeriodBook()
    book.arrived[LANE], book.came[LANE, started], book.received[LANE, STORE] = 6.0, 6.0, 6.0
    book.arrivals[LANE], book.receipts[LANE, STORE] = 1, 1
    assert closed(book).stock[SUPPLIER] == there


def test_close__an_arrival_of_a_start_that_was_told_takes_nothing_again() -> None:
    found = opened()
    first, then = PeriodBook(), PeriodBook()
    first.started[LANE], first.taken[LANE, SUPPLIER] = 6.0, 6.0
    then.arrived[LANE], then.came[LANE, 2], then.received[LANE, STORE] = 6.0, 6.0, 6.0
    found.close(2, first)
    found.close(5, then)
    assert found.stock[SUPPLIER] == 14.0
    assert not found.filled


def test_close__who_waits_shows_that_the_shelf_is_empty() -> None:
    book = PeriodBook()
    book.asked[0] = 5.0
    found = closed(book)
    assert (found.stock[STORE], found.owed[0]) == (15.0, 0.0)
    assert found.filled == {Reason.UNSEEN_SALE: (1, 5.0)}
    empty = closed(book, stock=0.0)
    assert (empty.stock[STORE], empty.owed[0]) == (0.0, 5.0)
    assert not empty.filled


@pytest.mark.parametrize("known", ["shipped", "lost"])
def test_close__who_got_a_part_or_left_without_shows_that_the_shelf_is_empty(known: str) -> None:
    book = PeriodBook()
    book.asked[0] = 9.0
    getattr(book, known)[0] = 2.0
    found = closed(book)
    assert found.stock[STORE] == 0.0
    assert set(found.filled) == {Reason.EMPTY_SHELF}


def test_close__what_is_served_on_the_day_shows_that_nothing_was_owed() -> None:
    found = opened(3.0)
    first, then = PeriodBook(), PeriodBook()
    first.asked[0] = 5.0
    then.asked[0], then.shipped[0] = 4.0, 4.0
    then.arrived[LANE], then.received[LANE, STORE] = 30.0, 30.0
    found.close(1, first)
    assert found.owed[0] == 2.0
    found.close(2, then)
    assert (found.owed[0], found.stock[STORE]) == (0.0, 26.0)


def test_close__nothing_is_below_zero_and_a_count_is_what_is_there() -> None:
    found = opened(3.0)
    book, counting = PeriodBook(), PeriodBook()
    book.moved[STORE] = -5.0
    found.close(1, book)
    assert (found.stock[STORE], found.books[STORE]) == (0.0, -2.0)
    counting.counted[STORE] = (7.0, 0.0)
    found.close(2, counting)
    assert (found.stock[STORE], found.books[STORE]) == (7.0, 7.0)
    assert set(found.filled) == {Reason.BELOW_ZERO, Reason.COUNTED}


def test_close__a_doubtful_count_moves_the_belief_a_part_of_the_way() -> None:
    found = opened(100.0)
    for period in range(1, 30):
        counting = PeriodBook()
        # Counts that are right tell that books are good, so that a doubtful one counts for less.
        counting.counted[STORE] = (100.0, 0.0)
        found.close(period, counting)
    doubtful = PeriodBook()
    doubtful.counted[STORE] = (140.0, 20.0**2)
    found.close(30, doubtful)
    assert 100.0 <= found.stock[STORE] < 105.0
