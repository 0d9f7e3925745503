"""Far more than a server can take: it refuses with a time to come again, loses nothing, and goes on answering questions."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx

from tests.serve.documents import document, event
from tests.serve.running import server


def test_overload__is_refused_not_lost_and_reads_go_on(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    statuses: list[int] = []

    with server(tmp_path, limits={"requests": 6}) as running:
        end = time.monotonic() + 6

        def load() -> None:
            with running.client() as client:
                while time.monotonic() < end:
                    events = [event() for _ in range(20)]
                    answer = client.post("/epcis/capture", json=document(*events))
                    statuses.append(answer.status_code)
                    if answer.status_code == 202:
                        acknowledged.extend(one["epcList"][0] for one in events)
                    else:
                        assert int(answer.headers["retry-after"]) > 0

        loading = [threading.Thread(target=load) for _ in range(12)]
        for one in loading:
            one.start()
        reads = []
        with running.client() as client:
            while time.monotonic() < end:
                began = time.monotonic()
                answer = client.get("/epcis/events", params={"perPage": 1})
                if answer.status_code == 200:
                    reads.append(time.monotonic() - began)
                time.sleep(0.05)
            for one in loading:
                one.join()
            assert set(statuses) == {202, 429}
            assert reads
            assert sorted(reads)[len(reads) * 9 // 10] < 5
            after = httpx.get(f"{running.url}/api/v1/health")
            assert after.status_code == 200
            assert client.post("/epcis/capture", json=document(event())).status_code == 202
            log = client.get("/api/v1/health").json()["log"]
            assert log["sequence"] >= len(acknowledged) + 1
            assert log["sequence"] == len(acknowledged) + 1
