"""``chaintwin risk dependence``: on whom a network hangs, and what is left without each country."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from chaintwin.cli.commands.options import Json, Project
from chaintwin.cli.running.outputs import Outputs
from chaintwin.cli.terminal.session import session

BasisOf = Literal["value", "volume"]
"""What flows are weighted by; a test holds that these are those of ``chaintwin.risk.dependence``."""


def dependence(
    project: Project,
    *,
    basis: Annotated[BasisOf, typer.Option(help="What flows are weighted by.")] = "value",
    bloc: Annotated[
        list[str] | None,
        typer.Option(help="Countries that act together, such as eu=DE,FR,IT; may be repeated.", show_default=False),
    ] = None,
    top: Annotated[int, typer.Option(help="Rows that are shown.", min=1)] = 10,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write what is left without each country to; .csv, .parquet or .xlsx.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Say on whom the network depends, and what is left without each country."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.views.risk.dependence_view import dependence_about, show_dependence
        from chaintwin.network.lowering.lower import lower_in_full
        from chaintwin.risk.dependence import Basis, lose_countries, measure_concentration, read_blocs

        outputs = Outputs(out)
        outputs.check()
        blocs = read_blocs(bloc or [])
        network = usable_network(terminal, project)
        lowered = lower_in_full(network)
        concentration = measure_concentration(network, lowered, basis=Basis(basis), blocs=blocs)
        losses = lose_countries(network, lowered, basis=Basis(basis))
        outputs.write(losses.by_country, name="countries", about=dependence_about(concentration, basis=basis))
        terminal.document(
            {
                "project": project,
                "basis": basis,
                "period": network.settings.period,
                "single_sourcing_share": concentration.single_sourcing_share,
                "indices": concentration.indices,
                "shares": concentration.shares,
                "products": concentration.products,
                "countries": losses.by_country,
                "streams": losses.by_stream,
                "out": out,
            }
        )
        show_dependence(terminal, concentration, losses=losses, period=str(network.settings.period), top=top)
        outputs.say(terminal, "What is left without each country")
