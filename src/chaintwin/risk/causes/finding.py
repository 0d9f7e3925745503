"""The sites that are probably out, from what is short and what is not (METHODS 3.9)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

from chaintwin.errors import CancelledError, UsageError
from chaintwin.laws.checking import check_whole
from chaintwin.network.lowering.lower import Lowered, lower_in_full
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.network.tables.cells.cells import shown
from chaintwin.risk.annual.catalogue.collecting import catalogue_of
from chaintwin.risk.annual.catalogue.places import Places
from chaintwin.risk.causes.naming import Seen, seen_of
from chaintwin.risk.causes.outages import ORDINARY, shortages, usually_owed
from chaintwin.risk.causes.spreading import FELT, Spread, spread_of
from chaintwin.risk.inference.elimination import elimination_width
from chaintwin.risk.inference.few import ALMOST, few_causes
from chaintwin.risk.inference.network import NoisyOr
from chaintwin.risk.inference.posterior import posterior
from chaintwin.risk.resilience.cascade import BLOCK, downstream_of
from chaintwin.risk.stress.scopes import Scope, ScopeKind, scopes_of
from chaintwin.simulation.playing import CANCELLED

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WINDOW_DAYS = 60
"""Days back in which an outage may have begun, if nobody says."""

WINDOW_MOST = 3650

REPLICATIONS_MOST = 64

BY_ITSELF = 0.02
"""Links from flows: probability that a stock point is short without an outage. An assumption; a simulation measures it."""

SURE = 0.95
"""Links from flows: probability that a stock point is short once its stock and what is under way to it must be used up."""

SPREAD = 0.5
"""Links from flows: standard deviation of the logarithm of how long stock and ways last."""

WIDTH_MAX, ASKED_MAX = 10, 40
"""Widest elimination and most candidates that are worked out exactly, in a second or so; else few causes are tried."""

PAIRED = 300
"""Most candidates that are tried two at a time: those that are likeliest to be out alone."""

STRONG = 0.5
"""Strength from which a link is said to explain a symptom, or to speak against a cause."""

SCHEMA = pl.Schema(
    {
        "rank": pl.Int64(),
        "site_id": pl.String(),
        "prior": pl.Float64(),
        "posterior": pl.Float64(),
        "explains": pl.Int64(),
        "unexplained": pl.Int64(),
        "against": pl.Int64(),
        "because": pl.String(),
    }
)


class Links(StrEnum):
    """Where the links between sites and stock points come from."""

    FLOWS = "flows"
    """What stops for good, and how long stock and ways last until then."""

    SIMULATED = "simulated"
    """How often a stock point is short when the site is out."""


class Summed(StrEnum):
    """How the posterior was worked out."""

    EXACT = "exact"
    FEW = "at most two sites out"
    LIKELIEST = f"at most two sites out, two only of the {PAIRED} likeliest"


@dataclass(frozen=True, slots=True)
class Causes:
    """What probably caused some symptoms.

    Parameters
    ----------
    table : one row for each site that can have caused one of them, the likeliest first: ``rank``, ``site_id``, ``prior`` and
        ``posterior`` (probability that it is out), ``explains`` (symptoms that it makes short with a probability of a half or
        more), ``unexplained`` (the other symptoms), ``against`` (what it would probably have made short and was seen clear),
        ``because`` (the symptom that speaks most for it).
    nothing : probability that none of them is out.
    symptoms, clear : what was seen, without what says no more.
    links, summed : how it was found.
    window : periods back in which an outage may have begun. period : of the project.
    replications : of each outage; 0 without simulation.
    elsewhere : sites that cannot have caused any of the symptoms.
    """

    table: pl.DataFrame
    nothing: float
    symptoms: tuple[str, ...]
    clear: tuple[str, ...]
    links: Links
    summed: Summed
    window: int
    period: str
    replications: int
    elsewhere: int


def find_causes(
    network: Network,
    symptoms: Sequence[str],
    *,
    clear: Sequence[str] = (),
    others_clear: bool = False,
    simulated: bool = False,
    window: int | None = None,
    replications: int = 16,
    own_rate: float | None = None,
    vulnerability: float = 1.0,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> Causes:
    """Return the sites that are probably out, from what is short and what is not.

    A noisy-or network links every site to the stock points that an outage of it makes short. The prior of a site is that of an
    event of the table ``hazards``, or a failure of its own, within the window.

    Parameters
    ----------
    network : tables without errors.
    symptoms : sites, or stock points ``SITE/PRODUCT``, that are short: that owe more than they ever do in ordinary times. A
        site is short when one of its stock points is.
    clear : that were not short in the window. others_clear : nothing else was: symptoms holds all that is short.
    simulated : strengths of links are the shares of replications in which the stock point is short while the site is out; else
        they come from flows, stock and lead times.
    window : periods back in which an outage may have begun; 60 days by default.
    replications : of each simulated outage, 2 to 64. seed : of their random numbers.
    own_rate, vulnerability : as for ``catalogue_of``: failures of each site a year, and how likely an event there hits it.
    progress : called with the share done. cancel : set it to stop.

    Raises
    ------
    UsageError
        A name is unknown, a number is out of range, no site can have caused a symptom, or outages are to be simulated on a
        network that has disruptions.
    CancelledError
        ``cancel`` was set.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> found = find_causes(load(Example.BEER_GAME), ["wholesaler", "distributor"], clear=["brewery"])
    >>> found.table["site_id"][0]
    'wholesaler'

    Source: METHODS 3.9; Hosseini & Ivanov 2020.
    """
    settings = network.settings
    periods = -(-WINDOW_DAYS * 24 // settings.period.hours) if window is None else window
    check_whole("window", periods, low=1, high=WINDOW_MOST)
    check_whole("replications", replications, low=2, high=REPLICATIONS_MOST)
    if simulated and network.disruptions:
        number = len(network.disruptions)
        found = f"a network with {number:,} disruption{'s' if number != 1 else ''}"
        raise UsageError(f"simulated: found {found}; allowed: one without; fix: leave --simulate out, or remove the disruptions")
    lowered = lower_in_full(network)
    program = network.compile()
    seen = seen_of(program.names.buffers, symptoms, clear=clear, others_clear=others_clear)
    sites = scopes_of(network, lowered, kinds=(ScopeKind.SITE,))
    spread, numbers = spread_of(network, lowered, program=program), _numbers(lowered, program)
    prior = _priors(network, lowered, sites, window=periods, own_rate=own_rate, vulnerability=vulnerability)
    outs = {place: numbers[sites[place].activities] for place in np.flatnonzero(prior > 0).tolist()}
    chosen, arrives = _arrivals(spread, outs, seen=seen, progress=None if simulated else progress, cancel=cancel)
    if not chosen.size:
        allowed = "a stock point that is supplied, and sites that may fail"
        raise UsageError(f"symptom: found no site whose outage can make {shown(seen[0].name)} short; allowed: {allowed}")
    if simulated:
        run = _Run(network, lowered, periods, replications, seed)
        strength, leak = run.links([sites[number].id for number in chosen.tolist()], seen, progress=progress, cancel=cancel)
    else:
        strength, leak = _guessed(arrives, window=periods)
    ids = [sites[number].id for number in chosen.tolist()]
    chances, nothing, summed = _posterior(ids, prior[chosen], strength, leak=leak, seen=seen)
    return Causes(
        _table(ids, prior[chosen], chances, strength=strength, leak=leak, seen=seen),
        nothing,
        tuple(one.name for one in seen if one.is_short),
        tuple(one.name for one in seen if not one.is_short),
        Links.SIMULATED if simulated else Links.FLOWS,
        summed,
        periods,
        str(settings.period.value),
        replications if simulated else 0,
        len(sites) - chosen.size,
    )


def _numbers(lowered: Lowered, program: Program) -> NDArray[np.int64]:
    """Return for each activity of the tables its number in the program."""
    names = program.names.activities.select("activity_id").with_row_index("number")
    rows = lowered.found.activities.select("activity_id").join(names, on="activity_id", how="left", maintain_order="left")
    return rows["number"].to_numpy().astype(np.int64)


def _arrivals(
    spread: Spread,
    outs: Mapping[int, Integers],
    *,
    seen: Sequence[Seen],
    progress: Callable[[float], None] | None,
    cancel: threading.Event | None,
) -> tuple[Integers, Floats]:
    """Return the sites that make a symptom short, and Floats[of them, seen]: after how many periods each is short.

    ``outs`` has by number of a site the activities that stand still when it is out.
    """
    source, target = spread.arcs
    short = np.concatenate([one.members for one in seen if one.is_short])
    members = np.concatenate([one.members for one in seen])
    starts = np.cumsum([0, *(one.members.size for one in seen[:-1])])
    leads = _leads_to(spread, short)
    # What an outage is owed is not downstream of it.
    owed = np.unique(target[np.isin(source, short)])
    kept = [place for place, out in outs.items() if leads[spread.points + out].any() or np.isin(spread.points + out, owed).any()]
    found: dict[int, Floats] = {}
    for first in range(0, len(kept), BLOCK):
        if cancel is not None and cancel.is_set():
            raise CancelledError(CANCELLED)
        block = kept[first : first + BLOCK]
        remaining = np.ones((spread.firms.firm_count, len(block)))
        for column, place in enumerate(block):
            remaining[spread.points + outs[place], column] = 0.0
        missing = 1 - downstream_of(spread.firms, remaining)
        for column, place in enumerate(block):
            lost, out = missing[:, column], outs[place]
            # What the site would have taken or been sent is owed to it at once.
            stands = np.zeros(spread.firms.firm_count, dtype=bool)
            stands[spread.points + out] = True
            waits = source[stands[target]]
            if not (lost[short] >= FELT).any() and not np.isin(short, waits).any():
                continue
            when = spread.arrives(out, lost)
            when[waits] = 1.0
            found[place] = np.minimum.reduceat(when[members], starts)
        if progress is not None:
            progress(min(first + BLOCK, len(kept)) / len(kept))
    return np.array([*found], dtype=np.int64), np.array([*found.values()]).reshape(-1, len(seen))


def _leads_to(spread: Spread, points: Integers) -> NDArray[np.bool_]:
    """Return bool[N + A]: from where flows lead, over however many firms, to one of some stock points."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    count = spread.firms.firm_count
    source, target = spread.arcs
    # One more firm, which all the points lead to.
    heads, tails = np.concatenate([source, points]), np.concatenate([target, np.full(points.size, count)])
    back = csr_array((np.ones(heads.size), (tails, heads)), shape=(count + 1, count + 1))
    found = np.zeros(count + 1, dtype=bool)
    found[breadth_first_order(back, count, return_predecessors=False)] = True
    return found[:count]


