"""How the time of a simulation grows: the slope of log time over log size, fitted to several sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from chaintwin.bench.case import Case, Phase

if TYPE_CHECKING:
    from chaintwin.network.graph import Graph

TAKEN = 3
"""Times taken at each size, of which the shortest counts."""

STEPS = (1, 2, 4, 8)
"""Sizes, as multiples of the smallest."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What is simulated at one size."""

    graph: Graph
    periods: int
    replications: int


def simulate_growth() -> Case:
    """Return the case that fits how time grows with replications, periods, stock points and lanes."""
    return Case(
        "simulate_growth",
        "Fit the exponent with which processor time grows over 1, 2, 4 and 8 times as many replications, periods, stock points "
        "and lanes; the size counts replications.",
        (64, 512),
        "replication",
        _prepare,
    )


def exponent_of(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the slope of the least-squares line through log seconds over log sizes.

    Parameters
    ----------
    sizes, seconds : two or more of each, positive.

    Example
    -------
    >>> round(exponent_of([1, 2, 4], [3, 12, 48]), 9)
    2.0
    """
    x, y = [log(size) for size in sizes], [log(second) for second in seconds]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)) / sum((a - middle_x) ** 2 for a in x)


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.bench.eight_buffers import eight_buffers
    from chaintwin.bench.trees import distribution, mesh

    eight = eight_buffers()
    tree = distribution(25, 4)
    return (
        _fitted("replications", lambda step: _Run(eight, 365, size * step)),
        _fitted("periods", lambda step: _Run(tree, 365 * step, size // 2)),
        _fitted("stock points", lambda step: _Run(distribution(25 * step, 4 * step), 365, size // 2)),
        _fitted("lanes", lambda step: _Run(mesh(32, 8, sources=step), 365, size // 2)),
    )


def _fitted(name: str, run_of: Callable[[int], _Run]) -> Phase:
    def run() -> float:
        return exponent_of(STEPS, [_seconds(run_of(step)) for step in STEPS])

    return Phase(name, run, finding="exponent")


def _seconds(run: _Run) -> float:
    """Return the processor time of one run, which other programs on the machine change least."""
    from chaintwin.network.compiling import compile_graph
    from chaintwin.network.state import initial_state
    from chaintwin.simulation.ensemble import run_ensemble
    from chaintwin.simulation.playing import Span

    program = compile_graph(run.graph)
    state = initial_state(program)
    span = Span(first=0, periods=run.periods, warm_up=0, replications=run.replications, seed=1)
    taken = []
    for _ in range(TAKEN):
        begun = process_time()
        run_ensemble(program, state, span=span, threads=1)
        taken.append(process_time() - begun)
    return min(taken)
