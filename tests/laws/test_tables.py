"""Packed laws and their lookup kernels, against exact quantiles and a plain table."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.laws import Law, LawKind, PackedKind, PackedLaws, pack_laws, parse
from chaintwin.laws.tables import round_significant, standard_table
from chaintwin.laws.tables_kernels import fill_quantile_kernel, quantile_kernel
from tests.laws.examples import ALL, HUGE, LAWS
from tests.oracles.plain_tables import read_table
from tests.shared_data import REPOSITORY

WORDS = np.concatenate([np.arange(0, 2**32, 2**32 // 20_000), [1, 2, 100, 2**20 - 1, 2**20, 2**32 - 2, 2**32 - 1]])
UNIFORMS = np.sort((WORDS + 0.5) * 2.0**-32)
BULK = (np.arange(2**18) + 0.5) / 2**18


def draw(packed: PackedLaws, row: int, u: np.ndarray) -> np.ndarray:
    """Return the draws of one row of packed laws."""
    out = np.full(u.shape, np.nan)
    fill_quantile_kernel(packed.kind[row], packed.offset[row], packed.size[row], packed.values, u, out)
    return out


def steps(law: Law, u: np.ndarray) -> np.ndarray:
    """Return which u are so near a step of the law's cdf that a rounding in the twelfth digit decides."""
    return law.quantile_many(np.clip(u - 3e-12, 0, 1)) != law.quantile_many(np.clip(u + 3e-12, 0, 1))


@pytest.mark.parametrize("text", ALL)
def test_pack_laws__draws_equal_exact_quantiles_or_plain_tables(text: str) -> None:
    law = parse(text)
    packed = pack_laws([law])
    values = draw(packed, 0, UNIFORMS)
    assert (np.diff(values) >= 0).all()
    assert packed.low[0] <= values[0]
    assert packed.high[0] >= values[-1]
    assert packed.mean[0] == law.mean
    assert packed.is_whole[0] == law.is_whole
    if law.is_discrete:
        assert packed.kind[0] == (PackedKind.CONSTANT if law.support[0] == law.support[1] else PackedKind.DISCRETE)
        is_wrong = values != law.quantile_many(UNIFORMS)
        assert not (is_wrong & ~steps(law, UNIFORMS)).any()
    elif law.kind is not LawKind.ZERO_INFLATED and law.sd > 0:
        assert packed.kind[0] == PackedKind.CONTINUOUS
        # Scaling a shared standard table rounds its entries once more, in the twelfth digit.
        assert values == pytest.approx(read_table(law, UNIFORMS), rel=1e-10, abs=1e-10 * (abs(law.mean) + law.sd))


@pytest.mark.parametrize(
    ("text", "mean_bound", "variance_bound"),
    [
        # Bounds are the measured errors, rounded up; METHODS 1.6 quotes +0.2 % for the first.
        ("lognormal(0, 1)", 1.0e-4, 2.1e-3),
        ("lognormal(1, 0.5)", 5e-5, 4e-4),
        ("normal(0, 1)", 1e-9, 1e-4),
        ("gamma(2.5, 4)", 3e-5, 2e-4),
        ("gamma(0.3, 4)", 1e-4, 7e-4),
        ("exponential(3)", 4e-5, 4e-4),
        ("weibull(1.7, 5)", 2e-5, 2e-4),
        ("uniform(2, 5)", 1e-9, 1e-9),
        ("triangular(1, 2, 7)", 2e-6, 1e-5),
        ("zero_inflated(gamma(2, 3), 0.6)", 3e-5, 2e-4),
        ("truncated(normal(10, 20), low=0)", 3e-5, 3e-4),
        ("poisson(1000000)", 1e-5, 3e-4),
        ("negbin(4, 0.0001)", 1e-4, 3e-4),
        ("uniform_int(0, 1000000)", 1e-4, 1e-5),
        ("zero_inflated(poisson(200000), 0.3)", 1e-5, 3e-4),
    ],
)
def test_pack_laws__table_error_of_mean_and_variance(text: str, mean_bound: float, variance_bound: float) -> None:
    law = parse(text)
    values = draw(pack_laws([law]), 0, BULK)
    exact = law.quantile_many(BULK)
    # Both use the same uniforms, so that the difference is the table's and not the grid's.
    assert abs(values.mean() - exact.mean()) <= mean_bound * law.sd
    assert abs(values.var() / exact.var() - 1) <= variance_bound


@pytest.mark.parametrize("text", HUGE)
def test_pack_laws__too_many_atoms_are_drawn_rounded(text: str) -> None:
    law = parse(text)
    packed = pack_laws([law])
    assert packed.kind[0] == PackedKind.ROUNDED
    values = draw(packed, 0, UNIFORMS)
    assert (values == np.floor(values)).all()
    assert (np.diff(values) >= 0).all()
    inside = (UNIFORMS > 2.0**-12) & (UNIFORMS < 1 - 2.0**-12)
    assert np.abs(values - law.quantile_many(UNIFORMS))[inside].max() <= 0.05 * law.sd


