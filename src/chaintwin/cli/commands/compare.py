"""``chaintwin compare``: run scenarios of a project on the same random numbers and show what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaintwin.cli.commands.options import (
    Anew,
    CheckpointFolder,
    Confidence,
    Json,
    Periods,
    Project,
    Seed,
    Threads,
    WarmUp,
    refuse_alone,
)
from chaintwin.cli.terminal.session import SMALLER_RUN, session

REPLICATIONS, UNTIL_REPLICATIONS = 256, 16_384
"""Independent runs of each scenario by default, and the most of them where a precision is waited for."""


def compare(
    project: Project,
    scenarios: Annotated[list[Path], typer.Argument(help="TOML files of changes, one a scenario.", show_default=False)],
    *,
    reference: Annotated[
        str, typer.Option(help="Name of the scenario that the others are compared with; baseline is the project as it is.")
    ] = "baseline",
    periods: Periods = None,
    replications: Annotated[
        int | None,
        typer.Option(
            help="Independent runs of each; intervals need two. 256 by default; with --until the most, 16,384 by default.",
            min=1,
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            help="Precision of the differences at which to stop, such as 'fill_rate +/- 0.001' or 'total_cost +/- 0.5 %'.",
            show_default=False,
        ),
    ] = None,
    warm_up: WarmUp = None,
    seed: Seed = 0,
    threads: Threads = None,
    confidence: Confidence = 0.95,
    checkpoint: CheckpointFolder = None,
    anew: Anew = False,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write the differences to; it ends in .csv, .parquet or .xlsx.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Compare scenarios of a project: better, worse or neither."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.running.comparison_run import read_scenarios, run_comparison
        from chaintwin.cli.views.comparison_view import comparison_document, show_comparison, written
        from chaintwin.simulation import check_file
        from chaintwin.simulation.comparing.saving import Saved

        refuse_alone("--anew", anew or None, beside=("--checkpoint", checkpoint), why="which names the folder to forget")
        if out is not None:
            check_file(out)
        found = read_scenarios(scenarios)
        comparison = run_comparison(
            terminal,
            usable_network(terminal, project),
            scenarios=found,
            reference=reference,
            periods=periods,
            replications=replications or (UNTIL_REPLICATIONS if until else REPLICATIONS),
            until=until,
            warm_up=warm_up,
            seed=seed,
            threads=threads,
            confidence=confidence,
            checkpoint=checkpoint,
            anew=anew,
        )
        if out is not None:
            comparison.write(out)
        terminal.document(comparison_document(comparison) | {"project": project, "out": out})
        show_comparison(terminal, comparison, scenarios=found)
        if out is not None:
            terminal.show("", f"Wrote the differences to {written(out, comparison)}.")
        if checkpoint is not None:
            # Only now: until the differences are shown and written, the checkpoint is all there is.
            Saved(checkpoint).remove(comparison.results)
