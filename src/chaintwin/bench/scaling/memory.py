"""How much memory a simulation takes, measured as the peak of a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from chaintwin.bench.case import Case, Phase

PERIODS = 365
TIMES = 4
"""How many times as many replications the larger run has."""

QUANTITIES = 2
"""Quantities of which bands are kept: stock on hand and backlog."""

PROGRAM = """
import sys
from pathlib import Path
from chaintwin.bench.trees import distribution
from chaintwin.network.compiling import compile_graph
from chaintwin.network.state import initial_state
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.playing import Span
import numpy as np

replications, periods, bands = (int(text) for text in sys.argv[1:])
program = compile_graph(distribution(25, 4))
span = Span(first=0, periods=periods, warm_up=0, replications=replications, seed=1)
kept = np.arange(program.counts[0]) if bands else None
run_ensemble(program, initial_state(program), span=span, threads=1, bands=kept)
# What getrusage tells begins with the peak of the process that started this one.
(peak,) = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
print(int(peak) * 1024)
"""


def simulate_memory() -> Case:
    """Return the case that says how peak memory depends on replications, and what bands take."""
    return Case(
        "simulate_memory",
        f"Peak memory of a distribution tree of 30 stock points over {PERIODS} periods, with {TIMES} times as many replications, "
        "and of its bands; the size counts replications.",
        (512, 16_384),
        "replication",
        _prepare,
        _obstacle,
    )


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    def peak(replications: int, *, periods: int = PERIODS, bands: bool = False) -> float:
        command = [sys.executable, "-P", "-c", PROGRAM, str(replications), str(periods), str(int(bands))]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        return float(done.stdout)

    def growth() -> float:
        return (peak(TIMES * size) - peak(size)) / ((TIMES - 1) * size)

    def kept() -> float:
        # Of two runs with bands that differ in periods, because code and tables of bands are there in both.
        more, fewer = (peak(512, periods=periods, bands=True) - peak(512, periods=periods) for periods in (8 * PERIODS, PERIODS))
        return (more - fewer) / (7 * PERIODS * 30 * QUANTITIES)

    return (
        Phase("peak", lambda: peak(size) / 2**20, finding="MiB"),
        Phase("replication", growth, finding="bytes a replication"),
        Phase("bands", kept, finding="bytes a stock point, period and quantity"),
    )


def _obstacle() -> str:
    return "" if Path("/proc/self/status").is_file() else "reads the peak memory of a process as Linux tells it"
