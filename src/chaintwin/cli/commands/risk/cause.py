"""``chaintwin risk cause``: which sites are probably out, from what is short and what is not."""

from __future__ import annotations

from typing import Annotated

import typer

from chaintwin.cli.commands.options import Json, OwnRate, Project, Seed, TableFile, Vulnerability
from chaintwin.cli.running.outputs import Outputs
from chaintwin.cli.terminal.session import SMALLER_RUN, session

Symptoms = Annotated[
    list[str] | None,
    typer.Option("--symptom", help="Site, or stock point SITE/PRODUCT, that is short; may be repeated.", show_default=False),
]
Clear = Annotated[list[str] | None, typer.Option(help="One that is not short; may be repeated.", show_default=False)]
OthersClear = Annotated[bool, typer.Option("--others-clear", help="The symptoms are complete: nothing else is short.")]
Simulate = Annotated[bool, typer.Option("--simulate", help="Measure by simulated outages who goes short when a site is out.")]
Replications = Annotated[int, typer.Option(help="Runs of each simulated outage.", min=2, max=64)]
Window = Annotated[
    int | None,
    typer.Option(help="Periods back in which the outage may have begun; those of 60 days by default.", min=1, show_default=False),
]


def cause(
    project: Project,
    *,
    symptom: Symptoms = None,
    clear: Clear = None,
    others_clear: OthersClear = False,
    simulate: Simulate = False,
    replications: Replications = 16,
    window: Window = None,
    vulnerability: Vulnerability = 1.0,
    own_rate: OwnRate = None,
    seed: Seed = 0,
    top: Annotated[int, typer.Option(help="Sites that are shown.", min=1)] = 10,
    out: TableFile = None,
    json: Json = False,
) -> None:
    """Find the sites that are probably out, from the stock points that are short."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.terminal.progress import progress_bar
        from chaintwin.cli.views.risk.cause_view import cause_about, cause_document, show_causes
        from chaintwin.jit import is_cold
        from chaintwin.risk.causes.finding import find_causes

        outputs = Outputs(out)
        outputs.check()
        network = usable_network(terminal, project)
        with progress_bar(terminal, "Putting out one site after the other", is_cold=simulate and is_cold()) as report:
            found = find_causes(
                network,
                symptom or [],
                clear=clear or [],
                others_clear=others_clear,
                simulated=simulate,
                window=window,
                replications=replications,
                own_rate=own_rate,
                vulnerability=vulnerability,
                seed=seed,
                progress=report,
            )
        outputs.write(found.table, name="causes", about=cause_about(found))
        terminal.document(cause_document(found) | {"project": project, "out": out})
        show_causes(terminal, found, top=top)
        outputs.say(terminal)
