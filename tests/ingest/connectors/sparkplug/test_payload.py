"""Payloads of Sparkplug B against bytes of another writer, a plain reader, and damage."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.ingest.connectors.sparkplug.payload import Metric, Payload, read_payload, typed, write_payload
from chaintwin.ingest.connectors.sparkplug.topics import Topic, Verb, topic_of
from chaintwin.ingest.connectors.sparkplug.values import DataType, array_bytes, array_of
from chaintwin.ingest.connectors.sparkplug.wire import BrokenPayloadError
from tests.oracles import plain_sparkplug

OTHER = bytes.fromhex(
    "0880d095ffbc3112460a0b54656d706572617475726510ac021881d095ffbc31200a4a220a075175616c6974790a07656e67556e69741205080318c0"
    "011207080c4203c2b04369000000000040344012100a064f6666736574200350fbffffff0f12140a034269672004280158f9ffffffffffffffff0112"
    "0e0a05526174696f2009650000003f12080a024f6e200b7001120f0a044e616d65200c7a057072657373120a0a044e6f6e65200a3801120c0a035261"
    "77201182010200ff12100a05417272617920178201040100feff12270a055461626c6520108a011b08021201611201621803180c220d0a0608ffffff"
    "ff0f0a0332017812210a054d6f746f722013920115120c0a055370656564200550c80122056d6f746f7218c801220175"
)
"""What the runtime of protocol buffers wrote for a message of the schema with one metric of each kind."""


def test_read_payload__what_another_writer_wrote() -> None:
    read = read_payload(OTHER)
    assert (read.timestamp, read.sequence) == (1_700_000_000_000, 200)
    first = read.metrics[0]
    assert (first.name, first.alias, first.timestamp) == ("Temperature", 300, 1_700_000_000_001)
    assert first.properties == {"Quality": 192, "engUnit": "°C"}
    values = {metric.name: metric.value for metric in read.metrics}
    assert values.pop("Motor") == [Metric("Speed", datatype=DataType.UINT8, value=200, raw=(10, 200))]
    assert values == {
        "Temperature": 20.25, "Offset": -5, "Big": -7, "Ratio": 0.5, "On": True, "Name": "press", "None": None,
        "Raw": b"\x00\xff", "Array": [1, -2], "Table": {"columns": ["a", "b"], "rows": [[-1, "x"]]},
    }  # fmt: skip
    assert [metric.name for metric in read.metrics if metric.is_historical] == ["Big"]
    assert [metric.name for metric in read.metrics if metric.is_null] == ["None"]


VALUES: list[tuple[DataType, st.SearchStrategy[Any]]] = [
    *((kind, st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)) for kind, bits in
      ((DataType.INT8, 8), (DataType.INT16, 16), (DataType.INT32, 32), (DataType.INT64, 64))),
    *((kind, st.integers(0, 2**bits - 1)) for kind, bits in
      ((DataType.UINT8, 8), (DataType.UINT16, 16), (DataType.UINT32, 32), (DataType.UINT64, 64), (DataType.DATETIME, 63))),
    (DataType.FLOAT, st.floats(width=32, allow_nan=False)), (DataType.DOUBLE, st.floats(allow_nan=False)),
    (DataType.BOOLEAN, st.booleans()), (DataType.STRING, st.text()), (DataType.TEXT, st.text()), (DataType.BYTES, st.binary()),
    (DataType.INT16_ARRAY, st.lists(st.integers(-(2**15), 2**15 - 1))), (DataType.BOOLEAN_ARRAY, st.lists(st.booleans())),
    (DataType.UINT64_ARRAY, st.lists(st.integers(0, 2**64 - 1))),
    (DataType.STRING_ARRAY, st.lists(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))),
]  # fmt: skip
FIELDS = {
    DataType.FLOAT: "float_value",
    DataType.DOUBLE: "double_value",
    DataType.STRING: "string_value",
    DataType.TEXT: "string_value",
    DataType.BYTES: "bytes_value",
}


@given(st.data(), st.sampled_from(VALUES), st.none() | st.integers(0, 2**64 - 1), st.booleans())
def test_write_payload__comes_back_and_is_what_a_plain_reader_sees(
    data: st.DataObject, kind: tuple[DataType, st.SearchStrategy[Any]], stamp: int | None, is_historical: bool
) -> None:
    datatype, values = kind
    value = data.draw(values)
    metric = Metric("m", alias=5, timestamp=stamp, datatype=datatype, value=value, is_historical=is_historical)
    content = write_payload(Payload((metric,), stamp, 7))
    (read,) = read_payload(content).metrics
    assert (read.name, read.alias, read.timestamp, read.value, read.is_historical) == ("m", 5, stamp, value, is_historical)
    plain = plain_sparkplug.payload(content)
    assert (plain["timestamp"], plain["seq"]) == (stamp, 7)
    (seen,) = plain["metrics"]
    assert (seen["name"], seen["alias"], seen["datatype"]) == ("m", 5, datatype)
    if datatype in FIELDS:
        assert seen[FIELDS[datatype]] == value


def test_typed__by_the_birth_where_the_data_says_no_type() -> None:
    (bare,) = read_payload(bytes.fromhex("1208100a50fbffffff0f")).metrics
    assert (bare.alias, bare.datatype) == (10, 0)
    assert typed(bare, DataType.INT32) == -5
    assert typed(bare, DataType.UINT32) == 2**32 - 5


def damaged(place: int, byte: int) -> bytes:
    return OTHER[:place] + bytes([byte]) + OTHER[place + 1 :]


ENDS = st.integers(0, len(OTHER)).map(lambda end: OTHER[:end])
PLACES = st.builds(damaged, st.integers(0, len(OTHER) - 1), st.integers(0, 255))


@given(st.binary(max_size=200) | ENDS | PLACES)
def test_read_payload__damage_is_told_and_nothing_else(content: bytes) -> None:
    try:
        read_payload(content)
    except BrokenPayloadError as fault:
        assert str(fault)


def test_array__bits_and_texts() -> None:
    assert array_bytes([True, False, True], DataType.BOOLEAN_ARRAY) == b"\x03\x00\x00\x00\xa0"
    assert array_of(b"a\0\0b\0", DataType.STRING_ARRAY) == ["a", "", "b"]
    assert array_of(array_bytes([0.5, math.inf], DataType.FLOAT_ARRAY), DataType.FLOAT_ARRAY) == [0.5, math.inf]
    with pytest.raises(BrokenPayloadError):
        array_of(b"\xff\xff\xff\xff", DataType.BOOLEAN_ARRAY)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("spBv1.0/g/NBIRTH/n", Topic(Verb.NBIRTH, "g", "n")),
        ("spBv1.0/g/DDATA/n/d", Topic(Verb.DDATA, "g", "n", "d")),
        ("spBv1.0/STATE/host", Topic(Verb.STATE, "", "host")),
        ("spBv1.0/g/DDATA/n", None),
        ("spBv1.0/g/NDATA/n/d", None),
        ("spBv1.0/g/HELLO/n", None),
        ("plant/g/NDATA/n", None),
    ],
)
def test_topic_of__says_who_speaks(text: str, topic: Topic | None) -> None:
    assert topic_of(text) == topic
    assert topic is None or str(topic) == text
