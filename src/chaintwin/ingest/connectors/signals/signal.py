"""What an instrument says: one value at one address, with its time, its quality and its place in the sequence of its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = bool | int | float | str | bytes | None
"""What a signal may hold; None where the source says that there is no value."""


class Quality(StrEnum):
    """How far a source vouches for a value."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Signal:
    """One value.

    Parameters
    ----------
    address : where it comes from, as people know it: a topic, a topic and a metric, a node of a server.
    value : a plain value; a text or bytes may be JSON, which templates look into.
    received_at : when it came, microseconds since 1970 in UTC.
    time : when it was so, by the source, microseconds since 1970 in UTC; None where the source does not say.
    quality : how far the source vouches for it. sequence : its number at the source; None where it has none.
    missed : how many signals of the source are known to be missing right before it.
    is_late : whether the source kept it back and sends it after newer ones.
    is_again : whether the source tells its state once more, as in a birth, and nothing happened.
    occurrence : 2, 3 and so on where the same address spoke before at the same time of receipt.
    properties : more that came with it, by name.
    """

    address: str
    value: Value
    received_at: int
    time: int | None = None
    quality: Quality = Quality.GOOD
    sequence: int | None = None
    missed: int = 0
    is_late: bool = False
    is_again: bool = False
    occurrence: int = 1
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Presence:
    """A device, or the connection to a whole source, came or went.

    Parameters
    ----------
    device : its id. present : whether it is there. reason : in words.
    at : when, microseconds since 1970 in UTC. is_assumed : whether that is the time of receipt, for want of a better one.
    missed : how many signals are known to be missing before it.
    """

    device: str
    present: bool
    reason: str
    at: int
    is_assumed: bool = True
    missed: int = 0


def quality_of(value: object) -> Quality | None:
    """Return the quality that a word, a truth or a status number of control systems means, or None for anything else.

    Numbers are those of OPC: from 192 on good, from 64 on uncertain, below bad.

    Parameters
    ----------
    value : as a source gives it.

    Example
    -------
    >>> quality_of("GOOD"), quality_of(192), quality_of(24), quality_of(True), quality_of("?")
    (<Quality.GOOD: 'good'>, <Quality.GOOD: 'good'>, <Quality.BAD: 'bad'>, <Quality.GOOD: 'good'>, None)
    """
    if isinstance(value, bool):
        return Quality.GOOD if value else Quality.BAD
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _WORDS:
            return Quality(word)
        value = int(word) if word.isdecimal() and len(word) <= _STATUS_DIGITS else None
    if isinstance(value, int | float):
        return Quality.GOOD if value >= _GOOD else Quality.UNCERTAIN if value >= _UNCERTAIN else Quality.BAD
    return None


_WORDS = frozenset(Quality)
_GOOD, _UNCERTAIN = 192, 64
_STATUS_DIGITS = 10
