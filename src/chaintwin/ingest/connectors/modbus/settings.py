"""What a person may set of a device, and what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Option, number_of
from chaintwin.ingest.connectors.linked.options import TRIES, check_words, tries_of


class Tell(StrEnum):
    """Which values are signals."""

    CHANGES = "changes"
    """Those that are others than before."""
    ALL = "all"
    """Those of every look."""


CONNECTION = (
    Option("registers", "Map of the registers (TOML): where each value stands, and as what.", is_file=True),
    Option("poll", "Seconds between two looks.", "1"),
    Option("tell", "changes, or all: also values that are as they were; the rules then say what is worth an event.", "changes"),
    Option("timeout", "Seconds in which an answer must come.", "3"),
    Option("misses", "Looks without an answer after which the device is told to be gone.", "3"),
    TRIES,
)
"""Options of a connection."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a device is looked at.

    Parameters
    ----------
    poll, timeout : seconds. tell : which values are signals.
    misses : looks without an answer after which the device is gone. tries : of a first connection.
    """

    poll: float
    tell: Tell
    timeout: float
    misses: int
    tries: int


def settings_of(options: Mapping[str, str]) -> Settings:
    """Return what options mean.

    Parameters
    ----------
    options : those of ``CONNECTION`` with defaults filled in.

    Raises
    ------
    UsageError
        One of them means nothing.
    """
    check_words(options, {"tell": tuple(Tell)})
    if not options["registers"]:
        raise UsageError("modbus: found no map of registers; allowed: the option registers with a TOML file")
    return Settings(
        number_of(options, "poll", least=0.01, most=86_400),
        Tell(options["tell"]),
        number_of(options, "timeout", least=0.05, most=60),
        int(number_of(options, "misses", least=1, most=1_000)),
        tries_of(options),
    )
