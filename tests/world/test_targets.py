"""Where a world is told: files, lines, a broker that goes away; stopped and gone on with, nothing lost."""

from __future__ import annotations

import io
import json
import math
import threading
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from chaintwin.errors import UsageError
from chaintwin.examples import Example
from chaintwin.ingest.connectors.interface import Item
from chaintwin.ingest.history.playing import Sent, Target
from chaintwin.world import Grade, Story, Wire, tell
from chaintwin.world.targets.broker import BrokerTarget, world_address
from chaintwin.world.targets.choosing import opened_target
from chaintwin.world.targets.files import FolderTarget, LinesTarget
from chaintwin.world.targets.kept import KeptMark
from chaintwin.world.targets.naming import mapping_of, topic_of
from tests.ingest.connectors.mqtt.brokers import broker
from tests.world.stories import story_of, world_of


def story() -> Story:
    return story_of(world_of(Example.BEER_GAME, 30), Wire.of(Grade.TERRIBLE))


WEEK = 7 * 86_400.0


def run(found: Story, target: Target, *, groups: int | None = None, is_resumed: bool = False, seconds: float = 0.0) -> None:
    """Tell a story: a week in a group as fast as it goes, or the whole of it in some seconds."""
    speed = 30 * WEEK / seconds if seconds else 20 * WEEK
    sleep = time.sleep if seconds else lambda _: None
    told = tell(found, target, speed=speed, is_resumed=is_resumed, tick=time.monotonic, sleep=sleep)
    for _ in islice(told, groups):
        pass


def contents(found: Story) -> list[bytes]:
    return [one.item.content for one in found]


def test_folder__stopped_and_gone_on_with(tmp_path: Path) -> None:
    found, kept = story(), tmp_path / "kept.txt"
    run(found, FolderTarget(tmp_path / "drops", KeptMark(kept)), groups=3)
    before = KeptMark(kept).played().count
    assert 0 < before < len(found)
    run(found, FolderTarget(tmp_path / "drops", KeptMark(kept)), is_resumed=True)
    assert KeptMark(kept).played().count == len(found)
    lines = [line for file in sorted((tmp_path / "drops").iterdir()) for line in file.read_bytes().splitlines()]
    assert lines == contents(found)


def test_folder__a_group_whose_end_was_not_noted_is_dropped_again_under_its_name(tmp_path: Path) -> None:
    found, kept = story(), tmp_path / "kept.txt"
    run(found, FolderTarget(tmp_path / "drops", KeptMark(kept)), groups=2)
    mark = KeptMark(kept).played()
    run(found, FolderTarget(tmp_path / "drops", KeptMark(kept)), groups=1, is_resumed=True)
    KeptMark(kept).keep(mark)
    run(found, FolderTarget(tmp_path / "drops", KeptMark(kept)), is_resumed=True)
    lines = [line for file in sorted((tmp_path / "drops").iterdir()) for line in file.read_bytes().splitlines()]
    assert lines == contents(found)


