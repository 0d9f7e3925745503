"""Connections that break, hang or are slow, servers that are killed: nothing is lost that can be had, and the rest is told."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.ingest.connectors.mqtt.links import link
from tests.ingest.connectors.mqtt.reading import amounts, logged, open_log, presences
from tests.ingest.connectors.opcua.reading import ALL, COUNT, OTHER, TEMPERATURE, follow, missing, take_all, temperatures
from tests.ingest.connectors.opcua.servers import PlantServer, plant_server


@pytest.mark.slow
def test_read__a_server_with_a_history_that_is_killed(tmp_path: Path, options: dict[str, str]) -> None:
    """All that changed while there was no connection is read of the history, each value once."""
    options |= {"grace": "0.2"}
    historized = [TEMPERATURE, OTHER, COUNT]
    with (
        plant_server(historized, history=str(tmp_path / "history.db")) as running,
        link(running.port) as wire,
        open_log(tmp_path / "log.db") as store,
    ):
        source = f"opc.tcp://127.0.0.1:{wire.port}/line"

        def live() -> None:
            running.set(*[(TEMPERATURE, number, number) for number in range(50)], (COUNT, 10, 1))
            time.sleep(1.0)
            running.kill()
            time.sleep(1.0)
            running.start()
            # Before the twin is back: its tries wait from a quarter of a second to half a one, then longer.
            running.set(*[(TEMPERATURE, number, number) for number in range(50, 100)], (COUNT, 25, 2))
            time.sleep(4.0)
            running.set(*[(TEMPERATURE, number, number) for number in range(100, 150)], (COUNT, 60, 3))

        speaker = threading.Thread(target=live)
        for _ in follow(source, store, options):
            if speaker.ident is None:
                speaker.start()
            if not speaker.is_alive() and len(temperatures(store)) >= 150 and amounts(store):
                break
        speaker.join()
        assert temperatures(store) == list(range(150))
        assert amounts(store) == {"counted by Press": 50}
        assert [present for _, present in presences(store)] == [True, False, True]
        assert missing(store) == 0


@pytest.mark.slow
def test_read__a_server_without_a_history_that_is_killed(running: PlantServer, tmp_path: Path, options: dict[str, str]) -> None:
    options |= {"grace": "0.2"}
    with open_log(tmp_path / "log.db") as store:
        take_all(running.url, store, options)
        running.set((TEMPERATURE, 1, 1))
        take_all(running.url, store, options)
        running.kill()
        running.start()
        running.set((TEMPERATURE, 2, 2), (TEMPERATURE, 3, 3))
        take_all(running.url, store, options)
        assert temperatures(store) == [1, 3], "what was in between nobody knows"
        told = [one for one in logged(store) if "ct:missed" in one]
        assert [(one["ct:device"], one["ct:missed"]) for one in told] == [(f"opcua {running.url}", 1)]
        assert "without a history" in told[0]["ct:reason"]


@pytest.mark.slow
def test_read__a_connection_that_breaks_and_one_that_is_half_open(
    running: PlantServer, tmp_path: Path, options: dict[str, str]
) -> None:
    options |= {"keep-alive": "0.5", "timeout": "1", "grace": "0.1"}
    with link(running.port) as wire, open_log(tmp_path / "log.db") as store:
        source = f"opc.tcp://127.0.0.1:{wire.port}/line"

        def live() -> None:
            running.set(*[(TEMPERATURE, number, number) for number in range(50)])
            time.sleep(0.3)
            wire.cut()
            running.set(*[(TEMPERATURE, number, number) for number in range(50, 100)])
            time.sleep(2.0)
            running.set(*[(TEMPERATURE, number, number) for number in range(100, 150)])
            running.pause()
            time.sleep(4.0)
            running.resume()
            running.set(*[(TEMPERATURE, number, number) for number in range(150, 200)])

        speaker = threading.Thread(target=live)
        for _ in follow(source, store, options):
            if speaker.ident is None:
                speaker.start()
            if not speaker.is_alive() and len(temperatures(store)) >= 200:
                break
        speaker.join()
        assert temperatures(store) == list(range(200))
        assert missing(store) == 0
        told = [present for _, present in presences(store)]
        assert told[0] is True
        assert told[-1] is True
        assert False in told


@pytest.mark.slow
def test_read__a_slow_link_that_breaks(tmp_path: Path, options: dict[str, str]) -> None:
    """Messages of many values come in pieces and are cut off; they are sent again whole."""
    count, cuts = 3_000, 0
    with (
        plant_server(ALL, conforms=True) as running,
        link(running.port, rate=60_000) as slow,
        open_log(tmp_path / "log.db") as store,
    ):
        source = f"opc.tcp://127.0.0.1:{slow.port}/line"
        options |= {"timeout": "10", "keep-alive": "5", "batch": "100"}
        take_all(source, store, options)
        running.count(TEMPERATURE, 0, count, seconds=0.001)
        for summary in follow(source, store, options):
            if summary.accepted > 700 * (cuts + 1) and cuts < 3:
                slow.cut()
                cuts += 1
            if summary.accepted >= count:
                break
        assert cuts == 3
        assert temperatures(store) == list(range(count))
        assert missing(store) == 0
