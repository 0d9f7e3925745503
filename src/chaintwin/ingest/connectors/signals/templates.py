"""Texts with names in braces, filled in from the address of a signal and from what it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from chaintwin.ingest.connectors.signals.signal import Signal

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

VALUE, ADDRESS, PROPERTY = "@value", "@address", "@property."
"""The value itself, the address, and a property that came with the signal."""

MISSING: Final = None
"""Stands for what a signal does not have."""

TEXT_BYTES_MAX = 16 * 2**20
"""Payloads that are larger are not looked into."""

Part = str | tuple[str, ...]
"""A literal, or the path of a placeholder."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text with placeholders.

    Parameters
    ----------
    text : as it was written. parts : literals and paths, in order.
    """

    text: str
    parts: tuple[Part, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """First names of the placeholders."""
        return tuple(part[0] for part in self.parts if not isinstance(part, str))

    @property
    def is_fixed(self) -> bool:
        """Whether nothing has to be filled in."""
        return all(isinstance(part, str) for part in self.parts)

    def bound(self, captures: Mapping[str, str]) -> Template:
        """Return the template with what an address says filled in; it then depends on the signal alone."""
        parts: list[Part] = []
        for part in self.parts:
            known = captures.get(part[0]) if not isinstance(part, str) and len(part) == 1 else None
            parts.append(part if known is None else known)
        return Template(self.text, tuple(parts))

    def filled(self, seen: Seen) -> Any:
        """Return what it says of a signal: the value itself where it is one placeholder, else a text; None if a part is missing.

        Parameters
        ----------
        seen : the signal.
        """
        if len(self.parts) == 1:
            part = self.parts[0]
            return part if isinstance(part, str) else seen.at(part)
        texts = []
        for part in self.parts:
            value = part if isinstance(part, str) else seen.at(part)
            if value is MISSING:
                return MISSING
            texts.append(plain_text(value))
        return "".join(texts)


class Seen:
    """A signal that templates look at; its payload is read as JSON at most once.

    Parameters
    ----------
    signal : what came.
    """

    __slots__ = ("_document", "_is_read", "signal")

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self._document: Any = None
        self._is_read = False

    @property
    def document(self) -> Any:
        """The value; a text or bytes that are JSON as what they say, other bytes in UTF-8 as text."""
        if not self._is_read:
            self._document, self._is_read = _read(self.signal.value), True
        return self._document

    def at(self, path: tuple[str, ...]) -> Any:
        """Return what is at a path, or None."""
        name = path[0]
        if name == VALUE:
            document = self.document
            return document.get("value") if isinstance(document, dict) else document
        if name == ADDRESS:
            return self.signal.address
        if name.startswith(PROPERTY):
            return self.signal.properties.get(".".join(path)[len(PROPERTY) :])
        found = self.document
        for step in path:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
                found = found[int(step)]
            else:
                return MISSING
        return found


def template_of(text: str) -> Template:
    """Return a template of its text.

    Example
    -------
    >>> template_of("{site}-{press.state}").parts
    (('site',), '-', ('press', 'state'))
    """
    parts: list[Part] = []
    end = 0
    for found in PLACEHOLDER.finditer(text):
        if found.start() > end:
            parts.append(text[end : found.start()])
        name = found.group(1)
        # The names of properties may hold dots, and stand in braces as they are.
        parts.append((name,) if name.startswith("@") else tuple(name.split(".")))
        end = found.end()
    if end < len(text) or not parts:
        parts.append(text[end:])
    return Template(text, tuple(parts))


def plain_text(value: Any) -> str:
    """Return a value as text: truths as in JSON, whole numbers without a point, bytes in hexadecimal."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int) and value.bit_length() > _BITS_MAX:
        return f"a number of {value.bit_length()} bits"
    return _ENCODER.encode(value).decode() if isinstance(value, dict | list) else str(value)


def _read(value: Any) -> Any:
    if not isinstance(value, str | bytes) or len(value) > TEXT_BYTES_MAX:
        return value
    if isinstance(value, str) and not value.lstrip().startswith(("{", "[")):
        # A source that knows types says that this is a text, be it made of digits.
        return value
    try:
        return _DECODER.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    if isinstance(value, str):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


_BITS_MAX = 4_096
"""Whole numbers that are larger are not written out."""

_DECODER = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder(order="deterministic")
