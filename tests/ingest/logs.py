"""Worked data and invented logs for the importer's tests."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chaintwin.ingest import ImportResult, import_log
from tests.shared_data import shared_root

GERMAN_LOG = """\
Sendungsnummer;Artikelnummer;Werk;Empfänger;Versandart;Bestelldatum;Versanddatum;Lieferdatum;Menge;\
Warenwert;Gewicht;Frachtkosten;Bemerkung
S1;Pumpe;Werk Köln;Österreich;LKW;01.02.2024;03.02.2024;08.02.2024;10;1.250,50;120,5;80,00;ok
S2;Pumpe;Werk Köln;Österreich;LKW;15.02.2024;17.02.2024;24.02.2024;12;1.500,60;siehe S1;siehe S1;
S3;Ventil;Werk Köln;Schweiz;Bahn;20.02.2024;22.02.2024;;100;980,00;55,0;40,00;unterwegs
S4;Ventil;Werk Köln;Schweiz;Bahn;25.02.2024;28.02.2024;26.02.2024;50;490,00;27,5;20,00;vor Versand da
S4;Ventil;Werk Köln;Schweiz;Bahn;01.03.2024;03.03.2024;13.03.2024;60;588,00;33,0;24,00;Nummer doppelt
S5;Pumpe;Werk Köln;Österreich;LKW;05.03.2024;06.03.2024;13.03.2024;-3;-375,15;10;5,00;Retoure
S6;Pumpe;Werk Köln;Österreich;Schlitten;10.03.2024;12.03.2024;16.03.2024;8;1.000,40;siehe S99;unbekannt;
S7;Ventil;Werk Köln;Schweiz;Bahn;20.03.2024;21.03.2024;31.03.2024;viele;100;1;1;
S1;Pumpe;Werk Köln;Österreich;LKW;01.02.2024;03.02.2024;08.02.2024;10;1.250,50;120,5;80,00;ok
"""

ENGLISH_LOG = """Shipment,SKU,From,To,Mode,Order Date,Delivered,Qty,Value,Freight
1,bolt,Mill,Depot,Truck,2024-01-01,2024-01-05,100,50,5
2,bolt,Mill,Depot,Truck,2024-01-08,2024-01-13,100,50,5
3,bolt,Depot,Shop,Truck,2024-01-10,2024-01-12,80,48,8
4,bolt,Depot,Shop,Truck,2024-01-17,2024-01-18,80,48,8
5,bolt,Shop,Depot,Truck,2024-01-20,2024-01-22,5,3,1
"""


def write_log(folder: Path, text: str, *, name: str = "log.csv", encoding: str = "utf-8") -> Path:
    """Write an invented log and return its path."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@functools.cache
def imported(name: str) -> ImportResult:
    """Return the import of a folder of worked data, once a session; skip the test when it is absent."""
    folder = shared_root() / name
    if not folder.exists():
        pytest.skip(f"needs shared data: {name} is not under {shared_root()}")
    return import_log(folder)


def expected_figures(name: str, groups: tuple[str, ...]) -> list[Any]:
    """Return pytest parameters (path of keys, expected value) for every figure of expected.json; one that skips if absent."""
    path = shared_root() / name / "expected.json"
    if not path.exists():
        reason = f"needs shared data: {name}/expected.json is not under {shared_root()}"
        return [pytest.param((), None, marks=pytest.mark.skip(reason=reason), id="absent")]
    expected = json.loads(path.read_text(encoding="utf-8"))
    figures = (item for group in groups for item in leaves(expected[group], (group,)))
    return [pytest.param(keys, value, id="/".join(keys)) for keys, value in figures if keys[-1] != "note"]


def leaves(value: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every value of nested dictionaries with its path of keys."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*keys, key))
    else:
        yield keys, value


def lookup(value: Any, keys: tuple[str, ...]) -> Any:
    """Return the value at a path of keys."""
    for key in keys:
        value = value[key]
    return value


def same_at_printed_precision(value: Any, printed: Any) -> bool:
    """Tell whether a figure agrees with one printed with eight significant digits.

    A unit in the last printed digit is allowed rather than half of one, because the printed figures were computed from data with
    more digits than the six decimals of the files.
    """
    if isinstance(printed, float):
        digit = 10.0 ** (math.floor(math.log10(abs(printed))) - 7) if printed else 1e-12
        return bool(abs(value - printed) <= digit)
    return bool(value == printed)
