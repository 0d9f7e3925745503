"""A calibration at the terminal: what was fitted, how it was judged, and the versions that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, count, number, percent

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from chaintwin.errors import Finding
    from chaintwin.fidelity.calibration.parameters import ParameterSet
    from chaintwin.fidelity.versions.refitting import Refit
    from chaintwin.fidelity.versions.shelf import Kept

WORDS = {
    "lead_time": "lead time",
    "yield": "yield",
    "capacity": "capacity",
    "demand": "demand",
    "demand_level": "demand level",
    "up_time": "time up",
    "down_time": "time down",
}
"""What kinds of parameters are called."""

SHOWN_MISFITS = 5
"""Parameters without a place that are named."""


def refit_document(found: Refit, frame: pl.DataFrame, *, findings: Sequence[Finding]) -> dict[str, object]:
    """Return what ``--json`` says of a refit."""
    alarms = [one for one in found.drifts if one.alarm is not None]
    return {
        "version": found.version.id,
        "used": found.decided.accepted,
        "reason": found.decided.reason,
        "parent": found.version.parent,
        "judgements": found.decided.judgements,
        "drifted": alarms,
        "not_placed": findings,
        "parameters": frame,
    }


def show_refit(
    terminal: Terminal,
    found: Refit,
    *,
    frame: pl.DataFrame,
    findings: Sequence[Finding],
    version: ParameterSet | None,
    top: int,
    is_kept: bool,
) -> None:
    """Print a refit.

    Parameters
    ----------
    terminal : where to. found, frame : the refit and its table. findings : what has no place in the network.
    version : in force before, or None. top : rows. is_kept : whether it was kept.
    """
    from rich.text import Text

    from chaintwin.fidelity.versions.shelf import ID_SIGNS

    if frame.is_empty():
        terminal.show(Text("The log shows nothing of parameters: no shipment was received, no yield, no busy resource."))
        return
    before = "those of the tables" if version is None else f"version {version.id[:ID_SIGNS]}"
    terminal.title(f"{count(frame.height, 'parameter')} fitted, against {before}")
    terminal.show(_table(frame.head(top)))
    _more(terminal, frame, top=top)
    for one in found.decided.judgements:
        terminal.show(Text(f"  {_said(one)}", style="dim"))
    if found.drifted:
        names = printable(", ".join(sorted(found.drifted)[:4]))
        terminal.show(Text(f"  Fitted to what left since it drifted: {names}{', ...' if len(found.drifted) > 4 else ''}"))
    for finding in findings[:SHOWN_MISFITS]:
        terminal.warn(str(finding))
    if len(findings) > SHOWN_MISFITS:
        terminal.warn(f"and {len(findings) - SHOWN_MISFITS:,} more parameters have no place; --json has all")
    used, name = int(frame["used"].sum()), found.version.id[:ID_SIGNS]
    if not found.decided.accepted:
        what = f"Version {name} is refused: {found.decided.reason}; {before} stay in use. --take uses it all the same."
    else:
        what = f"Version {name} is used from its moment on: {found.decided.reason}; {used:,} of {frame.height:,} fits are in it."
    terminal.show("", Text(what if is_kept else f"{what} Nothing was kept (--dry-run)."))


def show_versions(terminal: Terminal, kept: Sequence[Kept]) -> None:
    """Print the versions that are kept."""
    from rich.table import Table
    from rich.text import Text

    from chaintwin.clock import text_of
    from chaintwin.fidelity.versions.shelf import ID_SIGNS

    if not kept:
        terminal.show(Text("No version is kept: chaintwin calibrate makes the first one."))
        return
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for name in ("version", "from", "data until", "parameters", "used", "why"):
        table.add_column(name, justify="right" if name == "parameters" else "left", overflow="fold")
    for one in kept:
        parent = "tables" if one.parent is None else one.parent[:ID_SIGNS]
        why = f"{one.note}: {one.reason}" if one.note else one.reason
        cells = (
            one.id[:ID_SIGNS],
            parent,
            text_of(one.made_at)[:16],
            f"{one.parameters:,}",
            "yes" if one.accepted else "no",
            why,
        )
        table.add_row(*(Text(printable(cell)) for cell in cells))
    terminal.show(table)


def show_version(terminal: Terminal, version: ParameterSet, *, frame: pl.DataFrame, decided: Kept | None, top: int) -> None:
    """Print one version."""
    from rich.text import Text

    from chaintwin.clock import text_of

    terminal.title(f"Version {version.id}")
    used = "" if decided is None else f"; {'used' if decided.accepted else 'refused'}: {decided.reason}"
    terminal.show(Text(printable(f"  Data until {text_of(version.made_at)}, from {version.parent or 'the tables'}{used}")))
    terminal.show(_table(frame.head(top)))
    _more(terminal, frame, top=top)


def _more(terminal: Terminal, frame: pl.DataFrame, *, top: int) -> None:
    from rich.text import Text

    if frame.height > top:
        terminal.show(Text(f"  ... and {frame.height - top:,} more; --top shows them, --out has all.", style="dim"))


def _table(frame: pl.DataFrame) -> Table:
    from rich.table import Table
    from rich.text import Text

    has_before = "before" in frame.columns
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("parameter", overflow="fold", min_width=20)
    names = ("before", "fitted", "90 of 100", "change", "n", "mode", "used")
    for name in names if has_before else names[1:3] + names[4:6]:
        table.add_column(name, justify="left" if name in ("mode", "used") else "right", no_wrap=True)
    for row in frame.iter_rows(named=True):
        cells = [number(row["mean"]), f"{number(row['low'])}-{number(row['high'])}"]
        tail = [f"{row['observed']:,}", row["mode"]]
        if has_before:
            change = NOTHING if row["change"] is None else f"{100 * row['change']:+.1f} %"
            cells = [number(row["before"]), *cells, change, *tail, _used(row)]
        else:
            cells += tail
        name = f"{WORDS[row['kind']]} of {row['subject']}"
        table.add_row(Text(printable(name)), *(Text(cell) for cell in cells))
    return table


def _used(row: dict[str, Any]) -> str:
    return "yes" if row["used"] else "no"


def _said(one: Any) -> str:
    lanes = f"{count(one.lanes, 'lane')} that {'drifted' if one.group == 'drifted' else 'did not drift'}"
    verdict = "used" if one.accepted else "not used"
    gain = "" if one.low is None else f", gain {percent(one.low)} to {percent(one.high)} of the mean lead time"
    return f"{lanes}: judged on {count(one.size, 'lead time')}, {verdict}, {one.reason}{gain}"
