"""Edge nodes: births and deaths, aliases, sequences with gaps, births that are asked for, what survives a stop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from chaintwin.clock import SECOND
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import Item, Problem
from chaintwin.ingest.connectors.mqtt.connection import Message
from chaintwin.ingest.connectors.signals.memory import Memory
from chaintwin.ingest.connectors.signals.signal_mapping import parse_signal_mapping
from chaintwin.ingest.connectors.signals.turning import Made, SignalTurner
from chaintwin.ingest.connectors.sparkplug.interpreting import SparkplugInterpreter
from chaintwin.ingest.connectors.sparkplug.payload import Metric, Payload, write_payload
from chaintwin.ingest.connectors.sparkplug.values import DataType
from tests.ingest.connectors.sparkplug.edges import Edge
from tests.oracles import plain_sparkplug

MAPPING = """
name = "edge nodes"
[[signals]]
match = "{group}/{node}/{device}:Temperature"
as = "sensor"
measures = "Temperature"
device = "{group}/{node}/{device}"
"""
NOW = 1_767_312_000 * SECOND


class Hall:
    """An interpreter and what it has made so far."""

    def __init__(self, *, kept: Any = None, host: str = "", mapping: str = MAPPING) -> None:
        self.turner = SignalTurner(parse_signal_mapping(mapping), Memory())
        self.interpreter = SparkplugInterpreter(self.turner, source="sparkplug x", kept=kept, host=host)
        self.now = NOW
        self.problems: list[Problem] = []

    def hear(self, *messages: tuple[str, bytes]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for topic, payload in messages:
            self.now += SECOND // 100
            found += self.read(self.interpreter.take(Message(topic, payload), received_at=self.now, occurrence=1))
        return found

    def wait(self, seconds: float) -> list[dict[str, Any]]:
        self.now += int(seconds * SECOND)
        return self.read(self.interpreter.due(self.now))

    def read(self, made: Sequence[Made]) -> list[dict[str, Any]]:
        items = [one for one in made if isinstance(one, Item)]
        self.problems += [one for one in made if isinstance(one, Problem)]
        assert captured(items, "test").problems == ()
        return [json.loads(item.content) for item in items]

    def asked(self) -> list[str]:
        """Return the nodes that were asked for a birth since this was asked last."""
        found = []
        for sent in self.interpreter.requests():
            (metric,) = plain_sparkplug.payload(sent.payload)["metrics"]
            assert (metric["name"], metric["boolean_value"]) == ("Node Control/Rebirth", 1)
            found.append(sent.topic)
        return found


def values(events: list[dict[str, Any]]) -> list[float]:
    return [event["sensorElementList"][0]["sensorReport"][0]["value"] for event in events if "sensorElementList" in event]


def seen(events: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    return [(event["ct:device"], event["ct:present"]) for event in events if event["type"] == "ct:DeviceSeen"]


def test_take__a_node_is_born_speaks_by_aliases_and_dies() -> None:
    hall, edge = Hall(), Edge("line", ("press", "oven"))
    born = hall.hear(*edge.births())
    assert seen(born) == [("north/line", True), ("north/line/press", True), ("north/line/oven", True)]
    assert values(born) == [1.0, 1.0]
    said = hall.hear(edge.data(20.0), edge.data(30.0, "oven"))
    assert [event["ct:signal"] for event in said] == ["north/line/press:Temperature", "north/line/oven:Temperature"]
    assert [event["ct:sequence"] for event in said] == [3, 4]
    assert values(said) == [20.0, 30.0]
    gone = hall.hear(edge.will())
    assert seen(gone) == [("north/line", False), ("north/line/press", False), ("north/line/oven", False)]
    assert {event["ct:reason"] for event in gone} == {"death certificate"}
    assert hall.asked() == []
    assert hall.hear(edge.will()) == [], "a node dies once"


def test_take__the_certificate_of_an_earlier_session_kills_nobody() -> None:
    hall, first, second = Hall(), Edge("line", birth=4), Edge("line", birth=5)
    hall.hear(*first.births())
    reborn = hall.hear(*second.births())
    assert ("north/line", False) in seen(reborn), "another session without a death: it died unseen"
    assert hall.hear(first.will()) == []
    assert seen(hall.hear(second.will()))[0] == ("north/line", False)


def test_take__a_device_dies_alone() -> None:
    hall, edge = Hall(), Edge("line", ("press", "oven"))
    hall.hear(*edge.births())
    assert seen(hall.hear(edge.message("DDEATH", (), "press"))) == [("north/line/press", False)]
    assert seen(hall.hear(edge.will())) == [("north/line", False), ("north/line/oven", False)]


def test_take__sequences_go_round_and_disorder_within_the_wait_is_put_right() -> None:
    hall, edge = Hall(), Edge("line")
    hall.hear(*edge.births())
    sent = [edge.data(float(number)) for number in range(600)]
    for place in range(0, 600, 3):
        sent[place : place + 3] = [sent[place + 2], sent[place], sent[place + 1]]
    assert values(hall.hear(*sent)) == [float(number) for number in range(600)]
    assert hall.asked() == []


def test_due__what_is_missing_is_told_and_a_birth_is_asked_for() -> None:
    hall, edge = Hall(), Edge("line")
    hall.hear(*edge.births())
    sent = [edge.data(float(number)) for number in range(6)]
    assert values(hall.hear(sent[0], sent[3], sent[4])) == [0.0]
    assert hall.wait(1.0) == []
    told = hall.wait(5.0)
    assert values(told) == [3.0, 4.0]
    assert [event.get("ct:missed") for event in told] == [2, None]
    assert hall.asked() == ["spBv1.0/north/NCMD/line"]
    assert values(hall.hear(sent[5])) == [5.0]
    assert hall.asked() == []
    assert seen(hall.hear(*edge.births())) == [], "a birth that was asked for is no news"


def test_take__a_gap_is_told_whatever_comes_behind_it() -> None:
    """Metrics that no rule is for, and the death of a device, give no event that could say it."""
    for behind in ("unknown metric", "death"):
        hall, edge = Hall(), Edge("line", ("press", "saw"))
        hall.hear(*edge.births())
        edge.data(1.0)
        if behind == "death":
            late = edge.message("DDEATH", (), "saw")
        else:
            metrics = (Metric("Speed", value=1.0, datatype=DataType.DOUBLE), Metric("Noise", value=1.0, datatype=DataType.DOUBLE))
            late = edge.message("DDATA", metrics, "press")
        assert hall.hear(late) == []
        told = hall.wait(6.0)
        assert [event.get("ct:missed") for event in told] == [1]
        assert [event["ct:present"] for event in told] == [behind != "death"]


def test_take__data_before_a_birth_asks_for_it_and_is_set_aside() -> None:
    hall, edge = Hall(), Edge("line")
    edge.births()
    assert hall.hear(edge.data(5.0), edge.data(6.0)) == []
    assert [problem.findings[0].code for problem in hall.problems] == ["sparkplug.payload"] * 2
    assert hall.asked() == ["spBv1.0/north/NCMD/line"], "asked once"


def test_plain__a_stop_forgets_neither_aliases_nor_what_waits() -> None:
    hall, edge = Hall(), Edge("line")
    hall.hear(*edge.births(), edge.data(1.0))
    lost, late = edge.data(2.0), edge.data(3.0)
    assert hall.hear(late) == []
    again = Hall(kept=json.loads(json.dumps(hall.interpreter.plain())))
    assert values(again.hear(lost)) == [2.0, 3.0]
    assert values(again.hear(edge.data(4.0))) == [4.0]


def test_take__historical_null_and_stale_values() -> None:
    hall, edge = Hall(), Edge("line")
    hall.hear(*edge.births())
    old = Metric("Temperature", timestamp=1_767_000_000_000, datatype=DataType.DOUBLE, value=9.0, is_historical=True)
    none = Metric("Temperature", datatype=DataType.DOUBLE, is_null=True)
    stale = Metric("Temperature", datatype=DataType.DOUBLE, value=7.0, properties={"Quality": 500})
    events = hall.hear(edge.message("DDATA", (old, none, stale), "press"))
    assert events[0]["eventTime"] == "2025-12-29T09:20:00.000Z"
    assert [event.get("ct:signal_quality") for event in events] == [None, "bad", "bad"]


def test_opened__the_state_of_a_host_has_the_time_of_its_last_will() -> None:
    hall = Hall(host="twin")
    will = hall.interpreter.farewell(NOW)
    hall.interpreter.opened(NOW + SECOND, is_session_kept=True)
    (state,) = hall.interpreter.requests()
    assert will is not None
    assert (state.topic, state.is_kept) == (will.topic, True) == ("spBv1.0/STATE/twin", True)
    assert json.loads(state.payload) == json.loads(will.payload) | {"online": True}
    assert seen(hall.hear(("spBv1.0/STATE/other", b'{"online": false, "timestamp": 5}'))) == [("host other", False)]
    assert hall.hear(("spBv1.0/STATE/twin", will.payload)) == []


def test_opened__births_are_asked_for_at_each_connection() -> None:
    hall, edge = Hall(), Edge("line")
    hall.hear(*edge.births())
    for is_kept in (True, False):
        # Data have QoS 0, so that a session of the broker keeps none of them, nor the births among them.
        hall.interpreter.opened(hall.now, is_session_kept=is_kept)
        assert hall.asked() == ["spBv1.0/north/NCMD/line"]
        hall.now += 11 * SECOND


def test_take__what_is_no_message_is_set_aside() -> None:
    hall = Hall()
    assert hall.hear(("spBv1.0/north/NDATA/line", b"\xff"), ("spBv1.0/odd", b""), ("spBv1.0/STATE/x", b"OFFLINE")) == []
    assert len(hall.problems) == 3
    assert hall.hear(("spBv1.0/north/NCMD/line", write_payload(Payload()))) == []


def test_take__aliases_end_with_their_session() -> None:
    for is_born in (False, True):
        hall, edge = Hall(), Edge("line")
        hall.hear(*edge.births())
        hall.hear(edge.will())
        edge.birth = 1
        node, _ = edge.births()
        if is_born:
            hall.hear(node)
        assert values([*hall.hear(edge.data(101_325.0)), *hall.wait(6.0)]) == [], "the alias may be that of a pressure now"
        assert [problem.findings[0].code for problem in hall.problems] == ["sparkplug.payload"]
        assert hall.asked() == ["spBv1.0/north/NCMD/line"]
        assert values(hall.hear(*edge.births(), edge.data(3.0))) == [1.0, 3.0]


def test_take__what_comes_late_or_twice_is_no_gap() -> None:
    hall, edge = Hall(), Edge("line")
    hall.hear(*edge.births())
    sent = [edge.data(float(number)) for number in range(9)]
    assert values(hall.hear(*sent[:4], sent[2], sent[3], *sent[4:6])) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert hall.wait(6.0) == []
    assert values(hall.hear(sent[8])) == []
    assert [event.get("ct:missed") for event in hall.wait(6.0)] == [2]
    late = hall.hear(sent[7], sent[6], sent[7])
    assert values(late) == [7.0, 6.0]
    assert [event.get("ct:missed") for event in late] == [None, None]
    assert late[0]["eventTime"] > late[1]["eventTime"]
    assert values(hall.hear(edge.data(9.0))) == [9.0], "and the sequence goes on where it was"
    assert hall.wait(6.0) == []


def test_take__a_gap_of_more_than_half_the_numbers_is_one() -> None:
    hall, edge = Hall(), Edge("line")
    hall.hear(*edge.births())
    sent = [edge.data(float(number)) for number in range(160)]
    hall.hear(sent[0], *sent[151:])
    told = hall.wait(6.0)
    assert [event.get("ct:missed") for event in told] == [150, *[None] * 8]


def test_take__equal_births_without_times_all_count() -> None:
    hall, edge = Hall(), Edge("line")
    metric = Metric("Temperature", alias=10, datatype=DataType.DOUBLE, value=1.0)
    births = [(edge.topic("NBIRTH"), write_payload(Payload((edge.session(),), None, 0))),
              (edge.topic("DBIRTH", "press"), write_payload(Payload((metric,), None, 1)))]  # fmt: skip
    edge.sequence = 2
    assert values(hall.hear(*births, *births, edge.data(5.0))) == [1.0, 1.0, 5.0]
    assert hall.problems == []


def test_take__a_birth_makes_no_goods() -> None:
    pieces = """
