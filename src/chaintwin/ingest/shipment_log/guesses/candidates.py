"""Headers that may mean what a guess lacks: the nearest by words and cells, and days whose cells cannot be read."""

from __future__ import annotations

import difflib

import polars as pl

from chaintwin.ingest.shipment_log.mapping.content import Content, content_of
from chaintwin.ingest.shipment_log.mapping.fields import FIELDS, FieldKind, field
from chaintwin.ingest.shipment_log.mapping.guessing import CONFIDENCE_MIN, NEARLY_ALL
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
from chaintwin.ingest.shipment_log.mapping.nearest import header_key
from chaintwin.ingest.shipment_log.mapping.rules import fields_of, rules
from chaintwin.ingest.shipment_log.mapping.vocabulary import header_words

LIKELY_MAX = 3
LIKELY_MIN = 0.2
"""Below this likeness nothing but chance speaks for a header."""

LIKELY_SPELLED = 0.6
"""From this likeness of spelling on a header resembles a known one."""

VAGUE = frozenset({"number", "description"})
"""Words that every kind of thing has."""

BY_CELLS = 0.25
"""What cells that suit a field add to the likeness of its header."""

OTHER = 0.5
"""What a word that speaks against every field takes from it."""

LOOKS_LIKE_DAY = r"\d+\D{1,2}\w{1,9}\D{1,2}\d+"
"""Three parts with signs between them, as a day has, whatever their order."""


def likely_headers(guessed: LogMapping, sample: pl.DataFrame, *, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return up to three unused headers that are most likely to mean one of some fields, the likeliest first.

    Parameters
    ----------
    guessed : the mapping, with the ``unused`` headers.
    sample : rows of the log as text.
    names : the fields.
    """
    scored = []
    for place, header in enumerate(guessed.unused):
        content = content_of(sample[header]) if header in sample.columns else Content(0)
        score = max(_likeliness(header, content, name=name) for name in names)
        if score >= LIKELY_MIN:
            scored.append((-score, place, header))
    return tuple(header for _, _, header in sorted(scored)[:LIKELY_MAX])


def unread_days(guessed: LogMapping, sample: pl.DataFrame) -> dict[str, str]:
    """Return by field the first unused header that means a day by all its words, although its cells cannot be read as days.

    Only cells that could be days count: "yes" below "Delivered" and the number of an order below "Order" are something else.

    Parameters
    ----------
    guessed : the mapping, with the ``unused`` headers.
    sample : rows of the log as text.
    """
    found: dict[str, str] = {}
    for header in guessed.unused:
        cells = sample[header].drop_nulls() if header in sample.columns else pl.Series([], dtype=pl.String)
        if cells.is_empty() or content_of(cells).dates >= NEARLY_ALL:
            continue
        words = header_words(header)
        sure = fields_of(words)
        known = {item.name for item in FIELDS if header_key(header) in item.headers}
        days = [name for name in (*known, *sure) if field(name).kind is FieldKind.DATE and sure.get(name, 1.0) >= CONFIDENCE_MIN]
        pattern = r"\d" if "date" in words.concepts else LOOKS_LIKE_DAY
        if days and cells.str.contains(pattern).mean() >= NEARLY_ALL:  # type: ignore[operator]
            found.setdefault(days[0], header)
    return found


def _likeliness(header: str, content: Content, *, name: str) -> float:
    """Return how much a header looks like one of a field, 0 to about 1; no confidence, since it serves to sort what is left."""
    item = field(name)
    words = header_words(header)
    if content.filled and not _can_be(content, item.kind):
        return 0.0
    wanted = frozenset().union(*(group for rule in (*rules(), *rules(last=True)) if rule.field == name for group in rule.needed))
    meant = len(words.concepts & wanted - VAGUE) / max(1, len(words.concepts) + len(words.unknown))
    key = header_key(header)
    spelled = max((difflib.SequenceMatcher(a=key, b=known).ratio() for known in item.headers), default=0.0)
    score = max(0.7 * meant, 0.6 * spelled if spelled >= LIKELY_SPELLED else 0.0)
    suits = content.filled > 0 and (item.kind is not FieldKind.TEXT or 1 < content.kinds < 0.9 * content.filled)
    return score + BY_CELLS * suits - OTHER * ("other" in words.concepts)


def _can_be(content: Content, kind: FieldKind) -> bool:
    is_code = content.bare_integers >= NEARLY_ALL
    if kind is FieldKind.DATE:
        return content.dates >= NEARLY_ALL and not is_code
    if kind is FieldKind.NUMBER:
        return content.numbers >= NEARLY_ALL and not content.counts_lines
    is_measure = content.numbers >= NEARLY_ALL and not is_code
    return not is_measure and not content.is_constant and (content.dates < NEARLY_ALL or is_code)
