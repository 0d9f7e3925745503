"""Values as the hash id has them: numbers without needless digits, one name for one thing, words in full."""

from __future__ import annotations

import math
import re
from typing import Final

from chaintwin.events.contexts import BUILT_IN, vocabulary_uri
from chaintwin.events.names import canonical_name
from chaintwin.events.names.remembering import remembering

EXACT_INTEGER: Final = 2**53
"""Whole numbers up to this are the same as the double that the hash id is made of."""


def value_text(text: str) -> str:
    """Return a text as the hash id has it.

    White space around it goes; what reads as a number is written as one; names of GS1 become Digital Links; words of the
    GS1 vocabularies are written in full. Prefixes of others stay as they are: the hash ids that are published have them so.

    Example
    -------
    >>> value_text("26.0"), value_text("gs1:Temperature"), value_text("urn:epc:id:sgln:4012345.00011.0")
    ('26', 'https://gs1.org/voc/Temperature', 'https://id.gs1.org/414/4012345000115')
    """
    return _remembered(text)


def canonical_word(word: str, base: str) -> str:
    """Return a word of a vocabulary as the hash id has it.

    Parameters
    ----------
    word : bare word, CURIE or URI. base : what stands before a bare word in full.
    """
    return value_text(word) if ":" in word else base + word.strip()


def number_text(number: int | float) -> str:
    """Return a number as the hash id has it: the shortest text of its double, whole numbers without a point.

    Raises
    ------
    ValueError
        The number is not finite.

    Example
    -------
    >>> number_text(26.0), number_text(0.10), number_text(1e-7)
    ('26', '0.1', '1e-07')
    """
    if isinstance(number, int) and -EXACT_INTEGER <= number <= EXACT_INTEGER:
        return str(number)
    try:
        double = float(number)
    except (OverflowError, TypeError):
        raise ValueError("it is no number that a double can be") from None
    if not math.isfinite(double):
        raise ValueError("the number is not finite")
    return str(int(double)) if double == int(double) else repr(double)


def says_more(text: str) -> bool:
    """Tell whether a text that reads as a number would lose something as one: leading zeros, an exponent, many digits.

    Example
    -------
    >>> says_more("007"), says_more("26.0"), says_more("A-1")
    (True, False, False)
    """
    stripped = text.strip()
    if stripped[:1] not in _NUMBER_STARTS or _NUMBER.fullmatch(stripped) is None:
        return False
    return _PLAIN_NUMBER.fullmatch(stripped) is None or len(stripped.strip("-0.").replace(".", "")) > EXACT_DIGITS


EXACT_DIGITS: Final = 15
"""So many decimal digits always come back from a double."""

_NUMBER_STARTS: Final = frozenset("0123456789+-.")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PLAIN_NUMBER: Final = re.compile(r"(0|-?(0\.\d*[1-9]\d*|[1-9]\d*(\.\d*)?)|0\.0*)", re.ASCII)


@remembering()
def _remembered(text: str) -> str:
    return _value_text(text)


def _value_text(text: str) -> str:
    stripped = text.strip()
    if stripped[:1] in _NUMBER_STARTS:
        if _NUMBER.fullmatch(stripped):
            double = float(stripped)
            return number_text(double) if math.isfinite(double) else stripped
        return stripped
    if ":" not in stripped:
        return stripped
    return canonical_name(_in_full(stripped))


def _in_full(text: str) -> str:
    """Return a word of the GS1 vocabularies in full."""
    return vocabulary_uri(text, _GS1_PREFIXES)


_GS1_PREFIXES: Final = {name: BUILT_IN[name] for name in ("gs1", "cbv", "epcis")}
