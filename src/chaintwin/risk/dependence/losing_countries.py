"""What is left when any one country is lost, and how long until a source that does not need it delivers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.errors import UsageError
from chaintwin.network.lowering.lower import Lowered
from chaintwin.network.network import Network
from chaintwin.risk.dependence.origins import UNKNOWN, Basis, country_code, demand_weights, origins_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

AT_ONCE = 32
"""Countries worked on together; bounds memory to so many numbers a stock point."""

SWEEPS = 10_000
"""Most sweeps along the network; a chain needs one a stage, and a loop loses a part of what is left each time."""

WHOLE = 1 - 1e-9
"""From this share on, a supply counts as untouched: shares of sources add up to 1 but for rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class CountryLosses:
    """What is left of supply when one country is lost.

    Parameters
    ----------
    by_country : ``country``, ``surviving_share`` (of all demand that is still served), ``surviving_share_elsewhere`` (of the
        demand that is served from other countries; null if there is none), ``replaceable_share`` (of what is lost elsewhere,
        the part for which an independent source exists; null if nothing is lost there), ``longest_wait`` (mean periods until
        the last such source delivers; null if none); the country with the least left first.
    by_stream : the same by ``country`` and ``stream_id``: ``surviving_share``, ``wait`` (periods; 0 where nothing is lost, null
        where no source is independent).
    """

    by_country: pl.DataFrame
    by_stream: pl.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class _Flow:
    """Who fills what. P stock points, A activities.

    Parameters
    ----------
    shares : sparse float64[P, A]: share of what a stock point gets. What is only a by-product comes evenly from all that give it.
    lead : Floats[A], periods.
    output_activity, output_point : one entry an output, by-products too.
    input_activity, input_point : one entry an input.
    filled : Booleans[P]: whether anything fills a stock point.
    """

    shares: sparse.csr_array
    lead: Floats
    output_activity: Integers
    output_point: Integers
    input_activity: Integers
    input_point: Integers
    filled: NDArray[np.bool_]


def lose_countries(
    network: Network, lowered: Lowered, *, countries: Iterable[str] | None = None, basis: Basis = Basis.VALUE
) -> CountryLosses:
    """Return what is left of supply when each country is lost, alone and for good.

    Nothing is made, bought, sent or kept in a lost country. An activity goes on as far as the least of its inputs does; a stock
    point is filled as far as its sources, by their usual shares. Sources do not step in for each other, so this is what is left
    before anybody reacts; stock is not counted. The wait is until the fastest source that needs nothing of the lost country
    delivers, contingencies included: its lead time and the longest wait for its inputs, which is 0 for inputs that nothing is
    lost of. Its capacity is not looked at.

    Parameters
    ----------
    network, lowered : the tables and what they were lowered to.
    countries : codes or names; None for all in which something is made, bought, sent or kept.
    basis : what demand is weighted by.

    Raises
    ------
    UsageError : nothing is asked for, or has a price; or a country is none of the network's.

    Source: steady-state propagation of inoperability, Haimes & Jiang 2001, with the least input in place of the sum.
    """
    origins = origins_of(network, lowered)
    points = lowered.supply.points
    at, weight = demand_weights(lowered, basis)
    if not weight.sum() > 0:
        fix = "weight by volume" if basis is Basis.VALUE else "give demand to the network"
        raise UsageError(f"basis: found no demand with a {basis}; allowed: some; fix: {fix}")
    of_site = {str(site): country_code(country) for site, country in network["sites"].select("site_id", "country").iter_rows()}
    home = np.array([of_site.get(str(site), UNKNOWN) for site in points["site_id"]], dtype=np.str_)
    place, target = (origins[name].to_numpy().astype(np.str_) for name in ("country", "target_country"))
    known = sorted({*home.tolist(), *place.tolist()} - {UNKNOWN})
    wanted = known if countries is None else [country_code(text) for text in dict.fromkeys(countries)]
    for country in wanted:
        if country not in known:
            raise UsageError(f"countries: found {country}; allowed: {', '.join(known)}; fix: name a country of the network")
    flow = _flow_of(lowered, origins)
    streams = lowered.streams["stream_id"].cast(pl.String)
    parts, rows = [], []
    for first in range(0, len(wanted), AT_ONCE):
        lost = np.array(wanted[first : first + AT_ONCE], dtype=np.str_)
        is_out = (place[:, None] == lost) | (target[:, None] == lost)
        is_lost = home[:, None] == lost
        left = _surviving(flow, is_out=is_out, is_lost=is_lost)
        wait = _waits(flow, is_out=is_out, is_lost=is_lost, left=left)
        for column, country in enumerate(lost.tolist()):
            share, periods, here = left[at, column], wait[at, column], is_lost[at, column]
            rows.append((country, *_summed(weight, share, periods=periods, here=here)))
            parts.append(
                pl.DataFrame(
                    {"stream_id": streams, "surviving_share": share, "wait": np.where(np.isfinite(periods), periods, np.nan)}
                ).select(pl.lit(country).alias("country"), "stream_id", "surviving_share", pl.col("wait").fill_nan(None))
            )
    names = ("country", "surviving_share", "surviving_share_elsewhere", "replaceable_share", "longest_wait")
    schema = dict.fromkeys(names, pl.Float64()) | {"country": pl.String()}
    by_country = pl.DataFrame(rows, schema=schema, orient="row").sort("surviving_share", "country")
    empty = {"country": pl.String, "stream_id": pl.String, "surviving_share": pl.Float64, "wait": pl.Float64}
    return CountryLosses(by_country, pl.concat(parts) if parts else pl.DataFrame(schema=empty))


