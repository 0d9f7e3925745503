"""Recorded events in order, at a multiple of their speed, resumable, into a store or over HTTP."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaintwin.clock import SECOND, SetClock
from chaintwin.ingest.connectors.files.epcis_file import EpcisFile
from chaintwin.ingest.connectors.interface import Batch, Item, Place, Run
from chaintwin.ingest.history import ordering
from chaintwin.ingest.history.ordering import in_order
from chaintwin.ingest.history.playing import Mark, Sent, confirmed, play
from chaintwin.ingest.history.targets import HttpTarget, TargetFailedError
from tests.ingest.connectors.sources import event, lines_file, served_by


class Kept:
    """Takes events and notes when."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.times: list[float] = []
        self.now, self.mark = 0.0, Mark()

    def tick(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def send(self, items: Sequence[Item]) -> Sent:
        self.items += items
        self.times += [self.now] * len(items)
        return Sent(accepted=len(items))

    def played(self) -> Mark:
        return self.mark

    def keep(self, mark: Mark) -> None:
        self.mark = mark


def batches(numbers: Sequence[int]) -> list[Batch]:
    items = tuple(Item(Place("x", number), json.dumps(event(number)).encode()) for number in numbers)
    return [Batch(items, (), "")]


def test_in_order__many_events_in_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [(7 * number) % 1_000 for number in range(1_000)]
    wanted = [one.item.place.position for one in in_order(batches(numbers))]
    monkeypatch.setattr(ordering, "RUN_ITEMS", 10)
    monkeypatch.setattr(ordering, "RUNS_MAX", 7)
    parts = [batch for begin in range(0, 1_000, 9) for batch in batches(numbers[begin : begin + 9])]
    found = in_order(parts)
    for _ in range(2):
        assert [one.item.place.position for one in found] == wanted == list(range(1_000))


def test_in_order__between_two_times() -> None:
    first = in_order(batches([0])).first
    found = in_order(batches(range(100)), after=first + 10 * SECOND, before=first + 20 * SECOND)
    assert [one.item.place.position for one in found] == list(range(10, 20))
    assert (found.count, found.first, found.last) == (10, first + 10 * SECOND, first + 19 * SECOND)


@pytest.mark.parametrize("speed", [1.0, 10.0, 3600.0])
def test_play__at_a_multiple_of_real_time(speed: float) -> None:
    kept = Kept()
    for _ in play(in_order(batches(range(0, 3_000, 7))), kept, speed=speed, tick=kept.tick, sleep=kept.sleep):
        pass
    assert len(kept.items) == len(range(0, 3_000, 7))
    for item, time in zip(kept.items, kept.times, strict=True):
        assert abs(time - item.place.position / speed) <= 0.051


def test_play__as_fast_as_it_goes_and_on_from_where_it_was() -> None:
    kept = Kept()
    steps = play(in_order(batches(range(1_300))), kept, speed=math.inf, tick=kept.tick, sleep=kept.sleep)
    next(steps)
    assert kept.mark.count == 500
    steps.close()
    *_, last = play(in_order(batches(range(1_300))), kept, speed=math.inf, tick=kept.tick, sleep=kept.sleep)
    assert last.count == 1_300
    assert [item.place.position for item in kept.items] == list(range(1_300))
    assert kept.now == 0.0


def test_play__what_the_source_gained_in_between_is_not_passed_over() -> None:
    kept = Kept()
    some = [*range(3, 700), *range(800, 1_300)]
    steps = play(in_order(batches(some)), kept, speed=math.inf, tick=kept.tick, sleep=kept.sleep)
    next(steps)
    next(steps)
    steps.close()
    assert kept.mark.count == 1_000
    # Later ones that the source gained change nothing of what was played; earlier ones do.
    assert confirmed(in_order(batches([*some, *range(1_300, 1_400)])), kept.mark) == kept.mark
    for _ in play(in_order(batches(range(1_300))), kept, speed=math.inf, tick=kept.tick, sleep=kept.sleep):
        pass
    assert {item.place.position for item in kept.items} == set(range(1_300))


@pytest.mark.parametrize("gone", [range(0), range(1), range(699, 700)])
def test_confirmed__only_where_the_same_was_played(gone: range) -> None:
    kept = Kept()
    for _ in play(in_order(batches(range(700))), kept, speed=math.inf, tick=kept.tick, sleep=kept.sleep):
        pass
    rest = in_order(batches([number for number in range(900) if number not in gone]))
    assert confirmed(rest, kept.mark) == (Mark() if gone else kept.mark)
    assert len(list(rest)) == 900 - len(gone), "looking at it does not use it up"


class Capturing:
    """A capture interface that answers with jobs, busy at first."""

    def __init__(self, *, faults: int) -> None:
        self.faults, self.bodies, self.asked = faults, [], 0

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        if handler.command == "POST":
            body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
            if self.faults:
                self.faults -= 1
                self.send(handler, 429, {}, {"Retry-After": "3"})
                return
            self.bodies.append((body, handler.headers["Authorization"], handler.headers["GS1-Capture-Error-Behaviour"]))
            self.send(handler, 202, {}, {"Location": f"/epcis/capture/{len(self.bodies)}"})
            return
        events = self.bodies[int(handler.path.rsplit("/", 1)[1]) - 1][0]["epcisBody"]["eventList"]
        is_running = self.asked % 3 == 0
        bad = sum(1 for one in events if "action" not in one)
        errors = [{"type": "epcisException:ValidationException", "faults": [{"code": "event.missing"}]}] * bad
        self.send(
            handler, 200, {"running": is_running, "errors": errors, "counts": {"accepted": len(events) - bad, "invalid": bad}}
        )

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)


def test_http_target__capture_and_report(tmp_path: Path) -> None:
    source = Path(lines_file(tmp_path, 40))
    with source.open("a") as file:
        file.write('{"type": "ObjectEvent", "eventTime": "2027-01-01T00:00:00Z"}\nnothing\n')
    server, slept = Capturing(faults=2), []
    read = EpcisFile().read(str(source), since=None, run=Run(SetClock(now=2**60), slept.append))
    with served_by(server.answer) as address, httpx.Client(headers={"Authorization": "Bearer x"}) as client:
        target = HttpTarget(client, address, tmp_path / "kept.txt", slept.append, lambda _: None)
        *_, last = play(in_order(read), target, speed=math.inf, tick=lambda: 0.0, sleep=slept.append)
        assert target.played().count == 42
        assert (tmp_path / "kept.txt").read_text().startswith("42 ")
    assert last.sent == Sent(40, 0, 0, 2, {"document.json": 1, "event.missing": 1})
    assert slept[:2] == [3.0, 3.0]
    assert {(token, behaviour) for _, token, behaviour in server.bodies} == {("Bearer x", "proceed")}


def test_http_target__refused(tmp_path: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        Capturing.send(handler, 401, {"title": "no"})

    with served_by(answer) as address, httpx.Client() as client:
        target = HttpTarget(client, address, None, lambda _: None, lambda _: None)
        with pytest.raises(TargetFailedError, match="401"):
            target.send(batches([1])[0].items)
    assert target.played() == Mark()
    assert not list(tmp_path.iterdir())
