"""A mapping guessed from the headers of a log and a sample of its cells, to be looked at and corrected by a person."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from chaintwin.ingest.shipment_log.cells.classifying import (
    AMBIGUOUS,
    looks_like_decimal_comma,
    looks_like_decimal_point,
    looks_like_thousands,
    read_dates,
)
from chaintwin.ingest.shipment_log.mapping.content import BLANK_WORDS, DIRECT_WORDS, Content, content_of, mode_of, number_texts
from chaintwin.ingest.shipment_log.mapping.currencies import main_currency
from chaintwin.ingest.shipment_log.mapping.fields import FIELDS, Field, FieldKind, field
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
from chaintwin.ingest.shipment_log.mapping.nearest import header_key
from chaintwin.ingest.shipment_log.mapping.rules import DATED, day_of, fields_of, side_of
from chaintwin.ingest.shipment_log.mapping.vocabulary import SPELLING_MIN, HeaderWords, header_words

CONFIDENCE_MIN = 0.55
"""A header less sure than this is left unused; below it, tried on headers of other fields, matches are chance."""

BY_CONTENT = 0.6
"""Confidence in a header nobody knows whose cells are, nearly all, countries or means of transport."""

NEARLY_ALL = 0.8
"""Share of cells from which on a column is taken for what they are."""

SECOND_MIN = 0.8
"""A further header of a field that may have several is at least as sure."""

ALIKE, ALIKE_SLOPE = 0.56, 0.03
"""Confidence in a column of goods that says the same in each line, or counts the lines: below that in any other candidate."""

KINDS_MIN, KINDS_ROWS = 0.05, 20
"""In as many lines, names of shipments are at least so often different."""

PLACES = frozenset({"origin", "destination", "vendor"})
NUMBERED = 0.97
"""What is left of the confidence in a column of numbers for places."""

COUNTRIES = {"origin": "origin_country", "destination": "destination_country"}

SEVERAL = frozenset({"ordered"})
"""Fields that may take more than one header."""

REFERENCE = r"^[Ss]ee (?P<document>\S+) \(ID#:(?P<id>[^)]+)\)$"
REFERENCE_PLAIN = r"^(?:[Ss]ee|[Ss]iehe) (?:line |Zeile |ID )?#?(?P<id>\S+)$"


def guess_mapping(headers: Sequence[str], sample: pl.DataFrame, *, name: str = "guessed") -> LogMapping:
    """Guess what the columns of a transaction log mean.

    A header counts as much as it resembles one that is known for the field (1 where equal) or as the words it consists of
    say, and less where fewer of its cells can be read as the field needs. A header that means nothing is judged by cells that
    are countries, means of transport or dates. Each header serves one field; the surest pairs are taken first.

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
    ranks = {item.name: rank for rank, item in enumerate(FIELDS)}
    scored = []
    alike: dict[str, float] = {}
    for position, header in enumerate(headers):
        content = content_of(sample[header] if header in sample.columns else pl.Series(header, [], dtype=pl.String))
        scores = _scores(header, content)
        if (content.is_constant or content.counts_lines) and scores.get("product", 0.0) >= CONFIDENCE_MIN:
            if content.is_constant and content.bare_integers < NEARLY_ALL:
                alike[header] = scores["product"]
            scores["product"] = ALIKE + ALIKE_SLOPE * scores["product"]
        scored += [(-score, ranks[found], position, found, header) for found, score in scores.items()]
    columns, confidence = _assigned(sorted(scored), sample)
    for header in columns.get("product", ()):
        # One product in all lines is no doubt where nothing else can be the product; numbers of lines stay one.
        if header in alike:
            confidence["product"] = alike[header]
    order = [item.name for item in FIELDS if item.name in columns]
    used = {header for taken in columns.values() for header in taken}
    mapping = LogMapping(
        name=name,
        columns={key: columns[key] for key in order},
        confidence={key: confidence[key] for key in order},
        unused=tuple(header for header in headers if header not in used),
    )
    return _with_habits(mapping, sample)


def unsettled_numbers(mapping: LogMapping, sample: pl.DataFrame) -> tuple[str, ...]:
    """Return the headers of numbers such as 1.200 where no number of the log tells whether the point parts thousands or decimals.

    Parameters
    ----------
    mapping : says which columns hold numbers.
    sample : rows of the log as text.
    """
    numbers = _numbers(mapping, sample)
    if any(looks_like_decimal_comma(cells) or looks_like_decimal_point(cells) for cells in numbers.values()):
        return ()
    return tuple(header for header, cells in numbers.items() if looks_like_thousands(cells))


