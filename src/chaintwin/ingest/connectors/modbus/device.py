"""A connection to a device: blocks of registers are asked for, and what it answers or refuses is told."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.modbus.addresses import ModbusAddress
from chaintwin.ingest.connectors.modbus.decoding import Block, decoded
from chaintwin.ingest.connectors.modbus.register_map import Register, Table

if TYPE_CHECKING:
    from pymodbus.client import ModbusTcpClient

REFUSALS = {
    1: "it does not know the function",
    2: "it has no such registers",
    3: "it does not give so many registers",
    4: "it failed",
    5: "it needs more time",
    6: "it is busy",
    8: "its memory is damaged",
}
"""Answers of a device that refuses."""

GATEWAY = frozenset({10, 11})
"""Answers of a gateway behind which no device answers."""

Value = bool | int | float | str | None


class Device:
    """A device, on whatever connection.

    Parameters
    ----------
    address : of it. timeout : seconds in which an answer must come.
    """

    def __init__(self, address: ModbusAddress, *, timeout: float) -> None:
        from pymodbus.client import ModbusTcpClient

        log = logging.getLogger("pymodbus")
        if not log.handlers:
            log.addHandler(logging.NullHandler())
        self.address, self.timeout = address, timeout
        self._client: ModbusTcpClient = ModbusTcpClient(address.host, port=address.port, timeout=timeout, retries=0)

    def read(self, blocks: Sequence[Block]) -> Iterator[tuple[Register, Value, str]]:
        """Yield what the registers of blocks hold, or why they are refused.

        A block that a device refuses as a whole is asked for value by value, so that one number that is wrong spoils no other.

        Parameters
        ----------
        blocks : that are asked for.

        Raises
        ------
        NotConnectedError
            The device does not answer.
        """
        for block in blocks:
            words, why = self._asked(block)
            if not why:
                for register in block.registers:
                    begin = register.address - block.address
                    yield register, decoded(register, words[begin : begin + register.length]), ""
            elif len(block.registers) == 1:
                yield block.registers[0], None, why
            else:
                single = [Block(block.table, one.address, one.length, (one,)) for one in block.registers]
                yield from self.read(single)

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def _asked(self, block: Block) -> tuple[Sequence[int | bool], str]:
        """Return the registers of a block, or why they are refused."""
        from pymodbus.exceptions import ModbusException

        client, unit = self._client, self.address.unit
        if not client.connected and not client.connect():
            raise NotConnectedError("no connection")
        asks: dict[Table, Any] = {
            Table.COIL: client.read_coils,
            Table.DISCRETE: client.read_discrete_inputs,
            Table.HOLDING: client.read_holding_registers,
            Table.INPUT: client.read_input_registers,
        }
        try:
            answer = asks[block.table](block.address, count=block.count, device_id=unit)
        except (ModbusException, OSError) as fault:
            # What comes late would be taken for the answer to the next question.
            client.close()
            raise NotConnectedError(f"no answer within {self.timeout:g} s ({type(fault).__name__})") from None
        if answer.isError():
            code = int(getattr(answer, "exception_code", 0))
            if code in GATEWAY:
                raise NotConnectedError(f"a gateway behind which unit {unit} does not answer (exception {code})")
            return (), f"exception {code}: {REFUSALS.get(code, 'it refuses')}"
        words = answer.bits if block.table in (Table.COIL, Table.DISCRETE) else answer.registers
        return (words, "") if len(words) >= block.count else ((), "fewer registers than were asked for")
