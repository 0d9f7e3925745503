"""What the events of a feed touch, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, count, number, percent

if TYPE_CHECKING:
    from chaintwin.ingest.hazards.reading import Hazards
    from chaintwin.risk.hazards.disrupting import Disrupting
    from chaintwin.risk.hazards.matching import Matches


def show_hazards(terminal: Terminal, read: Hazards, *, found: Matches, top: int) -> None:
    """Print what is likeliest to be out.

    Parameters
    ----------
    terminal : where to.
    read : what the feed holds.
    found : what it touches.
    top : rows.
    """
    from rich.table import Table
    from rich.text import Text

    table = found.table
    kinds = table["object_kind"].value_counts()
    touched = dict(kinds.iter_rows())
    events = count(len(read.records), "event")
    if table.is_empty():
        terminal.title(f"{events}: none touches a site or lane.")
    else:
        hit = count(table["hazard_id"].n_unique(), "event")
        what = " and ".join(
            count(table.filter(table["object_kind"] == kind)["object_id"].n_unique(), kind)
            for kind in sorted(touched, reverse=True)
        )
        terminal.title(f"{hit} of {len(read.records):,} may put out {what}.")
        view = Table(box=None, padding=(0, 1), header_style="dim", expand=True)
        view.add_column("may be out", no_wrap=True, overflow="ellipsis", ratio=5)
        for name, width in (("chance", 7), ("km", 6), ("intensity", 9)):
            view.add_column(name, justify="right", no_wrap=True, min_width=width)
        view.add_column("event", no_wrap=True, overflow="ellipsis", ratio=4)
        for row in table.head(top).to_dicts():
            view.add_row(
                printable(f"{row['object_kind']} {row['object_id']}"),
                percent(row["chance"]),
                number(row["distance_km"]),
                f"{row['intensity']:.1f}" if row["intensity"] is not None else NOTHING,
                printable(f"{row['kind']} {row['hazard_id']} {row['place']}"),
            )
        terminal.show(view)
        if table.height > top:
            terminal.show(Text(f"  ... and {table.height - top:,} more; --top shows them, --out writes them.", style="dim"))
    notes = [
        (read.repeated, "{} said again what was known."),
        (read.superseded, "{} replaced by a later one of the same event."),
        (read.unmeasured, "{} without a magnitude left out."),
    ]
    for amount, text in notes:
        if amount:
            terminal.show(Text(f"  {text.format(count(amount, 'record'))}", style="dim"))
    if found.unplaced:
        names = ", ".join(map(printable, found.unplaced[:5]))
        terminal.show(Text(f"  Nobody knows where {count(len(found.unplaced), 'site')} lies: {names}.", style="yellow"))


def hazards_about(read: Hazards) -> dict[str, tuple[str | float, str]]:
    """Return value and meaning of what a workbook says beside the table."""
    return {
        "events": (len(read.records), "Events of the feed."),
        "repeated": (read.repeated, "Records that said again what was known."),
        "superseded": (read.superseded, "Records replaced by a later one of the same event."),
        "unmeasured": (read.unmeasured, "Earthquakes without a magnitude, left out."),
    }


def show_disrupting(terminal: Terminal, made: Disrupting, *, file: Path, project: Path) -> None:
    """Print what the scenario holds, what is left out of it, and how it is played.

    Parameters
    ----------
    terminal : where to.
    made : the scenario. file : where it is written. project : that it is of.
    """
    from rich.text import Text

    what = f"{count(made.events, 'event')} as {count(len(made.scenario.disruptions), 'disruption')} written to {file}"
    terminal.show("", Text(f"  {printable(what)}."))
    for amount, text in (
        (made.lasting, "{} began before the start of the project and may still last."),
        (made.over, "{} left out, over before the start of the project; --start DAY plays them."),
        (made.recovering, "{} recovering when the project starts, left out; --start DAY plays them."),
        (made.late, "{} left out, after the end of the project."),
    ):
        if amount:
            terminal.show(Text(f"  {text.format(count(amount, 'event'))}", style="dim"))
    if made.idle:
        terminal.show(Text(f"  {count(made.idle, 'match')} left out, where nothing is made or moved.", style="dim"))
    terminal.show(Text(f"  chaintwin risk scenario {printable(str(project))} {printable(str(file))} plays it.", style="dim"))


def disrupting_document(made: Disrupting) -> dict[str, object]:
    """Return what ``--json`` says of the scenario."""
    return {
        "name": made.scenario.name,
        "disruptions": len(made.scenario.disruptions),
        "events": made.events,
        "lasting": made.lasting,
        "over": made.over,
        "recovering": made.recovering,
        "late": made.late,
        "idle": made.idle,
    }