def _numbers(mapping: LogMapping, sample: pl.DataFrame) -> dict[str, pl.Series]:
    """Return the cells of number columns without units, by header."""
    names = [item.name for item in FIELDS if item.kind is FieldKind.NUMBER]
    headers = [header for name in names for header in mapping.headers(name) if header in sample.columns]
    return {header: number_texts(sample[header]) for header in headers}


def _assigned(
    scored: Sequence[tuple[float, int, int, str, str]], sample: pl.DataFrame
) -> tuple[dict[str, tuple[str, ...]], dict[str, float]]:
    """Return headers and confidence by field, the surest pairs first."""
    columns: dict[str, tuple[str, ...]] = {}
    confidence: dict[str, float] = {}
    # A column of countries is the destination itself only in a log that names no nearer place.
    sure = [(name, header) for negative, _, _, name, header in scored if -negative >= CONFIDENCE_MIN]
    has_place = any(name == "destination" and not _is_country(header) for name, header in sure)
    for negative, _, _, name, header in scored:
        is_taken = any(header in taken for taken in columns.values())
        is_full = name in columns and (name not in SEVERAL or -negative < SECOND_MIN)
        if is_taken or is_full or -negative < CONFIDENCE_MIN:
            continue
        if name == "destination" and has_place and _is_country(header):
            continue
        if name == "destination_country" and (not has_place or not _tells_country(header, sample, columns=columns)):
            continue
        columns[name] = (*columns.get(name, ()), header)
        confidence.setdefault(name, -negative)
    return columns, confidence


def _is_country(header: str) -> bool:
    return "country" in header_words(header).concepts


