"""The server of the benchmark of OPC UA, a process of its own: it sets variables as fast as it can when it is asked to."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

MACHINES = 50
"""Variables that are set in turn."""

YIELD = 100
"""Values between two moments in which the server does what else is due."""

WATCH_SECONDS = 0.5
"""How often it is looked whether the benchmark is over: then its folder is gone."""

START = datetime(2026, 1, 1, tzinfo=UTC)


async def serve(port: int, folder: Path) -> None:
    """Serve until a folder is gone; each line of the input is how many values are to be set.

    Parameters
    ----------
    port : on this machine. folder : of the benchmark.
    """
    from asyncua import Server, ua

    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/bench")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    space = await server.register_namespace("urn:chaintwin:bench")
    plant = await server.nodes.objects.add_object(ua.NodeId("Plant", space), f"{space}:Plant")
    nodes = []
    waiting = ua.DataValue(ua.Variant(None), StatusCode=ua.StatusCode(ua.StatusCodes.BadWaitingForInitialData))
    for number in range(MACHINES):
        machine = await plant.add_object(ua.NodeId(f"m{number}", space), f"{space}:m{number}")
        node = await machine.add_variable(ua.NodeId(f"m{number}/T", space), f"{space}:Temperature", 0.0)
        await server.write_attribute_value(node.nodeid, waiting)
        nodes.append(node.nodeid)
    async with server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        setting = asyncio.create_task(_set_asked(server, nodes))
        while folder.exists() and not setting.done():
            await asyncio.sleep(WATCH_SECONDS)
        setting.cancel()


async def _set_asked(server: Any, nodes: list[Any]) -> None:
    from asyncua import ua

    loop, lines = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    numbers = count()
    while line := await lines.readline():
        for _ in range(int(line)):
            number = next(numbers)
            moment = START + timedelta(milliseconds=number)
            value = ua.DataValue(ua.Variant(20 + number / 7), SourceTimestamp=moment, ServerTimestamp=moment)
            await server.write_attribute_value(nodes[number % MACHINES], value)
            if number % YIELD == 0:
                await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
