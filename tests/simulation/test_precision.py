"""Runs that stop when a figure is known well enough: never sooner, at the same place whoever runs them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.network.compiling import compile_graph
from chaintwin.network.state import initial_state
from chaintwin.simulation import Span, run_ensemble, simulate
from chaintwin.simulation.counting.figures import estimate
from chaintwin.simulation.counting.measures import LEDGER
from chaintwin.simulation.counting.precision import Precision, parse_precision
from chaintwin.simulation.ensemble import Until
from chaintwin.simulation.playing import Reduced
from tests.graphs import graph_of

NETWORK = {
    "buffers": [{"id": "s", "init": 20, "policy": {"type": "base_stock", "S": 20}}],
    "activities": [{"id": "o", "in": {}, "out": {"s": 1}, "lead": 4}],
    "demands": [{"buffer": "s", "law": "poisson(5)"}],
}


def run(until: str, *, most: int = 6400, threads: int = 1, width: int | None = None) -> Reduced:
    program = compile_graph(graph_of(NETWORK, integer=True, costs={"h": 1.0, "p": 9.0}))
    span = Span(first=0, periods=30, warm_up=10, replications=most, seed=4)
    wanted = Until(parse_precision(until), 0.95)
    return run_ensemble(program, initial_state(program), span=span, threads=threads, width=width, until=wanted)


@pytest.mark.parametrize("until", ["fill_rate +/- 0.02", "total_cost ± 3 %"])
def test_run_ensemble__stops_at_the_first_group_that_is_precise_enough(until: str) -> None:
    reduced = run(until)
    wanted = parse_precision(until)
    count = reduced.figures.shape[0]
    assert 128 <= count < 6400
    assert count % 64 == 0
    assert wanted.share(reduced.figures, confidence=0.95) >= 1
    for before in range(64, count, 64):
        assert wanted.share(reduced.figures[:before], confidence=0.95) < 1


def test_run_ensemble__stops_at_the_same_place_whoever_runs() -> None:
    first = run("fill_rate +/- 0.02")
    for threads, width in ((2, 64), (3, 16), (2, 8)):
        other = run("fill_rate +/- 0.02", threads=threads, width=width)
        assert other.figures.tobytes() == first.figures.tobytes()
        assert other.moments.mean.tobytes() == first.moments.mean.tobytes()


def test_run_ensemble__what_stopped_is_the_beginning_of_the_whole() -> None:
    stopped, whole = run("fill_rate +/- 0.02"), run("fill_rate +/- 0.0000001", most=1024)
    assert whole.figures.shape[0] == 1024
    assert whole.figures[: stopped.figures.shape[0]].tobytes() == stopped.figures.tobytes()


def test_simulate__until() -> None:
    network = load(Example.MEDICINES)
    result = simulate(network, periods=60, warm_up=10, replications=2000, until="total_cost +/- 0.5 %")
    assert result.span.replications < 2000
    assert result.figures["total_cost"].size == result.span.replications
    mean, low, high = result["total_cost"]
    assert (high - low) / 2 <= 0.005 * mean


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("fill_rate ± 0.002", Precision("fill_rate", 0.002)),
        ("fill_rate+/-0.2%", Precision("fill_rate", 0.002)),
        ("  on_hand +/- 1e2 ", Precision("on_hand", 100.0)),
        ("total_cost +- 2 %", Precision("total_cost", 0.02, is_relative=True)),
    ],
)
def test_parse_precision(text: str, precision: Precision) -> None:
    assert parse_precision(text) == precision
    assert parse_precision(str(precision)) == precision


@pytest.mark.parametrize("text", ["", "fill_rate", "fill_rate 0.1", "fill_rate +/- 0", "speed +/- 1", "fill_rate +/- 1.2.3"])
def test_parse_precision__refused(text: str) -> None:
    with pytest.raises(UsageError, match="until"):
        parse_precision(text)


def test_precision__nothing_known_is_not_precise() -> None:
    ledger = np.zeros((1, len(LEDGER)))
    assert Precision("total_cost", 1.0).share(ledger, confidence=0.95) == 0.0
    assert Precision("fill_rate", 1.0).share(np.zeros((5, len(LEDGER))), confidence=0.95) == 0.0
    assert Precision("total_cost", 1.0).share(np.zeros((5, len(LEDGER))), confidence=0.95) == math.inf
    assert estimate(np.zeros((5, len(LEDGER))), "total_cost", confidence=0.95).half_width == 0.0
