"""The sites that are probably out, and what speaks for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.views.numbers import count, percent

if TYPE_CHECKING:
    from chaintwin.risk.causes.finding import Causes


def show_causes(terminal: Terminal, found: Causes, *, top: int) -> None:
    """Print the likeliest causes.

    Parameters
    ----------
    terminal : where to.
    found : what ``find_causes`` returned.
    top : rows.
    """
    from rich.table import Table
    from rich.text import Text

    table = found.table
    first = table.row(0, named=True)
    if found.nothing > first["posterior"]:
        terminal.title(f"Most probably no site is out, with a probability of {percent(found.nothing)}")
    else:
        terminal.title(printable(f"Most probably out: {first['site_id']}, {percent(first['posterior'])}"))
    view = Table(box=None, padding=(0, 1), header_style="dim")
    view.add_column("site", no_wrap=True, overflow="ellipsis", max_width=30)
    for name in ("before", "now", "explains", "against"):
        view.add_column(name, justify="right", no_wrap=True)
    view.add_column("most of all", no_wrap=True, overflow="ellipsis", max_width=30)
    for row in table.head(top).iter_rows(named=True):
        view.add_row(
            printable(row["site_id"]),
            percent(row["prior"]),
            percent(row["posterior"]),
            f"{row['explains']} of {row['explains'] + row['unexplained']}",
            str(row["against"]) if found.clear else "-",
            printable(row["because"]),
        )
    terminal.show(view)
    if table.height > top:
        terminal.show(Text(f"  ... and {table.height - top:,} more; --top shows them, --out writes them.", style="dim"))
    terminal.show(Text(), *(Text(f"  {line}", style="dim") for line in _remarks(found)))


def cause_document(found: Causes) -> dict[str, object]:
    """Return what ``--json`` says of causes."""
    return {
        "symptoms": found.symptoms,
        "clear": found.clear,
        "links": str(found.links),
        "summed": str(found.summed),
        "window": found.window,
        "period": found.period,
        "replications": found.replications,
        "nothing": found.nothing,
        "elsewhere": found.elsewhere,
        "causes": found.table,
    }


def cause_about(found: Causes) -> dict[str, tuple[str | float, str]]:
    """Return value and meaning of what a workbook says beside the table."""
    return {
        "symptoms": (", ".join(found.symptoms), "What is short."),
        "clear": (len(found.clear), "What was seen not to be short."),
        "links": (str(found.links), "Where the links between sites and stock points come from."),
        "summed": (str(found.summed), "How probabilities were worked out."),
        "window": (found.window, f"Periods ({found.period}) back in which an outage may have begun."),
        "nothing": (found.nothing, "Probability that none of the sites is out."),
    }


def _remarks(found: Causes) -> list[str]:
    """Return what else is to be said."""
    from chaintwin.risk.causes.finding import Summed

    period = f"{found.period}s"
    seen = count(len(found.symptoms), "symptom")
    if found.clear:
        seen += f" and {len(found.clear):,} seen clear"
    lines = [
        f"before: that it went out within {found.window} {period}, as its hazards say; now: given {seen}.",
        f"None of them is out with a probability of {percent(found.nothing)}. "
        f"{count(found.elsewhere, 'other site')} cannot have made any of this short.",
    ]
    if found.replications:
        lines.append(f"Who goes short was measured in {count(found.replications, 'simulated outage')} of each site.")
    else:
        lines.append("Who goes short is worked out from flows, stock and lead times; --simulate measures it.")
    if found.summed is Summed.LIKELIEST:
        lines.append(f"Many sites can be the cause: summed over {found.summed}.")
    if not found.clear:
        lines.append(
            "Without stock points that are clear a large site explains any shortage: --clear or --others-clear says more."
        )
    return lines
