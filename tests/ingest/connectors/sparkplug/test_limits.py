"""What anybody who may publish can make up has a limit: nodes, devices, metrics, messages that wait."""

from __future__ import annotations

import pytest

from chaintwin.ingest.connectors.sparkplug import interpreting
from chaintwin.ingest.connectors.sparkplug.payload import Metric
from chaintwin.ingest.connectors.sparkplug.values import DataType
from tests.ingest.connectors.sparkplug.edges import Edge
from tests.ingest.connectors.sparkplug.test_interpreting import Hall, values


def codes(hall: Hall) -> list[str]:
    return [finding.code for problem in hall.problems for finding in problem.findings]


def test_take__nodes_that_are_gone_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreting, "NODES_MAX", 3)
    hall, edges = Hall(), [Edge(f"e{number}") for number in range(5)]
    for edge in edges[:3]:
        hall.hear(*edge.births())
    assert hall.hear(*edges[3].births()) == []
    assert codes(hall) == ["sparkplug.payload"] * 2, "all are there, so none leaves"
    assert "3 of a source" in str(hall.problems[0].findings[0])
    hall.hear(edges[1].will())
    assert len(hall.hear(*edges[3].births())) == 3
    assert sorted(hall.interpreter.nodes) == ["north/e0", "north/e2", "north/e3"]
    assert values(hall.hear(edges[3].data(7.0), edges[0].data(8.0))) == [7.0, 8.0]


def test_take__devices_and_metrics_have_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreting, "NAMES_MAX", 20)
    hall, edge = Hall(), Edge("e0")
    hall.hear(*edge.births())
    many = tuple(Metric(f"m{number}", datatype=DataType.DOUBLE, value=1.0) for number in range(30))
    hall.hear(edge.message("DBIRTH", many, "lathe"))
    assert "31 names more" in str(hall.problems[0].findings[0])
    for number in range(50):
        hall.hear(edge.message("DDEATH", (), f"made-up-{number}"))
    assert values(hall.hear(edge.data(6.0))) == [6.0], "nothing waits for the one that is set aside"
    assert sum(node.size for node in hall.interpreter.nodes.values()) <= 20
    # What is known goes on, and a birth that says the same again has room, however often it comes.
    count = len(hall.problems)
    for _ in range(30):
        edge.birth += 1
        hall.hear(edge.will(), *edge.births())
    assert len(hall.problems) == count
    assert values(hall.hear(edge.data(7.0))) == [7.0]
    kept = Hall(kept=hall.interpreter.plain())
    assert kept.interpreter._size == sum(node.size for node in kept.interpreter.nodes.values())


def test_take__what_waits_for_a_message_has_room_for_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreting, "WAITING_BYTES", 2_000)
    hall, edge = Hall(), Edge("e0")
    hall.hear(*edge.births())
    edge.data(0.0)  # It is lost on the way.
    large = Metric("Text", datatype=DataType.STRING, value="x" * 600)
    told = hall.hear(*[edge.message("DDATA", (large,), "press") for _ in range(3)])
    assert told == [], "they wait for the one that is missing"
    told = hall.hear(edge.message("DDATA", (large,), "press"))
    assert [event.get("ct:missed") for event in told if "ct:missed" in event] == [1]
    assert not hall.interpreter.nodes["north/e0"].waiting
