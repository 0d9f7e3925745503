"""Who is answered, and in what form everybody else is refused."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from chaintwin.errors import UsageError
from chaintwin.serve import Address
from chaintwin.serve.guarding.access import check_host
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import LOOPBACK_HOSTS, Settings
from tests.serve.documents import document, event
from tests.serve.running import TOKEN, Running, server

PROBLEM = {"type", "title", "status", "detail"}


def routes(running: Running) -> list[tuple[str, str]]:
    """Return (method, path) of every route that is described, with something in place of each parameter."""
    with running.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
    found = []
    for path, operations in paths.items():
        filled = path.replace("{sequence}", "999999999")
        while "{" in filled:
            filled = filled[: filled.index("{")] + "nothing" + filled[filled.index("}") + 1 :]
        found += [(method.upper(), filled) for method in operations]
    return sorted(found)


def is_problem(answer: httpx.Response, status: int) -> bool:
    """Tell whether an answer is an error as RFC 9457 has it."""
    return (
        answer.status_code == status
        and answer.headers["content-type"] == "application/problem+json"
        and set(answer.json()) >= PROBLEM
        and answer.json()["status"] == status
    )


OPEN = {
    ("GET", "/api/v1/health"): 200,
    ("GET", "/health/live"): 200,
    ("GET", "/health/ready"): 200,
    ("GET", "/sign-in"): 200,
    ("GET", "/sign-in.js"): 200,
    ("GET", "/sign-in.css"): 200,
    ("POST", "/api/v1/session"): 415,
}
"""Routes that answer whoever asks, and how: none tells more than that the server runs."""


def test_routes__without_a_token_only_health_and_signing_in_answer(running: Running) -> None:
    with httpx.Client(base_url=running.url) as client:
        for token in ("", "Bearer wrong", "Basic dDp0", "Bearer"):
            for method, path in routes(running):
                answer = client.request(method, path, headers={"Authorization": token} if token else {})
                assert answer.status_code == OPEN.get((method, path), 401), (method, path, answer.text)
                if answer.status_code == 401:
                    assert is_problem(answer, 401)
            assert client.get("/api/v1/health").json() == {"status": "running"}


def test_routes__refuse_other_methods_and_tell_theirs(running: Running) -> None:
    with running.client() as client:
        for path in {path for _, path in routes(running)}:
            mine = {method for method, other in routes(running) if other == path}
            answer = client.request("PATCH", path)
            assert is_problem(answer, 405), (path, answer.text)
            assert mine <= {method.strip() for method in answer.headers["allow"].split(",")}, path


def test_routes__what_is_not_there_is_told_in_one_form(running: Running) -> None:
    with running.client() as client:
        for method, path in routes(running):
            if "nothing" in path and not path.startswith("/epcis/nextPageToken"):
                body = {"json": {}} if method == "POST" else {}
                assert is_problem(client.request(method, path, **body), 404), (method, path)
        assert is_problem(client.get("/else"), 404)
        assert is_problem(client.get("/epcis/events/"), 404)


def test_guard__who_leaves_before_a_body_is_whole_and_what_is_no_http_say_nothing(tmp_path: Path) -> None:
    with server(tmp_path) as running:
        place = urlsplit(running.url)
        head = f"POST /epcis/capture HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {TOKEN}\r\n"
        cut = f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
        for sent in (cut, "no HTTP\r\n\r\n"):
            with socket.create_connection((place.hostname, place.port)) as leaving:
                leaving.sendall(sent.encode())
        with running.client() as client:
            assert client.post("/epcis/capture", json=document(event())).status_code == 202
    assert (tmp_path / "server.log").read_text() == ""


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:80"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"X-Long": "a" * 40_000}, 431),
    ],
)
def test_guard__refuses_pages_of_others(running: Running, headers: dict[str, str], status: int) -> None:
    with running.client() as client:
        for method, path in (("GET", "/epcis/events"), ("POST", "/epcis/capture"), ("GET", "/api/v1/health")):
            answer = client.request(method, path, headers=headers)
            assert "access-control-allow-origin" not in answer.headers
            # A server may refuse a head that is too long before anybody sees it.
            assert is_problem(answer, status) or (status == 431 and answer.status_code in (400, 431)), answer.text


def test_guard__lets_its_own_pages_ask(running: Running) -> None:
    with running.client() as client:
        own = {"Origin": running.url, "Sec-Fetch-Site": "same-origin"}
        answer = client.get("/epcis/", headers=own)
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["fd00::1", "FD00:0:0::1", "[fd00::1]"])
def test_check_host__own_number_of_ipv6(host: str) -> None:
    settings = Settings((), hosts=LOOPBACK_HOSTS | {host})
    for called in ("[fd00::1]", "[fd00::1]:8750", "[FD00::1]:8750", "[::1]:8750", "127.0.0.1:8750", "localhost"):
        check_host({"host": called}, settings)
    for called in ("fd00::1", "[fd00::2]:8750", "[fd00::1].evil.example", "evil.example:[fd00::1]", "", "[fd00::1]x"):
        with pytest.raises(ProblemError, match="Host: found"):
            check_host({"host": called}, settings)


def test_guard__only_the_stream_of_changes_counts_as_a_stream(tmp_path: Path) -> None:
    with server(tmp_path, limits={"streams": 0}) as running, running.client() as client:
        assert client.get("/api/v1/changes").status_code == 429
        assert client.get("/api/v1/jobs/none/events").status_code == 429
        for path in ("/epcis/bizSteps/changes", "/epcis/queries/changes", "/changes", "/api/v1/changes/", "/api/v1/%63hanges"):
            assert client.get(path).status_code == 404, path


def test_guard__bodies_are_bounded_together(tmp_path: Path) -> None:
    limits = {"bodies_bytes": 2000, "capture_bytes": 1500}
    with server(tmp_path, limits=limits) as small, small.client() as client:
        body = json.dumps(document(event())).encode()
        assert client.post("/epcis/capture", content=body, headers={"Content-Type": "application/json"}).status_code == 202
        # A body whose length is not told takes all that one may, and there is room for one such only.
        pieces = iter([body])
        assert client.post("/epcis/capture", content=pieces, headers={"Content-Type": "application/json"}).status_code == 202
        refused = client.post("/epcis/capture", content=b" " * 1501, headers={"Content-Type": "application/json"})
        assert is_problem(refused, 413)
        refused = client.post(
            "/epcis/capture", content=iter([b" " * 900, b" " * 900]), headers={"Content-Type": "application/json"}
        )
        assert is_problem(refused, 413)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_address__others_are_reached_with_tls_only(host: str) -> None:
    with pytest.raises(UsageError, match="--certificate"):
        Address(host).check()
    Address(host, certificate=Path("a"), key=Path("b")).check()
    with pytest.raises(UsageError):
        Address("127.0.0.1", certificate=Path("a")).check()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.3.2.1"])
def test_address__this_machine(host: str) -> None:
    Address(host).check()


def test_openapi__describes_every_route(running: Running) -> None:
    with running.client() as client:
        described = client.get("/openapi.json").json()
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) > 60
    for operation in operations:
        assert operation["summary"]
        assert {"401", "421", "500", "503"} <= set(operation["responses"])
    names = {parameter["name"] for parameter in described["paths"]["/epcis/events"]["get"]["parameters"]}
    assert {"EQ_bizStep", "MATCH_anyEPC", "WD_bizLocation", "GE_errorDeclarationTime", "perPage", "nextPageToken"} <= names
