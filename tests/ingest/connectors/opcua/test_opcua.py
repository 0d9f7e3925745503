"""A real server: all that it says arrives and has one effect, and what cannot arrive is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.conformance import Sample, check_connector
from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.interface import Run
from chaintwin.ingest.connectors.opcua.addresses import opcua_address
from chaintwin.ingest.connectors.opcua.opcua import Opcua
from chaintwin.ingest.connectors.opcua.settings import CONNECTION, settings_of
from chaintwin.ingest.connectors.registry import connector_for
from tests.ingest.connectors.mqtt.links import link
from tests.ingest.connectors.mqtt.reading import amounts, logged, open_log, presences
from tests.ingest.connectors.opcua.reading import (
    COUNT,
    OTHER,
    TEMPERATURE,
    follow,
    mapping_file,
    missing,
    take_all,
    temperatures,
)
from tests.ingest.connectors.opcua.servers import PlantServer, certificates, plant_server
from tests.ingest.connectors.sources import event

DEFAULTS = {option.name: option.default for option in CONNECTION}
TEXTS, BYTES, KNOWN = "Events/Texts", "Events/Bytes", "Line1/Press/Known"
ALL = (TEMPERATURE, OTHER, COUNT, TEXTS, BYTES, KNOWN, "Line2/Press/Temperature")


@pytest.fixture
def running() -> Iterator[PlantServer]:
    with plant_server(ALL) as found:
        yield found


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    return {"mapping": mapping_file(tmp_path), "idle": "0.5", "interval": "50", "history-delay": "0.2", "keep-alive": "0.5"}


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


def test_read__protected(tmp_path: Path, options: dict[str, str]) -> None:
    folder = tmp_path / "certificates"
    certificates(folder)
    secret, wrong = tmp_path / "secret", tmp_path / "wrong"
    secret.write_text("correct-horse\n", encoding="ascii")
    wrong.write_text("battery-staple\n", encoding="ascii")
    for path in (secret, wrong):
        path.chmod(0o600)
    known = options | {
        "security": "encrypt",
        "cert-file": str(folder / "twin.pem"),
        "key-file": str(folder / "twin.key.pem"),
        "trust-file": str(folder / "server.der"),
        "username": "twin",
        "password-file": str(secret),
        "tries": "2",
    }
    stranger = {"cert-file": str(folder / "stranger.der"), "key-file": str(folder / "stranger.key.pem")}
    with plant_server(ALL, secure=str(folder), users={"twin": "correct-horse"}) as running:
        with open_log(tmp_path / "log.db") as store:
            running.set((TEMPERATURE, 20.5, 1_000))
            assert take_all(running.url, store, known).accepted == 2
            running.set((TEMPERATURE, 21.5, 2_000))
            assert take_all(running.url, store, known).accepted == 1, "the subscription is taken over"
            running.set((TEMPERATURE, 22.5, 3_000))
            signed = known | {"security": "sign", "trust-file": str(folder / "authority.pem")}
            assert take_all(running.url, store, signed).accepted == 1
            for bad, said in (
                ({"password-file": str(wrong)}, "refuses the user or the password"),
                ({"username": "", "password-file": ""}, "refuses the user or the password"),
                ({"trust-file": str(folder / "stranger.pem")}, "trust-file does not vouch for"),
                (stranger, "refuses our certificate"),
                (
                    {"policy": "Aes256Sha256RsaPss"},
                    "does not offer encrypt with Aes256Sha256RsaPss; it has encrypt with Basic256",
                ),
                ({"security": "none", "username": "", "password-file": ""}, "does not offer security=none"),
            ):
                with pytest.raises(SourceFailedError, match=said) as refused:
                    take_all(running.url, store, known | bad)
                assert "battery" not in str(refused.value)
            assert b"correct-horse" not in b"".join(path.read_bytes() for path in tmp_path.glob("log.db*"))


def test_read__a_password_is_not_sent_in_the_clear(tmp_path: Path, options: dict[str, str]) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct-horse\n", encoding="ascii")
    secret.chmod(0o600)
    known = options | {"username": "twin", "password-file": str(secret), "tries": "1"}
    with plant_server(ALL, users={"twin": "correct-horse"}) as running, open_log(tmp_path / "log.db") as store:
        with pytest.raises(SourceFailedError, match="password unencrypted"):
            take_all(running.url, store, known)
        assert take_all(running.url, store, known | {"plain-password": "send"}).accepted == 1


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


@pytest.mark.slow
def test_check_connector__opcua(tmp_path: Path) -> None:
    """Of a server that keeps a history all of it can be read, as often as somebody looks."""
    servers: list[PlantServer] = []

    def make(_: Path, count: int) -> str:
        for server in servers:
            server.kill()
        servers[:] = [PlantServer([TEMPERATURE, OTHER], history="memory")]
        servers[0].start()
        values: list[tuple[Any, ...]] = [((TEMPERATURE, OTHER)[number % 2], number, number) for number in range(count)]
        servers[0].set(*values)
        time.sleep(0.3)
        return servers[0].url

    options = {"mapping": mapping_file(tmp_path), "history": "all", "history-delay": "0", "after": "keep", "interval": "50"}
    options |= {"idle": "0.5", "batch": "200"}
    try:
        check_connector(Opcua, samples=[Sample("server", make, options=options)])
    finally:
        for server in servers:
            server.kill()


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