def _surviving(flow: _Flow, *, is_out: NDArray[np.bool_], is_lost: NDArray[np.bool_]) -> Floats:
    """Return Floats[P, C]: the share of each stock point's supply that is left.

    Parameters
    ----------
    flow : who fills what.
    is_out, is_lost : Booleans[A, C] and Booleans[P, C]: activities and stock points that are lost with each country.
    """
    left = np.where(is_lost, 0.0, 1.0)
    for _ in range(SWEEPS):
        level = np.where(is_out, 0.0, 1.0)
        np.minimum.at(level, flow.input_activity, left[flow.input_point])
        filled = flow.shares @ level
        new = np.where(is_lost, 0.0, np.where(flow.filled[:, None], np.minimum(filled, 1.0), 1.0))
        if np.abs(new - left).max(initial=0.0) <= 1e-12:
            return new
        left = new
    return left


def _waits(flow: _Flow, *, is_out: NDArray[np.bool_], is_lost: NDArray[np.bool_], left: Floats) -> Floats:
    """Return Floats[P, C]: periods until a source that needs nothing of the lost country delivers; infinite if none ever does.

    Parameters
    ----------
    flow, is_out, is_lost : as for `_surviving`.
    left : what that returned.
    """
    untouched = left >= WHOLE
    wait = np.where(untouched, 0.0, np.inf)
    for _ in range(SWEEPS):
        needed = np.zeros(is_out.shape)
        np.maximum.at(needed, flow.input_activity, wait[flow.input_point])
        ready = np.where(is_out, np.inf, needed + flow.lead[:, None])
        new = np.full_like(wait, np.inf)
        np.minimum.at(new, flow.output_point, ready[flow.output_activity])
        new = np.where(untouched, 0.0, np.where(is_lost, np.inf, new))
        if np.array_equal(new, wait):
            return new
        wait = new
    return wait


def _flow_of(lowered: Lowered, origins: pl.DataFrame) -> _Flow:
    arcs, count = lowered.arcs, lowered.supply.points.height
    share = origins["share"].to_numpy().astype(np.float64)
    is_main = np.bincount(arcs.main, weights=share, minlength=count) > 0
    several = np.bincount(arcs.beside_point, minlength=count)
    beside = np.where(is_main[arcs.beside_point], 0.0, 1 / np.maximum(several, 1)[arcs.beside_point])
    activity = np.concatenate([np.arange(share.size), arcs.beside_activity])
    point = np.concatenate([arcs.main, arcs.beside_point])
    shares = sparse.coo_array((np.concatenate([share, beside]), (point, activity)), shape=(count, share.size)).tocsr()
    lead = origins["lead"].to_numpy().astype(np.float64)
    return _Flow(shares, lead, activity, point, arcs.input_activity, arcs.input_point, is_main | (several > 0))


def _summed(
    weight: Floats, share: Floats, *, periods: Floats, here: NDArray[np.bool_]
) -> tuple[float, float | None, float | None, float | None]:
    """Return what `CountryLosses.by_country` says of one country."""
    elsewhere = float(weight[~here].sum())
    # What hangs on a country by less than rounding is not lost.
    lost = np.where(here | (share >= WHOLE), 0.0, weight * (1 - share))
    can = np.isfinite(periods) & (lost > 0)
    total = float(lost.sum())
    return (
        float(weight @ share) / float(weight.sum()),
        float(weight[~here] @ share[~here]) / elsewhere if elsewhere > 0 else None,
        float(lost[can].sum()) / total if total > 0 else None,
        float(periods[can].max()) if can.any() else None,
    )
