"""Malformed requests, byte by byte, each made of a seed and a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes

from chaintwin.events.queries.parameters import fixed_parameters
from chaintwin.events.xml import write_xml
from tests.serve.malforming.spoiling import Text, spoiled, spoiled_bytes, spoiled_xml
from tests.serve.malforming.templates import (
    QUERIES,
    REFUSED_QUERY,
    REFUSED_SUBSCRIPTION,
    SUBSCRIPTIONS,
    TARGETS,
    documents,
    refused_documents,
)
from tests.serve.running import TOKEN

JSON, XML = b"application/json", b"application/xml"
TYPES = (
    JSON,
    b"application/ld+json",
    XML,
    b"text/xml",
    b"text/plain",
    b"",
    b"x",
    b"application/json; charset=latin-1",
    b"*/*",
    b"/" * 300,
)
ODD_TEXTS = (
    *(
        b"",
        b" ",
        b"x",
        b"\xff",
        b"-1",
        b"1" * 400,
        b"a" * 3_000,
        b"::",
        b"%",
        b"*",
        b"*" * 50,
        b"urn:",
        b"urn:epc:idpat:sgtin:*.*",
        b"../..",
    ),
    *(
        b"2026-02-30T00:00:00Z",
        b"9999-12-31T23:59:59Z",
        b"1e999",
        b"NaN",
        b"true",
        b"{}",
        b"[]",
        b"null",
        b"\x00",
        b"a|b|" * 200,
        b"\xc3\xa4",
    ),
    *(
        b"shipping",
        b"ObjectEvent",
        b"urn:epc:id:sgtin:0614141.107346.1",
        b"EPCISDocument",
        b"ct:x",
        b"a=b,c=d",
        b"0",
        b"1",
        b"2.0.1",
        b"9.9",
    ),
)
NAMES = (
    *(name.encode() for name in fixed_parameters()),
    *(
        b"orderBy",
        b"orderDirection",
        b"eventCountLimit",
        b"maxEventCount",
        b"perPage",
        b"nextPageToken",
        b"at",
        b"known",
        b"table",
        b"path",
    ),
    *(
        b"size",
        b"after",
        b"EQ_a:b",
        b"EQ_INNER_ct:x",
        b"GE_ct:x",
        b"EXISTS_x",
        b"HASATTR_readPoint",
        b"EQATTR_bizLocation_x",
        b"WD_readPoint",
    ),
)
HEADERS = (
    *(b"Accept", b"GS1-EPCIS-Version", b"GS1-CBV-Version", b"GS1-EPCIS-Min", b"GS1-EPCIS-Max", b"GS1-CBV-Min", b"GS1-Extensions"),
    *(b"GS1-EPC-Format", b"GS1-CBV-XML-Format", b"GS1-Capture-Error-Behaviour", b"Last-Event-ID", b"Content-Encoding", b"Origin"),
    *(
        b"Sec-Fetch-Site",
        b"Accept-Encoding",
        b"Expect",
        b"Range",
        b"X-Forwarded-For",
        b"Cookie",
        b"If-None-Match",
        b"TE",
        b"Upgrade",
    ),
)
HEADER_VALUES = (
    *(
        b"",
        b"x",
        b"2.0",
        b"1.2.0",
        b"9.0.0",
        b"a=b",
        b"proceed",
        b"*/*;q=9",
        b"application/xml",
        b"1." * 50,
        b"gzip",
        b"\xe4",
        b"cross-site",
    ),
    *(
        b"http://evil.example",
        b"Never_Translates",
        b"ex=http://x.example/,ey=urn:y:",
        b"bytes=0-",
        b"a" * 5_000,
        b"," * 400,
        b"-1",
        b"h2c",
    ),
)
METHODS = (b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE")
TAKEN_SHARE = 0.05
HOST = b"Host: localhost\r\n"
BEARER = b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent.

    Parameters
    ----------
    kind : name of what it was made from. content : bytes. is_alone : whether nothing else can follow on its connection.
    patience : seconds to wait for the first byte of an answer, where there may be none.
    """

    kind: str
    content: bytes
    is_alone: bool = False
    patience: float = 0.0