def _priors(
    network: Network,
    lowered: Lowered,
    sites: Sequence[Scope],
    *,
    window: int,
    own_rate: float | None,
    vulnerability: float,
) -> Floats:
    """Return Floats[sites]: the probability that something put a site out within the window."""
    catalogue = catalogue_of(network, Places.of(network, lowered), vulnerability=vulnerability, own_rate=own_rate)
    rates: dict[str, float] = {}
    for threat in catalogue.threats:
        for place, part in zip(threat.places, threat.vulnerabilities.tolist(), strict=True):
            if place.kind is ScopeKind.SITE:
                rates[place.id] = rates.get(place.id, 0.0) + threat.rate_per_year * part
    years = window / network.settings.period.per_year
    # Nothing is certain: with a prior of 1 nothing that is seen could speak against a site.
    return np.minimum(-np.expm1(-years * np.array([rates.get(site.id, 0.0) for site in sites])), ALMOST)


def _guessed(arrives: Floats, *, window: int) -> tuple[Floats, Floats]:
    """Return links from how long it takes until a stock point has run out, which is known to within SPREAD, and leaks."""
    with np.errstate(divide="ignore"):
        strength = SURE * ndtr((np.log(window) - np.log(np.maximum(arrives, 0.0))) / SPREAD)
    return strength, np.full(arrives.shape[1], BY_ITSELF)


