"""``chaintwin simulate``: run a project many times and show service and cost with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaintwin.cli.commands.options import Json, Project, ResultFormat, Seed, StateFile, Threads
from chaintwin.cli.terminal.session import SMALLER_RUN, session

HOW = {
    "parquet": "Parquet; read it with chaintwin.Result.read",
    "csv": "a CSV file a table",
    "xlsx": "a sheet a table",
}


REPLICATIONS, UNTIL_REPLICATIONS = 256, 100_000
"""Independent runs by default, and the most of them where a precision is waited for."""


def simulate(
    project: Project,
    *,
    periods: Annotated[
        int | None, typer.Option(help="Periods that count; the project's horizon by default.", min=1, show_default=False)
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(
            help="Independent runs; intervals need two. 256 by default; with --until the most that are run, 100,000 by default.",
            min=1,
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            help="Precision at which to stop, such as 'fill_rate +/- 0.002' or 'total_cost +/- 1 %'.", show_default=False
        ),
    ] = None,
    warm_up: Annotated[
        int | None,
        typer.Option(
            help="Periods before those that count; the project's by default, none with --state.", min=0, show_default=False
        ),
    ] = None,
    seed: Seed = 0,
    state: StateFile = None,
    threads: Threads = None,
    confidence: Annotated[float, typer.Option(help="Level of the intervals, between 0 and 1.")] = 0.95,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write the result to, or a file that ends in .xlsx; by default nothing is written."),
    ] = None,
    format: Annotated[
        ResultFormat | None,
        typer.Option(help="How the result is written: parquet by default, xlsx where the name of --out ends so."),
    ] = None,
    json: Json = False,
) -> None:
    """Simulate a project: service and cost with intervals."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        from chaintwin.cli.commands.simulation_run import result_document, run_simulation
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.views.result_view import show_result
        from chaintwin.errors import UsageError
        from chaintwin.simulation import check_target, chosen_format, read_state

        most = replications or (UNTIL_REPLICATIONS if until else REPLICATIONS)
        if out is None and format is not None:
            raise UsageError("--format: found no --out beside it; allowed: with --out, which says where the result is written")
        if out is not None:
            check_target(out, format, rows=max(most if until is None else 0, periods or 0))
        network = usable_network(terminal, project)
        result = run_simulation(
            terminal,
            network,
            periods=periods,
            replications=most,
            until=until,
            warm_up=warm_up,
            seed=seed,
            state=None if state is None else read_state(state, program=network.compile()),
            threads=threads,
            confidence=confidence,
        )
        if out is not None:
            result.write(out, format=format)
        terminal.document(result_document(result) | {"project": project, "out": out})
        show_result(terminal, result)
        if out is not None:
            terminal.show("", f"Wrote the result to {out} ({HOW[chosen_format(out, format)]}).")
