"""What one replication went through, period by period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.program import Program
from chaintwin.network.state import State

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEVER = -1
"""Stands for a period that is not known, or has not come."""

WAITING = -1
"""Stands for the journey of goods that have arrived and wait to be let in."""


class Journeys(NamedTuple):
    """Everything that was on its way at some time, one entry a start; those of before the first period come first.

    Parameters
    ----------
    activity : Integers[journeys].
    started : Integers[journeys]: period of the start, before the first period for what the state held.
    due : Integers[journeys]: period of arrival as known at the start, ``NEVER`` where goods arrive by their age (kaplan).
    arrived : Integers[journeys]: period of arrival, ``NEVER`` while under way; at a site without room the goods may then wait.
    quantity : Floats[journeys], units of the activity.
    """

    activity: Integers
    started: Integers
    due: Integers
    arrived: Integers
    quantity: Floats


class Losses(NamedTuple):
    """Goods that disruptions destroyed on their way, in order of periods.

    Parameters
    ----------
    journey : Integers[losses]: its number, ``WAITING`` for goods that waited at the end of their way.
    activity, period : Integers[losses]. quantity : Floats[losses], units of the activity.
    """

    journey: Integers
    activity: Integers
    period: Integers
    quantity: Floats


class Cancelled(NamedTuple):
    """Orders that disruptions cancelled, in order of periods.

    Parameters
    ----------
    activity, period : Integers[orders].
    due : Integers[orders]: period in which the source would have seen them, ``NEVER`` for those that it saw already.
    quantity : Floats[orders], units of the activity.
    """

    activity: Integers
    period: Integers
    due: Integers
    quantity: Floats


@dataclass(frozen=True, slots=True)
class Struck:
    """What disruptions did in one replication; arrays are Floats[periods, entities].

    Parameters
    ----------
    strength, once : [S] mean strength in the period, 0 to 1; 1 in the period of the onset.
    onset : Integers[S], period of the onset, whether it happens or not.
    destroyed : [N] stock. unsent : [N] what the rule wanted to order and did not send, unit.
    detained : [A] arrived and not let in by the close of the period; a part of ``Trace.held``.
    left : Floats[journeys], what is left of each at its end, or now.
    losses, cancelled : goods under way and orders that are gone.
    """

    strength: Floats
    once: Floats
    onset: Integers
    destroyed: Floats
    unsent: Floats
    detained: Floats
    left: Floats
    losses: Losses
    cancelled: Cancelled


@dataclass(frozen=True, slots=True)
class Trace:
    """One replication, period by period; every array is Floats[periods, entities], read at the close of the period.

    Parameters
    ----------
    program : what was run. state : where it began. seed, replication : of the draws.
    on_hand : [N] stock. expired : [N] left because it was too old.
    forecast : [N] what rules that forecast expect; the program's own forecast elsewhere.
    demand, shipped, lost, backlog : [D] asked for, served, lost and owed, unit.
    ordered, visible, started, arrived, waiting, in_process : [A] placed; orders with a delay that reached their source; begun;
        finished; ordered and seen, not started; started, not finished; units of the activity.
    scrapped, scrapped_at_once : [A] units that arrived and were not good; of them those that arrived without lead time, where
        what is good is drawn.
    held : [A] arrived and not yet received, because the site has no room or a disruption lets nothing in; a part of
        ``in_process``.
    used : [K] taken of each resource.
    journeys : what left when and arrived when, be it outside.
    struck : what disruptions did; None where the network has none.
    """

    program: Program
    state: State
    seed: int
    replication: int
    on_hand: Floats
    expired: Floats
    forecast: Floats
    demand: Floats
    shipped: Floats
    lost: Floats
    backlog: Floats
    ordered: Floats
    visible: Floats
    started: Floats
    arrived: Floats
    waiting: Floats
    in_process: Floats
    scrapped: Floats
    scrapped_at_once: Floats
    held: Floats
    used: Floats
    journeys: Journeys
    struck: Struck | None

    @property
    def begin(self) -> int:
        """First period."""
        return self.state.period

    @property
    def left(self) -> Floats:
        """Floats[journeys]: what is left of each journey by its end, or by now."""
        return self.journeys.quantity if self.struck is None else self.struck.left

    @property
    def end(self) -> int:
        """The period after the last."""
        return self.begin + len(self.on_hand)
