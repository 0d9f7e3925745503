"""Engine tables in plain NumPy: what METHODS 1.6 says in words, built and read without the package's tables."""

from __future__ import annotations

import math

import numpy as np

from chaintwin.laws import Law


def nodes() -> np.ndarray:
    """Return the uniforms where a refined table has its entries, ascending."""
    main = [k / 4096 for k in range(1, 4096)]
    fine = [k / (4096 * 64) for k in range(1, 64)]
    finest = [k / (4096 * 64 * 64) for k in range(1, 64)]
    lower = sorted({*fine, *finest})
    return np.array(sorted({2.0**-33, 1 - 2.0**-33, *main, *lower, *(1 - u for u in lower)}))


def read_table(law: Law, u: np.ndarray) -> np.ndarray:
    """Return the interpolation of the exact quantiles between the nodes, entries at 12 significant digits."""
    at = nodes()
    entries = [float(f"{x:.12g}") for x in law.quantile_many(at)]
    return np.interp(u, at, entries)


def search_atoms(law: Law, u: float) -> float:
    """Return the smallest whole x with cdf(x) >= u by counting up, for laws on whole numbers."""
    low = law.support[0]
    x = low if math.isfinite(low) else math.floor(law.mean - 12 * law.sd - 1)
    while law.cdf(x) < u:
        x += 1
    return x
