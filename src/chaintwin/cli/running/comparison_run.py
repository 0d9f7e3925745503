"""A comparison with its progress shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from chaintwin.cli.running.saying import said_checkpoint
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.progress import progress_bar

if TYPE_CHECKING:
    from chaintwin.network import Network, Scenario
    from chaintwin.simulation import Comparison


def read_scenarios(paths: Sequence[Path]) -> list[Scenario]:
    """Return the scenarios in files.

    Raises
    ------
    InputError
        A file has faults; the exception carries those of all files.
    """
    from chaintwin.errors import Finding, InputError
    from chaintwin.network import Scenario

    found: list[Scenario] = []
    faults: list[Finding] = []
    for path in paths:
        try:
            found.append(Scenario.read(path))
        except InputError as error:
            faults += error.findings
    if faults:
        raise InputError(faults)
    return found


def run_comparison(
    terminal: Terminal,
    network: Network,
    *,
    scenarios: Sequence[Scenario],
    reference: str,
    periods: int | None,
    replications: int,
    until: str | None,
    warm_up: int | None,
    seed: int,
    threads: int | None,
    confidence: float,
    checkpoint: Path | None,
    anew: bool,
) -> Comparison:
    """Compare with a progress bar and say how long it took; arguments as for ``chaintwin.compare``.

    A checkpoint is left there, for the caller to remove when all is done.
    """
    from chaintwin.cli.views.numbers import count, duration
    from chaintwin.jit import is_cold
    from chaintwin.simulation import compare, prepare_kernels
    from chaintwin.simulation.comparing.saving import Saved

    every = count(len(scenarios) + 1, "scenario")
    text = f"Simulating {every}, {'up to ' if until else ''}{count(replications, 'replication')} each"

    def saved(folder: Path) -> int:
        return sum(Saved(folder).by_scenario())

    whose = " of all scenarios together"
    with (
        said_checkpoint(terminal, checkpoint, anew=anew, saved=saved, whose=whose) as kept,
        progress_bar(terminal, text, is_cold=is_cold()) as report,
    ):
        prepare_kernels()
        begun = perf_counter()
        report(0.0)
        comparison = compare(
            network,
            scenarios,
            reference=reference,
            periods=periods,
            replications=replications,
            seed=seed,
            warm_up=warm_up,
            confidence=confidence,
            threads=threads,
            progress=report,
            until=until,
            checkpoint=kept,
        )
    done = count(comparison.results[reference].span.replications, "replication")
    terminal.note(f"Simulated {every} with {done} each in {duration(perf_counter() - begun)}.")
    return comparison
