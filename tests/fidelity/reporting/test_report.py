"""Reports: scores of everything that was measured, alarms where the world is another, and what is kept for later predictions."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.clock import SetClock
from chaintwin.fidelity.backcasting.backcasting import backcast
from chaintwin.fidelity.backcasting.shelf import ON_HAND, fingerprint, kept
from chaintwin.fidelity.reporting.kept import keep_summary, kept_summary
from chaintwin.fidelity.reporting.picture import draw_report
from chaintwin.fidelity.reporting.report import LEAD_TIME, Report, report_of
from chaintwin.fidelity.reporting.summary import summary_of
from chaintwin.fidelity.versions.gathering import gathered, latest_of
from chaintwin.fidelity.versions.looking import Described, version_at
from chaintwin.network import Network
from chaintwin.store.interface import FIDELITY, Store
from chaintwin.twin import Twin
from tests.fidelity.calibration import worlds
from tests.fidelity.logs import log_at, with_lead_times

PERIODS = 110


def reported(store: Store, tables: Network, *, every: int = 8) -> Report:
    place, until = Described.of(tables), latest_of(store)
    assert until is not None
    twin = Twin.open(tables, store=store, is_kept=False, clock=SetClock(now=1))
    done = backcast(store, twin, described=place, until=until, budget=1e9, every=every, runs=48, threads=1)
    seen = gathered(store, twin.base, program=place.program, until=until)
    found = list(kept(store, fingerprint(place.program)).values())
    return report_of(
        store, place, observations=seen, past=done.past, backcasts=found, version=version_at(store, until), until=until
    )


@pytest.mark.slow
def test_report_of__right_tables_score_high_and_wrong_ones_are_named(tmp_path: Path) -> None:
    world = worlds.network()
    wrong = with_lead_times(world, "pmf(1:0.9, 2:0.1)", lane="L1")
    with log_at(tmp_path / "log.db", [(world, PERIODS)], seed=3) as store:
        right, off = reported(store, world), reported(store, wrong)
        keep_summary(store, summary_of(off, measured_at=5))
        summary = kept_summary(store)
        store.put(FIDELITY, "latest", content=b"{}")
        assert kept_summary(store) is None
    assert right.overall.score > off.overall.score
    assert not [one for one in right.lanes if one.alarm is not None]
    assert [one.lane.destination for one in off.lanes if one.alarm is not None] == ["cross"]
    kinds = set(right.rows["kind"])
    assert kinds == {"overall", "customers", "site", "lane", "stock point"}
    lanes = off.rows.filter(off.rows["kind"] == "lane")
    assert lanes["name"][0] == "L1/milk", "the lane that is trusted least comes first"
    horizons = right.coverage.filter(right.coverage["measure"] == ON_HAND)["horizon"].to_list()
    assert horizons == [1, 7, 30]
    assert right.pits[LEAD_TIME].size > PERIODS
    assert summary is not None
    assert summary.alarms >= 1
    assert summary.score == pytest.approx(off.overall.score)
    assert set(summary.points) == set(off.rows.filter(off.rows["kind"] == "stock point")["name"])
    assert summary.sites
    assert summary.sites.items() <= dict(off.rows.filter(off.rows["kind"] == "site").select("name", "score").iter_rows()).items()
    for file in (tmp_path / "a.svg", tmp_path / "a.png"):
        draw_report(right, file)
        assert file.stat().st_size > 2_000
