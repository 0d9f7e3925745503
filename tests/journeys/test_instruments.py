"""Instruments of a project as a person meets them: served with a broker and a stream that go and come back."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaintwin.store.opening import open_store
from tests.ingest.connectors.linked.readings import warm
from tests.ingest.connectors.mqtt.brokers import Broker, broker
from tests.ingest.connectors.mqtt.brokers import publish as publish_mqtt
from tests.ingest.connectors.mqtt.reading import mapping_file
from tests.ingest.connectors.nats.servers import Server, publish, server
from tests.ingest.connectors.nats.servers import warm as warm_of_nats
from tests.journeys.running import document, run, succeed
from tests.journeys.test_replaying import health, serving, start
from tests.journeys.test_sources import bearer, project, until

SOURCES = """
[[sources]]
name = "press"
source = "{mqtt}/plant/#"
options = {{ mapping = "../signals.toml", grace = 0.2 }}

[[sources]]
name = "line"
source = "{nats}/PLANT"
options = {{ mapping = "../signals.toml", grace = 0.2 }}
"""

END_SECONDS = 5.0
"""Longest that a server may take to end; one that waits for a source that does not notice takes ten and more."""


def to_nats(running: Server, first: int, count: int) -> None:
    publish(running, warm_of_nats(count, first=first), prefix=str(first))


def prepared(folder: Path, near: Broker, far: Server, *, name: str) -> Path:
    far.stream()
    mapping_file(folder)
    return project(folder, SOURCES.format(mqtt=near.url, nats=far.url), name=name)


def of(sources: list[dict[str, Any]]) -> Mapping[str, dict[str, Any]]:
    return {one["name"]: one for one in sources}


def test_check__asks_brokers_and_streams(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as near, server(tmp_path / "server") as far:
        place = prepared(tmp_path, near, far, name="mine")
        told = of(document("check", "mine", cwd=tmp_path)["sources"])
        assert told["line"]["found"] == f"a server at 127.0.0.1:{far.port} with 0 messages in the stream PLANT"
        assert told["press"]["found"].startswith("a broker at")
        settings = place / "chaintwin.toml"
        settings.write_text(settings.read_text().replace("/PLANT", "/PLNT"))
        shown = " ".join(run("check", "mine", cwd=tmp_path).stdout.split())
        assert "no stream PLNT" in shown
        assert "one that is there: PLANT" in shown
        assert "nats stream add PLNT" in shown


@pytest.mark.slow
def test_serve__takes_a_broker_and_a_stream_that_go_and_come_back(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as near, server(tmp_path / "server") as far:
        prepared(tmp_path, near, far, name="beer")
        with serving(tmp_path) as (process, url):

            def sources() -> Mapping[str, dict[str, Any]]:
                return of(health(tmp_path, url)["sources"])

            until(lambda: {one["state"] for one in sources().values()} == {"receiving"})
            publish_mqtt(near.port, warm(50, first=0))
            to_nats(far, 1_000, 60)
            until(lambda: [sources()[name]["accepted"] for name in ("press", "line")] == [51, 61])
            near.stop()
            far.kill()
            until(lambda: {one["state"] for one in sources().values()} == {"failing"}, within=60)
            for one in sources().values():
                assert one["error"]["text"]
                assert one["failures"] >= 1
            assert "no server" in sources()["line"]["error"]["text"]
            # What they told is stale, and the server answers as ever.
            headers = bearer(tmp_path)
            until(lambda: _gone(httpx.get(f"{url}/api/v1/state?table=devices", headers=headers).json()) == 2)
            near.start()
            far.start()
            publish_mqtt(near.port, warm(40, first=50))
            to_nats(far, 1_060, 40)
            until(lambda: {one["state"] for one in sources().values()} == {"receiving"}, within=60)
            until(lambda: health(tmp_path, url)["log"]["sequence"] == 50 + 60 + 40 + 40 + 6)
            assert [sources()[name]["missing"] for name in ("press", "line")] == [0, 0]
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            _, notes = process.communicate(timeout=60)
            assert time.monotonic() - began < END_SECONDS
            assert process.returncode == 0, notes
            assert "Traceback" not in notes
        assert document("log", "verify", "beer", cwd=tmp_path)["findings"] == []
        assert far.consumers() == [], "who ends in order leaves nothing at the server"


def _gone(devices: Any) -> int:
    """Return how many devices are told to be gone."""
    return sum(1 for row in devices["rows"] if row["present"] is False)


def logged(log: Path) -> int:
    """Return how many events a log has that another process writes."""
    if not log.exists():
        return 0
    with open_store(log, read_only=True) as store:
        return store.head().sequence


@pytest.mark.slow
def test_ingest__a_broker_and_a_stream_are_followed_in_turn(tmp_path: Path) -> None:
    """A broker that has no more for now leaves the stream its turn, and is there when its own comes."""
    mapping_file(tmp_path)
    with broker(tmp_path / "broker") as near, server(tmp_path / "server") as far:
        far.stream()
        succeed("init", "mine", "--from-example", "beer-game", cwd=tmp_path)
        words = ["ingest", "mine", f"{near.url}/plant/#", f"{far.url}/PLANT", "--mapping", "signals.toml", "--follow"]
        process = start([*words, "--every", "0.2", "--json"], tmp_path)
        try:
            log = tmp_path / "mine" / ".twin" / "log.db"
            until(lambda: logged(log) >= 2)
            publish_mqtt(near.port, warm(20, first=0))
            to_nats(far, 1_000, 30)
            until(lambda: logged(log) == 52, within=60)
            # What is in the log is told a moment later.
            time.sleep(2)
            process.send_signal(signal.SIGINT)
            out, notes = process.communicate(timeout=60)
            assert process.returncode == 0, notes
            assert [one["accepted"] for one in json.loads(out)["sources"]] == [21, 31]
        finally:
            process.kill()
            process.communicate()
