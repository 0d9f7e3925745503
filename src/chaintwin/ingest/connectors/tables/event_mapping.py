"""What the rows of any table mean as events: a mapping in TOML, one template for each event a row gives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any, Final, Literal

from chaintwin.clock import SECOND
from chaintwin.ingest.connectors.mapping_files import MappingCheck, mapping_text

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
"""A header in braces stands for the cell of the row."""

COLUMN, CELL, ROW, FILE = "@column", "@cell", "@row", "@file"
"""What stands in braces for the header and the cell of an event a cell, for the number of the row and the name of the file."""

TEXTS = (
    "type",
    "action",
    "step",
    "disposition",
    "location",
    "read_point",
    "product",
    "lot",
    "unit",
    "source",
    "destination",
    "order",
)
"""Entries of a template that are texts, with or without headers in braces."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "each": ("row", "cell"),
    "action": ("ADD", "OBSERVE", "DELETE"),
    "zero": ("skip", "keep"),
}
KNOWN = frozenset({*TEXTS, "file", "when", "date_format", "at", "each", "except", "zero", "quantity", "own"})


Kind = Literal["text", "number", "date"]
_OTHER_KINDS: Final[tuple[Kind, ...]] = ("number", "date")


@dataclass(frozen=True, slots=True)
class Own:
    """A field of our namespace.

    Parameters
    ----------
    name : without prefix. template : text with headers in braces. kind : ``text``, ``number`` or ``date``.
    """

    name: str
    template: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class EventTemplate:
    """An event that each row, or each cell of a row, gives.

    Parameters
    ----------
    when : header of the day. date_format : of it; empty recognizes it. at : microseconds after midnight UTC.
    texts : templates by entry, those of ``TEXTS``. quantity : template of a number; empty for none.
    file : pattern of the names of files whose rows are meant. each_cell : an event a cell rather than a row.
    left_out : headers of which no events are made. keeps_zero : events of quantity 0 are made too.
    own : fields of our namespace.
    """

    when: str
    texts: Mapping[str, str]
    quantity: str = ""
    date_format: str = ""
    at: int = 0
    file: str = "*"
    each_cell: bool = False
    left_out: tuple[str, ...] = ()
    keeps_zero: bool = False
    own: tuple[Own, ...] = ()

    def headers(self) -> tuple[str, ...]:
        """Return the headers that the template names."""
        texts = [*self.texts.values(), self.quantity, *(own.template for own in self.own)]
        named = [name for text in texts for name in PLACEHOLDER.findall(text) if not name.startswith("@")]
        return tuple(dict.fromkeys((self.when, *named)))


@dataclass(frozen=True, slots=True)
class EventMapping:
    """A mapping from tables to events.

    Parameters
    ----------
    name : of the mapping. events : templates. blank : words in a cell that mean "nothing", in small letters.
    decimal_commas : headers of columns written like ``1.234,5``.
    """

    name: str
    events: tuple[EventTemplate, ...]
    blank: frozenset[str] = field(default_factory=frozenset)
    decimal_commas: tuple[str, ...] = ()


def read_event_mapping(path: Path | str) -> EventMapping:
    """Read a mapping file.

    Raises
    ------
    InputError
        Every fault of the file at once.
    """
    return parse_event_mapping(mapping_text(path), file=Path(path).name)


def parse_event_mapping(text: str, *, file: str = "mapping") -> EventMapping:
    """Return the mapping a TOML text says.

    Parameters
    ----------
    text : the content of a mapping file. file : its name, for messages.

    Raises
    ------
    InputError
        Every fault at once.

    Example
    -------
    >>> mapping = parse_event_mapping('''
    ... name = "made"
    ... [[events]]
    ... when = "Day"
    ... type = "ObjectEvent"
    ... action = "ADD"
    ... step = "commissioning"
    ... location = "plant"
    ... product = "{Item}"
    ... quantity = "{Pieces}"
    ... ''')
    >>> mapping.events[0].headers()
    ('Day', 'Item', 'Pieces')
    """
    check = _Check(text, file=file)
    name = check.name("mapping")
    check.unknown("", check.document, known={"name", "events", "blank", "decimal_commas"})
    blank, commas = (check.texts(key, check.document.get(key, [])) for key in ("blank", "decimal_commas"))
    events = check.parts("events", fix="say what event a row gives")
    templates = tuple(check.template(f"events[{place}]", event) for place, event in enumerate(events))
    check.end()
    return EventMapping(name, templates, frozenset(word.lower() for word in blank), tuple(commas))


class _Check(MappingCheck):
    """Reads templates of events."""

    def texts(self, where: str, value: object) -> Sequence[str]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        self.fault(where, str(value)[:60], allowed="a list of texts")
        return []

    def text(self, where: str, value: object) -> str:
        if isinstance(value, str):
            return value
        self.fault(where, str(value)[:60], allowed="a text")
        return ""

    def template(self, where: str, event: Mapping[str, Any]) -> EventTemplate:
        self.unknown(where, event, known=KNOWN)
        for name, allowed in CHOICES.items():
            if name in event and event[name] not in allowed:
                self.fault(f"{where}.{name}", str(event[name]), allowed=", ".join(allowed))
        for name in ("when", "type"):
            if name not in event:
                self.fault(f"{where}.{name}", "nothing", allowed="the header of the day" if name == "when" else "a type of event")
        texts = {name: self.text(f"{where}.{name}", event[name]) for name in TEXTS if name in event}
        if texts.get("type") == "ObjectEvent" and "action" not in texts:
            self.fault(f"{where}.action", "nothing", allowed=", ".join(CHOICES["action"]))
        return EventTemplate(
            when=self.text(f"{where}.when", event.get("when", "")),
            texts=texts,
            quantity=self.text(f"{where}.quantity", event.get("quantity", "")),
            date_format=self.text(f"{where}.date_format", event.get("date_format", "")),
            at=self._clock(f"{where}.at", event.get("at", "00:00")),
            file=self.text(f"{where}.file", event.get("file", "*")),
            each_cell=event.get("each", "row") == "cell",
            left_out=tuple(self.texts(f"{where}.except", event.get("except", []))),
            keeps_zero=event.get("zero", "skip") == "keep",
            own=self._own(f"{where}.own", event.get("own", {})),
        )

    def _clock(self, where: str, value: object) -> int:
        try:
            found = value if isinstance(value, time) else time.fromisoformat(str(value))
        except ValueError:
            self.fault(where, str(value)[:60], allowed="a time of day in UTC, such as 06:00")
            return 0
        return (found.hour * 3600 + found.minute * 60 + found.second) * SECOND + found.microsecond

    def _own(self, where: str, value: object) -> tuple[Own, ...]:
        if not isinstance(value, dict):
            self.fault(where, str(value)[:60], allowed="names with templates")
            return ()
        found = []
        for name, template in value.items():
            kind: Kind = "text"
            for one in _OTHER_KINDS:
                if isinstance(template, dict) and template.keys() == {one}:
                    kind, template = one, template[one]
            if isinstance(template, str):
                found.append(Own(name, template, kind))
            else:
                self.fault(f"{where}.{name}", str(template)[:60], allowed='a text, {number = "..."} or {date = "..."}')
        return tuple(found)
