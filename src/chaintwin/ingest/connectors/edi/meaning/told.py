"""What is wrong inside a message, collected with its place: segment, element, what was found and what is allowed."""

from __future__ import annotations

import msgspec

from chaintwin.errors import Finding
from chaintwin.ingest.connectors.edi.syntax.interchanges import FINDINGS_MAX, Message, untold
from chaintwin.ingest.connectors.edi.syntax.segments import Segment

MEND = "ask the sender to mend the message"


class Told(msgspec.Struct):
    """Findings about one message.

    Parameters
    ----------
    file : its name. message : what is read. zone : name of the time zone of times without one.
    own : schemes whose codes are the ids of the project, such as ``buyer``. packages : SSCCs that were read so far.
    findings, untold : what is wrong, and how many faults more.
    """

    file: str
    message: Message
    zone: str = "UTC"
    own: frozenset[str] = frozenset()
    findings: list[Finding] = msgspec.field(default_factory=list)
    is_zone_assumed: bool = False
    packages: int = 0
    untold: int = 0

    def fault(
        self, code: str, found: str, *, allowed: str, segment: Segment | None = None, element: str = "", fix: str = MEND
    ) -> None:
        """Note something that is wrong.

        Parameters
        ----------
        code : of the finding. found, allowed, fix : as in ``Finding``.
        segment, element : where; elements are numbered from 1, and their components behind a point.
        """
        column = "" if segment is None else f"segment {segment.number} {segment.tag}"
        column = f"{column} element {element}".strip() if element else column
        finding = Finding(code, found, allowed, fix, self.file, self.message.number, column)
        if finding in self.findings:
            return
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)
        else:
            self.untold += 1

    def faults(self) -> tuple[Finding, ...]:
        """Return all that is told of the message, and how much is not."""
        return (*self.findings, *untold(self.untold, file=self.file, number=self.message.number))

    def missing(self, what: str, *, allowed: str, segment: Segment | None = None, element: str = "") -> None:
        """Note something that is not there and must be.

        Parameters
        ----------
        what : that is absent. allowed : what should be there. segment, element : where.
        """
        self.fault("edi.missing", f"no {what}", allowed=allowed, segment=segment, element=element)

    def number(self, segment: Segment, text: str, *, element: str) -> float | None:
        """Return a quantity, or None and a finding where it is none.

        Parameters
        ----------
        segment, element : where it stands. text : what stands there, with a decimal mark of the interchange.
        """
        marks = self.message.header.separators.decimal
        whole, mark, part = text, "", ""
        for one in marks:
            if one in text:
                whole, mark, part = text.partition(one)
                break
        digits = whole + part
        if len(text) <= DIGITS_MAX and digits.isascii() and digits.isdigit():
            return float(f"{whole or 0}.{part or 0}" if mark else whole)
        allowed = f"a number, 0 or more, with {' or '.join(repr(one) for one in marks)} as its decimal mark"
        self.fault("edi.value", f'"{text}"' if text else "nothing", allowed=allowed, segment=segment, element=element)
        return None


DIGITS_MAX = 35
"""Signs of a number; the directories allow 15 or 35."""
