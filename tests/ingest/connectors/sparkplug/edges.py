"""An edge node for tests: it is born, speaks, and dies as the specification wants it."""

from __future__ import annotations

from dataclasses import dataclass, field

from chaintwin.ingest.connectors.sparkplug.payload import Metric, Payload, write_payload
from chaintwin.ingest.connectors.sparkplug.values import DataType


@dataclass
class Edge:
    """An edge node with devices, whose metric ``Temperature`` has an alias each.

    Parameters
    ----------
    name : of the node. devices : their names. birth : number of the session. group : of the node.
    """

    name: str
    devices: tuple[str, ...] = ("press",)
    birth: int = 0
    group: str = "north"
    sequence: int = 0
    time: int = 1_767_225_600_000
    topics: list[str] = field(default_factory=list)

    def topic(self, verb: str, device: str = "") -> str:
        return "/".join(part for part in ("spBv1.0", self.group, verb, self.name, device) if part)

    def message(self, verb: str, metrics: tuple[Metric, ...], device: str = "", *, is_numbered: bool = True) -> tuple[str, bytes]:
        self.time += 1_000
        sequence = self.sequence if is_numbered else None
        if is_numbered:
            self.sequence = (self.sequence + 1) % 256
        return self.topic(verb, device), write_payload(Payload(metrics, self.time, sequence))

    def session(self) -> Metric:
        return Metric("bdSeq", datatype=DataType.INT64, value=self.birth)

    def will(self) -> tuple[str, bytes]:
        return self.topic("NDEATH"), write_payload(Payload((self.session(),), self.time))

    def births(self) -> list[tuple[str, bytes]]:
        self.sequence = 0
        rebirth = Metric("Node Control/Rebirth", datatype=DataType.BOOLEAN, value=False)
        found = [self.message("NBIRTH", (self.session(), rebirth))]
        for place, device in enumerate(self.devices):
            metric = Metric("Temperature", alias=10 + place, datatype=DataType.DOUBLE, value=1.0)
            found.append(self.message("DBIRTH", (metric,), device))
        return found

    def data(self, value: float, device: str = "", *, is_historical: bool = False) -> tuple[str, bytes]:
        device = device or self.devices[0]
        alias = 10 + self.devices.index(device)
        # Types belong to births, so that data come without.
        metric = Metric(alias=alias, value=value, datatype=DataType.DOUBLE, is_historical=is_historical)
        return self.message("DDATA", (metric,), device)
