"""Random programs with every feature, random lead times in all three modes among them."""

from __future__ import annotations

from dataclasses import replace

from chaintwin.network.compiling import compile_graph
from chaintwin.network.program import Program
from tests.graphs import graph_of
from tests.simulation.test_kernels_trace import LEAD_LAW, WITHOUT_LOOPS, without_what_tables_cannot_say
from tests.strategies import EVERYTHING, random_network

PERIODS = 30


def random_program(seed: int, *, integer: bool, random_leads: bool = True) -> Program:
    """Return the program of a seed, to be run for ``PERIODS`` periods."""
    features = replace(EVERYTHING if seed % 2 else WITHOUT_LOOPS, random_leads=random_leads, sharing=False, strikes=False)
    case = random_network(seed, integer=integer, features=features, periods=PERIODS)
    # A log tells of no disruptions, and a state holds neither the ages of claims nor those that a mean of the last periods is of.
    for buffer in case["network"]["buffers"]:
        (buffer.get("policy") or {}).pop("window", None)
    network = without_what_tables_cannot_say(case["network"])
    for activity in network["activities"]:
        if activity["id"] in case["network"].get("leads", {}):
            activity["lead"] = LEAD_LAW
    return compile_graph(graph_of(network, integer=integer))
