"""A world that is a server of OPC UA: who listens, who comes late and who was away all get the same events."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from asyncua.server.internal_server import InternalServer

from chaintwin.errors import CancelledError, UsageError
from chaintwin.examples import Example
from chaintwin.ingest.history.targets import TargetFailedError
from chaintwin.store.log.store import LogStore
from chaintwin.world import Grade, Story, Wire, tell
from chaintwin.world.targets import control_system
from chaintwin.world.targets.choosing import opened_target
from chaintwin.world.targets.control_system import ServerTarget
from chaintwin.world.targets.kept import KeptMark
from chaintwin.world.targets.naming import mapping_of
from tests.ingest.connectors.linked.servers import free_port
from tests.ingest.connectors.mqtt.reading import logged, open_log
from tests.ingest.connectors.opcua.reading import ingest, take_all
from tests.ingest.connectors.opcua.server_program import keep_nodes
from tests.ingest.connectors.opcua.servers import shelf
from tests.sizes import scaled
from tests.world.stories import story_of, world_of

PERIODS = scaled(ci=200, full=800)
"""Long enough that one site alone tells more than a queue of the control holds."""


@pytest.fixture(autouse=True)
def nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nodes that every server has are made once; to make them takes longer than most tests."""
    monkeypatch.setattr(InternalServer, "load_standard_address_space", InternalServer.load_standard_address_space)
    keep_nodes(Path(shelf().name) / "nodes")


def story() -> Story:
    return story_of(world_of(Example.BEER_GAME, PERIODS), Wire.of(Grade.TERRIBLE))


def served(found: Story, url: str, kept: Path | None = None) -> ServerTarget:
    sites = {reading.site for reading in found.readings}
    return ServerTarget(url, KeptMark(kept), sites=sites, options={"linger": "0"}, sleep=time.sleep, note=lambda _: None)


def run(found: Story, target: ServerTarget, *, groups: int | None = None, is_resumed: bool = False) -> None:
    told = tell(found, target, speed=math.inf, is_resumed=is_resumed, tick=time.monotonic, sleep=time.sleep)
    for _ in islice(told, groups):
        pass


@pytest.fixture
def url() -> str:
    return f"opc.tcp://127.0.0.1:{free_port()}/world"


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "world.toml").write_text(mapping_of(), encoding="utf-8")
    fast = {"interval": "50", "history-delay": "0", "keep-alive": "1", "idle": "1"}
    return fast | {"mapping": str(tmp_path / "world.toml"), "history": "all"}


def events(found: Story) -> set[str]:
    """Return what is told, each event once, by who tells it and its number there."""
    return {name_of(json.loads(one.item.content)) for one in found}


def name_of(event: dict[str, object]) -> str:
    return f"{event['ct:device']} {event['ct:sequence']}"


def taken(store: LogStore) -> list[str]:
    """Return the events of a log in their order; what the connector tells of itself is none."""
    return [name_of(event) for event in logged(store) if event["type"] != "ct:DeviceSeen"]


def missing(store: LogStore) -> int:
    return sum(event.get("ct:missed", 0) for event in logged(store))


@contextmanager
def listening(url: str, store: LogStore, options: dict[str, str]) -> Iterator[None]:
    """Take what comes while the block runs; connected when it begins."""
    is_there, is_over = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        if is_over.wait(seconds):
            raise CancelledError("enough")

    def listen() -> None:
        try:
            for _ in replace(ingest(url, store, options), sleep=sleep, connected=is_there.set).run(follow=True):
                pass
        except CancelledError:
            pass

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        assert is_there.wait(60)
        yield
    finally:
        is_over.set()
        thread.join(60)


def until(is_so) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_server__who_listens_and_who_comes_late_get_all(tmp_path: Path, url: str, options: dict[str, str]) -> None:
    found = story()
    wanted = events(found)
    assert len(wanted) > 500
    with open_log(tmp_path / "live.db") as live, open_log(tmp_path / "late.db") as late, closing(served(found, url)) as target:
        with listening(url, live, options):
            run(found, target)
            until(lambda: len(taken(live)) >= len(wanted))
        take_all(url, late, options)
        for store in (live, late):
            assert sorted(taken(store)) == sorted(wanted)
            assert missing(store) == 0


