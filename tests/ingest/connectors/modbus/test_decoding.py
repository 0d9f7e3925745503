"""What registers say in every type and order, and what a map may say."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import InputError, UsageError
from chaintwin.ingest.connectors.modbus.addresses import ModbusAddress, modbus_address
from chaintwin.ingest.connectors.modbus.decoding import BITS_MOST, REGISTERS_MOST, blocks_of, decoded
from chaintwin.ingest.connectors.modbus.register_map import Kind, Order, Register, Table, parse_register_map
from chaintwin.ingest.connectors.modbus.settings import CONNECTION, settings_of
from chaintwin.ingest.connectors.registry import connector_for

FORMS = {
    Kind.INT16: "h",
    Kind.UINT16: "H",
    Kind.INT32: "i",
    Kind.UINT32: "I",
    Kind.INT64: "q",
    Kind.UINT64: "Q",
    Kind.FLOAT32: "f",
    Kind.FLOAT64: "d",
}


@given(st.sampled_from(sorted(FORMS)), st.binary(min_size=8, max_size=8), st.sampled_from(Order), st.sampled_from(Order))
def test_decoded__every_type_in_every_order(kind: Kind, content: bytes, words: Order, octets: Order) -> None:
    size = struct.calcsize(FORMS[kind])
    value = struct.unpack(f">{FORMS[kind]}", content[:size])[0]
    if value != value:
        return
    registers = [content[place : place + 2] for place in range(0, size, 2)]
    if words is Order.LITTLE:
        registers.reverse()
    order = "big" if octets is Order.BIG else "little"
    sent = [int.from_bytes(one, order) for one in registers]  # type: ignore[arg-type]
    found = decoded(Register("x", Table.HOLDING, 0, kind, size // 2, word_order=words, byte_order=octets), sent)
    assert isinstance(found, int | float)
    assert struct.pack(f">{FORMS[kind]}", found) == content[:size]


@pytest.mark.parametrize(
    ("register", "words", "value"),
    [
        (Register("x", Table.HOLDING, 0, Kind.INT16, scale=0.1), [201], 20.1),
        (Register("x", Table.HOLDING, 0, Kind.INT16, scale=0.1, offset=-40), [0xFFFF], -40.1),
        (Register("x", Table.HOLDING, 0, Kind.FLOAT32, 2), [0x41A0, 0xCCCD], 20.1),
        (Register("x", Table.HOLDING, 0, Kind.UINT16, nothing=65_535), [65_535], None),
        (Register("x", Table.HOLDING, 0, Kind.BOOL, bit=3), [0b1000], True),
        (Register("x", Table.HOLDING, 0, Kind.BOOL, bit=4), [0b1000], False),
        (Register("x", Table.COIL, 0, Kind.BOOL), [True], True),
        (Register("x", Table.INPUT, 0, Kind.STRING, 3), [0x4142, 0x4300, 0x4141], "ABC"),
        (Register("x", Table.INPUT, 0, Kind.STRING, 2, byte_order=Order.LITTLE), [0x4241, 0x2043], "ABC"),
    ],
)
def test_decoded__values(register: Register, words: list[int], value: object) -> None:
    assert decoded(register, words) == value


def test_blocks_of__side_by_side_and_no_hole() -> None:
    registers = [Register(f"h{number}", Table.HOLDING, number, Kind.UINT16) for number in range(200)]
    registers += [Register("far", Table.HOLDING, 300, Kind.FLOAT64, 4), Register("i", Table.INPUT, 200, Kind.UINT16)]
    registers += [Register(f"c{number}", Table.COIL, number, Kind.BOOL) for number in range(2_100)]
    registers += [Register("bit", Table.HOLDING, 5, Kind.BOOL, bit=2)]
    found = blocks_of(reversed(registers))
    assert [(block.table.value, block.address, block.count) for block in found] == [
        ("coil", 0, BITS_MOST),
        ("coil", BITS_MOST, 100),
        ("holding", 0, REGISTERS_MOST),
        ("holding", REGISTERS_MOST, 75),
        ("holding", 300, 4),
        ("input", 200, 1),
    ]
    assert sum(len(block.registers) for block in found) == len(registers)


def test_parse_register_map__every_fault_at_once() -> None:
    text = """
word_order = "middle"
[[registers]]
name = "a"
table = "holding"
address = 70000
type = "int16"
[[registers]]
name = "a"
table = "coil"
address = 1
type = "float32"
scale = 2
[[registers]]
table = "shelf"
address = 1
type = "string"
colour = "red"
[[registers]]
name = "b"
table = "input"
address = 65535
type = "uint32"
bit = 3
nothing = "x"
"""
    with pytest.raises(InputError) as refused:
        parse_register_map(text)
    places = {finding.column for finding in refused.value.findings}
    assert places == {
        "name",
        "word_order",
        "registers[0].address",
        "registers[1].name",
        "registers[1].type",
        "registers[2].name",
        "registers[2].table",
        "registers[2].length",
        "registers[2].colour",
        "registers[3].address",
        "registers[3].bit",
        "registers[3].nothing",
    }
    with pytest.raises(InputError):
        parse_register_map("name = ")
    with pytest.raises(InputError):
        parse_register_map('name = "x"')


def test_modbus_address__parts_and_refusals() -> None:
    assert modbus_address("modbus://h") == ModbusAddress("h", 502, 1)
    assert modbus_address("modbus://[::1]:1502/0") == ModbusAddress("::1", 1502, 0)
    assert connector_for("modbus://h/3").name == "modbus"
    for wrong in ("modbus://", "modbus://h/256", "modbus://h/a", "modbus://h:x/1", "tcp://h/1", "modbus://user:secret@h/1"):
        with pytest.raises(UsageError) as refused:
            modbus_address(wrong)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("wrong", [{"tell": "some"}, {"poll": "0"}, {"misses": "x"}, {"registers": ""}])
def test_settings_of__refused(wrong: dict[str, str]) -> None:
    options = {option.name: option.default for option in CONNECTION} | {"registers": __file__}
    assert settings_of(options).poll == 1
    with pytest.raises(UsageError):
        settings_of(options | wrong)
