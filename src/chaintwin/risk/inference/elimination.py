"""Exact probabilities in a noisy-or network by variable elimination.

A node with many parents is taken apart into a chain: by itself, or by the first parent, or by the second, ... Each link has three
variables, so that a table never grows with the number of parents, only with how the network hangs together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.risk.inference.network import NoisyOr

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Factor:
    """A table over variables: one dimension of length 2 for each, 0 (up) and 1 (down)."""

    variables: tuple[int, ...]
    table: Array


def elimination_width(network: NoisyOr, evidence: Mapping[str, bool | int]) -> int:
    """Return the number of variables of the largest table that elimination would need, less one.

    Parameters
    ----------
    network : the network, cut to what is relevant.
    evidence : by node, 0 (up) or 1 (down).

    Returns
    -------
    The width of the greedy order, 0 or more; tables hold up to 2**(width + 1) numbers.

    Example
    -------
    >>> elimination_width(NoisyOr({"a": 0.1, "b": 0.1}, [("a", "b", 0.5)]), {"b": 1})
    1
    """
    factors, _ = _factors(network, evidence)
    _, width = _greedy_order([factor.variables for factor in factors], keep=frozenset())
    return width


def eliminate(network: NoisyOr, evidence: Mapping[str, bool | int], *, query: Sequence[str]) -> tuple[float, Array]:
    """Return the probability of the evidence and the probability of each node given it.

    Parameters
    ----------
    network : the network.
    evidence : by node, 0 (up) or 1 (down).
    query : nodes asked about.

    Returns
    -------
    P(evidence), and float64[query] with P(node down | evidence); nan where the evidence cannot happen.

    Example
    -------
    >>> network = NoisyOr({"quake": 0.02, "plant": 0.01}, [("quake", "plant", 0.7)])
    >>> chance, posterior = eliminate(network, {"plant": 1}, query=["quake"])
    >>> round(chance, 6), posterior.round(4).tolist()
    (0.02386, [0.5893])

    Source: Zhang & Poole 1996, "Exploiting causal independence in Bayesian network inference"; Heckerman 1993 for the chains.
    """
    asked = [node for node in dict.fromkeys(query) if node not in evidence]
    chance = None
    found = {node: float(bool(state)) for node, state in evidence.items()}
    for node in asked:
        part = network.relevant([node, *evidence])
        both = _sum_out(part, evidence, keep=node)
        chance = float(both.sum())
        found[node] = float(both[1]) / chance if chance > 0 else np.nan
    if chance is None:
        chance = float(_sum_out(network.relevant(evidence), evidence, keep=None).sum()) if evidence else 1.0
    if chance == 0:
        found = dict.fromkeys(found, np.nan)
    return chance, np.array([found[node] for node in query])


def _sum_out(network: NoisyOr, evidence: Mapping[str, bool | int], *, keep: str | None) -> Array:
    """Return P(kept node, evidence) for the node up and down, or P(evidence) alone."""
    factors, index = _factors(network, evidence)
    kept = frozenset() if keep is None else frozenset([index[keep]])
    order, _ = _greedy_order([factor.variables for factor in factors], keep=kept)
    for variable in order:
        touched = [factor for factor in factors if variable in factor.variables]
        factors = [factor for factor in factors if variable not in factor.variables]
        joined = _product(touched)
        axis = joined.variables.index(variable)
        rest = joined.variables[:axis] + joined.variables[axis + 1 :]
        factors.append(_Factor(rest, joined.table.sum(axis=axis)))
    return _product(factors).table


def _factors(network: NoisyOr, evidence: Mapping[str, bool | int]) -> tuple[list[_Factor], dict[str, int]]:
    """Return the tables of all nodes with the evidence put in, and the variable of each node."""
    index = {node: number for number, node in enumerate(network.leak)}
    count = len(index)
    parents: dict[str, list[tuple[str, float]]] = {node: [] for node in network.leak}
    for parent, node, strength in network.edges:
        parents[node].append((parent, strength))
    factors = []
    for node, leak in network.leak.items():
        # Link k of the chain: down after the first k parents have been asked.
        links = [*range(count, count + len(parents[node])), index[node]]
        count += len(parents[node])
        factors.append(_Factor((links[0],), np.array([1 - leak, leak])))
        for (parent, strength), before, after in zip(parents[node], links, links[1:], strict=False):
            table = np.empty((2, 2, 2))  # before, parent, after
            stays_up = np.array([[1.0, 1 - strength], [0.0, 0.0]])
            table[:, :, 0] = stays_up
            table[:, :, 1] = 1 - stays_up
            factors.append(_Factor((before, index[parent], after), table))
    known = {index[node]: int(bool(state)) for node, state in evidence.items() if node in index}
    return [_given(factor, known) for factor in factors], index


def _given(factor: _Factor, known: Mapping[int, int]) -> _Factor:
    place = tuple(known.get(variable, slice(None)) for variable in factor.variables)
    return _Factor(tuple(v for v in factor.variables if v not in known), np.asarray(factor.table[place]))


def _product(factors: Sequence[_Factor]) -> _Factor:
    variables = tuple(dict.fromkeys(variable for factor in factors for variable in factor.variables))
    table = np.ones((2,) * len(variables))
    for factor in factors:
        places = [variables.index(variable) for variable in factor.variables]
        order = np.argsort(places)
        shape = [2 if number in places else 1 for number in range(len(variables))]
        table = table * np.transpose(factor.table, order).reshape(shape)
    return _Factor(variables, table)


def _greedy_order(scopes: Sequence[tuple[int, ...]], *, keep: frozenset[int]) -> tuple[list[int], int]:
    """Return an order of elimination and its width: always the variable whose table would be smallest (min degree)."""
    neighbors: dict[int, set[int]] = {}
    for scope in scopes:
        for variable in scope:
            neighbors.setdefault(variable, set()).update(scope)
    for variable, others in neighbors.items():
        others.discard(variable)
    order: list[int] = []
    width = 0
    waiting = set(neighbors) - keep
    while waiting:
        variable = min(waiting, key=lambda candidate: (len(neighbors[candidate]), candidate))
        others = neighbors.pop(variable)
        width = max(width, len(others))
        for other in others:
            neighbors[other] |= others
            neighbors[other] -= {variable, other}
        waiting.discard(variable)
        order.append(variable)
    return order, width
