"""The connector of Modbus over TCP: registers are looked at, and a mapping says what events their values give."""

from __future__ import annotations

from collections.abc import Iterator

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Batch, Connector, Option, Run, chosen
from chaintwin.ingest.connectors.linked.cursors import read_cursor
from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.linked.turners import MAPPING, turner_of
from chaintwin.ingest.connectors.modbus.addresses import is_modbus, modbus_address
from chaintwin.ingest.connectors.modbus.decoding import blocks_of
from chaintwin.ingest.connectors.modbus.device import Device
from chaintwin.ingest.connectors.modbus.receiving import ModbusCursor, Receiver, Source
from chaintwin.ingest.connectors.modbus.register_map import read_register_map
from chaintwin.ingest.connectors.modbus.settings import CONNECTION, settings_of

PROBE_SECONDS = 5.0
"""How long a device may take to answer a test, at most."""


class Modbus(Connector):
    """Registers of a device."""

    name = "modbus"
    description = "Registers of a device that speaks Modbus TCP (modbus://HOST/UNIT), with a map of them and a mapping to events."
    options: tuple[Option, ...] = (MAPPING, *CONNECTION)

    def accepts(self, source: str) -> bool:
        return is_modbus(source)

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        options = chosen(self, run)
        address, settings = modbus_address(source), settings_of(options)
        cursor = read_cursor(since, ModbusCursor)
        turner = turner_of(self.name, options["mapping"], memory=cursor.memory if cursor else None)
        place = Source(f"{self.name} {source}", address, settings, read_register_map(options["registers"]))
        yield from Receiver(place, turner, cursor=cursor, run=run).batches()

    def probe(self, source: str, *, run: Run) -> str:
        options = chosen(self, run)
        address, settings = modbus_address(source), settings_of(options)
        turner_of(self.name, options["mapping"], memory=None)
        registers = read_register_map(options["registers"]).registers
        device = Device(address, timeout=min(settings.timeout, PROBE_SECONDS))
        try:
            # One block says enough: a slow line with many devices is not to be held up by a test.
            found = list(device.read(blocks_of(registers)[:1]))
        except NotConnectedError as fault:
            raise UsageError(
                f"{address.host}:{address.port}: found no device that answers as unit {address.unit} ({fault}); allowed: "
                "one that does; fix: see that it runs, its address and unit"
            ) from None
        finally:
            device.close()
        refused = [f"{register.name} ({why})" for register, _, why in found if why]
        if len(refused) == len(found):
            raise UsageError(
                f"{address.host}:{address.port}: found a device that refuses {refused[0]}; allowed: registers that it has; "
                "fix: see table and address in the map, which count from 0"
            )
        return f"a Modbus device at {address.host}:{address.port}, unit {address.unit}, that gives {found[0][0].name} and others"
