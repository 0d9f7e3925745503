"""Betweenness of what can be out, to be shown beside its impact and never instead of it (METHODS 3.11)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import rustworkx as rx

from chaintwin.risk.stress.programmes.flows import Floats, Flows, Integers

LARGEST = 20_000
"""Buffers and activities up to which betweenness is worked out; its time grows with their square."""


def betweenness(flows: Flows, scopes: Sequence[Integers]) -> Floats | None:
    """Return Floats[scopes]: betweenness summed over the activities of each; None for networks that are too large.

    The graph has buffers and activities as nodes and leads from what is taken to what is given; betweenness is that of shortest
    paths (Freeman 1977), over (n - 1)(n - 2) pairs.

    Parameters
    ----------
    flows : the network.
    scopes : numbers of the activities of each.
    """
    count, actors = flows.taken.shape
    if count + actors > LARGEST:
        return None
    graph = rx.PyDiGraph()
    graph.add_nodes_from(range(count + actors))
    taken, given = flows.taken.tocoo(), flows.given.tocoo()
    graph.add_edges_from_no_data(list(zip(taken.row.tolist(), (count + taken.col).tolist(), strict=True)))
    graph.add_edges_from_no_data(list(zip((count + given.col).tolist(), given.row.tolist(), strict=True)))
    found = rx.digraph_betweenness_centrality(graph, normalized=True)
    each = np.array([found[count + activity] for activity in range(actors)])
    return np.array([each[activities].sum() for activities in scopes], dtype=np.float64)


def rank_correlation(one: Floats, other: Floats) -> float:
    """Return Spearman's rank correlation of two lists, ties at their mean rank; NaN where one of them does not vary."""
    from scipy.stats import rankdata

    if one.size < 2:
        return float("nan")
    ranks = np.stack([rankdata(one), rankdata(other)])
    if (ranks.std(axis=1) == 0).any():
        return float("nan")
    return float(np.asarray(np.corrcoef(ranks))[0, 1])
