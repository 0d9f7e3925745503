"""Sources of events for tests: files in every form, and a small EPCIS repository on a local port."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://example.org/"}]
START = "2026-01-01T00:00:00.000Z"


def event(number: int) -> dict[str, Any]:
    """Return one good event, another for every number."""
    minute, second = divmod(number, 60)
    hour, minute = divmod(minute, 60)
    day, hour = divmod(hour, 24)
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-01-{1 + day:02}T{hour:02}:{minute:02}:{second:02}.000Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": [f"urn:epc:id:sgtin:4012345.011111.{number}"],
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.987"},
        "ex:note": 'says "}]{[" \\ and more',
    }


def document(events: list[dict[str, Any]], *, late_context: bool = False) -> dict[str, Any]:
    head: dict[str, Any] = {"type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": START}
    body = {"epcisBody": {"eventList": events}}
    return head | body | {"@context": CONTEXT} if late_context else {"@context": CONTEXT} | head | body


def json_file(folder: Path, count: int) -> str:
    path = folder / "events.json"
    path.write_text(json.dumps(document([event(number) for number in range(count)], late_context=True)), encoding="utf-8")
    return str(path)


def lines_file(folder: Path, count: int) -> str:
    path = folder / "events.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            # Some lines are documents of their own, with several events.
            one = event(number)
            if number % 50 == 0:
                file.write(json.dumps(document([one])) + "\n")
            elif number % 50 == 1:
                file.write("\n")
                file.write(json.dumps({"@context": CONTEXT} | one) + "\r\n")
            else:
                file.write(json.dumps({key: value for key, value in one.items() if key != "ex:note"}) + "\n")
    return str(path)


def xml_file(folder: Path, count: int, *, padding: int = 0) -> str:
    path = folder / "events.xml"
    with path.open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" '
            f'xmlns:ex="https://example.org/" schemaVersion="2.0" creationDate="{START}"><EPCISBody><EventList>\n'
        )
        for number in range(count):
            one = event(number)
            file.write(
                f"<ObjectEvent><eventTime>{one['eventTime']}</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>"
                f"<epcList><epc>{one['epcList'][0]}</epc></epcList><action>OBSERVE</action>"
                "<bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>"
                f"<readPoint><id>{one['readPoint']['id']}</id></readPoint>"
                f"<ex:note>{'x' * padding}&lt;</ex:note></ObjectEvent>\n"
            )
        file.write("</EventList></EPCISBody></epcis:EPCISDocument>\n")
    return str(path)


def folder_of_files(folder: Path, count: int) -> str:
    """Write the events over several files of every form; those of another kind in between are none of ours."""
    (folder / "notes.txt").write_text("nothing")
    (folder / ".hidden.json").write_text("{")
    (folder / "a.json.part").write_text("{")
    parts = ((lines_file, 0, "1.jsonl"), (json_file, 1, "2.json"), (json_file, 2, "3.jsonld"))
    for write, place, name in parts:
        write(folder, count)
        made = folder / ("events.jsonl" if write is lines_file else "events.json")
        if place:
            # Every file has events of its own.
            first, size = place * 100_000, count // 3
            made.write_text(json.dumps(document([event(first + number) for number in range(size)])), encoding="utf-8")
        made.rename(folder / name)
    return str(folder)


class Repository:
    """A small EPCIS repository: ``GET /events`` in pages, ordered by time of record; ``faults`` come first, one a question."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.events = events
        self.faults: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.asked: list[dict[str, str]] = []
        self.forgets_tokens = False
        self.has_tokens = True
        self.is_endless = False
        self.link = '<http://elsewhere.example/events?perPage={size}&nextPageToken={token}>; rel="next"'

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}
        self.asked.append(query | {"authorization": handler.headers.get("Authorization", "")})
        if self.faults:
            self.faults.pop(0)(handler)
            return
        token = query.get("nextPageToken")
        if token is not None and not self.has_tokens:
            _send(handler, 404, b"{}")
            return
        if token is not None and self.forgets_tokens:
            self.forgets_tokens = False
            _send(handler, 404, b"{}")
            return
        since = query.get("GE_recordTime", "")
        found = [one for one in self.events if one["recordTime"] >= since]
        size, begin = int(query.get("perPage", 30)), int(token or 0)
        page = found[begin : begin + size]
        body = {
            "@context": CONTEXT,
            "type": "EPCISQueryDocument",
            "schemaVersion": "2.0",
            "creationDate": START,
            "epcisBody": {"queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": page}}},
        }
        more = {}
        if self.is_endless or begin + size < len(found):
            more = {"Link": self.link.format(size=size, token=begin + size)}
        _send(handler, 200, json.dumps(body).encode(), more)


def recorded_events(count: int, *, first: int = 0) -> list[dict[str, Any]]:
    """Return events with times of record, three at each."""
    return [event(number) | {"recordTime": f"2026-02-01T{number // 3 // 3600:02}:{number // 3 // 60 % 60:02}:"
                             f"{number // 3 % 60:02}.000Z"} for number in range(first, first + count)]  # fmt: skip


def served(repository: Repository) -> AbstractContextManager[str]:
    """Return a context that gives the address of a repository while it is served."""
    return served_by(repository.answer)


@contextmanager
def served_by(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Yield an address at which every question is answered so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/epcis"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
