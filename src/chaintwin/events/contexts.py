"""JSON-LD contexts without a network: which prefixes a document has, and what its names mean in full.

The contexts that GS1 publishes are known by their addresses, with any version or none, and stand for a built-in table.
No other address is ever fetched: what it would have defined stays unknown and is told, while prefixes that the document
defines itself are read as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chaintwin.events.checking.words import CBV, GS1
from chaintwin.events.names.remembering import remembering
from chaintwin.events.vocabulary import NAMESPACE, PREFIX

Prefixes = Mapping[str, str]
"""Namespace of each prefix."""

CONTEXT_ADDRESS: Final = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
"""What our own documents name."""

MASTER_DATA: Final = "urn:epcglobal:cbv:mda"
"""Namespace of master data as XML writes it; a document that writes it with a colon behind keeps that in its hash id."""

BUILT_IN: Final[Prefixes] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": CBV,
    "cbvmda": MASTER_DATA,
    "gs1": GS1,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
    PREFIX: NAMESPACE,
}
"""Prefixes that no document has to define."""

PREFIXES_MAX: Final = 1_000
"""So many prefixes of a document are read."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What of a context could not be used.

    Parameters
    ----------
    found : the part of the context. allowed : what could have been used.
    """

    found: str
    allowed: str


def is_known_address(address: str) -> bool:
    """Tell whether an address names a context of EPCIS that GS1 publishes, of whatever version.

    Example
    -------
    >>> is_known_address("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld")
    True
    """
    return _KNOWN_ADDRESS.fullmatch(address) is not None


def prefixes_of(context: Any, inherited: Prefixes = BUILT_IN) -> tuple[Prefixes, tuple[Remark, ...]]:
    """Return the prefixes in force under a context, and what of it could not be used.

    Parameters
    ----------
    context : value of ``@context``: an address, a map, or a list of both; None if there is none.
    inherited : prefixes of the document around it.

    Example
    -------
    >>> prefixes_of([CONTEXT_ADDRESS, {"example": "https://ns.example.com/"}])[0]["example"]
    'https://ns.example.com/'
    """
    if context is None or (isinstance(context, str) and is_known_address(context)):
        return inherited, ()
    prefixes = dict(inherited)
    remarks: list[Remark] = []
    for part in context if isinstance(context, list) else (context,):
        if isinstance(part, str):
            if not is_known_address(part):
                allowed = f"{CONTEXT_ADDRESS}, and prefixes that the document defines itself; no other address is fetched"
                remarks.append(Remark(part, allowed))
        elif isinstance(part, dict):
            for name, meaning in part.items():
                namespace = meaning.get("@id") if isinstance(meaning, dict) else meaning
                if len(prefixes) >= PREFIXES_MAX:
                    remarks.append(
                        Remark(f"more than {PREFIXES_MAX} prefixes", f"at most {PREFIXES_MAX}; the others are unknown")
                    )
                    break
                if isinstance(namespace, str) and namespace and ":" in namespace and not name.startswith("@"):
                    prefixes[name] = _namespace(namespace, prefixes)
                elif not name.startswith("@"):
                    remarks.append(Remark(f"{name}: {str(meaning)[:80]}", "a prefix with the full URI of its namespace"))
    return (inherited if prefixes == inherited else prefixes), tuple(remarks)


def split_name(name: str, prefixes: Prefixes) -> tuple[str, str]:
    """Return namespace and local name of a field or type; the namespace is empty where the name has none.

    Example
    -------
    >>> split_name("ct:order", BUILT_IN), split_name("https://ns.example.com/a/b", BUILT_IN)
    (('urn:chaintwin:v1:', 'order'), ('https://ns.example.com/a/', 'b'))
    """
    prefix, colon, local = name.partition(":")
    if not colon:
        return "", name
    namespace = prefixes.get(prefix)
    if namespace is not None and not local.startswith("//"):
        return namespace, local
    if name.startswith(NAMESPACE):
        return NAMESPACE, name[len(NAMESPACE) :]
    if "//" in name or prefix == "urn":
        end = max(name.rfind("/"), name.rfind("#"), name.rfind(":")) + 1
        return _namespace(name[:end], prefixes), name[end:]
    return "", name


def full_name(name: str, prefixes: Prefixes) -> str:
    """Return the full URI of a field, a type or a word with a prefix; a name without one comes back unchanged.

    Master data is spelled ``urn:epcglobal:cbv:mda:NAME`` whichever way the document writes its namespace.
    """
    namespace, local = split_name(name, prefixes)
    return f"{namespace}:{local}" if namespace == MASTER_DATA else namespace + local


def word_uri(word: str, base: str, *, prefixes: Prefixes = BUILT_IN) -> str:
    """Return the full URI of a word of a vocabulary.

    Parameters
    ----------
    word : bare word, CURIE, URN of CBV 1, or full URI. base : what stands before a bare word in full.

    Example
    -------
    >>> word_uri("shipping", BUSINESS_STEP), word_uri("urn:epcglobal:cbv:disp:in_transit", DISPOSITION)
    ('https://ref.gs1.org/cbv/BizStep-shipping', 'https://ref.gs1.org/cbv/Disp-in_transit')
    """
    if ":" not in word:
        return base + word
    return _expanded(word) if prefixes is BUILT_IN else vocabulary_uri(word, prefixes)


def vocabulary_uri(word: str, prefixes: Prefixes) -> str:
    """Return a word with a prefix, a URN of CBV 1 or another spelling of a GS1 vocabulary as full URI; all else unchanged."""
    prefix, _, local = word.partition(":")
    namespace = prefixes.get(prefix)
    if namespace is not None and not local.startswith("//"):
        return namespace + local
    return _expanded(word)


def used_prefixes(event: Mapping[str, Any], prefixes: Prefixes) -> dict[str, str]:
    """Return those prefixes in order that an event uses and that readers of the GS1 context don't know.

    Parameters
    ----------
    event : event without its ``@context``. prefixes : those in force.
    """
    foreign = _OURS if prefixes is BUILT_IN else {name for name in prefixes if _GS1_CONTEXT.get(name) != prefixes[name]}
    used: set[str] = set()
    for text in _texts(event, depth=0):
        name = text.partition(":")[0]
        if name in foreign:
            used.add(name)
            if len(used) == len(foreign):
                break
    return {name: prefixes[name] for name in sorted(used)}


BUSINESS_STEP: Final = CBV + "BizStep-"
DISPOSITION: Final = CBV + "Disp-"
TRANSACTION_TYPE: Final = CBV + "BTT-"
PARTY_TYPE: Final = CBV + "SDT-"
ERROR_REASON: Final = CBV + "ER-"
COMPONENT: Final = CBV + "Comp-"
MEASUREMENT: Final = GS1

_GS1_CONTEXT: Final = {name: namespace for name, namespace in BUILT_IN.items() if name != PREFIX}

_OURS: Final = frozenset({PREFIX})

_KNOWN_ADDRESS: Final = re.compile(
    r"https?://(ref\.gs1\.org/standards/epcis/|gs1\.github\.io/EPCIS/)([0-9][0-9.]*/)?epcis-context\.jsonld", re.ASCII
)

_SPELLINGS: Final = ("https://ref.gs1.org/voc/", "https://www.gs1.org/voc/", "http://gs1.org/voc/", "http://www.gs1.org/voc/")

_OLD_WORDS: Final = (
    ("urn:epcglobal:cbv:bizstep:", BUSINESS_STEP),
    ("urn:epcglobal:cbv:disp:", DISPOSITION),
    ("urn:epcglobal:cbv:btt:", TRANSACTION_TYPE),
    ("urn:epcglobal:cbv:sdt:", PARTY_TYPE),
    ("urn:epcglobal:cbv:er:", ERROR_REASON),
)


@remembering(4096)
def _expanded(word: str) -> str:
    """Return a word of the built-in vocabularies in full."""
    prefix, _, local = word.partition(":")
    if prefix in ("gs1", "cbv", "epcis") and not local.startswith("//"):
        return BUILT_IN[prefix] + local
    for old, new in _OLD_WORDS:
        if word.startswith(old):
            return new + word[len(old) :]
    for spelling in _SPELLINGS:
        if word.startswith(spelling):
            return GS1 + word[len(spelling) :]
    return word


def _namespace(namespace: str, prefixes: Prefixes) -> str:
    """Return a namespace in full and in the one spelling of the GS1 vocabulary."""
    prefix, _, local = namespace.partition(":")
    known = prefixes.get(prefix)
    full = known + local if known is not None and local and not local.startswith("//") else namespace
    return GS1 if full in _SPELLINGS else full


def _texts(value: Any, *, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < _DEPTH_MAX:
        yield from value
        for child in value.values():
            yield from _texts(child, depth=depth + 1)
    elif isinstance(value, list) and depth < _DEPTH_MAX:
        for child in value:
            yield from _texts(child, depth=depth + 1)


_DEPTH_MAX: Final = 100
