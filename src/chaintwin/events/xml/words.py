"""Words of the Core Business Vocabulary: URNs and URIs of XML, short words of JSON."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from chaintwin.events.checking import words

STEP: Final = ("urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/BizStep-", "cbv:BizStep-")
DISPOSITION: Final = ("urn:epcglobal:cbv:disp:", "https://ref.gs1.org/cbv/Disp-", "cbv:Disp-")
TRANSACTION: Final = ("urn:epcglobal:cbv:btt:", "https://ref.gs1.org/cbv/BTT-", "cbv:BTT-")
PARTY: Final = ("urn:epcglobal:cbv:sdt:", "https://ref.gs1.org/cbv/SDT-", "cbv:SDT-")
REASON: Final = ("urn:epcglobal:cbv:er:", "https://ref.gs1.org/cbv/ER-", "cbv:ER-")
COMPONENT: Final = ("cbv:Comp-", "https://ref.gs1.org/cbv/Comp-")
MEASUREMENT: Final = ("gs1:", "https://gs1.org/voc/", "https://ref.gs1.org/voc/")
"""What stands before a word of each vocabulary; the first is what we write."""


@lru_cache(maxsize=4096)
def short_word(text: str, starts: tuple[str, ...]) -> str:
    """Return a word of a vocabulary as JSON has it; what is of another vocabulary comes back unchanged.

    A word that the vocabulary does not have keeps what stands before it, in the first way of writing that.

    Parameters
    ----------
    text : as XML has it. starts : what stands before the words of the vocabulary.

    Example
    -------
    >>> short_word("urn:epcglobal:cbv:bizstep:shipping", STEP), short_word("https://example.org/step", STEP)
    ('shipping', 'https://example.org/step')
    """
    for start in starts:
        if text.startswith(start):
            word = text[len(start) :]
            return word if word in _KNOWN[starts[0]] else starts[0] + word
    return text


def long_word(text: str, starts: tuple[str, ...]) -> str:
    """Return a word of a vocabulary as XML has it; what is a URI or has a prefix comes back unchanged.

    Example
    -------
    >>> long_word("shipping", STEP)
    'urn:epcglobal:cbv:bizstep:shipping'
    """
    return text if ":" in text or not text else starts[0] + text


_KNOWN: Final = {
    STEP[0]: frozenset(words.BUSINESS_STEPS),
    DISPOSITION[0]: frozenset(words.DISPOSITIONS),
    TRANSACTION[0]: frozenset(words.TRANSACTION_TYPES),
    PARTY[0]: frozenset(words.PARTY_TYPES),
    REASON[0]: frozenset(words.ERROR_REASONS),
    COMPONENT[0]: frozenset(words.COMPONENTS),
    MEASUREMENT[0]: frozenset((*words.MEASUREMENTS, *words.SENSOR_ALERTS)),
}
"""Words that JSON takes bare, by what stands before them."""
