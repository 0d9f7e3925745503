"""Standing queries: webhooks, WebSockets, schedules."""

from __future__ import annotations

import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from chaintwin.clock import microseconds_of, text_of
from chaintwin.errors import InputError
from chaintwin.serve.subscribing.dispatching import REST_SECONDS
from chaintwin.serve.subscribing.schedule import next_run, schedule_of
from tests.ingest.connectors.sources import served_by
from tests.serve.documents import document, event, events_in
from tests.serve.receiving import receiver
from tests.serve.running import TOKEN, Running, eventually, server

SECRET = "a secret between two"


def named(client: httpx.Client, step: str) -> str:
    """Make a query for one business step and return its path."""
    name = step.rsplit("/", 1)[1]
    made = client.post("/epcis/queries", json={"name": name, "query": {"EQ_bizStep": [step]}})
    assert made.status_code == 201, made.text
    return str(made.headers["location"])


def send(client: httpx.Client, *steps: str) -> list[str]:
    """Capture an event for each step and return the names of their objects."""
    events = [event(bizStep=step) for step in steps]
    assert client.post("/epcis/capture", json=document(*events)).status_code == 202
    return [one["epcList"][0].rsplit(".", 1)[1] for one in events]


def serials(events: list[dict[str, Any]]) -> list[str]:
    return [one["epcList"][0].rsplit("/", 1)[1] for one in events]


def test_webhook__sends_what_matches_signed_and_tries_again(client: httpx.Client) -> None:
    step = "https://example.org/steps/webhook"
    path = named(client, step)
    with receiver(500, 302) as received:
        body = {"dest": received.url, "signatureToken": SECRET, "stream": True}
        made = client.post(f"{path}/subscriptions", json=body)
        assert made.status_code == 201, made.text
        sent = send(client, step, "receiving", step)
        eventually(lambda: len(received.events()) >= 2)
        sent += send(client, step)
        sent.pop(1)
        eventually(lambda: len(received.events()) >= 3)
        assert serials(received.events()) == sent
        assert received.is_signed(SECRET)
        first = received.documents()[0]["epcisBody"]["queryResults"]
        assert first["queryName"] == "webhook"
        assert first["subscriptionID"] == made.json()["subscriptionID"]
        about = eventually(lambda: (got := client.get(made.headers["location"]).json()) and "lastNotifiedAt" in got and got)
        assert "failures" not in about
        assert SECRET not in json.dumps(about)
        assert client.delete(made.headers["location"]).status_code == 204
        send(client, step)
        assert client.get(made.headers["location"]).status_code == 404
        assert len(received.events()) == 3


def test_subscriptions__rest_and_send_what_comes_meanwhile_together(running: Running, client: httpx.Client) -> None:
    step = "https://example.org/steps/resting"
    path = named(client, step)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    heard: list[list[dict[str, Any]]] = []
    with (
        receiver() as received,
        connect(socket_url(running, f"{path}/events?stream=true"), additional_headers=headers) as socket,
    ):
        made = client.post(f"{path}/subscriptions", json={"dest": received.url, "stream": True})
        began, sent = monotonic(), []
        while len(sent) < 40:
            sent += send(client, step)
        eventually(lambda: len(received.events()) == len(sent))
        while sum(map(len, heard)) < len(sent):
            heard.append(events_in(json.loads(socket.recv(timeout=30))))
        most = (monotonic() - began) / REST_SECONDS + 1
        assert client.delete(made.headers["location"]).status_code == 204
    assert serials(received.events()) == serials([one for events in heard for one in events]) == sent
    # However slow all of it was: one message each rest, and not one each commit.
    assert len(received.bodies) <= most
    assert len(heard) <= most


