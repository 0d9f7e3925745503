"""A device that speaks Modbus TCP as a program: the lines of its input set its registers.

``{"set": [TABLE, ADDRESS, [VALUES]]}`` sets registers or bits, ``{"refuse": CODE}`` has every question refused with an exception
until it is 0 again. Holding registers 500 to 509 are not there.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

FUNCTIONS = {"coil": 15, "discrete": 2, "holding": 16, "input": 4}


async def serve(port: int) -> None:
    refused = {"code": 0}

    async def action(*_: Any) -> Any:
        return ExcCodes(refused["code"]) if refused["code"] else None

    bits = [SimData(0, count=64, values=False, datatype=DataType.BITS)]
    holding = [
        SimData(0, count=500, values=0, datatype=DataType.REGISTERS),
        SimData(500, count=10, datatype=DataType.INVALID),
        SimData(510, count=5_000, values=0, datatype=DataType.REGISTERS),
    ]
    inputs = [SimData(0, count=100, values=0, datatype=DataType.REGISTERS)]
    device = SimDevice(1, simdata=(bits, list(bits), holding, inputs), action=action)
    server = ModbusTcpServer([device], address=("127.0.0.1", port), ignore_missing_devices=True)
    await server.serve_forever(background=True)
    print("ready", flush=True)
    loop, lines = asyncio.get_running_loop(), asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        asked = json.loads(line)
        if "set" in asked:
            table, address, values = asked["set"]
            code, refused["code"] = refused["code"], 0
            await server.async_setValues(1, FUNCTIONS[table], address, values)
            refused["code"] = code
        else:
            refused["code"] = asked["refuse"]
        print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
