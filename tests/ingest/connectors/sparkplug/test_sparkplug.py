"""An edge node at a real broker: certificates by the broker itself, gaps that are mended by a birth that is asked for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chaintwin.clock import SetClock
from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Run
from chaintwin.ingest.connectors.sparkplug.sparkplug import Sparkplug
from tests.ingest.connectors.mqtt.brokers import broker
from tests.ingest.connectors.mqtt.links import link
from tests.ingest.connectors.mqtt.reading import follow, logged, mapping_file, open_log, presences, take_all, temperatures
from tests.ingest.connectors.sparkplug.edges import Edge
from tests.oracles import plain_sparkplug


class Speaker:
    """An edge node with a connection, which answers when it is asked for a birth.

    Parameters
    ----------
    port : of the broker, or of a link to it. edge : what it says.
    """

    def __init__(self, port: int, edge: Edge) -> None:
        from paho.mqtt.client import Client, MQTTv5
        from paho.mqtt.enums import CallbackAPIVersion

        self.edge, self.asked, self.states = edge, 0, list[dict[str, Any]]()
        self.client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5, reconnect_on_failure=False)
        self.client.on_message = self._hear
        topic, payload = edge.will()
        self.client.will_set(topic, payload, qos=1)
        self.client.connect("127.0.0.1", port)
        self.client.subscribe([(edge.topic("NCMD"), 1), ("spBv1.0/STATE/+", 1)])  # type: ignore[list-item]
        self.client.loop_start()

    def say(self, *messages: tuple[str, bytes]) -> None:
        for topic, payload in messages:
            self.client.publish(topic, payload, qos=0)

    def end(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _hear(self, client: Any, data: Any, message: Any) -> None:
        del client, data
        if message.topic.startswith("spBv1.0/STATE/"):
            self.states.append(json.loads(message.payload))
            return
        names = [metric["name"] for metric in plain_sparkplug.payload(message.payload)["metrics"]]
        if names == ["Node Control/Rebirth"]:
            self.asked += 1
            self.say(*self.edge.births())


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_read__a_node_lives_and_dies(tmp_path: Path) -> None:
    options = {"mapping": mapping_file(tmp_path), "reorder": "0.5", "host-id": "twin", "receive-maximum": "100"}
    with broker(tmp_path / "broker") as running, link(running.port) as wire, open_log(tmp_path / "log.db") as store:
        source = f"{running.url}/spBv1.0/north/#"

        def live() -> None:
            edge = Edge("line", ("press", "oven"), birth=3)
            speaker = Speaker(wire.port, edge)
            wait_until(lambda: bool(speaker.states))
            speaker.say(*edge.births(), *(edge.data(float(number), edge.devices[number % 2]) for number in range(100, 400)))
            lost = edge.data(1_000.0)
            assert lost
            speaker.say(edge.data(1_001.0))
            wait_until(lambda: speaker.asked == 1)
            speaker.say(edge.data(1_002.0))
            time.sleep(0.5)
            states.extend(speaker.states)
            wire.cut()
            speaker.client.loop_stop()

        states: list[dict[str, Any]] = []
        person = threading.Thread(target=live)
        person.start()
        for _ in follow(source, store, options):
            if not person.is_alive() and ("north/line/oven", False) in presences(store):
                break
        person.join()
        said = temperatures(store)
        assert sorted(set(said) - {1.0}) == [*(float(number) for number in range(100, 400)), 1_001.0, 1_002.0]
        assert [event["ct:missed"] for event in logged(store) if "ct:missed" in event] == [1]
        assert presences(store)[1:] == [
            ("north/line", True), ("north/line/press", True), ("north/line/oven", True),
            ("north/line", False), ("north/line/press", False), ("north/line/oven", False),
        ]  # fmt: skip
        assert states[0]["online"] is True
        late = Speaker(running.port, Edge("watcher"))
        wait_until(lambda: bool(late.states))
        late.end()
        assert late.states[-1] == {"online": False, "timestamp": states[0]["timestamp"]}, "the host left in order"


def test_read__a_death_while_nobody_listens_is_told_later(tmp_path: Path) -> None:
    options = {"mapping": mapping_file(tmp_path), "idle": "0.5"}
    with broker(tmp_path / "broker") as running, link(running.port) as wire, open_log(tmp_path / "log.db") as store:
        source = f"{running.url}/spBv1.0/north/#"
        edge = Edge("line")
        speaker = Speaker(wire.port, edge)
        births = threading.Timer(0.3, lambda: speaker.say(*edge.births(), edge.data(4.0)))
        births.start()
        assert take_all(source, store, options | {"idle": "1.5"}).accepted == 5
        wire.cut()
        speaker.client.loop_stop()
        take_all(source, store, options)
        assert presences(store)[-2:] == [("north/line", False), ("north/line/press", False)]


def test_read__only_topics_of_sparkplug() -> None:
    run = Run(clock=SetClock(), sleep=time.sleep)
    with pytest.raises(UsageError, match="Sparkplug"):
        next(Sparkplug().read("mqtt://h/plant/#", since=None, run=run))


@pytest.mark.parametrize("after", ["acknowledge", "keep"])
def test_read__who_only_looks_asks_nothing_of_the_plant(tmp_path: Path, after: str) -> None:
    options = {"mapping": mapping_file(tmp_path), "reorder": "0.1", "host-id": "twin", "after": after, "idle": "3"}
    with broker(tmp_path / "broker") as running, open_log(tmp_path / "log.db") as store:
        edge = Edge("line", ("press",))
        speaker = Speaker(running.port, edge)
        edge.births()

        def speak() -> None:
            for number in range(20):
                time.sleep(0.1)
                speaker.say(edge.data(float(number), "press"))

        person = threading.Thread(target=speak)
        person.start()
        take_all(f"{running.url}/spBv1.0/north/#", store, options)
        person.join()
        time.sleep(0.2)
        speaker.end()
    assert (speaker.asked > 0) == (after == "acknowledge")
    assert bool(speaker.states) == (after == "acknowledge")
