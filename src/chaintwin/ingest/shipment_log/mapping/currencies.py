"""The currency of a log, as its headers and cells name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.ingest.shipment_log.cells.units import find_currency, split_units
from chaintwin.ingest.shipment_log.mapping.mapping import DEFAULT_CURRENCY, LogMapping
from chaintwin.ingest.shipment_log.mapping.vocabulary import header_words

MONEY = ("value", "unit_price", "freight", "insurance")
"""Fields that hold amounts, the weightiest first."""


def main_currency(mapping: LogMapping, sample: pl.DataFrame) -> tuple[str, str]:
    """Return the currency that most amounts are in and where it stands, two empty texts if nothing says.

    A code in a header counts for every amount below it.

    Parameters
    ----------
    mapping : which columns hold amounts.
    sample : rows of the log as text.
    """
    found: dict[str, tuple[int, str]] = {}
    for header in (header for name in MONEY for header in mapping.headers(name)):
        if header not in sample.columns:
            continue
        cells = sample[header].drop_nulls()
        words = split_units(cells)["word"].drop_nulls().value_counts(name="n")
        named: dict[str, int] = {}
        for word, count in words.iter_rows():
            code = find_currency(word)
            named[code] = named.get(code, 0) + count
        named[header_words(header).currency] = max(1, len(cells))
        for code, count in named.items():
            if code:
                more, place = found.get(code, (0, header))
                found[code] = (more + count, place)
    best = max(found, key=lambda code: (found[code][0], code), default="")
    return best, found[best][1] if best else ""


def with_currency(mapping: LogMapping, frames: Sequence[pl.DataFrame]) -> tuple[LogMapping, tuple[Finding, ...]]:
    """Return the mapping with the currency the log names, and what is to be said about it.

    Parameters
    ----------
    mapping : what the columns mean; a currency it states stands.
    frames : tables of the log as text.
    """
    if mapping.currency and not mapping.confidence:
        return mapping, ()
    found = [main_currency(mapping, frame) for frame in frames]
    code, header = next((pair for pair in found if pair[0]), (mapping.currency, ""))
    if not code:
        fix = f'{DEFAULT_CURRENCY} is assumed; write currency = "EUR", say, above [columns] in the mapping'
        return mapping, (
            Finding("mapping.currency_assumed", "no currency in the log", "a known currency", fix, severity=Severity.WARNING),
        )
    said = f"{code}, named in the column {header}" if header else code
    fix = f"all amounts are taken as {code}; another currency stands above [columns] in the mapping"
    note = Finding("mapping.currency_found", said, "a known currency", fix, "", 0, header, Severity.NOTE)
    return replace(mapping, currency=code), (note,)
