"""What a person may set of a connection to a server, and what that means."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
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
from chaintwin.ingest.connectors.nats.keys import Credentials, credentials_in

CONNECTION = (
    Option("token-file", "File with the token that lets one in, which its owner alone can read.", is_file=True),
    Option("username", "User at the server."),
    PASSWORD_FILE,
    Option("creds-file", "File of credentials (token and seed of a key) or with a seed alone, of its owner alone.", is_file=True),
    Option("ca-file", "Certificates (PEM) that the server's is checked with; those of the system by default.", is_file=True),
    Option("cert-file", "Certificate (PEM) to show to the server.", is_file=True),
    Option("key-file", "Key (PEM) of that certificate, which its owner alone can read.", is_file=True),
    Option("client-id", "Name of the consumer at the server; by default one is made up once and kept with the log."),
    Option("start", "all, or new: whether what the stream has already is taken by a source that is new.", "all"),
    Option("keep-days", "Days that a stream which keeps messages for its consumers keeps them while nobody takes them.", "7"),
    Option("receive-maximum", "Messages that the server sends before it waits for the first to be durable.", "4000"),
    Option("batch", "Messages that become durable together, at most.", "1000"),
    Option(
        "keep-alive", "Seconds after which a connection without a sign of life is probed, and given up after as long again.", "30"
    ),
    Option("timeout", "Seconds in which a connection must stand, and an answer come.", "10"),
    TRIES,
    GRACE,
    Option("idle", "Seconds without a message after which a reading ends that does not follow, where more should come.", "5"),
    Option("after", "acknowledge, or keep: look at what there is and take nothing away.", "acknowledge"),
)
"""Options of a connection."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a server and how much to take at once.

    Parameters
    ----------
    token, username, password : at the server; empty for none. credentials : a key; None for none.
    ca_file, cert_file, key_file : of TLS; empty for those of the system or none.
    client_id : of the consumer; empty for one that is made up. takes_all : whether a new source takes what is there already.
    keep_seconds : how long the server keeps the consumer.
    receive_maximum : messages that may be on their way to durability. batch : that become durable together.
    keep_alive, timeout, grace, idle : seconds. tries : of a first connection.
    acknowledges : whether messages are taken away from the server.
    """

    token: str = field(repr=False)
    username: str
    password: str = field(repr=False)
    credentials: Credentials | None
    ca_file: str
    cert_file: str
    key_file: str
    client_id: str
    takes_all: bool
    keep_seconds: int
    receive_maximum: int
    batch: int
    keep_alive: float
    timeout: float
    tries: int
    grace: float
    idle: float
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

    def secret(name: str) -> str:
        return token_in(Path(options[name]), option=name) if options[name] else ""

    _check(options)
    creds = options["creds-file"]
    batch = int(number("batch", 1, 20_000))
    return Settings(
        secret("token-file"),
        options["username"],
        secret("password-file"),
        credentials_in(Path(creds), option="creds-file") if creds else None,
        options["ca-file"],
        options["cert-file"],
        options["key-file"],
        options["client-id"],
        options["start"] == "all",
        int(number("keep-days", 0.001, 3_650.0) * 86_400),
        max(int(number("receive-maximum", 1, 100_000)), batch),
        batch,
        number("keep-alive", 1, 3_600),
        number("timeout", 0.1, 600),
        tries_of(options),
        grace_of(options),
        number("idle", 0.05, 86_400),
        options["after"] == "acknowledge",
    )


def security_of(settings: Settings) -> ssl.SSLContext:
    """Return how TLS is spoken: 1.2 or later, with a certificate of the server that is checked.

    Raises
    ------
    UsageError
        A file of it cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file, settings.key_file or None)
    except (OSError, ValueError) as fault:
        raise UsageError(f"TLS: found files that cannot be used ({fault}); allowed: certificates and a key in PEM") from None
    return context


def _check(options: Mapping[str, str]) -> None:
    check_certificate(options)
    if bool(options["password-file"]) != bool(options["username"]):
        raise UsageError("password-file: found one of username and password-file; allowed: both or none")
    ways = [name for name in ("token-file", "username", "creds-file") if options[name]]
    if len(ways) > 1:
        raise UsageError(f"{ways[1]}: found it beside {ways[0]}; allowed: one way to be let in")
    check_words(options, {"start": ("all", "new"), "after": ("acknowledge", "keep")})
    wrong = [sign for sign in options["client-id"] if sign.isspace() or sign in "*>./\\"]
    if wrong:
        raise UsageError(f"client-id: found {options['client-id']!r}; allowed: a name without points, slashes and wildcards")
