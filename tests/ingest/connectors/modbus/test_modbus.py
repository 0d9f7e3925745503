"""A real device: what changes is told once, with what it refuses and whether it is there."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chaintwin.clock import SystemClock
from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.conformance import Sample, check_connector
from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.interface import Run
from chaintwin.ingest.connectors.modbus.modbus import Modbus
from tests.ingest.connectors.linked.servers import free_port
from tests.ingest.connectors.mqtt.reading import amounts, logged, open_log, presences
from tests.ingest.connectors.opcua.reading import follow, take_all
from tests.shared_data import REPOSITORY
from tests.store.programs import environment

REGISTERS = """
name = "tank"
[[registers]]
name = "Tank/Temperature"
table = "holding"
address = 10
type = "int16"
scale = 0.1
[[registers]]
name = "Tank/Level"
table = "input"
address = 4
type = "float32"
word_order = "little"
[[registers]]
name = "Tank/Count"
table = "holding"
address = 11
type = "uint32"
[[registers]]
name = "Tank/Open"
table = "coil"
address = 3
[[registers]]
name = "Tank/Absent"
table = "holding"
address = 505
type = "uint16"
"""

MAPPING = """
name = "tank"
[[signals]]
match = "{device}/Temperature"
as = "sensor"
measures = "Temperature"
unit = "CEL"
device = "{device}"
[[signals]]
match = "{device}/Level"
as = "sensor"
measures = "Volume"
device = "{device}"
[[signals]]
match = "{device}/Absent"
as = "sensor"
measures = "Count"
device = "{device}"
[[signals]]
match = "{device}/Count"
as = "produced"
counter = true
site = "plant"
product = "litre"
[[signals]]
match = "{device}/Open"
as = "equipment"
resource = "valve"
words = { true = 1, false = 0 }
"""


class Device:
    """A device in a process of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"modbus://127.0.0.1:{self.port}/1"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.ingest.connectors.modbus.device_program", str(self.port)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(), cwd=REPOSITORY
        )
        self.answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(self.process, self.answers), daemon=True).start()
        assert self.answers.get(timeout=30) == "ready"

    def set(self, table: str, address: int, *values: Any) -> None:
        self._ask({"set": [table, address, values]})

    def refuse(self, code: int) -> None:
        self._ask({"refuse": code})

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _ask(self, wanted: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(wanted) + "\n")
        self.process.stdin.flush()
        assert self.answers.get(timeout=30) == "done"

    @staticmethod
    def _listen(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            answers.put(line.strip())


@pytest.fixture
def device() -> Iterator[Device]:
    found = Device()
    try:
        yield found
    finally:
        found.kill()


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "registers.toml").write_text(REGISTERS, encoding="utf-8")
    (tmp_path / "signals.toml").write_text(MAPPING, encoding="utf-8")
    return {
        "registers": str(tmp_path / "registers.toml"),
        "mapping": str(tmp_path / "signals.toml"),
        "poll": "0.05",
        "timeout": "0.5",
    }


def reports(store: Any, name: str) -> list[Any]:
    """Return what was told of a value: numbers, or the quality where it is not good."""
    found = []
    for event in logged(store):
        if event.get("ct:signal") == name and "sensorElementList" in event:
            report = event["sensorElementList"][0]["sensorReport"][0]
            found.append(event.get("ct:signal_quality", report.get("value")))
    return found


def test_read__what_changed_and_nothing_twice(device: Device, tmp_path: Path, options: dict[str, str]) -> None:
    with open_log(tmp_path / "log.db") as store:
        device.set("holding", 10, 215, 0, 100)
        device.set("input", 4, 0, 0x41A4)
        device.set("coil", 3, True)
        summary = take_all(device.url, store, options)
        assert (summary.accepted, summary.rejected) == (1 + 4, 0), "the source, two values, the valve, and what is refused"
        device.set("holding", 10, 220, 1, 7)
        device.set("coil", 3, False)
        assert take_all(device.url, store, options).accepted == 3
        assert take_all(device.url, store, options).read == 0
        assert reports(store, "Tank/Temperature") == [21.5, 22]
        assert reports(store, "Tank/Level") == [20.5]
        assert reports(store, "Tank/Absent") == ["bad"]
        assert amounts(store) == {"litre": 65_536 + 7 - 100}
        states = [event["ct:share"] for event in logged(store) if event["type"] == "ct:EquipmentChanged"]
        assert states == [1, 0]
        assert presences(store) == [(f"modbus {device.url}", True)]


