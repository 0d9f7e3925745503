"""What a server may be asked for, and how much of it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names by which a server that listens on this machine only may be called."""

EVENTS_HEADER = "GS1-EPCIS-Capture-Limit"
ELEMENTS_HEADER = "Chaintwin-Capture-Element-Limit"
"""Headers that tell how much one captured document may hold; the standard has none for elements of master data."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one server takes; what is above is refused with a reason, so that memory and time stay bounded.

    Parameters
    ----------
    capture_events, capture_elements : events and elements of master data in one captured document. capture_bytes : bytes of it.
    body_bytes : bytes of any other body.
    bodies_bytes : bytes of all bodies that are held at one time. requests : requests that are worked on at one time.
    streams : connections that stay open for changes or subscriptions. subscriptions, queries : how many are kept.
    url_bytes : bytes of a path with its parameters. header_bytes : bytes of all headers.
    body_seconds : time in which a body has to arrive. request_seconds : time in which an answer has to begin.
    send_seconds : time that a reader of changes or of a WebSocket has to take one message, and any reader to take the rest of a
        connection that was closed; who is slower is cut off.
    page : most events on one page. token_seconds : how long a token of a next page counts. jobs : reports that are kept.
    """

    capture_events: int = 10_000
    capture_elements: int = 10_000
    capture_bytes: int = 16 * 1024 * 1024
    body_bytes: int = 64 * 1024
    bodies_bytes: int = 128 * 1024 * 1024
    requests: int = 256
    streams: int = 64
    subscriptions: int = 200
    queries: int = 1_000
    url_bytes: int = 16 * 1024
    header_bytes: int = 32 * 1024
    body_seconds: float = 30.0
    request_seconds: float = 60.0
    send_seconds: float = 30.0
    page: int = 1_000
    token_seconds: int = 24 * 3600
    jobs: int = 10_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server is run.

    Parameters
    ----------
    token_hashes : hashes of the bearer tokens that are let in, as the guard keeps them.
    hosts : names and numbers of machines that are answered, as in ``Host`` without port; numbers of IPv6 are put into brackets.
        Any other may be a name that was bound to this address.
    origins : values of ``Origin`` that are answered besides the server's own.
    webhook_hosts : hosts that subscriptions may send to; an address of this machine counts by its own name only.
    workers : processes that read and check documents; 0 does so in the process of the server.
    source : who sends what is captured, as the log keeps it. limits : see above.
    """

    token_hashes: tuple[str, ...]
    hosts: frozenset[str] = LOOPBACK_HOSTS
    origins: frozenset[str] = frozenset()
    webhook_hosts: frozenset[str] = LOOPBACK_HOSTS
    workers: int = 2
    source: str = "http"
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hosts", frozenset(map(host_shown, self.hosts)))


def host_shown(host: str) -> str:
    """Return a name or number of a machine as ``Host`` has it, one spelling for each.

    Example
    -------
    >>> host_shown("FD00:0::1"), host_shown("[::1]"), host_shown("Twin.example")
    ('[fd00::1]', '[::1]', 'twin.example')
    """
    try:
        return f"[{ipaddress.IPv6Address(host.strip('[]')).compressed}]"
    except ValueError:
        return host.lower()
