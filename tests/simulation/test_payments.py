"""Payments: what falls due, when it is paid, and prices that change, against plain bookkeeping of the same flows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from chaintwin.errors import GraphError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import Basis
from chaintwin.network.program import Program
from chaintwin.network.state import initial_state
from chaintwin.simulation.counting.measures import LEDGER
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.playing import Reduced, Span
from chaintwin.simulation.tape.rows import rows_for
from tests.bills import lawful, trader, with_payments
from tests.graphs import blocks_of, graph_of, in_process
from tests.shared_data import cases_of
from tests.sizes import scaled
from tests.strategies import EVERYTHING, random_network

Floats = NDArray[np.float64]

PERIODS = 30


@pytest.mark.parametrize("case", cases_of("cases/metrics.json", "met.payment_terms"))
def test_run_kernel__pays_what_the_cases_of_payment_terms_say(case: dict[str, Any]) -> None:
    said, wanted = case["inputs"], case["expected"]
    program = compile_graph(graph_of(trader(said), integer=False))
    block = blocks_of(program, initial_state(program), periods=said["horizon"])
    rows = block.plan.tape.rows
    own = program.names.accounts["account_id"].to_list().index("own")
    seen: dict[str, list[float]] = {"cash": [0.0], "unpaid_in": [], "unpaid_out": []}
    to_us = program.payments.payee == own
    for period in range(said["horizon"]):
        block.advance(period + 1)
        seen["cash"].append(float(block.read(rows.cash)[own, 0]))
        unpaid = block.read(rows.unpaid)[:, 0]
        seen["unpaid_in"].append(float(unpaid[to_us].sum()))
        seen["unpaid_out"].append(float(unpaid[~to_us].sum()))
    np.testing.assert_allclose(np.diff(seen["cash"]), wanted["cash"], rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(seen["unpaid_in"], wanted["receivable_end"], rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(seen["unpaid_out"], wanted["payable_end"], rtol=1e-12, atol=1e-9)
    funding = float(block.read(rows.funding)[own, 0])
    np.testing.assert_allclose(funding, max(0.0, -wanted["lowest_cumulative_cash"]), rtol=1e-12)


def test_run_kernel__cash_is_that_of_plain_bookkeeping_on_random_networks() -> None:
    for seed in range(scaled(ci=36, full=600)):
        # What is received is told from what is under way, which disruptions destroy.
        case, network = _random(seed, strikes=False)
        program = compile_graph(graph_of(network, integer=case["integer"]))
        flows, cash, unpaid = _play(program)
        wanted_cash, wanted_unpaid = _booked(program, flows)
        np.testing.assert_allclose(cash, wanted_cash, rtol=1e-9, atol=1e-6, err_msg=f"seed {seed}")
        np.testing.assert_allclose(unpaid, wanted_unpaid, rtol=1e-9, atol=1e-6, err_msg=f"seed {seed}")
        # What one pays another receives (law 9).
        np.testing.assert_allclose(cash.sum(axis=1), 0.0, atol=1e-6)


def test_run_ensemble__pays_for_everything_that_is_received_whatever_its_lead_time() -> None:
    """In the long run what is paid at once on receipt is what was started, at the price."""
    for law in ("1", "pmf(0:0.5, 2:0.5)", "uniform(0, 2)", "exponential(1)"):
        network = {
            "buffers": [{"id": "b", "init": 20, "policy": {"type": "base_stock", "S": 20}}],
            "activities": [{"id": "buy", "in": {}, "out": {"b": 1}, "lead": law}],
            "demands": [{"buffer": "b", "series": [5]}],
            "accounts": [{"account_id": "own"}, {"account_id": "supplier"}],
            "payments": [
                {"payer": "own", "payee": "supplier", "basis": Basis.RECEIVED, "entity_id": "buy", "price": 6.0, "term": 0}
            ],
        }
        program = compile_graph(graph_of(network, integer=True))
        found = _run(program, warm_up=100, periods=4000)
        assert found["margin"].average()[1] == pytest.approx(30.0, rel=0.005), law


def test_run_ensemble__cash_is_the_margin_less_the_growth_of_what_is_unpaid() -> None:
    for seed in range(scaled(ci=20, full=200)):
        case, network = _random(seed)
        program = compile_graph(graph_of(network, integer=case["integer"]))
        end = _run(program, warm_up=0, periods=PERIODS)
        growth = end["receivable"].average() - end["payable"].average()
        np.testing.assert_allclose(
            end["cash"].average() * PERIODS,
            end["margin"].average() * PERIODS - growth,
            rtol=1e-9,
            atol=1e-6,
            err_msg=f"seed {seed}",
        )


def test_run_ensemble__pays_in_the_counted_periods_what_fell_due_while_it_warmed_up() -> None:
    """The same periods give the same cash, whether those before them count or not."""
    for seed in range(scaled(ci=10, full=100)):
        case, network = _random(seed)
        program = compile_graph(graph_of(network, integer=case["integer"]))
        late = _run(program, warm_up=12, periods=PERIODS - 12)["period_cash"].average().reshape(-1, PERIODS - 12)
        whole = _run(program, warm_up=0, periods=PERIODS)["period_cash"].average().reshape(-1, PERIODS)
        np.testing.assert_allclose(late, whole[:, 12:], rtol=1e-9, atol=1e-6, err_msg=f"seed {seed}")


def test_run_ensemble__books_costs_and_revenue_at_the_price_of_the_period() -> None:
    network = {
        "buffers": [{"id": "b", "init": 20, "policy": {"type": "base_stock", "S": 40}}],
        "activities": [{"id": "buy", "in": {}, "out": {"b": 1}, "lead": 2, "cost_series": [1.0, 4.0, 9.0]}],
        "demands": [{"id": "d", "buffer": "b", "series": [5, 7], "price_series": [10.0, 11.0, 12.0, 13.0]}],
    }
    program = compile_graph(graph_of(network, integer=True))
    flows, _, _ = _play(program)
    found = _run(program, warm_up=0, periods=PERIODS)
    period = np.arange(PERIODS)
    spent = (flows[Basis.STARTED][:, 0] * np.array([1.0, 4.0, 9.0])[period % 3]).sum()
    earned = (flows[Basis.SHIPPED][:, 0] * np.array([10.0, 11.0, 12.0, 13.0])[period % 4]).sum()
    figures = dict(zip(("purchase_cost", "revenue"), _ledger(found, "purchase_cost", "revenue"), strict=True))
    np.testing.assert_allclose(figures["purchase_cost"] * PERIODS, spent)
    np.testing.assert_allclose(figures["revenue"] * PERIODS, earned)
    np.testing.assert_allclose(found["spent"].average()[0] * PERIODS, spent)


@pytest.mark.parametrize(
    "odd",
    [
        {"payee": "own"},
        {"term": -1},
        {"term": 100_001},
        {"price": -1.0},
        {"price": float("nan")},
        {"price_series": [1.0, -1.0]},
        {"price_series": [1.0, float("nan")]},
    ],
)
def test_compile_graph__refuses_payments_that_are_none(odd: dict[str, Any]) -> None:
    bill = {"payer": "own", "payee": "supplier", "basis": Basis.RECEIVED, "entity_id": "buy", "price": 6.0, "term": 0}
    network = {
        "buffers": [{"id": "b"}],
        "activities": [{"id": "buy", "in": {}, "out": {"b": 1}, "lead": 1}],
        "demands": [],
        "accounts": [{"account_id": "own"}, {"account_id": "supplier"}],
        "payments": [bill | odd],
    }
    with pytest.raises(GraphError, match=r"buy: found own paying .* allowed: two accounts"):
        compile_graph(graph_of(network, integer=True))


def test_assemble__a_term_beyond_the_run_takes_no_more_rows_than_the_run() -> None:
    case, network = _random(1)
    long = network | {"payments": [bill | {"term": 90_000} for bill in network["payments"]]}
    program = compile_graph(graph_of(long, integer=case["integer"]))
    block = blocks_of(program, initial_state(program), periods=5)
    rows = rows_for(program, initial_state(program), periods=5)
    assert rows.dues_length.max() == 5
    block.advance(5)
    assert not block.read(block.plan.tape.rows.cash).any()


def _random(seed: int, *, strikes: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a random case and its network with payments; every second one may draw no lead time."""
    at_once = seed % 2 == 0
    case = random_network(seed, periods=PERIODS, features=replace(EVERYTHING, loops=not at_once, strikes=strikes))
    return case, with_payments(lawful(case["network"], at_once=at_once), np.random.default_rng(seed))


