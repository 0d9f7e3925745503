"""Events of many replications: order, merging and masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.occurrence import Events, merge_events
from chaintwin.risk.occurrence.draws import joined_id
from chaintwin.risk.occurrence.events import events_from_pairs

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.floats(0, 100)), max_size=20)


def built(pairs: list[tuple[int, float]]) -> Events:
    replications = np.array([replication for replication, _ in pairs], dtype=np.int64)
    return events_from_pairs(replications, np.array([time for _, time in pairs], dtype=float), replication_count=5)


@given(one=PAIRS, other=PAIRS)
def test_merge_events__holds_all_events_in_order(one: list[tuple[int, float]], other: list[tuple[int, float]]) -> None:
    merged = merge_events(built(one), built(other))
    for replication in range(5):
        expected = sorted(time for owner, time in one + other if owner == replication)
        assert merged.of(replication).tolist() == expected
    assert merged.counts.sum() == merged.times.size == len(one) + len(other)
    assert merged.kept(merged.times < 50).times.tolist() == [time for time in merged.times if time < 50]


def test_merge_events__refuses_different_replications() -> None:
    with pytest.raises(UsageError, match=r"parts: found processes with \[1, 5\] replications"):
        merge_events(built([]), Events(np.array([0, 0]), np.empty(0)))


@given(one=st.lists(st.text(), min_size=1, max_size=3), other=st.lists(st.text(), min_size=1, max_size=3))
def test_joined_id__tells_different_parts_apart(one: list[str], other: list[str]) -> None:
    assert (joined_id(*one) == joined_id(*other)) == (one == other)
