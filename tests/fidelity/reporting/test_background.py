"""Fidelity in the background: what another process looks back from is kept by the one that holds the log."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from chaintwin.fidelity.reporting.background import Measuring
from chaintwin.fidelity.reporting.kept import kept_summary
from chaintwin.network import write
from chaintwin.store.interface import BACKCASTS
from tests.fidelity.calibration import worlds
from tests.fidelity.logs import log_at

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
