"""Cases about the machine and the program around the engine: random numbers, start of the command, one real log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from chaintwin.bench.case import Case, Phase

DATA_VARIABLE = "CHAINTWIN_TEST_DATA"
SCMS_FILE = "deliveries_to_2013.csv"

BLOCK = 64
"""Draws a call, the width of a block of replications in the engine."""


def rng_uniforms() -> Case:
    """Return the case that draws uniforms as the engine does, a block of replications a call."""
    return Case(
        "rng_uniforms",
        f"Draw uniform numbers from the counter-based generator, {BLOCK} a call, on one thread.",
        (100_000, 20_000_000),
        "draw",
        _prepare_uniforms,
    )


def help_start() -> Case:
    """Return the case that starts ``chaintwin --help`` in a new process."""
    return Case("help_start", "Start the command, print its help, and end.", (1,), "start", _prepare_help)


def simulate_start() -> Case:
    """Return the case that simulates the template in a new process, from the prompt to the result."""
    return Case(
        "simulate_start",
        "Start the command in a new process, check and simulate the template project (256 replications of 365 days), and end.",
        (1,),
        "start",
        _prepare_start,
    )


def import_scms() -> Case:
    """Return the case that turns the USAID SCMS delivery history into a project; skipped where the file is absent."""
    return Case(
        "import_scms",
        "Turn the USAID SCMS delivery history (7,779 delivery lines, 2006-2013) into a network.",
        (7_779,),
        "line",
        _prepare_scms,
        _scms_obstacle,
    )


def _prepare_uniforms(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    import numpy as np

    from chaintwin.rng import stream_of
    from chaintwin.rng_kernels import fill_uniform_kernel

    stream = stream_of(1, "bench", entity="uniforms")
    out = np.empty(BLOCK)

    def run() -> float:
        for period in range(size // BLOCK):
            fill_uniform_kernel(stream.key0, stream.key1, stream.low, 0, period, 0, out)
        return float(size // BLOCK * BLOCK)

    return (Phase("draw", run, "draw"),)


def _prepare_help(size: int, folder: Path) -> tuple[Phase, ...]:
    del size

    def run() -> float:
        subprocess.run([sys.executable, "-P", "-m", "chaintwin", "--help"], cwd=folder, stdout=subprocess.DEVNULL, check=True)
        return 1.0

    return (Phase("start", run, limit_seconds=0.3),)


def _prepare_start(size: int, folder: Path) -> tuple[Phase, ...]:
    del size
    command = [sys.executable, "-P", "-m", "chaintwin"]
    # An installed program has its bytecode beside it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([*command, "init", "project"], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)

    def run() -> float:
        subprocess.run(
            [*command, "simulate", "project"],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return 1.0

    return (Phase("start to result", run, limit_seconds=1.5),)


def _prepare_scms(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.ingest.shipment_log.importing import import_log

    file = _scms_file() or Path()

    def run() -> float:
        import_log(file)
        return float(size)

    return (Phase("import", run, "line"),)


def _scms_file() -> Path | None:
    root = os.environ.get(DATA_VARIABLE)
    return Path(root) / "scms" / SCMS_FILE if root else None


def _scms_obstacle() -> str:
    file = _scms_file()
    if file is not None and file.is_file():
        return ""
    return f"needs the file scms/{SCMS_FILE} in the folder that {DATA_VARIABLE} names"
