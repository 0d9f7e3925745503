"""A comparison with its progress shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.progress import progress_bar

if TYPE_CHECKING:
    from chaintwin.network import Network, Scenario
    from chaintwin.simulation import Comparison
    from chaintwin.simulation.comparing.saving import Saved


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
    from chaintwin.simulation import Checkpoint, compare, prepare_kernels
    from chaintwin.simulation.comparing.saving import Saved

    every = count(len(scenarios) + 1, "scenario")
    text = f"Simulating {every}, {'up to ' if until else ''}{count(replications, 'replication')} each"
    saved = None if checkpoint is None else Saved(checkpoint)
    with _said_when_stopped(terminal, saved), progress_bar(terminal, text, is_cold=is_cold()) as report:
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
            checkpoint=None if checkpoint is None else Checkpoint(checkpoint, anew=anew, keep=True),
        )
    done = count(comparison.results[reference].span.replications, "replication")
    terminal.note(f"Simulated {every} with {done} each in {duration(perf_counter() - begun)}.")
    return comparison


@contextmanager
def _said_when_stopped(terminal: Terminal, saved: Saved | None) -> Iterator[None]:
    """Say what is saved and how to go on when a comparison is stopped by Ctrl-C or asked to end."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if saved is not None:
            from chaintwin.cli.views.numbers import count

            kept = sum(saved.by_scenario())
            if kept:
                text = f"Saved {count(kept, 'replication')} of all scenarios together in {saved.folder}"
                terminal.note(f"{text}; the same command goes on from there.")
            else:
                terminal.note("Nothing is saved yet; the first 64 replications were not finished.")
        raise
