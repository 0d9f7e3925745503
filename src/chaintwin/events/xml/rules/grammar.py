"""A short notation for what may stand in an element, and what it means.

``a b? c+ d*`` is a sequence, ``(a|b)`` a choice; ``other`` is any element of a foreign namespace and ``local`` any without
one. ``name:Kind`` gives the kind of an element, or the form of its text; ``name~`` may be nil.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

OTHER: Final = "o"
LOCAL: Final = "l"
FOREIGN: Final = "x"
"""Stand-in for an element that may stand nowhere."""


@dataclass(frozen=True, slots=True)
class Part:
    """One element that may stand in another.

    Parameters
    ----------
    tag : name with namespace. kind : kind of element, or form of its text. code : sign that stands for it in the pattern.
    needed : whether it must be there. repeats : whether it may be there more than once. nillable : whether it may be nil.
    """

    tag: str
    kind: str
    code: str
    needed: bool
    repeats: bool
    nillable: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """What may stand in a kind of element.

    Parameters
    ----------
    name : of the kind. parts : by name with namespace. pattern : regular expression of their codes. target : namespace that
    is not foreign. attributes : (form, needed) by name. open_attributes : whether others may stand there.
    form : form of the text of an element without children. mixed : whether text and any children may stand side by side.
    notation : as it was written, for messages.
    """

    name: str
    parts: Mapping[str, Part]
    pattern: re.Pattern[str]
    target: str
    attributes: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    open_attributes: bool = False
    form: str = ""
    mixed: bool = False
    notation: str = ""


def kind_of(
    name: str,
    notation: str,
    *,
    target: str,
    namespaces: Mapping[str, str],
    attributes: str = "",
    form: str = "",
    mixed: bool = False,
) -> Kind:
    """Return the kind that a notation describes.

    Parameters
    ----------
    name : of the kind. notation : what may stand in it, see above; ``in:PREFIX`` as first word puts names without prefix there.
    target : namespace of the schema it belongs to. namespaces : by the prefixes of the notation (``sbdh.Sender``).
    attributes : ``name=form``, ``name!=form`` where needed, ``*`` where others may stand there.
    form : form of its text, for an element without children. mixed : whether text and any children may stand there.
    """
    words = notation.split()
    home = namespaces[words.pop(0)[3:]] if words and words[0].startswith("in:") else ""
    parts: dict[str, Part] = {}
    depth = 0
    choice = False
    pattern = ""
    for token in _TOKEN.findall(" ".join(words)):
        if token in "()|":
            depth += {"(": 1, ")": -1}.get(token, 0)
            choice = choice or token == "|"
            pattern += token.replace("(", "(?:")
            continue
        if token in "?*+":
            pattern += token
            continue
        found = _NAME.fullmatch(token)
        if found is None:
            raise AssertionError(f"{name}: {token}")
        prefix, local, kind, nil, count = found.groups(default="")
        if local in ("other", "local"):
            pattern += (OTHER if local == "other" else LOCAL) + count
            continue
        namespace = namespaces[prefix[:-1]] if prefix else home
        tag = f"{{{namespace}}}{local}" if namespace else local
        code = chr(0x4E00 + len(parts))
        needed = depth == 0 and count in ("", "+")
        parts[tag] = Part(tag, kind or local[:1].upper() + local[1:], code, needed, count in ("*", "+"), nil != "")
        pattern += code + count
    foreign = "".join(
        part.code for part in parts.values() if part.tag.startswith("{") and not part.tag.startswith(f"{{{target}}}")
    )
    pattern = pattern.replace(OTHER, f"[{OTHER}{foreign}]")
    listed = dict(_attribute(word) for word in attributes.split() if word != "*")
    repeating = {tag: Part(part.tag, part.kind, part.code, False, True, part.nillable) for tag, part in parts.items()}
    return Kind(
        name,
        repeating if choice else parts,
        re.compile(f"(?:{pattern})\\Z"),
        target,
        listed,
        "*" in attributes.split(),
        form,
        mixed,
        re.sub(r":\w+|~|\bin:\w+ ", "", notation),
    )


_TOKEN: Final = re.compile(r"[()|]|(?<=\))[?*+]|(?:[a-z]+\.)?[A-Za-z]+(?::\w+)?~?[?*+]?")
_NAME: Final = re.compile(r"([a-z]+\.)?([A-Za-z]+)(?::(\w+))?(~)?([?*+])?")


def _attribute(word: str) -> tuple[str, tuple[str, bool]]:
    name, _, form = word.partition("=")
    return name.rstrip("!"), (form, name.endswith("!"))
