"""From facts to cells: which rule applies to which kind of event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from chaintwin.events.facts import Facts
from chaintwin.events.vocabulary import Own
from chaintwin.twin.ledger import Ledger
from chaintwin.twin.rules import asking, containing, counting, steps, things
from chaintwin.twin.rules.instruments import signals

Rule = Callable[[Ledger, Facts], None]

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "ObjectEvent": steps.apply_object,
        "TransactionEvent": steps.apply_object,
        "AggregationEvent": containing.apply_packed,
        "TransformationEvent": containing.apply_transformation,
        "AssociationEvent": containing.apply_association,
        Own.ORDER_PLACED.value: asking.order_placed,
        Own.ORDER_SEEN.value: asking.order_seen,
        Own.ORDER_CANCELLED.value: asking.order_cancelled,
        Own.DEMAND_PLACED.value: asking.demand_placed,
        Own.DEMAND_LOST.value: asking.demand_lost,
        Own.FORECAST_SET.value: asking.forecast_set,
        Own.PLAN_SET.value: asking.plan_set,
        Own.COMMAND_ISSUED.value: asking.command_issued,
        Own.EQUIPMENT_CHANGED.value: things.equipment_changed,
        Own.CAPACITY_USED.value: things.capacity_used,
        Own.PERSON_SEEN.value: things.person_seen,
        Own.VEHICLE_SEEN.value: things.vehicle_seen,
        Own.DEVICE_SEEN.value: signals.device_seen,
        Own.PRICE_QUOTED.value: things.price_quoted,
        Own.MONEY_MOVED.value: things.money_moved,
        Own.DISRUPTION_CHANGED.value: things.disruption_changed,
        Own.STATE_COUNTED.value: counting.state_counted,
        Own.NETWORK_EDITED.value: counting.network_edited,
    }
)
"""The rule of each kind of event."""


def apply(ledger: Ledger, facts: Facts) -> None:
    """Apply an event, as far as it is known; what does not fit is noted.

    Parameters
    ----------
    ledger : turned to the event. facts : of the event.
    """
    if facts.own and signals.is_bad(ledger, facts):
        return
    if facts.master:
        things.keep_master(ledger, facts)
    rule = RULES.get(facts.kind)
    if rule is None:
        ledger.unknown("event", facts.kind, reason="no rule says what this type of event does")
    else:
        rule(ledger, facts)
    if facts.readings:
        signals.read_sensors(ledger, facts)
    if facts.set_dispositions or facts.unset_dispositions:
        things.keep_dispositions(ledger, facts)
