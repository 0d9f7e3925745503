"""A simulation with its progress shown, for every command that runs one."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from chaintwin.cli.running.saying import said_checkpoint
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.progress import progress_bar

if TYPE_CHECKING:
    from chaintwin.fidelity.versions.applying import Applied
    from chaintwin.network import Network, Scenario
    from chaintwin.network.state import State
    from chaintwin.simulation.results import Result


def run_simulation(
    terminal: Terminal,
    network: Network,
    *,
    periods: int | None,
    replications: int,
    warm_up: int | None,
    seed: int,
    threads: int | None = None,
    confidence: float = 0.95,
    until: str | None = None,
    bands: list[str] | Literal["all"] | None = None,
    scenario: Scenario | None = None,
    checkpoint: Path | None = None,
    anew: bool = False,
    state: State | None = None,
    parameters: Applied | None = None,
) -> Result:
    """Simulate with a progress bar and say how long it took; arguments as for ``chaintwin.simulate``.

    Parameters
    ----------
    checkpoint : where finished replications are saved; the file is left there, for the caller to remove when all is done.
    anew : forget what it holds.
    parameters : that take the place of those of the tables, mixed over their draws.
    """
    from chaintwin.cli.views.numbers import count, duration, number
    from chaintwin.jit import cache_folder, is_cold
    from chaintwin.simulation import prepare_kernels, saved_replications, simulate

    compiled = None
    if parameters is not None:
        from chaintwin.fidelity.forking.drawing import Compiling
        from chaintwin.fidelity.forking.draws import Fitted

        compiled = Fitted(network, parameters, kept=Compiling(network)).compiled
    cold = is_cold()
    text = f"Simulating {'up to ' if until else ''}{count(replications, 'replication')}"
    with (
        said_checkpoint(terminal, checkpoint, anew=anew, saved=saved_replications) as kept,
        progress_bar(terminal, text, is_cold=cold) as report,
    ):
        begun = perf_counter()
        prepare_kernels()
        ready = perf_counter()
        report(0.0)
        result = simulate(
            network,
            periods=periods,
            replications=replications,
            seed=seed,
            warm_up=warm_up,
            confidence=confidence,
            threads=threads,
            progress=report,
            until=until,
            bands=bands,
            scenario=scenario,
            checkpoint=kept,
            state=state,
            compiled=compiled,
        )
    seconds = perf_counter() - ready
    span, points = result.span, result.stock_points.height
    updates = points * (span.periods + span.warm_up) * span.replications / seconds
    if cold:
        terminal.note(f"Compiled in {duration(ready - begun)}, kept in {cache_folder()} for later runs.")
    terminal.note(
        f"Simulated {count(points, 'stock point')} in {duration(seconds)}: {number(updates)} updates of a stock point a second."
    )
    if until:
        if span.replications < replications:
            terminal.note(f"Reached {until} with {count(span.replications, 'replication')}.")
        else:
            terminal.note(f"Stopped at {count(replications, 'replication')}, the most allowed; see whether {until} is reached.")
    return result


def result_document(result: Result) -> dict[str, object]:
    """Return what ``--json`` says of a result; the frames by entity are in Parquet, where they belong."""
    import polars as pl

    weakest = result.streams.filter(pl.col("fill_rate").is_not_null()).sort(["fill_rate", "stream_id"]).head(8)
    return {
        "version": result.version,
        "program_digest": result.program_digest,
        "span": result.span,
        "confidence": result.confidence,
        "currency": result.currency,
        "period": result.period,
        "figures": {row.pop("figure"): row for row in result.summary.to_dicts()},
        "weakest_streams": weakest,
        "accounts": result.accounts if result.accounts.height else None,
    }
