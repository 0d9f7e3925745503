"""A real server: all that it says arrives and has one effect, and what cannot arrive is told."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.interface import Run
from chaintwin.ingest.connectors.opcua.addresses import opcua_address
from chaintwin.ingest.connectors.opcua.opcua import Opcua
from chaintwin.ingest.connectors.opcua.settings import CONNECTION, settings_of
from chaintwin.ingest.connectors.registry import connector_for
from tests.ingest.connectors.mqtt.reading import amounts, logged, open_log, presences
from tests.ingest.connectors.opcua.reading import (
    ALL,
    BYTES,
    COUNT,
    KNOWN,
    OTHER,
    TEMPERATURE,
    TEXTS,
    follow,
    missing,
    take_all,
    temperatures,
)
from tests.ingest.connectors.opcua.servers import PlantServer, plant_server
from tests.ingest.connectors.sources import event

DEFAULTS = {option.name: option.default for option in CONNECTION}


def test_read__values_with_time_and_quality(running: PlantServer, tmp_path: Path, options: dict[str, str]) -> None:
    with open_log(tmp_path / "log.db") as store:
        assert take_all(running.url, store, options).accepted == 1, "nothing has a value yet, but the source is there"
        running.set((TEMPERATURE, 20.5, 1_000), (OTHER, 30, 1_500), (KNOWN, 1, 1_000), ("Line2/Press/Temperature", 9, 1_000))
        running.set((TEMPERATURE, 21.5, 2_000, 0x408F0000), (COUNT, 100, 1_000), (COUNT, 112, 2_000))
        running.set((TEMPERATURE, 22.5, 3_000, 0x80310000), (TEMPERATURE, 23.5, 4_000))
        summary = take_all(running.url, store, options)
        assert (summary.accepted, summary.rejected) == (6, 0)
        assert temperatures(store) == [20.5, 21.5, None, 23.5], "a server need not send a value that is bad"
        assert temperatures(store, "Saw") == [30]
        assert amounts(store) == {"counted by Press": 12}
        found = [one for one in logged(store) if one.get("ct:signal") == TEMPERATURE]
        assert [one.get("ct:signal_quality", "good") for one in found] == ["good", "uncertain", "bad", "good"]
        assert [one["eventTime"] for one in found][:2] == ["2026-01-01T00:00:01.000Z", "2026-01-01T00:00:02.000Z"]
        assert all("ct:assumed" not in one and "ct:missed" not in one for one in found)
        assert presences(store) == [(f"opcua {running.url}", True)]
        assert take_all(running.url, store, options).read == 0


def test_read__texts_and_bytes_may_be_epcis(running: PlantServer, tmp_path: Path, options: dict[str, str]) -> None:
    def text(number: int) -> str:
        return json.dumps({name: value for name, value in event(number).items() if name != "ex:note"})

    with open_log(tmp_path / "log.db") as store:
        take_all(running.url, store, options)
        running.set(*[(TEXTS if number % 2 else BYTES, text(number), number) for number in range(50)])
        summary = take_all(running.url, store, options)
        assert (summary.accepted, summary.rejected) == (50, 0)
        assert {one["eventTime"] for one in logged(store)[1:]} == {event(number)["eventTime"] for number in range(50)}


def test_read__looks_without_leaving_anything_behind(running: PlantServer, tmp_path: Path, options: dict[str, str]) -> None:
    with open_log(tmp_path / "log.db") as store, open_log(tmp_path / "other.db") as other:
        take_all(running.url, store, options)
        running.set(*[(TEMPERATURE, number, number) for number in range(20)])
        assert take_all(running.url, other, options | {"after": "keep"}).accepted == 2, "that it is there, and the last value"
        assert take_all(running.url, store, options).accepted == 20


def test_read__a_message_in_parts(tmp_path: Path, options: dict[str, str]) -> None:
    """The server sends all that waits in one message; it is taken in parts, and goes on behind any of them."""
    options |= {"batch": "30"}
    with plant_server(ALL, conforms=True) as running, open_log(tmp_path / "log.db") as store:
        take_all(running.url, store, options)
        running.set(*[(TEMPERATURE, number, number) for number in range(100)])
        for taken in (30, 60, 90):
            reading = iter(follow(running.url, store, options))
            while next(reading).accepted < 30:
                pass
            reading.close()  # type: ignore[attr-defined]
            assert temperatures(store) == list(range(taken))
        take_all(running.url, store, options)
        assert temperatures(store) == list(range(100))
        assert missing(store) == 0


def test_read__what_a_queue_could_not_hold_is_told(tmp_path: Path, options: dict[str, str]) -> None:
    with plant_server(ALL, conforms=True, queue=10) as running, open_log(tmp_path / "log.db") as store:
        take_all(running.url, store, options)
        running.set(*[(TEMPERATURE, number, number) for number in range(100)])
        take_all(running.url, store, options)
        assert temperatures(store)[-10:] == list(range(90, 100))
        marked = [one for one in logged(store) if "ct:missed" in one]
        assert [(one["ct:signal"], one["ct:missed"]) for one in marked] == [(TEMPERATURE, 1)]


def test_read__no_server_and_no_variable(running: PlantServer, tmp_path: Path, options: dict[str, str]) -> None:
    with open_log(tmp_path / "log.db") as store:
        with pytest.raises(SourceFailedError, match="Connection refused, 2 times"):
            take_all("opc.tcp://127.0.0.1:9/line", store, options | {"tries": "2"})
        other = tmp_path / "other.toml"
        other.write_text('name = "x"\n[[signals]]\nmatch = "Line9/#"\nas = "sensor"\nmeasures = "Count"\ndevice = "d"\n')
        with pytest.raises(SourceFailedError, match=r"no variable below Objects that a rule is for \(Line9/#\)"):
            take_all(running.url, store, options | {"mapping": str(other)})


def test_probe__what_there_is(running: PlantServer, options: dict[str, str]) -> None:
    def probe(source: str, given: dict[str, str]) -> str:
        return Opcua().probe(source, run=Run(clock=_CLOCK, sleep=time.sleep, options=given))

    assert probe(running.url, options) == (
        f"an OPC UA server at 127.0.0.1:{running.port} with 5 variables that rules are for, 0 with a history"
    )
    with pytest.raises(UsageError, match="found no OPC UA server that lets us in"):
        probe("opc.tcp://127.0.0.1:9/line", options)
    running.pause()
    began = time.monotonic()
    with pytest.raises(UsageError, match="no answer within 1 s"):
        probe(running.url, options | {"timeout": "1"})
    assert time.monotonic() - began < 6
    running.resume()


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("opc.tcp://h/a/b", "opc.tcp://h:4840/a/b"),
        ("opc.tcp://h:99", "opc.tcp://h:99"),
        ("opc.tcp://[::1]:99/x", "opc.tcp://[::1]:99/x"),
    ],
)
def test_opcua_address__parts(source: str, url: str) -> None:
    assert opcua_address(source).url == url
    assert connector_for(source).name == "opcua"


@pytest.mark.parametrize(
    "source", ["opc.tcp://", "opc.tcp://h:x/a", "opc.tcp://h:0/a", "opc.tcp://h/a?b", "http://h/a", "opc.tcp://user:secret@h/a"]
)
def test_opcua_address__refused(source: str) -> None:
    with pytest.raises(UsageError) as refused:
        opcua_address(source)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"security": "some"},
        {"security": "sign"},
        {"policy": "Basic128"},
        {"batch": "0"},
        {"cert-file": "/no/such"},
        {"password-file": __file__},
        {"after": "x"},
        {"security": "encrypt", "cert-file": __file__, "key-file": __file__, "trust-file": __file__},
    ],
)
def test_settings_of__refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        settings_of(DEFAULTS | wrong)


class _Clock:
    def now(self) -> int:
        return int(time.time() * 1e6)


_CLOCK: Any = _Clock()
