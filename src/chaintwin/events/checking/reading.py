"""From bytes to JSON, with limits, and nothing taken silently that JSON leaves open."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from chaintwin.events.checking.problems import Problem, path_text, shown_text

BYTES_MAX: Final = 64 * 1024 * 1024
"""Larger bodies are refused."""

DEPTH_MAX: Final = 64
"""Bodies nested deeper are refused."""


def read_json(body: bytes) -> tuple[Any, tuple[Problem, ...]]:
    """Return the JSON of a body, and what is wrong with it; the JSON is None where it can't be read.

    NaN, numbers beyond doubles, texts that are no Unicode, names that come twice in one object and nesting beyond
    ``DEPTH_MAX`` are refused.

    Parameters
    ----------
    body : at most ``BYTES_MAX`` bytes of UTF-8.
    """
    if len(body) > BYTES_MAX:
        return None, (_problem("size", f"{len(body):,} bytes", f"at most {BYTES_MAX:,} bytes", "send the events in parts"),)
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    try:
        value = msgspec.json.decode(body)
    except msgspec.MsgspecError as error:
        return None, (_problem("json", _place(str(error), body), "JSON in UTF-8"),)
    except RecursionError:
        return None, (_problem("depth", f"nesting beyond {DEPTH_MAX}", f"at most {DEPTH_MAX} levels"),)
    if _may_be_deep(body) and _is_deep(value):
        return None, (_problem("depth", f"nesting beyond {DEPTH_MAX}", f"at most {DEPTH_MAX} levels"),)
    if b"\\u0000" in body and _holds_null(value):
        return None, (_problem("text", "the character U+0000 in a text", "texts without it", "take it out"),)
    if _may_repeat_names(body, value):
        repeated = _repeated_names(body)
        if repeated:
            return None, tuple(repeated)
    return value, ()


def _problem(code: str, found: str, allowed: str, fix: str = "") -> Problem:
    return Problem(f"document.{code}", "$", found, allowed, fix)


def _place(message: str, body: bytes) -> str:
    """Return what a decoder says with the line in place of the byte."""
    match = _BYTE.search(message)
    text = message.removeprefix("JSON is malformed: ")
    if match is None:
        return shown_text(text)
    before = body[: int(match[1])]
    line = before.count(b"\n") + 1
    column = len(before) - before.rfind(b"\n")
    return shown_text(f"{text.replace(match[0], '').strip()} in line {line}, column {column}")


_BYTE: Final = re.compile(r"\(byte (\d+)\)")
_HIDDEN: Final = re.compile(rb"\\u00(22|20|3[aA])")
"""Escapes that may look like the end of a name once they are read, or the other way round."""

_BLANKS: Final = b" \t\r\n"
_NO_BRACKETS: Final = bytes(code for code in range(256) if code not in b"[]{}")


def _may_repeat_names(body: bytes, value: Any) -> bool:
    """Tell whether the body has more names than what was read of it, or whether that can't be told by counting."""
    if b"\\u00" in body and _HIDDEN.search(body):
        return True
    written = msgspec.json.encode(value)
    return body.translate(None, _BLANKS).count(b'":') != written.translate(None, _BLANKS).count(b'":')


def _may_be_deep(body: bytes) -> bool:
    """Tell whether brackets, also those in texts, are nested beyond the limit; innermost pairs go first."""
    brackets = body.translate(None, _NO_BRACKETS)
    for _ in range(DEPTH_MAX):
        if not brackets:
            return False
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return True


def _repeated_names(body: bytes) -> list[Problem]:
    found: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(items)
        if len(seen) < len(items):
            names = [name for name, _ in items]
            found.extend(sorted({name for name in names if names.count(name) > 1}) if len(names) < 1000 else ["…"])
        return seen

    json.loads(body, object_pairs_hook=pairs)
    return [
        Problem(
            "document.name_twice",
            path_text([name]).replace("$", "$.."),
            f"the name {shown_text(name)} twice in one object",
            "each name once in an object",
            "take one out",
        )
        for name in dict.fromkeys(found)
    ]


def _is_deep(value: Any) -> bool:
    """Tell whether a value is nested beyond the limit; level by level, so that depth costs no stack."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH_MAX):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _holds_null(value: Any) -> bool:
    level = [value]
    while level:
        parent = level.pop()
        if isinstance(parent, str):
            if "\x00" in parent:
                return True
        elif isinstance(parent, dict):
            level += parent.keys()
            level += parent.values()
        elif isinstance(parent, list):
            level += parent
    return False
