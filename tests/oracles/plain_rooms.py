"""Sites of the plain reference engine with room for only so much stock; ``run`` is the run of ``plain_network``.

A network takes ``rooms`` (site to capacity), a buffer ``site`` and ``volume`` (of one unit; none: it takes no room).

What the text leaves open was settled as follows; no case decides any of it.

 1. E1: room is the capacity less what stock takes before anything is received. If all that arrives after a lead time takes
    more, each arrival comes in by the same share, and the rest arrives again in the next period, of whatever age it is.
 2. Whole units: one activity after the other, by id, each by its share of the room and the arrivals that are left, rounded down.
 3. E4: what has no lead time is cut, level by level, to the room that is there after the level has shipped. A unit needs what its
    outputs take beyond what its inputs leave free at the same site. An activity that may draw a lead of 0 counts as if it did.
 4. Stock that is above the room at the start stays; nothing else comes in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

NOISE, SLACK = 1e-12, 1e-9
LONG_AGO = 10**6


def stored(run: Any, arriving: dict[str, float]) -> dict[str, float]:
    """Return what comes in of what arrives; put the rest back into the pipeline, due in the next period."""
    come = dict(arriving)
    for site, capacity in run.network.get("rooms", {}).items():
        asked = {a["id"]: takes(run, a, site) * arriving[a["id"]] for a in run.activities}
        free, need = free_room(run, site), sum(asked.values())
        if need <= free + NOISE * capacity:
            continue
        left, rest = free, need
        for activity in run.activities:
            a, volume = activity["id"], takes(run, activity, site)
            if volume == 0:
                continue
            if not run.integer:
                come[a] = arriving[a] * free / need
                continue
            if rest > left + NOISE * capacity:
                come[a] = min(float(math.floor(arriving[a] * left / rest + SLACK)), arriving[a])
            left, rest = max(left - volume * come[a], 0.0), rest - asked[a]
    for activity in run.activities:
        a = activity["id"]
        if arriving[a] > come[a]:
            # Goods that arrive by their age are kept by the period of their start.
            key = run.now - LONG_AGO if run.by_age(activity) else run.now + 1
            run.pipe[a][key] = run.pipe[a].get(key, 0.0) + arriving[a] - come[a]
    return come


def room_parts(run: Any, members: Sequence[Any], possible: dict[str, float]) -> dict[str, list[tuple[float, float]]]:
    """Return what is free and what is needed of each room that is short, for each activity that fills it at once."""
    found: dict[str, list[tuple[float, float]]] = {}
    for site in run.network.get("rooms", {}):
        uses = {a["id"]: max(takes(run, a, site) - leaves(run, a, site), 0.0) for a in members if run.at_once(a)}
        free, need = free_room(run, site), sum(use * possible[a] for a, use in uses.items())
        if need > free:
            for a, use in uses.items():
                if use > 0:
                    found.setdefault(a, []).append((free, need))
    return found


def free_room(run: Any, site: str) -> float:
    """Return what a site has left for stock now."""
    return max(float(run.network["rooms"][site]) - taken(run, site, run.oh), 0.0)


def taken(run: Any, site: str, stock: dict[str, float]) -> float:
    """Return the room that stock takes at a site."""
    return float(sum(b.get("volume", 0) * stock[b["id"]] for b in run.buffers if b.get("site") == site))


def takes(run: Any, activity: Any, site: str) -> float:
    """Return the room that the outputs of one unit take at a site: in whole units as if all were good, because all may be."""
    return _volume(run, activity["out"], site) * (1.0 if run.integer else float(activity.get("yield", 1.0)))


def leaves(run: Any, activity: Any, site: str) -> float:
    """Return the room that the inputs of one unit leave at a site."""
    return _volume(run, activity["in"], site)


def _volume(run: Any, arcs: dict[str, float], site: str) -> float:
    inside = ((run.buffer_of[b], quantity) for b, quantity in arcs.items() if run.buffer_of[b].get("site") == site)
    return float(sum(buffer.get("volume", 0) * quantity for buffer, quantity in inside))
