"""Noisy-or networks: causes that bring down what depends on them, each link with its own probability."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, refusal


@dataclass(frozen=True, slots=True)
class NoisyOr:
    """A noisy-or network: P(node is down | parents) = 1 - (1 - leak) * product over parents that are down of (1 - strength).

    Parameters
    ----------
    leak : by node, the probability that it goes down by itself, 0 to 1; for a node without parents its prior.
    edges : (parent, node, strength), strength being the probability that a parent that is down brings the node down, 0 to 1; at
        most one edge from a parent to a node.

    Raises
    ------
    UsageError : a number is out of its range, an edge names an unknown node or repeats one, or nodes cause each other in a
        circle.

    Example
    -------
    >>> network = NoisyOr({"quake": 0.02, "plant": 0.01}, [("quake", "plant", 0.7)])
    >>> network.order, network.parents("plant")
    (('quake', 'plant'), (('quake', 0.7),))

    Source: Pearl 1988, "Probabilistic reasoning in intelligent systems", section 4.3.2; Hosseini & Ivanov 2020 for supply chains.
    """

    leak: Mapping[str, float]
    edges: Sequence[tuple[str, str, float]]

    def __post_init__(self) -> None:
        for node, chance in self.leak.items():
            check_number(f"leak[{node!r}]", chance, low=0.0, high=1.0)
        seen: set[tuple[str, str]] = set()
        for parent, node, strength in self.edges:
            for name in (parent, node):
                if name not in self.leak:
                    raise refusal("edges", name, allowed="a node that has a leak", fix=f"leak[{name!r}] = 0")
            check_number(f"edges {parent!r} to {node!r}", strength, low=0.0, high=1.0)
            if (parent, node) in seen:
                raise UsageError(f"edges: found two from {parent!r} to {node!r}; allowed: one; fix: 1 - (1 - a) * (1 - b)")
            seen.add((parent, node))
        _ordered(self)

    @property
    def order(self) -> tuple[str, ...]:
        """Return the nodes such that parents come before what depends on them."""
        return _ordered(self)

    @property
    def roots(self) -> tuple[str, ...]:
        """Return the nodes without parents, in the order they were named."""
        caused = {node for _, node, _ in self.edges}
        return tuple(node for node in self.leak if node not in caused)

    def parents(self, node: str) -> tuple[tuple[str, float], ...]:
        """Return the parents of a node with their strengths."""
        return tuple((parent, strength) for parent, child, strength in self.edges if child == node)

    def relevant(self, nodes: Iterable[str]) -> NoisyOr:
        """Return the network of some nodes and all that can cause them; the rest says nothing about them.

        Example
        -------
        >>> network = NoisyOr({"a": 0.1, "b": 0.1, "c": 0.1}, [("a", "b", 0.5), ("b", "c", 0.5)])
        >>> list(network.relevant(["b"]).leak)
        ['a', 'b']

        Source: Shachter 1986 (barren nodes).
        """
        by_node: dict[str, list[str]] = {}
        for parent, node, _ in self.edges:
            by_node.setdefault(node, []).append(parent)
        waiting, kept = list(nodes), set()
        while waiting:
            node = waiting.pop()
            if node not in kept:
                kept.add(node)
                waiting += by_node.get(node, [])
        leak = {node: chance for node, chance in self.leak.items() if node in kept}
        return NoisyOr(leak, tuple(edge for edge in self.edges if edge[1] in kept))


def check_states(network: NoisyOr, evidence: Mapping[str, bool | int], *, query: Sequence[str]) -> None:
    """Refuse evidence or queries about nodes that are not there.

    Raises
    ------
    UsageError : a node is unknown, or a state is neither 0 nor 1.

    Example
    -------
    >>> check_states(NoisyOr({"plant": 0.01}, []), {"plant": 1}, query=["plant"])
    """
    for where, names in (("evidence", evidence), ("query", query)):
        for node in names:
            if node not in network.leak:
                raise refusal(where, node, allowed="a node of the network")
    for node, state in evidence.items():
        if state not in (0, 1):
            raise refusal(f"evidence[{node!r}]", state, allowed="0 (up) or 1 (down)")


def _ordered(network: NoisyOr) -> tuple[str, ...]:
    waiting = dict.fromkeys(network.leak, 0)
    children: dict[str, list[str]] = {}
    for parent, node, _ in network.edges:
        waiting[node] += 1
        children.setdefault(parent, []).append(node)
    ready = [node for node, count in waiting.items() if count == 0]
    found: list[str] = []
    while ready:
        node = ready.pop(0)
        found.append(node)
        for child in children.get(node, []):
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    if len(found) < len(waiting):
        # Of the nodes left over some only hang on the circle: whoever follows a parent among them walks into it.
        left = set(waiting) - set(found)
        parent_of = {node: parent for parent, node, _ in network.edges if parent in left and node in left}
        path = [next(node for node in waiting if node in left)]
        while path[-1] not in path[:-1]:
            path.append(parent_of[path[-1]])
        circle = path[path.index(path[-1]) :][::-1]
        raise UsageError(f"edges: found a circle {' -> '.join(circle)}; allowed: causes before effects; fix: leave one edge out")
    return tuple(found)
