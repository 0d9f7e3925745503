"""Stock points as people name them: a site, or a site and a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.nearest import names_of

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a site or a stock point.

    Parameters
    ----------
    name : as it was given.
    members : numbers of stock points; it is short when one of them is.
    is_short : it was seen short, or seen not to be.
    """

    name: str
    members: Integers
    is_short: bool


def seen_of(
    buffers: pl.DataFrame, symptoms: Sequence[str], *, clear: Sequence[str] = (), others_clear: bool = False
) -> tuple[Seen, ...]:
    """Return what was seen, without what says no more: a site of which a stock point is named, a stock point of a clear site.

    Parameters
    ----------
    buffers : ``buffer_id`` and ``site_id`` of the stock points, by number.
    symptoms : sites, or stock points ``SITE/PRODUCT``, that are short; at least one. clear : that are not.
    others_clear : all stock points that belong to no symptom are clear.

    Raises
    ------
    UsageError
        A name is unknown, or what is clear is short too.
    """
    if not symptoms:
        raise UsageError("symptom: found none; allowed: at least one; fix: --symptom SITE/PRODUCT, or --symptom SITE")
    sick = [Seen(name, _members(buffers, name, word="symptom"), True) for name in dict.fromkeys(symptoms)]
    well = [Seen(name, _members(buffers, name, word="clear"), False) for name in dict.fromkeys(clear)]
    for one in sick:
        for other in well:
            if np.isin(one.members, other.members).all():
                found = f"{shown(other.name)}, of which {shown(one.name)} is short"
                raise UsageError(f"clear: found {found}; allowed: what is not short")
    if others_clear:
        named = np.concatenate([one.members for one in sick])
        rest = np.setdiff1d(np.arange(buffers.height), named).tolist()
        well = [Seen(buffers["buffer_id"][number], np.array([number]), False) for number in rest]
    sick = [one for at, one in enumerate(sick) if not _says_no_more(one, sick, at=at)]
    # The others are single stock points, each there once.
    well = well if others_clear else [one for at, one in enumerate(well) if not _says_no_more(one, well, at=at)]
    return (*sick, *well)


def _members(buffers: pl.DataFrame, name: str, *, word: str) -> Integers:
    numbered = buffers.with_row_index("number")
    for column in ("buffer_id", "site_id"):
        rows = numbered.filter(pl.col(column) == name)["number"]
        if rows.len():
            return rows.to_numpy().astype(np.int64)
    near = names_of([*buffers["buffer_id"].to_list(), *buffers["site_id"].unique().sort().to_list()]).nearest(name)
    fix = f"did you mean {near}?" if near else "see sites and stock_points of the project"
    raise UsageError(f"{word}: found {shown(name)}; allowed: a site, or a stock point as SITE/PRODUCT; fix: {fix}")


def _says_no_more(one: Seen, those: Sequence[Seen], *, at: int) -> bool:
    """Tell whether a part of what is short is named as well, or what is clear is a part of it; of two alike the first is kept."""
    for number, other in enumerate(those):
        small, large = (other, one) if one.is_short else (one, other)
        if number == at or not np.isin(small.members, large.members).all():
            continue
        if small.members.size < large.members.size or number < at:
            return True
    return False
