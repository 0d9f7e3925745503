"""``chaintwin risk annual``: what a year of disruptions costs, how bad it can get, and what makes it so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from chaintwin.cli.commands.options import (
    Confidence,
    Json,
    OwnRate,
    Plot,
    Project,
    Seed,
    StateFile,
    TableFile,
    Threads,
    Vulnerability,
)
from chaintwin.cli.terminal.session import session

MeasuredBy = Literal["margin", "sales", "units"]
"""What is measured; a test holds that these are those of ``chaintwin.risk.stress``."""

Simulate = Annotated[
    int, typer.Option(help="Years that are also played by the rules of the project, 40 or more; 0 plays none.", min=0)
]


def annual(
    project: Project,
    *,
    years: Annotated[int, typer.Option(help="Simulated years that have an event.", min=2, max=2_000_000)] = 10_000,
    seed: Seed = 1,
    confidence: Confidence = 0.95,
    levels: Annotated[str, typer.Option(help="Levels of value at risk and expected shortfall, with commas.")] = "0.9,0.95,0.99",
    threats: Annotated[
        Path | None, typer.Option(help="CSV or TOML file of further threats, beside the table hazards.", show_default=False)
    ] = None,
    vulnerability: Vulnerability = 1.0,
    own_rate: OwnRate = None,
    measure: Annotated[MeasuredBy, typer.Option(help="What a unit that is not served costs.")] = "margin",
    simulate: Simulate = 0,
    state: StateFile = None,
    top: Annotated[int, typer.Option(help="Rows of each table that are shown.", min=1)] = 8,
    threads: Threads = None,
    plot: Plot = None,
    out: TableFile = None,
    json: Json = False,
) -> None:
    """Simulate years of disruptions: expected loss, how bad it can get, and which causes and places make it so."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.terminal.progress import progress_bar
        from chaintwin.cli.views.risk.annual_view import annual_about, annual_document, show_annual
        from chaintwin.jit import is_cold
        from chaintwin.risk.annual.assessing import annual_loss, read_levels
        from chaintwin.risk.annual.picture import plot as draw_to
        from chaintwin.risk.writing import check_table_file, write_table
        from chaintwin.simulation import read_state
        from chaintwin.simulation.pictures.drawing import check_picture

        if plot is not None:
            check_picture(plot)
        if out is not None:
            check_table_file(out)
        wanted = read_levels(levels)
        network = usable_network(terminal, project)
        start = None if state is None else read_state(state, program=network.compile())
        with progress_bar(terminal, "Simulating years of disruptions", is_cold=simulate > 0 and is_cold()) as report:
            found = annual_loss(
                network,
                years=years,
                seed=seed,
                confidence=confidence,
                levels=wanted,
                threats=threats,
                vulnerability=vulnerability,
                own_rate=own_rate,
                measure=measure,
                simulated=simulate,
                state=start,
                threads=threads,
                progress=report,
            )
        if out is not None:
            write_table(out, found.contributions, name="contributions", about=annual_about(found))
        if plot is not None:
            draw_to(found, plot)
        terminal.document(annual_document(found) | {"project": project, "out": out, "plot": plot})
        show_annual(terminal, found, top=top)
        for what, file in (("All contributions", out), ("Picture", plot)):
            if file is not None:
                terminal.note(f"{what} written to {file}.")
