"""Bands: quantiles by stock point and period, the same bytes for any threads and width, near those of the values themselves."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.program import Program
from chaintwin.network.state import initial_state
from chaintwin.simulation import simulate
from chaintwin.simulation.bands.keeping import PILOT
from chaintwin.simulation.bands.naming import QUANTILES, chosen_buffers
from chaintwin.simulation.bands.quantiles import LEVELS, binned_quantiles, edges_of, sorted_quantiles
from chaintwin.simulation.block import Blocks, Plan
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.playing import Reduced, Span
from chaintwin.simulation.tape.assembling import assemble
from tests.simulation.test_ensemble import random_program, same
from tests.simulation.test_simulate import shop
from tests.sizes import scaled

Floats = NDArray[np.float64]
PERIODS, WARM_UP = 20, 5


def run(program: Program, replications: int, *, threads: int = 1, width: int | None = None, chosen: object = None) -> Reduced:
    span = Span(first=0, periods=PERIODS, warm_up=WARM_UP, replications=replications, seed=7)
    which = np.arange(program.counts[0]) if chosen is None else np.asarray(chosen, dtype=np.int64)
    return run_ensemble(program, initial_state(program), span=span, threads=threads, width=width, bands=which)


def values(program: Program, replications: int) -> tuple[Floats, Floats, Floats]:
    """Return stock and ordered and demanded units, [buffers, periods, replications], read period by period."""
    tape = assemble(program, initial_state(program))
    plan, rows = Plan.of(program, tape, begin=0, warm_up=WARM_UP, periods=PERIODS), tape.rows
    buffers = program.buffers
    blocks = Blocks(plan, first=0, width=64, seed=7, count=-(-replications // 64))
    blocks.advance(WARM_UP)
    blocks.count_from_here()
    stock, totals = [], []
    for period in range(WARM_UP, plan.end + 1):
        ordered, asked = (np.zeros((program.counts[0], blocks.table.shape[0] * 64)) for _ in range(2))
        # All that was ever ordered from a source: started, waiting, or not seen by it yet.
        whole = blocks.read(rows.started) + blocks.read(rows.waiting)
        hidden = np.zeros_like(whole)
        np.add.at(hidden, tape.queues.owner, blocks.read(tape.queues.rows))
        for buffer in range(program.counts[0]):
            for source in range(buffers.source_start[buffer], buffers.source_start[buffer + 1]):
                activity = buffers.source_activity[source]
                ordered[buffer] += buffers.source_output[source] * (whole + hidden)[activity]
            for claim in range(buffers.claim_start[buffer], buffers.claim_start[buffer + 1]):
                index = buffers.claim_index[claim]
                if buffers.claim_kind[claim] == 0:
                    asked[buffer] += blocks.read(rows.asked_for)[index]
                else:
                    asked[buffer] += buffers.claim_quantity[claim] * whole[index]
        totals.append((ordered, asked))
        if period < plan.end:
            blocks.advance(period + 1)
            stock.append(blocks.read(rows.on_hand))
    growth = np.diff(np.array(totals), axis=0)[..., :replications]
    return np.array(stock).transpose(1, 0, 2)[..., :replications], growth[:, 0], growth[:, 1]


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize("replications", [70, PILOT + 100])
def test_run_ensemble__threads_and_width_never_change_a_byte_of_bands(integer: bool, replications: int) -> None:
    for seed in range(scaled(ci=3, full=30)):
        program = random_program(seed, integer=integer)
        whole = run(program, replications, width=64)
        assert whole.bands is not None
        for threads, width in ((2, 64), (1, 8), (2, 8), (2, 16)):
            other = run(program, replications, threads=threads, width=width)
            assert other.bands is not None
            assert same(whole, other)
            assert whole.bands.tobytes() == other.bands.tobytes()


def test_run_ensemble__bands_never_change_another_byte() -> None:
    program = random_program(3)
    span = Span(first=0, periods=PERIODS, warm_up=WARM_UP, replications=PILOT + 64, seed=7)
    plain = run_ensemble(program, initial_state(program), span=span)
    kept = run(program, PILOT + 64, chosen=[0])
    size = plain.ratios.mean.shape[1]
    assert plain.figures.tobytes() == kept.figures.tobytes()
    assert plain.moments.mean.tobytes() == kept.moments.mean.tobytes()
    assert plain.ratios.mean.tobytes() == np.ascontiguousarray(kept.ratios.mean[:, :size]).tobytes()


def test_run_ensemble__bands_of_a_pilot_are_exact() -> None:
    program = random_program(5)
    bands = run(program, 200).bands
    assert bands is not None
    stock, _, _ = values(program, 200)
    expected = np.moveaxis(np.quantile(stock.astype(np.float32).astype(np.float64), LEVELS, axis=2), 0, 2)
    assert np.allclose(bands[: program.counts[0]], expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("integer", [True, False])
def test_run_ensemble__bands_from_counts_are_near_those_of_the_values(integer: bool) -> None:
    """With 2,048 replications nearly all quantiles are a point of the wanted share or a twentieth of a deviation off."""
    errors = []
    for seed in range(scaled(ci=4, full=20)):
        program = random_program(seed, integer=integer)
        bands = run(program, 2048, threads=2).bands
        assert bands is not None
        stock = values(program, 2048)[0].astype(np.float32)
        exact = np.quantile(stock, LEVELS, axis=2)
        for place, level in enumerate(LEVELS):
            found = bands[: program.counts[0], :, place]
            # A value that many share has no share of its own: what counts is how far the wanted one is outside of it.
            below, within = (stock < found[..., None]).mean(axis=2), (stock <= found[..., None]).mean(axis=2)
            share = np.maximum(np.maximum(below - level, level - within), 0.0)
            size = np.abs(found - exact[place]) / np.maximum(stock.std(axis=2), 1e-9)
            errors.append(np.minimum(share / 0.01, size / 0.05).ravel())
    error = np.concatenate(errors)
    # In networks of parts of units stock comes in many uneven steps, which counts in bins see worst.
    assert (error <= 1).mean() > (0.99 if integer else 0.93)


def test_binned_quantiles__of_smooth_values_are_within_a_point_of_the_share() -> None:
    rng = np.random.default_rng(5)
    rows = np.concatenate([rng.normal(100, 20, (200, 2048)), rng.gamma(2, 10, (200, 2048)), rng.exponential(5, (200, 2048))])
    sample = rows.astype(np.float32)
    edges = edges_of(np.sort(sample[:, :PILOT], axis=1), integer=False)
    bins = (sample[:, :, None] > edges[:, None, :]).sum(axis=2)
    counts = np.array([np.bincount(row, minlength=edges.shape[1] + 1) for row in bins], dtype=np.uint32)
    ends = np.stack([sample.min(axis=1), sample.max(axis=1)], axis=1)
    found = binned_quantiles(edges, counts, ends=ends, integer=False)
    share = np.abs((sample[:, :, None] <= found[:, None, :]).mean(axis=1) - np.array(LEVELS))
    assert share.mean() < 0.003
    assert np.quantile(share, 0.99) < 0.02


def test_run_ensemble__bullwhip_is_the_ratio_of_mean_variances() -> None:
    for seed in (1, 4, 9):
        program = random_program(seed)
        found = run(program, 130)["bullwhip"].average()
        _, ordered, asked = values(program, 130)
        above, below = (part.var(axis=0, ddof=1).mean(axis=1) for part in (ordered, asked))
        known = below > 1e-9
        assert known.any()
        assert np.allclose(found[known], above[known] / below[known], rtol=1e-6)


def test_sorted_quantiles__agrees_with_numpy_and_leaves_out_what_is_no_number() -> None:
    rows = np.sort(np.array([[3.0, 1.0, 2.0, 8.0], [np.nan, 5.0, 1.0, np.nan]], dtype=np.float32), axis=1)
    assert np.allclose(sorted_quantiles(rows), np.nanquantile(rows, LEVELS, axis=1).T)
    assert np.isnan(sorted_quantiles(np.full((1, 4), np.nan, dtype=np.float32))).all()


def test_binned_quantiles__a_shared_value_keeps_its_share() -> None:
    """Half of all replications without stock: the quantiles below the median are zero, those above are not."""
    sample = np.concatenate([np.zeros(1024), np.linspace(50, 100, 1024)]).astype(np.float32)
    edges = edges_of(np.sort(sample[::8])[None], integer=False)
    counts = np.histogram(sample, np.concatenate([[-np.inf], np.nextafter(edges[0], np.float32(np.inf)), [np.inf]]))[0]
    ends = np.array([[sample.min(), sample.max()]], dtype=np.float32)
    found = binned_quantiles(edges, counts[None].astype(np.uint32), ends=ends, integer=False)[0]
    assert found[:4].tolist() == [0.0] * 4
    assert np.allclose(found[5:], np.quantile(sample, LEVELS)[5:], atol=1.0)


def test_simulate__bands_have_names_and_the_whole_network() -> None:
    result = simulate(shop(), periods=6, replications=20, bands="all")
    assert result.bands.columns == ["quantity", "buffer_id", "site_id", "product_id", "period", *QUANTILES]
    points = result.stock_points.height
    assert result.bands.height == 6 * (2 * points + 3)
    assert set(result.bands.filter(pl.col("buffer_id").is_null())["quantity"]) == {"on_hand", "backlog", "fill_rate"}
    mean = result.periods["stock"].to_numpy()
    whole = result.bands.filter(pl.col("buffer_id").is_null() & (pl.col("quantity") == "on_hand"))
    assert ((whole["q01"].to_numpy() <= mean + 1e-6) & (mean <= whole["q99"].to_numpy() + 1e-6)).all()
    assert result.bullwhip.height == points


def test_simulate__bands_of_none_keep_the_network_only() -> None:
    assert simulate(shop(), periods=6, replications=300, bands=[]).bands.height == 18


def test_simulate__a_precision_and_bands_stop_where_the_precision_alone_does() -> None:
    precise = {"periods": 6, "replications": 500, "until": "fill_rate +/- 0.02"}
    alone, both = simulate(shop(), **precise), simulate(shop(), **precise, bands="all")
    assert alone.span == both.span
    assert alone.summary.equals(both.summary)


def test_chosen_buffers__an_unknown_id_is_named_with_the_nearest() -> None:
    known = simulate(shop(), periods=2, replications=2).stock_points.select("buffer_id", "site_id", "product_id")
    name = known["buffer_id"][0]
    with pytest.raises(UsageError, match="the nearest is"):
        chosen_buffers(known, [name[:-1]], periods=5)
    with pytest.raises(UsageError, match=r"'al'.*the nearest is"):
        chosen_buffers(known, ["all", name[:-1], "al"], periods=5)
    assert chosen_buffers(known, ["all", name], periods=5).size == known.height
    wanted: Literal["all"] = "all"
    with pytest.raises(UsageError, match="name those you want"):
        chosen_buffers(known, wanted, periods=10_000_000)
