"""Backcasts of a recorded history: stock of the next day is forecast better than by who says that it stays as it is."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from chaintwin.clock import DAY, SetClock
from chaintwin.fidelity.backcasting.backcasting import backcast
from chaintwin.fidelity.backcasting.shelf import fingerprint, kept
from chaintwin.fidelity.versions.gathering import latest_of
from chaintwin.fidelity.versions.looking import Described
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import Run
from chaintwin.ingest.connectors.tables.event_table import EventTable
from chaintwin.ingest.history.ordering import in_order
from chaintwin.ingest.history.playing import play
from chaintwin.ingest.history.targets import StoreTarget
from chaintwin.network.network import Settings
from chaintwin.store.opening import open_store
from chaintwin.twin import Twin
from tests.ingest.history.mappings import SUPPLYGRAPH
from tests.network.building import network_of
from tests.shared_data import shared_path
from tests.sizes import scaled

NOW = 1_800_000_000_000_000


@pytest.mark.slow
def test_backcast__of_recorded_stock_beats_persistence(tmp_path: Path) -> None:
    folder = shared_path("supplygraph")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(SUPPLYGRAPH, encoding="utf-8")
    file = next(folder.glob("production_units*.csv"))
    read = pl.read_csv(file, infer_schema_length=None, try_parse_dates=True)
    products = [name for name in read.columns if name != "Date"]
    network = network_of(
        {
            "sites": [{"site_id": site, "kind": kind} for site, kind in (("plant", "plant"), ("store", "warehouse"))],
            "products": [{"product_id": product} for product in products],
            "stock_points": [{"site_id": site, "product_id": product} for site in ("plant", "store") for product in products],
        },
        Settings(start=read["Date"][0]),
    )
    last: date = read["Date"].head(scaled(ci=45, full=10_000))[-1]
    clock = SetClock(now=NOW)
    with open_store(tmp_path / "log.db", clock=clock) as store:
        connector = EventTable()
        run = Run(clock, lambda _: None, {"mapping": str(mapping)})
        end = (last - date(1970, 1, 1)).days * DAY + DAY
        ordered = in_order(connector.read(str(folder), since=None, run=run), before=end)
        target = StoreTarget(store, captured, "replay", clock, lambda _: None, connector)
        for _ in play(ordered, target, speed=math.inf, tick=lambda: 0.0, sleep=lambda _: None):
            pass
        place, until = Described.of(network), latest_of(store)
        assert until is not None
        twin = Twin.open(network, store=store, clock=clock, is_kept=False)
        done = backcast(store, twin, described=place, until=until, budget=1e9, runs=64, every=1, threads=1)
        found = kept(store, fingerprint(place.program))
    ours, persistence = [], []
    for origin, one in sorted(found.items()):
        at = origin - done.past.first
        if at < 14:
            continue
        ours.append(one.table("crps")[0])
        persistence.append(np.abs(done.past.stock[at] - done.past.stock[at - 1]))
    # Stock that never moved is told right by both.
    total = np.array([np.sum(ours, axis=0), np.sum(persistence, axis=0)])
    moved = total[1] > 0
    ratio = total[0][moved] / total[1][moved]
    assert moved.sum() > 20
    assert np.mean(ratio) < 0.9, ratio
    assert np.mean(ratio < 1) > 0.8
