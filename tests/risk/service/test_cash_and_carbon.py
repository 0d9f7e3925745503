"""Cash to cash and transport emissions: worked cases, and what they must not depend on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.network.geography.terminals import find_port
from chaintwin.network.geography.transport import Mode
from chaintwin.risk.service import (
    Hub,
    Intensity,
    Leg,
    cash_to_cash,
    default_intensity,
    distance_between,
    transport_emissions,
)
from tests.shared_data import cases_of, matches

FACTOR = Intensity(7.5, "a carrier", 2024)


@pytest.mark.parametrize("case", cases_of("cases/metrics.json", "met.cash_to_cash"))
def test_cash_to_cash__worked_case(case: dict[str, Any]) -> None:
    inputs = dict(case["inputs"])
    cycle = cash_to_cash(cost_of_goods_per_day=inputs.pop("cogs_per_day"), **inputs)
    answer = {
        "dio": cycle.inventory_days,
        "dso": cycle.receivable_days,
        "dpo": cycle.payable_days,
        "c2c": cycle.days,
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


def test_cash_to_cash__refuses_a_balance_without_a_flow() -> None:
    amounts = {"inventory_value": 1.0, "cost_of_goods_per_day": 1.0, "receivable": 1.0, "revenue_per_day": 0.0}
    with pytest.raises(UsageError, match="revenue_per_day: found 0"):
        cash_to_cash(payable=1.0, purchases_per_day=1.0, **amounts)


@pytest.mark.parametrize("case", cases_of("cases/metrics.json", "met.carbon"))
def test_transport_emissions__worked_case(case: dict[str, Any]) -> None:
    legs = [Leg(leg["mass_t"], leg["distance_km"], Intensity(leg["g_per_tkm"], "case", 2023)) for leg in case["inputs"]["legs"]]
    hubs = [Hub(hub["mass_t"], Intensity(hub["kg_per_t"], "case", 2023)) for hub in case["inputs"]["hubs"]]
    found = transport_emissions(legs, hubs)
    answer = {
        "leg_kg": found.leg_kg,
        "hub_kg": found.hub_kg,
        "total_kg": found.total_kg,
        "g_per_tkm_chain": found.g_per_tkm,
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])
    assert found.sources == (("case", 2023),)


@given(masses=st.lists(st.integers(0, 10_000_000), min_size=1, max_size=6), km=st.floats(1, 2e4), parts=st.integers(2, 5))
def test_transport_emissions__a_leg_in_parts_emits_as_much(masses: list[int], km: float, parts: int) -> None:
    whole = transport_emissions([Leg(mass, km, FACTOR) for mass in masses])
    cut = transport_emissions([Leg(mass, km / parts, FACTOR) for mass in masses for _ in range(parts)])
    assert cut.total_kg == pytest.approx(whole.total_kg, rel=1e-12)
    assert whole.total_kg == pytest.approx(sum(mass * km * 7.5 / 1000 for mass in masses), rel=1e-12)
    if sum(masses) > 0:
        assert whole.g_per_tkm == pytest.approx(7.5, rel=1e-12)
    else:
        assert whole.g_per_tkm is None


def test_distance_between__goes_by_sea_where_a_ship_does() -> None:
    shanghai, rotterdam = find_port("CNSHA"), find_port("NLRTM")
    assert shanghai is not None
    assert rotterdam is not None
    straight = distance_between(shanghai, rotterdam, mode=Mode.AIR)
    assert straight == distance_between(rotterdam, shanghai) == pytest.approx(8900, rel=0.03)
    assert distance_between(shanghai, rotterdam, mode=Mode.SEA) == pytest.approx(19_500, rel=0.05)
    found = transport_emissions([Leg(18, straight, default_intensity(Mode.AIR, year=2026))])
    assert "unverified" in found.sources[0][0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Leg(-1, 1, FACTOR), "mass_t: found -1"),
        (lambda: Leg(1, float("nan"), FACTOR), "distance_km: found nan"),
        (lambda: Hub(float("inf"), FACTOR), "mass_t: found inf"),
        (lambda: Intensity(-1, "x", 2024), "intensity: found -1"),
        (lambda: Intensity(1, " ", 2024), "source of an intensity: found none"),
        (lambda: transport_emissions([]), "transport chain: found no leg"),
    ],
)
def test_carbon__refuses(call: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call()
