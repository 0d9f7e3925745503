"""Patterns of addresses: levels between slashes, wildcards as in MQTT, and names for what stands there."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""Names of captures."""

_PIECE = re.compile(r"\{([^{}]*)\}")


class PatternError(ValueError):
    """A pattern that means nothing; says why."""


@dataclass(frozen=True, slots=True)
class AddressPattern:
    """A pattern of addresses.

    ``{name}`` stands for one or more signs without a slash, within a level or for all of it, and remembers them. ``+`` stands for
    one whole level, ``#`` at the end for any levels that follow, none too.

    Parameters
    ----------
    text : as it was written. names : of its captures. form : the regular expression.
    """

    text: str
    names: tuple[str, ...]
    form: re.Pattern[str]

    def match(self, address: str) -> dict[str, str] | None:
        """Return what the captures stand for in an address; None where the pattern does not fit.

        Example
        -------
        >>> address_pattern("plant/{site}/{machine}/#").match("plant/north/press/motor/speed")
        {'site': 'north', 'machine': 'press'}
        """
        found = self.form.fullmatch(address)
        return None if found is None else found.groupdict()


def address_pattern(text: str) -> AddressPattern:
    """Return a pattern of its text.

    Raises
    ------
    PatternError
        It means nothing.
    """
    if not text:
        raise PatternError("an empty pattern")
    names: list[str] = []
    levels = text.split("/")
    forms: list[str] = []
    for place, level in enumerate(levels):
        if level == "#":
            if place + 1 < len(levels):
                raise PatternError("# before the end")
            break
        forms.append(r"[^/]*" if level == "+" else _level(level, names))
    if levels[-1] != "#":
        form = "/".join(forms)
    else:
        form = "/".join(forms) + "(?:/.*)?" if forms else ".*"
    return AddressPattern(text, tuple(names), re.compile(form, re.DOTALL))


def _level(level: str, names: list[str]) -> str:
    """Return the regular expression of one level, and note its captures."""
    form, end = "", 0
    for piece in _PIECE.finditer(level):
        name = piece.group(1)
        if not NAME.fullmatch(name):
            raise PatternError(f"the name {{{name}}}, which is none of letters, digits and _")
        if name in names:
            raise PatternError(f"the name {{{name}}} twice")
        names.append(name)
        form += _plain(level[end : piece.start()]) + f"(?P<{name}>[^/]+)"
        end = piece.end()
    return form + _plain(level[end:])


def _plain(text: str) -> str:
    if any(sign in text for sign in "{}+#"):
        raise PatternError(f"{text!r}: a wildcard within a level, or a brace without its other")
    return re.escape(text)
