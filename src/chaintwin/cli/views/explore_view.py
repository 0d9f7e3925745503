"""What lies behind the figures of a result: rankings, bullwhip, and bands drawn with characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Glyphs, Terminal
from chaintwin.cli.views.charts import bar_of, resampled
from chaintwin.cli.views.numbers import number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from rich.table import Table
    from rich.text import Text

    from chaintwin.simulation.results import Result

NAMES = {"on_hand": "Stock on hand, units", "backlog": "Backlog, units", "fill_rate": "Fill rate"}
HEIGHT = 8


def show_losses(terminal: Terminal, result: Result, *, losses: pl.DataFrame, top: int) -> None:
    """Print where demand is missed, most first, with the running share of all that is missed."""
    if losses.is_empty():
        terminal.title("No demand was missed.")
        return
    rows = losses.head(top)
    terminal.title(f"Where service is lost, units a {result.period} not met at once: {rows.height} of {losses.height:,}")
    table = _table(terminal, "missed", "fill rate", "running share")
    most = float(rows["missed"].max())  # type: ignore[arg-type]
    for row in rows.to_dicts():
        table.add_row(
            str(next(iter(row.values()))),
            number(row["missed"]),
            percent(row["fill_rate"]),
            percent(row["cumulative_share"]),
            bar_of(row["missed"] / most, terminal.glyphs, width=10),
        )
    terminal.show(table)


def show_costs(terminal: Terminal, result: Result, *, costs: pl.DataFrame, top: int) -> None:
    """Print what costs most, with the running share of the total."""
    if costs.is_empty():
        terminal.title("Nothing costs anything, or the result is older than this ranking.")
        return
    rows = costs.head(top)
    terminal.title(f"Where money goes, {result.currency} a {result.period}: {rows.height} of {costs.height:,}")
    table = _table(terminal, "amount", "share", "running share")
    most = float(rows["amount"].max())  # type: ignore[arg-type]
    for row in rows.to_dicts():
        line = str(row["line"]).removesuffix("_cost").replace("_", " ")
        table.add_row(
            f"{line}: {row['id']}",
            number(row["amount"]),
            percent(row["share"]),
            percent(row["cumulative_share"]),
            bar_of(row["amount"] / most, terminal.glyphs, width=10),
        )
    terminal.show(table)


def show_bullwhip(terminal: Terminal, result: Result, *, top: int) -> None:
    """Print where orders vary most compared with demand; nothing where that was not kept."""
    if result.bullwhip.is_empty():
        return
    known = result.bullwhip.drop_nulls("bullwhip").sort(["bullwhip", "buffer_id"], descending=[True, False])
    rows = known.head(top)
    terminal.title(f"Bullwhip, variance of orders over variance of demand: {rows.height} of {known.height:,}")
    table = _table(terminal, "ratio", "+/-")
    for name, ratio, half in rows.select("buffer_id", "bullwhip", "bullwhip_half_width").iter_rows():
        table.add_row(str(name), number(ratio), number(half), "")
    terminal.show(table)


def show_band(terminal: Terminal, result: Result, *, title: str, rows: Sequence[tuple[str, pl.DataFrame]]) -> None:
    """Print the bands of one stock point, one chart a quantity."""
    for quantity, frame in rows:
        periods = frame["period"]
        terminal.title(f"{NAMES[quantity]}, {title}, {result.period} {periods[0]} to {periods[-1]}")
        terminal.show(band_chart(frame, terminal.glyphs, width=min(terminal.width, 78), is_share=quantity == "fill_rate"))
    light, dark, line = tuple(terminal.glyphs.band)
    terminal.show("", f"  {light} 90 of 100 runs   {dark} 50 of 100 runs   {line} median")


def band_chart(frame: pl.DataFrame, glyphs: Glyphs, *, width: int, is_share: bool = False) -> Text:
    """Return a chart of the middle 90 % and 50 % and the median, one column a period, or several periods averaged.

    Parameters
    ----------
    frame : columns ``q05``, ``q25``, ``q50``, ``q75``, ``q95``, in order of period.
    glyphs : what it is drawn with.
    width : columns of the chart.
    is_share : values are shares, written in percent.
    """
    import numpy as np
    from rich.text import Text

    values = {name: frame[name].cast(float).to_numpy() for name in ("q05", "q25", "q50", "q75", "q95")}
    if np.isnan(values["q50"]).all():
        return Text("  nothing to show", style="dim")
    low, high = float(np.nanmin(values["q05"])), float(np.nanmax(values["q95"]))
    low = low if is_share else min(0.0, low)
    high = high if high > low else low + 1.0
    scale = [percent(end, 1) if is_share else number(end) for end in (high, low)]
    margin = max(map(len, scale))
    columns = {name: resampled(one, max(8, width - margin - 4)) for name, one in values.items()}
    cell = {
        name: np.floor(np.nan_to_num((one - low) / (high - low), nan=-1.0) * (HEIGHT - 1) + 0.5) for name, one in columns.items()
    }
    light, dark, line = tuple(glyphs.band)
    text = Text()
    for step in range(HEIGHT - 1, -1, -1):
        label = scale[0] if step == HEIGHT - 1 else scale[1] if step == 0 else ""
        inside = np.where((cell["q05"] <= step) & (step <= cell["q95"]), light, " ")
        inside = np.where((cell["q25"] <= step) & (step <= cell["q75"]), dark, inside)
        inside = np.where(cell["q50"] == step, line, inside)
        text.append(f"  {label:>{margin}} ", style="dim")
        text.append("".join(inside.tolist()).rstrip() + ("\n" if step else ""), style="cyan")
    return text


def _table(terminal: Terminal, *others: str) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("", max_width=max(16, min(48, terminal.width - 50)), no_wrap=True, overflow="ellipsis")
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, style="magenta")
    return table
