"""Small charts made of characters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Glyphs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.table import Table
    from rich.text import Text

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a bar chart.

    Parameters
    ----------
    label : what it is.
    value : length of the bar, 0 or more.
    text : the value for people.
    style : color of the bar.
    """

    label: str
    value: float
    text: str
    style: str = "cyan"


def bar_chart(bars: Sequence[Bar], glyphs: Glyphs, *, width: int, full: float | None = None) -> Table:
    """Return a table of label, value and bar.

    Parameters
    ----------
    bars : the lines, in order.
    glyphs : what it is drawn with.
    width : columns of the whole chart.
    full : value of a bar of full length; the largest by default.
    """
    from rich.table import Table
    from rich.text import Text

    label_width = min(max((len(bar.label) for bar in bars), default=0), width // 2)
    text_width = max((len(bar.text) for bar in bars), default=0)
    room = max(8, width - label_width - text_width - 6)
    top = full or max((bar.value for bar in bars), default=0) or 1.0
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
    table.add_column(width=label_width, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for bar in bars:
        table.add_row(Text(bar.label), bar.text, Text(bar_of(bar.value / top, glyphs, width=room), style=bar.style))
    return table


def bar_of(share: float, glyphs: Glyphs, *, width: int) -> str:
    """Return a bar of a share, 0 to 1, of so many columns.

    Example
    -------
    >>> from chaintwin.cli.terminal.output import TYPED
    >>> bar_of(0.5, TYPED, width=8)
    '####'
    """
    steps = len(glyphs.parts)
    eighths = round(min(1.0, max(0.0, share)) * width * steps)
    if eighths == 0 and share > 0:
        eighths = 1
    whole, rest = divmod(eighths, steps)
    return glyphs.parts[-1] * whole + (glyphs.parts[rest - 1] if rest else "")


def column_chart(
    values: Sequence[float | None],
    glyphs: Glyphs,
    *,
    width: int,
    height: int = 4,
    label: Callable[[float], str],
    base: float | None = 0.0,
    style: str = "cyan",
) -> Text:
    """Return a chart of one column per value, with the scale on its left.

    Parameters
    ----------
    values : in order; None and NaN leave a gap. More values than columns are averaged.
    glyphs : what it is drawn with.
    width, height : columns and lines of the chart.
    label : how a value of the scale is written.
    base : value at the foot of the chart; the smallest value by default (None).
    style : color of the columns.
    """
    import numpy as np
    from rich.text import Text

    data = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    known = data[~np.isnan(data)]
    if known.size == 0:
        return Text("  nothing to show", style="dim")
    top, foot = float(known.max()), float(known.min()) if base is None else base
    if top <= foot:
        top = foot + (abs(foot) or 1.0)
    labels = [label(top), *[""] * (height - 2), label(foot)]
    margin = max(len(text) for text in labels)
    columns = resampled(data, max(8, width - margin - 4))
    steps = len(glyphs.levels)
    filled = np.nan_to_num((columns - foot) / (top - foot)) * height * steps
    text = Text()
    for line in range(height):
        under = (height - 1 - line) * steps
        level = np.clip(np.round(filled - under), 0, steps).astype(np.int64)
        if line == height - 1:
            # The lowest value still shows as a line, a gap in the data does not.
            level = np.where(np.isnan(columns), 0, np.maximum(level, 1))
        cells = "".join(glyphs.levels[step - 1] if step else " " for step in level.tolist())
        text.append(f"  {labels[line]:>{margin}} ", style="dim")
        text.append(cells.rstrip() + ("\n" if line < height - 1 else ""), style=style)
    return text


def resampled(data: Floats, width: int) -> Floats:
    """Return the values averaged or repeated to at most ``width`` columns; NaN counts for nothing."""
    import numpy as np

    if data.size <= width:
        return np.repeat(data, max(1, width // max(1, data.size)))
    edges = np.linspace(0, data.size, width + 1).astype(np.int64)
    known = ~np.isnan(data)
    sums = np.add.reduceat(np.where(known, data, 0.0), edges[:-1])
    counts = np.add.reduceat(known.astype(np.float64), edges[:-1])
    means: Floats = np.full(width, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means
