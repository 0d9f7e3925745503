"""A small server that receives what subscriptions send."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """What came, and how to answer: the statuses in turn, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def documents(self) -> list[Any]:
        return [json.loads(body) for body in self.bodies]

    def events(self) -> list[dict[str, Any]]:
        """Return the events of all messages that were taken."""
        return [one for got in self.documents() for one in got["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]

    def is_signed(self, token: str) -> bool:
        return all(
            headers["gs1-signature"] == "sha256=" + hmac.digest(token.encode(), body, "sha256").hex()
            for headers, body in zip(self.headers, self.bodies, strict=True)
        )


@contextmanager
def receiver(*answers: int) -> Iterator[Received]:
    """Run a receiver on a free port of this machine."""
    received = Received(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = received.answers.pop(0) if received.answers else 200
            if status == 200:
                received.headers.append({name.lower(): value for name, value in self.headers.items()})
                received.bodies.append(body)
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", received.url + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *about: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        received.url = f"http://127.0.0.1:{listening.server_address[1]}"
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield received
        listening.shutdown()
