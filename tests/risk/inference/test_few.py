"""Few causes of symptoms against every combination, written out, and against variable elimination."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.risk.inference import NoisyOr, posterior
from chaintwin.risk.inference.few import few_causes
from tests.sizes import scaled


def drawn(seed: int, causes: int, nodes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    strength = rng.uniform(0, 1, (causes, nodes)) * (rng.uniform(0, 1, (causes, nodes)) < 0.6)
    return rng.uniform(0.001, 0.4, causes), strength, rng.uniform(0.001, 0.1, nodes), rng.uniform(0, 1, nodes) < 0.6


@pytest.mark.parametrize("seed", range(scaled(ci=30, full=500)))
def test_few_causes__is_every_combination_of_at_most_two(seed: int) -> None:
    prior, strength, leak, seen = drawn(seed, causes=5, nodes=4)
    weights = {}
    for size in range(3):
        for out in combinations(range(5), size):
            weight = 1.0
            for cause in range(5):
                weight *= prior[cause] if cause in out else 1 - prior[cause]
            for node in range(4):
                up = (1 - leak[node]) * float(np.prod([1 - strength[cause, node] for cause in out]))
                weight *= 1 - up if seen[node] else up
            weights[out] = weight
    total = sum(weights.values())
    found = few_causes(prior, strength, leak=leak, seen=seen)
    assert found.nothing == pytest.approx(weights[()] / total, rel=1e-9)
    for cause in range(5):
        expected = sum(weight for out, weight in weights.items() if cause in out) / total
        assert found.posterior[cause] == pytest.approx(expected, rel=1e-9)
        assert found.alone[cause] == pytest.approx(weights[cause,] / total, rel=1e-9)


@pytest.mark.parametrize("seed", range(scaled(ci=20, full=200)))
def test_few_causes__is_exact_with_two_causes_and_near_with_rare_ones(seed: int) -> None:
    for causes, scale, error in ((2, 1.0, 1e-9), (6, 0.01, 0.02)):
        prior, strength, leak, seen = drawn(seed, causes=causes, nodes=4)
        roots = {f"c{number}": float(chance) for number, chance in enumerate(prior * scale)}
        nodes = {f"n{number}": float(chance) for number, chance in enumerate(leak)}
        edges = [(f"c{i}", f"n{j}", float(strength[i, j])) for i in range(causes) for j in range(4)]
        evidence = dict(zip(nodes, seen.tolist(), strict=True))
        exact = posterior(NoisyOr(roots | nodes, edges), evidence, query=list(roots))
        found = few_causes(prior * scale, strength, leak=leak, seen=seen)
        assert found.posterior == pytest.approx(list(exact.probability.values()), abs=error)


@pytest.mark.parametrize("seed", range(scaled(ci=10, full=100)))
def test_few_causes__only_the_likeliest_are_tried_two_at_a_time(seed: int) -> None:
    prior, strength, leak, seen = drawn(seed, causes=6, nodes=4)
    every = few_causes(prior, strength, leak=leak, seen=seen)
    assert few_causes(prior, strength, leak=leak, seen=seen, paired=6).posterior.tolist() == every.posterior.tolist()
    some = few_causes(prior, strength, leak=leak, seen=seen, paired=3)
    first = np.argsort(-every.alone)[:3]
    rest = np.setdiff1d(np.arange(6), first)
    among = few_causes(prior[first], strength[first], leak=leak, seen=seen)
    # Alone against none is as it was; of the others there are no pairs.
    assert some.alone / some.nothing == pytest.approx(every.alone / every.nothing, rel=1e-9)
    assert some.posterior[rest] == pytest.approx(some.alone[rest], rel=1e-12)
    assert some.posterior[first] / some.nothing == pytest.approx(among.posterior / among.nothing, rel=1e-9)
    assert some.nothing > every.nothing


def test_few_causes__certain_links_and_no_causes() -> None:
    found = few_causes([0.1, 0.1], [[1.0, 0.0], [0.0, 1.0]], leak=[0.0, 0.0], seen=[True, False])
    assert found.posterior.tolist() == pytest.approx([1.0, 0.0], abs=1e-9)
    assert few_causes([0.0], [[0.5]], leak=[0.2], seen=[True]).posterior.tolist() == [0.0]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (([1.5], [[0.5]], [0.1], [True]), "prior"),
        (([0.5], [[-0.5]], [0.1], [True]), "strength"),
        (([0.5], [[0.5, 0.5]], [0.1], [True]), "1 causes by 1 nodes"),
        (([0.5], [[0.0]], [0.0], [True]), "cannot happen"),
    ],
)
def test_few_causes__refuses(numbers: tuple[list[float], list[list[float]], list[float], list[bool]], said: str) -> None:
    prior, strength, leak, seen = numbers
    with pytest.raises(UsageError, match=said):
        few_causes(prior, strength, leak=leak, seen=seen)
