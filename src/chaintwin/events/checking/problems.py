"""A fault or remark about captured input: in which event, where in it, what was found, what is allowed, how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from chaintwin.errors import ChaintwinError, Finding, Severity

SHOWN_LENGTH: Final = 120
"""So much of a value is shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault or remark.

    Parameters
    ----------
    code : stable short name such as ``event.word``.
    path : JSON path from the document on, such as ``$.epcisBody.eventList[1].action``.
    found : what was met. allowed : what would have been taken. fix : how to mend it.
    event : place of the event in its document from 0 on, -1 for the document itself.
    severity : an error refuses the event (or the document), a warning and a note do not.
    """

    code: str
    path: str
    found: str
    allowed: str
    fix: str = ""
    event: int = -1
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        text = f"{self.path}: found {self.found}; allowed: {self.allowed}"
        return f"{text}; fix: {self.fix}" if self.fix else text

    @property
    def refuses(self) -> bool:
        """Whether it is an error."""
        return self.severity is Severity.ERROR

    def finding(self, file: str = "") -> Finding:
        """Return it as the finding that commands show.

        Parameters
        ----------
        file : the file or sender it came from; without one the event is told by its place in the document, from 1 on.
        """
        row = self.event + 1
        if not file and row:
            file, row = f"event {row}", 0
        return Finding(
            self.code, self.found, self.allowed, self.fix, file=file, row=row, column=self.path, severity=self.severity
        )


class RefusedError(ChaintwinError):
    """Raised where a document must be good and is not; carries every problem.

    Parameters
    ----------
    problems : all of them, in the order of the document.
    """

    code = "refused"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def path_text(path: Iterable[str | int], root: str = "$") -> str:
    """Return a path as JSON path.

    Example
    -------
    >>> path_text(["epcisBody", "eventList", 0, "example:a"])
    "$.epcisBody.eventList[0]['example:a']"
    """
    text = root
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            text += f".{part}"
        else:
            text += "[" + repr(shown_text(part)) + "]"
    return text


def shown(value: Any) -> str:
    """Return a value as a message shows it: JSON, cut where it is long.

    Example
    -------
    >>> shown("CREATE"), shown({"a": [1, 2]}), shown(None)
    ('"CREATE"', 'an object with a', 'null')
    """
    if value is None or value is True or value is False:
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, str):
        return f'"{shown_text(value)}"'
    if isinstance(value, dict):
        return f"an object with {shown_text(', '.join(map(str, value)))}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    return shown_text(str(value))


def shown_text(text: str) -> str:
    """Return a text without what a terminal would act on, cut where it is long."""
    clean = "".join(letter if letter.isprintable() else "\ufffd" for letter in text[: SHOWN_LENGTH + 1])
    return clean if len(text) <= SHOWN_LENGTH else clean[:SHOWN_LENGTH] + "…"
