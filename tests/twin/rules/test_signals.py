"""What instruments say: quality, presence, what is missing."""

from __future__ import annotations

import itertools

import pytest

from chaintwin.events.facts import Facts, Reading
from chaintwin.twin.live_state import LiveState
from tests.oracles.plain_store import PlainStore
from tests.twin.worlds import START, done, misfits, site, some, state_after, twin_of

PLANT = site("plant")
KIND = "https://gs1.org/voc/Temperature"
PRESS = "urn:chaintwin:v1:device:press%207"


def reading(at: int, value: float, *, quality: str = "", device: str = PRESS, where: str = PLANT) -> Facts:
    own = {"signal_quality": quality} if quality else {}
    return Facts("ObjectEvent", START + at, "OBSERVE", location=where, own=own,
                 readings=(Reading(KIND, START + at, value, "CEL", device=device),))  # fmt: skip


def condition(state: LiveState, place: str = "plant") -> dict[str, object]:
    found = state.get("condition", place, "Temperature")
    assert found is not None
    return found


def test_is_bad__a_bad_value_overwrites_nothing_and_is_seen() -> None:
    good, bad, worse, again = reading(1, 4.0), reading(2, 99.0, quality="bad"), reading(3, 98.0, quality="bad"), reading(4, 5.0)
    found = condition(state_after(good, bad, worse))
    assert (found["value"], found["time"]) == (4.0, START + 1)
    assert (found["signal_quality"], found["bad_since"]) == ("bad", START + 2)
    assert condition(state_after(good, bad, again))["signal_quality"] == ""
    alone = condition(state_after(bad))
    assert (alone["value"], alone["signal_quality"]) == (None, "bad")
    assert condition(state_after(reading(1, 4.0, quality="uncertain")))["signal_quality"] == "uncertain"


def test_is_bad__whatever_the_order_of_arrival() -> None:
    events = [reading(1, 4.0), reading(2, 99.0, quality="bad"), reading(3, 5.0), reading(5, 98.0, quality="bad")]
    assert len({state_after(*order).hash() for order in itertools.permutations(events)}) == 1


def test_is_bad__other_events_are_told_and_change_nothing() -> None:
    made = done("commissioning", PLANT, some("milk", 5.0), at=START)
    counted = Facts("ObjectEvent", START + 1, "OBSERVE", "x/BizStep-stock_taking", location=PLANT, items=(some("milk", 900.0),),
                    own={"signal_quality": "bad", "signal": "plant/milk"})  # fmt: skip
    state = state_after(made, counted)
    assert state.quantity("plant", "milk") == 5.0
    assert ("bad_signal", "plant/milk") in misfits(state)


def test_is_bad__signals_that_are_missing_are_told() -> None:
    state = state_after(
        Facts("ObjectEvent", START, own={"missed": 3, "signal": "a"}), Facts("X", START + 1, own={"missed": 2, "signal": "a"})
    )
    assert state.get("discrepancy", "signals_missed", "a")["amount"] == 5.0  # type: ignore[index]


@pytest.mark.parametrize("named", [PRESS, "press 7"])
def test_device_seen__says_since_when_and_makes_conditions_stale(named: str) -> None:
    def seen(at: int, *, present: bool, reason: str = "") -> Facts:
        return Facts("DeviceSeen", START + at, location=PLANT, own={"device": named, "present": present, "reason": reason})

    born, again, dead = seen(1, present=True), seen(2, present=True), seen(3, present=False, reason="last will")
    state = state_after(born, again)
    device = state.get("device", "press 7")
    assert device is not None
    assert (device["present"], device["since"], device["site"]) == (True, START + 1, "plant")
    warm = reading(2, 4.0, where="")
    assert state_after(born, warm).tables()["conditions"]["stale"].to_list() == [False]
    gone = state_after(born, warm, dead)
    assert gone.tables()["conditions"]["stale"].to_list() == [True]
    assert gone.tables()["devices"].select("device", "present", "reason").rows() == [("press 7", False, "last will")]
    assert condition(gone, "press 7")["value"] == 4.0
    assert misfits(state_after(Facts("DeviceSeen", START, own={"present": True}))) == {("no_name", "DeviceSeen")}


def test_tables__conditions_are_stale_while_the_connection_to_their_source_is_gone() -> None:
    warm = reading(1, 4.0)
    source = condition(state_after(warm))["source"]
    lost = Facts("DeviceSeen", START + 2, own={"device": source, "present": False, "reason": "no connection"})
    back = Facts("DeviceSeen", START + 3, own={"device": source, "present": True})
    assert state_after(warm, lost).tables()["conditions"]["stale"].to_list() == [True]
    assert state_after(warm, lost, back).tables()["conditions"]["stale"].to_list() == [False]


def test_tables__conditions_are_stale_while_the_connection_of_a_source_with_a_name_is_gone() -> None:
    store = PlainStore()
    store.log("a", reading(1, 4.0), source="mqtt mqtt://broker.example.org/# as cold store")
    gone = {"device": "mqtt mqtt://broker.example.org/#", "present": False, "reason": "no connection"}
    store.log("b", Facts("DeviceSeen", START + 2, own=gone), source="mqtt mqtt://broker.example.org/# as cold store")
    assert twin_of(store).now().tables()["conditions"]["stale"].to_list() == [True]
    other = PlainStore()
    other.log("a", reading(1, 4.0), source="mqtt mqtt://broker.example.org/#2 as cold store")
    other.log("b", Facts("DeviceSeen", START + 2, own=gone))
    assert twin_of(other).now().tables()["conditions"]["stale"].to_list() == [False]
