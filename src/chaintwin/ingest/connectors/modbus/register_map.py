"""Which registers of a device hold what: a file in TOML with a part for each value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from chaintwin.ingest.connectors.mapping_files import MappingCheck, mapping_text

REGISTERS_MOST = 10_000
"""Values that one map may name."""

LAST = 65_535
"""The highest number of a register."""

LENGTH_MOST = 125
"""Registers that fit into one answer."""


class Table(StrEnum):
    """The four tables of a device."""

    COIL = "coil"
    """Bits that can be set."""
    DISCRETE = "discrete"
    """Bits of inputs."""
    HOLDING = "holding"
    """Registers that can be set."""
    INPUT = "input"
    """Registers of inputs."""


class Kind(StrEnum):
    """What registers hold."""

    BOOL = "bool"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    STRING = "string"


class Order(StrEnum):
    """Which end comes first."""

    BIG = "big"
    LITTLE = "little"


@dataclass(frozen=True, slots=True)
class Register:
    """A value of a device.

    Parameters
    ----------
    name : address of its signal, levels between slashes. table : where it is. address : number of its first register, from 0.
    kind : what is there. length : registers that it takes. bit : which bit of a register a truth is, from 0 for the lowest.
    word_order : of the registers of one value. byte_order : of the two bytes of a register.
    scale, offset : the value is what is there times the scale plus the offset.
    nothing : what stands there where there is no value; None for nothing.
    """

    name: str
    table: Table
    address: int
    kind: Kind
    length: int = 1
    bit: int = 0
    word_order: Order = Order.BIG
    byte_order: Order = Order.BIG
    scale: float = 1.0
    offset: float = 0.0
    nothing: int | None = None


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """The values of a device.

    Parameters
    ----------
    name : of the map. registers : each with a name of its own.
    """

    name: str
    registers: tuple[Register, ...]


def read_register_map(path: Path | str) -> RegisterMap:
    """Read a map from its file.

    Raises
    ------
    InputError
        Every fault of the file at once.
    """
    return parse_register_map(mapping_text(path), file=Path(path).name)


def parse_register_map(text: str, *, file: str = "registers") -> RegisterMap:
    """Return the map that a TOML text says.

    Parameters
    ----------
    text : the content of the file. file : its name, for messages.

    Raises
    ------
    InputError
        Every fault at once.

    Example
    -------
    >>> found = parse_register_map('''
    ... name = "tank"
    ... word_order = "little"
    ... [[registers]]
    ... name = "Tank/Level"
    ... table = "holding"
    ... address = 40
    ... type = "float32"
    ... ''')
    >>> found.registers[0].length, found.registers[0].word_order.value
    (2, 'little')
    """
    check = _Check(text, file=file)
    name = check.name("map")
    check.unknown("", check.document, known={"name", "registers", *_ORDERS})
    orders = {entry: check.word(entry, check.document.get(entry, Order.BIG), Order) for entry in _ORDERS}
    given = check.parts("registers", fix="say what the device holds")
    if len(given) > REGISTERS_MOST:
        check.fault("registers", f"{len(given):,}", allowed=f"at most {REGISTERS_MOST:,}", fix="take several sources")
    registers = [check.register(f"registers[{place}]", one, orders=orders) for place, one in enumerate(given[:REGISTERS_MOST])]
    check.end()
    return RegisterMap(name, tuple(register for register in registers if register is not None))


W = TypeVar("W", bound=StrEnum)

_ORDERS = ("byte_order", "word_order")
_KNOWN = frozenset({"name", "table", "address", "type", "length", "bit", "scale", "offset", "nothing", *_ORDERS})
_WORDS: Mapping[Kind, int] = {
    Kind.BOOL: 1,
    Kind.INT16: 1,
    Kind.UINT16: 1,
    Kind.INT32: 2,
    Kind.UINT32: 2,
    Kind.FLOAT32: 2,
    Kind.INT64: 4,
    Kind.UINT64: 4,
    Kind.FLOAT64: 4,
}
"""Registers that a value of a kind takes."""


class _Check(MappingCheck):
    """Reads registers."""

    no_toml = "registers.toml"
    no_value = "registers.value"

    def __init__(self, text: str, *, file: str) -> None:
        super().__init__(text, file=file)
        self.names: dict[str, str] = {}

    def word(self, where: str, value: object, kind: type[W]) -> W:
        if isinstance(value, str) and value in frozenset(kind):
            return kind(value)
        self.fault(where, "nothing" if value is None else str(value)[:60], allowed=", ".join(kind))
        return next(iter(kind))

    def register(self, where: str, given: Mapping[str, Any], *, orders: Mapping[str, Order]) -> Register | None:
        self.unknown(where, given, known=_KNOWN)
        before = len(self.findings)
        name = given.get("name")
        if not isinstance(name, str) or not name.strip("/"):
            self.fault(f"{where}.name", str(name), allowed="a text such as Tank/Level", fix="it is the address of the signal")
        elif name in self.names:
            self.fault(f"{where}.name", f"{name} again, as in {self.names[name]}", allowed="each name once")
        else:
            self.names[name] = where
        table = self.word(f"{where}.table", given.get("table"), Table)
        is_bits = given.get("table") in (Table.COIL, Table.DISCRETE)
        kind = self.word(f"{where}.type", given.get("type", Kind.BOOL if is_bits else None), Kind)
        if is_bits and kind is not Kind.BOOL:
            self.fault(f"{where}.type", kind, allowed=f"bool, for the table {table}")
        length = _WORDS.get(kind, 1)
        if kind is Kind.STRING:
            length = self.whole(f"{where}.length", given.get("length"), least=1, most=LENGTH_MOST)
        elif "length" in given:
            self.fault(f"{where}.length", str(given["length"])[:60], allowed="no length, but for a string", fix="leave it out")
        address = self.whole(f"{where}.address", given.get("address"), least=0, most=LAST + 1 - length)
        if "bit" in given and (kind is not Kind.BOOL or is_bits):
            self.fault(f"{where}.bit", str(given["bit"])[:60], allowed="no bit, but for bool in a register", fix="leave it out")
        numbers = {
            name: self.number(f"{where}.{name}", given.get(name, usual)) for name, usual in (("scale", 1.0), ("offset", 0.0))
        }
        if kind in (Kind.BOOL, Kind.STRING) and {"scale", "offset", "nothing"} & given.keys():
            self.fault(where, f"scale, offset or nothing of a {kind}", allowed="these of numbers only", fix="leave them out")
        nothing = given.get("nothing")
        if nothing is not None and (isinstance(nothing, bool) or not isinstance(nothing, int)):
            self.fault(f"{where}.nothing", str(nothing)[:60], allowed="a whole number, as it stands in the registers")
        own = {entry: self.word(f"{where}.{entry}", given.get(entry, orders[entry]), Order) for entry in _ORDERS}
        bit = self.whole(f"{where}.bit", given.get("bit", 0), least=0, most=15)
        if len(self.findings) > before:
            return None
        return Register(
            str(name),
            table,
            address,
            kind,
            length,
            bit,
            own["word_order"],
            own["byte_order"],
            numbers["scale"],
            numbers["offset"],
            nothing,
        )

    def whole(self, where: str, value: object, *, least: int, most: int) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.fault(where, "nothing" if value is None else str(value)[:60], allowed=f"a whole number from {least} to {most}")
        return least

    def number(self, where: str, value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0:
            return float(value)
        self.fault(where, str(value)[:60], allowed="a number")
        return 1.0
