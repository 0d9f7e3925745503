"""Cases that compile and simulate networks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.generated import generated_network

if TYPE_CHECKING:
    from chaintwin.network.program import Program

UPDATE = "buffer-period"
"""Unit of the engine's rate: one stock point carried through one period of one replication."""


def simulate_demo() -> Case:
    """Return the case of the network that ``chaintwin demo`` runs, as it runs it."""
    return Case(
        "simulate_demo",
        "Compile and simulate the shipped network medicines over its horizon; the size counts replications.",
        (4, 256),
        "replication",
        _prepare_demo,
    )


def simulate_8_buffers() -> Case:
    """Return the case that the engine's speed is quoted for."""
    return Case(
        "simulate_8_buffers",
        "Simulate 8 stock points with a bill of materials, shared capacity and Poisson demand for 365 periods; "
        "the size counts replications.",
        (64, 4096),
        "replication",
        _prepare_eight,
    )


def simulate_1000() -> Case:
    """Return the case of about a thousand stock points and lanes."""
    return Case(
        "simulate_1000",
        "Simulate a generated network of 1,000 stock points for 365 periods; the size counts replications.",
        (4, 1_000),
        "replication",
        _prepare_thousand,
    )


def simulate_line() -> Case:
    """Return the case of one replication over many periods, where nothing hides the cost of an operation."""
    return Case(
        "simulate_line",
        "Simulate one replication of three stages in a row with Poisson demand; the size counts periods.",
        (1_000, 100_000),
        "period",
        _prepare_line,
    )


def simulate_short_line() -> Case:
    """Return the case of one replication over some periods, where the time around the engine counts as much as the engine's."""
    return Case(
        "simulate_short_line",
        "Simulate one replication of three stages in a row with Poisson demand, compiled and run before; size counts periods.",
        (1_000, 10_000),
        "period",
        partial(_prepare_line, limit_seconds=0.0015),
    )


def simulate_trees() -> Case:
    """Return the case of a distribution tree and an assembly tree."""
    return Case(
        "simulate_trees",
        "Simulate a distribution tree of 30 stock points and assembly trees of 31 and 33, 365 periods; the size counts "
        "replications.",
        (64, 1_000),
        "replication",
        _prepare_trees,
    )


def simulate_features() -> Case:
    """Return the case of a network with one more feature switched on at a time."""
    return Case(
        "simulate_features",
        "Simulate a distribution tree of 30 stock points for 365 periods, plain and with one more feature at a time; the size "
        "counts replications.",
        (64, 1_024),
        "replication",
        _prepare_features,
    )


def compile_100k() -> Case:
    """Return the case that compiles a large network to arrays."""
    return Case(
        "compile_100k",
        "Compile a generated network with ten stock points a site to arrays; the size counts stock points.",
        (1_000, 100_000),
        "stock point",
        _prepare_compile,
    )


def _prepare_demo(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.examples.loading import Example, load

    network = load(Example.MEDICINES)
    program = network.compile()

    def compile_network() -> float:
        return float(network.compile().counts[0])

    return Phase("compile", compile_network, "stock point"), _simulation(program, network.settings.horizon, replications=size)


def _prepare_eight(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.bench.eight_buffers import eight_buffers
    from chaintwin.network.compiling import compile_graph

    return (_simulation(compile_graph(eight_buffers()), 365, replications=size),)


def _prepare_line(size: int, folder: Path, *, limit_seconds: float = 0.0) -> tuple[Phase, ...]:
    del folder
    from chaintwin.bench.trees import line
    from chaintwin.network.compiling import compile_graph

    simulation = _simulation(compile_graph(line(3)), size, replications=1)
    return (replace(simulation, limit_seconds=limit_seconds),)


def _prepare_trees(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.bench.trees import assembly, distribution
    from chaintwin.network.compiling import compile_graph

    shapes = {"distribution": distribution(25, 4), "assembly 31": assembly(2, 2, 2, 2), "assembly 33": assembly(4, 7)}
    return tuple(_simulation(compile_graph(shape), 365, replications=size, name=name) for name, shape in shapes.items())


def _prepare_features(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    import polars as pl

    from chaintwin.bench.trees import distribution
    from chaintwin.network.compiling import compile_graph
    from chaintwin.network.graph import Allocation, Issue

    plain = distribution(25, 4)

    def with_buffers(**columns: int) -> Program:
        kept = {name: pl.lit(value, dtype=plain.buffers.schema[name]) for name, value in columns.items()}
        return compile_graph(replace(plain, buffers=plain.buffers.with_columns(**kept)))

    programs = {
        "plain": compile_graph(plain),
        "life 10": with_buffers(life=10),
        "life 10, youngest first": with_buffers(life=10, issue=Issue.LIFO),
        "by age": with_buffers(allocation=Allocation.BY_AGE),
        "fair share": with_buffers(allocation=Allocation.FAIR_SHARE),
        "complete": compile_graph(replace(plain, streams=plain.streams.with_columns(complete=pl.lit(value=True)))),
    }
    return tuple(_simulation(program, 365, replications=size, name=name) for name, program in programs.items())


def _prepare_thousand(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    return (_simulation(generated_network(1_000).compile(), 365, replications=size),)


def _prepare_compile(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    network = generated_network(size)

    def run() -> float:
        return float(network.compile().counts[0])

    return (Phase("compile", run, "stock point", limit_seconds=3.0),)


def _simulation(program: Program, periods: int, *, replications: int, name: str = "simulate") -> Phase:
    from chaintwin.network.state import initial_state
    from chaintwin.simulation.ensemble import run_ensemble
    from chaintwin.simulation.playing import Span

    state = initial_state(program)
    span = Span(first=0, periods=periods, warm_up=0, replications=replications, seed=1)

    def run() -> float:
        run_ensemble(program, state, span=span)
        return float(program.counts[0] * periods * replications)

    return Phase(name, run, UPDATE)