@dataclass(frozen=True, slots=True)
class _Run:
    """Measures links by simulated outages of one network."""

    network: Network
    lowered: Lowered
    window: int
    replications: int
    seed: int

    def links(
        self,
        sites: Sequence[str],
        seen: Sequence[Seen],
        *,
        progress: Callable[[float], None] | None,
        cancel: threading.Event | None,
    ) -> tuple[Floats, Floats]:
        """Return Floats[sites, seen], and Floats[seen]: how often each is short in ordinary times."""
        usual = usually_owed(self.network, self.lowered, window=self.window, seed=self.seed)

        def measured(outages: Sequence[str | None], *, seed: int, count: int, told: Callable[[float], None] | None) -> Floats:
            shares = shortages(
                self.network,
                self.lowered,
                sites=outages,
                nodes=[one.members for one in seen],
                usual=usual,
                window=self.window,
                replications=count,
                seed=seed,
                progress=told,
                cancel=cancel,
            )
            # Half a case more of each, so that nothing is certain (Jeffreys).
            found: Floats = (shares * count + 0.5) / (count + 1)
            return found

        # What is usual is told from other runs than how often it is exceeded.
        leak = measured([None], seed=(self.seed + 1) % 2**64, count=ORDINARY, told=None)[0]
        chance = measured(sites, seed=(self.seed + 1) % 2**64, count=self.replications, told=progress)
        return np.maximum(1 - (1 - chance) / (1 - leak), 0.0), leak


