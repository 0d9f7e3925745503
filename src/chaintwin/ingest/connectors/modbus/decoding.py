"""What registers say, and which of them are asked for together."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chaintwin.ingest.connectors.modbus.register_map import Kind, Order, Register, Table

BITS_MOST, REGISTERS_MOST = 2_000, 125
"""Bits, and registers, of one answer."""

_FORMS: Mapping[Kind, struct.Struct] = {
    kind: struct.Struct(f">{sign}")
    for kind, sign in (
        (Kind.INT16, "h"),
        (Kind.UINT16, "H"),
        (Kind.INT32, "i"),
        (Kind.UINT32, "I"),
        (Kind.INT64, "q"),
        (Kind.UINT64, "Q"),
        (Kind.FLOAT32, "f"),
        (Kind.FLOAT64, "d"),
    )
}
_WORD = struct.Struct(">H")


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that lie side by side and are asked for together.

    Parameters
    ----------
    table : where they are. address : of the first. count : how many. registers : the values among them.
    """

    table: Table
    address: int
    count: int
    registers: tuple[Register, ...]


def blocks_of(registers: Iterable[Register]) -> list[Block]:
    """Return the blocks in which values are asked for. What lies between them is not: a device may refuse it.

    Parameters
    ----------
    registers : in any order.
    """
    found: list[Block] = []
    for register in sorted(registers, key=lambda one: (list(Table).index(one.table), one.address, one.length)):
        most = BITS_MOST if register.table in (Table.COIL, Table.DISCRETE) else REGISTERS_MOST
        last = found[-1] if found else None
        end = register.address + register.length
        if (
            last is not None
            and last.table is register.table
            and register.address <= last.address + last.count
            and end - last.address <= most
        ):
            found[-1] = Block(last.table, last.address, max(last.count, end - last.address), (*last.registers, register))
        else:
            found.append(Block(register.table, register.address, register.length, (register,)))
    return found


def decoded(register: Register, words: Sequence[int | bool]) -> bool | int | float | str | None:
    """Return the value that registers, or a bit, say; None where they say that there is none.

    Parameters
    ----------
    register : which value. words : its registers, or its one bit.

    Example
    -------
    >>> level = Register("Tank/Level", Table.HOLDING, 0, Kind.FLOAT32, length=2, word_order=Order.LITTLE)
    >>> decoded(level, [0x0000, 0x41A4])
    20.5
    >>> decoded(Register("x", Table.INPUT, 0, Kind.INT16, scale=0.1, nothing=-32768), [0x8000]) is None
    True
    """
    if register.table in (Table.COIL, Table.DISCRETE):
        return bool(words[0])
    if register.kind is Kind.BOOL:
        return bool(int(words[0]) >> register.bit & 1)
    ordered = list(words) if register.word_order is Order.BIG or register.kind is Kind.STRING else list(reversed(words))
    content = b"".join([_WORD.pack(int(word)) for word in ordered])
    if register.byte_order is Order.LITTLE:
        content = b"".join([content[place + 1 : place + 2] + content[place : place + 1] for place in range(0, len(content), 2)])
    if register.kind is Kind.STRING:
        return content.split(b"\0", 1)[0].decode("utf-8", "replace").rstrip()
    (value,) = _FORMS[register.kind].unpack(content)
    if register.nothing is not None and value == register.nothing:
        return None
    if register.scale == 1.0 and register.offset == 0.0:
        return value if isinstance(value, int) else _short(value, register.kind)
    scaled = value * register.scale + register.offset
    # What is exact in tenths is to be told in tenths, and not with the sixteen digits of a fraction of two.
    return float(f"{scaled:.12g}")


def _short(value: float, kind: Kind) -> float:
    """Return the shortest number that the same bits of a smaller type are made of: 20.1, not 20.100000381."""
    if kind is Kind.FLOAT64 or value - value != 0:
        return value
    for digits in range(6, 10):
        short = float(f"{value:.{digits}g}")
        if struct.pack(">f", short) == struct.pack(">f", value):
            return short
    return value
