"""What a person may set of a connection to an OPC UA server, and what that means."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.guard.token_files import token_in
from chaintwin.ingest.connectors.interface import Option, number_of
from chaintwin.ingest.connectors.linked.options import GRACE, PASSWORD_FILE, TRIES, check_files, check_words, grace_of, tries_of


class Security(StrEnum):
    """How messages are protected."""

    NONE = "none"
    """Not at all."""
    SIGN = "sign"
    """Signed: nobody can change them."""
    ENCRYPT = "encrypt"
    """Signed and encrypted: nobody can read them either."""


class Policy(StrEnum):
    """Algorithms, as the standard names them."""

    BASIC256SHA256 = "Basic256Sha256"
    AES128 = "Aes128Sha256RsaOaep"
    AES256 = "Aes256Sha256RsaPss"


class FromHistory(StrEnum):
    """What is read of the history that a server keeps."""

    GAPS = "gaps"
    """What changed while there was no subscription."""
    ALL = "all"
    """Also all that there is when the source is read for the first time."""
    NONE = "none"
    """Nothing."""


class Trigger(StrEnum):
    """What makes a server tell a value again."""

    VALUE = "value"
    """Another value or status."""
    TIME = "time"
    """Also the same value with another time of its source."""


CONNECTION = (
    Option("security", "none, sign, or encrypt, which signs and encrypts.", Security.NONE.value),
    Option("policy", "Algorithms: Basic256Sha256, Aes128Sha256RsaOaep or Aes256Sha256RsaPss.", Policy.BASIC256SHA256.value),
    Option("cert-file", "Our certificate (PEM or DER), which the server has to trust."),
    Option("key-file", "Key (PEM or DER) of that certificate, which its owner alone can read."),
    Option("trust-file", "Certificates (PEM or DER) that are trusted: the server's own, or that of who issued it."),
    Option("username", "User at the server."),
    PASSWORD_FILE,
    Option("plain-password", "refuse, or send: whether the password may go over the network unencrypted.", "refuse"),
    Option("interval", "Milliseconds between two messages of the server (publishing interval).", "250"),
    Option(
        "sampling", "Milliseconds between two looks of the server at a variable; 0 for each change, -1 for the interval.", "0"
    ),
    Option("queue", "Values of a variable that the server keeps back until they are sent.", "10000"),
    Option("trigger", "value, or time: also tell the same value with another time.", Trigger.VALUE.value),
    Option("history", "gaps, all, or none: what is read of the history that the server keeps.", FromHistory.GAPS.value),
    Option("history-delay", "Seconds that the server may take to write a value into its history.", "1"),
    Option("lifetime", "Hours that the server keeps a subscription nobody asks for; it may allow less.", "24"),
    Option("batch", "Values that become durable together, at most.", "1000"),
    Option("backlog", "Values that are asked for before the first of them are durable.", "20000"),
    Option("keep-alive", "Seconds after which a server with nothing to say says so; given up after twice as long.", "10"),
    Option("timeout", "Seconds in which an answer must come.", "10"),
    TRIES,
    GRACE,
    Option("idle", "Seconds without a value after which a reading ends that does not follow.", "2"),
    Option("after", "acknowledge, or keep: look at what there is and leave no subscription behind.", "acknowledge"),
)
"""Options of a connection."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a server and how much to take at once.

    Parameters
    ----------
    security, policy : of messages. cert_file, key_file, trust_file : empty for none.
    username, password : at the server; empty for none. is_plain_allowed : whether a password may be sent unencrypted.
    interval, sampling : milliseconds. queue : values of a variable that the server keeps back. trigger : what is told again.
    history : what is read of it. history_delay : seconds. lifetime : seconds that a subscription is kept unasked.
    batch, backlog : values. keep_alive, timeout, grace, idle : seconds. tries : of a first connection.
    keeps : whether a subscription stays at the server, and what is durable is acknowledged.
    """

    security: Security
    policy: Policy
    cert_file: str
    key_file: str
    trust_file: str
    username: str
    password: str
    is_plain_allowed: bool
    interval: float
    sampling: float
    queue: int
    trigger: Trigger
    history: FromHistory
    history_delay: float
    lifetime: float
    batch: int
    backlog: int
    keep_alive: float
    timeout: float
    tries: int
    grace: float
    idle: float
    keeps: bool

    @property
    def made(self) -> str:
        """What a subscription is made of: with other settings it has to be made anew."""
        return f"{self.interval:g} {self.sampling:g} {self.queue} {self.trigger} {self.lifetime:g} {self.keep_alive:g}"

    @property
    def keep_alive_count(self) -> int:
        """Intervals after which a server with nothing to say says so."""
        return max(1, round(self.keep_alive * 1_000 / self.interval))


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

    check_words(options, _WORDS)
    _check_security(options)
    return Settings(
        Security(options["security"]),
        Policy(options["policy"]),
        options["cert-file"],
        options["key-file"],
        options["trust-file"],
        options["username"],
        token_in(Path(options["password-file"]), option="password-file") if options["password-file"] else "",
        options["plain-password"] == "send",
        number("interval", 10, 3_600_000),
        number("sampling", -1, 3_600_000),
        int(number("queue", 1, 1_000_000)),
        Trigger(options["trigger"]),
        FromHistory(options["history"]),
        number("history-delay", 0, 600),
        number("lifetime", 0.01, 8_760) * 3_600,
        int(number("batch", 1, 20_000)),
        int(number("backlog", 1, 1_000_000)),
        number("keep-alive", 0.1, 3_600),
        number("timeout", 0.1, 600),
        tries_of(options),
        grace_of(options),
        number("idle", 0.05, 86_400),
        options["after"] == "acknowledge",
    )


def _check_security(options: Mapping[str, str]) -> None:
    check_files(options, ("cert-file", "key-file", "trust-file"), form="PEM or DER")
    if options["password-file"] and not options["username"]:
        raise UsageError("password-file: found no username beside it; allowed: both")
    if options["security"] == Security.NONE:
        return
    for name in ("cert-file", "key-file", "trust-file"):
        if not options[name]:
            raise UsageError(
                f"{name}: found none; allowed: with security={options['security']} our certificate, its key, and the "
                "certificates that are trusted"
            )
    key = Path(options["key-file"])
    if os.name == "posix" and stat.S_IMODE(key.stat().st_mode) & 0o077:
        raise UsageError(
            f"key-file: found {key}, which others may read; allowed: a file of its owner alone; fix: chmod 600 {key}"
        )


_WORDS: Mapping[str, tuple[str, ...]] = {
    "security": tuple(Security),
    "policy": tuple(Policy),
    "trigger": tuple(Trigger),
    "history": tuple(FromHistory),
    "plain-password": ("refuse", "send"),
    "after": ("acknowledge", "keep"),
}
