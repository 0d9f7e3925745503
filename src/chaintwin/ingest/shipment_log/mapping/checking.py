"""Faults of a mapping file, all found at once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Set
from typing import Any

from chaintwin.errors import Finding
from chaintwin.ingest.shipment_log.cells.countries import country_code
from chaintwin.ingest.shipment_log.mapping.fields import FIELD_NAMES, FIELDS, FieldKind
from chaintwin.ingest.shipment_log.mapping.nearest import nearest_headers
from chaintwin.ingest.shipment_log.mapping.sections import ENTRIES, SECTION_NAMES, section
from chaintwin.network.network import Period
from chaintwin.network.tables.catalog import MODES

TEXTS = tuple(entry.name for entry in ENTRIES)
KINDS = ("transactions", "daily_series")
LISTS = {"numbers": "decimal_commas", "routes": "hub"}
LISTED = "sheet"
"""The entry above the sections that may be a list."""

NESTED = ("words", "units")
"""Sections that have one of their own for each field."""

CHOICES = {
    ("duplicates", "lines"): ("by_id", "drop", "keep"),
    ("duplicates", "ids"): ("keep", "first", "last"),
    ("spellings", "sites"): ("merge", "keep"),
    ("spellings", "products"): ("merge", "keep"),
}
NUMBERS = frozenset(item.name for item in FIELDS if item.kind is FieldKind.NUMBER)


def check_document(document: Mapping[str, Any], *, file: str) -> list[Finding]:
    """Return every fault of a mapping as it stands in TOML.

    Parameters
    ----------
    document : the parsed file.
    file : its name, for messages.
    """
    findings = []
    sound: dict[str, Any] = {}
    for name, value in document.items():
        if name in TEXTS:
            if name == LISTED and _is_text_or_texts(value):
                pass
            elif not isinstance(value, str) or not value:
                allowed = "a text or a list of texts" if name == LISTED else "a text"
                findings.append(_fault("type", f"{name} = {value!r}", allowed, file=file, column=name))
                continue
        elif name not in SECTION_NAMES:
            findings.append(_unknown(name, (*TEXTS, *SECTION_NAMES), file=file, column=""))
            continue
        elif not isinstance(value, dict):
            findings.append(_fault("type", f"{name} = {value!r}", f"a section [{name}]", file=file, column=name))
            continue
        sound[name] = value
    # An entry of the wrong type is said once and does not hide what else is wrong.
    findings += _check_head(sound, refused=document.keys() - sound.keys(), file=file)
    findings += _check_columns(sound.get("columns", {}), file=file)
    for name in SECTION_NAMES:
        if name != "columns" and name not in NESTED and name in sound:
            findings += _check_section(name, sound[name], file=file)
    findings += _check_words(sound.get("words", {}), file=file)
    findings += _check_units(sound.get("units", {}), file=file)
    if not document.keys() & set(SECTION_NAMES) - sound.keys():
        findings += _check_needed(sound, file=file)
    return findings


def headers_named(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the headers by field of a mapping that may have faults, as far as they can be understood.

    Parameters
    ----------
    document : the parsed file.
    """
    columns = document.get("columns")
    named = columns.items() if isinstance(columns, dict) else ()
    return {
        name: (value,) if isinstance(value, str) else tuple(value)
        for name, value in named
        if name in FIELD_NAMES and _is_text_or_texts(value)
    }


def _check_head(document: Mapping[str, Any], *, refused: Set[str], file: str) -> list[Finding]:
    findings = []
    if "name" not in document and "name" not in refused:
        findings.append(_fault("missing", "no name", 'name = "..."', file=file, column="name"))
    if document.get("kind") not in KINDS and "kind" not in refused:
        findings.append(_fault("kind", str(document.get("kind", "no kind")), " or ".join(KINDS), file=file, column="kind"))
    if document.get("period", "day") not in tuple(Period):
        findings.append(_fault("period", document["period"], ", ".join(Period), file=file, column="period"))
    currency, country = document.get("currency", "USD"), document.get("country", "")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        findings.append(_fault("currency", currency, "three letters of ISO 4217, such as EUR", file=file, column="currency"))
    if country and country_code(country) != country:
        known = country_code(country)
        allowed = f"two letters of ISO 3166, here {known}" if known else "two letters of ISO 3166, such as DE"
        findings.append(_fault("country", country, allowed, file=file, column="country"))
    return findings


def _check_columns(columns: Mapping[str, Any], *, file: str) -> list[Finding]:
    findings = []
    for name, value in columns.items():
        if name not in FIELD_NAMES:
            findings.append(_unknown(name, tuple(FIELD_NAMES), file=file, column="columns"))
        elif not _is_text_or_texts(value):
            findings.append(_fault("type", f"{name} = {value!r}", "a header or a list of headers", file=file, column="columns"))
    return findings


