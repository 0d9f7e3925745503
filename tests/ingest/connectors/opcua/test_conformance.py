"""The connector keeps the promises that all connectors keep."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from chaintwin.ingest.connectors.conformance import Sample, check_connector
from chaintwin.ingest.connectors.opcua.opcua import Opcua
from tests.ingest.connectors.opcua.reading import OTHER, TEMPERATURE, mapping_file
from tests.ingest.connectors.opcua.servers import PlantServer


@pytest.mark.slow
def test_check_connector__opcua(tmp_path: Path) -> None:
    """Of a server that keeps a history all of it can be read, as often as somebody looks."""
    servers: list[PlantServer] = []

    def make(_: Path, count: int) -> str:
        # Two of them are compared at most.
        for server in servers[:-1]:
            server.kill()
        found = PlantServer([TEMPERATURE, OTHER], history="memory")
        servers[:] = [*servers[-1:], found]
        found.start()
        values: list[tuple[Any, ...]] = [((TEMPERATURE, OTHER)[number % 2], number, number) for number in range(count)]
        found.set(*values)
        time.sleep(0.3)
        return found.url

    options = {"mapping": mapping_file(tmp_path), "history": "all", "history-delay": "0", "after": "keep", "interval": "50"}
    options |= {"idle": "0.5", "batch": "200"}
    try:
        check_connector(Opcua, samples=[Sample("server", make, options=options)])
    finally:
        for server in servers:
            server.kill()