def _posterior(
    ids: Sequence[str], prior: Floats, strength: Floats, *, leak: Floats, seen: Sequence[Seen]
) -> tuple[Floats, float, Summed]:
    """Return the posterior of each site, that of none, and how they were worked out."""
    is_short = np.array([one.is_short for one in seen])
    if len(ids) > ASKED_MAX:
        return _few(prior, strength, leak=leak, is_short=is_short)
    # What was seen clear only lowers the odds of each cause by itself.
    odds = prior / (1 - prior) * np.prod(1 - strength[:, ~is_short], axis=1)
    roots = dict(zip((f"site {name}" for name in ids), (odds / (1 + odds)).tolist(), strict=True))
    nodes = [f"short {one.name}" for one in seen if one.is_short]
    links = strength[:, is_short]
    edges = [(root, node, float(links[i, j])) for i, root in enumerate(roots) for j, node in enumerate(nodes) if links[i, j] > 0]
    network = NoisyOr(roots | dict(zip(nodes, leak[is_short].tolist(), strict=True)), edges)
    evidence = dict.fromkeys(nodes, 1)
    if elimination_width(network, evidence) > WIDTH_MAX:
        return _few(prior, strength, leak=leak, is_short=is_short)
    found = posterior(network, evidence, query=list(roots), width_max=WIDTH_MAX)
    none = float(np.prod(1 / (1 + odds)) * np.prod(leak[is_short])) / found.evidence_probability
    return np.array([found.probability[root] for root in roots]), none, Summed.EXACT


def _few(prior: Floats, strength: Floats, *, leak: Floats, is_short: NDArray[np.bool_]) -> tuple[Floats, float, Summed]:
    few = few_causes(prior, strength, leak=leak, seen=is_short, paired=PAIRED)
    return few.posterior, few.nothing, Summed.LIKELIEST if prior.size > PAIRED else Summed.FEW


def _table(
    ids: Sequence[str], prior: Floats, chances: Floats, *, strength: Floats, leak: Floats, seen: Sequence[Seen]
) -> pl.DataFrame:
    is_short = np.array([one.is_short for one in seen])
    strong = strength >= STRONG
    # How many times likelier the cause makes each symptom.
    factor = np.where(is_short, (1 - (1 - leak) * (1 - strength)) / leak, 0.0)
    rows = [
        (
            name,
            float(prior[at]),
            float(chances[at]),
            int(strong[at, is_short].sum()),
            int((~strong[at, is_short]).sum()),
            int(strong[at, ~is_short].sum()),
            seen[int(np.argmax(factor[at]))].name,
        )
        for at, name in enumerate(ids)
    ]
    rows.sort(key=lambda row: (-row[2], -row[1], row[0]))
    return pl.DataFrame([(rank, *row) for rank, row in enumerate(rows, start=1)], schema=SCHEMA, orient="row")
