"""What watches over a server is told: that it lives, whether it is ready, what it counts, and what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx

from chaintwin.examples import Example, load
from chaintwin.serve.operating.exposition import Histogram, Metric, exposition
from chaintwin.serve.operating.traffic import OTHER, Traffic
from tests.serve.commanded import serving
from tests.serve.documents import document, event
from tests.serve.running import TOKEN, Running, eventually, server
from tests.serve.test_sign_in import own, signed_in

LINE = re.compile(r'^(?:# (?:HELP|TYPE) [a-z_]+ .+|([a-z_]+)(?:\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)+\})? (\S+))$')


def metrics(client: httpx.Client) -> dict[str, float]:
    """Return the numbers of a server by name with labels, each line checked."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {}
    for line in answer.text.splitlines():
        assert LINE.match(line), line
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def test_health__lives_and_is_ready_without_a_token(running: Running) -> None:
    with httpx.Client(base_url=running.url, trust_env=False) as anybody:
        assert anybody.get("/health/live").json() == {"status": "live"}
        ready = anybody.get("/health/ready")
        assert ready.status_code == 200
        assert ready.json() == {"status": "ready", "log": True, "state": True, "jobs": False}
        assert anybody.get("/metrics").status_code == 401


def test_health__is_not_ready_while_nothing_can_be_written(tmp_path: Path) -> None:
    with server(tmp_path, faulty=True) as running, running.client() as client:
        (tmp_path / "fault").touch()
        client.post("/epcis/capture", json=document(event()))
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["log"] is False
        assert client.get("/health/live").status_code == 200
        (tmp_path / "fault").unlink()
        eventually(lambda: client.get("/health/ready").status_code == 200)


def test_metrics__count_what_was_done(tmp_path: Path) -> None:
    with server(tmp_path, project="beer-game") as running, running.client() as client:
        before = metrics(client)
        assert before["chaintwin_events_captured_total"] == 0
        client.post("/epcis/capture", json=document(event(), event(1)))
        client.get("/api/v1/proofs/999")
        client.get("/nothing")
        eventually(lambda: metrics(client)["chaintwin_state_behind_entries"] == 0)
        after = metrics(client)
        assert after["chaintwin_events_captured_total"] == after["chaintwin_log_head"] == 2
        labels = 'method="POST",route="/epcis/capture",status="202"'
        assert after[f"chaintwin_http_seconds_count{{{labels}}}"] == 1
        assert after[f'chaintwin_http_seconds_bucket{{{labels},le="+Inf"}}'] == 1
        # Whatever is put into a path, a route has one name.
        assert after['chaintwin_http_seconds_count{method="GET",route="/api/v1/proofs/{sequence}",status="404"}'] == 1
        assert after['chaintwin_http_seconds_count{method="GET",route="other",status="404"}'] == 1
        assert after['chaintwin_jobs{kind="fork",state="done"}'] == 0
        assert after['chaintwin_resident_bytes{process="server"}'] > 10 * 2**20
        assert before.keys() <= after.keys()


def test_exposition__classes_add_up_and_signs_are_escaped() -> None:
    text = exposition(
        [
            Histogram("took_seconds", "Time.", (0.1, 1.0), [({"a": "b"}, [2, 0, 1], 3.5)]),
            Metric("n", "gauge", "A\nb", [({"x": 'q"\\\n'}, 0.25)]),
        ]
    )
    assert text.splitlines() == [
        "# HELP took_seconds Time.",
        "# TYPE took_seconds histogram",
        'took_seconds_bucket{a="b",le="0.1"} 2',
        'took_seconds_bucket{a="b",le="1"} 2',
        'took_seconds_bucket{a="b",le="+Inf"} 3',
        'took_seconds_sum{a="b"} 3.5',
        'took_seconds_count{a="b"} 3',
        "# HELP n A\\nb",
        "# TYPE n gauge",
        'n{x="q\\"\\\\\\n"} 0.25',
    ]


def test_traffic__methods_and_routes_that_are_made_up_have_one_name() -> None:
    traffic = Traffic()
    for number in range(50):
        traffic.end(traffic.begin(), {"method": f"M{number}", "path": f"/{number}"}, status=405, sent=0, is_stream=False)
    assert list(traffic.classes) == [(OTHER, OTHER, 405)]
    assert traffic.open == 0


def test_log_format__lines_of_json_without_anything_secret(tmp_path: Path) -> None:
    with serving(tmp_path / "server", load(Example.BEER_GAME), workers=0, more=("--log-format", "json")) as served:
        running = Running(served.process, served.url, tmp_path)
        with signed_in(running) as page, served.client() as client:
            cookie = next(iter(page.cookies.values()))
            page.get("/api/v1/state", params={"path": "stock/secret-site/beer"})
            client.get("/api/v1/state", params={"token": TOKEN})
            client.get(f"/epcis/nextPageToken/{TOKEN}")
            client.get("/epcis/events", headers={"Authorization": f"Bearer {TOKEN}x"})
            page.post("/api/v1/jobs", json={"kind": "fork"}, headers=own(running))
    said = served.said
    lines = [json.loads(line) for line in said.splitlines()]
    requests = [line for line in lines if line["logger"] == "chaintwin.access"]
    assert len(requests) == 6
    assert {line["route"] for line in requests} >= {"/api/v1/session", "/api/v1/state", "/api/v1/jobs"}
    assert {"time", "level", "message", "method", "status", "milliseconds", "principal", "client"} <= requests[0].keys()
    assert {line["principal"].partition(":")[0] for line in requests} == {"nobody", "session", "token"}
    for secret in (TOKEN, cookie, "secret-site"):
        assert secret not in said
