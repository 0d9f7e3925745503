"""What a source of events is to the rest: bytes that nobody vouches for become events with a place, in batches with a cursor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import msgspec

from chaintwin.clock import Clock
from chaintwin.errors import Finding, UsageError

GROUP = "chaintwin.connectors"
"""Entry points of this group are connectors: each names a class that is called without arguments."""

BATCH_ITEMS = 500
"""Most events of a batch of ours; a store commits a batch at once."""

ITEM_BYTES_MAX = 16 * 2**20
"""A single event that is larger is set aside unread."""

KEPT_BYTES = 64 * 2**10
"""So much of what was set aside is kept with the reason."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something a person may set.

    Parameters
    ----------
    name : what it is called, small letters and hyphens. help : one sentence. default : as text; empty where there is none.
    is_file : whether it names a file, which has to be there; in a project file its path is relative to the project.
    words : what may stand in place of a file.
    """

    name: str
    help: str
    default: str = ""
    is_file: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands in its source.

    Parameters
    ----------
    file : file or address, as a person knows it. position : number of the row, line or event there, from 1; 0 if there is none.
    """

    file: str
    position: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.position}" if self.position else self.file


@dataclass(frozen=True, slots=True)
class Item:
    """An event as it came.

    Parameters
    ----------
    place : where it stands.
    content : one EPCIS 2.0 event as JSON in UTF-8, unchecked.
    document : the document around it as JSON, with an empty list of events; empty for a plain one with the usual context.
    """

    place: Place
    content: bytes
    document: bytes = b""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not become an event; it is set aside, never dropped.

    Parameters
    ----------
    place : where it stands. findings : why, at least one. content : what was there, at most ``KEPT_BYTES`` of it.
    """

    place: Place
    findings: tuple[Finding, ...]
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some events, in the order of the source, and where to go on behind them.

    Parameters
    ----------
    items, problems : what was found; each may be empty.
    cursor : what ``read`` takes as ``since`` to go on behind this batch; text that only the connector understands.
    share : part of the source that has been read, 0 to 1; None where nobody knows. An empty batch with 1 says that there is no
        more for now, where a reading goes on.
    """

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    cursor: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What a connector is given for one reading.

    Parameters
    ----------
    clock : tells the time.
    sleep : waits for so many seconds; where the reading is to end it raises ``CancelledError``, which goes through. Who waits in
        another way, for a message say, calls it with 0 once a second at least.
    options : what a person set, by name; others have their default.
    follow : whether the source will be asked again: what is not finished yet may be left for then.
    note : takes remarks for people.
    connected : is to be called when a connection stands, where it may be long until the first event.
    lost : is to be called when a connection breaks or does not come about and the connector tries again by itself: why, and in
        how many seconds.
    """

    clock: Clock
    sleep: Callable[[float], None]
    options: Mapping[str, str] = field(default_factory=dict)
    follow: bool = False
    note: Callable[[str], None] = lambda _: None
    connected: Callable[[], None] = lambda: None
    lost: Callable[[str, float], None] = lambda _, __: None


@runtime_checkable
class Connector(Protocol):
    """A kind of source.

    A reading may be stopped between any two batches, by a crash too, and go on from the cursor of the last one whose events are
    durable. What was read twice then has one effect, because an event has one identity.
    """

    @property
    def name(self) -> str:
        """What it is called on the command line."""

    @property
    def description(self) -> str:
        """What it reads, in one sentence."""

    @property
    def options(self) -> tuple[Option, ...]:
        """What can be set."""

    def accepts(self, source: str) -> bool:
        """Return whether the source looks like one of this kind; asked where a person names no connector."""

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        """Yield what is new, in batches; end where there is nothing more for now.

        When the next batch is asked for, all before it are durable, and so is the cursor: only then may a source be told that
        something was taken.

        Parameters
        ----------
        source : path or address. since : cursor of an earlier batch; None for the begin. run : of this reading.

        Raises
        ------
        UsageError
            There is no such source, or an option means nothing.
        InputError
            Nothing of the source can be read, such as a mapping that does not fit.
        """


@runtime_checkable
class Probing(Protocol):
    """What a connector may have besides: a test whether a source is there and lets itself be read, which takes nothing."""

    def probe(self, source: str, *, run: Run) -> str:
        """Return in one sentence what was found, such as ``3 files, 179 events``.

        It takes a few seconds at most, leaves the source as it is, and tries once.

        Parameters
        ----------
        source : path or address. run : as for ``read``.

        Raises
        ------
        ChaintwinError
            It is not there, does not answer or does not let anybody in, or an option means nothing; says why.
        """


def item_of(event: Mapping[str, Any], *, place: Place) -> Item:
    """Return an event that a connector made up from rows or messages as an item.

    Parameters
    ----------
    event : an EPCIS 2.0 event as JSON values; fields of our own begin with ``ct:``. place : where it was found.
    """
    return Item(place, _ENCODER.encode(event))


def check_secret(source: str, *, what: str = "source", option: str = "--option token-file=FILE") -> None:
    """Refuse an address with a user or a password in it: it would stand in the log and in messages.

    Parameters
    ----------
    source : path or address. what : as what it was given. option : that names a file with a token instead.

    Raises
    ------
    UsageError
        Tells the cure, and nothing of the address.

    Example
    -------
    >>> check_secret("https://epcis.example.org/v2")
    """
    _, sign, rest = source.partition("://")
    if sign and "@" in re.split(r"[/?#\\]", rest, maxsplit=1)[0]:
        fix = f"put the token into a file that you alone can read and name it: {option}"
        raise UsageError(f"{what}: found an address with a user or a password in it; allowed: one without; fix: {fix}")


def chosen(connector: Connector, run: Run) -> dict[str, str]:
    """Return the options of a run with defaults filled in.

    Raises
    ------
    UsageError
        An option that the connector does not have.
    """
    known = {option.name: option.default for option in connector.options}
    unknown = sorted(set(run.options) - set(known))
    if unknown:
        allowed = ", ".join(known) or "none"
        raise UsageError(f"{connector.name}: found the option {', '.join(unknown)}; allowed: {allowed}")
    return known | dict(run.options)


def number_of(options: Mapping[str, str], name: str, *, least: float, most: float) -> float:
    """Return an option that is a number.

    Raises
    ------
    UsageError
        It is none, or outside the range.
    """
    try:
        value = float(options[name])
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise UsageError(f"{name}: found {options[name]!r}; allowed: a number from {least:g} to {most:g}")
    return value


_ENCODER = msgspec.json.Encoder(order="deterministic")