def test_webhook__an_answer_without_end_is_not_read(client: httpx.Client) -> None:
    step = "https://example.org/steps/endless"
    path, sent_bytes = named(client, step), 0

    def answer(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent_bytes
        handler.rfile.read(int(handler.headers["content-length"]))
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            while sent_bytes < 200 * 2**20:
                sent_bytes += handler.wfile.write(bytes(2**20))

    with served_by(answer) as address:
        made = client.post(f"{path}/subscriptions", json={"dest": address, "stream": True})
        send(client, step)
        eventually(lambda: "lastNotifiedAt" in client.get(made.headers["location"]).json())
        # The connection may be closed before the first part of the answer is taken whole.
        assert sent_bytes < 50 * 2**20
        assert client.delete(made.headers["location"]).status_code == 204


def test_webhook__goes_on_after_a_kill(tmp_path: Path) -> None:
    step = "https://example.org/steps/kill"
    with receiver() as received:
        with server(tmp_path) as running, running.client() as client:
            path = named(client, step)
            assert client.post(f"{path}/subscriptions", json={"dest": received.url, "stream": True}).status_code == 201
            sent = send(client, step)
            eventually(lambda: serials(received.events()) == sent)
            received.answers += [503] * 1000
            sent += send(client, step)
            running.kill()
        received.answers.clear()
        with server(tmp_path) as running, running.client() as client:
            eventually(lambda: set(serials(received.events())) == set(sent))


def test_webhook__by_schedule_and_from_a_time(client: httpx.Client) -> None:
    step = "https://example.org/steps/schedule"
    path = named(client, step)
    sent = send(client, step)
    with receiver() as received:
        body = {"dest": received.url, "schedule": {"second": "[0-59]"}, "initialRecordTime": "2020-01-01T00:00:00Z"}
        assert client.post(f"{path}/subscriptions", json=body | {"reportIfEmpty": True}).status_code == 201
        eventually(received.events)
        assert serials(received.events()) == sent
        eventually(lambda: len(received.documents()) > 1)
        assert events_in(received.documents()[-1]) == []
        assert client.delete(path).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"dest": "http://127.0.0.1:1"},
        {"dest": "http://127.0.0.1:1", "stream": False},
        {"dest": "http://127.0.0.1:1", "stream": True, "schedule": {"hour": "1"}},
        {"dest": "http://127.0.0.1:1", "stream": True, "reportIfEmpty": True},
        {"dest": "http://127.0.0.1:1", "schedule": {}},
        {"dest": "http://127.0.0.1:1", "schedule": {"hour": "24"}},
        {"dest": "http://127.0.0.1:1", "schedule": {"dayOfMonth": "30", "month": "2"}},
        {"dest": "http://127.0.0.1:1", "stream": True, "initialRecordTime": "noon"},
        {"dest": "http://192.0.2.1/", "stream": True},
        {"dest": "http://169.254.169.254/latest/meta-data", "stream": True},
        {"dest": "http://user@127.0.0.1:1", "stream": True},
        {"dest": "file:///etc/passwd", "stream": True},
        {"dest": "http://127.0.0.1:1/a\x01b", "stream": True},
        {"dest": "http://evil.example/#127.0.0.1", "stream": True},
        {"dest": "http://[::ffff:127.0.0.1]/", "stream": True},
        {"dest": 5, "stream": True},
        {"dest": "http://127.0.0.1:1", "stream": True, "more": 1},
    ],
)
def test_webhook__what_cannot_be_subscribed(client: httpx.Client, body: dict[str, Any]) -> None:
    if client.get("/epcis/queries/refusing").status_code == 404:
        named(client, "https://example.org/steps/refusing")
    refused = client.post("/epcis/queries/refusing/subscriptions", json=body)
    assert refused.status_code == 400, refused.text
    assert refused.json()["detail"]
    assert client.get("/epcis/queries/refusing/subscriptions").json() == []


def socket_url(running: Running, path: str) -> str:
    return running.url.replace("http", "ws", 1) + path


