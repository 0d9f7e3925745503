"""Loops that no delay breaks, named in full."""

from __future__ import annotations

import numpy as np
import polars as pl
import rustworkx as rx
from numpy.typing import NDArray

from chaintwin.errors import Finding
from chaintwin.laws import Law, parse_many
from chaintwin.network.doctor.marks import MOST, remark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.graph import FORECASTING, LeadMode, Policy
from chaintwin.network.paths.echelons import Feeds, echelons_of
from chaintwin.network.paths.ordering import levels_of

Integers = NDArray[np.int64]

SMALLEST_DRAW = 2.0**-33
"""The engine's smallest uniform number, so the smallest lead time that can ever be drawn."""

LONGEST_NAME = 24
"""Most stock points of a loop that are named; a longer one says how many more there are."""


def check_loops(structure: Structure) -> list[Finding]:
    """Report circles of orders without information delay and circles of material without lead time."""
    graph, arcs = structure.lowered.graph, structure.lowered.arcs
    ordering = graph.buffers["policy"].to_numpy() != Policy.NONE
    # A source with share 0 is never ordered from, so it closes no loop.
    at_once = graph.activities.select((pl.col("information_delay") == 0) & (pl.col("share") > 0)).to_series().to_numpy()
    target = arcs.main[arcs.input_activity]
    stands_in = graph.activities["substitute"].to_numpy()
    kept = (ordering[target] | stands_in[arcs.input_activity]) & at_once[arcs.input_activity]
    hint = "; two products cannot be substitutes of each other" if stands_in.any() else ""
    fix = "set information_delay to 1 on a lane of the loop, or list sources that leave one way out" + hint
    findings = _loops("loop.information", (arcs.input_point[kept], target[kept]), names=structure.names, fix=fix)
    source, target = _material(structure)
    fix = "set a lead time of 1 or more on a lane or recipe of the loop" + hint
    findings += _loops("loop.material", (source, target), names=structure.names, fix=fix)
    return findings + _echelons(structure)


def _echelons(structure: Structure) -> list[Finding]:
    """Report a stock point that orders by its echelon or its customers above a loop, through which no content can be counted."""
    graph, arcs = structure.lowered.graph, structure.lowered.arcs
    looks = pl.col("sees_customers") & pl.col("policy").is_in([int(policy) for policy in FORECASTING])
    needs = graph.buffers.select((pl.col("policy") == int(Policy.ECHELON)) | looks).to_series()
    wanted = np.flatnonzero(needs.to_numpy())
    used = graph.activities["share"].to_numpy()[arcs.input_activity] > 0
    above, below = arcs.input_point[used], arcs.main[arcs.input_activity[used]]
    _, looped = echelons_of(Feeds(above, below, np.ones(above.size)), wanted, count=graph.buffers.height)
    if looped < 0:
        return []
    found = f"{structure.names[looped]} on a loop below a stock point that orders by its echelon or its customers"
    return [remark("policy.echelon_loop", found=found, fix="choose another policy, or take the loop out")]


def _material(structure: Structure) -> tuple[Integers, Integers]:
    """Return from which to which stock point material can pass within a period."""
    arcs = structure.lowered.arcs
    short = _without_lead(structure)
    kept = short[arcs.input_activity]
    source, target = [arcs.input_point[kept]], [arcs.main[arcs.input_activity[kept]]]
    # By-products are few: each is joined with the inputs of its activity one by one.
    for activity, point in zip(arcs.beside_activity.tolist(), arcs.beside_point.tolist(), strict=True):
        if short[activity]:
            inputs = arcs.input_point[
                np.searchsorted(arcs.input_activity, activity) : np.searchsorted(arcs.input_activity, activity, "right")
            ]
            source.append(inputs)
            target.append(np.full(inputs.size, point))
    return np.concatenate(source), np.concatenate(target)


def _without_lead(structure: Structure) -> NDArray[np.bool_]:
    """Tell which activities can draw a lead time of 0."""
    activities = structure.lowered.graph.activities.select("lead", "lead_mode")
    texts = activities["lead"].unique().sort().to_list()
    laws = parse_many(texts, folder=structure.subject.network.folder)
    known = {text: law for text, law in zip(texts, laws, strict=True) if isinstance(law, Law)}
    short = [text for text, law in known.items() if law.quantile(SMALLEST_DRAW) < 0.5]
    never = [text for text in short if known[text].quantile(1 - SMALLEST_DRAW) < 0.5]
    # What arrives by its age left in an earlier period, unless its lead time is always 0.
    aged = (pl.col("lead_mode") == LeadMode.KAPLAN) & ~pl.col("lead").is_in(never)
    return activities.select((pl.col("lead").is_in(short) & ~aged).alias("lead"))["lead"].to_numpy().astype(bool)


def _loops(code: str, arcs: tuple[Integers, Integers], *, names: pl.Series, fix: str) -> list[Finding]:
    tail, head = arcs
    level = levels_of(tail, head, base=np.zeros(names.len(), dtype=np.int64))
    stuck = (level[tail] < 0) & (level[head] < 0)
    if not stuck.any():
        return []
    # Only what lies on or behind a loop is looked at in full, which is little even in a large network.
    pairs = np.unique(np.stack([tail[stuck], head[stuck]], axis=1), axis=0)
    nodes = np.unique(pairs)
    graph: rx.PyDiGraph[int, None] = rx.PyDiGraph()
    graph.add_nodes_from(nodes.tolist())
    graph.add_edges_from_no_data([(int(a), int(b)) for a, b in np.searchsorted(nodes, pairs)])
    knots = [
        sorted(knot) for knot in rx.strongly_connected_components(graph) if len(knot) > 1 or graph.has_edge(knot[0], knot[0])
    ]
    knots.sort()
    findings = []
    for place, knot in enumerate(knots[:MOST]):
        rest = max(0, len(knots) - MOST) if place == MOST - 1 else 0
        loop = [names[int(nodes[node])] for node in _shortest(graph, knot)]
        findings.append(remark(code, found=_named(loop), fix=fix, count=1 + rest))
    return findings


def _shortest(graph: rx.PyDiGraph[int, None], knot: list[int]) -> list[int]:
    """Return a shortest loop through the first stock point of a knot, the first again at the end."""
    first = knot[0]
    if graph.has_edge(first, first):
        return [first, first]
    inside = set(knot)
    before: dict[int, int] = {}
    layer = [first]
    while True:
        following = []
        for node in layer:
            for target in sorted(graph.successor_indices(node)):
                if target == first:
                    walk = [node]
                    while walk[-1] != first:
                        walk.append(before[walk[-1]])
                    return [*walk[::-1], first]
                if target in inside and target not in before:
                    before[target] = node
                    following.append(target)
        layer = following


def _named(loop: list[str]) -> str:
    if len(loop) > LONGEST_NAME + 1:
        loop = [*loop[:LONGEST_NAME], f"({len(loop) - 1 - LONGEST_NAME} more)", loop[-1]]
    return " > ".join(loop)
