"""Capturing over HTTP: reports, limits, all or nothing, and what is refused."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from chaintwin.clock import SECOND, SetClock
from chaintwin.serve.capturing import capturing as module
from chaintwin.serve.capturing.capturing import Capturing
from chaintwin.serve.capturing.jobs import SHELF, Job, job_ids, job_of, packed
from chaintwin.serve.capturing.prepared import Form
from chaintwin.serve.capturing.workers import Workers
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import Limits, Settings
from chaintwin.serve.threads import Threads
from chaintwin.store.interface import Store
from chaintwin.store.opening import open_store
from tests.serve.documents import document, event, events_in


def capture(client: httpx.Client, body: object, **headers: str) -> httpx.Response:
    return client.post("/epcis/capture", json=body, headers=headers)


def test_capture__answers_with_a_report_of_each_event(client: httpx.Client) -> None:
    one, other = event(), event()
    taken = capture(client, document(one, other))
    assert taken.status_code == 202
    report = client.get(taken.headers["location"]).json()
    assert (report["running"], report["success"], report["captureErrorBehaviour"]) == (False, True, "rollback")
    assert [line["outcome"] for line in report["events"]] == ["accepted", "accepted"]
    assert all(line["eventID"].startswith("ni:///sha-256;") for line in report["events"])
    again = client.get(capture(client, document(one, event())).headers["location"]).json()
    assert [line["outcome"] for line in again["events"]] == ["duplicate", "accepted"]
    assert again["events"][0]["sequence"] == report["events"][0]["sequence"]
    assert again["success"]


def test_capture__rollback_takes_nothing_where_one_event_is_invalid(client: httpx.Client) -> None:
    good, bad = event(), event(action="SHIPPED")
    refused = capture(client, document(good, bad))
    assert refused.status_code == 400
    assert "SHIPPED" in refused.text
    assert "eventList[1].action" in refused.json()["faults"][0]["where"]
    name = good["epcList"][0]
    assert events_in(client.get("/epcis/events", params={"MATCH_epc": name}).json()) == []


def test_capture__proceed_takes_what_is_valid(client: httpx.Client) -> None:
    good, bad = event(), event(action="SHIPPED")
    taken = capture(client, document(bad, good), **{"GS1-Capture-Error-Behaviour": "proceed"})
    report = client.get(taken.headers["location"]).json()
    assert not report["success"]
    assert [line["outcome"] for line in report["events"]] == ["invalid", "accepted"]
    assert report["errors"][0]["index"] == 0
    assert "SHIPPED" in str(report["errors"][0])
    assert len(events_in(client.get("/epcis/events", params={"MATCH_epc": good["epcList"][0]}).json())) == 1


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_capture__same_id_with_other_content_is_a_conflict(client: httpx.Client, behaviour: str) -> None:
    first = event(eventID=f"urn:uuid:00000000-0000-4000-8000-{'a' if behaviour == 'proceed' else 'b'}00000000001")
    assert capture(client, document(first)).status_code == 202
    taken = capture(client, document(event(), first | {"action": "ADD"}), **{"GS1-Capture-Error-Behaviour": behaviour})
    report = client.get(taken.headers["location"]).json()
    assert not report["success"]
    outcomes = [line["outcome"] for line in report["events"]]
    assert outcomes == ["not_tried" if behaviour == "rollback" else "accepted", "conflict"]
    assert report["errors"][-1]["status"] == 409


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_capture__a_conflict_within_the_document_names_the_place_in_it(client: httpx.Client, behaviour: str) -> None:
    first = event(eventID=f"urn:uuid:00000000-0000-4000-8000-{'c' if behaviour == 'proceed' else 'd'}00000000001")
    sent = document(event(), first, event(), first | {"action": "ADD"})
    taken = capture(client, sent, **{"GS1-Capture-Error-Behaviour": behaviour})
    report = client.get(taken.headers["location"]).json()
    (error,) = [error for error in report["errors"] if error["status"] == 409]
    assert error["index"] == 3
    if behaviour == "rollback":
        assert "index 1 in the same document" in error["detail"]
        assert "entry" not in error["detail"]
        assert "sequence" not in report["events"][3]
    else:
        # The first of the two was logged, so it has a number there.
        assert f"entry {report['events'][1]['sequence']}," in error["detail"]


def test_capture__answers_are_listed_latest_first(client: httpx.Client) -> None:
    ids = [capture(client, document(event())).headers["location"].rsplit("/", 1)[1] for _ in range(3)]
    listed = client.get("/epcis/capture", params={"perPage": 3}).json()
    assert [job["captureID"] for job in listed] == ids[::-1]


def test_capture__limits_are_announced(client: httpx.Client) -> None:
    told = client.options("/epcis/capture")
    assert told.status_code == 204
    assert int(told.headers["GS1-EPCIS-Capture-Limit"]) > 0
    most = int(told.headers["GS1-EPCIS-Capture-File-Size-Limit"])
    assert told.headers["GS1-Capture-Error-Behaviour"] == "all"
    too_large = client.post("/epcis/capture", content=b" " * (most + 1), headers={"Content-Type": "application/json"})
    assert too_large.status_code == 413
    assert too_large.headers["GS1-EPCIS-Capture-File-Size-Limit"] == str(most)


def test_capture__too_many_events(client: httpx.Client) -> None:
    most = int(client.options("/epcis/capture").headers["GS1-EPCIS-Capture-Limit"])
    refused = capture(client, document(*[{"type": "ObjectEvent"}] * (most + 1)))
    assert refused.status_code == 413
    assert refused.headers["GS1-EPCIS-Capture-Limit"] == str(most)


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[1", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"<a>", "application/xml", 400),
        (b"", "application/json", 400),
        (b'{"a": 1, "a": 2}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"type": "EPCISDocument", "n": NaN}', "application/json", 400),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "application/xml", 400),
        ("ä".encode("latin-1"), "application/json", 400),
    ],
)
def test_capture__what_is_no_document(client: httpx.Client, content: bytes, media_type: str, status: int) -> None:
    refused = client.post("/epcis/capture", content=content, headers={"Content-Type": media_type})
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"


def test_events__one_at_a_time(client: httpx.Client) -> None:
    sent = {"@context": CONTEXT_ONE, **event(eventID="urn:uuid:00000000-0000-4000-8000-000000000777")}
    made = client.post("/epcis/events", json=sent)
    assert made.status_code == 201
    found = events_in(client.get(made.headers["location"]).json())
    assert [one["eventID"] for one in found] == [sent["eventID"]]
    again = client.post("/epcis/events", json=sent)
    assert again.status_code == 409
    assert again.headers["location"] == made.headers["location"]
    before = {job["captureID"] for job in client.get("/epcis/capture").json()}
    other = client.post("/epcis/events", json=sent | {"action": "ADD"})
    assert other.status_code == 409
    # What was refused is listed among the captures.
    (report,) = [job for job in client.get("/epcis/capture").json() if job["captureID"] not in before]
    assert not report["success"]
    (error,) = client.get(f"/epcis/capture/{report['captureID']}").json()["errors"]
    assert error["status"] == 409
    by_own_id = client.get("/epcis/events/urn:uuid:00000000-0000-4000-8000-000000000777")
    assert events_in(by_own_id.json()) == found


CONTEXT_ONE = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def test_capture__a_refused_document_is_kept_as_a_report(client: httpx.Client) -> None:
    bodies = {
        "/epcis/capture": [
            b"{no json",
            json.dumps(document(event(action="SHIPPED", readPoint={"id": "x" * 5000}))).encode(),
            json.dumps(document(*(event() for _ in range(3)), event(action="ADDED"))).encode(),
        ],
        "/epcis/events": [json.dumps(document(event(), event())).encode(), json.dumps(event(action="LOST")).encode()],
    }
    for path, sent in bodies.items():
        for body in sent:
            # One after the other, so that their order is known.
            refused = client.post(path, content=body, headers={"Content-Type": "application/json"})
            assert refused.status_code == 400, refused.text
            (latest,) = client.get("/epcis/capture", params={"perPage": 1}).json()
            report = client.get(f"/epcis/capture/{latest['captureID']}").json()
            assert not report["success"]
            assert report["events"] == []
            assert report["document"]["bytes"] == len(body)
            assert report["document"]["sha256"] == sha256(body).hexdigest()
            assert report["document"]["by"].startswith("token:")
            (error,) = report["errors"]
            assert (error["status"], error["detail"][:100]) == (400, refused.json()["detail"][:100])
            assert error["faultCount"] == refused.json().get("faultCount", 0)
            assert len(json.dumps(report)) < 20_000
            assert "x" * 400 not in json.dumps(report)


def test_refusal__of_too_many_at_one_time_only_the_number_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIDY_EVERY", 7)
    clock, settings = SetClock(now=10**15), Settings((), limits=Limits(refusals=30))

    async def refused(store: Store, times: int) -> None:
        threads, workers = Threads(), Workers(0)
        try:
            capturing = Capturing(store, workers=workers, threads=threads, clock=clock, settings=settings)
            for number in range(times):
                with pytest.raises(ProblemError):
                    await capturing.read(b"{%d" % number, Form.JSON, prefixes={}, by="token:1")
                clock.advance(SECOND // 100)
            assert capturing.refused == times
        finally:
            workers.close()
            threads.close()

    with open_store(tmp_path / "log.db", clock=clock) as store:
        store.put(SHELF, "0", content=packed(Job("0", 1, 1, "rollback", ())))
        asyncio.run(refused(store, 150))
        kept = [job_of(store, name) for name in job_ids(store)]
        assert [job for job in kept if job is not None and job.refusal is None] == [Job("0", 1, 1, "rollback", ())]
        # 20 of each of the first two seconds, of which the oldest are forgotten, since 30 are kept.
        refusals = [job.refusal for job in kept if job is not None and job.refusal is not None]
        assert 20 <= len(refusals) < 37
        assert sum(refusal.missed for refusal in refusals) == 80
        assert refusals[-1].digest == sha256(b"{119").hexdigest()
