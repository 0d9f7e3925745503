"""How names and words are written in queries and events, brought to one spelling each."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chaintwin.clock import microseconds_of
from chaintwin.events.checking.words import (
    BUSINESS_STEPS,
    DISPOSITIONS,
    ERROR_REASONS,
    EVENT_TYPES,
    MEASUREMENTS,
    PARTY_TYPES,
    TRANSACTION_TYPES,
)
from chaintwin.events.contexts import (
    BUILT_IN,
    BUSINESS_STEP,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT,
    PARTY_TYPE,
    TRANSACTION_TYPE,
    Prefixes,
    full_name,
    prefixes_of,
    word_uri,
)
from chaintwin.events.names.canonical import canonical_name
from chaintwin.events.names.remembering import remembering
from chaintwin.events.vocabulary import NAMESPACE


@dataclass(frozen=True, slots=True)
class Spelling:
    """What the names of one document or query may be written with.

    Parameters
    ----------
    prefixes : what each prefix of a CURIE stands for.
    """

    prefixes: Prefixes = field(default_factory=lambda: BUILT_IN)

    def declaring(self, context: Any) -> Spelling:
        """Return a spelling that also knows the prefixes of a JSON-LD context; links to other contexts are not followed."""
        prefixes, _ = prefixes_of(context, self.prefixes)
        return self if prefixes is self.prefixes else Spelling(prefixes)

    def expanded(self, name: str) -> str | None:
        """Return a full URI for a CURIE or a URI, or None if its prefix is not known."""
        prefix, colon, rest = name.partition(":")
        if not colon:
            return None
        if prefix in self.prefixes and not rest.startswith("//"):
            return full_name(name, self.prefixes)
        if prefix.lower() in _SCHEMES or rest.startswith("//"):
            # EPCIS 1.2 writes a field as its namespace, a # and its name; JSON-LD has no # between them.
            return re.sub(r"(?<=[/:#])#", "", name)
        return None

    def kind(self, text: str) -> str | None:
        """Return a type of event as its terms have it: one of our own by its name, any other by its full URI."""
        full = text if text in EVENT_TYPES else self.expanded(text)
        return full.removeprefix(NAMESPACE) if full else None

    def name(self, text: str) -> str | None:
        """Return the canonical name of a thing, or None if the text is no identifier."""
        if text.startswith(_HTTP_OR_URN):
            return canonical_name(text)
        if not _URI.match(text):
            return None
        prefix, _, rest = text.partition(":")
        return canonical_name(self.prefixes[prefix] + rest if prefix in self.prefixes else text)

    def word(self, text: str, *, vocabulary: str) -> str | None:
        """Return the full URI of a word of a vocabulary, or None if it is no word of it and no URI.

        Parameters
        ----------
        vocabulary : ``BizStep``, ``Disp``, ``BTT``, ``SDT``, ``ER`` or ``Measurement``.
        """
        words, base = _VOCABULARIES[vocabulary]
        if ":" not in text:
            return base + text if text in words else None
        full = self.expanded(text)
        return None if full is None else word_uri(full, base)


def words_of(vocabulary: str) -> tuple[str, ...]:
    """Return the bare words of a vocabulary, as ``Spelling.word`` takes them."""
    return _VOCABULARIES[vocabulary][0]


def number_of(value: Any) -> float | None:
    """Return a finite number, also one that is written as text; None for anything else, truth values included."""
    if isinstance(value, str):
        return _number_of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _finite(value)


def moment_of_text(text: str) -> int | None:
    """Return a time with a zone as microseconds since 1970 in UTC, or None if the text is none.

    A space before the zone is taken for the ``+`` that a URL loses where it is not encoded.
    """
    found = _TIME.match(text)
    if found is None:
        return None
    try:
        return microseconds_of(datetime.fromisoformat(f"{found[1]}T{found[2]}{_zone(found[4])}")) + _fraction(found[3])
    except (ValueError, OverflowError):
        return None


@remembering(4096)
def _number_of_text(text: str) -> float | None:
    return _finite(text)


def _finite(value: float | str) -> float | None:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _fraction(digits: str | None) -> int:
    return int((digits or "0")[:6].ljust(6, "0"))


def _zone(text: str) -> str:
    return "+00:00" if text in ("Z", "z") else text.replace(" ", "+")


_HTTP_OR_URN = ("http://", "https://", "urn:")
_SCHEMES = frozenset({"http", "https", "urn", "ni", "tag", "did", "mailto", "ftp", "geo"})
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s]+\Z")
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,12}))?([Zz]|[+\- ]\d{2}:\d{2})\Z", re.ASCII)

_VOCABULARIES = {
    "BizStep": (BUSINESS_STEPS, BUSINESS_STEP),
    "Disp": (DISPOSITIONS, DISPOSITION),
    "BTT": (TRANSACTION_TYPES, TRANSACTION_TYPE),
    "SDT": (PARTY_TYPES, PARTY_TYPE),
    "ER": (ERROR_REASONS, ERROR_REASON),
    "Measurement": (MEASUREMENTS, MEASUREMENT),
}
"""Bare words of each vocabulary, and what stands before them in full."""
