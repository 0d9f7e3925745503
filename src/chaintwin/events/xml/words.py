"""Words of the Core Business Vocabulary: URNs and URIs of XML, short words of JSON."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chaintwin.events.checking.words import (
    BUSINESS_STEPS,
    CBV,
    COMPONENTS,
    DISPOSITIONS,
    ERROR_REASONS,
    GS1,
    MEASUREMENTS,
    PARTY_TYPES,
    SENSOR_ALERTS,
    TRANSACTION_TYPES,
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One vocabulary.

    Parameters
    ----------
    start : what stands before its words in XML. others : what else may stand there. words : those that JSON writes short.
    only_known : whether words that JSON does not know keep what stands before them.
    """

    start: str
    others: tuple[str, ...]
    words: frozenset[str]
    only_known: bool = False


@lru_cache(maxsize=4096)
def short_word(text: str, vocabulary: Vocabulary) -> str:
    """Return a word of a vocabulary as JSON has it; what is of another vocabulary comes back unchanged.

    Parameters
    ----------
    text : as XML has it. vocabulary : which is meant.

    Example
    -------
    >>> short_word("urn:epcglobal:cbv:bizstep:shipping", STEP), short_word("https://example.org/step", STEP)
    ('shipping', 'https://example.org/step')
    """
    if text.startswith(vocabulary.start):
        word = text[len(vocabulary.start) :]
        return text if vocabulary.only_known and word not in vocabulary.words else word
    for start in vocabulary.others:
        if text.startswith(start):
            word = text[len(start) :]
            return word if word in vocabulary.words else (vocabulary.start + word if vocabulary.only_known else text)
    return text


def long_word(text: str, vocabulary: Vocabulary) -> str:
    """Return a word of a vocabulary as XML has it; what is a URI or has a prefix comes back unchanged.

    Example
    -------
    >>> long_word("shipping", STEP)
    'urn:epcglobal:cbv:bizstep:shipping'
    """
    return text if ":" in text or not text else vocabulary.start + text


def _core(name: str, short: str, words: tuple[str, ...]) -> Vocabulary:
    return Vocabulary(f"urn:epcglobal:cbv:{name}:", (f"{CBV}{short}-", f"cbv:{short}-"), frozenset(words))


STEP: Final = _core("bizstep", "BizStep", BUSINESS_STEPS)
DISPOSITION: Final = _core("disp", "Disp", DISPOSITIONS)
TRANSACTION: Final = _core("btt", "BTT", TRANSACTION_TYPES)
PARTY: Final = _core("sdt", "SDT", PARTY_TYPES)
REASON: Final = _core("er", "ER", ERROR_REASONS)
COMPONENT: Final = Vocabulary("cbv:Comp-", (f"{CBV}Comp-",), frozenset(COMPONENTS), only_known=True)
MEASUREMENT: Final = Vocabulary(
    "gs1:",
    (GS1, "https://ref.gs1.org/voc/", "http://gs1.org/voc/", "https://www.gs1.org/voc/", "http://www.gs1.org/voc/"),
    frozenset((*MEASUREMENTS, *SENSOR_ALERTS)),
    only_known=True,
)
