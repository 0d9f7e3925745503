"""Carbon of a simulation: the worked case as a chain of lanes, and what is not covered."""

from __future__ import annotations

from typing import Any

import pytest

from chaintwin.examples import Example, load
from chaintwin.network.network import Network, Settings
from chaintwin.risk.service import Intensity
from chaintwin.risk.service.simulated import measure_project
from chaintwin.risk.service.simulated.emitting import carbon_by_mode
from tests.network.building import network_of
from tests.shared_data import cases_of


def chain(
    legs: list[dict[str, Any]], *, units: float = 1.0, weight: float | None = 1000.0, kinds: tuple[str, ...] = ()
) -> Network:
    """Return a chain of lanes over which so many units a day of so many kg go to one shop."""
    names = [f"s{number}" for number in range(len(legs) + 1)]
    kind = dict(zip(names, ["plant", *(kinds or ["warehouse"] * (len(legs) - 1)), "store"], strict=True))
    return network_of(
        {
            "sites": [
                {"site_id": name, "kind": kind[name], "latitude": 50.0 + number, "longitude": 9.0}
                for number, name in enumerate(names)
            ],
            "products": [{"product_id": "steel", "value": 1.0, "weight_kg": weight}],
            "lanes": [
                {
                    "lane_id": f"{one}{two}",
                    "from_site": one,
                    "to_site": two,
                    "mode": "road",
                    "lead_time": "1",
                    "variable_cost": 1.0,
                }
                | leg
                for one, two, leg in zip(names[:-1], names[1:], legs, strict=True)
            ],
            "demand": [{"site_id": names[-1], "product_id": "steel", "quantity": str(units)}],
            "stock_points": [{"site_id": name, "product_id": "steel", "base_stock": 100.0 * units} for name in names],
            "sources": [{"site_id": names[0], "product_id": "steel", "kind": "buy", "lead_time": "1"}],
        },
        Settings(name="chain", horizon=20, warm_up=10),
    )


@pytest.mark.parametrize("case", cases_of("cases/metrics.json", "met.carbon"))
def test_measure_project__worked_case_of_carbon(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["expected"]
    legs = [{"distance_km": leg["distance_km"], "carbon_factor": leg["g_per_tkm"]} for leg in given["legs"]]
    # One factor holds for all hubs; the case has two, so the mean stands for both.
    factor = sum(hub["kg_per_t"] for hub in given["hubs"]) / len(given["hubs"])
    network = chain(legs, units=given["legs"][0]["mass_t"], kinds=("port", "hub"))
    carbon = measure_project(network, replications=2, hub=Intensity(factor, "case", 2023)).carbon
    assert carbon.lanes["kg"].to_list() == pytest.approx(expected["leg_kg"], rel=1e-12)
    assert carbon.emissions is not None
    assert carbon.hubs["kg"].sum() == pytest.approx(sum(expected["hub_kg"]), rel=1e-12)
    assert carbon.emissions.total_kg == pytest.approx(expected["total_kg"], rel=1e-12)
    assert carbon.emissions.g_per_tkm == pytest.approx(expected["g_per_tkm_chain"], rel=1e-9)
    assert carbon.emissions.sources == (("carbon_factor of the table lanes", 2026), ("case", 2023))
    assert carbon.uncovered == 0


def test_emissions_of__a_lane_without_distance_counts_the_great_circle_and_the_factor_of_its_mode() -> None:
    found = measure_project(chain([{}]), replications=2)
    (lane,) = found.carbon.lanes.to_dicts()
    assert lane["distance_km"] == pytest.approx(111.2, rel=1e-3)
    assert (lane["factor"], lane["source"]) == (80.0, "default for road, unverified")
    by_sea = measure_project(chain([{"mode": "sea"}, {"mode": "air"}]), replications=2).carbon
    assert by_sea.lanes["factor"].to_list() == [8.0, 600.0]
    # No ship comes to these places, so that nothing is known of the first lane.
    assert by_sea.lanes["kg"].null_count() == 1
    assert [by_sea.without_distance, by_sea.uncovered] == pytest.approx([0.5, 0.5])
    assert carbon_by_mode(by_sea)["mode"].to_list() == ["air"]


def test_emissions_of__says_what_is_not_covered() -> None:
    nothing = measure_project(load(Example.BEER_GAME), replications=2).carbon
    assert nothing.emissions is None
    assert (nothing.without_weight, nothing.without_distance, nothing.uncovered) == (1.0, 0.0, 1.0)
    assert measure_project(chain([{}], weight=None), replications=2).carbon.uncovered == 1.0
    assert measure_project(chain([{}, {}]), replications=2).carbon.uncovered == 0.0
