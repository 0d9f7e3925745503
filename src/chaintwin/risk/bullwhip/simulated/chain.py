"""The part of a network whose bullwhip is looked at: its stock points in echelons, and what of them customers ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.errors import Finding, InputError
from chaintwin.network.graph import Policy
from chaintwin.network.paths.ordering import levels_of, loop_of, spread
from chaintwin.network.program import Program
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.nearest import names_of

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chain:
    """Stock points in echelons.

    Parameters
    ----------
    points : of those that order, by echelon, then id: ``buffer`` (its number in the program), ``buffer_id``, ``site_id``,
        ``product_id``, ``echelon`` (1 next to the customers; else one more than the highest that it supplies).
    content : sparse[N, N]: units of the row's product in one unit of the column's, by bills and by the shares of the sources
        that are asked first.
    customers : sparse[N, D]: the same in one unit that a stream asks for.
    """

    points: pl.DataFrame
    content: sparse.csr_array
    customers: sparse.csr_array

    @property
    def buffers(self) -> Integers:
        """Integers[points], numbers in the program."""
        return self.points["buffer"].to_numpy().astype(np.int64)


def chain_of(program: Program, *, products: Sequence[str] = (), sites: Sequence[str] = ()) -> Chain:
    """Return the stock points of a part of a network in echelons.

    Parameters
    ----------
    program : the network.
    products, sites : ids; the part is what is of one of the products at one of the sites, with all that supplies it and all that
        it supplies, directly or not. None of a kind leaves that kind open; none at all is the whole network.

    Raises
    ------
    InputError
        A product or site is unknown, nothing is left, or goods go round in a loop, so that there are no echelons; the exception
        carries all findings.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> chain = chain_of(load(Example.BEER_GAME).compile())
    >>> chain.points.select("site_id", "echelon").rows()
    [('retailer', 1), ('wholesaler', 2), ('distributor', 3), ('brewery', 4)]
    """
    names = program.names.buffers
    findings = [
        *_unknown("product", products, known=names["product_id"], code="bullwhip.product"),
        *_unknown("site", sites, known=names["site_id"], code="bullwhip.site"),
    ]
    if findings:
        raise InputError(findings)
    above, below, content = _feeds(program)
    count = names.height
    part = _part(names, above, below=below, products=products, sites=sites)
    inside = part[above] & part[below]
    # Echelons are counted from the customers upwards, so that an arc leads from what is supplied to what supplies it.
    tail, head = below[inside], above[inside]
    level = levels_of(tail, head, base=np.ones(count, dtype=np.int64))
    if (level[part] < 0).any():
        loop = " > ".join(names["buffer_id"][place] for place in reversed(loop_of(tail, head, level=level)))
        raise InputError(
            [
                Finding(
                    "bullwhip.loop",
                    f"goods that go round: {loop}",
                    "stock points that supply each other in one direction, or there are no echelons",
                    "leave the loop out with --product or --site, or rank one of its sources behind the others",
                )
            ]
        )
    chosen = np.flatnonzero(part & (program.buffers.policy != Policy.NONE))
    if not chosen.size:
        what = " and ".join(text for text in (", ".join(products), ", ".join(sites)) if text) or "the project"
        raise InputError([Finding("bullwhip.nothing", f"no stock point that orders of {what}", "at least one", "name others")])
    points = names.with_row_index("buffer").with_columns(echelon=pl.Series(level)).gather(chosen)
    points = points.select(pl.col("buffer").cast(pl.Int64), "buffer_id", "site_id", "product_id", "echelon")
    contents = _contents(above, below, content=content, count=count)
    streams = program.streams.buffer
    asks = sparse.csr_array((np.ones(streams.size), (streams, np.arange(streams.size))), shape=(count, streams.size))
    return Chain(points.sort("echelon", "buffer_id"), contents, sparse.csr_array(contents @ asks))


def _feeds(program: Program) -> tuple[Integers, Integers, NDArray[np.float64]]:
    """Return which buffer supplies which as a rule, and units above in one unit below times the share of the source."""
    buffers, activities = program.buffers, program.activities
    target = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.source_start))
    first = np.flatnonzero(buffers.source_tier == 0)
    place, arc = spread(activities.input_start, buffers.source_activity[first])
    source = first[place]
    share = buffers.source_share[source] / buffers.source_total[source] / buffers.source_output[source]
    return activities.input_buffer[arc], target[source], activities.input_quantity[arc] * share


def _part(
    names: pl.DataFrame, above: Integers, *, below: Integers, products: Sequence[str], sites: Sequence[str]
) -> NDArray[np.bool_]:
    """Return bool[N]: what is named, with all above and all below it."""
    named = np.ones(names.height, dtype=bool)
    for column, wanted in (("product_id", products), ("site_id", sites)):
        if wanted:
            named &= names[column].is_in(list(wanted)).to_numpy()
    part = named.copy()
    for tail, head in ((above, below), (below, above)):
        reached, size = named.copy(), -1
        while reached.sum() != size:
            size = int(reached.sum())
            reached[head[reached[tail]]] = True
        part |= reached
    return part


def _contents(above: Integers, below: Integers, *, content: NDArray[np.float64], count: int) -> sparse.csr_array:
    """Return the sum of all powers of what supplies what; without loops there are only so many."""
    step = sparse.csr_array((content, (above, below)), shape=(count, count))
    total = power = sparse.csr_array(sparse.identity(count, format="csr"))
    while power.nnz:
        power = sparse.csr_array(step @ power)
        total = total + power
    return sparse.csr_array(total)


def _unknown(what: str, wanted: Sequence[str], *, known: pl.Series, code: str) -> list[Finding]:
    ids = known.unique().sort().to_list()
    found = []
    for name in dict.fromkeys(wanted):
        if name not in ids:
            near = names_of(ids).nearest(name)
            fix = f"did you mean {shown(near)}?" if near else f"name a {what} that is stocked"
            found.append(Finding(code, shown(name), f"a {what} with a stock point", fix, column=f"--{what}"))
    return found
