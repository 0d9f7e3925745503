"""The nearest known name to a misspelled one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CANDIDATES_MAX = 400
"""Names compared letter by letter; 400 keep a suggestion below 20 ms among any number of names."""

SIMILAR_ENOUGH = 0.6
"""Share of letters in common below which a suggestion would puzzle more than help (difflib's ratio)."""


@dataclass(frozen=True, slots=True)
class Names:
    """Known names, arranged so that the one nearest to a misspelled name is found quickly; make it with ``names_of``.

    Parameters
    ----------
    all : the names, in their order.
    plain : for each name without case and punctuation, the first name that has it.
    """

    all: tuple[str, ...]
    plain: Mapping[str, str]

    def nearest(self, name: str) -> str:
        """Return the name most like the given one, or an empty string if none is alike.

        Example
        -------
        >>> names_of(["lead_time", "capacity"]).nearest("lead_tme")
        'lead_time'
        """
        same = self.plain.get(plain_name(name))
        if same is not None:
            return same
        close = self._close(name)
        found = difflib.get_close_matches(name.casefold(), [c.casefold() for c in close], n=1, cutoff=SIMILAR_ENOUGH)
        return next((c for c in close if c.casefold() == found[0]), "") if found else ""

    def _close(self, name: str) -> list[str]:
        """Return at most CANDIDATES_MAX names of about the same length, those of the same letters first."""
        reach = max(2, len(name) // 3)
        alike = [c for c in self.all if abs(len(c) - len(name)) <= reach]
        if len(alike) <= CANDIDATES_MAX:
            return alike
        # Ids often share a long beginning (PLANT-0001), so that a common beginning or end tells little when there are many.
        start, end = name[:3].casefold(), name[-3:].casefold()
        same = [c for c in alike if c[:3].casefold() == start or c[-3:].casefold() == end]
        letters = set(name.casefold())
        same.sort(key=lambda c: len(letters ^ set(c.casefold())))
        return same[:CANDIDATES_MAX]


def names_of(names: Iterable[str]) -> Names:
    """Return names arranged for ``nearest``."""
    listed = tuple(names)
    plain: dict[str, str] = {}
    for name in listed:
        plain.setdefault(plain_name(name), name)
    return Names(listed, plain)


def plain_name(name: str) -> str:
    """Return a name without case, and with one underscore for spaces, hyphens and dots.

    Example
    -------
    >>> plain_name(" Lead Time ")
    'lead_time'
    """
    return re.sub(r"[\s\-_.]+", "_", name.strip()).strip("_").casefold()
