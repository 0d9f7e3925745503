"""The rates of judged order lines, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import TYPED, Terminal
from chaintwin.cli.views.numbers import count, percent

if TYPE_CHECKING:
    from chaintwin.risk.service import PerfectOrders, Rate

MEANINGS = {
    "perfect_order": "orders that are perfect in all lines",
    "perfect_line": "lines that are perfect",
    "in_full": "orders in full",
    "on_time": "orders on time, at the right place",
    "documents": "orders with the right documents",
    "condition": "orders in the right condition",
    "otif_order": "orders on time in full",
    "otif_line": "lines on time in full",
    "otif_volume": "units on time in full",
}
RIGHTS = "orders right in "


def rates_of(found: PerfectOrders) -> list[tuple[str, str, Rate]]:
    """Return name, meaning and value of every rate: perfect orders first, then the six rights and all of them.

    Parameters
    ----------
    found : what ``judge_orders`` returned.
    """
    rates = [(name, meaning, getattr(found, name)) for name, meaning in MEANINGS.items()]
    rates += [(name, RIGHTS + name.removeprefix("right_"), rate) for name, rate in found.rights.items()]
    return [*rates, ("all_rights", RIGHTS + "all of these", found.all_rights)]


def show_service(terminal: Terminal, found: PerfectOrders, *, confidence: float) -> None:
    """Print the rates with their intervals.

    Parameters
    ----------
    terminal : where to.
    found : what ``judge_orders`` returned.
    confidence : level of the intervals.
    """
    from rich.table import Table
    from rich.text import Text

    orders = found.perfect_order.order_count
    terminal.title(
        f"{percent(found.perfect_order.value)} of {count(orders, 'order')} are perfect ({count(found.lines.height, 'line')})"
    )
    view = Table(box=None, padding=(0, 1), header_style="dim")
    for name in ("share", "interval"):
        view.add_column(name, justify="right", no_wrap=True)
    view.add_column("of", no_wrap=True, overflow="ellipsis")
    to = " to " if terminal.glyphs is TYPED else "…"
    for name, meaning, rate in rates_of(found):
        if name == "right_product":
            view.add_section()
        view.add_row(percent(rate.value), f"{100 * rate.low:.1f}{to}{100 * rate.high:.1f}", meaning)
    terminal.show(view)
    if "right_cost" not in found.rights:
        terminal.show(Text("  No line has a quoted cost, so right cost is not judged.", style="dim"))
    terminal.show(Text(), Text(f"  Intervals at {100 * confidence:g} %; orders are taken as independent.", style="dim"))