@settings(deadline=None, max_examples=60)
@given(laws=st.lists(LAWS, min_size=1, max_size=5), word=st.integers(0, 2**32 - 1))
def test_pack_laws__rows_do_not_disturb_each_other(laws: list[Law], word: int) -> None:
    packed = pack_laws(laws + laws[:1])
    assert packed.offset[-1] == packed.offset[0]
    u = (word + 0.5) * 2.0**-32
    for row, law in enumerate(laws):
        alone = pack_laws([law])
        single = quantile_kernel(alone.kind[0], alone.offset[0], alone.size[0], alone.values, u)
        assert quantile_kernel(packed.kind[row], packed.offset[row], packed.size[row], packed.values, u) == single
        assert draw(packed, row, np.full(3, u)).tolist() == [single] * 3
        tolerance = 0.02 * law.sd if 2.0**-12 < u < 1 - 2.0**-12 else 1.0 * law.sd
        is_near_step = steps(law, np.array([u]))[0] or law.kind is LawKind.ZERO_INFLATED
        assert is_near_step or abs(single - law.quantile(u)) <= tolerance + 1e-9 * abs(law.mean)


def test_pack_laws__no_laws() -> None:
    packed = pack_laws([])
    assert packed.kind.shape == packed.mean.shape == (0,)
    assert packed.values.size == 0


def test_pack_laws__location_scale_laws_share_one_table() -> None:
    one = pack_laws([parse("normal(1, 2)")]).values.size
    many = pack_laws([Law(LawKind.NORMAL, (float(i), 2.0)) for i in range(1000)])
    assert many.values.size == one + 999 * 5
    assert draw(many, 999, np.array([0.5])).tolist() == [999.0]


def test_pack_laws__families_in_batches_equal_laws_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    laws = [Law(LawKind.POISSON, (0.3 + i * 1.7,)) for i in range(60)]
    whole = pack_laws(laws)
    monkeypatch.setattr("chaintwin.laws.tables.BATCH_ATOMS", 500)
    batched = pack_laws(laws)
    for row in range(len(laws)):
        assert draw(whole, row, UNIFORMS[::50]).tolist() == draw(batched, row, UNIFORMS[::50]).tolist()


def test_fill_quantile_kernel__draws_what_one_draw_alone_is() -> None:
    texts = ("5", "normal(3, 1)", "lognormal(1, 1)", "poisson(4)", "pmf(1:0.25, 7:0.75)", "poisson(1000000)")
    u = np.concatenate([UNIFORMS, [2.0**-33, 2.0**-18, 2.0**-12, 1 - 2.0**-12, 1 - 2.0**-18, 1 - 2.0**-33]])
    for text in (*texts, "zero_inflated(gamma(2, 3), 0.4)", "zero_inflated(gamma(2, 3), 0.9999)"):
        packed = pack_laws([parse(text)])
        record = (packed.kind[0], packed.offset[0], packed.size[0], packed.values)
        assert draw(packed, 0, u).tolist() == [quantile_kernel(*record, value) for value in u], text


def test_kernels__same_numbers_with_compilation_off() -> None:
    program = (
        "import numpy as np\n"
        "from chaintwin.laws import pack_laws, parse\n"
        "from chaintwin.laws.tables_kernels import fill_quantile_kernel\n"
        "texts = ['5', 'normal(3, 1)', 'zero_inflated(gamma(2, 3), 0.4)']\n"
        "texts += ['poisson(4)', 'pmf(1:0.2, 7:0.8)', 'poisson(100000)']\n"
        "packed = pack_laws([parse(text) for text in texts])\n"
        "u = np.concatenate([(np.arange(200) + 0.5) / 200, [2.0**-33, 2.0**-15, 1 - 2.0**-15, 1 - 2.0**-33]])\n"
        "out = np.empty_like(u)\n"
        "for row in range(len(texts)):\n"
        "    fill_quantile_kernel(packed.kind[row], packed.offset[row], packed.size[row], packed.values, u, out)\n"
        "    print(out.tolist())\n"
    )
    outputs = []
    for flag in ("0", "1"):
        environment = os.environ | {"NUMBA_DISABLE_JIT": flag, "PYTHONPATH": str(REPOSITORY / "src")}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]


@given(st.floats(-1e15, 1e15).filter(lambda value: value == 0 or abs(value) > 1e-280))
def test_round_significant__equals_decimal_rounding(value: float) -> None:
    rounded = round_significant(np.array([value]))[0]
    # A tie in the thirteenth digit may be broken either way; the last place of a double is far below it.
    assert rounded == pytest.approx(float(f"{value:.12g}"), rel=1.1e-11 if value else 0, abs=0)
    assert round_significant(np.array([rounded]))[0] == pytest.approx(rounded, rel=1e-15)


def test_standard_table__entries_survive_a_change_in_the_last_place() -> None:
    table = standard_table(parse("lognormal(0, 0.7)"))
    nudged = round_significant(np.nextafter(table, np.inf))
    assert np.array_equal(nudged, table)
    assert (np.diff(table[:4097]) > 0).all()


def test_pack_laws__a_pack_that_is_kept_is_that_of_the_same_laws() -> None:
    laws = [parse("poisson(4)"), parse("7"), parse("gamma(mean=3, sd=1)")]
    kept, other = pack_laws(laws), pack_laws(laws[::-1])
    again = pack_laws(tuple(laws))
    assert all(np.array_equal(getattr(again, field.name), getattr(kept, field.name)) for field in fields(kept))
    # Whoever writes to one changes no other.
    again.mean[:] = 0.0
    assert (pack_laws(laws).mean == kept.mean).all() and (kept.mean > 0).all()
    assert (kept.mean == other.mean[::-1]).all()
    many = [parse("2"), *laws] * 1000
    assert (pack_laws(many).values[: kept.values.size].size, pack_laws(many).kind.size) == (kept.values.size, 4000)
