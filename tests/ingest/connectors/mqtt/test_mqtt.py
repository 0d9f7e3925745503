"""A real broker: everything that it acknowledged to a sender arrives, and has one effect."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaintwin.clock import SetClock
from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.interface import Run
from chaintwin.ingest.connectors.mqtt import connection as connection_module
from chaintwin.ingest.connectors.mqtt.addresses import mqtt_address
from chaintwin.ingest.connectors.mqtt.connection import Connection
from chaintwin.ingest.connectors.mqtt.mqtt import Mqtt
from chaintwin.ingest.connectors.mqtt.retained import Retained
from chaintwin.ingest.connectors.mqtt.settings import CONNECTION, settings_of
from chaintwin.ingest.connectors.registry import connector_for
from chaintwin.ingest.connectors.running import set_aside
from tests.ingest.connectors.linked.readings import warm
from tests.ingest.connectors.linked.servers import need
from tests.ingest.connectors.mqtt.brokers import Broker, broker, publish
from tests.ingest.connectors.mqtt.links import link
from tests.ingest.connectors.mqtt.reading import (
    amounts,
    follow,
    logged,
    mapping_file,
    open_log,
    presences,
    take_all,
    temperatures,
)

DEFAULTS = {option.name: option.default for option in CONNECTION}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Broker]:
    with broker(tmp_path / "broker") as found:
        yield found


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    return {"mapping": mapping_file(tmp_path), "idle": "0.5"}


def test_read__takes_what_waits_and_nothing_twice(running: Broker, tmp_path: Path, options: dict[str, str]) -> None:
    source = f"{running.url}/plant/#"
    with open_log(tmp_path / "log.db") as store:
        take_all(source, store, options)
        pieces = [(f"plant/m{number % 2}/piece", b"1") for number in range(300)]
        counts = [("plant/m1/count", str(number * 7).encode()) for number in range(50)]
        publish(running.port, [*warm(100), *pieces, *counts, ("plant/m9/unknown", b"5"), ("plant/m9/piece", b"many")])
        summary = take_all(source, store, options)
        assert (summary.accepted, summary.duplicate, summary.rejected) == (100 + 300 + 49, 0, 2)
        assert sorted(temperatures(store)) == [float(number) for number in range(100)]
        assert amounts(store) == {"piece": 300, "counted by m1": 49 * 7}, "equal messages without times are different events"
        assert take_all(source, store, options).read == 0
        codes = sorted(reason["code"] for entry in set_aside(store) for reason in entry["reasons"])
        assert codes == ["signal.unmatched", "signal.value"]
        assert presences(store) == [(f"mqtt {source}", True)]


def test_read__shared_subscriptions_and_user_properties(running: Broker, tmp_path: Path) -> None:
    from paho.mqtt.client import Client, MQTTv5
    from paho.mqtt.enums import CallbackAPIVersion
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    mapping = tmp_path / "m.toml"
    mapping.write_text('name = "x"\n[[signals]]\nmatch = "#"\nas = "sensor"\nmeasures = "Count"\ndevice = "{@property.serial}"\n')
    options = {"mapping": str(mapping), "idle": "0.5"}
    source = f"{running.url}/$share/hall/plant/#"
    with open_log(tmp_path / "log.db") as store:
        take_all(source, store, options)
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        client.connect("127.0.0.1", running.port)
        client.loop_start()
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.UserProperty = ("serial", "A7")
        client.publish("plant/x", b"4", qos=1, properties=properties).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()
        assert take_all(source, store, options).accepted == 1
        report = logged(store)[-1]["sensorElementList"][0]["sensorReport"][0]
        assert report["deviceID"] == "urn:chaintwin:v1:device:A7"


def test_read__looks_without_taking_anything_away(running: Broker, tmp_path: Path, options: dict[str, str]) -> None:
    source = f"{running.url}/plant/#"
    with open_log(tmp_path / "log.db") as store, open_log(tmp_path / "other.db") as other:
        take_all(source, store, options)
        publish(running.port, warm(20))
        assert take_all(source, other, options | {"after": "keep"}).read == 1, "only that it is there"
        assert take_all(source, store, options).accepted == 20


def test_read__a_look_at_a_shared_subscription_is_refused(running: Broker, tmp_path: Path, options: dict[str, str]) -> None:
    source = f"{running.url}/$share/hall/plant/#"
    with open_log(tmp_path / "log.db") as store, pytest.raises(UsageError, match="takes messages away"):
        take_all(source, store, options | {"after": "keep"})


def test_read__a_broker_that_confirms_nothing_is_told(
    running: Broker, tmp_path: Path, options: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with broker(tmp_path / "hasty", more="max_qos 0\nallow_anonymous true\n") as hasty, open_log(tmp_path / "a.db") as store:
        take_all(f"{hasty.url}/plant/#", store, options)
    assert "plant/# with QoS 0" in capsys.readouterr().out
    with open_log(tmp_path / "b.db") as store:
        take_all(f"{running.url}/plant/#", store, options)
    assert "QoS 0" not in capsys.readouterr().out


def test_read__the_broker_waits_for_what_is_not_durable(running: Broker, options: dict[str, str]) -> None:
    settings = settings_of(DEFAULTS | {"receive-maximum": "10", "batch": "5"})
    connection = Connection(mqtt_address(f"{running.url}/plant/#"), settings, client_id="slow", filters=("plant/#",))
    connection.open()
    try:
        publish(running.port, warm(40))
        time.sleep(0.5)
        first, second, third = (connection.gather(0.2) for _ in range(3))
        assert [len(part) for part in (first, second, third)] == [5, 5, 0], "no more than may be on their way"
        connection.acknowledge(first)
        more = connection.gather(5.0)
        while len(more) < 5:
            more += connection.gather(5.0)
        connection.acknowledge(second, number=7)
        while not connection.confirmed:
            connection.await_confirmation(5.0)
        assert connection.confirmed == 7
    finally:
        connection.close()


@pytest.mark.parametrize("most", [2**20, 2**30], ids=["bounded", "control"])
def test_read__large_messages_wait_at_the_broker(running: Broker, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "WAITING_BYTES", most)
    settings = settings_of(DEFAULTS | {"batch": "5"})
    connection = Connection(mqtt_address(f"{running.url}/plant/#"), settings, client_id="slow", filters=("plant/#",))
    connection.open()
    try:
        sent = [(f"plant/{number}", b"x" * 100_000) for number in range(40)]
        publish(running.port, sent)
        time.sleep(1.0)
        assert (connection._bytes <= most + 100_000) and (connection._bytes < 4_000_000) == (most == 2**20)
        found = list[str]()
        while len(found) < len(sent):
            part = connection.gather(5.0)
            assert part
            connection.acknowledge(part)
            found += [message.topic for message in part]
        assert found == [topic for topic, _ in sent]
        assert connection._bytes == 0
    finally:
        connection.close()


@pytest.mark.slow
def test_read__a_broker_that_stops_and_comes_back(running: Broker, tmp_path: Path, options: dict[str, str]) -> None:
    source, count = f"{running.url}/plant/#", 1_500
    options |= {"grace": "0.2", "batch": "100"}

    def speak() -> None:
        for first in range(0, count, 250):
            publish(running.port, warm(250, first=first), client_id=f"instrument{first}")
            if first in (250, 750):
                running.stop()
                time.sleep(1.5)
                running.start()

    with open_log(tmp_path / "log.db") as store:
        take_all(source, store, options)
        speaker = threading.Thread(target=speak)
        speaker.start()
        for summary in follow(source, store, options):
            if summary.accepted >= count and not speaker.is_alive() and len(temperatures(store)) >= count:
                break
        speaker.join()
        assert sorted(temperatures(store)) == [float(number) for number in range(count)]
        assert (f"mqtt {source}", False) in presences(store)
        assert presences(store)[-1] == (f"mqtt {source}", True)
        assert "ct:missed" not in logged(store)[-1]


@pytest.mark.slow
def test_read__a_connection_that_is_half_open(running: Broker, tmp_path: Path, options: dict[str, str]) -> None:
    source = f"{running.url}/plant/#"
    options |= {"keep-alive": "1", "timeout": "1", "grace": "0.1"}
    with open_log(tmp_path / "log.db") as store:
        publish(running.port, warm(10))
        take_all(source, store, options)
        paused = threading.Event()

        def stand_still() -> None:
            publish(running.port, warm(20, first=10))
            running.pause()
            paused.set()
            time.sleep(5.0)
            running.resume()
            publish(running.port, warm(20, first=30), client_id="later")

        speaker = threading.Thread(target=stand_still)
        speaker.start()
        for _ in follow(source, store, options):
            if paused.is_set() and not speaker.is_alive() and len(temperatures(store)) >= 40:
                break
        speaker.join()
        assert sorted(temperatures(store)) == [float(number) for number in range(10, 50)]
        assert [present for _, present in presences(store)] == [True, False, True]


@pytest.mark.slow
def test_read__a_slow_link_that_breaks(running: Broker, tmp_path: Path, options: dict[str, str]) -> None:
    count = 600
    with link(running.port, rate=20_000) as slow, open_log(tmp_path / "log.db") as store:
        source = f"mqtt://127.0.0.1:{slow.port}/plant/#"
        options |= {"receive-maximum": "50", "batch": "20", "keep-alive": "5"}
        take_all(source, store, options)
        publish(running.port, warm(count))
        pieces = [(f"plant/m{number % 2}/piece", b"1") for number in range(100)]
        publish(running.port, pieces)
        cuts = 0
        for summary in follow(source, store, options):
            if summary.accepted > 150 * (cuts + 1) and cuts < 3:
                slow.cut()
                cuts += 1
            if summary.accepted >= count + 100:
                break
        assert cuts == 3
        assert sorted(temperatures(store)) == [float(number) for number in range(count)]
        assert amounts(store) == {"piece": 100}


def test_read__a_last_will_says_that_a_device_is_gone(running: Broker, tmp_path: Path, options: dict[str, str]) -> None:
    from paho.mqtt.client import Client, MQTTv5
    from paho.mqtt.enums import CallbackAPIVersion

    source = f"{running.url}/plant/#"
    with link(running.port) as wire, open_log(tmp_path / "log.db") as store:
        take_all(source, store, options)
        device = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5, reconnect_on_failure=False)
        device.will_set("plant/press/status", b"offline", qos=1, retain=True)
        device.connect("127.0.0.1", wire.port)
        device.loop_start()
        device.publish("plant/press/status", b"online", qos=1).wait_for_publish(10)
        wire.cut()
        device.loop_stop()
        take_all(source, store, options)
        assert [pair for pair in presences(store) if pair[0] == "press"] == [("press", True), ("press", False)]


def test_read__a_session_that_the_broker_forgot_is_told(tmp_path: Path, options: dict[str, str]) -> None:
    with broker(tmp_path / "one") as running, open_log(tmp_path / "log.db") as store:
        source = f"{running.url}/plant/#"
        take_all(source, store, options)
        running.stop()
        (running.folder / "kept.db").unlink()
        running.start()
        take_all(source, store, options)
        told = logged(store)[-1]
        assert (told["ct:present"], told["ct:missed"]) == (True, 1)
        assert "forgotten" in told["ct:reason"]


def kept_values(running: Broker, folder: Path, options: dict[str, str]) -> list[float]:
    """Return how many pieces are counted as sessions end and begin: at first, again, behind a new value, behind equal ones."""
    source, found = f"{running.url}/plant/#", []
    # The session ends with its connection, and who comes again gets what the broker keeps.
    options = options | {"session-days": "0"}
    with open_log(folder / "log.db") as store:
        publish(running.port, [("plant/m1/piece", b"1"), ("plant/m2/piece", b"1")], retain=True)
        for more in ([], [], [("plant/m1/piece", b"5")]):
            publish(running.port, more, retain=True)
            take_all(source, store, options)
            found.append(amounts(store)["piece"])
        for summary in follow(source, store, options):
            if summary.batches == 1:
                publish(running.port, [("plant/m2/piece", b"1")] * 3, retain=True)
            if amounts(store)["piece"] >= found[-1] + 3:
                break
        found.append(amounts(store)["piece"])
        take_all(source, store, options)
        assert amounts(store)["piece"] == found[-1]
    return found


def test_read__what_a_broker_keeps_is_taken_once(running: Broker, tmp_path: Path, options: dict[str, str]) -> None:
    """Messages without a time of their own are other events each time that they are taken for new."""
    assert kept_values(running, tmp_path, options) == [2, 2, 7, 10]


def test_read__control_that_takes_what_a_broker_keeps_for_new(
    running: Broker, tmp_path: Path, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Retained, "is_known", lambda *_: False)
    with pytest.raises(AssertionError):
        assert kept_values(running, tmp_path, options) == [2, 2, 7, 10]


def certificates(folder: Path) -> None:
    """Write an authority, and a certificate of this host that it signed."""

    def run(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    folder.mkdir(parents=True, exist_ok=True)
    for name in ("ca", "other"):
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-addext",
            "keyUsage=critical,keyCertSign")  # fmt: skip
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout", "host.key",
        "-out", "host.csr")  # fmt: skip
    (folder / "names.cnf").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", encoding="ascii")
    run("x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out",
        "host.pem", "-extfile", "names.cnf")  # fmt: skip


def test_read__tls_and_password(tmp_path: Path, options: dict[str, str]) -> None:
    need("mosquitto")
    folder = tmp_path / "broker"
    certificates(folder)
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", "users", "twin", "correct-horse"], cwd=folder, check=True, capture_output=True
    )
    more = (
        f"cafile {folder}/ca.pem\ncertfile {folder}/host.pem\nkeyfile {folder}/host.key\n"
        f"allow_anonymous false\npassword_file {folder}/users\n"
    )
    secret, wrong = tmp_path / "secret", tmp_path / "wrong"
    secret.write_text("correct-horse\n", encoding="ascii")
    wrong.write_text("battery-staple\n", encoding="ascii")
    for path in (secret, wrong):
        path.chmod(0o600)
    with broker(folder, more=more) as running, open_log(tmp_path / "log.db") as store:
        source = f"mqtts://127.0.0.1:{running.port}/plant/#"
        known = options | {"username": "twin", "password-file": str(secret), "ca-file": str(folder / "ca.pem"), "tries": "2"}
        assert take_all(source, store, known).accepted == 1
        for bad, said in (
            (known | {"password-file": str(wrong)}, "refuses"),
            (known | {"ca-file": str(folder / "other.pem")}, "TLS"),
            ({**known, "username": "", "password-file": ""}, "refuses"),
        ):
            with pytest.raises(SourceFailedError, match=said) as refused:
                take_all(source, store, bad)
            assert "battery" not in str(refused.value)
        assert [present for _, present in presences(store)] == [True, False], "told to be gone once, when it is refused for good"
        assert b"correct-horse" not in b"".join(path.read_bytes() for path in tmp_path.glob("log.db*"))


def test_read__no_broker(tmp_path: Path, options: dict[str, str]) -> None:
    with open_log(tmp_path / "log.db") as store, pytest.raises(SourceFailedError, match="2 times"):
        take_all("mqtt://127.0.0.1:9/plant/#", store, options | {"tries": "2", "timeout": "1"})


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("mqtt://h/a/+/#", ("h", 1883, False, "a/+/#")),
        ("mqtts://h/a%20b", ("h", 8883, True, "a b")),
        ("mqtt://[::1]:99/$share/g/a/#", ("::1", 99, False, "$share/g/a/#")),
    ],
)
def test_mqtt_address__parts(source: str, address: tuple[str, int, bool, str]) -> None:
    found = mqtt_address(source)
    assert (found.host, found.port, found.is_secure, found.filter) == address


@pytest.mark.parametrize(
    "source",
    ["mqtt://", "mqtt://h", "mqtt://h/", "mqtt://h:x/a", "mqtt://h:0/a", "mqtt://h/a#", "mqtt://h/#/a", "mqtt://h/a+/b",
     "mqtt://h/$share/g", "http://h/a", "mqtt://user:secret@h/a"],
)  # fmt: skip
def test_mqtt_address__refused(source: str) -> None:
    with pytest.raises(UsageError) as refused:
        mqtt_address(source)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"retained": "maybe"},
        {"batch": "0"},
        {"ca-file": "/no/such"},
        {"key-file": __file__},
        {"password-file": __file__},
        {"after": "x"},
    ],
)
def test_settings_of__refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        settings_of(DEFAULTS | wrong)


def test_connector_for__knows_addresses_of_brokers(tmp_path: Path) -> None:
    assert connector_for("mqtt://h/plant/#").name == "mqtt"
    assert connector_for("mqtts://h/spBv1.0/north/#").name == "sparkplug"
    run = Run(clock=None, sleep=time.sleep)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="mapping"):
        next(Mqtt().read("mqtt://h/plant/#", since=None, run=run))


def test_read__events_without_a_time_rest_on_a_time_that_is_durable_before(
    running: Broker, tmp_path: Path, options: dict[str, str]
) -> None:
    """A cursor without events comes first; from it on the same messages give the same events, whatever the clock says."""
    source = f"{running.url}/plant/#"
    connector, clock = Mqtt(), SetClock(now=1_767_225_600_000_000)
    run = Run(clock, time.sleep, options)
    cursor = [batch.cursor for batch in connector.read(source, since=None, run=run)][-1]
    publish(running.port, [("plant/m1/piece", b"1")] * 3)
    reading = connector.read(source, since=cursor, run=run)
    times = next(reading)
    first = next(reading)
    reading.close()
    assert (times.items, len(first.items)) == ((), 3)
    clock.advance(3_600_000_000)
    again = [batch for batch in connector.read(source, since=times.cursor, run=run) if batch.items]
    assert [item for batch in again for item in batch.items] == list(first.items)
    clock.advance(3_600_000_000)
    publish(running.port, [("plant/m1/piece", b"1")])
    later = [item for batch in connector.read(source, since=again[-1].cursor, run=run) for item in batch.items]
    assert len(later) == 1
    assert later[0] not in first.items


def test_read__what_was_taken_and_is_not_durable_may_come_again_in_parts(
    running: Broker, tmp_path: Path, options: dict[str, str]
) -> None:
    source, count = f"{running.url}/plant/#", 7
    connector, clock = Mqtt(), SetClock(now=1_767_225_600_000_000)
    cursor = [batch.cursor for batch in connector.read(source, since=None, run=Run(clock, time.sleep, options))][-1]
    publish(running.port, [("plant/m1/piece", b"1")] * count)
    reading = connector.read(source, since=cursor, run=Run(clock, time.sleep, options))
    times, first = next(reading), next(reading)
    reading.close()
    parts = Run(clock, time.sleep, options | {"batch": "2"})
    again = [item for batch in connector.read(source, since=times.cursor, run=parts) for item in batch.items]
    assert len(again) == len(set(again)) == count
    assert again[: len(first.items)] == list(first.items)
