"""What is good of what arrives: the draws themselves, and what a network makes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import Graph
from chaintwin.network.state import OpenOrders, Shipments, initial_state
from chaintwin.rng import uniform
from chaintwin.simulation.counting.measures import LEDGER
from chaintwin.simulation.history.event_log import Event, log_of
from chaintwin.simulation.history.tracing import trace
from chaintwin.simulation.kernels.yielding_kernels import binomial_kernel
from tests.graphs import blocks_of, graph_of
from tests.graphs import trace as read_block
from tests.oracles.plain_yields import AT_ONCE, good_units
from tests.sizes import scaled

GRID = (np.arange(1 << 12) + 0.5) / (1 << 12)


def works(rate: float, *, lead: int = 1, stock: int = 0, level: int = 0, out: int = 1) -> dict[str, Any]:
    """Return a stock point filled by an activity of which only some is good."""
    return {
        "buffers": [{"id": "shelf", "init": stock, "policy": {"type": "base_stock", "S": level}}],
        "activities": [{"id": "make", "in": {}, "out": {"shelf": out}, "lead": lead, "yield": rate}],
        "demands": [{"id": "d", "buffer": "shelf", "series": [0]}],
    }


def program_of(network: dict[str, Any], *, integer: bool = True) -> Any:
    return compile_graph(graph_of(network, integer=integer))


@pytest.mark.parametrize("units", [0, 1, 2, 7, 60, 400, 512])
@pytest.mark.parametrize("chance", [1e-6, 0.01, 0.1, 1 / 3, 0.5])
def test_binomial_kernel__is_the_quantile(units: int, chance: float) -> None:
    found = [binomial_kernel(units, chance, u) for u in GRID]
    assert found == stats.binom.ppf(GRID, units, chance).tolist()


@pytest.mark.parametrize(("units", "chance"), [(60_000, 0.01), (1 << 16, 0.009), (9_000, 0.05)])
def test_binomial_kernel__thousands(units: int, chance: float) -> None:
    found = np.array([binomial_kernel(units, chance, u) for u in GRID])
    wanted = stats.binom.ppf(GRID, units, chance)
    assert (found == wanted).all()
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize(("units", "chance"), [(1 << 16, 1e-5), (1 << 16, 0.009), (512, 0.5), (1, 0.5)])
def test_binomial_kernel__ends_at_both_ends_of_the_uniforms(units: int, chance: float) -> None:
    low, high = 2.0**-33, 1.0 - 2.0**-33
    assert binomial_kernel(units, chance, low) == stats.binom.ppf(low, units, chance)
    assert abs(binomial_kernel(units, chance, high) - stats.binom.ppf(high, units, chance)) <= 1


def good_of(rate: float, units: int, *, lead: int = 1, replications: int, seed: int = 0) -> np.ndarray:
    """Return what is good of some units in each replication."""
    program = program_of(works(rate, lead=lead))
    if lead:
        arriving = Shipments(np.array([0]), np.array([-1]), np.array([0]), np.array([float(units)]))
        state = replace(initial_state(program), shipments=arriving)
    else:
        state = replace(initial_state(program), orders=OpenOrders(np.array([0]), np.array([-1]), np.array([float(units)])))
    blocks = blocks_of(program, state, periods=1, width=64, count=replications // 64, seed=seed)
    blocks.advance(1)
    assert blocks.breach() is None
    rows = blocks.plan.tape.rows
    found = blocks.read(rows.on_hand)[0]
    assert (blocks.read(rows.scrapped)[0] == units - found).all()
    return found


@pytest.mark.parametrize("lead", [1, 0])
@pytest.mark.parametrize(("rate", "units"), [(0.9, 10), (0.5, 1), (0.3, 40), (0.97, 3000), (0.5, 2000), (0.2, 5000)])
def test_yield__mean_and_variance_of_what_is_good(rate: float, units: int, lead: int) -> None:
    good = good_of(rate, units, lead=lead, replications=scaled(ci=8192, full=65536))
    law = stats.binom(units, rate)
    mean, variance, excess = (float(value) for value in law.stats("mvk"))
    error = np.sqrt(variance / good.size)
    assert abs(good.mean() - mean) < 4 * error
    spread = variance * np.sqrt((excess + 2) / good.size)
    assert abs(((good - mean) ** 2).mean() - variance) <= 4 * spread


@pytest.mark.parametrize("lead", [1, 0])
@pytest.mark.parametrize(("rate", "units"), [(0.9, 10), (0.3, 40), (0.5, 1100), (0.2, scaled(ci=1201, full=3001))])
def test_yield__is_drawn_from_the_stream_of_the_activity(rate: float, units: int, lead: int) -> None:
    found = good_of(rate, units, lead=lead, replications=64, seed=5)
    first = 0 if lead else AT_ONCE
    for replication in (0, 1, 63):

        def draw(slot: int, replication: int = replication) -> float:
            return uniform(5, "yield", entity="make", replication=replication, period=0, slot=first + slot)

        assert found[replication] == good_units(units, rate, draw)


def test_yield__orders_are_inflated_and_rounded_up() -> None:
    # 8 are missing: 8 / 0.8 is 10 and not 11; 7 / 0.8 is 8.75.
    for level, ordered in ((8, 10.0), (7, 9.0)):
        seen = read_block(program_of(works(0.8, lead=3, level=level)), periods=1)
        assert seen["ordered"]["make"] == [ordered]


@pytest.mark.parametrize("lead", [2, 0])
def test_yield__position_counts_what_is_known(lead: int) -> None:
    """What was rejected is ordered again as soon as it is known."""
    program, known = program_of(works(0.5, lead=lead, level=200)), max(lead, 1)
    runs = (trace(program, periods=3, seed=seed) for seed in range(20))
    seen = next(run for run in runs if run.on_hand[lead, 0] < 200)
    missing = 200 - seen.on_hand[lead, 0]
    assert seen.ordered[0, 0] == 400.0
    assert seen.ordered[1:known, 0].sum() == 0.0
    assert seen.ordered[known, 0] == 2 * missing


def test_yield__rounding_noise_orders_nothing() -> None:
    """A position of mean yields that has come to its level but for noise asks for no minimum order."""
    network = works(0.9, lead=3, level=27)
    network["buffers"][0]["moq"] = 50
    network["activities"][0] |= {"pipeline": [0, 0, 10], "info_delay": 1, "info": [20]}
    seen = read_block(program_of(network), periods=2)
    assert seen["ordered"]["make"][0] == 0.0


def test_yield__sources_share_what_is_rounded_up() -> None:
    network = works(0.5, lead=3, level=7)
    other = network["activities"][0] | {"id": "buy", "yield": 1.0, "share": 1.0}
    network["activities"].append(other | {"pipeline": [0, 0, 0]})
    network["activities"][0]["pipeline"] = [0, 0, 3]
    # 5.5 are missing: 6 are shared, 3 bought and 3 made of 6.
    seen = read_block(program_of(network), periods=1)
    assert (seen["ordered"]["buy"], seen["ordered"]["make"]) == ([3.0], [6.0])


@pytest.mark.parametrize("integer", [True, False])
def test_yield__scrapped_is_a_figure_and_an_event(integer: bool) -> None:
    program = program_of(works(0.75, level=40), integer=integer)
    seen = trace(program, periods=6, seed=3)
    log = log_of(seen).events
    told = log.filter(pl.col("event") == Event.SCRAPPED.value)
    assert told["quantity"].sum() == pytest.approx(seen.scrapped.sum(), rel=1e-12)
    assert seen.scrapped.sum() > 0
    received = log.filter(pl.col("event") == Event.RECEIVED.value)["quantity"].sum()
    assert received == pytest.approx((seen.arrived - seen.scrapped).sum(), rel=1e-12)
    blocks = blocks_of(program, initial_state(program), periods=6, seed=3)
    blocks.advance(6)
    measures = blocks.plan.measures
    place = LEDGER.index("scrapped")
    row = measures.figures.row[measures.figures.start[place] : measures.figures.start[place + 1]]
    assert blocks.read(row)[:, 0].sum() == pytest.approx(seen.scrapped.sum(), rel=1e-12)


def test_yield__a_good_unit_is_good_in_every_scenario_that_makes_more() -> None:
    for less, more in ((0.2, 0.45), (0.45, 0.6), (0.6, 0.9)):
        assert (good_of(less, 30, replications=64) <= good_of(more, 30, replications=64)).all()


def test_program__a_drawn_yield_is_random() -> None:
    assert program_of(works(0.9)).is_random
    assert not program_of(works(0.9), integer=False).is_random
    assert not program_of(works(1.0)).is_random


def test_yield__what_all_is_good_of_is_not_on_the_tape() -> None:
    graph: Graph = graph_of(works(1.0), integer=True)
    program = compile_graph(graph)
    blocks = blocks_of(program, initial_state(program), periods=1)
    assert 68 not in blocks.plan.tape.code[:, 0]