def _play(program: Program) -> tuple[dict[Basis, Floats], Floats, Floats]:
    """Return flows by basis, float64[periods, entities], and cash by account and unpaid by group after each period."""
    block = blocks_of(program, initial_state(program), periods=PERIODS)
    rows = block.plan.tape.rows
    counted = {Basis.STARTED: rows.started, Basis.COUNTED: rows.start_count, Basis.SHIPPED: rows.shipped, Basis.USED: rows.used}
    before = {basis: block.read(row)[:, 0] for basis, row in counted.items()}
    under_way = in_process(block)[:, 0]
    flows: dict[Basis, list[Floats]] = {basis: [] for basis in (*counted, Basis.RECEIVED)}
    cash, unpaid = [], []
    for period in range(PERIODS):
        block.advance(period + 1)
        now = {basis: block.read(row)[:, 0] for basis, row in counted.items()}
        for basis in counted:
            flows[basis].append(now[basis] - before[basis])
        still = in_process(block)[:, 0]
        flows[Basis.RECEIVED].append(flows[Basis.STARTED][-1] - (still - under_way))
        before, under_way = now, still
        cash.append(block.read(rows.cash)[:, 0])
        unpaid.append(block.read(rows.unpaid)[:, 0])
    return {basis: np.array(values) for basis, values in flows.items()}, np.array(cash), np.array(unpaid)


def _booked(program: Program, flows: dict[Basis, Floats]) -> tuple[Floats, Floats]:
    """Return cash by account and unpaid by group after each period, booked one bill after the other."""
    payments = program.payments
    cash = np.zeros((PERIODS, program.names.accounts.height))
    unpaid = np.zeros((PERIODS, payments.term.size))
    for group, (payer, payee, term) in enumerate(zip(payments.payer, payments.payee, payments.term, strict=True)):
        for item in range(payments.item_start[group], payments.item_start[group + 1]):
            prices = payments.series_value[payments.series_start[item] : payments.series_start[item + 1]]
            for period in range(PERIODS):
                price = prices[period % prices.size] if prices.size else payments.item_price[item]
                owed = price * flows[Basis(payments.item_basis[item])][period, payments.item_entity[item]]
                cash[period + term :, payer] -= owed
                cash[period + term :, payee] += owed
                unpaid[period : period + term, group] += owed
    return cash, unpaid


def _run(program: Program, *, warm_up: int, periods: int) -> Reduced:
    span = Span(first=0, periods=periods, warm_up=warm_up, replications=1, seed=0)
    return run_ensemble(program, initial_state(program), span=span, threads=1)


def _ledger(reduced: Reduced, *names: str) -> list[float]:
    return [float(reduced.figures[0, LEDGER.index(name)]) for name in names]
