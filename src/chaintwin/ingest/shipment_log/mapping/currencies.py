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


SIGN = "$"
"""A sign of many currencies, taken for that of US dollars."""


def main_currency(mapping: LogMapping, sample: pl.DataFrame) -> tuple[str, str, bool]:
    """Return the currency of a log (empty if nothing says), the column that names it, and whether only a dollar sign does.

    It is the one most amounts of the weightiest field are in of which any is known. A code in a header counts for every amount
    below it, one in a column of codes for the amounts of its line that stand alone.

    Parameters
    ----------
    mapping : which columns hold amounts, and which their currency.
    sample : rows of the log as text.
    """
    codes = next((header for header in mapping.headers("currency") if header in sample.columns), "")
    by_line = sample[codes].drop_nulls() if codes else pl.Series([], dtype=pl.String)
    for header in (header for name in MONEY for header in mapping.headers(name) if header in sample.columns):
        words = split_units(sample[header].drop_nulls())["word"].drop_nulls()
        named = _counted(words)
        head = header_words(header).currency
        if head:
            named[SIGN if SIGN in header and "US$" not in header else head] = max(1, sample[header].count())
        place = header
        if not named and not by_line.is_empty():
            named, place = _counted(by_line), codes
        tally: dict[str, int] = {}
        for word, count in named.items():
            tally[find_currency(word)] = tally.get(find_currency(word), 0) + count
        if tally:
            best = max(tally, key=lambda code: (tally[code], code))
            return best, place, [word for word in named if find_currency(word) == best] == [SIGN]
    return (_best(by_line), codes, False) if _best(by_line) else ("", "", False)


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
    code, header, is_sign = next((one for one in found if one[0]), (mapping.currency, "", False))
    if not code:
        fix = f'{DEFAULT_CURRENCY} is assumed; write currency = "EUR", say, above [columns] in the mapping'
        return mapping, (
            Finding("mapping.currency_assumed", "no currency in the log", "a known currency", fix, severity=Severity.WARNING),
        )
    said = f"{code}, named in the column {header}" if header else code
    fix = f"all amounts are taken as {code}; another currency stands above [columns] in the mapping"
    if is_sign:
        said = f'"{SIGN}" in the column {header}, taken for US dollars'
        fix = 'if these are other dollars, write currency = "CAD", say, above [columns] in the mapping'
    note = Finding("mapping.currency_found", said, "a known currency", fix, "", 0, header, Severity.NOTE)
    return replace(mapping, currency=code), (note,)


def with_codes(amounts: pl.Series, codes: pl.Series, *, currency: str) -> pl.Series:
    """Return amounts with the code of their line behind them where they stand alone and are in another currency.

    Parameters
    ----------
    amounts : texts, null where blank; a currency in their header holds for all of them.
    codes : of the same lines; null, or what is no currency, adds nothing.
    currency : the one of the mapping.
    """
    known = {word: code for word in codes.drop_nulls().unique() if (code := find_currency(word)) and code != currency}
    if not known or header_words(amounts.name).currency:
        return amounts
    foreign = codes.replace_strict(known, default=None, return_dtype=pl.String).alias("code")
    frame = pl.DataFrame([amounts.alias("amount"), foreign, split_units(amounts)["word"]])
    is_bare = pl.col("code").is_not_null() & pl.col("word").is_null() & pl.col("amount").str.contains(r"\d[.,]?$")
    return frame.select(
        pl.when(is_bare).then(pl.format("{} {}", "amount", "code")).otherwise("amount").alias(amounts.name)
    ).to_series()


def _counted(words: pl.Series) -> dict[str, int]:
    """Return how often each word stands that names a currency."""
    return {word: count for word, count in words.value_counts(name="n").iter_rows() if find_currency(word)}


def _best(words: pl.Series) -> str:
    counted = _counted(words)
    return find_currency(max(counted, key=lambda word: (counted[word], word))) if counted else ""