name = "pieces"
[[signals]]
match = "{group}/{node}/{device}:Temperature"
as = "produced"
site = "s"
product = "p"
"""
    hall, edge = Hall(mapping=pieces), Edge("line")
    hall.hear(*edge.births())
    made = [*hall.hear(edge.data(7.0)), *hall.hear(*edge.births())]
    assert [event["quantityList"][0]["quantity"] for event in made if "quantityList" in event] == [7]
    hall, edge = Hall(mapping=f"{pieces}counter = true\n"), Edge("line")
    hall.hear(*edge.births())
    assert [event["quantityList"][0]["quantity"] for event in hall.hear(edge.data(7.0))] == [6]


def test_take__stamps_that_are_none_stop_nothing() -> None:
    for stamp in (2**64 - 1, 1_767_225_600_000_000):
        hall, edge = Hall(), Edge("line")
        edge.time = stamp - 10**6
        metric = Metric("Temperature", datatype=DataType.DOUBLE, value=1.0, timestamp=stamp)
        born = hall.hear((edge.topic("NBIRTH"), write_payload(Payload((edge.session(), metric), stamp, 0))))
        assert seen(born) == [("north/line", True)]
        assert born[0]["ct:assumed"] == ["eventTime"]
        assert hall.problems
        gone = hall.hear(edge.will())
        assert seen(gone) == [("north/line", False)]
        assert gone[0]["eventTime"].startswith("2026-01-02")
    assert seen(hall.hear(("spBv1.0/STATE/x", b'{"online": true, "timestamp": 18446744073709551615}'))) == [("host x", True)]
