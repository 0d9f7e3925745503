"""What the log of a twin says of parameters: lead times, yields, output of busy resources, spells of equipment.

Facts go in one by one in the order of the log; what was observed up to a moment comes out whenever it is asked for. Two kinds of
events are read: those of a compiled network, which name an activity and the period of its start, and real ones, which name items,
places and papers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chaintwin.events.facts import Facts, Item
from chaintwin.events.vocabulary import Own
from chaintwin.fidelity.calibration.consignments import Consignments, Key, ends_key
from chaintwin.fidelity.calibration.lanes import Calendar, Lane, Layout
from chaintwin.fidelity.calibration.outputs import Outputs, SaturatedOutput
from chaintwin.twin.ledger import number_of, text_of
from chaintwin.twin.naming.lookup import Lookup
from chaintwin.twin.naming.networks import InForce
from chaintwin.twin.rules.asking import stream_of
from chaintwin.twin.rules.consignments import units_of, whole_of
from chaintwin.twin.rules.shipping import plain_id, short_of

Array = NDArray[np.float64]

_LEAVING = frozenset({"shipping", "consigning", "departing"})
_COMING = frozenset({"receiving", "accepting"})
_BAD = frozenset({"damaged", "destroyed", "expired", "non_conformant", "recalled", "non_sellable_other"})
SOLD = frozenset({"retail_selling", "dispensing"})
"""Steps that give goods to customers."""
_PAPERS = frozenset({"desadv", "bol", "shipment"})


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long one consignment was on its way.

    Parameters
    ----------
    lane : that it went by. name : of the item, the paper or the start, for reports.
    shipped_at, ended_at : microseconds since 1970 in UTC; ``ended_at`` is now while it is out.
    arrived : false while it is out, or where it was lost on the way.
    load : what it went with; all that one load left and ended with had one lead time.
    """

    lane: Lane
    name: str
    shipped_at: int
    ended_at: int
    arrived: bool
    load: str = ""


@dataclass(frozen=True, slots=True)
class YieldCount:
    """Units that came over a lane or out of a process, and how many of them were good; may be broken numbers."""

    lane: Lane
    good: float
    total: float


