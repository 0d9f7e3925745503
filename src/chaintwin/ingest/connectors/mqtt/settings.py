"""What a person may set of a connection to a broker, and what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.guard.token_files import token_in
from chaintwin.ingest.connectors.interface import Option, number_of
from chaintwin.ingest.connectors.linked.options import (
    GRACE,
    PASSWORD_FILE,
    TRIES,
    check_certificate,
    check_words,
    grace_of,
    tries_of,
)

CONNECTION = (
    Option("username", "User at the broker."),
    PASSWORD_FILE,
    Option("ca-file", "Certificates (PEM) that the broker's is checked with; those of the system by default.", is_file=True),
    Option("cert-file", "Certificate (PEM) to show to the broker.", is_file=True),
    Option("key-file", "Key (PEM) of that certificate, which its owner alone can read.", is_file=True),
    Option("client-id", "Name of the session at the broker; by default one is made up once and kept with the log."),
    Option("session-days", "Days that the broker keeps what is sent while nobody takes it.", "7"),
    Option("receive-maximum", "Messages that the broker sends before it waits for the first to be durable.", "2000"),
    Option("batch", "Messages that become durable together, at most.", "1000"),
    Option(
        "keep-alive", "Seconds after which a connection without a sign of life is probed, and given up after as long again.", "30"
    ),
    Option("timeout", "Seconds in which a connection must stand.", "10"),
    TRIES,
    GRACE,
    Option("idle", "Seconds without a message after which a reading ends that does not follow.", "2"),
    Option("message-mib", "Largest message that is taken, MiB.", "4"),
    Option("retained", "take, or skip: what the broker keeps of each topic for newcomers.", "take"),
    Option("after", "acknowledge, or keep: look at what is sent in a session of a moment, and take nothing away.", "acknowledge"),
)
"""Options of a connection."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a broker and how much to take at once.

    Parameters
    ----------
    username, password : at the broker; empty for none.
    ca_file, cert_file, key_file : of TLS; empty for those of the system or none.
    client_id : of the session; empty for one that is made up. session_seconds : how long the broker keeps it.
    receive_maximum : messages that may be on their way to durability. batch : that become durable together.
    keep_alive, timeout, grace, idle : seconds. tries : of a first connection. message_bytes : most of a message.
    takes_retained : whether retained messages are wanted. acknowledges : whether messages are taken away from the broker.
    """

    username: str
    password: str
    ca_file: str
    cert_file: str
    key_file: str
    client_id: str
    session_seconds: int
    receive_maximum: int
    batch: int
    keep_alive: int
    timeout: float
    tries: int
    grace: float
    idle: float
    message_bytes: int
    takes_retained: bool
    acknowledges: bool


def settings_of(options: Mapping[str, str]) -> Settings:
    """Return what options mean.

    Parameters
    ----------
    options : those of ``CONNECTION`` with defaults filled in.

    Raises
    ------
    UsageError
        One of them means nothing, or a file of them cannot be used.
    """

    def number(name: str, least: float, most: float) -> float:
        return number_of(options, name, least=least, most=most)

    check_certificate(options)
    if options["password-file"] and not options["username"]:
        raise UsageError("password-file: found no username beside it; allowed: both")
    check_words(options, {"retained": ("take", "skip"), "after": ("acknowledge", "keep")})
    return Settings(
        options["username"],
        token_in(Path(options["password-file"]), option="password-file") if options["password-file"] else "",
        options["ca-file"],
        options["cert-file"],
        options["key-file"],
        options["client-id"],
        int(number("session-days", 0.0, 3_650.0) * 86_400),
        int(number("receive-maximum", 1, 65_535)),
        int(number("batch", 1, 20_000)),
        int(number("keep-alive", 1, 3_600)),
        number("timeout", 0.1, 600),
        tries_of(options),
        grace_of(options),
        number("idle", 0.05, 86_400),
        int(number("message-mib", 0.001, 256) * 2**20),
        options["retained"] == "take",
        options["after"] == "acknowledge",
    )
