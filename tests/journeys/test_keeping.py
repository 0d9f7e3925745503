"""A log backed up while a server captures, and restored, as a person would who lost the disk."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import msgspec

from tests.journeys.running import document, run, succeed
from tests.journeys.test_replaying import health, serving

HEAD = {
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-01-01T00:00:00Z",
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
}
AT_ONCE = 5
"""Events of one capture, so that some are on their way at any time."""


def test_backup__while_a_server_captures(tmp_path: Path) -> None:
    for name in ("beer", "again"):
        succeed("init", name, "--from-example", "beer-game", cwd=tmp_path)
    succeed("trace", "beer", "--periods", 30, "--events", "run.jsonl", cwd=tmp_path)
    events = [msgspec.json.decode(line) for line in (tmp_path / "run.jsonl").read_bytes().splitlines()]
    for event in events:
        event.pop("@context", None)
    with serving(tmp_path) as (_, url):
        token = (tmp_path / "token").read_text().strip()
        some, states = threading.Event(), list[int]()

        def send() -> None:
            with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
                for begin in range(0, len(events), AT_ONCE):
                    body = HEAD | {"epcisBody": {"eventList": events[begin : begin + AT_ONCE]}}
                    states.append(client.post(f"{url}/epcis/capture", json=body).status_code)
                    if begin > len(events) // 4:
                        some.set()

        sender = threading.Thread(target=send)
        sender.start()
        assert some.wait(120)
        early = document("log", "backup", "beer", "early.db", cwd=tmp_path)
        sender.join()
        assert set(states) == {202}
        assert len(events) // 4 < early["events"] <= len(events)
        late = document("log", "backup", "beer", "late.db", cwd=tmp_path)
        assert late["root"] == health(tmp_path, url)["log"]["root"]
        # A log that is served is neither written over nor restored into.
        refused = run("log", "restore", "late.db", "beer", cwd=tmp_path)
        assert refused.returncode == 2
        assert "chaintwin serve" in refused.stderr
    expected = document("state", "beer", cwd=tmp_path)["summary"]
    document("log", "restore", "late.db", "again", cwd=tmp_path)
    assert document("state", "again", cwd=tmp_path)["summary"]["hash"] == expected["hash"]
    for name in ("early.db", "late.db", "again"):
        assert document("log", "verify", name, cwd=tmp_path)["findings"] == []
    # The early one, and then the whole recording again, comes to the same state: nothing was lost and nothing counts twice.
    succeed("ingest", "again", "run.jsonl", "--store", "early.db", cwd=tmp_path)
    told = document("state", "again", "--store", "early.db", cwd=tmp_path)["summary"]
    assert (told["head"], told["hash"]) == (expected["head"], expected["hash"])
