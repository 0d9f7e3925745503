"""Another repository that is slow, busy, half-open, forgetful, or grows while it is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from chaintwin.clock import SetClock
from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.http.epcis_http import EMPTY_PAGES_MAX, EpcisHttp
from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.interface import Batch, Run
from tests.ingest.connectors.sources import Repository, recorded_events, served

Fault = Callable[[BaseHTTPRequestHandler], None]


def read(address: str, *, since: str | None = None, slept: list[float] | None = None, **options: str) -> list[Batch]:
    waits = slept if slept is not None else []
    given = {name.replace("_", "-"): value for name, value in options.items()}
    return list(EpcisHttp().read(address, since=since, run=Run(SetClock(), waits.append, given)))


def numbers(batches: list[Batch]) -> list[str]:
    return [item.content.decode().split("011111.")[1].split('"')[0] for batch in batches for item in batch.items]


def test_read__pages_in_order_and_then_only_what_is_new() -> None:
    repository = Repository(recorded_events(250))
    with served(repository) as address:
        batches = read(address, per_page="100")
        assert numbers(batches) == [str(number) for number in range(250)]
        assert [query.get("nextPageToken") for query in repository.asked] == [None, "100", "200"]
        repository.events += recorded_events(20, first=250)
        assert numbers(read(address, since=batches[-1].cursor)) == [str(number) for number in range(250, 270)]


def test_read__events_of_the_last_time_of_record_that_become_visible_late() -> None:
    repository = Repository(recorded_events(30)[:29])
    with served(repository) as address:
        cursor = read(address)[-1].cursor
        late = recorded_events(30)[29]
        repository.events.append(late)
        assert numbers(read(address, since=cursor)) == ["29"]


def test_read__a_page_token_that_is_too_old() -> None:
    repository = Repository(recorded_events(250))
    with served(repository) as address:
        first = next(iter(EpcisHttp().read(address, since=None, run=Run(SetClock(), lambda _: None, {"per-page": "100"}))))
        repository.forgets_tokens = True
        rest = read(address, since=first.cursor, per_page="100")
        # What the first page had may come again, which does no harm; nothing is missing.
        assert set(numbers([first])) | set(numbers(rest)) == {str(number) for number in range(250)}


def test_read__a_page_token_that_leads_to_itself() -> None:
    repository = Repository(recorded_events(250))
    repository.link = '<http://elsewhere.example/events?nextPageToken=100>; rel="next"'
    with served(repository) as address, pytest.raises(SourceFailedError, match=r"again to the same.*allowed: .*fix: "):
        read(address, per_page="100")
    assert len(repository.asked) < 5


def test_read__pages_without_events_and_without_end() -> None:
    repository = Repository([])
    repository.is_endless = True
    with served(repository) as address, pytest.raises(SourceFailedError, match=r"pages in a row without.*allowed: .*fix: "):
        read(address)
    assert len(repository.asked) <= EMPTY_PAGES_MAX


def test_read__page_tokens_that_are_never_known() -> None:
    repository = Repository(recorded_events(250))
    repository.has_tokens = False
    with served(repository) as address, pytest.raises(SourceFailedError, match=r"404.*next page.*allowed.*fix: .*per-page"):
        read(address, per_page="100")
    assert len(repository.asked) < 10


@pytest.mark.parametrize(
    "link",
    [
        '<http://[elsewhere/events?nextPageToken={token}>; rel="next"',
        '<http://elsewhere.example/events?page=2>; rel="next"',
        "<;;==>; rel=next",
    ],
)
def test_read__links_that_are_none(link: str) -> None:
    repository = Repository(recorded_events(50))
    repository.link = link
    with served(repository) as address, pytest.raises(SourceFailedError, match=r"Link: found.*allowed: .*nextPageToken"):
        read(address, per_page="20")


@pytest.mark.parametrize(
    "source", ["https://me:{}@host/v2", "https://{}@host/v2", "http://me:{}@[host/v2", "http://me:{}@host:x"]
)
def test_read__a_password_in_the_address_is_refused_and_not_told(source: str) -> None:
    with pytest.raises(UsageError, match="token-file") as refused:
        read(source.format("pass-word"))
    assert "pass-word" not in str(refused.value)


def test_read__what_is_no_address() -> None:
    for source in ("http://host:x/", "http://[host/v2", "http://"):
        with pytest.raises(UsageError, match="no plain address"):
            read(source)


def busy(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(503)
    handler.send_header("Retry-After", "7")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def broken_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"type":')


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


def dripping_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        handler.wfile.write(b"X-Drip: 1\r\n" if number else b"")
        handler.wfile.flush()
        time.sleep(0.1)


def dripping_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


@pytest.mark.parametrize("fault", [busy, broken_off, silent, dripping_head, dripping_body])
def test_read__faults_that_pass(fault: Fault) -> None:
    repository = Repository(recorded_events(10))
    repository.faults = [fault, fault]
    slept: list[float] = []
    with served(repository) as address:
        begin = time.monotonic()
        assert len(numbers(read(address, slept=slept, timeout="0.5"))) == 10
        assert time.monotonic() - begin < 8
    assert slept == ([7.0, 7.0] if fault is busy else [0.5, 1.0])


def test_read__faults_that_do_not_pass() -> None:
    repository = Repository([])
    with served(repository) as address:
        repository.faults = [busy] * 3
        with pytest.raises(SourceFailedError, match="the answer 503, 3 times"):
            read(address, tries="3")

        def refuse(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(401)
            handler.send_header("Content-Length", "2")
            handler.end_headers()
            handler.wfile.write(b"no")

        repository.faults = [refuse]
        with pytest.raises(SourceFailedError, match="401 'no'"):
            read(address)

        def elsewhere(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", "http://169.254.0.1/")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        repository.faults = [elsewhere]
        with pytest.raises(SourceFailedError, match="302"):
            read(address)
    with pytest.raises(SourceFailedError, match="ConnectError"):
        read(address, tries="2")


def test_read__token_and_query(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n", encoding="ascii")
    token.chmod(0o644)
    repository = Repository(recorded_events(1))
    with served(repository) as address:
        with pytest.raises(UsageError, match="chmod 600"):
            read(address, token_file=str(token))
        token.chmod(0o600)
        read(address, token_file=str(token), query="EQ_bizStep=shipping")
        assert repository.asked[0]["authorization"] == "Bearer secret"
        assert repository.asked[0]["EQ_bizStep"] == "shipping"
        for options in ({"query": "perPage=5"}, {"overlap": "-1"}, {"timeout": "soon"}, {"nothing": "1"}):
            with pytest.raises(UsageError, match="allowed"):
                read(address, **options)
    with pytest.raises(UsageError, match="no plain address"):
        read("http://host/x?y=1")
