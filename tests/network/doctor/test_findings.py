"""Each finding of the doctor: planted once, and absent from a clean network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from chaintwin.network.doctor import CODES
from chaintwin.network.network import Quantities, Settings
from tests.network.doctor.clean import SETTINGS, Tables, clean_tables, report_of, row_of

ROOT = Path(__file__).resolve().parents[3]
Plant = Callable[[Tables], Settings | None]


def _set(table: str, key: str, **cells: object) -> Plant:
    def plant(tables: Tables) -> None:
        row_of(tables, table, key).update(cells)

    return plant


def _add(table: str, *rows: dict[str, object]) -> Plant:
    def plant(tables: Tables) -> None:
        tables.setdefault(table, []).extend(dict(row) for row in rows)

    return plant


def _all(*plants: Plant) -> Plant:
    def plant(tables: Tables) -> Settings | None:
        found = None
        for one in plants:
            found = one(tables) or found
        return found

    return plant


def _without(table: str, column: str) -> Plant:
    def plant(tables: Tables) -> None:
        for row in tables[table]:
            row[column] = None

    return plant


def _settings(**cells: object) -> Plant:
    return lambda _tables: replace(SETTINGS, **cells)


def _series(name: str, values: list[float]) -> Plant:
    return _add("series", *({"series_id": name, "period": period, "value": value} for period, value in enumerate(values)))


SECOND_SHOP = {"site_id": "kiosk", "kind": "store", "country": "BE", "latitude": 51.0, "longitude": 4.4}
KIOSK_DEMAND = {"stream_id": "K", "site_id": "kiosk", "product_id": "lamp", "quantity": "1", "price": 30.0}
LATERAL = {"mode": "road", "distance_km": 50.0, "lead_time": "1", "variable_cost": 1.0, "capacity": 99.0}


def _circle(*, lead: str = "1", delay: int = 0) -> Plant:
    """Two stores that fill each other."""
    return _all(
        _add("sites", SECOND_SHOP),
        _add("demand", KIOSK_DEMAND),
        _add(
            "lanes",
            {"lane_id": "X1", "from_site": "shop", "to_site": "kiosk", **LATERAL, "lead_time": lead, "information_delay": delay},
            {"lane_id": "X2", "from_site": "kiosk", "to_site": "shop", **LATERAL, "lead_time": lead, "information_delay": delay},
        ),
        _add(
            "sources",
            {"site_id": "kiosk", "product_id": "lamp", "lane_id": "X1"},
            {"site_id": "shop", "product_id": "lamp", "lane_id": "X2"},
        ),
    )


PLANTED: dict[str, Plant] = {
    "id.near_duplicate": _add("partners", {"partner_id": "ACME-Ltd"}, {"partner_id": "ACME Ltd"}),
    "id.ambiguous": _add("resources", {"resource_id": "lane/L1", "capacity": 9.0}),
    "identifier.check_digit": _set("identifiers", "lamp", value="4006381333932"),
    "identifier.format": _set("identifiers", "shop", value="ANTWERP"),
    "unit.weight": _set("products", "glass", weight_kg=1000.0),
    "unit.conversion": _add("units", {"product_id": "lamp", "unit": "kg", "base_quantity": 2.0}),
    "unit.base": _add("units", {"product_id": "lamp", "unit": "each", "base_quantity": 12.0}),
    "unit.order": _set("units", "pallet", base_quantity=4.0),
    "unit.missing": _set("products", "glass", unit="case"),
    "unit.density": _set("products", "lamp", volume_m3=10.0),
    "bom.fraction": _all(_set("bom", "lamp", quantity=2.5), _settings(quantities=Quantities.INTEGER)),
    "place.other_country": _set("sites", "depot", country="JP"),
    "place.swapped": _set("sites", "depot", latitude=4.35, longitude=50.85),
    "place.null_island": _set("sites", "depot", latitude=0.0, longitude=0.0),
    "place.at_sea": _set("sites", "depot", latitude=45.0, longitude=-30.0),
    "place.half": _set("sites", "depot", longitude=None),
    "place.country": _set("sites", "depot", country="Atlantis"),
    "place.time_zone": _set("sites", "shop", time_zone="Europe/Antwerp"),
    "validity.not_in_force": _add("partners", {"partner_id": "old", "valid_to": date(2020, 1, 1)}),
    "validity.changes": _set("lanes", "L1", valid_to=date(2026, 1, 10)),
    "calendar.outside": _add("calendars", {"calendar_id": "week", "date": date(2030, 5, 1)}),
    "calendar.always_open": _set("calendars", "week", open_share=1.0),
    "demand.none": lambda tables: tables["demand"].clear(),
    "demand.nothing": _set("demand", "D", quantity=None),
    "demand.both": _all(_series("S", [10.0] * 28), _set("demand", "D", series="S")),
    "series.samples": _all(_series("S", [10.0] * 61), _set("demand", "D", series="S", quantity=None, series_samples=2)),
    "series.short": _all(_series("S", [10.0] * 7), _set("demand", "D", series="S", quantity=None)),
    "series.gaps": _all(
        _add("series", {"series_id": "S", "period": 0, "value": 9.0}, {"series_id": "S", "period": 27, "value": 9.0}),
        _set("demand", "D", series="S", quantity=None),
    ),
    "series.negative": _all(_series("S", [10.0] * 27 + [-5.0]), _set("demand", "D", series="S", quantity=None)),
    "series.long": _all(
        _add("series", *({"series_id": f"S{n}", "period": 999_999, "value": 1.0} for n in range(30))),
        _add("products", *({"product_id": f"P{n}", "value": 1.0} for n in range(30))),
        _add("demand", *({"site_id": "north", "product_id": f"P{n}", "series": f"S{n}"} for n in range(30))),
    ),
    "demand.not_in_force": _all(
        _add("sites", SECOND_SHOP | {"valid_from": date(2026, 1, 2)}),
        _add("demand", KIOSK_DEMAND),
    ),
    "season.mean": _all(_series("S", [1.0, 2.0]), _set("demand", "D", season="S")),
    "source.no_lane": _add("sources", {"site_id": "shop", "product_id": "lamp", "lane_id": "L1"}),
    "source.no_bill": _set("sources", "north", kind="make"),
    "source.no_bills": _all(lambda tables: tables["bom"].clear(), _set("sources", "north", kind="make")),
    "source.shares": _add(
        "sources",
        {"site_id": "depot", "product_id": "lamp", "lane_id": "L3", "share": 0.5},
        {"site_id": "depot", "product_id": "lamp", "lane_id": "L4", "share": 0.3},
    ),
    "source.substitute": _add(
        "sources",
        {"site_id": "depot", "product_id": "lamp", "lane_id": "L3"},
        {"site_id": "depot", "product_id": "lamp", "kind": "make", "rule": "substitute", "lead_time": "1"},
    ),
    "source.replaces_lane": _add("sources", {"site_id": "depot", "product_id": "lamp", "lane_id": "L3"}),
    "source.contingency_only": _set("sources", "north", rule="contingency"),
    "wait.long": _set("lanes", "L1", information_delay=100_001),
    "wait.total": _all(
        _set("lanes", "L5", lead_time="uniform(1, 99000)"),
        _add("products", *({"product_id": f"P{n}", "value": 1.0} for n in range(210))),
        _add("demand", *({"site_id": "shop", "product_id": f"P{n}", "quantity": "1"} for n in range(210))),
    ),
    "lane.to_itself": _add("lanes", {"lane_id": "X", "from_site": "depot", "to_site": "depot", **LATERAL}),
    "lane.lead_time_zero": _set("lanes", "L1", lead_time="0"),
    "lane.lead_time_long": _set("lanes", "L1", lead_time="4000"),
    "lane.too_fast": _set("lanes", "L1", distance_km=9000.0),
    "lane.lead_time_unknown": _all(
        _set("lanes", "L1", lead_time=None, mode=None), _set("sites", "north", latitude=None, longitude=None, country=None)
    ),
    "lane.odd": _all(
        _add("sites", {"site_id": "isle", "kind": "store", "country": "IS", "latitude": 64.15, "longitude": -21.94}),
        _add("lanes", {"lane_id": "X", "from_site": "depot", "to_site": "isle", "mode": "road", "capacity": 9.0}),
        _add("demand", {"stream_id": "I", "site_id": "isle", "product_id": "lamp", "quantity": "1", "price": 30.0}),
    ),
    "policy.level_missing": _set("stock_points", "depot", policy="echelon", base_stock=None),
    "policy.echelon_loop": _all(
        _circle(delay=1),
        _add("stock_points", {"site_id": "kiosk", "product_id": "lamp", "policy": "echelon", "base_stock": 50.0}),
    ),
    "policy.speeds": _set("stock_points", "depot", policy="dual_index"),
    "policy.levels": _set("stock_points", "depot", policy="s_S", reorder_point=50.0, order_up_to=40.0),
    "policy.parameter": _set("stock_points", "depot", reorder_point=50.0),
    "policy.phase": _set("stock_points", "depot", review_period=7, review_phase=9),
    "stock.over_capacity": _set("stock_points", "depot", initial_stock=1e6),
    "stock.no_volume": _without("products", "volume_m3"),
    "incoterm.unknown": _add("partners", {"partner_id": "smith", "incoterm": "banana"}),
    "currency.no_rate": _add("prices", {"product_id": "glass", "currency": "EUR", "price": 1.0}),
    "price.negative": _all(_series("S", [10.0, -5.0]), _set("demand", "D", price_series="S")),
    "price.no_seller": _all(
        _add("partners", {"partner_id": "smith"}), _add("prices", {"product_id": "glass", "partner": "smith", "price": 1.0})
    ),
    "price.missing": _set("demand", "D", price=None),
    "value.missing": _set("products", "glass", value=None),
    "value.zero": _set("products", "glass", value=0.0),
    "price.below_value": _set("demand", "D", price=10.0),
    "loop.information": _circle(),
    "loop.material": _circle(lead="0", delay=1),
    "quantity.fraction": _all(_set("stock_points", "depot", base_stock=10.5), _settings(quantities=Quantities.INTEGER)),
    "quantity.large": _set("bom", "lamp", quantity=1e15),
    "quantity.exact": _all(_set("demand", "D", quantity="2e14"), _settings(quantities=Quantities.INTEGER)),
    "quantity.tiny": _set("demand", "D", quantity="1e-300"),
    "memory.large": _all(
        _set("lanes", "L5", lead_time="uniform(1, 99000)"),
        _add("products", *({"product_id": f"P{n}", "value": 1.0} for n in range(70))),
        _add("demand", *({"site_id": "shop", "product_id": f"P{n}", "quantity": "1"} for n in range(70))),
    ),
    "demand.unreachable": _all(_add("sites", SECOND_SHOP), _add("demand", KIOSK_DEMAND)),
    "supply.assumed": _all(
        _add("sites", {"site_id": "yard", "kind": "warehouse"}),
        _add("products", {"product_id": "wire", "value": 1.0}),
        _add("demand", {"stream_id": "W", "site_id": "yard", "product_id": "wire", "quantity": "1", "price": 2.0}),
    ),
    "supply.single": _add("sources", {"site_id": "depot", "product_id": "lamp", "lane_id": "L3"}),
    "supply.single_minor": _all(
        _add("products", {"product_id": "bulb", "value": 1.0}),
        _add("demand", {"stream_id": "B", "site_id": "north", "product_id": "bulb", "quantity": "1"}),
    ),
    "stock.no_room": _set("stock_points", "depot", base_stock=1e6),
    "stock.years": _set("demand", "D", quantity="gamma(mean=10, cv=60)"),
    "stock.lumpy": _set("demand", "D", quantity="gamma(mean=10, cv=8)"),
    "capacity.unlimited": _set("lanes", "L1", capacity=None),
    "capacity.zero": _set("lanes", "L1", capacity=0.0),
    "capacity.short": _set("lanes", "L5", capacity=8.0),
    "capacity.tight": _set("lanes", "L5", capacity=10.2),
    "row.unused": _add("products", {"product_id": "spare"}),
    "stock.idle": _add("stock_points", {"site_id": "north", "product_id": "lamp"}),
}


def test_check__clean_network_has_no_finding() -> None:
    report = report_of(clean_tables())
    assert [str(finding) for finding in report.findings] == []
    assert report.ok


def test_planted__covers_every_code() -> None:
    assert set(PLANTED) == set(CODES)


@pytest.mark.parametrize("code", sorted(PLANTED))
def test_check__finds_planted_fault(code: str) -> None:
    tables = clean_tables()
    settings = PLANTED[code](tables)
    report = report_of(tables, settings or SETTINGS)
    found = [finding for finding in report.findings if finding.code == code]
    assert found, [str(finding) for finding in report.findings]
    assert all(finding.found and finding.allowed and finding.fix for finding in found)
    assert all(finding.severity is CODES[code].severity for finding in found)
