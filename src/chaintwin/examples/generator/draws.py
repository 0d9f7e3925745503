"""Many uniforms at once for the generator, from the one source of random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.rng import stream_of
from chaintwin.rng_kernels import fill_uniform_kernel

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Draws:
    """Uniforms of one generated network. Each use has its own name, so that a new use changes no other.

    Parameters
    ----------
    seed : 0 to 2**64 - 1.
    """

    seed: int

    def uniforms(self, use: str, count: int) -> Floats:
        """Return float64[count] between 0 and 1, the first numbers of the stream of that use."""
        out = np.empty(count)
        stream = stream_of(self.seed, "generator", entity=use)
        # Place k takes what replication k of the stream would draw.
        fill_uniform_kernel(stream.key0, stream.key1, stream.low, 0, 0, 0, out)
        return out

    def choices(self, use: str, *, below: Numbers) -> Numbers:
        """Return one whole number from 0 up to, but not including, each of some bounds."""
        drawn = (self.uniforms(use, below.size) * below).astype(np.int64)
        return np.minimum(drawn, below - 1)

    def order(self, use: str, count: int) -> Numbers:
        """Return the numbers from 0 to count - 1 in random order."""
        return np.argsort(self.uniforms(use, count), kind="stable").astype(np.int64)
