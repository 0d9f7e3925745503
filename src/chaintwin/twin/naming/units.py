"""Codes and words of units, and how many base units of a product one of them is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_WORDS: Mapping[str, tuple[str, ...]] = {
    "each": ("C62", "EA", "H87", "PCE", "PCS", "PC", "1", "piece", "pieces", "unit", "units", "item", "items"),
    "pair": ("PR", "pairs"),
    "dozen": ("DZN", "dozens"),
    "mg": ("MGM",),
    "g": ("GRM", "gram", "grams"),
    "kg": ("KGM", "kilogram", "kilograms"),
    "t": ("TNE", "tonne", "tonnes", "ton", "tons"),
    "lb": ("LBR", "pound", "pounds"),
    "oz": ("ONZ", "ounce", "ounces"),
    "ml": ("MLT",),
    "l": ("LTR", "litre", "litres", "liter", "liters"),
    "hl": ("HLT",),
    "m3": ("MTQ", "cbm", "m³"),
    "mm": ("MMT",),
    "cm": ("CMT",),
    "m": ("MTR", "metre", "metres", "meter", "meters"),
    "km": ("KMT",),
    "m2": ("MTK", "sqm", "m²"),
    "case": ("CS", "XCS", "cases"),
    "carton": ("CT", "XCT", "cartons"),
    "box": ("BX", "XBX", "boxes"),
    "pallet": ("PF", "XPX", "PX", "PAL", "D97", "pallets"),
    "pack": ("PK", "XPK", "packs"),
}

CANONICAL: Mapping[str, str] = MappingProxyType({name.lower(): word for word, names in _WORDS.items() for name in (word, *names)})
"""The word for each code and each spelling, in lower case."""

SIZES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "each": ("count", 1.0),
        "pair": ("count", 2.0),
        "dozen": ("count", 12.0),
        "mg": ("mass", 1e-6),
        "g": ("mass", 1e-3),
        "kg": ("mass", 1.0),
        "t": ("mass", 1e3),
        "lb": ("mass", 0.45359237),
        "oz": ("mass", 0.028349523125),
        "ml": ("volume", 1e-6),
        "l": ("volume", 1e-3),
        "hl": ("volume", 0.1),
        "m3": ("volume", 1.0),
        "mm": ("length", 1e-3),
        "cm": ("length", 1e-2),
        "m": ("length", 1.0),
        "km": ("length", 1e3),
        "m2": ("area", 1.0),
    }
)
"""What a word measures, and how much of kilogram, cubic metre, metre, square metre or piece it is."""


def word_of(unit: str) -> str:
    """Return the word for a unit, whatever its code or spelling.

    Example
    -------
    >>> word_of("KGM"), word_of("Kilogram"), word_of("crate")
    ('kg', 'kg', 'crate')
    """
    plain = unit.strip().lower()
    return CANONICAL.get(plain, plain)


def factor_between(unit: str, base: str, *, held: float | None, weight: float | None, volume: float | None) -> float | None:
    """Return how many base units one unit is, or None where nothing says it.

    Parameters
    ----------
    unit, base : words. held : what the table of units says. weight, volume : kg and m3 of one base unit, or None.

    Example
    -------
    >>> factor_between("t", "kg", held=None, weight=None, volume=None)
    1000.0
    """
    if unit == base:
        return 1.0
    if held is not None:
        return held
    kind, size = SIZES.get(unit, ("", 0.0))
    base_kind, base_size = SIZES.get(base, ("other", 1.0))
    if kind == base_kind:
        return size / base_size
    if kind == "mass" and weight:
        return size / weight
    if kind == "volume" and volume:
        return size / volume
    return None
