"""Simulated runs said as events and captured into a log."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from chaintwin.events.capturing import capture
from chaintwin.events.contexts import CONTEXT_ADDRESS
from chaintwin.examples.frames import as_network, rows_as_table
from chaintwin.network.graph import Issue
from chaintwin.network.network import Network, Settings
from chaintwin.network.program import Program
from chaintwin.simulation.history.event_log import EventLog
from chaintwin.simulation.history.exporting import events_of
from chaintwin.store.records import FactsRow
from tests.oracles.plain_store import PlainStore

HEAD = {"@context": [CONTEXT_ADDRESS], "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "1970-01-01T00:00:00Z"}


def log_in_store(log: EventLog, program: Program, settings: Settings) -> PlainStore:
    """Return a log that holds a run."""
    store = PlainStore()
    captured = capture(
        {**HEAD, "epcisBody": {"eventList": list(events_of(log, program=program, settings=settings))}}, source="run"
    )
    assert not captured.is_refused
    for number, event in enumerate(captured.events, start=1):
        record = event.record
        assert record is not None, event.problems
        assert record.key not in store.keys
        store.keys.add(record.key)
        store.rows.append(FactsRow(number, record.key, record.occurred_at, number, "run", record.facts))
    return store


def named(program: Program) -> Program:
    """Return a program whose stock points each have a product of their own, as site and product name one in any project."""
    buffers = program.names.buffers.with_columns(product_id=pl.col("buffer_id"))
    return replace(program, names=replace(program.names, buffers=buffers))


def network_of(program: Program) -> Network:
    """Return a network that has the sites, products and issue rules of a program, and nothing else."""
    points = program.names.buffers.select("site_id", "product_id").rows()
    issues = [Issue(issue).name.lower() for issue in program.buffers.issue.tolist()]
    tables = {
        "sites": rows_as_table("sites", ("site_id",), rows=sorted({(site,) for site, _ in points})),
        "products": rows_as_table("products", ("product_id",), rows=sorted({(product,) for _, product in points})),
        "stock_points": rows_as_table(
            "stock_points",
            ("site_id", "product_id", "issue_rule"),
            rows=[(*point, issue) for point, issue in zip(points, issues, strict=True)],
        ),
    }
    return as_network(Settings(), tables)
