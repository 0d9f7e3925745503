"""What a buffer of the plain reference engine grants its claims; ``run`` is the run of ``plain_network`` (METHODS 1.3).

A buffer takes ``allocation``: ``proportional`` (also without it), ``by_age`` or ``fair_share``; a demand ``complete``. It is
written with lists of lots and exact fractions.

What the text leaves open was settled as follows; no case decides any of it.

 1. Claims are told apart by the period they arose in, up to 31 periods back; what is older is one class. An order is as old at
    its source as it has been visible there.
 2. What is claimed is served from its oldest part, whatever the rule; what is lost is of today's demand.
 3. Fair share: the target of whoever orders by a rule with one level is what that fills up to, in units of the source, and its
    position is all it has or has ordered, less what waits at this source. Everybody else (demand, echelons, levels that change or
    are not above zero) has its own claim as target and position 0.
 4. Whole units of fair shares: floors, then the largest fractions, the first listed wins ties.
 5. Complete: what is granted is cut to the demand of whole periods, the oldest first; what is older than 31 periods may be
    shipped in part. What that frees is not granted again.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from tests.oracles.plain_sharing import allocate_plain, proportional

CLASSES = 32
SLACK = 1e-9


def granted(run: Any, b: str, more: float = 0.0) -> list[float]:
    """Return what the claims on a buffer get: those of streams, then those of activities; ``more`` joins its stock."""
    claims, priorities = run.claims(b)
    rule = run.buffer_of[b].get("allocation", "proportional")

    def share(left: float, members: list[int]) -> list[float]:
        if rule == "by_age":
            return by_age(left, [classes(run, b)[member] for member in members], run.integer)
        if rule == "fair_share":
            aims = [aim(run, b, member) for member in members]
            return fair(left, [(Fraction(claims[member]), *aims[place]) for place, member in enumerate(members)], run.integer)
        return proportional(left, [claims[member] for member in members], run.integer)

    shares, _ = allocate_plain(run.oh[b] + more, claims, priorities, run.integer, share)
    for place, d in enumerate(run.streams_at[b]):
        if run.demands[d].get("complete"):
            shares[place] = whole(run, b, d, shares[place])
    return shares


def classes(run: Any, b: str) -> list[dict[int, float]]:
    """Return what each claim on a buffer is made of, by period."""
    oldest = run.now - (CLASSES - 1)
    found = [run.debts[d].by_class(oldest) for d in run.streams_at[b]]
    for activity in run.consumers[b]:
        units = run.queues[activity["id"]].by_class(oldest)
        found.append({period: activity["in"][b] * quantity for period, quantity in units.items()})
    return found


def by_age(left: float, parts: list[dict[int, float]], integer: bool) -> list[float]:
    """Serve the oldest class of all first."""
    shares = [0.0] * len(parts)
    for period in sorted({period for part in parts for period in part}):
        amounts = [part.get(period, 0.0) for part in parts]
        if sum(amounts) > left:
            amounts = proportional(left, amounts, integer)
        shares = [share + amount for share, amount in zip(shares, amounts, strict=True)]
        left = max(left - sum(amounts), 0.0)
        if left <= 0:
            break
    return shares


def aim(run: Any, b: str, member: int) -> tuple[Fraction | None, Fraction]:
    """Return target and position of a claimant in units of the buffer; no target where its own claim is that."""
    streams = run.streams_at[b]
    if member < len(streams):
        return None, Fraction(0)
    activity = run.consumers[b][member - len(streams)]
    ordering = sorted(other for other in activity["out"] if run.buffer_of[other].get("policy", {}).get("type", "none") != "none")
    if not ordering or activity.get("substitute"):
        return None, Fraction(0)
    policy = run.buffer_of[ordering[0]]["policy"]
    kind = policy["type"]
    if kind in ("constant", "echelon", "drp", "dual", "surge") or "S_series" in policy:
        return None, Fraction(0)
    target = policy["R"] + policy["Q"] if kind == "RnQ" else policy["S"]
    if target <= 0:
        return None, Fraction(0)
    ratio = Fraction(activity["in"][b]) / exact(run, activity["out"][ordering[0]] * activity.get("yield", 1.0))
    waiting = Fraction(activity["in"][b]) * Fraction(run.u[activity["id"]])
    return ratio * Fraction(target), ratio * standing(run, ordering[0]) - waiting


def standing(run: Any, b: str) -> Fraction:
    """Return the position of a buffer as it stands, nothing projected."""
    owed = sum(run.bo[d] for d in run.streams_at[b])
    reserved = sum(a["in"][b] * run.u[a["id"]] for a in run.consumers[b])
    return exact(run, run.oh[b] + run.incoming(b) - owed - reserved)


def exact(run: Any, value: float) -> Fraction:
    """Return a number exactly; in whole units without the rounding noise of yields, which have few decimals."""
    return Fraction(value).limit_denominator(10**6) if run.integer else Fraction(value)


def fair(left: float, members: list[tuple[Fraction, Fraction | None, Fraction]], integer: bool) -> list[float]:
    """Divide by claim, target and position: the sum of shares is piecewise linear in the part of the targets reached."""
    lines = [(claim, claim if target is None else target, position) for claim, target, position in members]

    def shares(part: Fraction) -> list[Fraction]:
        return [min(claim, max(Fraction(0), part * target - position)) for claim, target, position in lines]

    bends = sorted({(position + more) / target for claim, target, position in lines if claim > 0 for more in (0, claim)})
    amount = Fraction(left)
    below = max(bend for bend in bends if sum(shares(bend)) <= amount)
    above = min(bend for bend in bends if sum(shares(bend)) > amount)
    low, high = sum(shares(below)), sum(shares(above))
    found = shares(below + (above - below) * (amount - low) / (high - low))
    if not integer:
        return [float(share) for share in found]
    parts = [math.floor(share) for share in found]
    spare = math.floor(amount) - sum(parts)
    for place in sorted(range(len(found)), key=lambda i: (parts[i] - found[i], i))[:spare]:
        parts[place] += 1
    return [float(part) for part in parts]


def whole(run: Any, b: str, d: int, share: float) -> float:
    """Cut a share to the demand of whole periods."""
    oldest, done = run.now - (CLASSES - 1), 0.0
    slack = run.slack(run.buffer_of[b])
    for period, quantity in run.debts[d].by_class(oldest).items():
        if done + quantity > share + slack:
            return share if period == oldest else min(done, share)
        done += quantity
    return min(done, share)
