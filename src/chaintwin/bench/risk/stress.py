"""Benchmark case of the stress test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.generated import STOCK_POINTS_PER_SITE, generated_network

if TYPE_CHECKING:
    from chaintwin.network.network import Network

SUPPLIERS_PER_PLANT = 88


def stress_sites() -> Case:
    """Return the case that puts out every site of a network."""
    return Case(
        "stress_sites",
        "Time to survive and impact of every site of a generated network with ten stock points a site; the size counts sites.",
        (20, 1_000),
        "outage",
        _prepare,
    )


def stress_tiers() -> Case:
    """Return the case that puts out every site of a car maker's network."""
    return Case(
        "stress_tiers",
        "Time to survive and impact of every site of a network of plants and ten tiers of suppliers, as large as that of a car "
        "maker; the size counts sites of the first tier.",
        (44, 4_400),
        "site of the first tier",
        _prepare_tiers,
    )


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    return (_phase(generated_network(size * STOCK_POINTS_PER_SITE), limit_seconds=20.0),)


def _prepare_tiers(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.examples import AssemblerSize, assembler

    plants = max(2, size // SUPPLIERS_PER_PLANT)
    return (_phase(assembler(AssemblerSize(suppliers=size, plants=plants, models=2 * plants)), limit_seconds=300.0),)


def _phase(network: Network, *, limit_seconds: float) -> Phase:
    from chaintwin.risk.stress.stressing import stress_test

    def run() -> float:
        return float(stress_test(network, followed=0).table.height)

    return Phase("stress", run, "outage", limit_seconds=limit_seconds)
