"""The nearest known name to a misspelled one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

CANDIDATES_MAX = 200
"""Names compared letter by letter; among more, those whose letters differ least are taken."""

SIMILAR_ENOUGH = 0.6
"""Share of letters in common below which a suggestion would puzzle more than help (difflib's ratio)."""

LETTERS = 127
"""Bytes are counted modulo this; ASCII letters and digits keep a place of their own."""


@dataclass(frozen=True, slots=True)
class Names:
    """Known names, arranged so that the one nearest to a misspelled name is found quickly; made by ``names_of``.

    Parameters
    ----------
    all : the names, in their order.
    plain : for each name without case and punctuation, the first name that has it.
    letters : shape (names, LETTERS), how often each has each letter; empty where there are few names.
    squares : shape (names,), sum of the squares of each row of ``letters``.
    """

    all: tuple[str, ...]
    plain: Mapping[str, str]
    letters: NDArray[np.float32] = field(compare=False)
    squares: NDArray[np.float32] = field(compare=False)

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
        close = self.all
        if len(self.letters):
            # The squared distance without the part that is the same for all names; one product of matrices is quick.
            apart = self.squares - 2 * (self.letters @ _count_letters([name])[0])
            close = tuple(self.all[index] for index in np.argsort(apart, kind="stable")[:CANDIDATES_MAX])
        found = difflib.get_close_matches(name.casefold(), [c.casefold() for c in close], n=1, cutoff=SIMILAR_ENOUGH)
        return next((c for c in close if c.casefold() == found[0]), "") if found else ""


def names_of(names: Iterable[str]) -> Names:
    """Return names arranged for ``nearest``."""
    listed = tuple(names)
    plain: dict[str, str] = {}
    for name in listed:
        plain.setdefault(plain_name(name), name)
    letters = _count_letters(listed if len(listed) > CANDIDATES_MAX else ())
    return Names(listed, plain, letters, np.square(letters).sum(axis=1))


def plain_name(name: str) -> str:
    """Return a name without case, and with one underscore for spaces, hyphens and dots.

    Example
    -------
    >>> plain_name(" Lead Time ")
    'lead_time'
    """
    return re.sub(r"[\s\-_.]+", "_", name.strip()).strip("_").casefold()


def _count_letters(names: Sequence[str]) -> NDArray[np.float32]:
    counts = np.zeros((len(names), LETTERS), dtype=np.float32)
    if not names:
        return counts
    spelled = np.array([name.casefold().encode(errors="replace") for name in names])
    codes = spelled.view(np.uint8).reshape(len(names), -1)
    rows = np.arange(len(names))
    for place in range(codes.shape[1]):
        counts[rows, codes[:, place] % LETTERS] += 1
    # Names shorter than the longest are filled up with zero bytes.
    counts[:, 0] = 0
    return counts
