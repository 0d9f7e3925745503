"""``chaintwin risk hazards``: which sites and lanes the events of a feed touch, and a scenario in which they do."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Json, Project, TableFile, refuse_alone
from chaintwin.cli.running.outputs import Outputs
from chaintwin.cli.terminal.session import session

if TYPE_CHECKING:
    from chaintwin.network import Network
    from chaintwin.risk.hazards.disrupting import Disrupting
    from chaintwin.risk.hazards.matching import Matches

ScenarioOut = Annotated[
    Path | None,
    typer.Option("--scenario", help="TOML file to write a scenario to in which the events happen.", show_default=False),
]
Start = Annotated[
    str | None,
    typer.Option(
        help="Day that the first event is played on, YYYY-MM-DD or days after the warm-up; by default each has its own day.",
        show_default=False,
    ),
]
Duration = Annotated[
    list[str] | None,
    typer.Option(help="Days of full strength, LAW or KIND=LAW, such as flood=12; may be repeated.", show_default=False),
]
Recovery = Annotated[
    list[str] | None,
    typer.Option(help="Days to recover after that, DAYS or KIND=DAYS, with a shape: '30 exponential'.", show_default=False),
]
Apart = Annotated[bool, typer.Option("--apart", help="Sites and lanes of one event are hit or not each by itself.")]


def hazards(
    project: Project,
    feed: Annotated[Path, typer.Argument(help="GeoJSON of events: an earthquake feed, or points and areas.", show_default=False)],
    *,
    vulnerability: Annotated[
        float, typer.Option(help="Part of sites that is out where it is hit in full, 0 to 1.", min=0, max=1)
    ] = 1.0,
    least: Annotated[float, typer.Option(help="Chance of being out below which nothing is said.")] = 0.01,
    top: Annotated[int, typer.Option(help="Rows that are shown.", min=1)] = 15,
    scenario: ScenarioOut = None,
    start: Start = None,
    duration: Duration = None,
    recovery: Recovery = None,
    apart: Apart = False,
    out: TableFile = None,
    json: Json = False,
) -> None:
    """Match the events of a feed with sites and lanes; make a scenario of them."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.views.risk.hazards_view import disrupting_document, hazards_about, show_disrupting, show_hazards
        from chaintwin.ingest.hazards.reading import read_hazards
        from chaintwin.risk.hazards.disrupting import check_disruptions_file, write_disruptions
        from chaintwin.risk.hazards.matching import match_hazards

        given = {"--start": start, "--duration": duration, "--recovery": recovery, "--apart": apart or None}
        for option, value in given.items():
            refuse_alone(option, value or None, beside=("--scenario", scenario), why="which names the file that is written")
        outputs = Outputs(out)
        outputs.check()
        if scenario is not None:
            check_disruptions_file(scenario)
        read = read_hazards(feed)
        network = usable_network(terminal, project)
        found = match_hazards(network, read.records, vulnerability=vulnerability, least=least)
        made = None
        if scenario is not None:
            laws = (duration or [], recovery or [])
            made = _made(network, found, name=scenario.stem, laws=laws, start=start, together=not apart)
            write_disruptions(scenario, made.scenario)
        outputs.write(found.table, name="hazards", about=hazards_about(read))
        terminal.document(
            {
                "project": project,
                "feed": feed,
                "events": len(read.records),
                "repeated": read.repeated,
                "superseded": read.superseded,
                "unmeasured": read.unmeasured,
                "unplaced": found.unplaced,
                "matches": found.table,
                "scenario": None if made is None else disrupting_document(made) | {"file": scenario},
                "out": out,
            }
        )
        show_hazards(terminal, read, found=found, top=top)
        if made is not None and scenario is not None:
            show_disrupting(terminal, made, file=scenario, project=project)
        outputs.say(terminal)


def _made(
    network: Network, found: Matches, *, name: str, laws: tuple[list[str], list[str]], start: str | None, together: bool
) -> Disrupting:
    """Return the scenario that options ask for."""
    from chaintwin.risk.hazards.courses import courses_of
    from chaintwin.risk.hazards.disrupting import disruptions_of

    kinds = found.table["kind"].unique().sort().to_list()
    courses = courses_of(kinds, durations=laws[0], recoveries=laws[1])
    day = None if start is None else _day(start)
    return disruptions_of(network, found, name=name, courses=courses, start=day, together=together)


def _day(text: str) -> date | int:
    """Return a day, or a number of days after the warm-up."""
    from chaintwin.errors import UsageError

    if text.isascii() and text.isdigit() and len(text) < 7:
        return int(text)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        allowed = "a day such as 2026-03-01, or a whole number of days after the warm-up"
        raise UsageError(f"start: found {text!r}; allowed: {allowed}") from error
