"""``chaintwin risk hazards``: which sites and lanes the events of a feed touch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaintwin.cli.commands.options import Json, Project, TableFile
from chaintwin.cli.running.outputs import Outputs
from chaintwin.cli.terminal.session import session


def hazards(
    project: Project,
    feed: Annotated[Path, typer.Argument(help="GeoJSON of events: an earthquake feed, or points and areas.", show_default=False)],
    *,
    vulnerability: Annotated[float, typer.Option(help="Part of sites that is out where it is hit in full, 0 to 1.")] = 1.0,
    least: Annotated[float, typer.Option(help="Chance of being out below which nothing is said.")] = 0.01,
    top: Annotated[int, typer.Option(help="Rows that are shown.", min=1)] = 15,
    out: TableFile = None,
    json: Json = False,
) -> None:
    """Match the events of a feed with sites and lanes."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.views.risk.hazards_view import hazards_about, show_hazards
        from chaintwin.ingest.hazards.reading import read_hazards
        from chaintwin.risk.hazards.matching import match_hazards

        outputs = Outputs(out)
        outputs.check()
        read = read_hazards(feed)
        found = match_hazards(usable_network(terminal, project), read.records, vulnerability=vulnerability, least=least)
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
                "out": out,
            }
        )
        show_hazards(terminal, read, found=found, top=top)
        outputs.say(terminal)
