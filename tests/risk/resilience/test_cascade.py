"""The cascade index: worked answers, a plain fixed point firm by firm, laws, and size."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.resilience import FirmNetwork, cascade, cascade_index, firm_network
from tests.shared_data import cases_of, matches
from tests.sizes import scaled


def from_matrix(inputs: dict[str, Any]) -> FirmNetwork:
    volumes = np.array(inputs["W"], dtype=float)
    suppliers, buyers = np.nonzero(volumes)
    return firm_network(
        suppliers,
        buyers,
        volumes=volumes[suppliers, buyers],
        products=inputs["product"],
        final_sales=inputs["final"],
        replaceability=inputs["sigma"],
        essential={int(buyer): kinds for buyer, kinds in inputs["essential"].items()},
    )


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.cascade_index"))
def test_cascade_index__worked_cases(case: dict[str, Any]) -> None:
    network = from_matrix(case["inputs"])
    after = cascade(network, [0, *[1] * (network.firm_count - 1)])
    answer = {"index": cascade_index(network), "h_after_failure_of_0": after.level, "hu0_linear": after.upstream}
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


def plain_levels(inputs: dict[str, Any], failed: int, rounds: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Iterate METHODS 3.8 word by word, with dense loops."""
    W, F, sigma = np.array(inputs["W"], dtype=float), inputs["final"], inputs["sigma"]
    kinds, count = inputs["product"], len(inputs["product"])
    down, up = np.ones(count), np.ones(count)
    for _ in range(rounds):
        new_down, new_up = np.ones(count), np.ones(count)
        for j in range(count):
            able = 0.0 if j == failed else 1.0
            level, missing, total = able, 0.0, W[:, j].sum()
            for kind in set(kinds):
                of_kind = [i for i in range(count) if kinds[i] == kind and W[i, j] > 0]
                volume = sum(W[i, j] for i in of_kind)
                if volume == 0:
                    continue
                left = 1 - sum(sigma[i] * (1 - down[i]) * W[i, j] for i in of_kind) / volume
                if kind in inputs["essential"].get(str(j), ()):
                    level = min(level, left)
                else:
                    missing += volume / total * (1 - left)
            new_down[j] = min(level, 1 - missing)
            sold = W[j].sum() + F[j]
            new_up[j] = min(able, (W[j] @ up + F[j]) / sold) if sold > 0 else able
        if np.array_equal(new_down, down) and np.array_equal(new_up, up):
            break
        down, up = new_down, new_up
    return down, up


NETWORKS = st.integers(2, 6).flatmap(
    lambda count: st.fixed_dictionaries(
        {
            "W": st.lists(
                st.lists(st.sampled_from([0, 0, 0, 1, 4, 9]), min_size=count, max_size=count), min_size=count, max_size=count
            ),
            "product": st.lists(st.sampled_from("abc"), min_size=count, max_size=count),
            "final": st.lists(st.integers(1, 9), min_size=count, max_size=count),
            "sigma": st.lists(st.sampled_from([0.2, 0.5, 0.9]), min_size=count, max_size=count),
            "essential": st.dictionaries(
                st.integers(0, count - 1).map(str), st.lists(st.sampled_from("abc"), max_size=2, unique=True), max_size=count
            ),
        }
    )
)


@given(inputs=NETWORKS)
def test_cascade__agrees_with_the_plain_fixed_point(inputs: dict[str, Any]) -> None:
    network = from_matrix(inputs)
    output = np.array(inputs["W"], dtype=float).sum(axis=1) + np.array(inputs["final"])
    expected = []
    for failed in range(network.firm_count):
        down, up = plain_levels(inputs, failed)
        found = cascade(network, [0.0 if firm == failed else 1.0 for firm in range(network.firm_count)])
        assert found.downstream == pytest.approx(down, abs=1e-9)
        assert found.upstream == pytest.approx(up, abs=1e-9)
        expected.append((output / output.sum()) @ (1 - np.minimum(down, up)))
    index = cascade_index(network)
    assert index == pytest.approx(expected, abs=1e-9)
    assert (index >= network.output_shares - 1e-12).all()
    assert (index <= 1 + 1e-12).all()


@given(inputs=NETWORKS, data=st.data())
def test_cascade__losing_more_never_leaves_more(inputs: dict[str, Any], data: st.DataObject) -> None:
    network = from_matrix(inputs)
    able = np.array(data.draw(st.lists(st.floats(0, 1), min_size=network.firm_count, max_size=network.firm_count)))
    mild, severe = cascade(network, able).level, cascade(network, able * 0.7).level
    assert (severe <= mild + 1e-9).all()
    assert (mild <= able + 1e-12).all()
    assert cascade(network, np.ones(network.firm_count)).level.tolist() == [1.0] * network.firm_count


def random_network(firms: int, flows: int) -> FirmNetwork:
    rng = np.random.default_rng(1)
    suppliers, buyers = rng.integers(0, firms, (2, flows))
    kinds = [f"class {number}" for number in rng.integers(0, 50, firms)]
    return firm_network(
        suppliers,
        buyers,
        volumes=rng.lognormal(3.0, 1.5, flows),
        products=kinds,
        final_sales=rng.lognormal(4.0, 1.0, firms),
        replaceability=rng.uniform(0.1, 0.9, firms),
        essential={firm: ["class 1", "class 7", "class 30"] for firm in range(0, firms, 3)},
    )


def test_cascade_index__scales_to_a_hundred_thousand_flows() -> None:
    network = random_network(20_000, 100_000)
    some = list(range(scaled(ci=128, full=2_000)))
    started = time.perf_counter()
    index = cascade_index(network, firms=some)
    # Measured: 40 ms a failure on one core of a busy machine; the bound only tells a wrong order of growth.
    assert time.perf_counter() - started < 0.3 * len(some) + 5
    assert (index >= network.output_shares[some] - 1e-12).all()
    assert (index <= 1).all()


def test_cascade__flows_between_the_same_firms_add_up() -> None:
    split = firm_network([0, 0], [1, 1], volumes=[2, 3], products=["a", "b"], final_sales=[1, 9])
    whole = firm_network([0], [1], volumes=[5], products=["a", "b"], final_sales=[1, 9])
    assert cascade_index(split).tolist() == pytest.approx(cascade_index(whole).tolist())


def test_cascade__refuses_what_cannot_be() -> None:
    with pytest.raises(UsageError, match=r"buyers\[0\]: found 5; allowed: 0 to 1"):
        firm_network([0], [5], volumes=[5], products=["a", "b"], final_sales=[1, 9])
    with pytest.raises(UsageError, match="suppliers: found 2 flows; allowed: 1"):
        firm_network([0, 1], [1], volumes=[5], products=["a", "b"], final_sales=[1, 9])
    with pytest.raises(UsageError, match="final_sales: found an array of shape"):
        firm_network([0], [1], volumes=[5], products=["a", "b"], final_sales=[1])
    with pytest.raises(UsageError, match="firms: found 2"):
        cascade_index(firm_network([0], [1], volumes=[5], products=["a", "b"], final_sales=[1, 9]), firms=[2])
    with pytest.raises(UsageError, match="essential: found 7"):
        firm_network([0], [1], volumes=[5], products=["a", "b"], final_sales=[1, 9], essential={7: ["a"]})
