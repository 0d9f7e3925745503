"""Benchmark case of the stress test."""

from __future__ import annotations

from pathlib import Path

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.generated import STOCK_POINTS_PER_SITE, generated_network


def stress_sites() -> Case:
    """Return the case that puts out every site of a network."""
    return Case(
        "stress_sites",
        "Time to survive and impact of every site of a generated network with ten stock points a site; the size counts sites.",
        (20, 1_000),
        "outage",
        _prepare,
    )


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.risk.stress.stressing import stress_test

    network = generated_network(size * STOCK_POINTS_PER_SITE)

    def run() -> float:
        return float(stress_test(network, followed=0).table.height)

    return (Phase("stress", run, "outage", limit_seconds=20.0),)