@dataclass(frozen=True, slots=True)
class Spell:
    """How long equipment worked, or did not.

    Parameters
    ----------
    resource : its id. is_up : whether it worked. began_at, ended_at : microseconds; ``ended_at`` is now while it lasts.
    ended : false while it lasts.
    """

    resource: str
    is_up: bool
    began_at: int
    ended_at: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What customers asked for.

    Parameters
    ----------
    stream : id of the demand. first : the first whole period. quantities : float64[periods], base units of each from there on.
    """

    stream: str
    first: int
    quantities: Array


class Observations:
    """Gathers what facts say of parameters.

    Parameters
    ----------
    in_force : network and the names it gives. layout : activities of the compiled network; empty without one.
    """

    def __init__(self, in_force: InForce, *, layout: Layout | None = None) -> None:
        self.in_force = in_force
        self.layout = Layout() if layout is None else layout
        self.calendar = Calendar.of(in_force.network.settings)
        self._consignments = Consignments()
        self._outputs = Outputs(self.layout, self.calendar)
        self._yields: dict[Lane, tuple[float, float]] = {}
        self._equipment: dict[str, tuple[bool, int]] = {}
        self._spells: list[Spell] = []
        self._asked: defaultdict[str, dict[int, float]] = defaultdict(dict)
        self._loads = 0
        self.since: int | None = None
        """Event time of the first fact, microseconds."""
        self.sells, self.asks = False, False
        """Whether anything was sold, and whether anybody told what was asked for."""

    def observe(self, facts: Facts) -> None:
        """Take in one event; times must not go back.

        Parameters
        ----------
        facts : of the event; those that were declared wrong are left out by the caller.
        """
        if self.since is None:
            self.since = facts.occurred_at
        own = facts.own
        if facts.kind in ("ObjectEvent", "TransactionEvent"):
            step = short_of(facts.step) if facts.step else ""
            self.sells |= step in SOLD
            if "activity" in own:
                self._observe_activity(facts, step)
            elif step in _LEAVING or step in _COMING or step == "void_shipping":
                self._observe_goods(facts, step)
        elif facts.kind == Own.DEMAND_PLACED:
            self.asks = True
            self._observe_demand(facts)
        elif facts.kind == Own.EQUIPMENT_CHANGED:
            self._observe_equipment(facts)
        elif facts.kind in (Own.ORDER_PLACED, Own.ORDER_SEEN, Own.ORDER_CANCELLED, Own.CAPACITY_USED, Own.STATE_COUNTED):
            self._outputs.observe(facts)

    def lead_times(self, now: int) -> list[LeadTime]:
        """Return the lead time of every consignment, by lane and time of shipping; open ones are bounds as of ``now``.

        Parameters
        ----------
        now : microseconds, not before the last fact.
        """
        # Of whole periods nobody knows yet whether what is out comes in this one, so it is longer out than until the one before.
        known = self.calendar.start_of(self.calendar.period_of(now) - 1)
        found = [LeadTime(*row) for row in self._consignments.rows(now)]
        for place, one in enumerate(found):
            if one.lane.activity and not one.arrived and one.ended_at == now:
                found[place] = replace(one, ended_at=max(known, one.shipped_at))
        return sorted(found, key=lambda one: (one.lane, one.shipped_at, one.name))

    def yields(self) -> list[YieldCount]:
        """Return what came and how much of it was good, by lane; lanes where all was good are among them."""
        return [YieldCount(lane, good, total) for lane, (good, total) in sorted(self._yields.items()) if total > 0]

    def saturated(self, now: int) -> list[SaturatedOutput]:
        """Return the output of each resource in each whole period before ``now`` in which orders waited for it all the time."""
        return self._outputs.saturated(now)

    def asked(self, now: int, *, since: int | None = None) -> list[Asked]:
        """Return what was asked for in each whole period, by demand; a period of which nothing was told is one of no demand.

        Parameters
        ----------
        now : microseconds, not before the last fact. since : only whole periods from this moment on count, microseconds.
        """
        begun = self.since if since is None or self.since is None else max(since, self.since)
        if begun is None:
            return []
        # The first fact of a log that begins with a period is told in it.
        first = max(self.calendar.period_of(begun - 1) + 1 if begun > self.calendar.begin else 0, 0)
        end = self.calendar.period_of(now + 1)
        found = []
        for stream, told in sorted(self._asked.items()):
            quantities = np.zeros(max(end - first, 0))
            for period, quantity in told.items():
                if first <= period < end:
                    quantities[period - first] = quantity
            found.append(Asked(stream, first, quantities))
        return found

    def spells(self, now: int) -> list[Spell]:
        """Return how long equipment worked and did not, by resource and time; what lasts is a bound as of ``now``."""
        lasting = [Spell(name, is_up, began, now, ended=False) for name, (is_up, began) in self._equipment.items()]
        return sorted([*self._spells, *lasting], key=lambda spell: (spell.resource, spell.began_at))

    def _observe_activity(self, facts: Facts, step: str) -> None:
        """Read an event that names an activity: with ``started`` of what is on its way, without of stock."""
        own = facts.own
        activity, units = text_of(own.get("activity")), units_of(facts)
        lane = self.layout.lanes.get(activity) or self._lane_of(facts, activity)
        if "started" not in own:
            if step == "destroying" and units is not None and "units" in own:
                self._judge(lane, good=-units, total=0.0)
            return
        if units is None:
            return
        started = whole_of(own.get("started"))
        key = (activity, started)
        at = self.calendar.start_of(self.calendar.period_of(facts.occurred_at))
        if step == "holding":
            self._consignments.hold(key, units)
        elif step == "destroying":
            self._consignments.lose(key, units, at=at)
        elif step in ("arriving", *_COMING):
            fresh = self._consignments.arrive(key, units, at=at)
            self._judge(lane, good=fresh, total=fresh)
        else:
            self._outputs.start(activity, units, at=facts.occurred_at)
            self._consignments.start(key, units, at=self.calendar.start_of(started), lane=lane)

    def _observe_goods(self, facts: Facts, step: str) -> None:
        """Read a real shipment or receipt, item by item."""
        names = self.in_force.at(facts.occurred_at)
        origin, destination = _ends(names, facts, leaving=step not in _COMING)
        papers = _papers(facts)
        self._loads += 1
        load = papers[0] if papers else f"#{self._loads}"
        for item, product, quantity in _goods(names, facts.items):
            lane = Lane(origin, destination, product)
            named: tuple[Key, ...] = ((item.name,),) if item.instance else tuple((paper, product) for paper in papers)
            keys = named if item.instance else (*named, ends_key(lane))
            if step == "void_shipping":
                self._consignments.forget(keys)
            elif step in _LEAVING:
                # A departure ships only what is not on its way yet.
                if step != "departing" or not self._consignments.is_out(keys):
                    self._consignments.depart(named or keys, quantity, at=facts.occurred_at, lane=lane, load=load)
            elif step == "receiving" or self._consignments.is_awaited(keys, destination):
                came = self._consignments.come(keys, lane=lane, quantity=quantity, at=facts.occurred_at)
                if step == "receiving":
                    bad = facts.disposition != "" and short_of(facts.disposition) in _BAD
                    self._judge(came or lane, good=0.0 if bad else quantity, total=quantity)

    def _observe_demand(self, facts: Facts) -> None:
        """Read what customers ask for, by the name of the demand or by site, product and market."""
        names = self.in_force.at(facts.occurred_at)
        place = facts.location or facts.read_point
        site = names.place(place).site if place else ""
        named, market = text_of(facts.own.get("stream")), text_of(facts.own.get("customer"))
        period = self.calendar.period_of(facts.occurred_at)
        for _, product, quantity in _goods(names, facts.items):
            told = self._asked[named or stream_of(site, product, market=market)]
            told[period] = told.get(period, 0.0) + quantity

    def _observe_equipment(self, facts: Facts) -> None:
        share = number_of(facts.own.get("share"))
        name = text_of(facts.own.get("resource"))
        if share is None or not name:
            return
        is_up = share > 0
        before = self._equipment.get(name)
        if before is not None and before[0] == is_up:
            return
        if before is not None:
            self._spells.append(Spell(name, before[0], before[1], facts.occurred_at, ended=True))
        self._equipment[name] = (is_up, facts.occurred_at)

    def _judge(self, lane: Lane, *, good: float, total: float) -> None:
        before = self._yields.get(lane, (0.0, 0.0))
        self._yields[lane] = (before[0] + good, before[1] + total)

    def _lane_of(self, facts: Facts, activity: str) -> Lane:
        """Return the lane of an activity that the layout does not know: by its product alone."""
        names = self.in_force.at(facts.occurred_at)
        product = names.ware(facts.items[0].name).product if facts.items else ""
        return Lane("", "", product, activity)


def loads_of(lead_times: Sequence[LeadTime], *, length: int) -> list[LeadTime]:
    """Return one lead time for each load, in the order given: what left together and came in one period was drawn once.

    Parameters
    ----------
    lead_times : of one lane or family. length : of a period, microseconds.

    Example
    -------
    >>> lane = Lane("A", "B", "milk")
    >>> crates = [LeadTime(lane, f"crate {place}", 0, 3_000_000, True, "truck 1") for place in range(50)]
    >>> [one.name for one in loads_of(crates, length=2_000_000)]
    ['crate 0']
    """
    found: dict[tuple[object, ...], LeadTime] = {}
    for one in lead_times:
        found.setdefault((one.load or one.name, one.shipped_at, one.ended_at // length, one.arrived), one)
    return list(found.values())


def durations(lead_times: Sequence[LeadTime], *, length: int) -> tuple[list[float], list[bool]]:
    """Return durations in periods and flags of arrival, as fits take them.

    Parameters
    ----------
    lead_times : of one lane or family. length : of a period, microseconds.

    Example
    -------
    >>> durations([LeadTime(Lane("A", "B", "milk"), "s1", 0, 3_000_000, True)], length=2_000_000)
    ([1.5], [True])
    """
    return [(one.ended_at - one.shipped_at) / length for one in lead_times], [one.arrived for one in lead_times]


def _goods(names: Lookup, items: Sequence[Item]) -> Iterator[tuple[Item, str, float]]:
    for item in items:
        product = names.ware(item.name).product
        if item.instance and product == item.name:
            # An object of no known class, such as a crate: its lane is that of its two ends.
            product = ""
        quantity = 1.0 if item.quantity is None else item.quantity
        factor = None if item.unit is None else names.factor(product, item.unit)
        yield item, product, quantity * (1.0 if factor is None else factor)


def _ends(names: Lookup, facts: Facts, *, leaving: bool) -> tuple[str, str]:
    """Return the site that goods leave and the site that they are for; empty where the event names none."""
    places = (facts.read_point, facts.location) if leaving else (facts.location, facts.read_point)
    mine, other = (facts.sources, facts.destinations) if leaving else (facts.destinations, facts.sources)
    name = places[0] or places[1]
    here = names.place(name).site if name else _party(names, mine)
    there = _party(names, other)
    return (here, there) if leaving else (there, here)


def _party(names: Lookup, parties: Sequence[tuple[str, str]]) -> str:
    """Return the site that a party stands for: by its location, else who has the goods, else who owns them."""
    ranks = {"location": 0, "possessing_party": 1}
    ranked = sorted((ranks.get(short_of(kind), 2), name) for kind, name in parties)
    return names.place(ranked[0][1]).site if ranked else ""


def _papers(facts: Facts) -> list[str]:
    own = text_of(facts.own.get("shipment"))
    named = [plain_id(name) for kind, name in facts.transactions if short_of(kind) in _PAPERS]
    return [*([plain_id(own)] if own else []), *named]
