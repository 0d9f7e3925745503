"""Noisy-or networks: worked answers, enumeration, wide families, and samples with their errors."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.inference import InferenceMethod, NoisyOr, posterior, root_causes
from chaintwin.risk.inference.elimination import elimination_width
from tests.shared_data import cases_of, matches
from tests.sizes import scaled


def from_inputs(inputs: dict[str, Any]) -> NoisyOr:
    return NoisyOr(inputs["leak"], [(parent, node, strength) for parent, node, strength in inputs["edges"]])


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.noisy_or"))
def test_posterior__worked_cases(case: dict[str, Any]) -> None:
    network, inputs = from_inputs(case["inputs"]), case["inputs"]
    found = posterior(network, inputs["evidence"], query=inputs["query"])
    answer = {
        "marginal": posterior(network, {}).probability,
        "P_evidence": found.evidence_probability,
        "posterior": found.probability,
    }
    assert found.method is InferenceMethod.EXACT
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.noisy_or"))
def test_posterior__samples_meet_the_worked_case(case: dict[str, Any]) -> None:
    network, inputs = from_inputs(case["inputs"]), case["inputs"]
    count = scaled(ci=50_000, full=1_000_000)
    found = posterior(network, inputs["evidence"], query=inputs["query"], width_max=0, samples=count, seed=3)
    assert found.method is InferenceMethod.SAMPLED
    assert abs(found.evidence_probability - case["expected"]["P_evidence"]) < 4 * found.evidence_error
    for node, expected in case["expected"]["posterior"].items():
        assert abs(found.probability[node] - expected) < 4 * found.standard_error[node]


def enumerated(network: NoisyOr, evidence: dict[str, int]) -> tuple[float, dict[str, float]]:
    """Add up the joint probability of every state of the network."""
    nodes = list(network.leak)
    total, down = 0.0, dict.fromkeys(nodes, 0.0)
    for states in itertools.product((0, 1), repeat=len(nodes)):
        state = dict(zip(nodes, states, strict=True))
        if any(state[node] != value for node, value in evidence.items()):
            continue
        chance = 1.0
        for node in nodes:
            up = 1 - network.leak[node]
            for parent, child, strength in network.edges:
                if child == node and state[parent]:
                    up *= 1 - strength
            chance *= 1 - up if state[node] else up
        total += chance
        for node in nodes:
            down[node] += chance * state[node]
    return total, {node: value / total for node, value in down.items()} if total > 0 else {}


@st.composite
def networks(draw: st.DrawFn) -> NoisyOr:
    names = [f"n{number}" for number in range(draw(st.integers(1, 7)))]
    chances = st.floats(0.01, 0.99)
    pairs = [(a, b) for a, b in itertools.combinations(names, 2) if draw(st.booleans())]
    shuffled = draw(st.permutations(names))
    return NoisyOr({name: draw(chances) for name in shuffled}, [(a, b, draw(st.floats(0, 1))) for a, b in pairs])


@given(network=networks(), data=st.data())
def test_posterior__agrees_with_enumeration(network: NoisyOr, data: st.DataObject) -> None:
    nodes = list(network.leak)
    seen = data.draw(st.lists(st.sampled_from(nodes), max_size=3, unique=True))
    evidence = {node: data.draw(st.integers(0, 1)) for node in seen}
    total, down = enumerated(network, evidence)
    if total == 0:
        with pytest.raises(UsageError, match="which cannot happen"):
            posterior(network, evidence, query=nodes)
        return
    found = posterior(network, evidence, query=nodes)
    assert found.evidence_probability == pytest.approx(total, rel=1e-9)
    assert [found.probability[node] for node in nodes] == pytest.approx([down[node] for node in nodes], abs=1e-9)


@given(network=networks(), data=st.data())
def test_posterior__a_symptom_never_clears_its_causes(network: NoisyOr, data: st.DataObject) -> None:
    symptom = data.draw(st.sampled_from(list(network.leak)))
    before = posterior(network, {}).probability
    after = posterior(network, {symptom: 1}, query=list(network.leak)).probability
    assert all(after[node] >= before[node] - 1e-9 for node in network.leak)


def test_posterior__a_family_of_many_parents_stays_exact() -> None:
    parents = [f"supplier {number}" for number in range(40)]
    leak = dict.fromkeys(parents, 0.1) | {"plant": 0.01}
    network = NoisyOr(leak, [(parent, "plant", 0.3) for parent in parents])
    found = posterior(network, {"plant": 1}, query=["supplier 0", "plant"])
    assert found.method is InferenceMethod.EXACT
    up = 0.99 * (1 - 0.1 * 0.3) ** 40
    assert found.evidence_probability == pytest.approx(1 - up)
    assert found.probability["supplier 0"] == pytest.approx(0.1 * (1 - 0.99 * 0.7 * (1 - 0.03) ** 39) / (1 - up))
    assert found.probability["plant"] == 1


def dense_network() -> NoisyOr:
    causes, effects = [f"c{i}" for i in range(22)], [f"e{i}" for i in range(22)]
    leak = dict.fromkeys(causes, 0.15) | dict.fromkeys(effects, 0.05)
    return NoisyOr(leak, [(c, e, 0.1 + 0.02 * (i % 5)) for i, c in enumerate(causes) for e in effects])


def test_posterior__too_closely_knit_is_sampled_and_says_so() -> None:
    network = dense_network()
    evidence = {f"e{number}": int(number < 5) for number in range(22)}
    assert elimination_width(network.relevant(evidence), evidence) > 15
    runs = [posterior(network, evidence, query=["c0", "c1"], samples=scaled(ci=20_000, full=200_000), seed=s) for s in range(8)]
    assert {run.method for run in runs} == {InferenceMethod.SAMPLED}
    assert all(0 < run.effective_size <= run.samples for run in runs)
    for node in ("c0", "c1"):
        values = np.array([run.probability[node] for run in runs])
        said = np.mean([run.standard_error[node] for run in runs])
        assert said / 2.5 < values.std(ddof=1) < 2.5 * said
    assert posterior(network, evidence, query=["c0"], samples=1000, seed=5) == posterior(
        network, evidence, query=["c0"], samples=1000, seed=5
    )


def test_likelihood_weighting__samples_of_a_node_do_not_depend_on_the_others() -> None:
    small = NoisyOr({"a": 0.3}, [])
    large = NoisyOr({"z": 0.5, "a": 0.3, "b": 0.1}, [("a", "b", 0.5)])
    one = posterior(small, {}, query=["a"], width_max=0, samples=999, seed=1)
    assert one.method is InferenceMethod.EXACT
    from chaintwin.risk.inference.weighting import likelihood_weighting

    found = [likelihood_weighting(net, {}, query=["a"], samples=999, seed=1).probability[0] for net in (small, large)]
    assert found[0] == found[1]
    assert abs(found[0] - 0.3) < 4 * math.sqrt(0.21 / 999)


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.noisy_or"))
def test_root_causes__are_ranked(case: dict[str, Any]) -> None:
    network = from_inputs(case["inputs"])
    causes = root_causes(network, case["inputs"]["evidence"])
    assert [cause.node for cause in causes] == ["quake"]
    assert causes[0].posterior == pytest.approx(case["expected"]["posterior"]["quake"], rel=1e-9)
    assert causes[0].prior == 0.02


CHAIN = {"a": 0.1, "b": 0.0, "c": 0.1}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: NoisyOr({"a": 1.5}, []), r"leak\['a'\]: found 1.5"),
        (lambda: NoisyOr({"a": 0.5}, [("a", "x", 0.1)]), "edges: found 'x'; allowed: a node that has a leak"),
        (lambda: NoisyOr(CHAIN, [("a", "b", 0.1), ("a", "b", 0.2)]), "edges: found two from 'a' to 'b'"),
        (
            lambda: NoisyOr(CHAIN, [("a", "b", 0.1), ("b", "c", 0.2), ("c", "b", 0.1)]),
            "edges: found a circle (b -> c -> b|c -> b -> c)",
        ),
        (lambda: posterior(NoisyOr(CHAIN, []), {"x": 1}), "evidence: found 'x'"),
        (lambda: posterior(NoisyOr(CHAIN, []), {"a": 2}), r"evidence\['a'\]: found 2; allowed: 0 .up. or 1 .down."),
        (lambda: posterior(NoisyOr(CHAIN, []), {"b": 1}), "evidence: found .*, which cannot happen"),
    ],
)
def test_inference__refuses(make: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make()


def test_posterior__evidence_that_no_sample_meets_is_refused() -> None:
    network = dense_network()
    leak = dict(network.leak) | dict.fromkeys([f"e{number}" for number in range(22)], 0.0) | {"c0": 0.0}
    impossible = NoisyOr(leak | dict.fromkeys([f"c{number}" for number in range(22)], 0.0), network.edges)
    with pytest.raises(UsageError, match="which none of 500 samples met"):
        posterior(impossible, {"e0": 1, "e1": 1, "e2": 0}, query=["c1"], width_max=0, samples=500)
