"""Headers as people write them, compared without case, accents and signs."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence


def header_key(header: str) -> str:
    """Return a header in lower case without accents and signs, its words parted by single blanks.

    Example
    -------
    >>> header_key("  Stück-Zahl (kg) ")
    'stuck zahl kg'
    """
    plain = unicodedata.normalize("NFKD", header.replace("ß", "ss"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    # CamelCase headers part where a small letter meets a capital one.
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", letters)
    return " ".join(re.findall(r"[a-z0-9]+", parted.lower()))


def nearest_headers(wanted: str, headers: Sequence[str]) -> list[str]:
    """Return up to three headers that look most like the wanted one, the nearest first.

    Parameters
    ----------
    wanted : the header looked for.
    headers : headers there are.
    """
    by_key = {header_key(header): header for header in headers}
    return [by_key[key] for key in difflib.get_close_matches(header_key(wanted), list(by_key), n=3, cutoff=0.4)]
