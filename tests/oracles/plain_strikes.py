"""Disruptions of the plain reference engine (METHODS 3.1, event E0); ``run`` is the run of ``plain_network``.

A network takes ``strikes`` (id, ``onset``, ``duration`` and ``recovery`` in periods, fractions allowed; in each quarter of the
recovery the strength is one of ``FADING``) and ``effects`` (``strike``, ``effect``, ``entity``, ``factor``, perhaps ``amount``).

What the text leaves open was settled as follows; all are choices (decision 22).

 1. The strength of a disruption in a period is its mean over the period. A factor m at strength s multiplies by 1 + (m - 1)s;
    what several disruptions do is multiplied. What happens once happens in the period that the onset falls into.
 2. In the morning, before anything is received: stock is destroyed, then goods under way are lost, then orders cancelled, each
    the part 1 - m; whole units of each row (a buffer, an arrival, a queue) are rounded down. Cancelled orders go from the oldest
    on. Destroyed stock goes as it would be issued.
 3. Of what arrives only the part m comes in, whole units rounded down, and the rest arrives a period later.
 4. Demand is multiplied after it was drawn, whole units rounded half up. Capacity is multiplied; a resource with an amount offers
    no more than the amount times m while m is below 1. Lead times are multiplied when goods start (by age: when they arrive),
    halves up; what takes time goes on taking a period at least.
 5. A rule that believes in stock that is not there sees its stock times m, whole units rounded half up, in everything else its
    own. Orders are multiplied after lot sizes, whole units rounded down, and learn nothing from that.
"""

from __future__ import annotations

import math
from typing import Any

SLACK = 1e-9
LONG_AGO = 10**6
FADING = (0.8, 0.6, 0.3, 0.1)
ONCE = ("stock", "transit", "queue")


def factor(run: Any, effect: str, entity: str, period: int) -> float:
    """Return what an entity is multiplied by in a period."""
    found = 1.0
    strikes = {strike["id"]: strike for strike in run.network.get("strikes", [])}
    for item in run.network.get("effects", []):
        if (item["effect"], item["entity"]) == (effect, entity):
            strike = strikes[item["strike"]]
            size = float(math.floor(strike["onset"]) == period) if effect in ONCE else strength(strike, period)
            found *= 1.0 + (item["factor"] - 1.0) * size
    return found


def strength(strike: dict[str, Any], period: int) -> float:
    """Return the mean strength over a period: an integral of one, then of the steps down to zero."""

    def until(time: float) -> float:
        whole, recovery = float(strike["duration"]), float(strike.get("recovery", 0.0))
        since = max(time - strike["onset"], 0.0)
        fading = min(max(since - whole, 0.0), recovery)
        quarters = [min(max(fading - number * recovery / 4, 0.0), recovery / 4) for number in range(4)]
        return min(since, whole) + sum(left * part for left, part in zip(FADING, quarters, strict=True))

    return until(period + 1) - until(period)


def strike(run: Any, period: int) -> None:
    """Destroy stock, lose goods under way and cancel orders."""
    for b in run.oh:
        gone = _part(run, run.oh[b], factor(run, "stock", b, period))
        run.oh[b] -= gone
        run.lots[b].take(gone)
        run.flow.destroyed[b] = gone
    for activity in run.activities:
        a = activity["id"]
        for key in run.pipe[a]:
            gone = _part(run, run.pipe[a][key], factor(run, "transit", a, period))
            run.pipe[a][key] -= gone
            run.pq[a] -= gone
            run.flow.lost_under_way[a] += gone
        gone = _part(run, run.u[a], factor(run, "queue", a, period))
        run.u[a] -= gone
        run.queues[a].serve(gone)
        run.flow.cancelled[a] = gone
        for key in run.info[a]:
            gone = _part(run, run.info[a][key], factor(run, "queue", a, period))
            run.info[a][key] -= gone
            run.iq[a] -= gone
            run.flow.cancelled[a] += gone


def detained(run: Any, arriving: dict[str, float]) -> dict[str, float]:
    """Return what comes in of what arrives; put the rest back into the pipeline, due in the next period."""
    come = {}
    for activity in run.activities:
        a = activity["id"]
        part = arriving[a] * min(factor(run, "arrivals", a, run.now), 1.0)
        come[a] = float(math.floor(part + SLACK)) if run.integer else part
        if arriving[a] > come[a]:
            key = run.now - LONG_AGO if run.by_age(activity) else run.now + 1
            run.pipe[a][key] = run.pipe[a].get(key, 0.0) + arriving[a] - come[a]
    return come


def swollen(run: Any, stream: str, demand: float, period: int) -> float:
    """Return what a stream asks for."""
    asked = demand * factor(run, "demand", stream, period)
    return float(math.floor(asked + 0.5 + SLACK)) if run.integer else asked


def offered(run: Any, resource: str, usual: float, period: int) -> float:
    """Return the capacity of a resource."""
    size = factor(run, "capacity", resource, period)
    amounts = [e["amount"] for e in run.network.get("effects", []) if e["entity"] == resource and e.get("amount")]
    if amounts:
        return min(max(usual, 0.0), min(amounts) * size) if size < 1.0 else max(usual, 0.0)
    return max(usual, 0.0) * size


def stretched(run: Any, activity: str, lead: int, period: int) -> int:
    """Return a lead time in whole periods."""
    return max(math.floor(lead * factor(run, "lead", activity, period) + 0.5 + SLACK), min(lead, 1))


def lessened(run: Any, buffer: str, order: float, period: int) -> float:
    """Return what is sent of an order."""
    part = factor(run, "orders", buffer, period)
    return float(math.floor(order * part + SLACK)) if run.integer and part != 1.0 else order * part


def told(run: Any, buffer: str, period: int) -> float:
    """Return how much more stock than there is the rule of a buffer believes in."""
    seen = run.oh[buffer] * factor(run, "reported", buffer, period)
    return float(math.floor(seen + 0.5 + SLACK) if run.integer else seen) - float(run.oh[buffer])


def struck(network: Any, effect: str, entity: str) -> bool:
    """Tell whether a disruption is on something."""
    return any((item["effect"], item["entity"]) == (effect, entity) for item in network.get("effects", []))


def _part(run: Any, quantity: float, kept: float) -> float:
    gone = max(quantity, 0.0) * max(1.0 - kept, 0.0)
    return float(math.floor(gone + SLACK)) if run.integer else gone
