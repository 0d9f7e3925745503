"""Killing the server while it takes events: what it acknowledged is there, once; and the test finds a server that lies."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.serve.documents import document, event, events_in
from tests.serve.running import Running, start
from tests.sizes import scaled

BATCH = 5


class Sender(threading.Thread):
    """Sends documents until the server is gone, and notes what was acknowledged."""

    def __init__(self, running: Running) -> None:
        super().__init__()
        self._running = running
        self.acknowledged: list[str] = []
        self.last_report = ""

    def run(self) -> None:
        with self._running.client() as client:
            while True:
                events = [event() for _ in range(BATCH)]
                try:
                    answer = client.post("/epcis/capture", json=document(*events))
                except httpx.HTTPError:
                    return
                if answer.status_code == 202:
                    self.acknowledged += [one["epcList"][0] for one in events]
                    self.last_report = answer.headers["location"]


def kill_again_and_again(folder: Path, times: int, *, early: bool) -> tuple[list[str], list[str], list[int]]:
    """Return names acknowledged, names found in the end, and the statuses of the last reports."""
    chance = random.Random(times)
    acknowledged: list[str] = []
    statuses = []
    reports: list[str] = []
    for _ in range(times):
        running = start(folder, early=early, workers=0)
        with running.client() as client:
            statuses += [client.get(report).status_code for report in reports]
        senders = [Sender(running) for _ in range(3)]
        for sender in senders:
            sender.start()
        time.sleep(chance.uniform(0.3, 1.0))
        running.kill()
        for sender in senders:
            sender.join()
        acknowledged += [name for sender in senders for name in sender.acknowledged]
        reports = [sender.last_report for sender in senders if sender.last_report]
    running = start(folder, workers=0)
    try:
        with running.client(**{"GS1-EPC-Format": "Never_Translates"}) as client:
            found = []
            answer = client.get("/epcis/events", params={"perPage": 1000})
            while True:
                found += [one["epcList"][0] for one in events_in(answer.json())]
                if "link" not in answer.headers:
                    break
                answer = client.get(answer.headers["link"].split(">")[0].removeprefix("<"))
            statuses += [client.get(report).status_code for report in reports]
    finally:
        running.kill()
    return acknowledged, found, statuses


@pytest.mark.slow
def test_kill__nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    acknowledged, found, statuses = kill_again_and_again(tmp_path, scaled(ci=5, full=200), early=False)
    assert len(acknowledged) > 5 * BATCH
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))
    assert statuses
    assert set(statuses) == {200}


@pytest.mark.slow
def test_kill__a_server_that_acknowledges_too_early_is_found_out(tmp_path: Path) -> None:
    acknowledged, found, _ = kill_again_and_again(tmp_path, 2, early=True)
    assert set(acknowledged) - set(found)
