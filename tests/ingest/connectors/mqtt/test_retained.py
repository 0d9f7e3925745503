"""What a broker keeps for newcomers is known when it comes to a new subscription, and only then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.ingest.connectors.mqtt import retained
from chaintwin.ingest.connectors.mqtt.connection import Message
from chaintwin.ingest.connectors.mqtt.retained import Retained
from chaintwin.ingest.connectors.mqtt.seen import digest_of


def known(found: Retained, topic: str, payload: bytes = b"1", *, is_retained: bool = True) -> bool:
    message = Message(topic, payload, is_retained=is_retained)
    return found.is_known(message, digest_of(message))


def test_is_known__at_a_new_subscription_once() -> None:
    found = Retained()
    found.subscribed(is_new=True)
    assert not known(found, "a"), "nothing was kept before"
    assert not known(found, "a"), "what comes to a subscription that stands is new, even if it says the same"
    found.subscribed(is_new=True)
    assert known(found, "a")
    assert not known(found, "a")
    found.subscribed(is_new=False)
    assert not known(found, "a"), "the broker sends what it keeps to new subscriptions alone"
    found.subscribed(is_new=True)
    assert not known(found, "a", b"2")
    assert not known(found, "a", b"1")


def test_is_known__what_is_not_kept_says_nothing_of_what_is() -> None:
    found = Retained()
    known(found, "a", b"1")
    assert not known(found, "a", b"2", is_retained=False)
    found.subscribed(is_new=True)
    assert not known(found, "a", b"1", is_retained=False)
    assert known(found, "a", b"1")


def test_is_known__without_a_payload_nothing_is_kept_any_more() -> None:
    found = Retained()
    known(found, "a")
    known(found, "a", b"")
    found.subscribed(is_new=True)
    assert not known(found, "a")


def test_is_known__of_so_many_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retained, "TOPICS_MAX", 3)
    found = Retained()
    for topic in "abcad":
        known(found, topic)
    found = Retained(found.packed())
    found.subscribed(is_new=True)
    assert [known(found, topic) for topic in "cadb"] == [True, True, True, False], "the one that was told of least lately left"


Steps = st.lists(st.one_of(st.booleans(), st.tuples(st.sampled_from("abc"), st.sampled_from([b"1", b"2"]), st.booleans())))


@given(Steps)
def test_is_known__is_what_the_broker_kept(steps: list[bool | tuple[str, bytes, bool]]) -> None:
    """Against a broker by the letter: who subscribes anew gets what it keeps, and has it already where it had it last."""
    kept: dict[str, bytes] = {}
    had: dict[str, bytes] = {}
    found = Retained()
    for step in steps:
        if isinstance(step, bool):
            found = Retained(found.packed())
            found.subscribed(is_new=step)
            for topic in kept if step else ():
                assert known(found, topic, kept[topic]) == (had.get(topic) == kept[topic])
                had[topic] = kept[topic]
            continue
        topic, payload, is_retained = step
        assert not known(found, topic, payload, is_retained=is_retained)
        if is_retained:
            kept[topic] = had[topic] = payload
