from __future__ import annotations

import polars as pl
import pytest

from chaintwin.errors import Severity, UsageError
from chaintwin.examples import AssemblerSize, assembler
from chaintwin.network.doctor import check
from chaintwin.network.network import Network
from chaintwin.risk.stress.stressing import stress_test


def small(seed: int = 0) -> Network:
    return assembler(AssemblerSize(suppliers=44, plants=3, models=7, tiers=10, regions=2, seed=seed))


def test_assembler__tiers_are_as_wide_as_asked_for() -> None:
    size = AssemblerSize(suppliers=44, plants=3, models=7, tiers=10, regions=2)
    counted = small()["sites"].group_by("kind").len()
    assert size.supplier_tiers == (44, 26, 16, 10, 6, 4, 4, 4, 4, 4)
    assert dict(counted.iter_rows()) == {"supplier": sum(size.supplier_tiers), "plant": 3, "store": 2}


def test_assembler__doctor_finds_no_error_and_every_part_is_used() -> None:
    network = small()
    findings = check(network).findings
    assert [str(finding) for finding in findings if finding.severity is Severity.ERROR] == []
    assert [str(finding) for finding in findings if finding.code == "stock.idle"] == []
    # Each way leads from one tier to the next, ten of them down to the plants.
    lanes = network["lanes"].select(pl.col("from_site").str.extract(r"-(\d+)-"), pl.col("to_site").str.extract(r"-(\d+)-"))
    steps = lanes.cast(pl.Int64).unique().sort("from_site").rows()
    assert steps == [(tier, tier + 1) for tier in range(11)]


def test_assembler__same_seed_same_network_and_other_seed_another() -> None:
    assert all(small()[name].equals(small()[name]) for name in ("lanes", "bom", "demand", "stock_points"))
    assert not small()["bom"].equals(small(1)["bom"])


def test_assembler__losing_a_plant_costs_something_and_no_site_more_than_all_demand() -> None:
    found = stress_test(small(), recovery=60.0, followed=0)
    impact = dict(found.table.select("id", "impact").iter_rows())
    assert max(cost for site, cost in impact.items() if site.startswith("plant")) > 0
    assert max(impact.values()) <= found.demand * 60 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("wrong", "found"),
    [({"tiers": 13}, "tiers: found 13; allowed: 1 to 12"), ({"plants": 9, "models": 4}, "models: found 4; allowed: 9 to 10000")],
)
def test_assembler__refuses_sizes_out_of_range(wrong: dict[str, int], found: str) -> None:
    with pytest.raises(UsageError, match=found):
        AssemblerSize(**wrong)
