"""A twin that is served, as a newcomer meets it: what is refused over HTTP, a port that is taken, a log in use."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.journeys.running import document, run, succeed
from tests.journeys.test_keeping import HEAD
from tests.journeys.test_replaying import serving, start

GOOD = {
    "type": "ObjectEvent",
    "action": "OBSERVE",
    "bizStep": "stocking",
    "eventTime": "2026-02-25T00:00:00Z",
    "eventTimeZoneOffset": "+00:00",
    "eventID": "urn:uuid:11111111-2222-4333-8444-555555555555",
    "bizLocation": {"id": "urn:chaintwin:v1:site:brewery"},
    "quantityList": [{"epcClass": "urn:chaintwin:v1:product:beer", "quantity": 4}],
}


def test_serve__what_was_refused_is_told_later(tmp_path: Path) -> None:
    succeed("init", "beer", "--from-example", "beer-game", cwd=tmp_path)
    with serving(tmp_path) as (_, url):
        token = (tmp_path / "token").read_text().strip()
        kept = {"Authorization": f"Bearer {token}", "GS1-Capture-Error-Behaviour": "proceed"}
        bad = GOOD | {"action": "SEE", "eventTimeZoneOffset": "late", "eventID": "urn:uuid:11111111-2222-4333-8444-000000000000"}
        other = GOOD | {"eventTime": "2026-02-26T00:00:00Z"}
        for events, status in (([GOOD, bad], 202), ([other], 202)):
            body = HEAD | {"epcisBody": {"eventList": events}}
            assert httpx.post(f"{url}/epcis/capture", json=body, headers=kept).status_code == status
        refused = httpx.post(
            f"{url}/epcis/capture",
            json=HEAD | {"epcisBody": {"eventList": [bad]}},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert refused.status_code == 400
        detail = refused.json()["faults"][0]
        assert detail["where"].startswith("event 1 $")
        assert not refused.json()["detail"].startswith(":")
        # The log is read while it is served.
        told = document("refused", "beer", cwd=tmp_path)
        assert told["by"] == {"ingest": 0, "capture": 3}
        both = {reason["code"] for reason in told["set_aside"][0]["reasons"]}
        assert len(told["set_aside"][0]["reasons"]) == 2
        assert both
        assert told["set_aside"][1]["reasons"][0]["code"] == "event.conflict"
        shown = " ".join(succeed("refused", "beer", cwd=tmp_path).split())
        assert "3 refused by captures over HTTP" in shown
        assert "event 2" in shown


def test_serve__a_port_and_a_log_that_are_taken(tmp_path: Path) -> None:
    for name in ("beer", "other"):
        succeed("init", name, "--from-example", "beer-game", cwd=tmp_path)
    with serving(tmp_path) as (_, url):
        port = url.rsplit(":", 1)[1]
        taken = run("serve", "other", "--port", port, cwd=tmp_path)
        assert taken.returncode == 2
        assert f"--port {int(port) + 1}" in " ".join(taken.stderr.split())
        assert not (tmp_path / "other" / ".twin").exists()
        free = start(["serve", "other", "--port", "0", "--workers", "0"], tmp_path)
        try:
            assert free.stdout is not None
            told = [free.stdout.readline() for _ in range(2)]
            assert told[1].startswith("Token: ct_"), told
        finally:
            free.kill()
            free.communicate()
        (tmp_path / "nothing.jsonl").touch()
        used = run("ingest", "beer", "nothing.jsonl", cwd=tmp_path)
        assert used.returncode == 2
        said = " ".join(used.stderr.split())
        assert "chaintwin serve" in said
        assert "--to http://127.0.0.1:8750/epcis" in said
