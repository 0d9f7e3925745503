"""The collection of cycles is held off for as long as anybody makes cells, and no longer."""

from __future__ import annotations

import gc

from chaintwin.twin.kept.pausing import collection_paused


def test_collection_paused__blocks_that_overlap() -> None:
    assert gc.isenabled()
    first, second = collection_paused(), collection_paused()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled(), "the second block still runs"
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_collection_paused__what_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collection_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
