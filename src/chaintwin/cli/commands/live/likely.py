"""What stock is likely where events are missing, for ``chaintwin state --likely``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    import polars as pl

    from chaintwin.fidelity.reconciliation import StockHistory
    from chaintwin.network.network import Network
    from chaintwin.store.interface import Store


def likely_stock(terminal: Terminal, network: Network, *, store: Store, time: int | None, known: int | None) -> StockHistory:
    """Return stock as it is likely to be at the close of the last period of a log, or of the last one that ends by a time.

    Parameters
    ----------
    terminal : where the wait is shown. network : of the project. store : its log.
    time : event time, microseconds; None for all. known : time of record, which must be None: the books are read as a whole.

    Raises
    ------
    UsageError
        A time of record is given, or no period has ended by then.
    """
    from chaintwin.cli.terminal.progress import waiting
    from chaintwin.errors import UsageError
    from chaintwin.fidelity.calibration.lanes import Calendar
    from chaintwin.fidelity.reconciliation import follow_stock

    if known is not None:
        raise UsageError("--likely: found it beside --known; allowed: with --at alone")
    periods = None if time is None else Calendar.of(network.settings).period_of(time)
    if periods is not None and periods < 1:
        raise UsageError("--likely: found no period of the project that has ended by then; allowed: a later --at")
    with waiting(terminal, "Following stock through the log"):
        return follow_stock(network, store, periods=periods)


def likely_document(history: StockHistory) -> dict[str, object]:
    """Return what is likely as a document."""
    reasons = {reason.value: {"times": times, "units": units} for reason, (times, units) in history.filled.items()}
    return {"periods": len(history.estimate), "stock": history.last(), "put_right": reasons}


def show_likely(terminal: Terminal, history: StockHistory, *, rows: int) -> None:
    """Show where the books are likely to be wrong, the largest differences first.

    Parameters
    ----------
    terminal : where it is shown. history : of stock. rows : that are shown.
    """
    import polars as pl
    from rich.table import Table
    from rich.text import Text

    from chaintwin.cli.terminal.output import printable
    from chaintwin.cli.views.numbers import number

    off = (pl.col("estimate") - pl.col("books")).abs()
    frame: pl.DataFrame = history.last().filter(off > 1e-9 * pl.max_horizontal(pl.col("books").abs(), pl.lit(1.0)))
    terminal.title(f"Likely stock: other than the books at {frame.height:,} of {history.points.height:,} stock points")
    if frame.height:
        table = Table(box=None, padding=(0, 1), header_style="dim")
        for name in ("site", "product"):
            table.add_column(name, overflow="fold")
        for name in ("books", "likely"):
            table.add_column(name, justify="right", no_wrap=True)
        for row in frame.sort(off, descending=True).head(rows).iter_rows(named=True):
            names = (Text(printable(row[name])) for name in ("site", "product"))
            table.add_row(*names, number(row["books"]), number(row["estimate"]))
        terminal.show(table)
    for reason, (times, units) in history.filled.items():
        terminal.show(Text(f"  {times:,} x {reason}, {number(units)} units in all"))
