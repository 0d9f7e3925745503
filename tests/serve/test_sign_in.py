"""Browsers: how one signs in, what its session may do, and what no other page can make it do."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chaintwin.clock import SECOND, SetClock
from chaintwin.guard.tokens import token_hash
from chaintwin.serve.guarding.headers import PAGE_POLICY, STRICT_TRANSPORT, headers_for
from chaintwin.serve.guarding.principals import ADMINS, POLICY, Principal, Role, check_role, rule_of
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import SessionLimits, Settings
from chaintwin.serve.signing_in.sessions import ONCE_SECONDS, Sessions, cookie_name, cookie_of
from chaintwin.store.opening import open_store
from tests.serve.running import TOKEN, Running, eventually, server
from tests.serve.test_access import is_problem

JOB = {"kind": "fork"}


def browser(running: Running, **headers: str) -> httpx.Client:
    """Return a client without a token; it keeps cookies as a browser does."""
    return httpx.Client(base_url=running.url, headers=headers, timeout=60, trust_env=False)


def own(running: Running) -> dict[str, str]:
    """Return what a browser says of a request that a page of the server makes."""
    return {"Origin": running.url, "Sec-Fetch-Site": "same-origin"}


@contextmanager
def signed_in(running: Running, token: str = TOKEN) -> Iterator[httpx.Client]:
    """Yield a browser that signed in."""
    with browser(running) as found:
        answer = found.post("/api/v1/session", json={"token": token}, headers=own(running))
        assert answer.status_code == 201, answer.text
        yield found


def test_sign_in__the_token_is_exchanged_for_a_cookie_that_no_script_reads(running: Running) -> None:
    with browser(running) as page:
        assert is_problem(page.get("/api/v1/state"), 401)
        answer = page.post("/api/v1/session", json={"token": TOKEN}, headers=own(running))
        assert answer.status_code == 201
        assert answer.json()["role"] == "admin"
        assert TOKEN not in answer.text
        (cookie,) = answer.headers.get_list("set-cookie")
        assert re.match(rf"chaintwin-{httpx.URL(running.url).port}=[\w-]{{43}}; ", cookie)
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert page.get("/api/v1/state").status_code == 200
        assert page.get("/api/v1/session").json()["principal"].startswith("session:")
        # What lets in is random and lies nowhere in the clear.
        secret = cookie.partition("=")[2].partition(";")[0]
        assert secret.encode() not in (running.folder / "log.db").read_bytes()


def test_sign_in__wrong_tokens_are_refused_and_counted(tmp_path: Path) -> None:
    with server(tmp_path, sessions={"attempts": 3}) as running, browser(running, **own(running)) as page:
        for _ in range(3):
            assert is_problem(page.post("/api/v1/session", json={"token": "ct_wrong"}), 401)
        refused = page.post("/api/v1/session", json={"token": "ct_wrong"})
        assert is_problem(refused, 429)
        assert refused.headers["retry-after"] == "60"
        # Who guesses locks nobody out.
        assert page.post("/api/v1/session", json={"token": TOKEN}).status_code == 201
        for body in ({}, {"token": 1}, {"token": TOKEN, "more": 1}, []):
            assert is_problem(page.post("/api/v1/session", json=body), 400)
        assert is_problem(page.post("/api/v1/session", data={"token": TOKEN}), 415)


def test_once__signs_in_one_time_soon_and_with_its_token_only(tmp_path: Path) -> None:
    clock, kept = SetClock(now=0), Settings((token_hash("known"),))
    with open_store(tmp_path / "log.db") as store:
        sessions = Sessions(store, clock=clock, settings=kept)
        code = sessions.once("known")
        assert "known" not in code
        secret, session = sessions.open(code, role="admin")
        assert session.token == token_hash("known")
        assert sessions.of_cookies(f"chaintwin-80={secret}", port=80, is_secure=False) == session
        late, other = sessions.once("known"), sessions.once("unknown")
        clock.advance((ONCE_SECONDS - 1) * SECOND)
        for wrong in (code, other, ""):
            with pytest.raises(ProblemError) as refused:
                sessions.open(wrong, role="admin")
            assert refused.value.status == 401
        clock.advance(SECOND)
        with pytest.raises(ProblemError):
            sessions.open(late, role="admin")
        assert sessions.all() == [session]


def test_session__changes_nothing_unless_a_page_of_the_server_asks(running: Running) -> None:
    with signed_in(running) as page:
        for hostile in (
            {},
            {"Sec-Fetch-Site": "none"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": running.url.replace("http:", "https:")},
            {"Origin": running.url + ".evil.example"},
        ):
            for method, path, body in (
                ("POST", "/api/v1/jobs", JOB),
                ("POST", "/epcis/capture", {}),
                ("DELETE", "/api/v1/session", None),
                ("DELETE", "/epcis/queries/none", None),
            ):
                assert is_problem(page.request(method, path, json=body, headers=hostile), 403), (hostile, method, path)
        # The same requests of its own pages are heard, and so is a program that shows the token and says no origin.
        assert is_problem(page.post("/api/v1/jobs", json=JOB, headers=own(running)), 404)
        assert is_problem(page.post("/api/v1/jobs", json=JOB, headers={"Sec-Fetch-Site": "same-origin"}), 404)
    with running.client() as program:
        assert is_problem(program.post("/api/v1/jobs", json=JOB), 404)


def test_session__takes_no_form_of_content_that_any_page_may_send(running: Running) -> None:
    with signed_in(running) as page:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            headers = own(running) | {"Content-Type": kind}
            for path in ("/api/v1/jobs", "/api/v1/uploads?name=a.csv", "/api/v1/session", "/epcis/capture", "/epcis/queries"):
                assert is_problem(page.post(path, content=b'{"kind": "fork"}', headers=headers), 415), (kind, path)


def test_session__a_socket_is_opened_by_pages_of_the_server_only(running: Running) -> None:
    with running.client() as program:
        program.post("/epcis/queries", json={"name": "all-of-session", "query": {"eventType": ["ObjectEvent"]}})
    url = running.url.replace("http", "ws") + "/epcis/queries/all-of-session/events?stream=true"
    with signed_in(running) as page:
        cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
        for origin in (None, "https://evil.example", "null"):
            with pytest.raises(InvalidStatus) as refused:
                connect(url, additional_headers={"Cookie": cookie}, origin=origin, proxy=None)  # type: ignore[arg-type]
            assert refused.value.response.status_code == 403
        with connect(url, additional_headers={"Cookie": cookie}, origin=running.url, proxy=None) as socket:  # type: ignore[arg-type]
            assert socket.ping().wait(10)


def test_session__ends_at_once_with_its_streams_when_it_is_revoked(running: Running) -> None:
    with signed_in(running) as page, signed_in(running) as other:
        with (
            page.stream("GET", "/api/v1/changes", timeout=20) as stream,
            other.stream("GET", "/api/v1/changes", timeout=1) as open_,
        ):
            lines, others = stream.iter_lines(), open_.iter_lines()
            assert next(lines).startswith("retry")
            assert next(others).startswith("retry")
            with httpx.Client(base_url=running.url, cookies=page.cookies, trust_env=False) as leaving:
                assert leaving.delete("/api/v1/session", headers=own(running)).status_code == 204
            began = time.monotonic()
            list(lines)
            assert time.monotonic() - began < 5
            # The stream of another session goes on.
            with pytest.raises(httpx.ReadTimeout):
                list(others)
        assert is_problem(page.get("/api/v1/state"), 401)
        assert other.get("/api/v1/state").status_code == 200
        # An administrator can revoke that of another browser, too.
        name = other.get("/api/v1/session").json()["principal"]
        with running.client() as program:
            assert name in {one["principal"] for one in program.get("/api/v1/sessions").json()["member"]}
            assert program.delete(f"/api/v1/sessions/{name}").status_code == 204
        assert is_problem(other.get("/api/v1/state"), 401)


def test_session__a_wrong_token_is_not_made_good_by_a_cookie(running: Running) -> None:
    with signed_in(running) as page:
        assert is_problem(page.get("/api/v1/state", headers={"Authorization": "Bearer ct_wrong"}), 401)


def test_session__outlasts_a_restart_but_not_its_token(tmp_path: Path) -> None:
    with server(tmp_path) as running, signed_in(running) as page:
        port = httpx.URL(running.url).port
        secret = page.cookies[cookie_name(port or 0, is_secure=False)]

    def asks(running: Running) -> int:
        name = cookie_name(httpx.URL(running.url).port or 0, is_secure=False)
        with browser(running, Cookie=f"{name}={secret}") as page:
            return page.get("/epcis/").status_code

    with server(tmp_path) as running:
        assert asks(running) == 200
    with server(tmp_path, token="ct_another-token-for-tests-0123456789") as running:
        assert asks(running) == 401


def test_session__is_over_after_its_time(tmp_path: Path) -> None:
    with server(tmp_path, sessions={"seconds": 2}) as running, signed_in(running) as page:
        assert page.get("/epcis/").status_code == 200
        with page.stream("GET", "/epcis/") as answer:
            answer.read()
        eventually(lambda: page.get("/epcis/").status_code == 401, within=10)


def test_sessions__idle_ones_and_those_beyond_the_most_end(tmp_path: Path) -> None:
    clock = SetClock(now=10**15)
    settings = Settings((token_hash(TOKEN),), sessions=SessionLimits(seconds=100, idle_seconds=10, most=2))
    with open_store(tmp_path / "log.db", clock=clock) as store:
        sessions = Sessions(store, clock=clock, settings=settings)
        secrets = []
        for _ in range(3):
            clock.advance(1_000_000)
            secrets.append(sessions.open(TOKEN, role="admin")[0])
        cookies = [f"a=b; {cookie_name(80, is_secure=False)}={secret}" for secret in secrets]
        found = [sessions.of_cookies(cookie, port=80, is_secure=False) is not None for cookie in cookies]
        assert found == [False, True, True]
        assert sessions.of_cookies(cookies[2], port=81, is_secure=False) is None
        for _ in range(3):
            clock.advance(8_000_000)
            assert sessions.of_cookies(cookies[2], port=80, is_secure=False) is not None
        assert sessions.of_cookies(cookies[1], port=80, is_secure=False) is None
        assert len(sessions.all()) == 1


def test_cookie__by_tls_only_where_there_is_tls() -> None:
    assert cookie_of("s", port=443, is_secure=True, seconds=5).startswith("__Host-chaintwin-443=s; ")
    assert "; Secure" in cookie_of("s", port=443, is_secure=True, seconds=5)
    assert "Secure" not in cookie_of("s", port=80, is_secure=False, seconds=5)


def test_pages__run_and_load_nothing_but_files_of_the_server(running: Running) -> None:
    with browser(running) as page:
        text = page.get("/sign-in")
        assert text.headers["content-security-policy"].encode() == PAGE_POLICY
        assert "unsafe" not in text.headers["content-security-policy"]
        assert not re.search(r"<style|<script(?![^>]*\bsrc=\"/)|\bstyle=|\bon\w+=|https?:", text.text)
        for path in re.findall(r"(?:src|href)=\"([^\"]+)\"", text.text):
            assert page.get(path).status_code == 200, path
        data = page.get("/health/live").headers
        assert data["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        for found in (text.headers, data):
            assert found["x-content-type-options"] == "nosniff"
            assert found["referrer-policy"] == "no-referrer"
            assert found["x-frame-options"] == "DENY"
            assert found["cross-origin-opener-policy"] == "same-origin"
            assert "strict-transport-security" not in found
    assert STRICT_TRANSPORT in headers_for([], is_secure=True)
    # What an answer says of itself is not said twice.
    own_policy = (b"Content-Security-Policy", b"default-src 'self'")
    assert b"content-security-policy" not in dict(headers_for([own_policy], is_secure=False))


def test_pages__a_link_elsewhere_may_open_them_and_nothing_else(running: Running) -> None:
    opened = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    framed = opened | {"Sec-Fetch-Dest": "iframe"}
    with browser(running) as page:
        assert page.get("/sign-in", headers=opened).status_code == 200
        for path, headers in (("/sign-in", framed), ("/sign-in.js", opened), ("/api/v1/health", opened)):
            assert is_problem(page.get(path, headers=headers), 403), path


def test_policy__names_every_route_and_leaves_the_rest_to_administrators(running: Running) -> None:
    with running.client() as client:
        described = client.get("/openapi.json").json()["paths"]
    for path, operations in described.items():
        filled = re.sub(r"\{\w+\}", "x", path)
        for method, operation in operations.items():
            rule = rule_of(method.upper(), filled)
            assert rule is not None, (method, path)
            assert (rule.roles is None) == ({} in operation.get("security", [])), (method, path)
    assert rule_of("POST", "/api/v1/else") is None
    check_role(Principal("a", Role.ADMIN), method="POST", path="/api/v1/else")
    for role in set(Role) - ADMINS:
        with pytest.raises(ProblemError, match="role"):
            check_role(Principal("a", role), method="POST", path="/api/v1/else")
    for role, method, path, may in (
        (Role.VIEWER, "GET", "/api/v1/state", True),
        (Role.VIEWER, "POST", "/api/v1/jobs", False),
        (Role.ANALYST, "POST", "/api/v1/jobs", True),
        (Role.ANALYST, "POST", "/epcis/capture", False),
        (Role.PARTNER_INGEST, "POST", "/epcis/capture", True),
        (Role.PARTNER_INGEST, "GET", "/api/v1/state", False),
        (Role.AUDITOR, "DELETE", "/api/v1/sessions/x", False),
    ):
        rule = rule_of(method, path)
        assert rule is not None
        assert rule.roles is not None
        assert (role in rule.roles) == may, (role, method, path)
    assert sum(rule.roles is None for rule in POLICY) == 4
