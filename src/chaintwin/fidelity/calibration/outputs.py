"""Output of resources in the periods in which orders waited for them from beginning to end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from chaintwin.events.facts import Facts
from chaintwin.events.vocabulary import Own
from chaintwin.fidelity.calibration.lanes import Calendar, Layout
from chaintwin.twin.ledger import NEVER, number_of, text_of
from chaintwin.twin.rules.consignments import units_of, whole_of

DUST = 1e-9
"""A queue of less than this is empty: what rounding leaves of quantities that cancel."""


@dataclass(frozen=True, slots=True)
class SaturatedOutput:
    """What a resource did in a period in which work waited for it all the time.

    Parameters
    ----------
    resource : its id. period : of the project. output : of the resource, in its unit.
    """

    resource: str
    period: int
    output: float


class Outputs:
    """Follows queues of activities and the use of resources, period by period.

    Parameters
    ----------
    layout : which activity takes which resource. calendar : of the project.
    """

    def __init__(self, layout: Layout, calendar: Calendar) -> None:
        self.layout, self.calendar = layout, calendar
        self.users: defaultdict[str, list[str]] = defaultdict(list)
        for activity, resources in layout.uses.items():
            for resource in resources:
                self.users[resource].append(activity)
        self._queue: defaultdict[str, float] = defaultdict(float)
        self._lowest: dict[str, float] = {}
        self._used: defaultdict[str, float] = defaultdict(float)
        self._period: int | None = None
        self._saturated: list[SaturatedOutput] = []

    def observe(self, facts: Facts) -> None:
        """Take in an order, what the source sees or cancels of it, a use of capacity, or a count of everything."""
        self._turn_to(self.calendar.period_of(facts.occurred_at))
        own = facts.own
        if facts.kind == Own.CAPACITY_USED:
            quantity = number_of(own.get("quantity"))
            self._used[text_of(own.get("resource"))] += 0.0 if quantity is None else quantity
        elif facts.kind == Own.STATE_COUNTED:
            self._count(own.get("state"))
        else:
            activity, units = text_of(own.get("activity")), units_of(facts)
            if activity and units is not None:
                period = self.calendar.period_of(facts.occurred_at)
                # An order has a day on which its source sees it; a cancelled one only if the source never saw it.
                due = whole_of(own.get("due"))
                is_hidden = due > period if facts.kind == Own.ORDER_PLACED else facts.kind != Own.ORDER_SEEN and due != NEVER
                if not is_hidden:
                    self._add(activity, -units if facts.kind == Own.ORDER_CANCELLED else units)

    def start(self, activity: str, units: float, *, at: int) -> None:
        """Take in a start of some units of an activity."""
        self._turn_to(self.calendar.period_of(at))
        self._add(activity, -units)

    def saturated(self, now: int) -> list[SaturatedOutput]:
        """Return what was seen in whole periods before ``now``, by period and resource."""
        self._turn_to(self.calendar.period_of(now))
        return list(self._saturated)

    def _add(self, activity: str, units: float) -> None:
        before = self._queue[activity]
        self._queue[activity] = before + units
        self._lowest[activity] = min(self._lowest.get(activity, before), before + units)

    def _count(self, state: object) -> None:
        """Replace all queues by what was counted."""
        self._queue.clear()
        self._lowest.clear()
        rows = state.get("orders", []) if isinstance(state, Mapping) else []
        for row in rows if isinstance(rows, list | tuple) else []:
            if isinstance(row, Mapping) and self._period is not None:
                quantity = number_of(row.get("quantity"))
                if whole_of(row.get("due", row.get("visible"))) < self._period and quantity is not None:
                    self._queue[text_of(row.get("activity"))] += quantity
        self._lowest.update(self._queue)

    def _turn_to(self, period: int) -> None:
        """Close the periods before one."""
        if self._period is None:
            self._period = period
            return
        if period <= self._period:
            return
        for resource, activities in sorted(self.users.items()):
            if any(self._lowest.get(activity, 0.0) > DUST for activity in activities):
                self._saturated.append(SaturatedOutput(resource, self._period, self._used.get(resource, 0.0)))
        self._used.clear()
        # Periods without any event are no evidence of work: nothing is told of them.
        self._lowest = {activity: queue for activity, queue in self._queue.items() if queue > DUST}
        self._period = period
