"""Two real histories, played into a log and projected: the twin ends where the files do."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from chaintwin.clock import DAY, SetClock
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import Connector, Run
from chaintwin.ingest.connectors.tables.event_table import EventTable
from chaintwin.ingest.connectors.tables.table_drop import TableDrop
from chaintwin.ingest.history.ordering import in_order
from chaintwin.ingest.history.playing import play
from chaintwin.ingest.history.targets import StoreTarget
from chaintwin.store.log.store import LogStore
from chaintwin.store.opening import open_store
from chaintwin.twin import Twin
from tests.ingest.history.mappings import SUPPLYGRAPH
from tests.network.building import network_of
from tests.shared_data import shared_path
from tests.sizes import scaled

NOW = 1_800_000_000_000_000


def midnight_after(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY + DAY


def played(
    connector: Connector, source: str, store: LogStore, *, options: dict[str, str] | None = None, before: int | None = None
) -> int:
    """Play a source into a store; return the number of events."""
    clock = SetClock(now=NOW)
    run = Run(clock, lambda _: None, options or {})
    ordered = in_order(connector.read(source, since=None, run=run), before=before)
    assert not ordered.problems
    target = StoreTarget(store, captured, f"replay {source}", clock, lambda _: None, connector)
    *_, last = play(ordered, target, speed=math.inf, tick=lambda: 0.0, sleep=lambda _: None)
    assert last.sent.accepted == last.count == ordered.count, last.sent
    return last.count


@pytest.mark.slow
def test_replay__supplygraph(tmp_path: Path) -> None:
    folder = shared_path("supplygraph")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(SUPPLYGRAPH, encoding="utf-8")
    names = ("production", "factory_issue", "delivery_to_distributor", "sales_order")
    read = {
        name: pl.read_csv(next(folder.glob(f"{name}_units*.csv")), infer_schema_length=None, try_parse_dates=True)
        for name in names
    }
    products = [name for name in read["production"].columns if name != "Date"]
    network = network_of(
        {
            "sites": [{"site_id": site, "kind": kind} for site, kind in (("plant", "plant"), ("store", "warehouse"))],
            "products": [{"product_id": product} for product in products],
            "stock_points": [{"site_id": site, "product_id": product} for site in ("plant", "store") for product in products],
        }
    )
    with open_store(tmp_path / "log.db", clock=SetClock(now=NOW)) as store:
        days = read["production"]["Date"].head(scaled(ci=20, full=10_000))
        read = {name: frame.filter(pl.col("Date") <= days[-1]) for name, frame in read.items()}
        played(EventTable(), str(folder), store, options={"mapping": str(mapping)}, before=midnight_after(days[-1]))
        twin = Twin.open(network, store=store, clock=SetClock(now=NOW))
        for day in (days[0], days[len(days) // 2], days[-1]):
            until = midnight_after(day) - 1
            flows = twin.as_of(until).tables()["flows"]
            summed = {(site, product, step): quantity for site, product, step, quantity in
                      flows.select("site", "product", "step", "quantity").iter_rows()}  # fmt: skip
            for name, (site, step) in {
                "production": ("plant", "commissioning"),
                "factory_issue": ("plant", "shipping"),
                "delivery_to_distributor": ("store", "retail_selling"),
            }.items():
                wanted = read[name].filter(pl.col("Date") <= day).select(pl.col(products).cast(pl.Float64).sum())
                for product in products:
                    found = summed.get((site, product, step), 0.0)
                    assert found == pytest.approx(wanted[product][0], rel=1e-9, abs=1e-9), (name, product, day)
        stock = defaultdict(float)
        for site, product, quantity in twin.now().tables()["stock"].select("site", "product", "quantity").iter_rows():
            stock[site, product] += quantity
        made, issued = (read[name].select(pl.col(products).cast(pl.Float64).sum()) for name in ("production", "factory_issue"))
        for product in products:
            assert stock["plant", product] == pytest.approx(made[product][0] - issued[product][0], abs=1e-6), product


@pytest.mark.slow
def test_replay__scms(tmp_path: Path) -> None:
    whole = shared_path("scms/deliveries_to_2013.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    # Lines from everywhere in the file, the first and the last among them.
    source = tmp_path / "log.csv"
    source.write_text("".join(whole[:: 1 + (len(whole) - 1) // scaled(ci=250, full=100_000)]), encoding="utf-8")
    lines = pl.read_csv(source, infer_schema_length=0)
    with open_store(tmp_path / "log.db", clock=SetClock(now=NOW)) as store:
        assert played(TableDrop(), str(source), store) == 2 * lines.height
        twin = Twin.open(network_of({}), store=store, clock=SetClock(now=NOW))
        orders = twin.now().tables()["orders"]
        values = {}
        for entry in store.entries(limit=1_000_000):
            said = json.loads(entry.content)
            if said["type"] == "ObjectEvent":
                values[said["ct:order"]] = said["ct:value"]
    found = {row["order"]: row for row in orders.iter_rows(named=True)}
    assert found.keys() == set(lines["ID"]) == values.keys()
    for line in lines.iter_rows(named=True):
        order = found[line["ID"]]
        assert order["status"] == "received", line
        assert order["open"] == 0.0
        assert order["quantity"] == float(line["Line Item Quantity"])
        assert order["product"] == line["Item Description"]
        assert order["destination"] == line["Country"]
        assert order["due_at"].date().isoformat() == line["Scheduled Delivery Date"]
        # Some orders are dated behind their delivery; the last that is known of them is then that they were placed.
        delivered = date.fromisoformat(line["Delivered to Client Date"])
        assert order["time"].date() == max(delivered, order["placed_at"].date())
        assert values[line["ID"]] == float(line["Line Item Value"])
    assert sum(values.values()) == pytest.approx(lines["Line Item Value"].cast(pl.Float64).sum(), rel=1e-12)
