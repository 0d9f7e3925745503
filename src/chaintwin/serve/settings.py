"""What a server may be asked for, and how much of it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

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
    page : most events on one page. token_seconds : how long a token of a next page counts. jobs : reports that are kept;
        refusals : of documents that were refused as a whole.
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
    refusals: int = 1_000


@dataclass(frozen=True, slots=True)
class JobLimits:
    """How much work is taken in over HTTP.

    Parameters
    ----------
    at_once : jobs that are worked on at one time, each by a process of its own; 0 for a server that does none.
    queued : jobs that may wait. threads : of each; 0 for all processors but one, one at least.
    seconds, memory_bytes : that one job may take. kept, kept_bytes, kept_seconds : jobs that are kept when they are over, the
        bytes of
        all of them, and how long each is kept.
    """

    at_once: int = 0
    queued: int = 16
    threads: int = 0
    seconds: float = 3600.0
    memory_bytes: int = 3 * 1024**3
    kept: int = 200
    kept_bytes: int = 2 * 1024**3
    kept_seconds: int = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How much may be sent to be imported.

    Parameters
    ----------
    bytes_each, bytes_all : of one file and of all that are kept. kept : files that are kept. at_once : files that are sent at one
        time.
    kept_seconds : how long one is kept. seconds : in which one has to arrive.
    """

    bytes_each: int = 64 * 1024 * 1024
    bytes_all: int = 512 * 1024 * 1024
    kept: int = 100
    at_once: int = 4
    kept_seconds: int = 24 * 3600
    seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a browser that signed in is let in.

    Parameters
    ----------
    seconds : at most. idle_seconds : without a request. most : sessions at one time; the oldest end.
    attempts : tokens that may be wrong within a minute before no more are looked at.
    """

    seconds: int = 7 * 24 * 3600
    idle_seconds: int = 24 * 3600
    most: int = 100
    attempts: int = 10


@dataclass(frozen=True, slots=True)
class OutlookSettings:
    """How a server looks ahead by itself, whenever a period has passed in its state.

    Parameters
    ----------
    days : to look ahead; 0 for a server that does not. seconds : between two looks, at least.
    refresh_seconds : after which events that came within a period are looked at too. replications : of each look.
    likely : probability of a shortage from which on there is a warning. least : share of the demand of a stock point over all
        these days from which on, given at once, there is none.
    """

    days: float = 0.0
    seconds: float = 20.0
    refresh_seconds: float = 300.0
    replications: int = 256
    likely: float = 0.5
    least: float = 0.9


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
    source : who sends what is captured, as the log keeps it. limits, jobs, uploads, sessions, outlook : see above.
    folder : where jobs, their results and uploads lie; None for one that is gone with the server.
    scenarios : folder of the project's scenario files; None where the project is a workbook, which has none.
    """

    token_hashes: tuple[str, ...]
    hosts: frozenset[str] = LOOPBACK_HOSTS
    origins: frozenset[str] = frozenset()
    webhook_hosts: frozenset[str] = LOOPBACK_HOSTS
    workers: int = 2
    source: str = "http"
    limits: Limits = field(default_factory=Limits)
    jobs: JobLimits = field(default_factory=JobLimits)
    uploads: UploadLimits = field(default_factory=UploadLimits)
    sessions: SessionLimits = field(default_factory=SessionLimits)
    outlook: OutlookSettings = field(default_factory=OutlookSettings)
    folder: Path | None = None
    scenarios: Path | None = None

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
