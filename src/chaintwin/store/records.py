"""What goes into a log and what comes back: bytes and ids; the store knows nothing of events or stock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec


@dataclass(frozen=True, slots=True)
class Personal:
    """A value that names a person, to be encrypted with the key of its subject.

    Parameters
    ----------
    subject : whose it is; erasing the subject erases every value of it. path : where it stands in the content. value : bytes.
    """

    subject: str
    path: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """What is to be logged; it has one effect, however often it is sent.

    Parameters
    ----------
    key : identity; a second record with it is a duplicate, or a conflict if it means something else.
    aliases : other names for it, such as the id its sender gave; an alias that another key already has is a conflict.
    meaning : 32 bytes; what two records of one key share if they say the same.
    content : the document without personal values. personal : those values.
    facts : what projections read.
    occurred_at : microseconds since 1970 in UTC, in the world.
    source : who sent it.
    dimensions : (name, bytes) of what, when, where, why, how; each is committed to by a salted digest.
    terms : what it can be found by.
    """

    key: str
    meaning: bytes
    content: bytes
    facts: bytes
    occurred_at: int
    source: str = ""
    aliases: tuple[str, ...] = ()
    personal: tuple[Personal, ...] = ()
    dimensions: tuple[tuple[str, bytes], ...] = ()
    terms: tuple[str, ...] = ()


class Outcome(StrEnum):
    """What became of a record."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    NOT_TRIED = "not_tried"
    """Nothing wrong with it, but it came with one that was refused and all or none were asked for."""


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """What became of one record.

    Parameters
    ----------
    outcome : see above. key : of the record.
    sequence : its number in the log, or that of the first one with the key; 0 if there is none.
    recorded_at : when the log learned it first, microseconds since 1970 in UTC; 0 if there is none.
    reason : why it was refused, in words; empty otherwise.
    rival : where it is in conflict with another record of the same call, of which none was logged, the place of that from 0 on.
    """

    outcome: Outcome
    key: str
    sequence: int
    recorded_at: int
    reason: str = ""
    rival: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as it stands in the log.

    Parameters
    ----------
    sequence : from 1 on, without gaps. recorded_at : when the log learned it. leaf : 32 bytes, its leaf in the Merkle log.
    personal : (path, value) in the order of the record; the value is None once its subject was erased.
    """

    sequence: int
    key: str
    occurred_at: int
    recorded_at: int
    source: str
    content: bytes
    facts: bytes
    leaf: bytes
    personal: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Shelved:
    """A small document that is kept under a name on a shelf."""

    shelf: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Amended:
    """A small document that is made of the one that is kept under its name so far.

    Parameters
    ----------
    amend : returns it of that one, None if there is none; where it returns None, all stays as it is. It is called inside the
        transaction and must be quick.
    """

    shelf: str
    name: str
    amend: Callable[[bytes | None], bytes | None]


class FactsRow(msgspec.Struct, frozen=True, gc=False):
    """The part of an entry that projections read."""

    sequence: int
    key: str
    occurred_at: int
    recorded_at: int
    source: str
    facts: bytes


@dataclass(frozen=True, slots=True)
class Conflict:
    """A record that was refused because a name of it already means something else; its content is not kept.

    Parameters
    ----------
    number : in the order of refusals. digest : SHA-256 of the content, 32 bytes. received_at : when it came.
    reason : why it was refused, in words.
    """

    number: int
    key: str
    digest: bytes
    received_at: int
    source: str
    reason: str
