"""What is remembered of values, and what values say, without a server."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.linked.cursors import read_cursor, text_of_cursor
from chaintwin.ingest.connectors.opcua.kept import (
    SAME_MOMENT_MOST,
    Last,
    OpcuaCursor,
    packed_addresses,
    unpacked_addresses,
)
from chaintwin.ingest.connectors.opcua.protocol.subscription import NUMBERS, after, following
from chaintwin.ingest.connectors.opcua.protocol.values import (
    DIGEST_BYTES,
    digest_of,
    is_waiting,
    plain_value,
    signal_of,
    time_of,
)
from chaintwin.ingest.connectors.signals.signal import Quality

NAMES = ["Line1/Press/Temperature", "Line1/Säge/Zähler", "x"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DIGESTS = st.binary(min_size=DIGEST_BYTES, max_size=DIGEST_BYTES)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 5), DIGESTS), max_size=40))
def test_last__remembers_the_last_moment_of_each_also_when_packed(told: list[tuple[str, int, bytes]]) -> None:
    last = Last()
    slow: dict[str, tuple[int, list[bytes]]] = {}
    for name, at, digest in told:
        last.note(name, at=at, digest=digest)
        before, digests = slow.get(name, (0, []))
        if at >= before:
            slow[name] = (at, [*(digests if at == before else []), digest])
    for found in (last, Last(NAMES, last.packed(NAMES))):
        for name in NAMES:
            at, digests = slow.get(name, (None, []))
            assert found.at(name) == at
            assert all(found.is_known(name, at=at or 0, digest=digest) for digest in digests)
            assert not found.is_known(name, at=9, digest=b"\0" * DIGEST_BYTES)
            assert [found.is_same(name, digest) for digest in digests[-1:]] == [True] * bool(digests)


def test_last__from_when_on_a_variable_is_watched_until_it_has_a_value() -> None:
    last = Last()
    last.watch("x", 7)
    moment = b64decode(last.packed(["x"]))[-DIGEST_BYTES:]
    for found in (last, Last(["y", "x"], last.packed(["y", "x"]))):
        assert (found.since("x"), found.at("x"), found.since("y")) == (7, None, None)
        assert found.watched() == {"x"}
        assert not found.is_known("x", at=7, digest=b"\0" * DIGEST_BYTES)
        assert not found.is_same("x", moment), "a moment is no value"
        found.note("x", at=5, digest=b"first.")
        found.watch("x", 9)
        assert (found.since("x"), found.at("x")) == (5, 5), "a source may be behind the server"
        assert found.is_same("x", b"first.")


def test_last__many_at_one_moment_push_the_first_out() -> None:
    last = Last()
    for number in range(SAME_MOMENT_MOST + 1):
        last.note("x", at=7, digest=number.to_bytes(DIGEST_BYTES, "big"))
    again = Last(["x"], last.packed(["x"]))
    known = [again.is_known("x", at=7, digest=number.to_bytes(DIGEST_BYTES, "big")) for number in range(SAME_MOMENT_MOST + 1)]
    assert known == [False] + [True] * SAME_MOMENT_MOST


@given(st.lists(st.text(min_size=1).filter(lambda text: "\n" not in text)))
def test_packed_addresses__back(names: list[str]) -> None:
    assert unpacked_addresses(packed_addresses(names)) == names


def test_cursor_of__back_and_refused() -> None:
    cursor = OpcuaCursor(subscription=7, sequence=9, part=3, addresses=packed_addresses(NAMES), told=True, owes=True)
    assert read_cursor(text_of_cursor(cursor), OpcuaCursor) == cursor
    assert read_cursor(None, OpcuaCursor) is None
    for wrong in ("", "7", '{"subscription":"x"}'):
        with pytest.raises(UsageError):
            read_cursor(wrong, OpcuaCursor)


@given(st.integers(1, NUMBERS - 1), st.integers(-1_000, 1_000))
def test_after__over_the_end_of_the_numbers(number: int, ahead: int) -> None:
    other = (number - 1 + ahead) % (NUMBERS - 1) + 1
    assert after(other, number) == ahead
    assert 1 <= following(number) < NUMBERS
    assert after(following(number), number) == 1


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (True, True),
        (4, 4),
        (ua.NodeClass.Variable, 2),
        ([1.5, 2.0], "[1.5,2.0]"),
        ([float("nan")], '["nan"]'),
        (NOW, "2026-01-01T00:00:00+00:00"),
        (ua.LocalizedText("Presse"), "Presse"),
        (ua.NodeId("a", 2), "ns=2;s=a"),
        (ua.EUInformation(UnitId=7), None),
        ([b"\1\2"], '["0102"]'),
    ],
)
def test_plain_value__every_type(value: object, plain: object) -> None:
    found = plain_value(value)
    if plain is None:
        assert isinstance(found, str)
        assert '"UnitId":7' in found
    else:
        assert found == plain
        assert type(found) is type(plain)


@pytest.mark.parametrize(
    ("status", "quality", "missed"),
    [(0, Quality.GOOD, 0), (0x480, Quality.GOOD, 1), (0x4000_0480, Quality.UNCERTAIN, 1), (0x8031_0000, Quality.BAD, 0),
     (0xC000_0000, Quality.BAD, 0), (0x80, Quality.GOOD, 0)],
)  # fmt: skip
def test_signal_of__status(status: int, quality: Quality, missed: int) -> None:
    value = ua.DataValue(ua.Variant(4.0), StatusCode=ua.StatusCode(status), SourceTimestamp=NOW)
    found = signal_of(value, address="x", sent_at=5, occurrence=2, properties={})
    assert (found.quality, found.missed, found.time, found.occurrence) == (quality, missed, 1_767_225_600_000_000, 1)
    plain = ua.DataValue(ua.Variant(4.0), StatusCode=ua.StatusCode(status & ~0x480), SourceTimestamp=NOW)
    assert digest_of(value) == digest_of(plain), "that something is missing before it makes it no other value"


def test_signal_of__times() -> None:
    server = ua.DataValue(ua.Variant(4.0), ServerTimestamp=NOW.replace(tzinfo=None))
    assert time_of(server) == 1_767_225_600_000_000
    none = ua.DataValue(ua.Variant(4.0), SourceTimestamp=ua.get_win_epoch())
    found = signal_of(none, address="x", sent_at=5, occurrence=2, properties={})
    assert (found.time, found.received_at, found.occurrence) == (None, 5, 2)
    assert is_waiting(ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadWaitingForInitialData)))
    assert not is_waiting(ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadNodeIdUnknown)))
