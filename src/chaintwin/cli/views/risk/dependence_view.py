"""On whom a network depends, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, number, percent

if TYPE_CHECKING:
    from chaintwin.risk.dependence import Concentration, CountryLosses


def show_dependence(terminal: Terminal, found: Concentration, *, losses: CountryLosses, period: str, top: int) -> None:
    """Print how concentrated supply is, and what is left without each country.

    Parameters
    ----------
    terminal : where to.
    found : how concentrated supply is.
    losses : what is left without each country.
    period : unit of time.
    top : rows.
    """
    from rich.table import Table
    from rich.text import Text

    terminal.title(f"{percent(found.single_sourcing_share)} of what flows comes from a single supplier of its product.")
    view = Table(box=None, padding=(0, 1), header_style="dim", expand=True)
    view.add_column("by", no_wrap=True, min_width=8)
    for name, width in (("Herfindahl", 10), ("as many as", 10)):
        view.add_column(name, justify="right", no_wrap=True, min_width=width)
    view.add_column("largest", overflow="ellipsis", no_wrap=True, ratio=1)
    for attribute, index in found.indices.items():
        shares = found.shares.filter(found.shares["attribute"] == attribute).head(3)
        largest = ", ".join(f"{name} {percent(share, 0)}" for name, share in shares.select("name", "share").iter_rows())
        view.add_row(attribute, f"{index:.3f}", f"{1 / index:.1f} alike", printable(largest))
    terminal.show(view)
    rows = losses.by_country
    terminal.title("What is left of all supply if one country is lost, before anybody reacts")
    view = Table(box=None, padding=(0, 1), header_style="dim")
    view.add_column("country", no_wrap=True)
    for name in ("left", "left elsewhere", "replaceable", f"after {period}s"):
        view.add_column(name, justify="right", no_wrap=True)
    for row in rows.head(top).to_dicts():
        view.add_row(
            printable(row["country"]),
            percent(row["surviving_share"]),
            percent(row["surviving_share_elsewhere"]),
            percent(row["replaceable_share"]),
            number(row["longest_wait"]) if row["longest_wait"] is not None else NOTHING,
        )
    terminal.show(view)
    if rows.height > top:
        terminal.show(Text(f"  ... and {rows.height - top:,} more; --top shows them, --out writes them.", style="dim"))
    note = (
        "left elsewhere: of the demand that is served from other countries; replaceable: the part of what is lost there for "
        f"which a source exists that needs nothing of the country, the last of them after so many {period}s, with any capacity."
    )
    terminal.show(Text(), Text(f"  {note}", style="dim"))


def dependence_about(found: Concentration, *, basis: str) -> dict[str, tuple[str | float, str]]:
    """Return value and meaning of what a workbook says beside the table."""
    indices = {
        f"{attribute}_index": (index, f"Herfindahl index by {attribute}, 1 where all comes from one.")
        for attribute, index in found.indices.items()
    }
    return {
        "basis": (basis, "What flows are weighted by."),
        "single_sourcing_share": (found.single_sourcing_share, "Share of what flows of products that have one supplier alone."),
        **indices,
    }
