"""Philox kernels against published vectors, the plain oracle and each other."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.rng import stream_of
from chaintwin.rng_kernels import fill_uniform_kernel, philox_kernel, uniform_kernel
from tests.oracles import plain_philox
from tests.shared_data import REPOSITORY, cases_of

WORDS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("case", cases_of("cases/rng.json", "rng.philox"))
def test_philox_kernel__worked_cases(case: dict[str, Any]) -> None:
    counter = [int(word, 16) for word in case["inputs"]["counter"]]
    key = [int(word, 16) for word in case["inputs"]["key"]]
    expected = [int(word, 16) for word in case["expected"]["words"]]
    assert [int(word) for word in philox_kernel(*counter, *key)] == expected
    assert plain_philox.philox(counter, key) == expected


@given(counter=st.lists(WORDS, min_size=4, max_size=4), key=st.lists(WORDS, min_size=2, max_size=2))
def test_philox_kernel__equals_the_plain_oracle(counter: list[int], key: list[int]) -> None:
    assert [int(word) for word in philox_kernel(*counter, *key)] == plain_philox.philox(counter, key)


@pytest.mark.parametrize("slot", [0, 1, 2, 3, 4, 9])
@pytest.mark.parametrize("width", [1, 7, 64])
def test_fill_uniform_kernel__equals_single_draws(slot: int, width: int) -> None:
    stream = stream_of(2**63 + 11, "demand", entity="site/product")
    out = np.full(width, np.nan)
    fill_uniform_kernel(stream.key0, stream.key1, stream.low, 5, 17, slot, out)
    single = [uniform_kernel(stream.key0, stream.key1, stream.low, 5 + w, 17, slot) for w in range(width)]
    assert out.tolist() == single


def test_fill_uniform_kernel__block_width_does_not_matter() -> None:
    stream = stream_of(1, "demand", entity="a")
    whole = np.empty(100)
    fill_uniform_kernel(stream.key0, stream.key1, stream.low, 0, 3, 0, whole)
    parts = [np.empty(size) for size in (16, 16, 64, 4)]
    first = 0
    for part in parts:
        fill_uniform_kernel(stream.key0, stream.key1, stream.low, first, 3, 0, part)
        first += part.size
    assert np.array_equal(np.concatenate(parts), whole)


def test_fill_uniform_kernel__is_uniform() -> None:
    stream = stream_of(20240607, "demand", entity="a")
    size = 100_000
    out = np.empty(size)
    fill_uniform_kernel(stream.key0, stream.key1, stream.low, 0, 0, 0, out)
    counts = np.histogram(out, bins=100, range=(0.0, 1.0))[0]
    # 99 degrees of freedom: mean 99, standard deviation 14.1; six standard deviations.
    assert ((counts - size / 100) ** 2 / (size / 100)).sum() < 184.0
    assert abs(np.corrcoef(out[:-1], out[1:])[0, 1]) < 6.0 / size**0.5


def test_kernels__same_numbers_with_compilation_off() -> None:
    program = (
        "import numpy as np\n"
        "from chaintwin.rng_kernels import fill_uniform_kernel, philox_kernel\n"
        "out = np.empty(5)\n"
        "fill_uniform_kernel(4294967295, 4294967295, 4294967295, 4294967290, 4294967295, 7, out)\n"
        "print([int(word) for word in philox_kernel(1, 2, 3, 4, 5, 6)], out.tolist())\n"
    )
    outputs = []
    for flag in ("0", "1"):
        environment = os.environ | {"NUMBA_DISABLE_JIT": flag, "PYTHONPATH": str(REPOSITORY / "src")}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