def test_tell__with_another_world_begins_anew(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    run(story(), LinesTarget(io.BytesIO(), KeptMark(kept), is_durable=False), groups=3)
    other = story_of(world_of(Example.BEER_GAME, 30), Wire.of(Grade.TERRIBLE), seed=99)
    stream = io.BytesIO()
    run(other, LinesTarget(stream, KeptMark(kept), is_durable=False), is_resumed=True)
    assert stream.getvalue().splitlines() == contents(other)


class Refusing(Target):
    """Takes some groups, then breaks."""

    def __init__(self, kept: KeptMark, groups: int) -> None:
        self.kept, self.left = kept, groups
        self.items: list[Item] = []

    def send(self, items: Sequence[Item]) -> Sent:
        if not self.left:
            raise OSError("gone")
        self.left -= 1
        self.items += items
        return Sent(accepted=len(items))

    def played(self):  # type: ignore[no-untyped-def]
        return self.kept.played()

    def keep(self, mark) -> None:  # type: ignore[no-untyped-def]
        self.kept.keep(mark)


def test_tell__what_was_not_acknowledged_is_told_again(tmp_path: Path) -> None:
    found, got = story(), list[bytes]()
    for attempt in range(4):
        target = Refusing(KeptMark(tmp_path / "kept.txt"), 2 if attempt < 3 else 10**9)
        try:
            run(found, target, is_resumed=attempt > 0)
        except OSError:
            assert attempt < 3
        got += [item.content for item in target.items]
    assert got == contents(found)


def test_broker__gone_and_back_loses_nothing(tmp_path: Path) -> None:
    from paho.mqtt.client import Client, MQTTv5
    from paho.mqtt.enums import CallbackAPIVersion

    found = story()
    wanted = {(topic_of("world", one.item.place.file), one.item.content) for one in found}
    got: set[tuple[str, bytes]] = set()
    notes: list[str] = []
    with broker(tmp_path / "broker") as server:
        listener = Client(CallbackAPIVersion.VERSION2, client_id="listener", protocol=MQTTv5)
        listener.on_message = lambda _client, _data, message: got.add((message.topic, message.payload))
        listener.reconnect_delay_set(0.05, 0.2)  # type: ignore[arg-type]
        listener.on_connect = lambda client, *_: client.subscribe("world/#", qos=1)
        listener.connect("127.0.0.1", server.port)
        listener.loop_start()
        target = BrokerTarget(server.url, KeptMark(None), options={}, sleep=time.sleep, note=notes.append)
        telling = threading.Thread(target=run, args=(found, target), kwargs={"seconds": 4.0}, daemon=True)
        telling.start()
        until(lambda: len(got) > len(wanted) // 10)
        server.pause()
        time.sleep(3.0)
        server.resume()
        telling.join(60)
        assert not telling.is_alive()
        until(lambda: got == wanted)
        target.close()
        listener.disconnect()
        listener.loop_stop()
    assert any("waiting for the broker" in note for note in notes)


def until(is_so) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_broker__stopped_and_started_anew(tmp_path: Path) -> None:
    found, notes = story(), list[str]()
    with broker(tmp_path / "broker") as server:
        target = BrokerTarget(f"{server.url}/x/y", KeptMark(None), options={}, sleep=time.sleep, note=notes.append)
        run(found, target, groups=2)
        server.stop()
        telling = threading.Thread(target=run, args=(found, target), kwargs={"seconds": 4.0}, daemon=True)
        telling.start()
        time.sleep(2.5)
        assert telling.is_alive()
        server.start()
        telling.join(60)
        assert not telling.is_alive()
        target.close()


@pytest.mark.parametrize(
    "to", ["ftp://x", "", "mqtt://host/a/#", "mqtt://user:word@host/a", "nowhere/at/all.jsonl", "https://h/?x"]
)
def test_opened_target__refuses(to: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        with opened_target(to, KeptMark(None), options={}, token_file=None, sleep=time.sleep, note=print):
            pass


def test_mapping_of__is_a_mapping_that_takes_the_topics() -> None:
    from chaintwin.ingest.connectors.signals.memory import Memory
    from chaintwin.ingest.connectors.signals.signal import Signal
    from chaintwin.ingest.connectors.signals.signal_mapping import parse_signal_mapping
    from chaintwin.ingest.connectors.signals.turning import SignalTurner

    turner = SignalTurner(parse_signal_mapping(mapping_of("x/y")), Memory())
    one = next(iter(story()))
    (made,) = turner.turn(Signal(topic_of("x/y", "plant a"), one.item.content, 0))
    assert isinstance(made, Item)
    assert json.loads(made.content) == json.loads(one.item.content)
    assert world_address("mqtt://h:1/x/y").filter == "x/y"
    assert math.isfinite(one.occurred_at)
