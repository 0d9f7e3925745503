"""Recovery profiles: how capacity comes back between the onset of a disruption and the time to recover."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, check_whole

Array = NDArray[np.float64]

RESIDUE = math.log(20.0)
"""An exponential recovery has 5 % of the loss left at the time to recover, and none after it (METHODS 3.4)."""


class RecoveryShape(StrEnum):
    """Share of the loss that is left after a share x of the time to recover."""

    STEP = "step"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"
    COSINE = "cosine"
    STAGED = "staged"


@dataclass(frozen=True, slots=True)
class RecoveryProfile:
    """Capacity after the onset of a disruption: 1 - depth * g(elapsed / ttr); 1 before the onset and from the time to recover on.

    Parameters
    ----------
    depth : share of capacity lost at the onset, 0 to 1.
    ttr : time to recover, more than 0.
    shape : of g, the share of the loss that is left. Step keeps all of it until the end; linear, exponential and cosine fall from
        the start on; staged follows ``stages``.
    stages : pairs (share of ttr elapsed, share of the loss left from then on), the first at 0, ascending; for shape staged only.

    Raises
    ------
    UsageError : a number is out of its range, or stages are missing, out of order or given for another shape.

    Example
    -------
    >>> profile = RecoveryProfile(0.8, 30, shape=RecoveryShape.LINEAR)
    >>> profile.loss_area, profile.capacity([-1, 0, 15, 30]).round(6).tolist()
    (12.0, [1.0, 0.2, 0.6, 1.0])

    Source: Bruneau et al. 2003; Cimellaro, Reinhorn & Bruneau 2010, for the shapes.
    """

    depth: float
    ttr: float
    shape: RecoveryShape = RecoveryShape.LINEAR
    stages: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        check_number("depth", self.depth, low=0.0, high=1.0)
        check_number("ttr", self.ttr, low=0.0, open_low=True)
        if self.shape not in RecoveryShape:
            raise UsageError(f"shape: found {self.shape!r}; allowed: {', '.join(RecoveryShape)}")
        if (self.shape == RecoveryShape.STAGED) != bool(self.stages):
            raise UsageError(f"stages: found {len(self.stages)} for shape {self.shape}; allowed: some for staged, none else")
        starts = [start for start, _ in self.stages]
        for index, (start, left) in enumerate(self.stages):
            check_number(f"stages[{index}] start", start, low=0.0, high=1.0, open_high=True)
            check_number(f"stages[{index}] loss", left, low=0.0, high=1.0)
        if starts and (starts[0] != 0 or any(later <= earlier for earlier, later in pairwise(starts))):
            raise UsageError(f"stages: found starts {starts}; allowed: ascending from 0")

    @property
    def loss_area(self) -> float:
        """Return the capacity lost over the whole recovery, in full capacities times units of time."""
        return float(self.depth * self.ttr * self._area(np.ones(1))[0])

    def capacity(self, elapsed: ArrayLike) -> Array:
        """Return the share of capacity at times since the onset (any shape), 0 to 1."""
        share = np.asarray(elapsed, dtype=np.float64) / self.ttr
        inside = (share >= 0) & (share < 1)
        return np.asarray(1 - np.where(inside, self.depth * self._left(np.clip(share, 0.0, 1.0)), 0.0))

    def period_capacities(self, onset: float, periods: int) -> Array:
        """Return the mean share of capacity in each period [t, t + 1), float64[periods], exact for every shape.

        Parameters
        ----------
        onset : when the disruption begins, in periods; may lie within a period, and before the first.
        periods : how many, 1 or more.
        """
        check_whole("periods", periods, low=1)
        edges = np.clip((np.arange(periods + 1) - check_number("onset", onset)) / self.ttr, 0.0, 1.0)
        return np.asarray(1 - self.depth * self.ttr * np.diff(self._area(edges)))

    def _left(self, share: Array) -> Array:
        if self.shape == RecoveryShape.LINEAR:
            return 1 - share
        if self.shape == RecoveryShape.EXPONENTIAL:
            return np.exp(-RESIDUE * share)
        if self.shape == RecoveryShape.COSINE:
            return (1 + np.cos(math.pi * share)) / 2
        if self.shape == RecoveryShape.STAGED:
            starts, left = np.array(self.stages).T
            return np.asarray(left[np.searchsorted(starts, share, side="right") - 1])
        return np.ones_like(share)

    def _area(self, share: Array) -> Array:
        """Return the integral of g from 0 to each share, 0 to 1."""
        if self.shape == RecoveryShape.LINEAR:
            return share - share**2 / 2
        if self.shape == RecoveryShape.EXPONENTIAL:
            return np.asarray(-np.expm1(-RESIDUE * share) / RESIDUE)
        if self.shape == RecoveryShape.COSINE:
            return np.asarray((share + np.sin(math.pi * share) / math.pi) / 2)
        if self.shape == RecoveryShape.STAGED:
            starts, left = np.array(self.stages).T
            edges = np.concatenate([starts, [1.0]])
            areas = np.concatenate([[0.0], np.cumsum(np.diff(edges) * left)])
            return np.asarray(np.interp(share, edges, areas))
        return share
