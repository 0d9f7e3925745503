"""Benchmark case of the service of a simulated project."""

from __future__ import annotations

from pathlib import Path

from chaintwin.bench.case import Case, Phase


def project_service() -> Case:
    """Return the case that follows replications of medicines and attributes their ledger."""
    return Case(
        "project_service",
        "Service, cost to serve, cash and carbon of medicines over 60 days; the size counts replications.",
        (2, 16),
        "replication",
        _prepare,
    )


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.examples import Example, load
    from chaintwin.risk.service.simulated import measure_project

    network = load(Example.MEDICINES)

    def run() -> float:
        return float(measure_project(network, periods=60, warm_up=0, replications=size).span.replications)

    return (Phase("measure", run, "replication"),)
