"""A disk that keeps nothing any more below a server: it acknowledges nothing, answers questions, and recovers by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.serve.documents import document, event, events_in
from tests.serve.running import eventually, server, start
from tests.serve.test_changes import read_changes


def found(client: httpx.Client) -> list[str]:
    """Return the names that the events of the log tell of, in order."""
    headers = {"GS1-EPC-Format": "Never_Translates"}
    return [one["epcList"][0] for one in events_in(client.get("/epcis/events", headers=headers).json())]


def settled(client: httpx.Client) -> Any:
    """Return the health once the state has all of the log."""
    health = client.get("/api/v1/health").json()
    return health if health["state"]["behind"] == 0 else None


def test_capture__refused_and_reads_go_on_after_a_failed_sync(tmp_path: Path) -> None:
    fault = tmp_path / "fault"
    with server(tmp_path, project="beer-game", faulty=True) as running, running.client() as client:
        before = [event() for _ in range(3)]
        assert client.post("/epcis/capture", json=document(*before)).status_code == 202
        health = eventually(lambda: settled(client))
        assert (health["status"], health["log"]["writable"]) == ("running", True)
        names = [one["epcList"][0] for one in before]
        fault.touch()
        lost = [event() for _ in range(2)]
        for path, sent in (
            ("/epcis/capture", document(*lost)),
            ("/epcis/events", lost[0] | {"@context": document()["@context"]}),
        ):
            refused = client.post(path, json=sent)
            assert refused.status_code == 503, refused.text
            assert refused.headers["content-type"] == "application/problem+json"
            assert int(refused.headers["retry-after"]) > 0
            problem = refused.json()
            assert problem["type"] == "urn:chaintwin:problem:store-failed"
            assert "Nothing was taken" in problem["detail"]
            assert "send the same again" in problem["faults"][0]["fix"]
            assert str(tmp_path) not in refused.text
        assert client.post("/epcis/queries", json={"name": "lost", "query": {}}).status_code == 503
        assert client.get("/epcis/queries/lost").status_code == 404
        degraded = client.get("/api/v1/health").json()
        assert degraded["status"] == "read-only"
        assert not degraded["log"]["writable"]
        assert "a write failed" in degraded["log"]["reason"]
        assert degraded["log"]["root"] == health["log"]["root"]
        assert httpx.get(f"{running.url}/api/v1/health", trust_env=False).json() == {"status": "read-only"}
        assert found(client) == names
        assert client.get("/epcis/capture").status_code == 200
        assert client.get("/api/v1/state").json()["hash"] == health["state"]["hash"]
        assert [number for number, _ in read_changes(client, 3, **{"Last-Event-ID": "0"})] == [1, 2, 3]
        fault.unlink()
        eventually(lambda: client.get("/api/v1/health").json()["log"]["writable"])
        assert client.post("/epcis/capture", json=document(*lost)).status_code == 202
        assert sorted(found(client)) == sorted(names + [one["epcList"][0] for one in lost])


def acknowledged_and_found(folder: Path, *, deaf: bool) -> tuple[set[str], set[str]]:
    """Return names that were acknowledged while the disk failed, and those that are there after a kill."""
    running = start(folder, faulty=True, deaf=deaf)
    acknowledged = set()
    with running.client() as client:
        for number in range(8):
            if number == 3:
                (folder / "fault").touch()
            sent = event()
            if client.post("/epcis/capture", json=document(sent)).status_code == 202:
                acknowledged.add(sent["epcList"][0])
    running.kill()
    (folder / "fault").unlink()
    with server(folder) as again, again.client() as client:
        return acknowledged, set(found(client))


def test_capture__nothing_acknowledged_is_lost_after_a_failed_sync(tmp_path: Path) -> None:
    acknowledged, kept = acknowledged_and_found(tmp_path, deaf=False)
    assert len(acknowledged) == 3
    assert acknowledged <= kept


def test_capture__a_server_deaf_to_failed_writes_is_found_out(tmp_path: Path) -> None:
    acknowledged, kept = acknowledged_and_found(tmp_path, deaf=True)
    assert len(acknowledged) == 8
    assert acknowledged - kept