def test_read__bands_decide_where_all_is_told(device: Device, tmp_path: Path, options: dict[str, str]) -> None:
    mapping = tmp_path / "bands.toml"
    mapping.write_text(MAPPING.replace('unit = "CEL"', 'unit = "CEL"\nleast_change = 1.0'), encoding="utf-8")
    with open_log(tmp_path / "log.db") as store:
        for tenths in (200, 205, 209, 210, 214, 225):
            device.set("holding", 10, tenths)
            take_all(device.url, store, options | {"mapping": str(mapping), "tell": "all"})
        assert reports(store, "Tank/Temperature") == [20, 21, 22.5]
        assert len(reports(store, "Tank/Level")) == 6, "without a band each look is an event"


@pytest.mark.slow
def test_read__a_device_that_goes_and_comes_back(device: Device, tmp_path: Path, options: dict[str, str]) -> None:
    options |= {"misses": "2"}
    with open_log(tmp_path / "log.db") as store:

        def live() -> None:
            device.set("holding", 10, 201)
            time.sleep(0.5)
            os.kill(device.process.pid, signal.SIGSTOP)
            time.sleep(3.0)
            os.kill(device.process.pid, signal.SIGCONT)
            time.sleep(2.5)
            device.set("holding", 10, 202)
            time.sleep(0.5)
            device.kill()
            time.sleep(2.5)
            device.start()
            device.set("holding", 10, 203, 0, 5)

        speaker = threading.Thread(target=live)
        for _ in follow(device.url, store, options):
            if speaker.ident is None:
                speaker.start()
            if not speaker.is_alive() and reports(store, "Tank/Temperature")[-1:] == [20.3]:
                break
        speaker.join()
        told = [value for value in reports(store, "Tank/Temperature") if value]
        assert told == [20.1, 20.2, 20.3]
        assert [present for _, present in presences(store)] == [True, False, True, False, True]


def test_read__exceptions(device: Device, tmp_path: Path, options: dict[str, str]) -> None:
    with open_log(tmp_path / "log.db") as store:
        device.set("holding", 10, 201)
        take_all(device.url, store, options)
        device.refuse(4)
        take_all(device.url, store, options)
        device.refuse(0)
        take_all(device.url, store, options)
        assert reports(store, "Tank/Temperature") == [20.1, "bad", 20.1]
        device.refuse(11)
        with pytest.raises(SourceFailedError, match="unit 1 does not answer"):
            take_all(device.url, store, options | {"tries": "2"})
        with pytest.raises(SourceFailedError, match="no connection, 2 times"):
            take_all("modbus://127.0.0.1:9/1", store, options | {"tries": "2"})


def test_probe__what_there_is(device: Device, options: dict[str, str]) -> None:
    def probe(source: str) -> str:
        return Modbus().probe(source, run=Run(SystemClock(), time.sleep, options))

    assert probe(device.url) == f"a Modbus device at 127.0.0.1:{device.port}, unit 1, that gives Tank/Open and others"
    with pytest.raises(UsageError, match="found no device that answers as unit 1"):
        probe("modbus://127.0.0.1:9/1")
    device.refuse(11)
    with pytest.raises(UsageError, match="found no device that answers as unit 1"):
        probe(device.url)
    device.refuse(2)
    with pytest.raises(UsageError, match="refuses Tank/Open"):
        probe(device.url)


@pytest.mark.slow
def test_check_connector__modbus(device: Device, tmp_path: Path, options: dict[str, str]) -> None:
    registers = tmp_path / "many.toml"

    def make(_: Path, count: int) -> str:
        parts = [
            f'[[registers]]\nname = "T{number}/Temperature"\ntable = "holding"\naddress = {510 + number}\ntype = "uint16"\n'
            for number in range(count)
        ]
        registers.write_text('name = "many"\n' + "".join(parts), encoding="utf-8")
        for first in range(0, count, 100):
            device.set("holding", 510 + first, *[number % 65_000 for number in range(first, min(first + 100, count))])
        return device.url

    check_connector(Modbus, samples=[Sample("device", make, options=options | {"registers": str(registers)})])