def away(url: str, folder: Path, options: dict[str, str]) -> tuple[set[str], list[str], int]:
    """Tell all while a subscriber is away that keeps its subscription; return what was told, what it got, what it misses."""
    found = story()
    # As much as may wait here, and what is told at once: a value more would be dropped by the library.
    options = options | {"queue": "520"}
    with open_log(folder / "log.db") as store, closing(served(found, url)) as target:
        take_all(url, store, options)
        run(found, target)
        take_all(url, store, options)
        return events(found), taken(store), missing(store)


@pytest.mark.slow
def test_server__who_is_away_is_not_waited_for_and_reads_the_history(
    tmp_path: Path, url: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_system, "WAITING_MAX", 20)
    monkeypatch.setattr(control_system, "PATIENCE_SECONDS", 0.2)
    wanted, got, missed = away(url, tmp_path, options)
    assert sorted(got) == sorted(wanted)
    assert missed == 0


@pytest.mark.slow
def test_server__control_that_keeps_the_subscription_loses_what_does_not_fit(
    tmp_path: Path, url: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_system, "WAITING_MAX", 10**9)
    wanted, got, missed = away(url, tmp_path, options)
    assert set(got) < wanted
    assert missed == 0, "and nobody says so"


@pytest.mark.slow
def test_server__stopped_and_gone_on_with(tmp_path: Path, url: str, options: dict[str, str]) -> None:
    """The history of a world that goes on begins where the world began."""
    found, kept = story(), tmp_path / "kept.txt"
    wanted = events(found)
    with open_log(tmp_path / "log.db") as store, open_log(tmp_path / "late.db") as late:
        with closing(served(found, url, kept)) as target:
            take_all(url, store, options)
            run(found, target, groups=1)
            take_all(url, store, options)
            assert 0 < len(taken(store)) < len(wanted)
            run(found, target, groups=1, is_resumed=True)
        with closing(served(found, url, kept)) as target:
            assert 0 < KeptMark(kept).played().count < len(found)
            run(found, target, is_resumed=True)
            take_all(url, store, options)
            take_all(url, late, options)
        for log in (store, late):
            assert sorted(taken(log)) == sorted(wanted)
            assert missing(log) == 0


@pytest.mark.parametrize("name", ["", "admin"])
def test_server__nobody_else_writes_what_it_tells(url: str, name: str) -> None:
    from asyncua import ua
    from asyncua.sync import Client

    with closing(served(story(), url)):
        client = Client(url)
        if name:
            client.set_user(name)
        with client:
            space = client.get_namespace_index(control_system.SPACE)
            node = client.get_node(ua.NodeId("world/retailer/events", space))
            with pytest.raises(ua.UaStatusCodeError):
                node.write_value("{}")


@pytest.mark.parametrize(
    ("to", "options", "said"),
    [
        ("opc.tcp://plc.example.org:4840/line", {}, "127.0.0.1"),
        ("opc.tcp://user:word@127.0.0.1/x", {}, "password"),
        ("opc.tcp://127.0.0.1:x/", {}, "no address"),
        ("opc.tcp://127.0.0.1/x", {"username": "x"}, "linger"),
        ("opc.tcp://127.0.0.1/x", {"linger": "long"}, "linger"),
    ],
)
def test_opened_target__refuses(to: str, options: dict[str, str], said: str) -> None:
    with (
        pytest.raises(UsageError, match=said),
        opened_target(to, KeptMark(None), options=options, token_file=None, sleep=time.sleep, note=print),
    ):
        pass


def test_server__a_port_that_is_taken(url: str) -> None:
    port = int(url.rpartition(":")[2].partition("/")[0])
    with socket.create_server(("127.0.0.1", port)), pytest.raises(TargetFailedError, match="free"):
        served(story(), url)
