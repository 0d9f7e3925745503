"""``chaintwin demo``: a shipped network checked, simulated and explained, and what to try next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Json, Replications, Seed, Shipped
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import SMALLER_RUN, session

if TYPE_CHECKING:
    from chaintwin.errors import Finding

SAME_MAX = 1
"""Findings of one kind that the demo shows; ``chaintwin check`` shows all."""


def demo(
    example: Annotated[Shipped, typer.Argument(help="beer-game, medicines or electronics.")] = Shipped.MEDICINES,
    *,
    into: Annotated[
        Path | None, typer.Option(help="Also write the network to this new folder, to change it.", show_default=False)
    ] = None,
    replications: Replications = 64,
    seed: Seed = 0,
    live: Annotated[
        bool, typer.Option("--live", help="Serve it on a page instead, with a hidden world that tells what happens.")
    ] = False,
    port: Annotated[
        int, typer.Option(help="With --live: port to listen at; another one where it is taken.", min=0, max=65535)
    ] = 8750,
    speed: Annotated[str, typer.Option(help="With --live: seconds of the world in one second.")] = "21600",
    seconds: Annotated[
        float | None,
        typer.Option(
            help="With --live: how long it lasts after its first event; until Ctrl-C, or a minute where nobody watches.",
            min=1,
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check, simulate and explain a shipped network."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        if live:
            _live(terminal, example, into=into, port=port, speed=speed, seconds=seconds)
            return
        from chaintwin.cli.commands.init import refuse_full_folder, write_example
        from chaintwin.cli.commands.simulation_run import result_document, run_simulation
        from chaintwin.cli.terminal.progress import waiting
        from chaintwin.cli.views.network_view import demand_by_region, show_demand, show_overview
        from chaintwin.cli.views.result_view import show_result
        from chaintwin.examples.loading import Example, describe, load
        from chaintwin.network.doctor import check
        from chaintwin.network.proposing import fill_proposals

        if into is not None:
            refuse_full_folder(into)
        chosen = Example(example.value)
        _introduce(terminal, example.value, about=describe(chosen))
        with waiting(terminal, "Building and checking the network"):
            network = load(chosen)
            report = check(network)
            shares = demand_by_region(network)
        terminal.title("The network")
        if report.summary is not None:
            show_overview(terminal, fill_proposals(network).network, summary=report.summary)
        show_demand(terminal, shares, period=network.settings.period.value)
        findings = list(report.findings)
        _show_findings(terminal, findings)
        result = run_simulation(terminal, network, periods=None, replications=replications, warm_up=None, seed=seed)
        show_result(terminal, result)
        if into is not None:
            write_example(example, into)
        terminal.document(
            {
                "example": example,
                **report.to_dict(),
                "demand_by_region": shares,
                "simulation": result_document(result),
                "into": into,
            }
        )
        _suggest(terminal, example, into=into)


def _live(terminal: Terminal, example: Shipped, *, into: Path | None, port: int, speed: str, seconds: float | None) -> None:
    from chaintwin.cli.commands.feeding.replay import rate_of
    from chaintwin.cli.commands.live.demonstrating import SECONDS, Live, demonstrate

    is_watched = terminal.answers.is_terminal
    how = Live(
        into=into,
        port=port,
        speed=rate_of(speed),
        seconds=seconds if seconds is not None or is_watched else SECONDS,
        is_opened=is_watched,
    )
    demonstrate(terminal, example, live=how)


def _introduce(terminal: Terminal, name: str, *, about: str) -> None:
    from rich.text import Text

    terminal.show(Text.assemble(("chaintwin demo ", "bold"), (name, "bold cyan")), Text(about))


def _show_findings(terminal: Terminal, findings: list[Finding]) -> None:
    from chaintwin.cli.views.findings import findings_view, tally

    terminal.title(f"The doctor's findings: {tally(findings)}")
    if findings:
        terminal.show(findings_view(findings, terminal.width, same_max=SAME_MAX))
    else:
        terminal.show("  Nothing to complain about.")


def _suggest(terminal: Terminal, example: Shipped, *, into: Path | None) -> None:
    from chaintwin.cli.commands.init import quoted

    folder = into or Path(f"my-{example.value}")
    steps = [
        ("this network as CSV tables, to change", f"chaintwin init {quoted(folder)} --from-example {example.value}"),
        ("all findings, and what stands in for blank cells", f"chaintwin check {quoted(folder)} --explain"),
        ("more runs, results as a workbook", f"chaintwin simulate {quoted(folder)} --replications 1000 --out result.xlsx"),
        ("your own network, from a template", "chaintwin init my-network"),
        ("your own network, from a shipment log", "chaintwin import shipments.csv --into my-network"),
    ]
    terminal.title("What to try next")
    for what, command in steps[1:] if into else steps:
        terminal.show(f"  {what}:", f"    {command}")
