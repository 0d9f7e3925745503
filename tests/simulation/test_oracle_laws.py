"""The laws of METHODS 1.9 on the plain reference engine alone; laws 1 to 7 are asserted inside every run of it."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracles.plain_network import simulate_plain
from tests.sizes import scaled
from tests.strategies import EVERYTHING, Case, Features, networks, random_network, random_serial_system, serial_systems

PROPERTY = settings(
    max_examples=scaled(ci=36, full=600), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
ONE_OUTPUT_BASE_STOCK = Features(policies=("base_stock",), by_products=False, random_leads=True)


@PROPERTY
@given(networks())
def test_simulate_plain__random_network_keeps_laws_1_to_7(case: Case) -> None:
    simulate_plain(**case)


@pytest.mark.parametrize("block", range(scaled(ci=2, full=8)))
def test_simulate_plain__bulk_networks_keep_laws_1_to_7(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        simulate_plain(**random_network(seed))


@PROPERTY
@given(networks(integer=False, features=ONE_OUTPUT_BASE_STOCK))
def test_simulate_plain__base_stock_position_is_restored(case: Case) -> None:
    result = simulate_plain(**case)
    for buffer in case["network"]["buffers"]:
        level = buffer["policy"]["S"]
        sources = [a["id"] for a in case["network"]["activities"] if buffer["id"] in a["out"]]
        for period, position in enumerate(result["position"][buffer["id"]]):
            ordered = sum(result["ordered"][a][period] for a in sources)
            assert position >= level - 1e-6, "law 8"
            assert position <= level + 1e-6 or ordered <= 1e-6, "law 8"


@PROPERTY
@given(networks(features=EVERYTHING), st.randoms(use_true_random=False))
def test_simulate_plain__order_of_input_changes_no_bit(case: Case, shuffle: Any) -> None:
    network = dict(case["network"])
    for table in ("buffers", "activities"):
        network[table] = shuffle.sample(network[table], len(network[table]))
    assert simulate_plain(**(case | {"network": network})) == simulate_plain(**case), "law 10"


@PROPERTY
@given(networks())
def test_simulate_plain__neutral_disruption_changes_no_bit(case: Case) -> None:
    network, periods = dict(case["network"]), case["periods"]
    network["activities"] = [_neutral(activity, periods) for activity in network["activities"]]
    network["resources"] = network["resources"] | {"unbounded": [1e12] * periods}
    network["demands"] = [{"lost_fraction": 0, "priority": 0} | demand for demand in network["demands"]]
    disrupted = simulate_plain(**(case | {"network": network}))
    del disrupted["capacity_use"]["unbounded"]
    assert disrupted == simulate_plain(**case), "law 12"


def test_simulate_plain__lead_written_as_a_series_changes_no_bit_beside_a_substitute() -> None:
    """What waits at a source whose lead time is 0 counts against what is lacking, however the 0 is written."""
    swap: dict[str, Any] = {"id": "swap", "in": {"generic": 1}, "out": {"brand": 1}, "lead": 0, "substitute": True}
    make = {"id": "make", "in": {"raw": 1}, "out": {"brand": 1}, "lead": 0}
    network = {
        "buffers": [
            {"id": "brand", "init": 0, "policy": {"type": "base_stock", "S": 5}},
            {"id": "generic", "init": 20, "policy": {"type": "none"}},
            {"id": "raw", "init": 0, "policy": {"type": "none"}},
        ],
        "activities": [make, swap],
        "demands": [{"id": "d", "buffer": "brand", "series": [4, 3, 2]}],
    }
    written = network | {"activities": [make | {"lead": [0, 0, 0]}, swap | {"lead": [0, 0, 0]}]}
    plain = simulate_plain(network, 3, True)
    assert plain["started"]["swap"] == [4.0, 0.0, 0.0]
    assert simulate_plain(written, 3, True) == plain


@PROPERTY
@given(serial_systems(), st.integers(0, 4), st.integers(0, 15))
def test_simulate_plain__serial_service_never_falls_with_stock(case: Case, stage: int, more: int) -> None:
    _assert_service_no_lower(case, stage, more)


def test_simulate_plain__bulk_serial_service_never_falls_with_stock() -> None:
    for seed in range(scaled(ci=60, full=400)):
        _assert_service_no_lower(random_serial_system(seed), seed, 1 + seed % 7)


@pytest.mark.parametrize(
    ("activity", "message"),
    [
        ({"lead": 1, "info_delay": 0}, "information cycle"),
        ({"lead": 0, "info_delay": 1}, "material cycle"),
    ],
)
def test_simulate_plain__forbidden_loop_is_refused(activity: dict[str, int], message: str) -> None:
    policy = {"type": "base_stock", "S": 5}
    network = {
        "buffers": [{"id": "b0", "policy": policy}, {"id": "b1", "policy": policy}],
        "activities": [
            {"id": "out", "in": {"b0": 1}, "out": {"b1": 1}} | activity,
            {"id": "back", "in": {"b1": 1}, "out": {"b0": 1}} | activity,
        ],
    }
    with pytest.raises(ValueError, match=message):
        simulate_plain(network, 2, True)


def _neutral(activity: dict[str, Any], periods: int) -> dict[str, Any]:
    """Return the activity with every default written out, its lead as a series and a resource that never binds."""
    full = {"priority": 0, "info_delay": 0, "share": 1.0, "yield": 1.0, "lead_mode": "crossing"} | activity
    return full | {"lead": [activity["lead"]] * periods, "use": activity.get("use", {}) | {"unbounded": 1}}


def _assert_service_no_lower(case: Case, stage: int, more: int) -> None:
    network = case["network"]
    buffers = list(network["buffers"])
    at = stage % len(buffers)
    policy = buffers[at]["policy"]
    buffers[at] = buffers[at] | {"policy": policy | {"S": policy["S"] + more}}
    before = accumulate(simulate_plain(**case)["shipped"][0])
    after = accumulate(simulate_plain(network | {"buffers": buffers}, case["periods"], case["integer"])["shipped"][0])
    for period, (low, high) in enumerate(zip(before, after, strict=True)):
        assert high >= low - 1e-9 * max(1.0, low), f"law 11 broken in period {period}"
