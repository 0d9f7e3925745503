"""Which fields a header can mean by its words. Every word must have a place in the rule, so that precision is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from chaintwin.ingest.shipment_log.mapping.vocabulary import HeaderWords

MISSPELLED = 0.9
"""A header with a misspelled word counts this much."""

DATED = 0.6
"""Confidence in a header with a word nobody knows, whose cells are dates and whose other words mean one kind of day."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to say a field.

    Parameters
    ----------
    field : name of the field.
    confidence : how sure a header that fits means it, 0 to 1.
    needed : concepts of which the header has at least one, for each entry.
    allowed : concepts it may have beside them; any other known word says that something else is meant.
    """

    field: str
    confidence: float
    needed: tuple[frozenset[str], ...]
    allowed: frozenset[str]


ROWS: tuple[tuple[str, float, str, str], ...] = (
    ("shipment_id", 0.93, "shipment number", "line"),
    ("shipment_id", 0.9, "shipment", "line"),
    ("shipment_id", 0.85, "deliver|ship|transport number", "line"),
    ("shipment_id", 0.7, "load|line number", ""),
    ("document", 0.9, "document", "number deliver ship freight pack load transport"),
    ("product", 0.93, "product number", ""),
    ("product", 0.9, "product", ""),
    ("product", 0.88, "product description", ""),
    ("product", 0.7, "product order", "number description"),
    ("product", 0.6, "description", ""),
    ("product_group", 0.9, "product group|kind", "description number"),
    ("origin", 0.92, "from", "ship load leave deliver place site description sender"),
    ("origin", 0.9, "sender|origin", "place site description"),
    ("origin", 0.88, "ship|load|leave place|site", "description"),
    ("origin", 0.75, "from|sender|origin", "ship load place site description number"),
    ("origin", 0.6, "site", "description"),
    ("origin", 0.57, "load|leave", "site description"),
    ("origin_country", 0.9, "country from|sender|origin|ship|load|leave|supplier", "place site"),
    ("vendor", 0.92, "supplier", "description"),
    ("vendor", 0.8, "supplier", "description number"),
    ("destination", 0.92, "to", "ship deliver unload place site description receiver arrive"),
    ("destination", 0.9, "receiver|destination", "place site description product ship deliver"),
    ("destination", 0.88, "deliver|unload|receive|arrive place|site", "description"),
    ("destination", 0.75, "to|receiver|destination", "ship deliver place site description number"),
    ("destination", 0.57, "unload|arrive", "site description"),
    ("destination_country", 0.9, "country to|receiver|destination|deliver|unload|receive|arrive", "place site ship"),
    ("destination_country", 0.56, "country", ""),
    ("carrier", 0.92, "carrier", "description freight ship transport number"),
    ("carrier", 0.85, "transport|ship|freight company", "description"),
    ("incoterm", 0.93, "incoterm", "terms deliver"),
    ("incoterm", 0.85, "terms deliver|ship", ""),
    ("mode", 0.92, "mode ship|transport|freight|shipment|deliver", ""),
    ("mode", 0.9, "how ship|transport|deliver|shipment", ""),
    ("mode", 0.88, "kind ship|transport|freight|shipment|deliver", ""),
    ("mode", 0.8, "mode", ""),
    ("document", 0.85, "voucher deliver|ship|transport", "number"),
    ("document", 0.6, "voucher number", ""),
    ("ordered", 0.6, "voucher date", ""),
    ("ordered", 0.92, "order date", "placed product"),
    ("ordered", 0.85, "order", "placed product"),
    ("promised", 0.92, "promise deliver|arrive", "date product by"),
    ("promised", 0.88, "promise", "date"),
    ("shipped", 0.92, "ship|load|leave|shipment date", "product ship leave load"),
    ("shipped", 0.85, "ship|load|leave", "product shipment"),
    ("delivered", 0.92, "arrive|receive|deliver|unload date", "product shipment"),
    ("delivered", 0.85, "arrive|receive|deliver|unload", "product shipment receive"),
    ("recorded", 0.85, "record", "date deliver receive"),
    ("quantity", 0.94, "quantity|piece_unit", "ship deliver receive total line product piece_unit count_unit mass_unit shipment"),
    ("quantity", 0.85, "count_unit", "ship deliver total line number shipment"),
    ("quantity", 0.8, "number piece_unit", "ship deliver total"),
    ("quantity", 0.7, "quantity|piece_unit order", "product line total"),
    ("value", 0.93, "value", "product line total invoice shipment"),
    ("value", 0.85, "value|amount", "product line total invoice shipment net gross order deliver"),
    ("value", 0.7, "invoice|product|line total", "net price"),
    ("value", 0.7, "price total", "product line net"),
    ("unit_price", 0.93, "price", "unit piece_unit product per"),
    ("unit_price", 0.85, "price|value|cost unit|per", "piece_unit product net pack"),
    ("weight", 0.95, "weight gross", "total shipment line ship mass_unit"),
    ("weight", 0.93, "weight", "total shipment line ship mass_unit"),
    ("weight", 0.92, "gross mass_unit", "total shipment"),
    ("weight", 0.8, "mass_unit", "total shipment"),
    ("weight", 0.75, "net weight|mass_unit", "weight total shipment line mass_unit"),
    ("freight", 0.94, "freight cost|amount|price|invoice", "total net shipment line invoice"),
    ("freight", 0.92, "transport|ship|carrier|deliver cost", "total net shipment line invoice amount"),
    ("freight", 0.9, "freight", "total net shipment line"),
    ("insurance", 0.9, "insurance", "cost line total shipment"),
)
"""Field, confidence, groups of concepts needed, concepts allowed. Groups are parted by blanks and the alternatives of a group by
bars; ``_`` is a blank within a concept. Of rows that fit a header, the one of most confidence counts for its field."""

LAST_ROWS: tuple[tuple[str, float, str, str], ...] = (
    ("destination", 0.56, "sold to", "place description number receiver"),
    ("mode", 0.58, "service", "kind ship"),
    ("ordered", 0.58, "order create", "date placed"),
    ("ordered", 0.56, "create", "date"),
    ("shipped", 0.6, "etd", "date"),
    ("quantity", 0.58, "quantity|number pack", "total shipment"),
    ("value", 0.6, "declared value|amount", "total shipment"),
    ("value", 0.58, "retail", "value amount total"),
    ("value", 0.57, "order total", "amount"),
    ("currency", 0.9, "currency", "number kind voucher value amount invoice order product"),
)
"""The same for headers that often mean something else. They count only where the cells are what the field needs, and lose to any
surer header: "Created On" is the day of the order only in a log that has no other."""

DAYS: tuple[tuple[str, frozenset[str]], ...] = (
    ("promised", frozenset({"promise"})),
    ("ordered", frozenset({"order"})),
    ("shipped", frozenset({"ship", "load", "leave"})),
    ("delivered", frozenset({"arrive", "receive", "deliver", "unload"})),
)
"""Concepts of the kinds of days."""

DAY_COMPANIONS = frozenset({"date", "product", "shipment", "place", "site", "description", "from", "to", "by", "placed", "line"})

SENDING = frozenset({"from", "sender", "origin", "ship", "load", "leave", "supplier"})
RECEIVING = frozenset({"to", "receiver", "destination", "deliver", "unload", "receive", "arrive"})


@cache
def rules(*, last: bool = False) -> tuple[Rule, ...]:
    """Return all rules, or those of last resort.

    Parameters
    ----------
    last : those of ``LAST_ROWS``.
    """
    made = []
    for field, confidence, needed, allowed in LAST_ROWS if last else ROWS:
        groups = tuple(frozenset(name.replace("_", " ") for name in group.split("|")) for group in needed.split())
        made.append(Rule(field, confidence, groups, frozenset(name.replace("_", " ") for name in allowed.split())))
    return tuple(made)


def fields_of(words: HeaderWords, *, last: bool = False) -> dict[str, float]:
    """Return the fields a header can mean by its words alone, with the confidence in each.

    Parameters
    ----------
    words : of the header.
    last : by the rules of last resort, which need cells that fit.

    Example
    -------
    >>> from chaintwin.ingest.shipment_log.mapping.vocabulary import header_words
    >>> fields_of(header_words("Freight Bill EUR")), fields_of(header_words("Freight Terms"))
    ({'freight': 0.94}, {})
    """
    if words.unknown:
        return {}
    found: dict[str, float] = {}
    for rule in rules(last=last):
        if all(words.concepts & group for group in rule.needed) and words.concepts <= rule.allowed.union(*rule.needed):
            confidence = rule.confidence * (MISSPELLED if words.is_misspelled else 1.0)
            found[rule.field] = max(found.get(rule.field, 0.0), confidence)
    return found


def day_of(words: HeaderWords) -> str:
    """Return the kind of day a header of dates most likely means although not all its words are known; empty if none or several.

    Parameters
    ----------
    words : of the header.
    """
    kinds = [field for field, concepts in DAYS if words.concepts & concepts]
    if kinds == ["delivered"] and "by" in words.concepts:
        # A day by which something is to arrive is a promise.
        kinds = ["promised"]
    known = frozenset.union(DAY_COMPANIONS, *(concepts for _, concepts in DAYS))
    return kinds[0] if len(kinds) == 1 and words.concepts <= known else ""


def side_of(words: HeaderWords) -> str:
    """Return ``origin`` or ``destination`` as a header tells one side of a shipment, empty if neither or both.

    Parameters
    ----------
    words : of the header.
    """
    # "Ship to" and "deliver from" name the end that their small word does.
    small = words.concepts & {"from", "to"}
    concepts = small or words.concepts
    sides = [concepts & SENDING, concepts & RECEIVING]
    if "other" in words.concepts or all(sides) or not any(sides):
        return ""
    return "origin" if sides[0] else "destination"
