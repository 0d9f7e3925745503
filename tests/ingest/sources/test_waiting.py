"""Waits that end, and waits that grow."""

from __future__ import annotations

import threading
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import CancelledError
from chaintwin.ingest.sources.waiting import FIRST_SECONDS, MOST_SECONDS, Ending, pause


@given(failures=st.integers(1, 10_000), key=st.text())
def test_pause__within_its_span(failures: int, key: str) -> None:
    longest = min(FIRST_SECONDS * 2 ** min(failures - 1, 20), MOST_SECONDS)
    assert longest / 2 <= pause(failures, key=key) <= longest


def test_pause__spreads_sources_that_failed_together() -> None:
    pauses = sorted(pause(9, key=f"source {number}") for number in range(200))
    assert pauses[0] < 35
    assert pauses[-1] > 55
    # Spread evenly, a fifth of them lies in each fifth of the span.
    assert all(20 <= sum(30 + 6 * part <= one < 36 + 6 * part for one in pauses) <= 60 for part in range(5))


def test_sleep__is_woken_by_the_end() -> None:
    ending = Ending()
    ending.sleep(0)
    threading.Timer(0.2, ending.set).start()
    began = monotonic()
    with pytest.raises(CancelledError):
        ending.sleep(60)
    assert monotonic() - began < 30
    with pytest.raises(CancelledError):
        ending.sleep(0)
