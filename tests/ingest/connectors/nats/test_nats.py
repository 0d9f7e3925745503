"""A real server: everything that a stream acknowledged to a sender arrives, and has one effect."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaintwin.clock import SetClock
from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.conformance import Sample, check_connector
from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.interface import Batch, Run
from chaintwin.ingest.connectors.nats.addresses import nats_address
from chaintwin.ingest.connectors.nats.nats import Nats
from chaintwin.ingest.connectors.nats.probing import overlaps
from chaintwin.ingest.connectors.nats.settings import CONNECTION, settings_of
from chaintwin.ingest.connectors.registry import connector_for
from chaintwin.ingest.connectors.running import set_aside
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
from tests.ingest.connectors.nats.servers import Said, Server, publish, server, warm

DEFAULTS = {option.name: option.default for option in CONNECTION}
NOW = 1_767_225_600_000_000


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Server]:
    with server(tmp_path / "server") as found:
        yield found


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    return {"mapping": mapping_file(tmp_path)}


def batches(source: str, options: dict[str, str], *, since: str | None = None) -> Iterator[Batch]:
    return Nats().read(source, since=since, run=Run(SetClock(now=NOW), time.sleep, options))


def test_check_connector__keeps_its_promises(running: Server, options: dict[str, str]) -> None:
    def make(folder: Path, count: int) -> str:
        name = "".join(sign for sign in str(folder) if sign.isalnum())[-40:]
        running.stream(name, f"{name}.>")
        times = [(f"{name}.m{subject.split('.m')[1]}", *more) for subject, *more in warm(count - 200)]
        publish(running, [*times, *[(f"{name}.m1.piece", b"1")] * 200], prefix=name)
        return f"{running.url}/{name}"

    text = Path(options["mapping"]).read_text(encoding="utf-8").replace("plant/{machine}", "+/{machine}")
    Path(options["mapping"]).write_text(text, encoding="utf-8")
    # The name is given, for one that is made up differs from one reading to the next.
    check_connector(Nats, samples=[Sample("stream", make, options | {"client-id": "check", "batch": "400"})])


@pytest.mark.parametrize("retention", ["limits", "workqueue", "interest"])
def test_read__takes_what_waits_and_nothing_twice(
    running: Server, tmp_path: Path, options: dict[str, str], retention: str
) -> None:
    running.stream(retention=retention)
    source = f"{running.url}/PLANT"
    with open_log(tmp_path / "log.db") as store:
        take_all(source, store, options)
        pieces: list[Said] = [(f"plant.m{number % 2}.piece", b"1") for number in range(300)]
        counts: list[Said] = [("plant.m1.count", str(number * 7).encode()) for number in range(50)]
        publish(running, [*warm(100), *pieces, *counts, ("plant.m9.unknown", b"5"), ("plant.m9.piece", b"many")])
        summary = take_all(source, store, options)
        assert (summary.accepted, summary.duplicate, summary.rejected) == (100 + 300 + 49, 0, 2)
        assert sorted(temperatures(store)) == [float(number) for number in range(100)]
        assert amounts(store) == {"piece": 300, "counted by m1": 49 * 7}, "equal messages without times are different events"
        assert take_all(source, store, options).read == 0
        aside = sorted(
            (reason["code"], entry["file"], entry["position"]) for entry in set_aside(store) for reason in entry["reasons"]
        )
        assert aside == [("signal.unmatched", "plant/m9/unknown", 451), ("signal.value", "plant/m9/piece", 452)]
        assert presences(store) == [(f"nats {source}", True)]
    kept = running.state()["messages"]
    assert kept == (452 if retention == "limits" else 0), "what is acknowledged leaves a stream that is made for that"
    assert len(running.consumers()) == (retention == "interest"), "a consumer stays only where the stream keeps messages for it"


def test_read__a_stream_keeps_for_its_consumer_what_comes_meanwhile(
    running: Server, tmp_path: Path, options: dict[str, str]
) -> None:
    running.stream(retention="interest")
    source = f"{running.url}/PLANT"
    publish(running, warm(5), prefix="early")
    with open_log(tmp_path / "log.db") as store:
        take_all(source, store, options)
        for first in (10, 20, 30):
            publish(running, warm(10, first=first), prefix=str(first))
            assert take_all(source, store, options).accepted == 10
        assert sorted(temperatures(store)) == [float(number) for number in range(10, 40)]
        assert not any("ct:missed" in event for event in logged(store))


def test_read__times_are_of_the_message_or_of_the_stream(running: Server, tmp_path: Path, options: dict[str, str]) -> None:
    running.stream()
    publish(running, [*warm(1), ("plant.m1.piece", b"1"), ("plant.m1.piece", b"1")])
    first = running.state()["first_ts"]
    with open_log(tmp_path / "log.db") as store:
        take_all(f"{running.url}/PLANT", store, options)
        _, reading, one, other = logged(store)
    assert reading["eventTime"] == "2026-01-01T00:00:00.000Z"
    assert "ct:assumed" not in reading
    assert one["ct:assumed"] == other["ct:assumed"] == ["eventTime"]
    assert one["eventTime"][:10] == first[:10], "the time at which the stream took it"
    assert one != other


def test_read__headers_are_properties_and_filters_pass_what_they_say(running: Server, tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text('name = "x"\n[[signals]]\nmatch = "#"\nas = "sensor"\nmeasures = "Count"\ndevice = "{@property.serial}"\n')
    running.stream()
    publish(running, [("plant.a.x", b"4", {"serial": "A7"}), ("plant.b.x", b"5", {"serial": "B1"}), ("plant.a.y", b"6")])
    with open_log(tmp_path / "log.db") as store:
        assert take_all(f"{running.url}/PLANT/plant.*.x", store, {"mapping": str(mapping)}).accepted == 3
        reports = [event["sensorElementList"][0]["sensorReport"][0] for event in logged(store)[1:]]
        assert [report["deviceID"] for report in reports] == ["urn:chaintwin:v1:device:A7", "urn:chaintwin:v1:device:B1"]
        assert not any("ct:missed" in event for event in logged(store)), "another subject is nothing that is missing"


def test_read__events_of_epcis_pass_as_they_are(running: Server, tmp_path: Path) -> None:
    from tests.ingest.connectors.sources import event

    mapping = tmp_path / "m.toml"
    mapping.write_text('name = "x"\n[[signals]]\nmatch = "#"\nas = "epcis"\n')
    running.stream()
    events = [event(number) for number in range(20)]
    for one in events:
        one.pop("ex:note", None)
    publish(running, [("plant.events", json.dumps(events[:10]).encode()), ("plant.events", json.dumps(events).encode())])
    with open_log(tmp_path / "log.db") as store:
        summary = take_all(f"{running.url}/PLANT", store, {"mapping": str(mapping)})
        assert (summary.accepted, summary.duplicate, summary.rejected) == (21, 10, 0)


def test_read__looks_without_taking_anything_away(running: Server, tmp_path: Path, options: dict[str, str]) -> None:
    running.stream(retention="interest")
    source = f"{running.url}/PLANT"
    with open_log(tmp_path / "log.db") as store, open_log(tmp_path / "other.db") as other:
        take_all(source, store, options)
        publish(running, warm(20))
        assert take_all(source, other, options | {"after": "keep"}).accepted == 21
        assert len(running.consumers()) == 1
        assert take_all(source, store, options).accepted == 20
        running.stream("QUEUE", "queue.>", retention="workqueue")
        with pytest.raises(SourceFailedError, match="work queue"):
            take_all(f"{running.url}/QUEUE", other, options | {"after": "keep"})
        with pytest.raises(SourceFailedError, match="start = new"):
            take_all(f"{running.url}/QUEUE", other, options | {"start": "new"})


def test_read__a_new_source_may_leave_what_the_stream_has_already(
    running: Server, tmp_path: Path, options: dict[str, str]
) -> None:
    running.stream()
    publish(running, warm(10), prefix="old")
    with open_log(tmp_path / "log.db") as store:
        assert take_all(f"{running.url}/PLANT", store, options | {"start": "new"}).accepted == 1
        publish(running, warm(5, first=10), prefix="new")
        take_all(f"{running.url}/PLANT", store, options | {"start": "new"})
        assert sorted(temperatures(store)) == [10.0, 11.0, 12.0, 13.0, 14.0]


def test_read__goes_on_from_any_cursor_as_often_as_asked(running: Server, options: dict[str, str]) -> None:
    """A log that is restored from an older copy reads again what it lacks, though the server has acknowledgements of it."""
    running.stream()
    publish(running, [("plant.m1.piece", b"1")] * 30)
    options |= {"batch": "10"}
    whole = list(batches(f"{running.url}/PLANT", options))
    for place, batch in enumerate(whole[1:], start=2):
        rest = [item for one in batches(f"{running.url}/PLANT", options, since=batch.cursor) for item in one.items]
        assert rest == [item for one in whole[place:] for item in one.items]
        assert len(rest) == 30 - 10 * (place - 2)


@pytest.mark.parametrize("wanted", ["", "/plant.*.temperature"])
def test_read__what_a_stream_dropped_is_told(running: Server, tmp_path: Path, options: dict[str, str], wanted: str) -> None:
    running.stream(max_msgs=50)
    source = f"{running.url}/PLANT{wanted}"
    with open_log(tmp_path / "log.db") as store:
        publish(running, warm(10))
        take_all(source, store, options)
        publish(running, warm(130, first=10), prefix="later")
        take_all(source, store, options)
        assert sorted(temperatures(store)) == [*map(float, range(10)), *map(float, range(90, 140))]
        (told,) = [event for event in logged(store) if "ct:missed" in event]
        assert told["ct:missed"] == (1 if wanted else 80), "other subjects may be among them"
        assert "80 messages" in told["ct:reason"]


def test_read__what_a_stream_drops_of_other_subjects_is_nothing_that_is_missing(
    running: Server, tmp_path: Path, options: dict[str, str]
) -> None:
    """A quiet subject beside a busy one in a stream that keeps little: where nothing more waited, nothing can be missing."""
    running.stream(max_msgs=50)
    source = f"{running.url}/PLANT/plant.m1.temperature"
    with open_log(tmp_path / "log.db") as store:
        publish(running, [*warm(3), *[("plant.m1.piece", b"1")] * 70])
        take_all(source, store, options)
        publish(running, [("plant.m1.piece", b"1")] * 40, prefix="later")
        take_all(source, store, options)
        assert not any("ct:missed" in event for event in logged(store))


def test_read__what_a_stream_drops_while_it_is_read_is_told(running: Server, tmp_path: Path, options: dict[str, str]) -> None:
    """The third batch is asked for when the stream has long dropped most of what waited for it."""
    running.stream(max_msgs=2_000)
    for wanted in ("", "/plant.*.temperature"):
        publish(running, warm(2_000), prefix=f"a{wanted}")
        reading = batches(f"{running.url}/PLANT{wanted}", options | {"batch": "100", "receive-maximum": "200"})
        cursor = next(batch.cursor for batch in reading if len(batch.items) > 1)
        publish(running, warm(3_000, first=2_000), prefix=f"b{wanted}")
        rest = [json.loads(item.content) for batch in reading for item in batch.items]
        taken = sum(1 for event in rest if "sensorElementList" in event)
        missed = sum(event.get("ct:missed", 0) for event in rest)
        assert cursor
        assert 2_000 <= taken < 4_000
        assert taken + missed == 4_900 if not wanted else missed == 1, "with a filter nobody knows how many were ours"
        assert not wanted or any(f"dropped {4_900 - taken:,} messages" in event.get("ct:reason", "") for event in rest)


def test_read__a_stream_that_was_made_anew_is_told_and_read(running: Server, tmp_path: Path, options: dict[str, str]) -> None:
    running.stream()
    source = f"{running.url}/PLANT"
    with open_log(tmp_path / "log.db") as store:
        publish(running, [*warm(20), ("plant.m1.count", b"0"), ("plant.m1.count", b"90")])
        take_all(source, store, options)
        running.asked("STREAM.DELETE.PLANT")
        with pytest.raises(SourceFailedError, match="nats stream add PLANT"):
            take_all(source, store, options)
        running.stream()
        publish(running, [*warm(30, first=20), ("plant.m1.count", b"3"), ("plant.m1.count", b"5")], prefix="anew")
        take_all(source, store, options)
        assert sorted(temperatures(store)) == [float(number) for number in range(50)]
        (told,) = [event for event in logged(store) if "ct:missed" in event]
        assert "made anew" in told["ct:reason"]
        assert amounts(store) == {"counted by m1": 92}
        take_all(source, store, options)
        assert sum("ct:missed" in event for event in logged(store)) == 1, "told once"


def test_read__a_stream_that_went_back_is_told(running: Server, tmp_path: Path, options: dict[str, str]) -> None:
    running.stream()
    source = f"{running.url}/PLANT"
    publish(running, warm(10))
    *_, last = batches(source, options)
    ahead = json.loads(last.cursor) | {"sequence": 500}
    told, *rest = [item for batch in batches(source, options, since=json.dumps(ahead)) for item in batch.items]
    assert "went back to 10" in json.loads(told.content)["ct:reason"]
    assert len(rest) == 10


@pytest.mark.slow
def test_read__a_server_that_is_killed_and_comes_back(running: Server, tmp_path: Path, options: dict[str, str]) -> None:
    running.stream()
    source, count = f"{running.url}/PLANT", 1_500
    options |= {"grace": "0.2", "batch": "100"}

    def speak() -> None:
        publish(running, warm(count))

    def disturb() -> None:
        for _ in range(2):
            time.sleep(0.6)
            running.kill()
            time.sleep(1.5)
            running.start()

    with open_log(tmp_path / "log.db") as store:
        take_all(source, store, options)
        threads = [threading.Thread(target=one) for one in (speak, disturb)]
        for thread in threads:
            thread.start()
        for _ in follow(source, store, options):
            if not any(thread.is_alive() for thread in threads) and len(temperatures(store)) >= count:
                break
        assert sorted(temperatures(store)) == [float(number) for number in range(count)]
        assert (f"nats {source}", False) in presences(store)
        assert presences(store)[-1] == (f"nats {source}", True)
        assert not any("ct:missed" in event for event in logged(store))


@pytest.mark.slow
def test_read__a_connection_that_is_half_open(running: Server, tmp_path: Path, options: dict[str, str]) -> None:
    running.stream()
    source = f"{running.url}/PLANT"
    options |= {"keep-alive": "1", "timeout": "1", "grace": "0.1"}
    with open_log(tmp_path / "log.db") as store:
        publish(running, warm(10))
        take_all(source, store, options)
        paused = threading.Event()

        def stand_still() -> None:
            publish(running, warm(20, first=10), prefix="before")
            running.pause()
            paused.set()
            time.sleep(5.0)
            running.resume()
            publish(running, warm(20, first=30), prefix="later")

        speaker = threading.Thread(target=stand_still)
        speaker.start()
        for _ in follow(source, store, options):
            if paused.is_set() and not speaker.is_alive() and len(temperatures(store)) >= 50:
                break
        speaker.join()
        assert sorted(temperatures(store)) == [float(number) for number in range(50)]
        assert [present for _, present in presences(store)] == [True, False, True]


@pytest.mark.slow
def test_read__a_slow_link_that_breaks(running: Server, tmp_path: Path, options: dict[str, str]) -> None:
    running.stream()
    count = 600
    with link(running.port, rate=20_000) as slow, open_log(tmp_path / "log.db") as store:
        source = f"nats://127.0.0.1:{slow.port}/PLANT"
        options |= {"batch": "20", "keep-alive": "5"}
        publish(running, [*warm(count), *[("plant.m1.piece", b"1")] * 100])
        cuts = 0
        for summary in follow(source, store, options):
            if summary.accepted > 150 * (cuts + 1) and cuts < 3:
                slow.cut()
                cuts += 1
            if summary.accepted > count + 100:
                break
        assert cuts == 3
        assert sorted(temperatures(store)) == [float(number) for number in range(count)]
        assert amounts(store) == {"piece": 100}
        assert not any("ct:missed" in event for event in logged(store))


@pytest.mark.slow
def test_read__large_messages_and_one_that_is_too_large(running: Server, tmp_path: Path, options: dict[str, str]) -> None:
    running.stream()
    size = 2**20
    large = ("plant.m1.temperature", b'{"v": 99, "t": 1767225600000, "more": "' + b"x" * (17 * size) + b'"}')
    publish(running, [*warm(40, size=3 * size), large, *warm(1, first=50)])
    with open_log(tmp_path / "log.db") as store:
        summary = take_all(f"{running.url}/PLANT", store, options)
        assert (summary.accepted, summary.rejected) == (42, 1)
        assert sorted(temperatures(store)) == [*map(float, range(40)), 50.0]
        (entry,) = set_aside(store)
        assert (entry["reasons"][0]["code"], entry["position"]) == ("source.large", 41)


def test_read__what_means_nothing_is_set_aside_and_holds_up_nobody(
    running: Server, tmp_path: Path, options: dict[str, str]
) -> None:
    running.stream(retention="workqueue")
    poison: list[Said] = [
        ("plant.m1.temperature", b""),
        ("plant.m1.temperature", b"\xff\xfe\x00"),
        ("plant.m1.temperature", b"[" * 100_000),
        ("plant.m1.temperature", b'{"v": {"v": "NaN"}, "t": 1e400}'),
        ("plant.m1.piece", b"-1"),
        ("plant.\udcff\udcfe.temperature", b'{"v": "warm", "t": -5}'),
        ("plant.m1.piece", b"much", {"line": "\u20ac", "empty": ""}),
    ]
    publish(running, [*poison, *warm(3)])
    with open_log(tmp_path / "log.db") as store:
        summary = take_all(f"{running.url}/PLANT", store, options)
        assert (summary.accepted, summary.rejected) == (4, len(poison))
        assert sorted(temperatures(store)) == [0.0, 1.0, 2.0]
    assert running.state()["messages"] == 0, "also what was set aside is acknowledged"


def test_probe__leaves_nothing_behind_and_says_what_is_wrong(running: Server, options: dict[str, str]) -> None:
    running.stream()
    publish(running, warm(3))
    run = Run(SetClock(now=NOW), time.sleep, options)
    assert "3 messages in the stream PLANT" in Nats().probe(f"{running.url}/PLANT/plant.m1.>", run=run)
    assert running.consumers() == []
    for source, said in (
        (f"{running.url}/NONE", "nats stream add NONE"),
        (f"{running.url}/PLANT/other.>", "plant.>"),
        ("nats://127.0.0.1:9/PLANT", "no server"),
    ):
        with pytest.raises(UsageError, match=said):
            Nats().probe(source, run=run)


def test_read__no_server_and_no_streams(tmp_path: Path, options: dict[str, str]) -> None:
    with open_log(tmp_path / "log.db") as store, pytest.raises(SourceFailedError, match="2 times"):
        take_all("nats://127.0.0.1:9/PLANT", store, options | {"tries": "2", "timeout": "1"})
    plain = Server(tmp_path / "plain")
    text = plain.configuration.read_text(encoding="utf-8")
    plain.configuration.write_text(text[: text.index("jetstream")], encoding="utf-8")
    plain.start()
    try:
        with open_log(tmp_path / "log.db") as store, pytest.raises(SourceFailedError, match="nats-server -js"):
            take_all(f"{plain.url}/PLANT", store, options)
    finally:
        plain.stop()


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("nats://h/PLANT", ("h", 4222, False, "PLANT", ">")),
        ("natss://h:99/PLANT/a.*.>", ("h", 99, True, "PLANT", "a.*.>")),
        ("tls://[::1]/S/a%20b/c", None),
        ("tls://[::1]/S/a/c.d", ("::1", 4222, True, "S", "a/c.d")),
        ("nats://h", None),
        ("nats://h/", None),
        ("nats://h:0/S", None),
        ("nats://h/S.T", None),
        ("nats://h/S/a..b", None),
        ("nats://h/S/a.>.b", None),
        ("nats://h/S/a*", None),
        ("http://h/S", None),
        ("nats://user:secret@h/S", None),
        ("nats://secret@h/S", None),
    ],
)
def test_nats_address__parts(source: str, parts: tuple[object, ...] | None) -> None:
    if parts is None:
        with pytest.raises(UsageError) as refused:
            nats_address(source)
        assert "secret" not in str(refused.value).replace("secrets", "")
    else:
        found = nats_address(source)
        assert (found.host, found.port, found.is_secure, found.stream, found.filter) == parts


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "maybe"},
        {"batch": "0"},
        {"ca-file": "/no/such"},
        {"key-file": __file__},
        {"password-file": __file__},
        {"username": "twin"},
        {"after": "x"},
        {"client-id": "a.b"},
        {"creds-file": __file__},
    ],
)
def test_settings_of__refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        settings_of(DEFAULTS | wrong)


def test_overlaps__of_filters() -> None:
    for one, other, wanted in (
        (">", "a", True),
        ("a.*", "a.b", True),
        ("a.*", "a", False),
        ("a.>", "a", False),
        ("a.>", "a.b.c", True),
        ("*.b", "a.>", True),
        ("a.b", "a.c", False),
        ("a", "a", True),
    ):
        assert overlaps(one, other) is overlaps(other, one) is wanted, (one, other)


def test_connector_for__knows_addresses_of_streams() -> None:
    assert connector_for("nats://h/PLANT").name == "nats"
    assert connector_for("natss://h/PLANT/a.>").name == "nats"
    run = Run(clock=None, sleep=time.sleep)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="mapping"):
        next(Nats().read("nats://h/PLANT", since=None, run=run))
