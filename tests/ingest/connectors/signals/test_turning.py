"""Signals become events that can be logged: each kind of rule, dead bands, running counts, faults."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.clock import DAY, SECOND
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import Item, Problem
from chaintwin.ingest.connectors.signals.memory import COUNTS_MOST, Memory
from chaintwin.ingest.connectors.signals.reading import time_of
from chaintwin.ingest.connectors.signals.signal import Presence, Quality, Signal
from chaintwin.ingest.connectors.signals.signal_mapping import parse_signal_mapping
from chaintwin.ingest.connectors.signals.turning import SignalTurner, tells_gap

NOW = 1_767_225_600 * SECOND
"""2026-01-01T00:00:00Z."""


def turner(rules: str, memory: Memory | None = None) -> SignalTurner:
    return SignalTurner(parse_signal_mapping(f'name = "test"\n{rules}'), memory or Memory())


def rule(kind: str, /, match: str = "{site}/{thing}", **entries: object) -> str:
    lines = [f"{name} = {json.dumps(value) if not isinstance(value, dict) else table(value)}" for name, value in entries.items()]
    return f'[[signals]]\nmatch = "{match}"\nas = "{kind}"\n' + "\n".join(lines) + "\n"


def table(values: dict[str, object]) -> str:
    return "{" + ", ".join(f'"{name}" = {json.dumps(value)}' for name, value in values.items()) + "}"


def events(made: list[Item | Problem]) -> list[dict[str, Any]]:
    """Return what was made as events; the log takes each of them."""
    items = [one for one in made if isinstance(one, Item)]
    assert items == made, made
    found = captured(items, "test")
    assert found.problems == ()
    return [json.loads(item.content) for item in items]


def one(made: list[Item | Problem]) -> dict[str, Any]:
    (event,) = events(made)
    return event


def faults(made: list[Item | Problem]) -> list[str]:
    (problem,) = made
    assert isinstance(problem, Problem)
    return [finding.column or finding.code for finding in problem.findings]


def signal(value: Any, at: int = 0, address: str = "plant/press", **more: Any) -> Signal:
    return Signal(address, value, NOW + at * SECOND, **more)


SENSOR = rule("sensor", measures="Temperature", unit="CEL", site="{site}", device="{thing}")


def test_turn__sensor_has_value_place_device_and_says_that_its_time_is_that_of_receipt() -> None:
    event = one(turner(SENSOR).turn(signal(b"20.5")))
    assert event == {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "sensor_reporting", "eventTime": "2026-01-01T00:00:00.000Z",
        "eventTimeZoneOffset": "+00:00", "ct:signal": "plant/press", "ct:assumed": ["eventTime"],
        "readPoint": {"id": "urn:chaintwin:v1:site:plant"},
        "sensorElementList": [{"sensorReport": [
            {"type": "Temperature", "value": 20.5, "uom": "CEL", "deviceID": "urn:chaintwin:v1:device:press"}]}],
    }  # fmt: skip


def test_turn__time_quality_and_sequence_of_the_source() -> None:
    rules = rule("sensor", measures="Temperature", device="{thing}", time="{t}", quality="{q}", sequence="{n}", value="{a.0.v}")
    told = signal(b'{"t": "2025-12-31T23:00:00.1234+00:00", "q": 64, "a": [{"v": 4}]}', sequence=7, missed=2)
    event = one(turner(rules).turn(told))
    assert event["eventTime"] == "2025-12-31T23:00:00.123Z"
    assert "ct:assumed" not in event
    assert (event["ct:signal_quality"], event["ct:sequence"], event["ct:missed"]) == ("uncertain", 7, 2)
    assert event["sensorElementList"][0]["sensorReport"][0]["value"] == 4


def test_turn__the_sequence_of_a_rule_tells_equal_pulses_of_one_moment_apart() -> None:
    rules = rule("produced", site="s", product="milk", value="1", time="{t}", sequence="{n}")
    pulses = [f'{{"t": "2026-01-01T00:00:00Z", "n": {n}}}'.encode() for n in (17, 18, 17, '"19"')]
    made = turner(rules)
    items = [item for pulse in pulses for item in made.turn(signal(pulse, sequence=3)) if isinstance(item, Item)]
    assert [event["ct:sequence"] for event in events(list(items))] == [17, 18, 17, 19]
    assert len({record.key for _, record in captured(items, "test").records}) == 3
    assert faults(made.turn(signal(b'{"n": "1.5"}'))) == faults(made.turn(signal(b'{"n": true}'))) == ["sequence"]


@pytest.mark.parametrize(
    ("value", "field", "said"),
    [(True, "booleanValue", True), ("open", "stringValue", "open"), (b"\xff\x00", "hexBinaryValue", "ff00"), (3, "value", 3),
     (b'{"value": 4.5}', "value", 4.5), (b"[1, 2]", "stringValue", "[1,2]"), ("12", "stringValue", "12")],
)  # fmt: skip
def test_turn__sensor_of_any_value(value: Any, field: str, said: Any) -> None:
    report = one(turner(SENSOR).turn(signal(value)))["sensorElementList"][0]["sensorReport"][0]
    assert report[field] == said


def test_turn__bad_values_are_logged_and_need_no_value() -> None:
    event = one(turner(SENSOR).turn(signal(None, quality=Quality.BAD)))
    assert event["ct:signal_quality"] == "bad"
    assert faults(turner(SENSOR).turn(signal(None))) == ["value"]
    assert faults(turner(SENSOR).turn(signal(float("nan")))) == ["value"]
    stock = rule("stock", site="{site}", product="milk")
    event = one(turner(stock).turn(signal(900, quality=Quality.BAD)))
    assert (event["ct:note"], event["epcList"], "quantityList" in event) == ("value 900", [], False)


def test_turn__dead_band_and_intervals() -> None:
    rules = rule("sensor", measures="Temperature", device="{thing}", least_change=1.0, least_interval=10, longest_interval=60)
    made = turner(rules)
    values = [(0, 20.0), (5, 25.0), (11, 20.9), (12, 21.0), (13, 30.0), (71, 21.1), (72, 21.1), (140, 21.1)]
    kept = [at for at, value in values if made.turn(signal(value, at))]
    assert kept == [0, 12, 72, 140]
    assert made.turn(signal(21.1, 141, quality=Quality.UNCERTAIN))
    assert made.turn(signal(21.1, 100, is_late=True))


def test_turn__stock_replaces_and_names_lots_and_units() -> None:
    rules = rule("stock", site="{site}", product="{thing}", lot="{lot}", unit="KGM", deviation="{off}", value="{level}")
    event = one(turner(rules).turn(signal(b'{"level": 12, "lot": "A/7", "off": 0.5}', address="plant/milk")))
    assert (event["bizStep"], event["ct:deviation"]) == ("stock_taking", 0.5)
    assert event["quantityList"] == [{"epcClass": "urn:chaintwin:v1:lot:milk:A%2F7", "quantity": 12, "uom": "KGM"}]
    assert faults(turner(rules).turn(signal(b'{"level": -1, "lot": "A", "off": 0}'))) == ["value"]
    assert faults(turner(rules).turn(signal(b"{}"))) == ["deviation", "value"]


def count_of(totals: list[float], /, **more: object) -> list[float]:
    made = turner(rule("produced", site="{site}", product="{thing}", counter=True, **more))
    return [e["quantityList"][0]["quantity"] for at, total in enumerate(totals) for e in events(made.turn(signal(total, at)))]


def test_turn__running_count_gives_differences() -> None:
    assert count_of([100, 100, 103, 110]) == [3, 7]
    assert count_of([250, 254, 3, 5], rolls_over_at=256) == [4, 5, 2]
    assert count_of([250, 3, 3, 5]) == [5], "without a range it began anew at 0, once two more values say so"
    assert count_of([250, 3, 4, 5], rolls_over_at=65_536) == [5], "more than half of the range is no roll-over"
    made = turner(rule("produced", site="{site}", product="milk", counter=True, most=50))
    assert events(made.turn(signal(0, 0))) == []
    doubtful = one(made.turn(signal(1_000, 1)))
    assert (doubtful["ct:signal_quality"], doubtful["ct:note"]) == ("bad", "value 1000")
    # One doubtful value is nothing to count on from: were it a glitch, all until the next one would be goods.
    assert one(made.turn(signal(1_002, 2)))["ct:note"] == "value 1002"
    assert one(made.turn(signal(1_003, 3)))["quantityList"][0]["quantity"] == 3
    assert one(made.turn(signal(1_005, 4)))["quantityList"][0]["quantity"] == 2
    assert made.turn(signal(1_004, 1)) == [], "an older state says nothing"
    assert [made.turn(signal(total, at)) for total, at in ((4, 5), (6, 6))] == [[], []]
    restarted = one(made.turn(signal(9, 7)))
    assert restarted["ct:assumed"] == ["eventTime", "quantity"]
    assert restarted["quantityList"][0]["quantity"] == 9


def test_turn__running_count_outlives_glitches_and_messages_that_come_again() -> None:
    made = turner(rule("produced", site="{site}", product="milk", counter=True, most=100))
    told = [events(made.turn(signal(total, at))) for at, total in enumerate([80, 81, 65_535, 82, 0, 83])]
    assert [[event.get("quantityList", [{}])[0].get("quantity") for event in part] for part in told] == [
        [],
        [1],
        [None],
        [1],
        [],
        [1],
    ]
    assert count_of([100, 105, 100, 105, 107]) == [5, 2]
    assert count_of([100, 105, 100, 104, 5, 6, 105, 106]) == [5, 1], "what does not follow begins the row anew"


def test_turn__the_doubt_of_a_running_count_outlives_a_stop() -> None:
    rules, memory = rule("produced", site="{site}", product="milk", counter=True), Memory()
    made = []
    for at, total in enumerate([250, 3, 5, 9, 10]):
        memory = Memory(json.loads(json.dumps(memory.plain())))
        made += events(turner(rules, memory).turn(signal(total, at)))
    assert [event["quantityList"][0]["quantity"] for event in made] == [9, 1]


def test_turn__a_time_far_ahead_is_refused_and_silences_nothing() -> None:
    made = turner(rule("produced", site="{site}", product="milk", counter=True, value="{n}", time="{t}"))
    told = [{"n": 1, "t": NOW // SECOND}, {"n": 2, "t": NOW // SECOND + 86_400}, {"n": 5, "t": "2126-01-01T00:00:00Z"}]
    assert [len(events(made.turn(signal(json.dumps(said).encode(), 1)))) for said in told[:2]] == [0, 1]
    assert faults(made.turn(signal(json.dumps(told[2]).encode(), 1))) == ["time"]
    later = one(made.turn(signal(json.dumps({"n": 6, "t": NOW // SECOND + 86_401}).encode(), 2)))
    assert later["quantityList"][0]["quantity"] == 4
    assert faults(turner(SENSOR).turn(signal(1, time=NOW + 2 * DAY))) == ["time"]


@given(st.lists(st.integers(0, 400), max_size=30), st.integers(0, 999))
def test_turn__running_count_loses_nothing_over_roll_overs(steps: list[int], start: int) -> None:
    totals, true = [float(start % 1_000)], start
    for step in steps:
        true += step
        totals.append(float(true % 1_000))
    assert sum(count_of(totals, rolls_over_at=1_000)) == sum(steps)


def test_turn__counts_go_on_from_what_was_remembered() -> None:
    rules = rule("consumed", site="{site}", product="{thing}", counter=True)
    memory = Memory()
    turner(rules, memory).turn(signal(10, 0))
    later = Memory(json.loads(json.dumps(memory.plain())))
    event = one(turner(rules, later).turn(signal(14, 1)))
    assert (event["bizStep"], event["action"], event["quantityList"][0]["quantity"]) == ("decommissioning", "DELETE", 4)
    assert event["readPoint"] == {"id": "urn:chaintwin:v1:site:plant"}


def test_turn__what_is_remembered_is_of_one_thing() -> None:
    count = turner(rule("produced", match="gw", site="s", product="{p}", value="{n}", counter=True))
    heard = [("A", 1_000), ("B", 50), ("A", 1_001), ("B", 52)]
    made = [event for p, n in heard for event in events(count.turn(signal(json.dumps({"p": p, "n": n}).encode(), address="gw")))]
    assert [event["quantityList"][0]["quantity"] for event in made] == [1, 2]
    status = turner(rule("device", match="gw", device="{id}", value="{s}"))
    said = [{"id": "d1", "s": "online"}, {"id": "d2", "s": "online"}, {"id": "d1", "s": "online"}, {"id": "d2", "s": "offline"}]
    assert [len(status.turn(signal(json.dumps(one).encode(), address="gw"))) for one in said] == [1, 1, 0, 1]
    band = turner(rule("sensor", match="gw", measures="Temperature", device="{id}", value="{v}", least_change=0.5))
    read = [{"id": "d1", "v": 20.0}, {"id": "d2", "v": 20.1}, {"id": "d1", "v": 20.2}]
    assert [len(band.turn(signal(json.dumps(one).encode(), address="gw"))) for one in read] == [1, 1, 0]


def test_turn__rules_of_one_pattern_remember_apart() -> None:
    parts = [rule("consumed", site="s", product=name, counter=True) for name in ("bolt", "nut")]
    both = turner("".join(parts))
    assert [len(both.turn(signal(total, at))) for at, total in enumerate([100, 110, 125])] == [0, 2, 2]
    state = turner("".join(rule("equipment", resource=name) for name in ("press", "oven")))
    told = [[event["ct:resource"] for event in events(state.turn(signal(word, at)))] for at, word in enumerate(["run", "halt"])]
    assert told == [["press", "oven"]] * 2


def test_memory__keeps_so_many_counts_and_the_oldest_leaves() -> None:
    memory = Memory({"counts": {str(number): [number, 0] for number in range(COUNTS_MOST)}})
    memory.keep_count("0", [5, 1])
    memory.keep_count("new", [1, 1])
    assert len(memory.plain()["counts"]) == COUNTS_MOST
    assert (memory.count("0"), memory.count("1"), memory.count("new")) == ([5, 1], None, [1, 1])


def test_turn__equipment_says_what_changes() -> None:
    made = turner(rule("equipment", resource="{thing}", site="{site}", words={"run": 1, "slow": 0.5, "halt": "stopped"}))
    found = [events(made.turn(signal(value, at))) for at, value in enumerate(["run", "run", "slow", "halt"])]
    assert [len(part) for part in found] == [1, 0, 1, 1]
    flat = [part[0] for part in found if part]
    assert [(event.get("ct:share"), event.get("ct:status")) for event in flat] == [(1.0, "run"), (0.5, "slow"), (None, "stopped")]
    assert one(turner(rule("equipment", resource="x")).turn(signal(False)))["ct:share"] == 0.0
    assert faults(turner(rule("equipment", resource="x")).turn(signal(7))) == ["share"]


def test_turn__device_vehicle_person() -> None:
    device = turner(rule("device", device="{thing}", words={"gone": False}))
    states = [events(device.turn(signal(value, at))) for at, value in enumerate(["online", "online", "gone", "1"])]
    assert [part[0]["ct:present"] for part in states if part] == [True, False, True]
    assert faults(device.turn(signal("perhaps"))) == ["present"]
    vehicle = turner(rule("vehicle", vehicle="{thing}", longitude="{lon}", latitude="{lat}"))
    assert one(vehicle.turn(signal(b'{"lon": 7.1, "lat": 50.7}')))["ct:position"] == [7.1, 50.7]
    assert faults(vehicle.turn(signal(b'{"lon": "east"}'))) == ["longitude", "latitude"]
    person = turner(rule("person", person="{badge}", site="{site}", present="{in}"))
    event = one(person.turn(signal(b'{"badge": "ann", "in": false}')))
    assert (event["ct:person"], event["ct:present"]) == ("ann", False)


EVENT = {"type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-03-01T08:00:00Z", "eventTimeZoneOffset": "+00:00",
         "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"], "ex:more": "1"}  # fmt: skip
DOCUMENT = {"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://example.org/"}],
            "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-01T08:00:00Z",
            "epcisBody": {"eventList": [EVENT, {**EVENT, "eventTime": "2026-03-01T09:00:00Z"}]}}  # fmt: skip


def test_turn__epcis_in_a_payload() -> None:
    made = turner(rule("epcis"))
    plain = {name: value for name, value in EVENT.items() if name != "ex:more"}
    assert len(events(made.turn(signal(json.dumps(plain).encode())))) == 1
    assert len(events(made.turn(signal(json.dumps([plain, plain]).encode())))) == 2
    assert len(events(made.turn(signal(json.dumps(DOCUMENT))))) == 2
    assert [problem.findings[0].code for problem in made.turn(signal(b"{")) if isinstance(problem, Problem)] == ["signal.value"]


def test_turn__addresses_that_no_rule_is_for_are_told_once() -> None:
    made = turner(rule("ignored", match="plant/known"))
    assert made.turn(signal(1, address="plant/known")) == []
    assert faults(made.turn(signal(1, address="plant/other"))) == ["signal.unmatched"]
    assert made.turn(signal(2, address="plant/other")) == []


def test_turn__several_rules_for_one_address() -> None:
    made = turner(rule("produced", site="{site}", product="good", value="{ok}") + rule("produced", site="{site}", product="scrap",
                  value="{nok}", disposition="damaged"))  # fmt: skip
    found = events(made.turn(signal(b'{"ok": 5, "nok": 1}')))
    assert [(event["quantityList"][0]["quantity"], event.get("disposition")) for event in found] == [(5, None), (1, "damaged")]


def test_presence__is_an_event_of_its_device() -> None:
    made = turner(rule("ignored"))
    gone = made.presence(Presence("line 1", False, "last will", NOW, missed=1), source="mqtt mqtt://b/x")
    event = one([gone])
    assert (event["type"], event["ct:device"], event["ct:present"], event["ct:missed"]) == ("ct:DeviceSeen", "line 1", False, 1)


@pytest.mark.parametrize(
    ("value", "unit", "time"),
    [(1, "s", SECOND), ("1.5", "s", 1_500_000), (1_700_000_000_123, "auto", 1_700_000_000_123_000), (2_000, "ns", 2),
     ("2026-01-01T00:00:00", "auto", NOW), ("soon", "auto", None), (True, "s", None), (-1, "s", None), (1e30, "s", None),
     (10**19, "auto", 10**16), ({}, "auto", None), ("1712121521234", "auto", 1_712_121_521_234_000),
     ("1712121521.5", "auto", 1_712_121_521_500_000), ("20260101", "auto", NOW), ("1e9", "auto", 10**15),
     ("9" * 400, "auto", None),
     (10**400, "auto", None), (10**400, "ns", None), ("9" * 5_000, "s", None), ("9999-12-31T23:59:59-14:00", "auto", None),
     ("0001-01-01T00:00:00+14:00", "auto", None), (2**64, "s", None)],
)  # fmt: skip
def test_time_of__numbers_and_texts(value: Any, unit: str, time: int | None) -> None:
    assert time_of(value, unit=unit) == time


@pytest.mark.parametrize(
    "more",
    [{"value": b'{"v": 1, "t": "' + b"9" * 400 + b'"}'}, {"value": b'{"v": 1, "t": ' + b"9" * 400 + b"}"},
     {"value": b'{"v": 1, "t": "9999-12-31T23:59:59-14:00"}'}, {"value": b'{"v": 1, "q": "' + b"9" * 5_000 + b'"}'},
     {"value": b'{"v": 1}', "time": 2**64 * 1_000}, {"value": b'{"v": 1}', "time": -(2**70)}],
)  # fmt: skip
def test_turn__no_signal_stops_a_source(more: dict[str, Any]) -> None:
    made = turner(rule("sensor", measures="Temperature", device="{thing}", value="{v}", time="{t}", quality="{q}"))
    assert faults(made.turn(signal(**more))) in (["time"], ["quality"])
    assert len(events(made.turn(signal(b'{"v": 2}', at=1)))) == 1


def test_turn__numbers_beyond_floating_point_are_none() -> None:
    assert faults(turner(SENSOR).turn(signal(10**20_000))) == ["value"]
    assert faults(turner(rule("stock", site="s", product="p")).turn(signal(10**20_000))) == ["value"]
    assert faults(turner(rule("equipment", resource="p")).turn(signal(10**20_000))) == ["signal.value"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5))  # fmt: skip
def test_turn__any_value_gives_events_or_problems(value: Any) -> None:
    rules = SENSOR + rule("stock", site="{site}", product="{p.q}") + rule("equipment", resource="{x}") + rule("epcis")
    content = value if isinstance(value, str | bytes | bool | int | float) or value is None else json.dumps(value, default=str)
    items = [made for made in turner(rules).turn(signal(content)) if isinstance(made, Item)]
    captured(items, "test")


def test_turn__what_is_missing_before_a_signal_is_told_once_however_many_rules_there_are() -> None:
    both = turner(SENSOR + rule("equipment", resource="{thing}", status="runs"))
    made = both.turn(signal(0.5, missed=3))
    assert [event.get("ct:missed") for event in events(made)] == [3, None]
    assert tells_gap(made)
    assert not tells_gap(turner(rule("ignored")).turn(signal(0.5, missed=3)))
