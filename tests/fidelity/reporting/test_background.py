"""Fidelity in the background: what another process looks back from is kept by the one that holds the log."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from chaintwin.clock import DAY
from chaintwin.fidelity.reporting.background import NOTE, Measuring, fitted_anew
from chaintwin.fidelity.reporting.kept import kept_summary
from chaintwin.fidelity.versions.gathering import latest_of
from chaintwin.fidelity.versions.shelf import kept_versions, version_of
from chaintwin.network import write
from chaintwin.store.interface import BACKCASTS, Search
from tests.fidelity.calibration import worlds
from tests.fidelity.logs import log_at, with_lead_times

MOST_SECONDS = 240.0


@pytest.mark.slow
def test_measuring__keeps_backcasts_and_a_summary_and_ends(tmp_path: Path) -> None:
    folder = tmp_path / "milk"
    write(worlds.network(), folder)
    place = folder / ".twin" / "log.db"
    with log_at(place, [(worlds.network(), 12)], seed=3) as store:
        measuring = Measuring(store, project=folder, place=str(place), share=1.0)
        measuring.start()
        try:
            begun = time.perf_counter()
            while kept_summary(store) is None and time.perf_counter() - begun < MOST_SECONDS:
                time.sleep(0.1)
        finally:
            measuring.close()
        summary = kept_summary(store)
        assert summary is not None
        assert len(store.names(BACKCASTS)) == summary.backcasts == 11
        assert kept_versions(store) == []


@pytest.mark.slow
def test_measuring__fits_parameters_while_the_log_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "milk"
    write(with_lead_times(worlds.network(), "pmf(1:0.5, 2:0.5)", lane="L1"), folder)
    place = folder / ".twin" / "log.db"
    with log_at(place, [(worlds.network(), 60)], seed=3) as store:
        measuring = Measuring(store, project=folder, place=str(place), share=1.0, calibrate_days=40.0)
        measuring.start()
        try:
            begun = time.perf_counter()
            while not kept_versions(store) and time.perf_counter() - begun < MOST_SECONDS:
                time.sleep(0.1)
            # Its parameters were kept before it could be found.
            (kept,) = kept_versions(store)
            assert version_of(store, kept.id).id == kept.id
            assert (kept.note, kept.made_at) == (NOTE, latest_of(store))
        finally:
            measuring.close()


def test_fitted_anew__waits_for_enough_events(tmp_path: Path) -> None:
    folder = tmp_path / "milk"
    write(worlds.network(), folder)
    place = folder / ".twin" / "log.db"
    ours, theirs = multiprocessing.Pipe(duplex=False)
    with log_at(place, [(worlds.network(), 20)], seed=3) as store:
        until, first = latest_of(store), store.find(Search(), limit=1)[0][0]
        assert until is not None
        tried = fitted_anew(folder, str(place), into=theirs, since=0, days=40.0)
        assert not ours.poll()
        # The first event counts as the last try; after a try only what came since does.
        assert tried == first
        assert fitted_anew(folder, str(place), into=theirs, since=until - 3 * DAY, days=4.0) == until - 3 * DAY
        assert not ours.poll()
