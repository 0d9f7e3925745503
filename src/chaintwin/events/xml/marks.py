"""How what XML has no form for is written all the same, in elements and attributes of our namespace."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from chaintwin.events.vocabulary import NAMESPACE, PREFIX

FORM: Final = f"{{{NAMESPACE}}}form"
"""Attribute ``json``: the text of the element is JSON."""

FIELD: Final = f"{{{NAMESPACE}}}field"
"""Element for a field whose name no element can have; the name is in the attribute ``NAME``."""

NAME: Final = f"{{{NAMESPACE}}}name"

FIELDS: Final = f"{{{NAMESPACE}}}fields"
"""Attribute with fields as JSON, where only attributes may stand."""

CERTIFICATION: Final = f"{{{NAMESPACE}}}certificationInfo"
"""Element for the second and every further certification; XML has room for one."""

HEADER: Final = f"{{{NAMESPACE}}}header"
"""Element for fields of the header, where the schema has no room for them."""

ID: Final = f"{{{NAMESPACE}}}id"
"""Attribute for the id of a document."""

UNQUALIFIED: Final = f"{PREFIX}:unqualified"
"""Field that holds what XML says of an event without a namespace and EPCIS 2.0 does not know."""

TEXT: Final = "#text"
"""Where an element with text and attributes keeps its text."""


def as_json(value: Any) -> str:
    """Return a value as JSON without signs that XML can't hold."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def is_text(value: str) -> bool:
    """Tell whether XML gives a text back as it is: no signs that it can't hold, no blanks around."""
    return value == value.strip() and _UNWRITABLE.search(value) is None


def writable(value: str) -> str:
    """Return a text with every sign that XML can't hold replaced."""
    return _UNWRITABLE.sub("\ufffd", value)


def is_name(text: str) -> bool:
    """Tell whether an element can have a name."""
    return _NAME.fullmatch(text) is not None


_UNWRITABLE: Final = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
