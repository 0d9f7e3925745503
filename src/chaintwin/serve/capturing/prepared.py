"""A document that was read and checked, before anything of it is logged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chaintwin.errors import Finding
from chaintwin.events.capturing import MasterElement
from chaintwin.store.log.preparing import PreparedRecord


class Form(StrEnum):
    """How a document is written."""

    JSON = "json"
    XML = "xml"


@dataclass(frozen=True, slots=True)
class Most:
    """How much one document may hold.

    Parameters
    ----------
    events : of its body. elements : of the master data in its header.
    """

    events: int
    elements: int


@dataclass(frozen=True, slots=True)
class PreparedEvent:
    """One event of a document.

    Parameters
    ----------
    key : hash id; empty where the event is none. record : what is written to the log, None where it is refused.
    findings : faults of a refused one, remarks on any other.
    """

    key: str
    record: PreparedRecord | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that was read.

    Parameters
    ----------
    events : in their order. findings : faults of the document itself; if there are any, no event was read.
    vocabulary : elements of master data in its header.
    """

    events: tuple[PreparedEvent, ...] = ()
    findings: tuple[Finding, ...] = ()
    vocabulary: tuple[MasterElement, ...] = ()
