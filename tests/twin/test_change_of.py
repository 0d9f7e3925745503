"""What one entry changed, for somebody who looks at no other: the same as for who follows, and nobody is the worse for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaintwin.store.records import FactsRow
from tests.oracles.plain_store import PlainStore, logged
from tests.sizes import scaled
from tests.twin.random_logs import arrivals, random_events
from tests.twin.test_twin import SMALL, made, twin_of


@pytest.mark.parametrize("seed", range(scaled(ci=2, full=40)))
def test_change_of__is_what_who_follows_is_told(seed: int) -> None:
    store = logged(arrivals(random_events(seed, count=150), seed=seed))
    twin = twin_of(store, sizes=SMALL)
    for sequence in range(1, twin.head + 1):
        (told,) = twin_of(store, sizes=SMALL).changes(sequence - 1, limit=1)
        found = twin.change_of(sequence)
        assert found is not None
        assert (found.sequence, found.entries, found.is_reprojected) == (sequence, 1, told.is_reprojected)
        assert found.cells == told.cells
    assert twin.change_of(0) is twin.change_of(-1) is twin.change_of(twin.head + 1) is None


def test_change_of__takes_no_place_of_who_follows_and_begins_no_notes() -> None:
    store = logged(made(300))
    twin = twin_of(store, sizes=SMALL)
    for after in (0, 20):
        assert twin.changes(after, limit=10)
    for sequence in (60, 90, 120):
        assert twin.change_of(sequence) is not None
    assert [after for after in (10, 30) if twin._behind.take(after) is not None] == [10, 30]
    idle = twin_of(store, sizes=SMALL)
    assert idle.change_of(150) is not None
    # The control: who follows has all that comes noted from then on.
    followed = twin_of(store, sizes=SMALL)
    assert followed.changes(299)
    late = made(310)[300:]
    for key, facts in late:
        store.log(key, facts)
    for twin in (idle, followed):
        assert twin.catch_up() == len(late)
    assert (len(idle._changes), len(followed._changes)) == (0, len(late))


def test_change_of__an_entry_of_late_reads_what_lies_before_it_and_not_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    store = logged(made(4_000))
    twin = twin_of(store, sizes=SMALL)
    by_time: list[int] = []
    in_order: list[int] = []
    facts, facts_by_time = PlainStore.facts, PlainStore.facts_by_time

    def noted(self: PlainStore, **between: int) -> Iterator[list[FactsRow]]:
        for rows in facts(self, **between):
            in_order.append(len(rows))
            yield rows

    def noted_by_time(self: PlainStore, **between: object) -> Iterator[list[FactsRow]]:
        for rows in facts_by_time(self, **between):  # type: ignore[arg-type]
            by_time.append(len(rows))
            yield rows

    monkeypatch.setattr(PlainStore, "facts", noted)
    monkeypatch.setattr(PlainStore, "facts_by_time", noted_by_time)
    assert twin.change_of(2_000) is not None
    assert by_time == []
    assert sum(in_order) < 2_000
