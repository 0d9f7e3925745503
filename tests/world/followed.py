"""Twins that follow a hidden world and calibrate themselves as they go, and what their forecasts were worth.

Forecasts are backcasts: forks from the eve of a day, from the state that the log gives for it and with the parameters that
had been fitted by then. They are held against the true stock of the world, which the twin never sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.clock import SetClock
from chaintwin.fidelity.backcasting.backcasting import backcast
from chaintwin.fidelity.backcasting.shelf import Backcast
from chaintwin.fidelity.calibration.fitting import Fitting
from chaintwin.fidelity.versions.gathering import latest_of
from chaintwin.fidelity.versions.looking import Described
from chaintwin.fidelity.versions.making import make_version
from chaintwin.fidelity.versions.refitting import recorded
from chaintwin.fidelity.versions.shelf import keep_version
from chaintwin.network.network import Network
from chaintwin.store.interface import Store
from chaintwin.store.opening import open_store
from chaintwin.twin import Twin
from chaintwin.twin.naming.networks import InForce
from chaintwin.world import Instruments, World, readings_of
from tests.fidelity.logs import put

Floats = NDArray[np.float64]

TAIL = 0.05
"""Probability on each side of a 90 % interval."""


def calibrated(store: Store, network: Network, *, moments: Sequence[int], draws: int = 64) -> list[str]:
    """Fit parameters at some moments, each time to what was known by then, and return the versions that came into use."""
    used = []
    for until in moments:
        found = make_version(store, InForce(network), until=until, fitting=Fitting(7, draws=draws)).refit
        if found.fitted:
            keep_version(store, found.version, decided=recorded(found.decided, until))
        used += [found.version.id] if found.decided.accepted else []
    return used


def followed(
    world: World, network: Network, file: Path, *, calibrations: Sequence[int], every: int, runs: int
) -> tuple[list[Backcast], pl.DataFrame]:
    """Return the backcasts of a twin that was told a world, and whether each truth lay in its interval.

    Parameters
    ----------
    world : as it was played. network : what the twin takes the world for. file : of its log.
    calibrations : periods at whose eve parameters are fitted; forecasts begin at the first of them.
    every, runs : as for ``backcast``.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    events = [msgspec.json.decode(one.content) for one in readings_of(world, Instruments(), seed=1)]
    with open_store(file, clock=SetClock(now=1)) as store:
        put(store, events)
        calibrated(store, network, moments=[world.start_of(one) - 1 for one in calibrations])
        return looked_back(store, world, network, since=calibrations[0] if calibrations else 1, every=every, runs=runs)


def looked_back(
    store: Store, world: World, network: Network, *, since: int, every: int, runs: int
) -> tuple[list[Backcast], pl.DataFrame]:
    """Return backcasts of a log from a period on, and whether each truth lay in its interval; arguments as for ``followed``."""
    until = latest_of(store)
    assert until is not None
    found: list[Backcast] = []
    twin = Twin.open(network, store=store, is_kept=False, clock=SetClock(now=1))
    done = backcast(
        store,
        twin,
        described=Described.of(network),
        until=until,
        budget=1e9,
        every=every,
        runs=runs,
        threads=1,
        into=found.append,
    )
    # What the twin takes for the truth later is the truth of the world: nothing was lost for good.
    assert np.abs(done.past.stock - world.stock[done.past.first : done.past.end]).max() <= 1e-6 * max(1.0, world.stock.max())
    kept = sorted((one for one in found if one.origin >= since), key=lambda one: one.origin)
    # Stock that never moves lies in its interval by a draw; it would make any forecast look right.
    moved = np.flatnonzero(world.stock.std(axis=0) > 0.0)
    return kept, pl.concat([frame for one in kept for frame in _inside(one, moved)])


def _inside(one: Backcast, moved: NDArray[np.int64]) -> list[pl.DataFrame]:
    pits = one.table("pit")[:, moved].astype(np.float64)
    return [
        pl.DataFrame(
            {
                "origin": np.full(moved.size, one.origin),
                "horizon": np.full(moved.size, horizon),
                "point": moved,
                "pit": pits[row],
                "is_inside": (pits[row] >= TAIL) & (pits[row] <= 1.0 - TAIL),
            }
        )
        for row, horizon in enumerate(one.horizons)
    ]


def coverage(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return by horizon the share inside over all worlds, with its standard error.

    Forecasts of one moment share what happens, and those of one world that overlap in time do, too: what varies independently is
    a stretch of one world that is as long as the horizon.
    """
    numbered = [frame.with_columns(world=pl.lit(number)) for number, frame in enumerate(frames)]
    stretches = (
        pl.concat(numbered)
        .group_by("horizon", "world", stretch=pl.col("origin") // pl.col("horizon"))
        .agg(size=pl.len(), inside=pl.col("is_inside").sum())
    )
    total = stretches.group_by("horizon").agg(
        stretches=pl.len(), forecasts=pl.col("size").sum(), share=pl.col("inside").sum() / pl.col("size").sum()
    )
    off = (
        stretches.join(total.select("horizon", "share"), on="horizon")
        .with_columns(off=pl.col("inside") - pl.col("share") * pl.col("size"))
        .group_by("horizon")
        .agg(error=(pl.col("off") ** 2).sum().sqrt() / pl.col("size").sum())
    )
    return total.join(off, on="horizon").sort("horizon")