class Malformed:
    """Makes malformed requests.

    Parameters
    ----------
    seed : the same one makes the same requests.
    """

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.texts = [Text(one) for one in documents()]
        self.xml = [write_xml(one) for one in documents() if isinstance(one, dict) and "epcisBody" in one]
        self.refused = [Text(one) for one in refused_documents()]
        self.refused_xml = [write_xml(one) for one in refused_documents() if "epcisBody" in one]
        self.queries, self.subscriptions = [Text(one) for one in QUERIES], [Text(one) for one in SUBSCRIPTIONS]
        self.refused_query, self.refused_subscription = [Text(REFUSED_QUERY)], [Text(REFUSED_SUBSCRIPTION)]
        self._ways: tuple[tuple[Callable[[], Sent], float], ...] = (
            *((self.capture, 30), (self.capture_xml, 14), (self.one_event, 13), (self.question, 24), (self.wrong_header, 5)),
            *((self.named_query, 4), (self.subscription, 3), (self.path, 3), (self.changes, 0.7), (self.socket, 0.5)),
            *((self.broken, 1.5), (self.cut, 0.8), (self.wrong_length, 0.5)),
        )

    def some(self, count: int) -> Iterator[Sent]:
        """Yield so many requests."""
        ways, weights = [way for way, _ in self._ways], [weight for _, weight in self._ways]
        total = [sum(weights[: place + 1]) for place in range(len(weights))]
        for _ in range(count):
            (way,) = self.chance.choices(ways, cum_weights=total)
            yield way()

    def capture(self) -> Sent:
        """Return a document of JSON with faults."""
        return Sent(
            "capture JSON", self._posted(b"/epcis/capture", self._spoiled(self._mostly(self.refused, self.texts)), kind=JSON)
        )

    def capture_xml(self) -> Sent:
        """Return a document of XML with faults."""
        body = spoiled_xml(self._one(self._mostly(self.refused_xml, self.xml)), self.chance)
        return Sent("capture XML", self._posted(b"/epcis/capture", body, kind=XML))

    def one_event(self) -> Sent:
        """Return a single event with faults."""
        return Sent(
            "single event", self._posted(b"/epcis/events", self._spoiled(self._mostly(self.refused, self.texts)), kind=JSON)
        )

    def named_query(self) -> Sent:
        """Return a named query with faults."""
        return Sent(
            "named query",
            self._posted(b"/epcis/queries", self._spoiled(self._mostly(self.refused_query, self.queries)), kind=JSON),
        )

    def subscription(self) -> Sent:
        """Return a subscription with faults."""
        target = b"/epcis/queries/known/subscriptions"
        body = self._spoiled(self._mostly(self.refused_subscription, self.subscriptions))
        return Sent("subscription", self._posted(target, body, kind=JSON))

    def question(self) -> Sent:
        """Return a question whose parameters are wrong."""
        target = self._one(TARGETS).encode()
        path, _, query = target.partition(b"?")
        parameters = query.split(b"&") if query else []
        for _ in range(self.chance.randrange(1, 4)):
            draw = self.chance.random()
            if draw < 0.5 or not parameters:
                parameters.append(self._one(NAMES) + b"=" + _safe(self._one(ODD_TEXTS)))
            elif draw < 0.7:
                at = self.chance.randrange(len(parameters))
                parameters[at] = parameters[at].partition(b"=")[0] + b"=" + _safe(self._one(ODD_TEXTS))
            elif draw < 0.8:
                parameters.append(self._one(parameters))
            elif draw < 0.9:
                path = _UNSAFE.sub(b"%", spoiled_bytes(path, self.chance))
            else:
                parameters.append(self._one((b"%zz=1", b"=&=&=", b"a" * 200, b"&&&", b"%00=%00", b"+=+", b";", b"a=1&" * 300)))
        target = b"/" + path.lstrip(b"/") + b"?" + _UNSAFE.sub(b"%", b"&".join(parameters))
        return Sent("question", self._asked(b"GET", target))

    def wrong_header(self) -> Sent:
        """Return a request whose headers are wrong."""
        draw = self.chance.random()
        if draw < 0.3:
            host = self._one((HOST, b"Host: evil.example\r\n", b"Host: [::1\r\n", b"Host:\r\n", b"", HOST + HOST))
            bearer = self._one(
                (b"", b"Authorization: Bearer \r\n", b"Authorization: Bearer x\r\n", b"Authorization: Basic eA==\r\n", BEARER)
            )
            return Sent("header", b"GET /api/v1/state HTTP/1.1\r\n" + host + bearer + b"\r\n")
        many = [self._header() for _ in range(self.chance.randrange(1, 60 if draw < 0.4 else 4))]
        if draw < 0.7:
            body = self._spoiled(self.texts)
            return Sent("header", self._posted(b"/epcis/capture", body, kind=self._one(TYPES), headers=b"".join(many)))
        return Sent("header", self._asked(b"GET", self._one(TARGETS).encode(), headers=b"".join(many)))

    def path(self) -> Sent:
        """Return a request for what there is not, or with a method that is none of it."""
        if self.chance.random() < 0.5:
            # The known query stays, so that others can be asked for subscriptions to it.
            return Sent(
                "path", self._asked(self._one(METHODS), self._one(TARGETS).replace("queries/known", "queries/none").encode())
            )
        signs = b"aepcis%.:{}~0;@!$'()*+,-/"
        path = bytes(self.chance.choice(signs) for _ in range(self.chance.randrange(24)))
        return Sent(
            "path", self._asked(self._one(METHODS), b"/" + path.lstrip(b"/") + b"x" * self.chance.choice([0, 0, 0, 20_000]))
        )

    def changes(self) -> Sent:
        """Return a request for changes that begins nowhere; what begins somewhere after all is left again."""
        header = b"Last-Event-ID: " + _UNSAFE.sub(b"", self._one(ODD_TEXTS)) + b"\r\n"
        return Sent(
            "changes", self._asked(b"GET", b"/api/v1/changes?after=" + _safe(self._one(ODD_TEXTS)), headers=header), True, 2.0
        )

    def socket(self) -> Sent:
        """Return a handshake of a WebSocket with faults, and frames that are none."""
        key = self._one((b"dGhlIHNhbXBsZSBub25jZQ==", b"x", b"", b"a" * 500))
        version = self._one((b"13", b"13", b"8", b"x", b""))
        headers = (
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: " + key + b"\r\nSec-WebSocket-Version: " + version
        )
        target = self._one(
            (b"/epcis/queries/known/events?stream=true", b"/epcis/queries/x/events", b"/epcis/queries/known/events?", b"/x")
        )
        if self.chance.random() < 0.5:
            target += b"&" + self._one(NAMES) + b"=" + _safe(self._one(ODD_TEXTS))
        frames = self.chance.randbytes(self.chance.randrange(40))
        return Sent("socket", self._asked(b"GET", target, headers=headers + b"\r\n") + frames, True, 2.0)

    def broken(self) -> Sent:
        """Return what is no HTTP, or hardly."""
        draw = self.chance.random()
        whole = self._asked(b"GET", b"/epcis/events?perPage=1")
        if draw < 0.3:
            content = self.chance.randbytes(self.chance.randrange(1, 300))
        elif draw < 0.6:
            content = spoiled_bytes(whole, self.chance)
        else:
            content = self._one(
                (
                    whole.replace(b"HTTP/1.1", b"HTTP/9.9"),
                    whole.replace(b"\r\n", b"\n"),
                    whole.replace(b"GET", b"G T"),
                    b"\x16\x03\x01\x02\x00",
                    whole.replace(b": ", b" : "),
                    b"HEAD" + whole[3:],
                    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                    whole[:-2] + b"X" * 100_000 + b": 1\r\n\r\n",
                    b"GET " + b"/a" * 40_000 + whole[10:],
                    whole[:-2] + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
                    b"\r\n" * 2_000,
                    whole[:-2] + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
                    b"GET http://[ HTTP/1.1\r\n" + HOST + b"\r\n",
                    b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
                    b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n",
                    b"GET  HTTP/1.1\r\n\r\n",
                )
            )
        return Sent("broken", content, True, 0.2)

    def cut(self) -> Sent:
        """Return a request that ends before its end."""
        whole = self._posted(b"/epcis/capture", self._one(self.texts).content, kind=JSON)
        return Sent("cut", whole[: self.chance.randrange(1, len(whole))], True, 0.0)

    def wrong_length(self) -> Sent:
        """Return a body whose length is not what is said, or is said in a form that there is not."""
        length = self._one(
            (
                b"Content-Length: 99999999999",
                b"Content-Length: 17000000",
                b"Content-Length: -1",
                b"Content-Length: x",
                b"Content-Length: 1",
                b"Transfer-Encoding: chunked",
                b"Transfer-Encoding: x",
                b"Transfer-Encoding: gzip, chunked",
            )
        )
        body = self._one((b"{}", b"5\r\n{}\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n", b"2\r\n{}\r\n0\r\n\r\n", b"zz\r\n{}\r\n"))
        head = b"POST /epcis/capture HTTP/1.1\r\n" + HOST + BEARER + b"Content-Type: application/json\r\n" + length + b"\r\n\r\n"
        return Sent("length", head + body, True, 0.2)

    def _one(self, found: Any) -> Any:
        return found[int(self.chance.random() * len(found))]

    def _mostly(self, refused: list[Any], taken: list[Any]) -> list[Any]:
        """Return what would be taken but for the faults that are added, now and then: what is taken makes the log grow."""
        return taken if self.chance.random() < TAKEN_SHARE else refused

    def _spoiled(self, texts: list[Text]) -> bytes:
        return spoiled(self._one(texts), self.chance)

    def _header(self) -> bytes:
        return self._one(HEADERS) + b": " + self._one(HEADER_VALUES) + b"\r\n"

    def _asked(self, method: bytes, target: bytes, *, headers: bytes = b"") -> bytes:
        return method + b" " + target + b" HTTP/1.1\r\n" + HOST + BEARER + headers + b"\r\n"

    def _posted(self, target: bytes, body: bytes, *, kind: bytes, headers: bytes = b"") -> bytes:
        if self.chance.random() < 0.03:
            kind, headers = self._one(TYPES), headers + self._header()
        if self.chance.random() < 0.01:
            headers += b"GS1-Capture-Error-Behaviour: proceed\r\n"
        size = b"Content-Length: %d\r\n\r\n" % len(body)
        return b"POST " + target + b" HTTP/1.1\r\n" + HOST + BEARER + b"Content-Type: " + kind + b"\r\n" + headers + size + body


def valid_bodies() -> list[tuple[bytes, bytes]]:
    """Return (media type, body) of what is spoiled, before it is."""
    made = Malformed(0)
    return [(JSON, text.content) for text in made.texts] + [(XML, text) for text in made.xml]


def _safe(text: bytes) -> bytes:
    return quote_from_bytes(text, safe="/:*=,").encode()


_UNSAFE = re.compile(rb"[^A-Za-z0-9/%&=._~:;,@!$'()*+-]")
