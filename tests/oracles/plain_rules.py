"""What a buffer of the plain reference engine wants to order, by rule (METHODS 1.5); ``run`` is the run of ``plain_network``.

What the text leaves open was settled as follows; "case" marks what a worked case confirms, "choice" what none decides.

 1. Rules that forecast learn every period, reviewed or not, when the buffer has its turn: what is claimed from it today is demand
    and every order that becomes visible today, in units of the buffer. (case: the beer game)
 1a. Rules that look at customers learn from the demand of the period at the buffer and at all that holds something of it, in
    units of the buffer, whether or not anything was ordered. (choice)
 1b. A mean of the last claims begins as if the first forecast had been claimed in every period before. (choice)
 2. Kanban orders whole cards that fit below the level of all cards. (choice)
 3. Whole units: smoothed, anchored and echelon orders are rounded to the nearest whole unit, halves up,
    and so is what is a half but for rounding noise. (choice)
 4. Echelon: a unit below that comes from several sources holds what they hold by their shares; a unit in process holds exactly
    what was put in. Of the buffer itself everything on order counts, of those below what is in process. (choice beyond single
    sources)
"""

from __future__ import annotations

import math
from typing import Any

SLACK = 1e-9


def wanted(run: Any, b: str, period: int) -> float:
    """Return what the policy of a buffer orders in a period."""
    policy, position, integer = run.buffer_of[b]["policy"], run.position(b, period), run.integer
    kind = policy["type"]
    if kind == "base_stock":
        level = policy["S_series"][period % len(policy["S_series"])] if "S_series" in policy else policy["S"]
        return _gap(run, b, level - position)
    if kind == "constant":
        return float(policy["Q"])
    if kind == "drp":
        return _whole(_gap(run, b, policy["s"] + policy["cover"] * run.forecast[b] - position), integer)
    if kind == "smoothed":
        return _whole(max(run.forecast[b] + policy["gain"] * (policy["S"] - position), 0.0), integer)
    if kind == "sterman":
        supply = run.incoming(b)
        gap = policy["S"] - (position - supply) - policy["beta"] * supply
        return _whole(max(run.forecast[b] + policy["alpha"] * gap, 0.0), integer)
    if kind == "echelon":
        return _whole(_gap(run, b, policy["S"] - echelon_position(run, b, period)), integer)
    level = policy["s"] if kind == "sS" else policy["R"] if kind == "RnQ" else policy["S"]
    slack = run.slack(run.buffer_of[b]) if integer else SLACK * max(1.0, abs(level))
    if kind == "kanban":
        return float(policy["Q"] * max(math.floor((level + slack - position) / policy["Q"]), 0))
    if position > level + slack:
        return 0.0
    if kind == "sS":
        return float(policy["S"] - position)
    if kind == "RnQ":
        return float(policy["Q"] * (math.floor((level + slack - position) / policy["Q"]) + 1))
    raise ValueError(f"policy type: found {kind}")


def learn(run: Any, b: str) -> None:
    """Take what is claimed today into the forecast."""
    policy = run.buffer_of[b].get("policy", {})
    weight = policy.get("theta", 0.0)
    if policy.get("customers"):
        seen = sum(run.flow.demand[d] * holds(run, demand["buffer"], b) for d, demand in enumerate(run.demands))
    else:
        seen = run.flow.claimed[b]
    if policy.get("window"):
        run.claims_of[b] = [*run.claims_of[b], seen][-policy["window"] :]
        run.forecast[b] = sum(run.claims_of[b]) / policy["window"]
        return
    run.forecast[b] = weight * seen + (1 - weight) * run.forecast[b]


def echelon_position(run: Any, b: str, period: int) -> float:
    """Return the echelon position of a buffer in its own units, from the definition: by recursion over what each thing holds."""
    total = run.told.get(b, 0.0) + run.incoming(b) + run.projected_loss(b) - run.expiring(b, period)
    for other in run.buffer_of:
        held = holds(run, other, b)
        total += held * (run.oh[other] - sum(run.bo[d] for d in run.streams_at[other]))
    for activity in run.activities:
        if b not in activity["out"]:
            total += run.pq[activity["id"]] * sum(q * holds(run, i, b) for i, q in activity["in"].items())
    return float(total)


def holds(run: Any, thing: str, b: str) -> float:
    """Return the units of ``b`` in one unit of a buffer."""
    if thing == b:
        return 1.0
    filling = [a for a in run.activities if thing in a["out"] and a.get("share", 1.0) > 0 and not a.get("substitute")]
    first = min((a.get("tier", 0) for a in filling), default=0)
    sources = [a for a in filling if next(iter(a["out"])) == thing and a.get("tier", 0) == first]
    total = sum(a.get("share", 1.0) for a in sources)
    held = 0.0
    for a in sources:
        put_in = sum(q * holds(run, i, b) for i, q in a["in"].items())
        held += a.get("share", 1.0) / total * put_in / (a["out"][thing] * a.get("yield", 1.0))
    return held


def _gap(run: Any, b: str, gap: float) -> float:
    """Return what is missing; what is within rounding noise of nothing is nothing."""
    return float(gap) if gap > run.slack(run.buffer_of[b]) else 0.0


def _whole(quantity: float, integer: bool) -> float:
    return float(math.floor(quantity + 0.5 + SLACK)) if integer else quantity
