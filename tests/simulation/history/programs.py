"""Random programs with every feature, random lead times in all three modes among them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from chaintwin.network.compiling import compile_graph
from chaintwin.network.program import Program
from tests.graphs import graph_of
from tests.simulation.test_kernels_trace import LEAD_LAW, WITHOUT_LOOPS, without_what_tables_cannot_say
from tests.strategies import EVERYTHING, random_network, two_speed_suppliers

PERIODS = 30


EFFECTS = {
    "capacity": (0.0, 0.5, 2.0),
    "demand": (0.0, 1.5, 3.0),
    "lead": (0.5, 1.5, 3.0),
    "arrivals": (0.0, 0.25, 0.5),
    "transit": (0.0, 0.5, 0.75),
    "queue": (0.0, 0.5),
    "stock": (0.0, 0.25, 0.75),
    "orders": (0.0, 0.5),
    "reported": (0.0, 2.0),
}
"""Factors of the disruptions of ``struck_program``, by effect."""


def random_program(seed: int, *, integer: bool, random_leads: bool = True) -> Program:
    """Return the program of a seed, to be run for ``PERIODS`` periods."""
    return compile_graph(graph_of(_network(seed, integer=integer, random_leads=random_leads), integer=integer))


def struck_program(seed: int, *, integer: bool) -> Program:
    """Return the program of a seed with disruptions, a dozen effects of every kind; to be run for ``PERIODS`` periods."""
    network, choose = _network(seed, integer=integer, random_leads=True), random.Random(seed)
    network["strikes"] = [
        {
            "id": f"strike{number}",
            "onset": choose.randint(0, PERIODS) / 2,
            "duration": choose.choice((0, 1, 2.5, 6)),
            "recovery": choose.choice((0, 0, 1.5, 5)),
        }
        for number in range(3)
    ]
    network["resources"] |= {"limit": [1e12]}
    fixed = two_speed_suppliers(network)
    names, stock = ([item["id"] for item in network[kind]] for kind in ("activities", "buffers"))
    for activity in network["activities"]:
        if choose.random() < 0.3 and not activity.get("substitute"):
            activity["use"] = activity.get("use", {}) | {"limit": 1}
    targets = {
        "capacity": list(network["resources"]),
        "demand": [f"d{number:04d}" for number in range(len(network["demands"]))],
        "lead": [name for name in names if name not in fixed],
        **dict.fromkeys(("arrivals", "transit", "queue"), names),
        **dict.fromkeys(("stock", "orders", "reported"), stock),
    }
    network["effects"] = []
    for _ in range(12):
        effect = choose.choice([name for name, those in targets.items() if those])
        entity = choose.choice(targets[effect])
        named = {"strike": choose.choice(network["strikes"])["id"], "effect": effect, "entity": entity}
        amount = {"amount": 6.0} if entity == "limit" else {}
        network["effects"].append(named | {"factor": choose.choice(EFFECTS[effect])} | amount)
    return compile_graph(graph_of(network, integer=integer))


def _network(seed: int, *, integer: bool, random_leads: bool) -> dict[str, Any]:
    features = replace(EVERYTHING if seed % 2 else WITHOUT_LOOPS, random_leads=random_leads, sharing=False, strikes=False)
    case = random_network(seed, integer=integer, features=features, periods=PERIODS)
    # A state holds neither the ages of claims nor those that a mean of the last periods is of.
    for buffer in case["network"]["buffers"]:
        (buffer.get("policy") or {}).pop("window", None)
    network = without_what_tables_cannot_say(case["network"])
    for activity in network["activities"]:
        if activity["id"] in case["network"].get("leads", {}):
            activity["lead"] = LEAD_LAW
    return network
