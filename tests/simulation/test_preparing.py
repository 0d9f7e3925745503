"""Compiling before the run: nothing is left to compile, and a folder half full of code is known as such."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chaintwin import jit
from tests.shared_data import REPOSITORY

PREPARED = """
from dataclasses import replace

import numpy as np

from chaintwin.examples import Example, load
from chaintwin.network.state import initial_state
from chaintwin.simulation import prepare_kernels, simulate
from chaintwin.simulation.kernels.reducing_kernels import check_kernel, measure_kernel, pair_kernel, sum_kernel, total_kernel
from chaintwin.simulation.tape.supply.remaining_kernels import remaining_kernel
from chaintwin.simulation.kernels.running_kernels import run_kernel

KERNELS = (run_kernel, check_kernel, measure_kernel, pair_kernel, sum_kernel, total_kernel)
prepare_kernels()
before = [kernel.signatures for kernel in KERNELS]
assert [len(signatures) for signatures in before] == [1] * len(KERNELS)
for example in Example:
    network = load(example)
    simulate(network, periods=3, warm_up=1, replications=65)
    state = initial_state(network.compile())
    opened = replace(state.shipments, is_open=np.ones(state.shipments.quantity.size, dtype=bool))
    simulate(network, periods=3, state=replace(state, shipments=opened), replications=65)
assert [kernel.signatures for kernel in KERNELS] == before
# It is loaded when it is first wanted, but was compiled with the others.
assert remaining_kernel.signatures
assert not remaining_kernel.stats.cache_misses
"""


def test_prepare_kernels__leaves_nothing_to_compile() -> None:
    # In a process of its own: another test may have called a kernel with arrays of another layout.
    done = subprocess.run([sys.executable, "-c", PREPARED], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_is_cold__only_with_a_stamp_and_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINTWIN_CACHE_DIR", str(tmp_path))
    assert jit.is_cold()
    code = jit.cache_folder() / "kernels_1" / "run_kernel.1.nbc"
    code.parent.mkdir(parents=True)
    code.write_bytes(b"x")
    assert jit.is_cold(), "code without a stamp is what a killed run leaves"
    jit.mark_compiled()
    assert not jit.is_cold()
    code.unlink()
    assert jit.is_cold()
    jit.mark_compiled()
    assert jit.is_cold(), "a stamp that names nothing says nothing"
    next(jit.cache_folder().glob("compiled-*")).write_bytes(b"\xff")
    assert jit.is_cold()


def test_is_cold__another_place_has_its_own_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINTWIN_CACHE_DIR", str(tmp_path))
    jit.cache_folder().mkdir(parents=True)
    (jit.cache_folder() / "a.nbc").write_bytes(b"x")
    jit.mark_compiled()
    assert not jit.is_cold()
    # Numba keeps the code of another installation with the same sources apart, so it has to be compiled there.
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "other" / "jit.py"))
    monkeypatch.setattr(jit, "_source_digest", lambda digest=jit._source_digest(): digest)
    assert jit.is_cold()


def test_mark_compiled__folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("CHAINTWIN_CACHE_DIR", str(tmp_path / "file"))
    jit.mark_compiled()
    assert jit.is_cold()


def test_cache_folder__depends_on_the_flags_as_on_the_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jit.py").write_text("fastmath = False", encoding="utf-8")
    (tmp_path / "some_kernels.py").write_text("x = 1", encoding="utf-8")
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "jit.py"))
    digest = jit._source_digest.__wrapped__
    before = digest()
    (tmp_path / "jit.py").write_text("fastmath = True", encoding="utf-8")
    assert digest() != before
