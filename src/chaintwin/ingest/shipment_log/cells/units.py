"""Numbers with a unit or a currency beside them: ``12 pcs``, ``3,5 t``, ``EUR 12.50``.

A column is read in one unit. Which one is the most frequent decides; what stands in another unit is read only where a factor is
known (kilograms in a tonne) or given by the mapping, because nobody but the owner knows how many pieces lie on a pallet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import polars as pl

from chaintwin.ingest.shipment_log.cells.classifying import CellKind, Cells, read_numbers

PIECE = "piece"

MASSES: Mapping[str, tuple[float, str]] = {
    "kg": (1.0, "kg kgs kilo kilos kilogram kilograms kilogramm"),
    "g": (0.001, "g gr gram grams gramm"),
    "t": (1000.0, "t to ton tons tonne tonnes tonnen mt"),
    "lb": (0.45359237, "lb lbs pound pounds"),
    "oz": (0.028349523125, "oz ounce ounces"),
}
"""Kilograms and words by unit of weight; a pound is 0.45359237 kg by definition, a ton is taken for 1000 kg."""

COUNTS: Mapping[str, str] = {
    PIECE: "pcs pc pce pces piece pieces stk stck stuck stuecke stueck stücke stück ea each units einheiten",
    "case": "case cases cs",
    "carton": "carton cartons ctn ctns karton kartons",
    "box": "box boxes",
    "pallet": "pallet pallets plt plts pal palette paletten",
    "pack": "pack packs pk pks packung packungen pkg pkgs package packages",
    "bag": "bag bags sack sacks säcke saecke",
    "drum": "drum drums fass fässer",
    "roll": "roll rolls rolle rollen",
    "set": "set sets satz",
    "pair": "pair pairs paar",
    "dozen": "dozen dz doz dutzend",
    "bottle": "bottle bottles flasche flaschen",
    "bundle": "bundle bundles bund",
    "crate": "crate crates kiste kisten",
    "litre": "l ltr liter litre litres liters",
    "metre": "m meter metre metres meters",
    "m3": "cbm m³ m3",
}
"""Words by unit of count or measure."""

DOZEN = 12.0

CURRENCY_SIGNS: Mapping[str, str] = {"US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "$": "USD"}
"""Currency by sign; a bare dollar is taken for the US one."""

_CODES = (
    "USD EUR GBP CHF JPY CNY SEK NOK DKK PLN CZK HUF RON BGN TRY INR BRL MXN CAD AUD NZD ZAR SGD HKD KRW THB IDR MYR PHP VND "
    "AED SAR ILS RUB UAH KES NGN EGP MAD CLP COP PEN ARS TWD PKR BDT LKR ISK RSD"
)
HEADER_CURRENCIES: Mapping[str, str] = {
    **{code.casefold(): code for code in _CODES.split()},
    **dict.fromkeys(("euro", "euros"), "EUR"),
    **dict.fromkeys(("dollar", "dollars"), "USD"),
    "rmb": "CNY",
}
"""Currency by word in small letters: the codes met in logs of shipments, not all of ISO 4217, many of which are words."""

UNIT_PATTERN = (
    r"^(?P<before>US\$|[€£¥₹$]|[A-Za-z]{3,4})?\s*(?P<number>[+-]?\s?\d(?:[\d.,'’\s\x{a0}\x{202f}]*\d)?)(?:[.,][–-]?)?\s*"
    r"(?P<after>US\$|[€£¥₹$]|\p{L}+[²³]?)?\.?$"
)
"""A number, and the word or sign before or behind it.

