"""Which stock points go short when a site is out, by simulation (METHODS 3.9: links from simulation)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import CancelledError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.disruptions.disruption import Cause, Disruption, Impact, Where
from chaintwin.network.lowering.lower import Lowered, struck_graph
from chaintwin.network.network import Network
from chaintwin.network.state import initial_state
from chaintwin.risk.scenarios.telling import WINDOWS
from chaintwin.simulation import prepare_kernels
from chaintwin.simulation.block import Blocks, Plan
from chaintwin.simulation.metering import Meter
from chaintwin.simulation.playing import CANCELLED, GROUP
from chaintwin.simulation.tape.assembling import assemble

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ORDINARY = 64
"""Replications without an outage, from which it is known what is usual."""


def usually_owed(network: Network, lowered: Lowered, *, window: int, seed: int = 0) -> Floats:
    """Return Floats[N], units: the most that stock points owe in the worst week of a window without an outage.

    Parameters
    ----------
    network, lowered : the tables and what they were lowered to.
    window : periods. seed : of the random numbers.
    """
    owed = _owed(network, lowered, None, window=window, replications=ORDINARY, seed=seed)
    found: Floats = owed.max(axis=1)
    return found


def shortages(
    network: Network,
    lowered: Lowered,
    *,
    sites: Sequence[str | None],
    nodes: Sequence[Integers],
    usual: Floats,
    window: int,
    replications: int = 16,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> Floats:
    """Return Floats[sites, nodes]: in what share of the replications a node goes short while a site is out.

    A stock point is short that owes more in some week of the window than it does in any of ORDINARY windows without an outage.
    The site is out from the end of the warm-up on for the whole window, and neither makes, buys, sends nor takes in anything. All
    sites meet the same random numbers.

    Parameters
    ----------
    network, lowered : the tables and what they were lowered to.
    sites : ids of what is out, one at a time; None: nothing is.
    nodes : numbers of stock points that are one node, by id in order; it is short when one of them is.
    usual : Floats[N], units, as ``usually_owed`` says.
    window : periods after the onset in which a shortage counts, 1 or more.
    replications : 1 to 64. seed : of the random numbers.
    progress : called with the share done. cancel : set it to stop.

    Raises
    ------
    CancelledError
        ``cancel`` was set.
    """
    found = np.zeros((len(sites), len(nodes)))
    for number, site in enumerate(sites):
        if cancel is not None and cancel.is_set():
            raise CancelledError(CANCELLED)
        short = _owed(network, lowered, site, window=window, replications=replications, seed=seed) > usual[:, None]
        for place, members in enumerate(nodes):
            found[number, place] = short[members].any(axis=0).mean()
        if progress is not None:
            progress((number + 1) / len(sites))
    return found


def _owed(network: Network, lowered: Lowered, site: str | None, *, window: int, replications: int, seed: int) -> Floats:
    """Return Floats[N, replications]: what each stock point owes at the close, on average over the worst week of the window."""
    prepare_kernels()
    settings = network.settings
    begin, week = settings.warm_up, WINDOWS[settings.period]
    graph = lowered.graph
    if site is not None:
        out = Disruption("outage", Cause.OTHER, Where(site=(site,)), {Impact.CAPACITY: 0.0})
        graph = struck_graph(lowered, [out], settings=settings, reach=begin + window)
    program = compile_graph(graph)
    tape = assemble(program, initial_state(program), periods=begin + window)
    plan = Plan.of(program, tape, begin=0, warm_up=begin, periods=window)
    blocks, meter = Blocks(plan, first=0, width=min(replications, GROUP), seed=seed), Meter(program)
    blocks.advance(begin)
    blocks.count_from_here()
    worst = np.zeros((program.counts[0], min(replications, GROUP)))
    for first in range(0, window, week):
        days = range(min(week, window - first))
        seen = (meter.read(blocks) for _ in days)
        worst = np.maximum(worst, sum((one["asked"] - one["passed"] for one in seen), np.zeros(worst.shape)) / len(days))
    return worst
