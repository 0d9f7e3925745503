"""The state that events tell, worked out by sorting them all and following the plainest rules.

It knows the events of ``tests.twin.random_logs`` only, and no lots, because what is asked are totals: stock by site and product,
what is on each shipment, what is owed, what each account holds, how much of each resource works, the last temperature of a site.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from chaintwin.events.facts import Facts
from chaintwin.events.vocabulary import own_name


@dataclass
class PlainState:
    """Totals by name."""

    stock: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    moving: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    owed: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    cash: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    share: dict[str, float] = field(default_factory=dict)
    warm: dict[str, float] = field(default_factory=dict)


def plain_state(events: list[tuple[str, Facts]], *, until: int | None = None) -> PlainState:
    """Return the state after all events up to a time, in whatever order they are given and however often."""
    wrong = {key.split("!")[0] for key, _ in events if "!" in key}
    chosen = {key: facts for key, facts in events if "!" not in key and key not in wrong}
    state = PlainState()
    for _, facts in sorted(chosen.items(), key=lambda pair: (pair[1].occurred_at, pair[0])):
        if until is None or facts.occurred_at <= until:
            _follow(state, facts)
    return state


def _follow(state: PlainState, facts: Facts) -> None:
    here = _id(facts.location or facts.read_point)
    step = facts.step.rpartition("-")[2]
    if facts.readings:
        state.warm[here] = float(facts.readings[-1].value or 0.0)
    if facts.kind == "EquipmentChanged":
        state.share[facts.own["resource"]] = facts.own["share"]
    if facts.kind == "MoneyMoved":
        state.cash[facts.own["account"]] += facts.own["amount"]
    for item in facts.items:
        what, much = _id(item.name), item.quantity or 0.0
        shipment = facts.transactions[0][1] if facts.transactions else ""
        stream = f"{here}/{what}/all"
        if facts.kind == "DemandPlaced":
            state.owed[stream] += much
        elif step == "commissioning":
            state.stock[here, what] += much
        elif step in ("retail_selling", "shipping"):
            state.stock[here, what] -= much
            if step == "shipping":
                state.moving[shipment, what] += much
            if state.owed[stream] > 0.0:
                state.owed[stream] -= min(much, state.owed[stream])
        elif step == "receiving":
            state.stock[here, what] += much
            state.moving[shipment, what] -= min(much, max(state.moving[shipment, what], 0.0))
        elif step == "stock_taking":
            state.stock[here, what] = much


def _id(uri: str) -> str:
    own = own_name(uri)
    return own.id if own else uri
