"""Benchmark case of the bullwhip of a simulated project."""

from __future__ import annotations

from pathlib import Path

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.generated import generated_network

PERIODS, REPLICATIONS = 90, 64


def bullwhip_project() -> Case:
    """Return the case that measures the bullwhip of a network."""
    return Case(
        "bullwhip_project",
        f"Bullwhip of a generated network by echelon, product and stock point, {REPLICATIONS} replications of {PERIODS} days.",
        (200, 5_000),
        "stock point",
        _prepare,
    )


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.risk.bullwhip.simulated import study_bullwhip

    network = generated_network(size)

    def run() -> float:
        study_bullwhip(network, periods=PERIODS, warm_up=0, replications=REPLICATIONS)
        return float(size * PERIODS * REPLICATIONS)

    return (Phase("measure", run, "buffer-period", limit_seconds=30.0),)
