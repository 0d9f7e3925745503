"""Which stock points are meant, and the frames of bands and bullwhip."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.tables.cells.nearest import names_of
from chaintwin.simulation.bands.keeping import WHOLE
from chaintwin.simulation.bands.quantiles import LEVELS

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

QUANTILES = tuple(f"q{round(100 * level):02d}" for level in LEVELS)
"""Columns of a band: q01 to q99."""

EVERY = "all"
"""Stands for every stock point."""

SERIES_MAX = 20_000_000
"""Kept quantities times periods, 160 bytes each: 3.2 GB."""


def chosen_buffers(buffers: pl.DataFrame, wanted: Iterable[str] | Literal["all"], *, periods: int) -> Integers:
    """Return Integers[n]: the stock points that are meant, each once, in the order of the program.

    Parameters
    ----------
    buffers : columns ``buffer_id``, ``site_id``, ``product_id``.
    wanted : ids such as ``site/product``, or ``all``, alone or among them; none keeps the bands of the whole network only.
    periods : periods that count.

    Raises
    ------
    UsageError
        There is no such stock point, or there are so many that their bands would not fit the memory of most machines.
    """
    ids = buffers["buffer_id"].to_list()
    named = {wanted} if isinstance(wanted, str) else set(wanted)
    # An id holds a slash, so that no stock point is called like this word.
    chosen = set(ids) if EVERY in named else named
    unknown = sorted(named - set(ids) - {EVERY})
    if unknown:
        raise UsageError(unknown_stock_points(unknown, ids))
    found = np.flatnonzero(buffers["buffer_id"].is_in(sorted(chosen)).to_numpy())
    size = (2 * found.size + WHOLE) * periods
    if size > SERIES_MAX:
        raise UsageError(
            f"bands: found {found.size:,} stock points and {periods:,} periods; allowed: at most {SERIES_MAX // (2 * periods):,} "
            "stock points for so many periods; fix: name those you want to see"
        )
    return found


def unknown_stock_points(unknown: list[str], known: Iterable[str]) -> str:
    """Return the message for ids that no stock point has, with the nearest that there are."""
    names = names_of(known)
    shown = "; ".join(
        f"{name!r}" + (f" (the nearest is {near!r})" if (near := names.nearest(name)) else "") for name in unknown[:5]
    )
    more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
    return f"stock point: found {shown}{more}; allowed: an id of stock_points, such as {names.all[0] if names.all else '-'!r}"


def bands_frame(buffers: pl.DataFrame, band: NDArray[np.float32], *, chosen: Integers, first: int) -> pl.DataFrame:
    """Return one row a quantity, stock point and period: ``quantity``, ids, ``period``, ``q01`` to ``q99``.

    Rows without ids are of the whole network.

    Parameters
    ----------
    buffers : as in ``chosen_buffers``. chosen : Integers[n], its rows that are kept.
    band : float32[2 n + 3, periods, 9].
    first : number of the first period.
    """
    size, periods = chosen.size, band.shape[1]
    quantities = ["on_hand"] * size + ["backlog"] * size + ["on_hand", "backlog", "fill_rate"]
    index = pl.Series(np.concatenate([chosen, chosen]).tolist() + [None] * WHOLE, dtype=pl.Int64)
    named = pl.DataFrame({"quantity": quantities, **{name: buffers[name].gather(index) for name in buffers.columns}})
    rows = named.select(pl.all().repeat_by(periods).explode()) if periods else named.clear()
    return rows.with_columns(
        pl.Series("period", np.tile(np.arange(first, first + periods), band.shape[0])),
        *(pl.Series(name, band[:, :, place].ravel()).fill_nan(None) for place, name in enumerate(QUANTILES)),
    )


def bullwhip_frame(buffers: pl.DataFrame, *, chosen: Integers, ratio: Floats, half_width: Floats) -> pl.DataFrame:
    """Return one row a kept stock point: ids, ``bullwhip`` and ``bullwhip_half_width``, null where demand never varies."""
    return buffers[chosen].with_columns(
        pl.Series("bullwhip", np.where(np.isfinite(ratio), ratio, np.nan)).fill_nan(None),
        pl.Series("bullwhip_half_width", np.where(np.isfinite(ratio), half_width, np.nan)).fill_nan(None),
    )
