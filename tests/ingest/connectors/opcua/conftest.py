"""A server for a test, and options with which a test does not wait for long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.connectors.opcua.reading import ALL, mapping_file
from tests.ingest.connectors.opcua.servers import PlantServer, plant_server


@pytest.fixture
def running() -> Iterator[PlantServer]:
    with plant_server(ALL) as found:
        yield found


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    return {"mapping": mapping_file(tmp_path), "idle": "0.5", "interval": "50", "history-delay": "0.2", "keep-alive": "0.5"}
