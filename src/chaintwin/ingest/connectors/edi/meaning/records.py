"""What messages say, whichever syntax they are in: an order, a despatch, the status of a transport."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

import msgspec

from chaintwin.ingest.connectors.edi.meaning.naming import Code
from chaintwin.ingest.connectors.edi.meaning.times import Moment


class Purpose(Enum):
    """What a message does to an earlier one of the same number."""

    ORIGINAL = auto()
    """It is the first, or says the same again."""
    REPLACE = auto()
    """It takes the place of the earlier one."""
    CHANGE = auto()
    """It changes the lines it names."""
    CANCEL = auto()
    """It takes the earlier one back."""


EDIFACT_PURPOSES = {
    **dict.fromkeys(("", "9", "7", "31", "43", "47"), Purpose.ORIGINAL),
    "5": Purpose.REPLACE,
    "4": Purpose.CHANGE,
    "1": Purpose.CANCEL,
}
"""Codes of element 1225: original, duplicate, copy, additional and definitive; replace; change; cancellation."""

X12_PURPOSES = {
    **dict.fromkeys(("00", "06", "07", "18", "22"), Purpose.ORIGINAL),
    "05": Purpose.REPLACE,
    "04": Purpose.CHANGE,
    "01": Purpose.CANCEL,
}
"""Codes of element 353: original, confirmation, duplicate, reissue and information; replace; change; cancellation."""


class Line(msgspec.Struct):
    """Goods of one kind.

    Parameters
    ----------
    product : its code; None where it was wrong, which is told. quantity, unit : of recommendation 20, None for pieces.
    lots, serials : as far as they are named. wanted : when they should be there. order : number of the order they are for.
    packages : SSCCs that the line itself names. destination : place of this line alone.
    """

    product: Code | None
    quantity: float | None = None
    unit: str | None = None
    lots: list[str] = msgspec.field(default_factory=list)
    serials: list[str] = msgspec.field(default_factory=list)
    wanted: Moment | None = None
    order: str = ""
    packages: list[str] = msgspec.field(default_factory=list)
    destination: Code | None = None


@dataclass(frozen=True, slots=True)
class Ends:
    """Who and where: codes by role.

    Parameters
    ----------
    origin, destination : places that goods leave and go to. seller, buyer : parties.
    """

    origin: Code | None = None
    destination: Code | None = None
    seller: Code | None = None
    buyer: Code | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order. ``ends``, ``lines`` and ``purpose`` as told; ``wanted`` is for lines without a time of their own."""

    number: str
    at: Moment
    purpose: Purpose
    ends: Ends
    lines: list[Line]
    wanted: Moment | None = None
    promised: Moment | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A level of packing.

    Parameters
    ----------
    packages : SSCCs on it; with more than one nobody knows which holds what. lines : goods on it. inside : levels in it.
    """

    packages: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    inside: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Despatch:
    """A despatch advice.

    Parameters
    ----------
    number : of the advice. at : when goods leave. told_at : when it was written. planned : when they should arrive.
    root : level of the whole shipment. orders : numbers of orders. bills : of lading. others : more numbers of the shipment.
    """

    number: str
    at: Moment
    told_at: Moment
    purpose: Purpose
    ends: Ends
    root: Node
    planned: Moment | None = None
    orders: list[str] = field(default_factory=list)
    bills: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


class Stage(Enum):
    """How far a transport is."""

    DEPARTED = "departing"
    UNDER_WAY = "transporting"
    ARRIVED = "arriving"
    OTHER = ""


class Status(msgspec.Struct):
    """One status of a transport.

    Parameters
    ----------
    at : when it came about. stage : what it means. code, reason : as written. place : where. there : words for the place.
    despatches, bills, orders, others, packages : names of the shipment. predicted : when it will arrive, as far as is told.
    """

    at: Moment
    stage: Stage
    code: str
    reason: str = ""
    place: Code | None = None
    there: str = ""
    ends: Ends = msgspec.field(default_factory=Ends)
    despatches: list[str] = msgspec.field(default_factory=list)
    bills: list[str] = msgspec.field(default_factory=list)
    orders: list[str] = msgspec.field(default_factory=list)
    others: list[str] = msgspec.field(default_factory=list)
    packages: list[str] = msgspec.field(default_factory=list)
    predicted: Moment | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All statuses of one message; ``number`` is of the document."""

    number: str
    at: Moment
    purpose: Purpose
    statuses: list[Status]


Record = Order | Despatch | Report
