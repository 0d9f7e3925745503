"""Years that are played: those of plain runs of scenarios, alone or side by side, and worked by hand."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from chaintwin import simulate
from chaintwin.errors import CancelledError, UsageError
from chaintwin.examples import Example, load
from chaintwin.network.compiling import compile_graph
from chaintwin.network.disruptions.disruption import Disruption, Impact, Where
from chaintwin.network.lowering.lower import lower_in_full, struck_graph
from chaintwin.network.network import Network
from chaintwin.network.state import initial_state
from chaintwin.risk.annual.catalogue.places import Places
from chaintwin.risk.annual.simulated.accounting import Account
from chaintwin.risk.annual.simulated.playing import Stage, Year
from chaintwin.risk.annual.simulated.striking import Cut, Strike, Striker
from chaintwin.risk.stress.programmes.flows import Measure, unit_costs
from chaintwin.simulation.block import Blocks, Plan
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.strikes.prescribing import prescribe, prescribed
from tests.risk.annual.simulated.networks import COST, DEMAND, PRICE, STOCK, chain, corner_shop, plain_losses, strike
from tests.sizes import scaled

Floats = NDArray[np.float64]


def play(network: Network, years: list[Year], *, measure: Measure, threads: int | None = None) -> Floats:
    return Stage(network, measure=measure, replications=2, seed=3).play(years, threads=threads).losses


@pytest.mark.parametrize("measure", [Measure.UNITS, Measure.SALES])
@pytest.mark.parametrize("lead", ["3", "uniform_int(1, 6)"])
def test_play__is_the_difference_of_two_plain_runs(measure: Measure, lead: str) -> None:
    network = chain(lead=lead)
    outages = [("site", "plant", 10.0, 30.0, 1.0), ("supplier", "tallow", 25.5, 40.25, 0.6), ("lane", "road", 200.0, 12.0, 1.0)]
    strikes = tuple(strike(network, kind, name, onset=at, length=long, share=share) for kind, name, at, long, share in outages)
    stage = Stage(network, measure=measure, replications=4, seed=3)
    year = Year(0, strikes, stage.year)
    played = stage.play([year])
    rows = [
        {"name": name, "where": {kind: name}, "after": at, "duration": long, "effect": {"capacity": 1 - share, "arrivals": 1}}
        for kind, name, at, long, share in outages
    ]
    plain = plain_losses(network, rows, periods=stage.horizon(year), measure=measure, replications=4, seed=3)
    assert played.losses[0] == pytest.approx(plain, rel=1e-9, abs=1e-7)
    assert (plain != 0).all()


def test_play__the_margin_is_that_of_plain_runs_once_the_network_has_settled() -> None:
    network = chain(quantity="10")
    stage = Stage(network, measure=Measure.MARGIN, replications=1, seed=3)
    for length in (30.0, 365.0):
        year = Year(0, (strike(network, "lane", "road", onset=5.0, length=length),), stage.year)
        outage = {"where": {"lane": "road"}, "after": 5, "duration": length, "effect": {"capacity": 0, "arrivals": 1}}
        plain = plain_losses(network, [outage], periods=stage.horizon(year), measure=Measure.MARGIN, replications=1, seed=3)
        assert stage.play([year]).losses[0] == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize("length", [0.0, 3.0, 5.0, 20.0, 300.0])
def test_play__the_shop_loses_what_stock_does_not_carry_it_through(length: float) -> None:
    network = corner_shop()
    year = Year(0, (strike(network, "supplier", "mill", onset=10.0, length=length),), 365.0)
    units = max(DEMAND * length - STOCK, 0.0)
    for measure, each in ((Measure.UNITS, 1.0), (Measure.SALES, PRICE), (Measure.MARGIN, PRICE - COST)):
        assert play(network, [year], measure=measure)[0] == pytest.approx([units * each] * 2, abs=1e-6)


def test_play__two_outages_add_up_only_where_they_do_not_meet() -> None:
    network = corner_shop()
    first = strike(network, "supplier", "mill", onset=10.0, length=20.0)
    apart, joined = (strike(network, "supplier", "mill", onset=at, length=20.0) for at in (100.0, 30.0))
    losses = play(network, [Year(0, (first, apart), 365.0), Year(1, (first, joined), 365.0)], measure=Measure.UNITS)
    # Stock is there once if the second begins where the first ends.
    assert losses.mean(axis=1).tolist() == pytest.approx([2 * 150.0, 400.0 - 50.0])


def test_play__side_by_side_is_as_alone_bit_for_bit() -> None:
    network = load(Example.BEER_GAME)
    places = Places.of(network, lower_in_full(network)).single

    def outage(key: list[str], share: float, onset: float, *, length: float) -> Strike:
        return Strike(Cut.of([places[key[0], key[1]].activities], share=share), onset, length)

    draw, years = np.random.default_rng(5), []
    for number in range(9):
        chosen = draw.choice(sorted(places), size=int(draw.integers(0, 4))).tolist()
        strikes = [outage(key, draw.uniform(0.3, 1), draw.uniform(0, 40), length=draw.uniform(0, 40)) for key in chosen]
        years.append(Year(number, tuple(strikes), 52.0))
    together = play(network, years, measure=Measure.MARGIN)
    for number, year in enumerate(years):
        assert (play(network, [year], measure=Measure.MARGIN)[0] == together[number]).all()
    assert (play(network, years[::-1], measure=Measure.MARGIN)[::-1] == together).all()
    for threads in (1, 3):
        assert (play(network, years, measure=Measure.MARGIN, threads=threads) == together).all()
    assert len(set(together[:, 0].tolist())) > 5


def test_play__nothing_out_costs_exactly_nothing() -> None:
    network = chain()
    nothing = strike(network, "site", "plant", onset=5.0, length=30.0, share=0.0)
    short = strike(network, "site", "plant", onset=5.0, length=0.0)
    out = strike(network, "site", "plant", onset=5.0, length=30.0)
    years = [Year(0, (), 365.0), Year(1, (nothing,), 365.0), Year(2, (short,), 365.0), Year(3, (out,), 365.0)]
    for measure in Measure:
        losses = play(network, years, measure=measure)
        assert (losses[:3] == 0).all()
        assert (losses[3] > 0).all()


@settings(max_examples=scaled(ci=4, full=40), deadline=None)
@given(
    share=st.floats(0.1, 0.9),
    more=st.floats(0.0, 0.1),
    length=st.floats(5, 60),
    longer=st.floats(0, 40),
    quantity=st.sampled_from(["10", "poisson(10)"]),
)
def test_play__harder_and_longer_never_costs_less(share: float, more: float, length: float, longer: float, quantity: str) -> None:
    network = chain(quantity=quantity)
    kinder = Year(0, (strike(network, "lane", "road", onset=20.0, length=length, share=share),), 400.0)
    harder = Year(0, (strike(network, "lane", "road", onset=20.0, length=length + longer, share=share + more),), 400.0)
    one, other = (play(network, [year], measure=Measure.UNITS)[0] for year in (kinder, harder))
    assert (other >= one - 1e-6).all()
    assert (one >= -1e-6).all()


@pytest.mark.parametrize("example", [Example.MEDICINES, Example.BEER_GAME])
def test_effects__are_those_of_a_disruption_of_the_place(example: Example) -> None:
    network = load(example)
    lowered = lower_in_full(network)
    striker = Striker(lowered, compile_graph(lowered.graph))
    places = Places.of(network, lowered)
    for number, ((kind, name), place) in enumerate(sorted(places.single.items())):
        # Of a supplier what it owns stands still too, and of a product it is every site.
        if kind == "supplier" or number % 7:
            continue
        where = {"site": Where(site=(name,)), "lane": Where(lane=(name,)), "product": Where(product=(name,))}[kind]
        out = Disruption("out", where=where, effect={Impact.CAPACITY: 0.4, Impact.ARRIVALS: 1.0}, duration="5")
        graph = struck_graph(lowered, [out], settings=network.settings, reach=network.settings.periods)
        found = striker.effects(Cut.of([place.activities], share=0.6)).drop("strike_id").sort("effect", "entity_id")
        assert found.equals(graph.effects.drop("strike_id").sort("effect", "entity_id"))


def test_play__refuses_and_is_cancelled() -> None:
    network = chain()
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CancelledError):
        Stage(network, measure=Measure.UNITS, replications=1, seed=1).play([Year(0, (), 365.0)], cancel=cancel)
    with pytest.raises(UsageError, match="replications: found 0"):
        Stage(network, measure=Measure.UNITS, replications=0, seed=1)


def test_account__the_margin_holds_what_is_in_stock_and_under_way() -> None:
    network = chain(quantity="10")
    program = network.compile()
    tape = assemble(program, initial_state(program))
    blocks = Blocks(Plan.of(program, tape, begin=0, warm_up=0, periods=30), first=0, width=1, seed=1)
    blocks.advance(30)
    rows = tape.rows
    stock = blocks.read(rows.on_hand)[:, 0]
    for activity, target in enumerate(program.activities.output_buffer.tolist()):
        ring = rows.pipe[activity] + np.arange(rows.pipe_length[activity])
        stock[target] += blocks.read(ring).sum()
    ledger = simulate(network, periods=30, warm_up=0, replications=1).figures
    plain = 30 * (ledger["revenue"] - ledger["total_cost"] + ledger["lost_sales_cost"])[0]
    assert stock.sum() > 80
    for measure, expected in (
        (Measure.MARGIN, plain + unit_costs(program) @ stock),
        (Measure.SALES, 30 * ledger["revenue"][0]),
        (Measure.UNITS, 30 * ledger["shipped"][0]),
    ):
        account = Account.of(program, tape, measure=measure, begin=0, periods=30)
        assert account.read(blocks)[0] == pytest.approx(expected, rel=1e-9)


def test_prescribe__refuses_what_is_not_one_number_a_strike_and_replication() -> None:
    network = chain()
    lowered = lower_in_full(network)
    out = strike(network, "lane", "road", onset=1.0, length=2.0)
    program, onset, length = Striker(lowered, compile_graph(lowered.graph)).program_of([(out,), ()], shift=0)
    assert (onset[0, 0], length.tolist()) == (1.0, [[2.0, 0.0]])
    tape = prescribed(assemble(program, initial_state(program)))
    blocks = Blocks(Plan.of(program, tape, begin=0, warm_up=0, periods=3), first=0, width=3, seed=1)
    with pytest.raises(UsageError, match=r"strikes: found \(1, 2\) and \(1, 2\); allowed: \(1, 3\)"):
        prescribe(blocks.table[0], tape.rows.struck, onset=onset, length=length)
