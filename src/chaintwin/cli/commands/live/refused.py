"""``chaintwin refused``: what could not become an event, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaintwin.cli.commands.live.logs import StoreUrl, log_to_read
from chaintwin.cli.commands.options import Json, Project
from chaintwin.cli.terminal.session import session


def refused(
    project: Project,
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write all of it to, one a line (.jsonl), with what was there.", show_default=False),
    ] = None,
    top: Annotated[int, typer.Option(help="How many are shown.", min=1)] = 20,
    store: StoreUrl = None,
    json: Json = False,
) -> None:
    """Show what ingests set aside, and why."""
    with session(is_json=json) as terminal:
        from itertools import islice

        import msgspec
        from rich.text import Text

        from chaintwin.cli.terminal.output import printable
        from chaintwin.ingest.connectors.running import set_aside
        from chaintwin.network.tables.files.exchanging import write_file
        from chaintwin.store.opening import open_store

        with open_store(log_to_read(project, store), read_only=True) as log:
            if out is not None:

                def fill(file: Path) -> None:
                    with file.open("wb") as lines:
                        for entry in set_aside(log):
                            lines.write(msgspec.json.encode(entry) + b"\n")

                write_file(out, fill)
            shown = list(islice(set_aside(log), top))
            count = sum(1 for _ in set_aside(log))
        terminal.document({"count": count, "set_aside": shown, "out": out})
        terminal.title(f"{count:,} set aside")
        for entry in shown:
            terminal.show(Text(printable(f"{entry['file']}:{entry['position']}"), style="bold"))
            for reason in entry["reasons"]:
                terminal.show(Text(printable(f"  {reason['text']}")))
        if out is not None:
            terminal.show("", Text(f"Wrote all of it to {out}."))
