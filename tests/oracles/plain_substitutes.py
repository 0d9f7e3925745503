"""How a buffer of the plain reference engine takes what it lacks from substitutes (METHODS 1.5).

``run`` is the run of ``plain_network``. An activity marked ``substitute`` turns its inputs into its first output without lead
time. What the text leaves open was settled as follows; all are choices.

 1. In every period, before the rule orders: lacking is what is claimed beyond stock and what waits at sources whose lead time is
    always 0, one number or a series of zeros.
 2. Substitutes are asked one after the other, by tier, then the larger share, then id; each gives what it could start today.
 3. They are no sources of the rule. The loss a rule projects counts what waits at them as stock, in integer mode whole units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tests.oracles.plain_sources import startable

SLACK = 1e-9


def substitute(run: Any, b: str, period: int) -> None:
    """Order what a buffer lacks from its substitutes."""
    chosen = stand_ins(run, b)
    if not chosen:
        return
    there = run.oh[b]
    for a in run.sources[b]:
        there += run.u[a["id"]] * a["out"][b] * a.get("yield", 1.0) if _always_at_once(run, a) else 0.0
    lacking = sum(run.claims(b)[0]) - there
    lacking = lacking if lacking > run.slack(run.buffer_of[b]) else 0.0
    for a in sorted(chosen, key=lambda a: (a.get("tier", 0), -a.get("share", 1.0), a["id"])):
        output = a["out"][b] * a.get("yield", 1.0)
        units = lacking / output
        if run.integer:
            units = math.ceil(units - min(SLACK * max(units, 1.0), 1e-3))
        units = float(min(units, startable(run, a, period)))
        run.order_activity(a, units, period)
        lacking = max(lacking - units * output, 0.0)


def standing_in(run: Any, b: str) -> float:
    """Return what was ordered from the substitutes of a buffer and will be there today."""
    more = float(sum(run.u[a["id"]] * a["out"][b] * a.get("yield", 1.0) for a in stand_ins(run, b)))
    return float(math.floor(more + SLACK)) if run.integer else more


def stand_ins(run: Any, b: str) -> list[Any]:
    """Return the substitutes of a buffer."""
    return [a for a in run.sources[b] if a.get("substitute") and b == next(iter(a["out"])) and a.get("share", 1.0) > 0]


def _always_at_once(run: Any, activity: Any) -> bool:
    """Tell whether an activity never has a lead time: its own is 0, as one number or in every period of a series."""
    lead = run.network.get("leads", {}).get(activity["id"], activity.get("lead", 0))
    return not callable(lead) and not any(lead if isinstance(lead, Sequence) else (lead,))
