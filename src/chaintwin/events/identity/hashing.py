"""The hash id of an event, and the key it has in the log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from chaintwin.clock import text_of
from chaintwin.events.contexts import BUILT_IN, Prefixes
from chaintwin.events.identity.prehash import prehash
from chaintwin.events.identity.times import remembered_instant_text

VERSION: Final = "?ver=CBV2.0"
"""What every hash id ends with."""

DECLARED: Final = "!"
"""What stands between hash id and time of declaration in the key of a declaration of error."""


def hash_id(event: Mapping[str, Any], prefixes: Prefixes = BUILT_IN) -> str:
    """Return the CBV hash id of an event.

    It is the same for the XML and the JSON of an event, for every order of its fields and lists, for every way of writing a
    time or a name. It covers neither the id that the sender gave, nor the time of record, nor a declaration of error.

    Parameters
    ----------
    event : checked event of EPCIS JSON. prefixes : those in force for it.

    Raises
    ------
    UnhashableError
        See ``prehash``.

    Example
    -------
    >>> event = {"type": "ObjectEvent", "eventTime": "2020-03-04T11:00:30Z", "eventTimeZoneOffset": "+00:00", "action": "ADD"}
    >>> hash_id(event)[:20]
    'ni:///sha-256;8c69a6'
    """
    return hash_id_of(prehash(event, prefixes).text)


def hash_id_of(text: str) -> str:
    """Return the hash id made of the text of ``prehash``."""
    return f"ni:///sha-256;{hashlib.sha256(text.encode()).hexdigest()}{VERSION}"


def key_of(identity: str, event: Mapping[str, Any]) -> str:
    """Return the key of an event in the log: its hash id, for a declaration of error with its time behind.

    Parameters
    ----------
    identity : hash id. event : checked event.
    """
    declaration = event.get("errorDeclaration")
    if declaration is None:
        return identity
    return f"{identity}{DECLARED}{text_of(remembered_instant_text(declaration['declarationTime'])[1])}"


def hash_id_in(key: str) -> str:
    """Return the hash id that a key of the log begins with; a declaration has that of the event it takes back."""
    return key.partition(DECLARED)[0]