def _check_section(name: str, entries: Mapping[str, Any], *, file: str) -> list[Finding]:
    findings = []
    allowed = section(name).keys
    for key, value in entries.items():
        if name in LISTS:
            if key != LISTS[name]:
                findings.append(_unknown(key, (LISTS[name],), file=file, column=name))
            elif not isinstance(value, list) or not _is_text_or_texts(value):
                findings.append(_fault("type", f"{key} = {value!r}", "a list of texts", file=file, column=name))
            continue
        if allowed and key not in allowed:
            findings.append(_unknown(key, allowed, file=file, column=name))
        elif not isinstance(value, str):
            findings.append(_fault("type", f"{key} = {value!r}", "a text", file=file, column=name))
        elif name == "modes" and value and value not in MODES:
            findings.append(_fault("mode", value, f"{', '.join(MODES)}, or an empty text for not known", file=file, column=name))
        elif name in ("countries", "place_words") and value and not country_code(value):
            findings.append(_fault("country", f'{key} = "{value}"', "a country code such as DE", file=file, column=name))
        elif (name, key) in CHOICES and value not in CHOICES[name, key]:
            findings.append(_fault("choice", f'{key} = "{value}"', ", ".join(CHOICES[name, key]), file=file, column=name))
        elif name == "references":
            findings += _check_pattern(value, file=file)
    return findings


def _check_pattern(pattern: str, *, file: str) -> list[Finding]:
    # Polars compiles the pattern in Rust; Python's own compiler names the fault and the groups.
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        return [_fault("pattern", f"{pattern} ({error})", "a regular expression", file=file, column="references")]
    if "id" not in groups:
        return [_fault("pattern", pattern, "a pattern with the group (?P<id>...)", file=file, column="references")]
    return []


def _check_words(words: Mapping[str, Any], *, file: str) -> list[Finding]:
    findings = []
    for name, meanings in words.items():
        if name not in FIELD_NAMES:
            findings.append(_unknown(name, tuple(FIELD_NAMES), file=file, column="words"))
        elif not isinstance(meanings, dict):
            findings.append(_fault("type", f"{name} = {meanings!r}", f"a section [words.{name}]", file=file, column="words"))
        else:
            for text, meaning in meanings.items():
                if not isinstance(meaning, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", meaning):
                    findings.append(
                        _fault(
                            "word", f"{text} = {meaning!r}", "a meaning in small letters and _", file=file, column=f"words.{name}"
                        )
                    )
    return findings


def _check_units(units: Mapping[str, Any], *, file: str) -> list[Finding]:
    findings = []
    for name, factors in units.items():
        if name not in NUMBERS:
            findings.append(_unknown(name, tuple(NUMBERS), file=file, column="units"))
        elif not isinstance(factors, dict):
            findings.append(_fault("type", f"{name} = {factors!r}", f"a section [units.{name}]", file=file, column="units"))
        else:
            for word, factor in factors.items():
                if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < math.inf:
                    found = f"{word} = {factor!r}"
                    findings.append(_fault("unit", found, "a number above 0", file=file, column=f"units.{name}"))
    return findings


def _check_needed(document: Mapping[str, Any], *, file: str) -> list[Finding]:
    if document.get("kind") == "daily_series":
        needed = {name: section(name).needed for name in SECTION_NAMES}
        absent = [f"{name}.{key}" for name, keys in needed.items() for key in keys if key not in document.get(name, {})]
    else:
        columns = document.get("columns", {})
        absent = [f"columns.{item.name}" for item in FIELDS if item.required and item.name not in columns]
        if not {"ordered", "promised", "shipped", "delivered"} & set(columns):
            absent.append("columns.ordered, promised, shipped or delivered")
        if not {"origin", "vendor"} & set(columns):
            absent.append("columns.origin or vendor")
    return [_fault("missing", f"no {name}", "an entry for it", file=file, column="") for name in absent]


def _is_text_or_texts(value: object) -> bool:
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item for item in value)


def _fault(kind: str, found: str, allowed: str, *, file: str, column: str) -> Finding:
    return Finding(f"mapping.{kind}", found, allowed, file=file, column=column)


def _unknown(name: str, allowed: tuple[str, ...], *, file: str, column: str) -> Finding:
    near = nearest_headers(name, allowed)
    fix = f"did you mean {', '.join(near)}?" if near else ""
    return Finding("mapping.unknown_entry", name, ", ".join(sorted(allowed)), fix, file, 0, column)
