"""Variables of a server with odd names and ways."""

from __future__ import annotations

import asyncio
import time

from chaintwin.clock import SystemClock
from chaintwin.ingest.connectors.opcua.addresses import Wanted, opcua_address
from chaintwin.ingest.connectors.opcua.protocol.connection import Connection
from chaintwin.ingest.connectors.opcua.settings import CONNECTION, settings_of
from chaintwin.ingest.connectors.signals.signal_mapping import parse_signal_mapping
from tests.ingest.connectors.opcua.servers import plant_server

DEFAULTS = {option.name: option.default for option in CONNECTION}


def wanted(*patterns: str) -> Wanted:
    rules = [f'[[signals]]\nmatch = "{text}"\nas = "sensor"\nmeasures = "Count"\ndevice = "d"\n' for text in patterns]
    return Wanted(parse_signal_mapping('name = "x"\n' + "".join(rules)))


def test_wanted_variables__odd_names_and_ways() -> None:
    """Equal names, slashes, circles, properties, and the object that tells of the server itself."""

    async def make(url: str) -> None:
        from asyncua import Client, ua

        async with Client(url) as client:
            objects = client.nodes.objects
            line = await objects.get_child("2:Line1")
            other = await client.register_namespace("urn:example:other/plc")
            await line.add_variable(ua.NodeId(1, 2), "2:Level", 1.0)
            await line.add_variable(ua.NodeId(2, 2), f"{other}:Level", 2.0)
            await line.add_variable(ua.NodeId(3, 2), "2:a/b", 3.0)
            ring = await line.add_object(ua.NodeId(4, 2), "2:Ring")
            await ring.add_variable(ua.NodeId(5, 2), "2:Speed", 4.0)
            await ring.add_reference(line, ua.ObjectIds.Organizes)
            speed = await ring.get_child("2:Speed")
            await speed.add_property(ua.NodeId(6, 2), "2:Unit", "m/s")
            await speed.add_variable(ua.NodeId(7, 2), "2:Mean", 5.0)

    def found(*patterns: str) -> list[str]:
        address, settings = opcua_address(running.url), settings_of(DEFAULTS)
        connection = Connection(address, settings, wanted=wanted(*patterns), clock=SystemClock(), sleep=time.sleep)
        try:
            return [variable.address for variable in connection.look()]
        finally:
            connection.close()

    with plant_server(["Line1/Press/Temperature", "Line2/Press/Temperature"], users={}, admin=True) as running:
        asyncio.run(make(running.url))
        assert found("Line1/#") == [
            "Line1/Level",
            "Line1/Level;nsu=urn:example:other%2Fplc",
            "Line1/Press/Temperature",
            "Line1/Ring/Speed",
            "Line1/Ring/Speed/Mean",
            "Line1/a%2Fb",
        ]
        assert found("+/{machine}/Temperature") == ["Line1/Press/Temperature", "Line2/Press/Temperature"]
        assert not [address for address in found("#") if address.startswith("Server/")]
        assert found("Server/ServerStatus/State") == ["Server/ServerStatus/State"]
