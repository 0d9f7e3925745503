"""``chaintwin risk service``: recorded order lines judged, or the service and cost to serve of a simulated project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from chaintwin.cli.commands.options import Confidence, Json, Periods, Plot, ScenarioFile, WarmUp
from chaintwin.cli.running.outputs import Outputs
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import SMALLER_RUN, session

By = Literal["site", "product", "stream"]
"""Rows of cost to serve."""

REPLICATIONS = 16
"""Replications that are followed period by period, which takes longer than counting them."""


Subject = Annotated[
    Path, typer.Argument(help="CSV or Parquet of order lines, one a row; or a project, which is simulated.", show_default=False)
]
Replications = Annotated[
    int | None,
    typer.Option(help="Independent runs of a project; intervals need two; 16 by default.", min=1, show_default=False),
]
Seed = Annotated[
    int | None,
    typer.Option(help="Seed of all random numbers of a project; 0 by default.", min=0, max=2**64 - 1, show_default=False),
]
HubFactor = Annotated[
    float | None,
    typer.Option(
        help="Emissions of handling at hubs, ports and airports, kg of CO2e a tonne; none by default.", show_default=False
    ),
]
Rows = Annotated[By | None, typer.Option(help="Rows of cost to serve, shown and drawn; sites by default.", show_default=False)]
Top = Annotated[int | None, typer.Option(help="Rows that are shown; 10 by default.", min=1, show_default=False)]
SharesFile = Annotated[
    Path | None,
    typer.Option(
        help="File for the share of each stream in each amount of the ledger; it ends as that of --out.", show_default=False
    ),
]
OutFile = Annotated[
    Path | None,
    typer.Option(
        help="File for every line, judged, or for every site, product and stream; it ends in .csv, .parquet or .xlsx.",
        show_default=False,
    ),
]


def service(
    subject: Subject,
    *,
    scenario: ScenarioFile = None,
    periods: Periods = None,
    replications: Replications = None,
    warm_up: WarmUp = None,
    seed: Seed = None,
    confidence: Confidence = 0.95,
    hub_factor: HubFactor = None,
    by: Rows = None,
    top: Top = None,
    plot: Plot = None,
    shares: SharesFile = None,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """Judge order lines, or simulate a project: rights, service, cost to serve, cash and carbon."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        from chaintwin.errors import UsageError

        outputs = Outputs(out, plot)
        if not _is_project(subject):
            options = {
                "--scenario": scenario,
                "--periods": periods,
                "--replications": replications,
                "--warm-up": warm_up,
                "--seed": seed,
                "--hub-factor": hub_factor,
                "--by": by,
                "--top": top,
                "--plot": plot,
                "--shares": shares,
            }
            given = [name for name, value in options.items() if value is not None]
            if given and subject.is_file():
                raise UsageError(
                    f"{given[0]}: found order lines ({subject}) beside it; allowed: with a project, which is simulated"
                )
            outputs.check()
            _judge(terminal, subject, confidence=confidence, outputs=outputs)
            return
        outputs.check()
        Outputs(shares).check()
        _simulate(
            terminal,
            subject,
            scenario=scenario,
            periods=periods,
            warm_up=warm_up,
            replications=replications or REPLICATIONS,
            seed=seed or 0,
            confidence=confidence,
            hub_factor=hub_factor,
            by=by or "site",
            top=top or 10,
            shares=Outputs(shares),
            outputs=outputs,
        )


def _is_project(subject: Path) -> bool:
    return subject.is_dir() or subject.suffix.lower() == ".xlsx"


def _judge(terminal: Terminal, lines: Path, *, confidence: float, outputs: Outputs) -> None:
    """Judge recorded order lines."""
    from chaintwin.cli.views.risk.service_view import rates_of, show_service
    from chaintwin.risk.service import judge_orders
    from chaintwin.risk.service.files import read_order_lines

    found = judge_orders(read_order_lines(lines), confidence=confidence)
    rates = rates_of(found)
    about = {name: (rate.value, f"{meaning}; {rate.low:.4f} to {rate.high:.4f}") for name, meaning, rate in rates}
    outputs.write(found.lines, name="order_lines", about=about)
    terminal.document(
        {
            "lines": found.lines.height,
            "orders": found.perfect_order.order_count,
            "confidence": confidence,
            "rates": {name: rate for name, _, rate in rates},
            "out": outputs.out,
        }
    )
    show_service(terminal, found, confidence=confidence)
    outputs.say(terminal, "Every line, judged,")


def _simulate(
    terminal: Terminal,
    project: Path,
    *,
    scenario: Path | None,
    periods: int | None,
    warm_up: int | None,
    replications: int,
    seed: int,
    confidence: float,
    hub_factor: float | None,
    by: By,
    top: int,
    shares: Outputs,
    outputs: Outputs,
) -> None:
    """Simulate a project and measure its service and cost to serve."""
    from chaintwin.cli.commands.usable import usable_network
    from chaintwin.cli.terminal.progress import progress_bar
    from chaintwin.cli.views.numbers import count
    from chaintwin.cli.views.risk.project_service_view import (
        project_service_about,
        project_service_document,
        show_project_service,
    )
    from chaintwin.jit import is_cold
    from chaintwin.network import Scenario
    from chaintwin.risk.service import Intensity
    from chaintwin.risk.service.simulated import measure_project
    from chaintwin.risk.service.simulated.picture import plot as draw_to

    changes = None if scenario is None else Scenario.read(scenario)
    hub = None
    network = usable_network(terminal, project)
    if hub_factor is not None:
        hub = Intensity(hub_factor, "given with --hub-factor", network.settings.start.year)
    with progress_bar(terminal, f"Following {count(replications, 'replication')}", is_cold=is_cold()) as report:
        found = measure_project(
            network,
            scenario=changes,
            periods=periods,
            warm_up=warm_up,
            replications=replications,
            seed=seed,
            confidence=confidence,
            hub=hub,
            progress=report,
        )
    about = project_service_about(found)
    outputs.write(found.customers, name="customers", about=about)
    shares.write(found.served.shares, name="shares", about=about)
    outputs.draw(lambda file: draw_to(found, file, by=by))
    said = {
        "project": project,
        "scenario": changes and changes.name,
        "out": outputs.out,
        "shares": shares.out,
        "plot": outputs.plot,
    }
    terminal.document(project_service_document(found) | said)
    show_project_service(terminal, found, by=by, top=top)
    outputs.say(terminal, "Every site, product and stream")
    shares.say(terminal, "Every share of the ledger")
