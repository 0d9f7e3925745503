"""How an outage spreads through the flows of a network: what stops for good, and when (METHODS 3.8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.lowering.lower import Lowered
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.state import initial_state
from chaintwin.risk.resilience.cascade import Cascade, FirmNetwork, cascade, firm_network
from chaintwin.risk.stress.programmes.flows import Measure, flows_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FELT = 0.05
"""Part of the usual flow of a stock point that must be missing for an outage to be felt there."""

ROUNDS = 400
"""Most steps that an outage is followed through the network."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A network as suppliers and buyers: N stock points and then A activities.

    An activity needs all that it takes, each product being a class of its own; a stock point has one class, what comes in, of
    which it loses the share of the sources that stand still. Nothing can be replaced: others do not do more than usual.

    Parameters
    ----------
    firms : the N + A of them, with the money that flows between them in an ordinary period.
    points : N.
    arcs : Integers[2, flows]: from where to where, by number of firm.
    cover : Floats[N], periods that the first stock of each point lasts with nothing coming in; infinite where nothing is taken.
    lead : Integers[A], periods.
    """

    firms: FirmNetwork
    points: int
    arcs: Integers
    cover: Floats
    lead: Integers

    def level(self, remaining: Floats) -> Cascade:
        """Return what is left of every firm; ``remaining`` is Floats[A], 0 to 1, what activities can still do by themselves."""
        return cascade(self.firms, np.concatenate([np.ones(self.points), remaining]))

    def index(self, remaining: Floats) -> tuple[float, float]:
        """Return the cascade index and the share of sales that is lost, both for good and without any replacement.

        Parameters
        ----------
        remaining : Floats[A], 0 to 1: what activities can still do by themselves.

        Returns
        -------
        The share of all that stock points pass on that goes missing because it cannot be supplied or is not asked for any more
        (0 to 1), and the share of what customers buy that cannot be supplied.
        """
        found = self.level(remaining)
        count, firms = self.points, self.firms
        sold = firms.final_sales[:count]
        passed = sold + np.bincount(firms.suppliers, firms.volumes, minlength=firms.firm_count)[:count]
        missing, short = 1 - found.level[:count], 1 - found.downstream[:count]
        return _share(passed, missing), _share(sold, short)

    def arrives(self, out: Integers, missing: Floats) -> Floats:
        """Return Floats[N], periods after which each stock point has run out; infinite where the outage is not felt.

        Goods under way still arrive, but not at what is out. Stock lasts longer where only a part of what comes in is missing.

        Parameters
        ----------
        out : numbers of activities that stand still. missing : Floats[N + A], share of production that inputs do not allow.
        """
        count = self.points
        felt = missing >= FELT
        begins = np.full(self.firms.firm_count, np.inf)
        begins[count + out] = 0.0
        lasts = np.concatenate([self.cover / np.maximum(missing[:count], FELT), np.zeros(self.lead.size)])
        ways = np.concatenate([np.zeros(count), self.lead.astype(np.float64)])
        ways[count + out] = 0.0
        source, target = self.arcs
        used = felt[source] & felt[target]
        source, target = source[used], target[used]
        for _ in range(ROUNDS):
            # What comes out of a firm goes missing once it has run out, and after what it has sent has arrived.
            found = begins.copy()
            np.minimum.at(found, target, begins[source] + lasts[source] + ways[source])
            if np.array_equal(found, begins):
                break
            begins = found
        found = begins[:count] + lasts[:count]
        return np.asarray(found)


def spread_of(network: Network, lowered: Lowered, *, program: Program) -> Spread:
    """Return a network as suppliers and buyers.

    Parameters
    ----------
    network, lowered : the tables and what they were lowered to. program : what they were compiled to.
    """
    activities, streams = program.activities, program.streams
    count, actors, _, _ = program.counts
    flows = flows_of(program, initial_state(program), measure=Measure.UNITS)
    mean = _means(lowered, program)
    value = _values(network, program)
    taker = np.repeat(np.arange(actors), np.diff(activities.input_start))
    giver = np.repeat(np.arange(actors), np.diff(activities.output_start))
    taken = mean[taker] * activities.input_quantity
    given = mean[giver] * activities.output_quantity
    arcs = np.stack(
        [
            np.concatenate([activities.input_buffer, count + giver]),
            np.concatenate([count + taker, activities.output_buffer]),
        ]
    ).astype(np.int64)
    volumes = np.concatenate([taken * value[activities.input_buffer], given * value[activities.output_buffer]])
    sold = np.bincount(streams.buffer, flows.rate, minlength=count)
    products = program.names.buffers["product_id"].to_list()
    first = activities.output_buffer[activities.output_start[:-1]].tolist()
    leaving = np.bincount(activities.input_buffer, taken, minlength=count) + sold
    with np.errstate(divide="ignore", invalid="ignore"):
        cover = np.where(leaving > 0, flows.stock / leaving, np.inf)
    known = np.isfinite(volumes) & (volumes > 0)
    return Spread(
        firm_network(
            arcs[0, known],
            arcs[1, known],
            volumes=volumes[known],
            products=[*products, *(products[buffer] for buffer in first)],
            final_sales=np.concatenate([np.nan_to_num(sold * value), np.zeros(actors)]),
        ),
        count,
        arcs[:, known],
        cover,
        flows.lead,
    )


def _means(lowered: Lowered, program: Program) -> Floats:
    """Return Floats[A]: what each activity starts in an ordinary period."""
    names = program.names.activities.select("activity_id")
    rows = names.join(lowered.loads.activities, on="activity_id", how="left", maintain_order="left")
    found: Floats = rows["activity_mean"].cast(pl.Float64).fill_null(0.0).to_numpy()
    return found


def _values(network: Network, program: Program) -> Floats:
    """Return Floats[N]: what a unit is worth, money; 1 where nothing says so."""
    worth = network["products"].select(pl.col("product_id").cast(pl.String), pl.col("value")).unique("product_id", keep="first")
    rows = program.names.buffers.join(worth, on="product_id", how="left", maintain_order="left")
    found: Floats = rows["value"].cast(pl.Float64).fill_null(1.0).to_numpy()
    return np.where(found > 0, found, 1.0)


def _share(weights: Floats, parts: Floats) -> float:
    total = float(weights.sum())
    return float(weights @ parts) / total if total > 0 else 0.0