def test_socket__streams_what_matches(running: Running, client: httpx.Client) -> None:
    step = "https://example.org/steps/socket"
    path = named(client, step)
    before = send(client, step)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with connect(socket_url(running, f"{path}/events?stream=true"), additional_headers=headers) as socket:
        sent = send(client, step, "receiving")
        assert serials(events_in(json.loads(socket.recv(timeout=30)))) == sent[:1]
    since = f"{path}/events?stream=true&initialRecordTime=2020-01-01T00:00:00Z"
    with connect(socket_url(running, since), additional_headers=headers) as socket:
        assert serials(events_in(json.loads(socket.recv(timeout=30)))) == before + sent[:1]
    by_schedule = f"{path}/events?second=[0-59]&reportIfEmpty=true"
    with connect(socket_url(running, by_schedule), additional_headers=headers) as socket:
        assert events_in(json.loads(socket.recv(timeout=30))) == []


def test_socket__that_cannot_be_served_says_so_and_is_written_down(tmp_path: Path) -> None:
    step = "https://example.org/steps/blind"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with server(tmp_path, blind=True) as running, running.client() as client:
        path = named(client, step)
        with connect(socket_url(running, f"{path}/events?stream=true"), additional_headers=headers) as socket:
            (tmp_path / "blind").touch()
            send(client, step)
            with pytest.raises(ConnectionClosedError) as closed:
                socket.recv(timeout=30)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1011
        told = (tmp_path / "server.log").read_text()
        assert "the events of query blind cannot be sent" in told
        assert "the log cannot be read" in told


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/epcis/queries/sockets/events?stream=true", {}, 401),
        ("/epcis/queries/nobody/events?stream=true", {"Authorization": f"Bearer {TOKEN}"}, 404),
        ("/nothing", {"Authorization": f"Bearer {TOKEN}"}, 404),
        ("/epcis/queries/sockets/events", {"Authorization": f"Bearer {TOKEN}"}, 400),
        ("/epcis/queries/sockets/events?stream=true&hour=1", {"Authorization": f"Bearer {TOKEN}"}, 400),
        ("/epcis/queries/sockets/events?hour=25", {"Authorization": f"Bearer {TOKEN}"}, 400),
        (
            "/epcis/queries/sockets/events?stream=true",
            {"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"},
            403,
        ),
    ],
)
def test_socket__refused_before_it_opens(
    running: Running, client: httpx.Client, path: str, headers: dict[str, str], status: int
) -> None:
    if client.get("/epcis/queries/sockets").status_code == 404:
        named(client, "https://example.org/steps/sockets")
    with pytest.raises(InvalidStatus) as refused:
        connect(socket_url(running, path), additional_headers=headers)
    answer = refused.value.response
    assert answer.status_code == status
    assert json.loads(answer.body)["status"] == status


@pytest.mark.parametrize(
    ("fields", "after", "expected"),
    [
        ({"hour": "1", "minute": "5"}, "2026-01-31T01:05:00Z", "2026-02-01T01:05:00.000Z"),
        ({"minute": "0,30"}, "2026-01-31T09:29:59Z", "2026-01-31T09:30:00.000Z"),
        ({"minute": "0,30"}, "2026-12-31T23:30:00Z", "2027-01-01T00:00:00.000Z"),
        ({"dayOfWeek": "1"}, "2026-01-31T09:00:00Z", "2026-02-02T00:00:00.000Z"),
        ({"dayOfMonth": "29", "month": "2"}, "2026-01-01T00:00:00Z", "2028-02-29T00:00:00.000Z"),
        ({"second": "[10-12]"}, "2026-01-01T00:00:11.500Z", "2026-01-01T00:00:12.000Z"),
        ({"hour": "[8-9]", "dayOfWeek": "[1-5]"}, "2026-01-30T09:00:00Z", "2026-02-02T08:00:00.000Z"),
    ],
)
def test_next_run__by_hand(fields: dict[str, str], after: str, expected: str) -> None:
    from datetime import datetime

    begin = microseconds_of(datetime.fromisoformat(after))
    found = next_run(schedule_of(fields), after=begin)
    assert found is not None
    assert text_of(found) == expected


@pytest.mark.parametrize("fields", [{}, {"hour": "x"}, {"hour": "[5-3]"}, {"hour": ""}, {"week": "1"}, {"dayOfWeek": "0"}])
def test_schedule_of__refuses(fields: dict[str, str]) -> None:
    with pytest.raises(InputError):
        schedule_of(fields)
