"""How a buffer of the plain reference engine shares what it wants over its sources; ``run`` is the run of ``plain_network``.

What the text leaves open was settled as follows; all are choices, but for the dual index, which its worked case confirms.

 1. Tiers: a source may say its ``tier`` (default 0). The first tier gets no more than its sources can start today, together; the
    next one gets what is left up to what it can start, and so on; what nobody can start goes to the first tier. Inside a tier
    shares decide.
 2. What a source can start today: its inputs, as far as nobody has claimed them when the buffer has its turn (stock less backlog
    less what waits), and its resources, of which what waits claims its use; whole units are rounded down. A source without both
    can start anything.
 3. Rules of two speeds (``dual``: S and Se, ``surge``: S and Q): sources of tier 1 and more are expedited and ordered from first,
    up to Se (S) of stock less claims and all that is due by the period in which the slowest of them could deliver. What waits at
    a source counts as starting today. Then the regular ones get what the position still lacks to S, or Q.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from tests.oracles.plain_rules import wanted
from tests.oracles.plain_sharing import proportional
from tests.oracles.plain_strikes import lessened

SLACK = 1e-9

Entity = Mapping[str, Any]


def two_speeds(buffer: Entity) -> bool:
    """Tell whether a buffer orders from expedited sources first."""
    return buffer["policy"]["type"] in ("dual", "surge")


def share_by_tier(run: Any, b: str, period: int) -> None:
    """Order what the rule wants, tier by tier."""
    buffer = run.buffer_of[b]
    left = lessened(run, b, round_up(wanted(run, b, period), buffer, run.slack(buffer)), period)
    tiers = _tiers(run, b)
    if len(tiers) == 1:
        _place(run, b, left, tiers[0], period)
        return
    first = min(left, sum(able(run, b, a, period) for a in tiers[0]))
    left -= first
    for tier in tiers[1:]:
        taken = min(left, sum(able(run, b, a, period) for a in tier))
        left -= taken
        _place(run, b, taken, tier, period)
    _place(run, b, first + left, tiers[0], period)


def share_by_speed(run: Any, b: str, period: int) -> None:
    """Order from expedited sources, then from regular ones."""
    buffer, slack = run.buffer_of[b], run.slack(run.buffer_of[b])
    rule = buffer["policy"]
    used = [a for a in run.sources[b] if a.get("share", 1.0) > 0 and not a.get("substitute")]
    regular = [a for a in used if a.get("tier", 0) == 0]
    fast = [a for a in used if a.get("tier", 0) > 0]
    horizon = period + max(_lead(a) + a.get("info_delay", 0) for a in fast)
    index = rule["Se"] if rule["type"] == "dual" else rule["S"]
    gap = index - (run.position(b, period) - run.incoming(b) + due(run, b, period, horizon))
    _place(run, b, lessened(run, b, round_up(gap if gap > slack else 0.0, buffer, slack), period), fast, period)
    gap = rule["S"] - run.position(b, period) if rule["type"] == "dual" else rule["Q"]
    _place(run, b, lessened(run, b, round_up(gap if gap > slack else 0.0, buffer, slack), period), regular, period)


def due(run: Any, b: str, period: int, horizon: int) -> float:
    """Return what of the supply line arrives by a period."""
    total = 0.0
    for a in run.sources[b]:
        arriving = sum(q for when, q in run.pipe[a["id"]].items() if when <= horizon)
        arriving += sum(q for seen, q in run.info[a["id"]].items() if seen + _lead(a) <= horizon)
        arriving += run.u[a["id"]] if period + _lead(a) <= horizon else 0.0
        total += a["out"][b] * a.get("yield", 1.0) * arriving
    return total


def able(run: Any, b: str, activity: Entity, period: int) -> float:
    """Return how much of a buffer one source could start today."""
    return float(startable(run, activity, period) * activity["out"][b] * activity.get("yield", 1.0))


def startable(run: Any, activity: Entity, period: int) -> float:
    """Return how many units of an activity could start today."""
    limits = [math.inf]
    for i, quantity in activity["in"].items():
        limits.append((run.oh[i] - sum(run.claims(i)[0])) / quantity)
    for r, use in activity.get("use", {}).items():
        has = run.offered(r, period)
        limits.append((has - sum(a.get("use", {}).get(r, 0.0) * run.u[a["id"]] for a in run.activities)) / use)
    most = max(min(limits), 0.0)
    if run.integer and most < math.inf:
        most = float(math.floor(most + SLACK))
    return most


def round_up(quantity: float, entity: Entity, slack: float) -> float:
    """Apply minimum order and batch to a quantity that is more than rounding noise."""
    if quantity <= slack or not ("moq" in entity or "batch" in entity):
        return quantity
    if "batch" in entity:
        quantity = entity["batch"] * math.ceil(quantity / entity["batch"] - SLACK)
    return float(max(entity.get("moq", 0.0), quantity))


def _lead(activity: Entity) -> int:
    """Return the lead time of a source of two speeds, which never varies."""
    lead = activity["lead"]
    return int(lead[0] if isinstance(lead, Sequence) else lead)


def _tiers(run: Any, b: str) -> list[list[Entity]]:
    """Return the sources of a buffer, tier by tier."""
    own = [a for a in run.sources[b] if not a.get("substitute")]
    used = [a for a in own if a.get("share", 1.0) > 0] or own
    return [[a for a in used if a.get("tier", 0) == tier] for tier in sorted({a.get("tier", 0) for a in used})]


def _place(run: Any, b: str, wanted_here: float, sources: Sequence[Entity], period: int) -> None:
    """Share a quantity over some sources of a buffer and order from each."""
    for activity, part in zip(sources, _split(run, wanted_here, sources), strict=True):
        quantity = part / (activity["out"][b] * activity.get("yield", 1.0))
        if run.integer:
            quantity = float(math.ceil(quantity - min(SLACK * max(quantity, 1.0), 1e-3)))
        run.order_activity(activity, round_up(quantity, activity, run.slack(run.buffer_of[b])), period)


def _split(run: Any, quantity: float, sources: Sequence[Entity]) -> list[float]:
    """Split a quantity over sources by share."""
    shares = [float(a.get("share", 1.0)) for a in sources]
    if quantity <= 0 or sum(shares) <= 0:
        return [0.0] * len(sources)
    if not run.integer:
        return proportional(quantity, shares, run.integer)
    if len(sources) == 1:
        return [quantity]
    # A position that counts a mean yield is a fraction; what several sources share is rounded up.
    quantity = math.ceil(quantity - SLACK)
    # Shares are taken as the decimals they were written as, so that 0.7 and 0.3 of 45 tie and the first source wins.
    exact = [Fraction(str(share)) for share in shares]
    return proportional(Fraction(quantity), exact, run.integer)  # type: ignore[arg-type]
