"""Benchmark case of the annual loss."""

from __future__ import annotations

from pathlib import Path

from chaintwin.bench.case import Case, Phase


def annual_medicines() -> Case:
    """Return the case that simulates years of disruptions of a shipped network."""
    return Case(
        "annual_medicines",
        "Loss of a year of the shipped network of medicines: threats, cost by duration, contributions; the size counts years.",
        (50, 10_000),
        "year",
        _prepare,
    )


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.examples import Example, load
    from chaintwin.risk.annual.assessing import annual_loss

    network = load(Example.MEDICINES)

    def run() -> float:
        return float(annual_loss(network, years=size).years)

    return (Phase("annual", run, "year", limit_seconds=30.0),)
