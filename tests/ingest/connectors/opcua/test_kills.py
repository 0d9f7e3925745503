"""An ingest of values that is killed at any moment loses nothing and doubles nothing, by the subscription or by the history."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.connectors.linked.kills import drawn, killed
from tests.ingest.connectors.mqtt.reading import amounts, open_log
from tests.ingest.connectors.opcua.reading import COUNT, OTHER, TEMPERATURE, mapping_file, missing, take_all, temperatures
from tests.ingest.connectors.opcua.servers import PlantServer, plant_server
from tests.sizes import scaled

READING = "tests.ingest.connectors.opcua.reading"

VALUES = 1_500
"""Of each of two variables."""


def settings(folder: Path) -> dict[str, str]:
    return {"mapping": mapping_file(folder), "idle": "1.5", "batch": "100", "interval": "50", "history-delay": "0.2"}


def killed_often(running: PlantServer, folder: Path, *, way: str, rounds: int) -> None:
    """Have values set while the child is killed again and again, and take the rest in the end."""
    draw, options = drawn(), settings(folder)
    with open_log(folder / "log.db") as store:
        take_all(running.url, store, options)
    running.count(TEMPERATURE, 0, VALUES, seconds=0.002)
    running.count(COUNT, 0, VALUES, seconds=0.002)
    for _ in range(rounds):
        count = draw.randint(1, 4)
        killed(READING, running.url, store=folder / "log.db", options=options, way=way, draw=draw, batches=count, within=0.05)
    running.expect("counted")
    running.expect("counted")
    with open_log(folder / "log.db") as store:
        take_all(running.url, store, options)


@pytest.mark.slow
def test_ingest__killed_at_any_moment(tmp_path: Path) -> None:
    """A server that does as the standard says sends again what is not acknowledged; it needs no history."""
    with plant_server([TEMPERATURE, OTHER, COUNT], conforms=True) as running:
        killed_often(running, tmp_path, way="follow", rounds=scaled(ci=5, full=40))
    with open_log(tmp_path / "log.db") as store:
        assert temperatures(store) == list(range(VALUES))
        assert amounts(store) == {"counted by Press": VALUES - 1}
        assert missing(store) == 0


@pytest.mark.slow
def test_ingest__killed_at_any_moment_with_a_server_that_forgets(tmp_path: Path) -> None:
    """The server of the library forgets what it sends again; its history has it."""
    with plant_server([TEMPERATURE, OTHER, COUNT], history="memory") as running:
        killed_often(running, tmp_path, way="follow", rounds=scaled(ci=5, full=40))
    with open_log(tmp_path / "log.db") as store:
        assert sorted(temperatures(store)) == list(range(VALUES))
        assert amounts(store) == {"counted by Press": VALUES - 1}
        assert missing(store) == 0


@pytest.mark.slow
def test_ingest__control_that_acknowledges_before_anything_is_durable_loses_some(tmp_path: Path) -> None:
    with plant_server([TEMPERATURE, OTHER, COUNT], conforms=True) as running:
        killed_often(running, tmp_path, way="hasty", rounds=3)
    with open_log(tmp_path / "log.db") as store:
        assert len(temperatures(store)) < VALUES
        assert missing(store) > 0, "and it is told"
