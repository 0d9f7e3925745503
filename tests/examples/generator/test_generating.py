from __future__ import annotations

import resource
import sys
import time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.errors import Severity, UsageError
from chaintwin.examples import GeneratorSize, generate
from chaintwin.network.doctor import check
from chaintwin.network.geography import check_countries
from chaintwin.network.network import Network
from chaintwin.simulation import simulate
from tests.sizes import scaled


@st.composite
def sizes(draw: st.DrawFn) -> GeneratorSize:
    tiers = draw(st.integers(2, 8))
    sites = draw(st.integers(4 * tiers, 300))
    products = draw(st.integers(tiers, 80))
    points = draw(st.integers(3 * sites, 6_000))
    return GeneratorSize(sites=sites, products=products, stock_points=points, tiers=tiers, seed=draw(st.integers(0, 2**64 - 1)))


@settings(max_examples=scaled(ci=15, full=300), deadline=None)
@given(sizes())
def test_generate__exact_counts_or_a_reason(size: GeneratorSize) -> None:
    try:
        network = generate(size)
    except UsageError as error:
        if "a few more" in str(error):
            return  # Near the least, whole numbers of products a site leave gaps between the totals.
        low, _, high = str(error).partition("allowed: ")[2].partition(" with ")[0].partition(" to ")
        assert not int(low) <= size.stock_points <= int(high), str(error)
        return
    assert network["sites"].height == size.sites
    assert network["products"].height == size.products
    points = network["stock_points"].select("site_id", "product_id")
    assert points.height == points.unique().height == size.stock_points
    program = network.compile()
    assert program.names.buffers.height == size.stock_points


def small(tiers: int = 4) -> Network:
    return generate(GeneratorSize(sites=120, products=40, stock_points=900, tiers=tiers))


@pytest.mark.parametrize("tiers", [2, 3, 4, 6])
def test_generate__doctor_finds_no_error(tiers: int) -> None:
    report = check(small(tiers))
    assert [str(finding) for finding in report.findings if finding.severity is Severity.ERROR] == []
    assert [finding.code for finding in report.findings if finding.code == "stock.idle"] == []


def test_generate__shaped_like_real_chains() -> None:
    """Real chains have 1.0 to 8.0 arcs a stage, and bills, second makers and several modes."""
    network = small(6)
    program = network.compile()
    arcs = program.names.activities.height
    assert 1.0 <= arcs / 900 <= 8.0
    assert set(network["lanes"]["mode"]) == {"road", "sea", "air"}
    made = network["sources"].filter(pl.col("kind") != "move").group_by("product_id").len()
    assert made["len"].max() >= 2
    inputs = network["bom"].group_by("product_id").len()
    assert inputs["len"].max() >= 2


def test_generate__coordinates_lie_in_their_countries() -> None:
    sites = generate(GeneratorSize(sites=2_000, products=50, stock_points=5_000))["sites"]
    found = check_countries(sites["latitude"].to_numpy(), sites["longitude"].to_numpy(), declared=sites["country"].to_list())
    assert sites.filter(found.disagrees | found.at_sea)["site_id"].to_list() == []


def test_generate__same_seed_same_network() -> None:
    one, other = small(), small()
    assert all(one[name].equals(other[name]) for name in one.tables)
    different = generate(GeneratorSize(sites=120, products=40, stock_points=900, seed=1))
    assert not one["lanes"].equals(different["lanes"])


def test_generate__believable_service() -> None:
    result = simulate(small(), periods=120, warm_up=60, replications=4, threads=1)
    assert 0.9 < result["fill_rate"][0] < 0.999


@pytest.mark.slow
def test_generate__half_a_million_stock_points() -> None:
    size = GeneratorSize(sites=scaled(ci=20_000, full=50_000), products=3_000, stock_points=500_000)
    began = time.perf_counter()
    network = generate(size)
    seconds = time.perf_counter() - began
    assert network["stock_points"].height == 500_000
    assert seconds < 20.0
    # Linux counts kilobytes, macOS bytes; this is the peak of the whole test process.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    assert peak < 4 * 2**30
