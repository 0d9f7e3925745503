"""Exceptions of chaintwin, and the finding: one fault of the input, said once and completely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Severity(StrEnum):
    """How much a finding matters: an error stops the work, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or remark about the input: where, what was found, what is allowed, how to mend it.

    Parameters
    ----------
    code : stable short name of the kind of finding, such as ``number.negative``.
    found : the value met, as the user wrote it, or the structure met (a named loop, say).
    allowed : what would have been accepted.
    fix : the suggested repair, a sentence or a corrected value.
    file : file or sheet the finding is in, relative to the project, empty if none.
    row : row as a spreadsheet numbers it (the header is row 1), 0 if none.
    column : column name, empty if none.
    severity : whether the finding stops the work.
    count : how many rows share it; 1 unless several were folded into one.
    """

    code: str
    found: str
    allowed: str
    fix: str = ""
    file: str = ""
    row: int = 0
    column: str = ""
    severity: Severity = Severity.ERROR
    count: int = 1

    def __str__(self) -> str:
        place = (f"{self.file}:{self.row}" if self.file else f"row {self.row}") if self.row else self.file
        head = " ".join(part for part in (place, self.column) if part)
        more = f" (and {amount_of(self.count - 1, 'more row')})" if self.count > 1 else ""
        text = f"found {self.found}{more}; allowed: {self.allowed}"
        text = f"{head}: {text}" if head else text
        return f"{text}; fix: {self.fix}" if self.fix else text


def amount_of(amount: int, noun: str) -> str:
    """Return an amount with its noun, in the plural where needed.

    Example
    -------
    >>> amount_of(1, "row"), amount_of(1200, "stock point")
    ('1 row', '1,200 stock points')
    """
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


class ChaintwinError(Exception):
    """Base of every exception raised by chaintwin; ``code`` is stable and safe to match on."""

    code: ClassVar[str] = "chaintwin"


class InputError(ChaintwinError):
    """Raised when input cannot be used; carries every finding, not only the first.

    Parameters
    ----------
    findings : the faults, in the order of files and rows.
    """

    code: ClassVar[str] = "input"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class GraphError(ChaintwinError):
    """Raised when a network cannot be put in order: a loop without a delay, named in full."""

    code: ClassVar[str] = "graph"


class StreamCollisionError(ChaintwinError):
    """Raised when two random streams of one network would share their numbers."""

    code: ClassVar[str] = "stream_collision"


class UsageError(ChaintwinError):
    """Raised when a call or a command line cannot mean anything; says what is allowed."""

    code: ClassVar[str] = "usage"


class InvariantError(ChaintwinError):
    """Raised when a law that must hold in every step was broken; the run stops."""

    code: ClassVar[str] = "invariant"


class CancelledError(ChaintwinError):
    """Raised when the caller asked a running job to stop; nothing half-done is left."""

    code: ClassVar[str] = "cancelled"


class BusyError(ChaintwinError):
    """Raised when a queue is full: nothing was taken, and the caller may come again.

    Parameters
    ----------
    retry_after : seconds after which it is worth trying.
    """

    code: ClassVar[str] = "busy"

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreFailedError(ChaintwinError):
    """Raised when a durable write failed; nothing more is acknowledged until the store was opened again and checked."""

    code: ClassVar[str] = "store_failed"


class StoreDamagedError(ChaintwinError):
    """Raised when a store cannot be opened because what is in it is not what was written; says where."""

    code: ClassVar[str] = "store_damaged"
