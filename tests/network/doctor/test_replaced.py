"""Lanes that rows of ``sources`` put out of use: told where that is an oversight, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.doctor.clean import Tables, clean_tables, report_of, row_of

BULB: dict[str, dict[str, Any]] = {
    "products": {"product_id": "bulb", "value": 1.0},
    "demand": {"site_id": "shop", "product_id": "bulb", "quantity": "1", "price": 2.0},
}
"""A second product that the lane into the shop carries."""

BOUGHT = {"site_id": "shop", "product_id": "lamp", "kind": "buy"}
BY_LANE = {"site_id": "shop", "product_id": "lamp", "lane_id": "L5"}


def _with(*rows: dict[str, Any], bulb: bool = False) -> Tables:
    tables = clean_tables()
    for table, row in BULB.items() if bulb else ():
        tables[table].append(dict(row))
    tables["sources"] += [dict(row) for row in rows]
    return tables


def _told(tables: Tables) -> list[str]:
    return [str(finding) for finding in report_of(tables).findings if finding.code == "source.replaces_lane"]


def test_check__names_the_lane_that_a_row_replaces() -> None:
    (text,) = _told(_with({"site_id": "depot", "product_id": "lamp", "lane_id": "L3"}))
    assert text.startswith("sources:4 product_id: found depot/lamp without lane L4; ")
    assert text.endswith("fix: add a row with lane_id L4, or delete the lane")


def test_check__a_replaced_lane_is_not_told_twice() -> None:
    report = report_of(_with({"site_id": "depot", "product_id": "lamp", "lane_id": "L3"}))
    assert "L4" not in [finding.found for finding in report.findings if finding.code == "row.unused"]


def test_check__a_lane_without_a_name_is_cured_by_its_sender() -> None:
    tables = _with(BOUGHT)
    row_of(tables, "lanes", "L5")["lane_id"] = None
    assert "fix: add a row with from_site depot, or delete the lane" in _told(tables)[0]


def test_check__a_replaced_lane_of_many_products_is_told_once() -> None:
    assert len(_told(_with(BOUGHT, {**BOUGHT, "product_id": "bulb"}, bulb=True))) == 1


@pytest.mark.parametrize(
    "cells",
    [{"priority": 1}, {"rule": "contingency"}, {"share": 0.3}],
    ids=["ranked behind", "contingency", "a part"],
)
def test_check__a_row_that_adds_to_a_lane_others_use_is_told(cells: dict[str, Any]) -> None:
    (text,) = _told(_with(BOUGHT | cells, bulb=True))
    assert "found shop/lamp without lane L5" in text
    assert text.endswith("fix: add a row with lane_id L5, or write priority 0, rule share and share 1")


@pytest.mark.parametrize(
    "tables",
    [
        _with(BOUGHT, BY_LANE),
        _with(BOUGHT | {"priority": 1}, BY_LANE),
        _with({"site_id": "shop", "product_id": "lamp", "from_site": "depot"}),
        _with(BOUGHT, bulb=True),
        _with(BOUGHT | {"priority": 1}, BOUGHT | {"priority": 2, "partner": "smith"}, bulb=True)
        | {"partners": [{"partner_id": "smith"}]},
        _with({"site_id": "plant one", "product_id": "lamp", "kind": "make"}),
    ],
    ids=["both", "both in ranks", "its sender", "another product on the lane", "ranks among rows", "a plant that makes"],
)
def test_check__lanes_that_rows_do_not_mean_are_not_told(tables: Tables) -> None:
    assert _told(tables) == []


def test_check__lanes_back_are_no_sources_to_lose() -> None:
    tables = _with(BY_LANE, {"site_id": "depot", "product_id": "lamp", "lane_id": "L3"})
    tables["sources"].append({"site_id": "depot", "product_id": "lamp", "lane_id": "L4"})
    back = dict(row_of(tables, "lanes", "L5")) | {"lane_id": "R", "from_site": "shop", "to_site": "depot"}
    tables["lanes"].append(back)
    assert _told(tables) == []
