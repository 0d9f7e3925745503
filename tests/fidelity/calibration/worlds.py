"""A small network whose parameters are known: lanes in three modes, one that is narrow, and one whose goods spoil."""

from __future__ import annotations

from datetime import date
from functools import cache

from chaintwin.events.capturing import capture
from chaintwin.events.facts import Facts, unpacked
from chaintwin.examples.frames import as_network, rows_as_table
from chaintwin.network.network import Network, Settings
from chaintwin.network.program import Program
from chaintwin.simulation.history.event_log import EventLog, log_of
from chaintwin.simulation.history.exporting import events_of
from chaintwin.simulation.history.tracing import trace
from tests.twin.simulated import HEAD

LAW = "pmf(1:0.2, 3:0.5, 6:0.3)"
CAPACITY = 12.0
YIELD = 0.9
BLOCK = 2_000
"""Events captured at once."""


@cache
def network() -> Network:
    shops = ("cross", "fifo", "kaplan", "narrow", "spoil")
    return as_network(
        Settings(start=date(2026, 1, 1)),
        {
            "sites": rows_as_table(
                "sites", ("site_id", "kind"), rows=[("maker", "supplier"), *((shop, "store") for shop in shops)]
            ),
            "products": rows_as_table("products", ("product_id",), rows=[("milk",)]),
            "lanes": rows_as_table(
                "lanes",
                ("lane_id", "from_site", "to_site", "lead_time", "lead_mode", "capacity"),
                rows=[
                    ("L1", "maker", "cross", LAW, "crossing", None),
                    ("L2", "maker", "fifo", LAW, "fifo", None),
                    ("L3", "maker", "kaplan", LAW, "kaplan", None),
                    ("L4", "maker", "narrow", "2", "crossing", CAPACITY),
                    ("L5", "maker", "spoil", "2", "crossing", None),
                ],
            ),
            "sources": rows_as_table(
                "sources",
                ("site_id", "product_id", "kind", "lane_id", "yield_rate"),
                rows=[
                    *(
                        (shop, "milk", "move", f"L{number}", YIELD if shop == "spoil" else 1.0)
                        for number, shop in enumerate(shops, 1)
                    ),
                    ("maker", "milk", "buy", None, 1.0),
                ],
            ),
            "demand": rows_as_table(
                "demand", ("site_id", "product_id", "quantity"), rows=[(shop, "milk", "poisson(11)") for shop in shops]
            ),
            "stock_points": rows_as_table(
                "stock_points",
                ("site_id", "product_id", "base_stock", "initial_stock"),
                rows=[("maker", "milk", 3_000.0, 3_000.0), *((shop, "milk", 80.0, 80.0) for shop in shops)],
            ),
        },
    )


@cache
def run(periods: int, *, seed: int) -> tuple[Program, EventLog, tuple[Facts, ...]]:
    """Return the compiled network, the log of one run, and its facts as a twin would have them."""
    seen = trace(network(), periods=periods, seed=seed)
    log = log_of(seen)
    return seen.program, log, tuple(facts_of(log, seen.program, network()))


def facts_of(log: EventLog, program: Program, described: Network) -> list[Facts]:
    """Return the facts of a run, exported as events and captured, in the order of their time."""
    events = list(events_of(log, program=program, settings=described.settings))
    found = []
    for first in range(0, len(events), BLOCK):
        captured = capture({**HEAD, "epcisBody": {"eventList": events[first : first + BLOCK]}}, source="run")
        for event in captured.events:
            assert event.record is not None, event.problems
            found.append((event.record.occurred_at, event.record.key, unpacked(event.record.facts)))
    return [facts for _, _, facts in sorted(found, key=lambda entry: entry[:2])]
