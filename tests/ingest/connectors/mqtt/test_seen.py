"""What is kept of messages that may come again: nothing too early let go, nothing kept for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaintwin.ingest.connectors.linked.cursors import read_cursor, text_of_cursor
from chaintwin.ingest.connectors.mqtt.connection import Message
from chaintwin.ingest.connectors.mqtt.seen import MqttCursor, Receipt, Seen, digest_of


def message(number: int, *, is_again: bool = False, payload: bytes = b"1") -> Message:
    return Message("plant/x", payload, number, is_again)


def taken(seen: Seen, one: Message, *, number: int) -> None:
    seen.take(one, Receipt(digest_of(one), 5_000, 1, is_durable=False), number=number)


def test_known__only_what_is_sent_again_with_the_same_number_and_content() -> None:
    seen = Seen(MqttCursor("c"))
    taken(seen, message(7), number=1)
    again = message(7, is_again=True)
    assert seen.known(again, digest_of(again)) is not None
    assert seen.known(message(7), digest_of(again)) is None
    other = message(7, is_again=True, payload=b"2")
    assert seen.known(other, digest_of(other)) is None


def test_confirm__what_the_broker_has_is_let_go() -> None:
    seen = Seen(MqttCursor("c"))
    for number in (1, 2, 3):
        taken(seen, message(number), number=number)
    seen.confirm(2)
    assert list(seen.receipts) == [3]


def test_reconnected__the_last_connection_is_settled_with_the_first_new_message() -> None:
    seen = Seen(MqttCursor("c"))
    for number in (1, 2):
        taken(seen, message(number), number=1)
    seen.reconnected()
    taken(seen, message(2, is_again=True), number=1)
    seen.confirm(1)
    assert list(seen.receipts) == [1], "an acknowledgement over the last connection may be lost"
    taken(seen, message(3), number=2)
    seen.confirm(2)
    assert not seen.receipts


def test_known__what_came_before_the_first_that_comes_again_is_settled() -> None:
    """The broker has the acknowledgements of 1 and 2, and has given 1 to another that says the same."""
    seen = Seen(MqttCursor("c"))
    for number in (1, 2, 3):
        taken(seen, message(number), number=number)
    taken(seen, message(4, payload=b"2"), number=4)
    seen.reconnected()
    again = [message(number, is_again=True) for number in (3, 1)]
    assert [seen.known(one, digest_of(one)) is not None for one in again] == [True, False]
    assert list(seen.receipts) == [3, 4], "what says something else is not settled by that"


def test_known__all_that_is_alike_is_settled_by_one_that_never_came() -> None:
    seen = Seen(MqttCursor("c"))
    for number in (1, 2):
        taken(seen, message(number), number=number)
    again = Seen(MqttCursor("c", done=seen.packed(is_durable=True), due=seen.packed(is_durable=False)))
    for number in (5, 1, 2):
        one = message(number, is_again=True)
        assert again.known(one, digest_of(one)) is None
        taken(again, one, number=1)
    assert list(again.receipts) == [5, 1, 2]


def test_reconnected__what_came_again_was_sent_before_what_did_not() -> None:
    seen = Seen(MqttCursor("c"))
    for number in (1, 2, 3):
        taken(seen, message(number), number=1)
    seen.reconnected()
    for number in (1, 2):
        one = message(number, is_again=True)
        receipt = seen.known(one, digest_of(one))
        assert receipt is not None
        seen.take(one, receipt, number=1)
    seen.reconnected()
    again = [message(number, is_again=True) for number in (1, 2, 3)]
    assert all(seen.known(one, digest_of(one)) is not None for one in again)


@given(
    st.dictionaries(st.integers(1, 65_535), st.tuples(st.integers(0, 2**60), st.integers(1, 60_000), st.booleans()), max_size=20)
)
def test_packed__comes_back(entries: dict[int, tuple[int, int, bool]]) -> None:
    seen = Seen(MqttCursor("c"))
    for number, (at, occurrence, is_durable) in entries.items():
        one = message(number)
        seen.take(one, Receipt(digest_of(one), at, occurrence, is_durable), number=1)
    text = text_of_cursor(MqttCursor("c", done=seen.packed(is_durable=True), due=seen.packed(is_durable=False)))
    cursor = read_cursor(text, MqttCursor)
    assert cursor is not None
    again = Seen(cursor)
    found = {number: (receipt.at, receipt.occurrence, receipt.is_durable) for number, receipt in again.receipts.items()}
    assert found == entries