def _tells_country(header: str, sample: pl.DataFrame, *, columns: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether a column of countries is that of the destination: by its header, else because each destination has but one."""
    if side_of(header_words(header)):
        return True
    place = columns.get("destination", ("",))[0]
    if not {header, place} <= set(sample.columns):
        return False
    pairs = sample.select(header, place).drop_nulls()
    each = pairs.group_by(place).agg(pl.col(header).n_unique().alias("n"))
    # Where every destination occurs once, this says nothing.
    return pairs.height > each.height > 0 and each.filter(pl.col("n") == 1).height >= 0.95 * each.height


def _scores(header: str, content: Content) -> dict[str, float]:
    """Return the confidence with which a header means each field, by its text, its words and its cells."""
    words = header_words(header)
    ruled = fields_of(words)
    scores: dict[str, float] = {}
    for item in FIELDS:
        score = max(_likeness(header, item), ruled.get(item.name, 0.0))
        if item.name == "destination" and _is_country(header):
            score = max(score, ruled.get("destination_country", 0.0), _likeness(header, field("destination_country")))
        if score:
            scores[item.name] = score * _fits(content, item, words)
    if not content.filled or "other" in words.concepts:
        return scores
    for name, score in fields_of(words, last=True).items():
        if _fits(content, field(name), words) == 1:
            scores[name] = max(scores.get(name, 0.0), score)
    if content.currencies >= NEARLY_ALL and words.unknown:
        scores["currency"] = max(scores.get("currency", 0.0), BY_CONTENT)
    if content.dates >= NEARLY_ALL and content.bare_integers < NEARLY_ALL and (day := day_of(words)):
        scores[day] = max(scores.get(day, 0.0), DATED)
    if content.modes >= NEARLY_ALL:
        scores["mode"] = max(scores.get("mode", 0.0), BY_CONTENT)
    if content.countries >= NEARLY_ALL and words.unknown and (side := side_of(words)):
        scores[COUNTRIES[side]] = max(scores.get(COUNTRIES[side], 0.0), BY_CONTENT)
    return scores


def _likeness(header: str, item: Field) -> float:
    key = header_key(header)
    if key in item.headers:
        # Of two headers that are both known, the one listed first is the usual one.
        return 1.0 - 0.01 * item.headers.index(key)
    words = header_words(header)
    if words.concepts and not words.unknown and not words.is_misspelled:
        # Words that are all known mean what the rules say; "Unit" is no misspelled "Units".
        return 0.0
    spelled = max((difflib.SequenceMatcher(a=key, b=known).ratio() for known in item.headers), default=0.0)
    return 0.9 * spelled if spelled >= SPELLING_MIN else 0.0


def _fits(content: Content, item: Field, words: HeaderWords) -> float:
    """Return how well cells suit a field: 1 where all can be read so, down to 0.3 where none can."""
    if not content.filled:
        return 1.0
    if item.name in COUNTRIES.values():
        return 0.65 + 0.35 * content.countries
    if item.name in ("shipment_id", "route", "currency"):
        few = content.filled >= KINDS_ROWS and content.kinds < KINDS_MIN * content.filled
        suits = {
            # Numbers of lines begin again with each order.
            "shipment_id": not content.counts_lines and not few,
            # Codes of routes say nothing about hubs.
            "route": content.has_direct,
            "currency": content.currencies >= NEARLY_ALL,
        }
        if not suits[item.name]:
            return 0.3
    if item.kind is FieldKind.TEXT:
        is_no_mode = item.name == "mode" and content.numbers >= NEARLY_ALL
        # Names of services are many; among those of transports most say how.
        is_no_mode |= item.name == "mode" and "service" in words.concepts and content.modes < 0.5
        if item.name in PLACES and content.bare_integers >= NEARLY_ALL:
            # Of a number and a name of the same place, people know the name.
            return NUMBERED
        return 0.3 if is_no_mode or (content.dates >= NEARLY_ALL and content.bare_integers < NEARLY_ALL) else 1.0
    share = content.numbers
    if item.kind is FieldKind.DATE:
        # Whole numbers are days of a spreadsheet only where the header speaks of days; elsewhere they are numbers of orders.
        share = 0.0 if content.bare_integers >= NEARLY_ALL and "date" not in words.concepts else content.dates
    # Columns that mix words into dates or numbers are common, columns without any number or date are something else.
    return 1.0 if share >= 0.2 else 0.3 + 0.5 * share


def _with_habits(mapping: LogMapping, sample: pl.DataFrame) -> LogMapping:
    """Return the mapping with number style, modes, hub words, references and date formats as the sample shows them."""
    texts = {header: sample[header] for header in mapping.all_headers() if header in sample.columns}
    numbers = _numbers(mapping, sample)
    # Where nothing settles it, 1.200 pieces are more than a thousand, and 1.200 kg or EUR less than two.
    pieces = set(mapping.headers("quantity")) & set(unsettled_numbers(mapping, sample))
    commas = _decimal_commas(numbers) or tuple(pieces)
    pattern = ""
    for candidate in (REFERENCE, REFERENCE_PLAIN):
        if not pattern and any(texts[header].drop_nulls().str.contains(candidate).any() for header in numbers):
            pattern = candidate
    modes: dict[str, str] = {}
    for header in mapping.headers("mode"):
        if header in texts:
            words = texts[header].drop_nulls().unique().sort().to_list()
            # A word nobody knows stays out, so that the import warns about it; one that says "unknown" means no mode.
            modes |= {word: mode_of(word) for word in words if mode_of(word) or header_key(word) in BLANK_WORDS}
    routes = [
        word for header in mapping.headers("route") if header in texts for word in texts[header].drop_nulls().unique().sort()
    ]
    hubs = tuple(word for word in routes if not any(direct in header_key(word) for direct in DIRECT_WORDS))
    return replace(
        mapping,
        currency=main_currency(mapping, sample)[0],
        decimal_commas=commas,
        reference_pattern=pattern,
        modes=modes,
        hub_routes=hubs,
        date_formats=_date_formats(mapping, texts),
    )


def _decimal_commas(numbers: Mapping[str, pl.Series]) -> tuple[str, ...]:
    """Return the columns written with a decimal comma: those that can be read no other way, and those they settle.

    A log comes from one program: where 12,50 stands in one column, 1.200 in another is more than a thousand.
    """
    sure = tuple(header for header, cells in numbers.items() if looks_like_decimal_comma(cells))
    if not sure or any(looks_like_decimal_point(cells) for cells in numbers.values()):
        return sure
    return tuple(header for header, cells in numbers.items() if cells.drop_nulls().str.contains(r"\d[.,]\d").any())


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