A dash stands for no cents only right behind the decimal sign (100,- EUR); any other behind a number is its minus."""

MINUS_BEHIND = (
    r"^(?P<head>(?:US\$|[€£¥₹$]|[A-Za-z]{3})?\s*)(?P<digits>\d(?:[\d.,'’\s\x{a0}\x{202f}]*\d)?)\s?[-–−]"
    r"(?P<tail>\s*(?:US\$|[€£¥₹$]|\p{L}+[²³]?)?\.?)$"
)
"""A negative number as SAP writes it, with its minus behind: ``2.627-``, ``2.627,00- EUR``."""


class Measure(StrEnum):
    """What a number field counts, which decides what may stand beside its numbers."""

    COUNT = "count"
    MASS = "mass"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of weight or count.

    Parameters
    ----------
    name : such as ``kg``, ``piece`` or ``pallet``.
    is_mass : a unit of weight.
    factor : kilograms or pieces in one; 1 where that is not known, as of a pallet, which then is a unit of its own.
    """

    name: str
    is_mass: bool = False
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Numbers read with the units beside them.

    Parameters
    ----------
    cells : as ``read_numbers`` gives them, values in the unit of the column; also ``refused``, the word for which a cell was left
        unread.
    unit : name of the unit the values are in: ``kg``, a currency, ``piece``...; empty where nothing says.
    read : number of cells read by word beside the number.
    factors : by word, how much of the column's unit one is, where it is not 1.
    """

    cells: Cells
    unit: str
    read: Mapping[str, int]
    factors: Mapping[str, float]


def find_unit(word: str) -> Unit | None:
    """Return the unit of weight or count a word means, None if it is none.

    Parameters
    ----------
    word : such as ``Stk``, ``pcs`` or ``t``; case does not matter.

    Example
    -------
    >>> find_unit("Stk"), find_unit("lbs").factor, find_unit("x")
    (Unit(name='piece', is_mass=False, factor=1.0), 0.45359237, None)
    """
    key = word.casefold().rstrip(".")
    for name, (factor, words) in MASSES.items():
        if key in words.split():
            return Unit(name, is_mass=True, factor=factor)
    for name, text in COUNTS.items():
        if key in text.split():
            return Unit(PIECE, factor=DOZEN) if name == "dozen" else Unit(name)
    return None


def find_currency(word: str) -> str:
    """Return the currency a sign or code beside a number means, empty if none.

    Parameters
    ----------
    word : such as ``€``, ``EUR`` or ``euro``.
    """
    return CURRENCY_SIGNS.get(word) or HEADER_CURRENCIES.get(word.casefold(), "")


def split_units(cells: pl.Series) -> pl.DataFrame:
    """Return ``number`` (the cell without the word beside its number) and ``word`` (null where there is none).

    A minus behind a number is brought before it.

    Parameters
    ----------
    cells : texts, null where blank.
    """
    signed = pl.col("text").str.replace(MINUS_BEHIND, "${head}-${digits}${tail}")
    parts = pl.DataFrame({"text": cells}).select(
        pl.when(signed.str.contains(r"^-\d")).then(signed).otherwise("text").alias("text"),
        signed.str.extract_groups(UNIT_PATTERN).alias("groups"),
    )
    parts = parts.unnest("groups").with_columns(before_word=_blank("before"), after_word=_blank("after"))
    word = pl.coalesce("after_word", "before_word")
    # Only a currency stands before its amount, and nothing has a word on both sides; other texts are names.
    money = [*CURRENCY_SIGNS, *HEADER_CURRENCIES]
    is_name = pl.col("before_word").is_not_null() & (
        ~pl.col("before_word").str.to_lowercase().is_in([sign.lower() for sign in money]) | pl.col("after_word").is_not_null()
    )
    word = pl.when(~is_name & pl.col("number").is_not_null()).then(word)
    return parts.with_columns(word.alias("word")).select(
        pl.when(pl.col("word").is_not_null()).then("number").otherwise("text").alias("number"), "word"
    )


def read_measured(
    cells: pl.Series,
    *,
    measure: Measure,
    header_unit: str,
    currency: str,
    given: Mapping[str, float],
    words: Mapping[str, str],
    pattern: str = "",
    decimal_comma: bool = False,
) -> Measured:
    """Read a number column whose cells may have a unit or currency beside the number.

    Parameters
    ----------
    cells : texts, null where blank.
    measure : what the field counts.
    header_unit : unit word or currency in the header, the unit of numbers that stand alone; empty if there is none.
    currency : of the mapping, to which amounts are read.
    given : how much of the column's unit one of a word is, from the mapping.
    words, pattern, decimal_comma : as in ``read_numbers``.
    """
    split = split_units(cells)
    is_meant = cells.str.to_lowercase().is_in([meant.lower() for meant in words]).fill_null(value=False)
    word = split["word"].zip_with(~is_meant, pl.Series([None], dtype=pl.String)).alias("word")
    counts: dict[str, int] = dict(pl.DataFrame(word.drop_nulls()).group_by("word").len().sort("word").iter_rows())
    alone = int((cells.is_not_null() & word.is_null()).sum())
    by_word = _given(counts, given)
    if measure is Measure.MONEY:
        scale = _money_scale(counts, header=header_unit, currency=currency, given=given)
    elif measure is Measure.MASS:
        scale = _mass_scale(counts, header=header_unit, given=given)
    else:
        scale = _count_scale(counts, alone, header=header_unit, given=by_word)
    factors = {**scale.factors, **by_word}
    # A number whose unit is refused must stay unread, whatever sign read_numbers would overlook.
    number = (
        pl.when(pl.col("is_meant"))
        .then("text")
        .when(pl.col("word").is_null() | pl.col("word").is_in(list(factors)))
        .then("number")
    )
    frame = pl.DataFrame([cells.alias("text"), split["number"], word, is_meant.alias("is_meant")])
    read = read_numbers(
        frame.select(number.otherwise(pl.lit("?")).alias(cells.name)).to_series(),
        words=words,
        pattern=pattern,
        decimal_comma=decimal_comma,
    )
    is_refused = pl.col("word").is_not_null() & ~pl.col("word").is_in(list(factors)) & (pl.col("kind") == CellKind.UNREAD)
    refused = pl.when(is_refused).then("word").otherwise(pl.lit(None, dtype=pl.String))
    if scale.alone is None:
        # Without a unit in the header, a number alone may count pieces as well as the unit most cells name.
        usual = header_unit or max(scale.factors, key=lambda name: (counts.get(name, 0), name), default="")
        is_bare = (pl.col("kind") == CellKind.VALUE) & pl.col("word").is_null()
        refused = pl.when(is_bare).then(pl.lit(usual)).otherwise(refused)
    kept = read.frame.with_columns(cells.alias("text"), word).with_columns(refused.alias("refused"))
    unread = pl.when(pl.col("refused").is_null()).then("kind").otherwise(pl.lit(CellKind.UNREAD)).alias("kind")
    kept = kept.with_columns(pl.when(pl.col("refused").is_null()).then("value").alias("value"), unread)
    factor = pl.col("word").replace_strict(factors, default=1.0, return_dtype=pl.Float64) if factors else pl.lit(1.0)
    bare = 1.0 if scale.alone is None else scale.alone
    kept = kept.with_columns(pl.col("value") * pl.when(pl.col("word").is_null()).then(pl.lit(bare)).otherwise(factor))
    odd = {name: value for name, value in factors.items() if value != 1}
    if bare != 1:
        odd[header_unit] = bare
    taken = {name: count for name, count in counts.items() if name in factors}
    return Measured(replace(read, frame=kept), scale.unit, taken, odd)


@dataclass(frozen=True, slots=True)
class _Scale:
    """The unit of a column, how much of it one of each word is, and one of a number alone (None: not known, so not read)."""

    unit: str
    factors: Mapping[str, float]
    alone: float | None = 1.0


def _mass_scale(counts: Mapping[str, int], *, header: str, given: Mapping[str, float]) -> _Scale:
    units = {word: find_unit(word) for word in counts}
    unit = find_unit(header)
    usual = unit.factor if unit is not None and unit.is_mass else 1.0
    factors = {word: unit.factor for word, unit in units.items() if unit is not None and unit.is_mass}
    return _Scale("kg", factors, _given({header: 0}, given).get(header, usual))


def _count_scale(counts: Mapping[str, int], alone: int, *, header: str, given: Mapping[str, float]) -> _Scale:
    """Return the scale in the unit most cells are in; numbers alone count for the header's unit, else for pieces."""
    units = {word: unit for word in counts if (unit := find_unit(word)) is not None}
    named = find_unit(header)
    usual = named or Unit(PIECE)
    tally = {_family(usual): alone}
    for word, unit in units.items():
        if word not in given:
            tally[_family(unit)] = tally.get(_family(unit), 0) + counts[word]
    # A mapping that says what every word is worth has pieces in mind.
    chosen = max(tally, key=lambda name: (tally[name], name == PIECE, name)) if any(tally.values()) else _family(usual)
    factors = {word: unit.factor for word, unit in units.items() if _family(unit) == chosen}
    if named is None:
        return _Scale(chosen, factors, 1.0 if chosen == PIECE else None)
    return _Scale(chosen, factors, named.factor if _family(named) == chosen else None)


def _money_scale(counts: Mapping[str, int], *, header: str, currency: str, given: Mapping[str, float]) -> _Scale:
    rates = {find_currency(word) or word: rate for word, rate in given.items()} | {currency: 1.0}
    factors = {word: rates[code] for word in counts if (code := find_currency(word)) in rates}
    code = find_currency(header)
    return _Scale(currency, factors, rates.get(code) if code else 1.0)


def _given(counts: Mapping[str, int], given: Mapping[str, float]) -> dict[str, float]:
    """Return the factor of each word that the mapping gives: of the word itself, else of another word for its unit."""
    by_key = {word.casefold(): factor for word, factor in given.items()}
    # A dozen is a unit of its own here, though it is counted in pieces.
    by_unit = {(unit.name, unit.factor): factor for word, factor in given.items() if (unit := find_unit(word)) is not None}
    found = {
        word: by_key.get(word.casefold(), by_unit.get((unit.name, unit.factor)) if (unit := find_unit(word)) else None)
        for word in counts
    }
    return {word: float(factor) for word, factor in found.items() if factor is not None}


def _family(unit: Unit) -> str:
    return "kg" if unit.is_mass else unit.name


def _blank(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(name)
