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


def annual_simulated() -> Case:
    """Return the case that plays some of these years by the rules of the network."""
    return Case(
        "annual_simulated",
        "Years of the shipped network of medicines that are played too, one of 50 that are drawn; the size counts played years.",
        (40, 200),
        "played year",
        _prepare_simulated,
    )


def _prepare_simulated(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.examples import Example, load
    from chaintwin.risk.annual.assessing import annual_loss

    network = load(Example.MEDICINES)

    def run() -> float:
        found = annual_loss(network, years=50 * size, simulated=size).simulated
        return 0.0 if found is None else float(found.years)

    return (Phase("annual", run, "played year", limit_seconds=60.0),)


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.examples import Example, load
    from chaintwin.risk.annual.assessing import annual_loss

    network = load(Example.MEDICINES)

    def run() -> float:
        return float(annual_loss(network, years=size).years)

    return (Phase("annual", run, "year", limit_seconds=30.0),)
