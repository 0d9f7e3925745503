"""An hour of traffic during which somebody is away: the broker, the network, or the twin. All of it is in the log, once.

The hour is one of world time with two events a second, about what the example ``medicines`` does; it is sent as fast as
senders can.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chaintwin.store.log.store import LogStore
from tests.ingest.connectors.mqtt.reading import ingest, logged, open_log, presences, take_all
from tests.ingest.connectors.outages.senders import MAPPING, meanwhile, post
from tests.sizes import scaled

HOUR = scaled(ci=7_200, full=72_000)
"""Events of an hour; ten hours at full size."""

SECONDS = 170.0
"""Longest that one of them may take, on a machine that does ten other things too."""

BEFORE = 300
"""Events before it."""

KINDS = ["mqtt", "nats limits", "nats interest", "nats workqueue"]
OUTAGES = [
    *[(kind, "stopped") for kind in KINDS if kind != "nats interest"],
    ("mqtt", "half open"),
    ("nats interest", "half open"),
]


def taken(store: LogStore) -> list[int]:
    """Return the numbers of the events in the log, sorted."""
    return sorted(int(event["epcList"][0].rpartition(".")[2]) for event in logged(store) if "epcList" in event)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def given(folder: Path) -> dict[str, str]:
    mapping = folder / "events.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    return {"mapping": str(mapping), "grace": "0.2"}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "how"), OUTAGES)
def test_follow__the_broker_is_away_for_an_hour(tmp_path: Path, kind: str, how: str) -> None:
    options = given(tmp_path) | ({"keep-alive": "2", "timeout": "2"} if how == "half open" else {})
    taken_before, gone, lost = threading.Event(), threading.Event(), list[str]()
    deadline = time.monotonic() + SECONDS
    with post(kind, tmp_path) as there, open_log(tmp_path / "log.db") as store:
        take_all(there.source, store, options)
        outage = [
            lambda: there.say(range(BEFORE), is_kept=True),
            lambda: taken_before.wait(SECONDS),
            lambda: there.away(how),
            gone.set,
            # Until the twin has come in vain; senders go on meanwhile, whose events wait with them.
            lambda: until(lambda: len(lost) >= 3),
            lambda: there.back(how),
        ]
        hour = [lambda: gone.wait(SECONDS), lambda: there.say(range(BEFORE, BEFORE + HOUR), is_kept=True)]
        taking = replace(ingest(there.source, store, options), lost=lambda why, _: lost.append(why))
        with meanwhile(*outage) as server, meanwhile(*hour) as sender:
            for summary in taking.run(follow=True):
                assert time.monotonic() < deadline, f"{summary.accepted} events so far"
                if summary.accepted >= BEFORE:
                    taken_before.set()
                if summary.accepted >= BEFORE + HOUR and not (sender.is_alive() or server.is_alive()):
                    break
        assert taken(store) == list(range(BEFORE + HOUR))
        assert [present for _, present in presences(store)][:3] == [True, False, True], "that it was away is told"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mqtt", "nats interest"])
def test_take__the_twin_is_away_for_an_hour_and_the_broker_restarts(tmp_path: Path, kind: str) -> None:
    options = given(tmp_path)
    with post(kind, tmp_path) as there, open_log(tmp_path / "log.db") as store:
        take_all(there.source, store, options)
        there.say(range(HOUR // 2), is_kept=True)
        there.away("stopped")
        there.back("stopped")
        there.say(range(HOUR // 2, HOUR), is_kept=True)
        take_all(there.source, store, options)
        assert taken(store) == list(range(HOUR))
        assert take_all(there.source, store, options).read == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS[:2])
def test_follow__control_a_sender_that_keeps_nothing_loses_the_hour(tmp_path: Path, kind: str) -> None:
    options = given(tmp_path)
    with post(kind, tmp_path) as there, open_log(tmp_path / "log.db") as store:
        take_all(there.source, store, options)
        there.say(range(BEFORE), is_kept=True)
        there.away("stopped")
        there.say(range(BEFORE, BEFORE + 1_000), is_kept=False)
        there.back("stopped")
        take_all(there.source, store, options)
        assert len(taken(store)) < BEFORE + 1_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "control"),
    [("mqtt", {"after": "keep"}), ("nats interest", {"keep-days": "0.001"}), ("nats limits", {"start": "new"})],
)
def test_take__control_nobody_keeps_the_hour_for_the_twin(tmp_path: Path, kind: str, control: dict[str, str]) -> None:
    """A session of a moment, a consumer that nobody keeps, a source that is new each time: what is sent meanwhile is gone."""
    options = given(tmp_path) | control
    with post(kind, tmp_path) as there:
        for number in range(2):
            with open_log(tmp_path / (f"{number}.db" if "start" in control else "log.db")) as store:
                take_all(there.source, store, options)
                if kind == "nats interest":
                    for consumer in there.server.consumers():
                        there.server.asked(f"CONSUMER.DELETE.PLANT.{consumer['name']}")
                if not number:
                    there.say(range(500), is_kept=True)
                else:
                    assert taken(store) == []
