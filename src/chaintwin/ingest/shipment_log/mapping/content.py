"""What the cells of a column look like: the share of them that are dates, numbers, countries or means of transport."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from chaintwin.ingest.shipment_log.cells.classifying import looks_like_decimal_comma, read_dates, read_numbers
from chaintwin.ingest.shipment_log.cells.countries import country_code
from chaintwin.ingest.shipment_log.cells.units import find_currency, find_unit, split_units
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


@dataclass(frozen=True, slots=True)
class Content:
    """Shares of the filled cells of a column, 0 to 1; all 0 where ``filled`` is.

    Parameters
    ----------
    filled : number of cells that are not blank.
    dates, numbers, countries, modes : share of them that can be read so; a number may have a unit or currency beside it.
    bare_integers : share that are whole numbers and nothing else, which may be codes or day numbers of a spreadsheet.
    """

    filled: int
    dates: float = 0.0
    numbers: float = 0.0
    countries: float = 0.0
    modes: float = 0.0
    bare_integers: float = 0.0


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
    modes = sum(weight for text, weight in zip(texts, weights, strict=True) if _is_mode(text))
    countries = sum(weight for text, weight in zip(texts, weights, strict=True) if country_code(text))
    read = read_numbers(numbers, words={}, decimal_comma=looks_like_decimal_comma(numbers)).frame["value"]
    return Content(
        size,
        dates=1 - read_dates(filled, words={}).frame["value"].null_count() / size,
        numbers=1 - read.null_count() / size,
        countries=countries / size,
        modes=modes / size,
        bare_integers=int(filled.str.contains(r"^\d+$").sum()) / size,
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


def _is_mode(text: str) -> bool:
    return len(text.split()) <= MODE_WORDS_MAX and not any(letter.isdigit() for letter in text) and bool(mode_of(text))
