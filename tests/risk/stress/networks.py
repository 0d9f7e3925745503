"""Networks of flows for tests: in the notation of the worked cases, and at random."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from chaintwin.risk.stress.programmes.flows import Flows


def flows_from(network: dict[str, Any]) -> Flows:
    """Return the flows of a network in the notation of the cases ``dis.tts_ttr`` and ``dis.impact_time_expanded``."""
    names = {name: number for number, name in enumerate(network["stock"])}
    activities, demands = network["activities"], network["demands"]

    def coefficients(side: str) -> sparse.csc_array:
        found = np.zeros((len(names), len(activities)))
        for number, activity in enumerate(activities):
            for buffer, quantity in activity[side].items():
                found[names[buffer], number] = quantity
        return sparse.csc_array(found)

    longest = max([1, *(len(activity.get("pipeline", ())) for activity in activities)])
    arriving = np.zeros((len(activities), longest))
    for number, activity in enumerate(activities):
        arriving[number, : len(activity.get("pipeline", ()))] = activity.get("pipeline", ())
    return Flows(
        stock=np.array(list(network["stock"].values()), dtype=np.float64),
        taken=coefficients("in"),
        given=coefficients("out"),
        used=sparse.csc_array(np.eye(len(activities))),
        capacity=np.array([activity["cap"] for activity in activities], dtype=np.float64),
        buffer=np.array([names[demand["buffer"]] for demand in demands]),
        rate=np.array([demand["rate"] for demand in demands], dtype=np.float64),
        margin=np.array([demand["margin"] for demand in demands], dtype=np.float64),
        lead=np.array([activity.get("lead", 0) for activity in activities]),
        arriving=sparse.csr_array(arriving),
    )


def at_site(network: dict[str, Any], site: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the numbers of the activities of a site."""
    return np.array([number for number, activity in enumerate(network["activities"]) if activity["site"] == site], dtype=np.int64)


def random_network(seed: int) -> dict[str, Any]:
    """Return a network of a few tiers in that notation: shared inputs, several sources, capacities that may be too small."""
    draw = np.random.default_rng(seed)
    tiers, width = int(draw.integers(2, 5)), int(draw.integers(1, 4))
    names = [[f"t{tier}b{number}" for number in range(width)] for tier in range(tiers)]
    activities = []
    for tier, buffers in enumerate(names):
        for buffer in buffers:
            for source in range(int(draw.integers(1, 3))):
                below = names[tier - 1] if tier else []
                chosen = draw.choice(below, size=min(len(below), int(draw.integers(1, 3))), replace=False) if tier else []
                activities.append(
                    {
                        "site": f"s{draw.integers(0, 6)}",
                        "cap": float(draw.choice([6.0, 15.0, 40.0, np.inf])),
                        "in": {str(name): float(draw.integers(1, 3)) for name in chosen},
                        "out": {buffer: 1.0},
                        "lead": int(draw.integers(0, 4)),
                        "pipeline": [],
                        "id": f"{buffer}-{source}",
                    }
                )
    return {
        "stock": {name: float(draw.integers(0, 60)) for tier in names for name in tier},
        "activities": activities,
        "demands": [
            {"buffer": name, "rate": float(draw.integers(1, 9)), "margin": float(draw.integers(1, 9))} for name in names[-1]
        ],
    }
