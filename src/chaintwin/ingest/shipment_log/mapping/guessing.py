"""A mapping guessed from the headers of a log and a sample of its cells, to be looked at and corrected by a person."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from chaintwin.ingest.shipment_log.cells.classifying import AMBIGUOUS, looks_like_decimal_comma, read_dates, read_numbers
from chaintwin.ingest.shipment_log.mapping.fields import FIELDS, Field, FieldKind, field
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
from chaintwin.ingest.shipment_log.mapping.nearest import header_key

CONFIDENCE_MIN = 0.55
"""A header less like any known one than this is left unused; below it, tried on headers of other fields, matches are chance."""

SPELLING_MIN = 0.86
"""From this likeness on a header is taken for a misspelled one; "delivered" and "delivery id" lie just below."""

SEVERAL = frozenset({"ordered"})
"""Fields that may take more than one header."""

REFERENCE = r"^[Ss]ee (?P<document>\S+) \(ID#:(?P<id>[^)]+)\)$"
REFERENCE_PLAIN = r"^(?:[Ss]ee|[Ss]iehe) (?:line |Zeile |ID )?#?(?P<id>\S+)$"
MODE_WORDS: Mapping[str, tuple[str, ...]] = {
    "air": ("air", "luft", "flug", "plane"),
    "sea": ("sea", "ocean", "see", "ship", "vessel", "schiff"),
    "road": ("truck", "road", "lkw", "strasse", "lorry"),
    "rail": ("rail", "train", "bahn", "zug", "schiene"),
    "inland_water": ("barge", "binnenschiff", "river"),
    "courier": ("courier", "kurier", "parcel", "paket", "express"),
    "pipeline": ("pipeline",),
}
DIRECT_WORDS = ("direct", "direkt")


def guess_mapping(headers: Sequence[str], sample: pl.DataFrame, *, name: str = "guessed") -> LogMapping:
    """Guess what the columns of a transaction log mean.

    A header counts as much as it resembles one that is known for the field (1 where equal), and less where fewer of its
    cells can be read as the field needs. Each header serves one field; the surest pairs are taken first.

    Parameters
    ----------
    headers : headers of the log.
    sample : some rows as text, the more the better; columns that are absent are judged by their header alone.
    name : name of the mapping.

    Returns
    -------
    A mapping with the ``confidence`` of each field and the ``unused`` headers; print it with ``to_toml`` for correction. Fields a
    network needs may be missing.

    Example
    -------
    >>> log = pl.DataFrame({"Artikel": ["A", "B"], "Menge": ["3", "4"], "Nach": ["Wien", "Graz"]})
    >>> sorted(guess_mapping(log.columns, log).columns)
    ['destination', 'product', 'quantity']
    """
    scored = []
    for position, header in enumerate(headers):
        cells = sample[header] if header in sample.columns else pl.Series(header, [], dtype=pl.String)
        for rank, item in enumerate(FIELDS):
            score = _likeness(header, item)
            if score >= CONFIDENCE_MIN:
                scored.append((-score * _fits(cells, item.kind), rank, position, item, header))
    scored.sort(key=lambda entry: entry[:3])
    columns: dict[str, tuple[str, ...]] = {}
    confidence: dict[str, float] = {}
    for negative, _, _, item, header in scored:
        is_taken = any(header in taken for taken in columns.values())
        if is_taken or -negative < CONFIDENCE_MIN or (item.name in columns and item.name not in SEVERAL):
            continue
        columns[item.name] = (*columns.get(item.name, ()), header)
        confidence.setdefault(item.name, -negative)
    order = [item.name for item in FIELDS if item.name in columns]
    used = {header for taken in columns.values() for header in taken}
    mapping = LogMapping(
        name=name,
        columns={key: columns[key] for key in order},
        confidence={key: confidence[key] for key in order},
        unused=tuple(header for header in headers if header not in used),
    )
    return _with_habits(mapping, sample)


def mode_of(word: str) -> str:
    """Return the mode of ``lanes.mode`` that a word of a log means, such as ``Ocean`` or ``Truck``; empty where none is known."""
    key = header_key(word)
    for mode, signs in MODE_WORDS.items():
        if any(re.search(rf"\b{sign}", key) for sign in signs):
            return mode
    return ""


def _likeness(header: str, item: Field) -> float:
    key = header_key(header)
    if key in item.headers:
        # Of two headers that are both known, the one listed first is the usual one.
        return 1.0 - 0.01 * item.headers.index(key)
    words = set(key.split())
    best = 0.0
    for known in item.headers:
        known_words = set(known.split())
        shared = len(words & known_words) / len(words | known_words) if words else 0.0
        spelled = difflib.SequenceMatcher(a=key, b=known).ratio()
        best = max(best, 0.9 * shared, 0.9 * spelled if spelled >= SPELLING_MIN else 0.0)
    return best


def _fits(cells: pl.Series, kind: FieldKind) -> float:
    """Return how well cells suit a kind: 1 where all can be read so, down to 0.3 where none can."""
    filled = cells.drop_nulls()
    if kind is FieldKind.TEXT or filled.is_empty():
        return 1.0
    if kind is FieldKind.DATE:
        read = read_dates(filled, words={}).frame["value"]
    else:
        read = read_numbers(filled, words={}, decimal_comma=looks_like_decimal_comma(filled)).frame["value"]
    share = 1 - read.null_count() / len(filled)
    # Columns that mix words into dates or numbers are common, columns without any number or date are something else.
    return 1.0 if share >= 0.2 else 0.3 + 0.5 * share


def _with_habits(mapping: LogMapping, sample: pl.DataFrame) -> LogMapping:
    """Return the mapping with number style, modes, hub words, references and date formats as the sample shows them."""
    numbers = [item.name for item in FIELDS if item.kind is FieldKind.NUMBER]
    texts = {header: sample[header] for header in mapping.all_headers() if header in sample.columns}
    number_headers = [header for name in numbers for header in mapping.headers(name) if header in texts]
    commas = tuple(header for header in number_headers if looks_like_decimal_comma(texts[header]))
    pattern = ""
    for candidate in (REFERENCE, REFERENCE_PLAIN):
        if not pattern and any(texts[header].drop_nulls().str.contains(candidate).any() for header in number_headers):
            pattern = candidate
    modes: dict[str, str] = {}
    for header in mapping.headers("mode"):
        if header in texts:
            modes |= {word: mode_of(word) for word in texts[header].drop_nulls().unique().sort().to_list()}
    routes = [
        word for header in mapping.headers("route") if header in texts for word in texts[header].drop_nulls().unique().sort()
    ]
    hubs = tuple(word for word in routes if not any(direct in header_key(word) for direct in DIRECT_WORDS))
    return replace(
        mapping,
        decimal_commas=commas,
        reference_pattern=pattern,
        modes=modes,
        hub_routes=hubs,
        date_formats=_date_formats(mapping, texts),
    )


def _date_formats(mapping: LogMapping, texts: Mapping[str, pl.Series]) -> dict[str, str]:
    """Return the format of columns in which day and month could be mistaken for each other and one order reads more cells."""
    formats = {}
    for name, headers in mapping.columns.items():
        for header in headers:
            if field(name).kind is FieldKind.DATE and header in texts:
                read = read_dates(texts[header], words={})
                if (
                    any(read.format in pair for pair in AMBIGUOUS)
                    and not read.is_ambiguous
                    and read.frame["value"].null_count() < len(texts[header])
                ):
                    formats[header] = read.format
    return formats
