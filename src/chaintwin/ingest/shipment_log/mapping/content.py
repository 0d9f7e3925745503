"""What the cells of a column look like: the share of them that are dates, numbers, countries or means of transport."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from chaintwin.ingest.shipment_log.cells.classifying import looks_like_decimal_comma, read_dates, read_numbers
from chaintwin.ingest.shipment_log.cells.countries import country_code
from chaintwin.ingest.shipment_log.cells.units import HEADER_CURRENCIES, find_currency, find_unit, split_units
from chaintwin.ingest.shipment_log.mapping.nearest import header_key

SAMPLE_ROWS = 2000
"""Rows a mapping is guessed from: enough to see what a column holds, few enough to take no time."""

MODE_WORDS: Mapping[str, tuple[str, ...]] = {
    "air": ("air", "luft", "flug", "plane"),
    "sea": ("sea", "ocean", "see", "ship", "vessel", "schiff"),
    "road": ("truck", "road", "lkw", "strasse", "lorry", r"ftl\b", r"ltl\b", r"ground\b", r"tl\b"),
    "rail": ("intermodal", "rail", "train", "bahn", "zug", "schiene"),
    "inland_water": ("barge", "binnenschiff", "river"),
    "courier": ("courier", "kurier", "parcel", "paket", "express"),
    "pipeline": ("pipeline",),
}

BLANK_WORDS = frozenset(("", "n a", "na", "none", "unknown", "unbekannt", "k a", "tbd", "keine angabe"))
"""Words, as ``header_key`` writes them, that say that something is not known."""

MODE_WORDS_MAX = 3
"""Longer texts that hold a word such as "ship" are sentences or names."""


DIRECT_WORDS = ("direct", "direkt")
"""Parts of words that say that goods came straight from the vendor."""

LINE_NUMBER = r"0*[1-9]?\d0(\.0+)?"
"""Small multiples of ten, with zeros before them."""

CODE_LETTERS = 3
SEVERAL_ROWS = 5
"""Fewer cells than these say nothing by being alike."""


@dataclass(frozen=True, slots=True)
class Content:
    """Shares of the filled cells of a column, 0 to 1; all 0 where ``filled`` is.

    Parameters
    ----------
    filled : number of cells that are not blank.
    dates, numbers, countries, modes : share of them that can be read so; a number may have a unit or currency beside it.
    bare_integers : share that are whole numbers and nothing else, which may be codes or day numbers of a spreadsheet.
    currencies : share that are codes of currencies and nothing else.
    kinds : number of different texts.
    counts_lines : the texts are 10, 20, 30 and so on, each many times, as programs number the lines of an order.
    has_direct : a text says that something comes directly.
    """

    filled: int
    dates: float = 0.0
    numbers: float = 0.0
    countries: float = 0.0
    modes: float = 0.0
    bare_integers: float = 0.0
    currencies: float = 0.0
    kinds: int = 0
    counts_lines: bool = False
    has_direct: bool = False

    @property
    def is_constant(self) -> bool:
        """Whether every one of several cells says the same."""
        return self.kinds == 1 and self.filled >= SEVERAL_ROWS


def content_of(cells: pl.Series) -> Content:
    """Return what the cells of a column look like.

    Parameters
    ----------
    cells : texts, null where blank.
    """
    filled = cells.drop_nulls()
    if filled.is_empty():
        return Content(0)
    size = len(filled)
    numbers = number_texts(filled)
    counted = filled.value_counts(name="n")
    texts = counted[filled.name].to_list()
    weights = counted["n"].to_list()

    def share(is_so: Callable[[str], object]) -> float:
        return int(sum(weight for text, weight in zip(texts, weights, strict=True) if is_so(text))) / size

    read = read_numbers(numbers, words={}, decimal_comma=looks_like_decimal_comma(numbers)).frame["value"]
    return Content(
        size,
        dates=1 - read_dates(filled, words={}).frame["value"].null_count() / size,
        numbers=1 - read.null_count() / size,
        countries=share(country_code),
        modes=share(_is_mode),
        bare_integers=int(filled.str.contains(r"^\d+$").sum()) / size,
        currencies=share(_is_code) if len(texts) <= len(HEADER_CURRENCIES) else 0.0,
        kinds=len(texts),
        counts_lines=size >= SEVERAL_ROWS and 2 * len(texts) <= size and all(re.fullmatch(LINE_NUMBER, text) for text in texts),
        has_direct=bool(filled.str.contains("(?i)" + "|".join(DIRECT_WORDS)).any()),
    )


def number_texts(cells: pl.Series) -> pl.Series:
    """Return the cells without the known unit or currency beside their number.

    Parameters
    ----------
    cells : texts, null where blank.
    """
    split = split_units(cells)
    words = split["word"].drop_nulls().unique().to_list()
    known = [word for word in words if find_currency(word) or find_unit(word)]
    # A number alone is taken from there as well: a minus behind it stands before it now.
    return split["number"].zip_with(split["word"].is_in(known).fill_null(value=True), cells).alias(cells.name)


def mode_of(word: str) -> str:
    """Return the mode of ``lanes.mode`` that a word of a log means, such as ``Ocean`` or ``Truck``; empty where none is known."""
    key = header_key(word)
    for mode, signs in MODE_WORDS.items():
        if any(re.search(rf"\b{sign}", key) for sign in signs):
            return mode
    return ""


def _is_code(text: str) -> bool:
    return len(text) == CODE_LETTERS and text.casefold() in HEADER_CURRENCIES


def _is_mode(text: str) -> bool:
    return len(text.split()) <= MODE_WORDS_MAX and not any(letter.isdigit() for letter in text) and bool(mode_of(text))
