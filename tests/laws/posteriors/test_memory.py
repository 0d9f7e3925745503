"""Draws of lanes with tens of thousands of shipments take no more memory than those of lanes with a few."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from chaintwin.laws.posteriors import Drawing, interval_posterior, lead_time_posterior

MOST_BYTES = 60 * 2**20


def peak_of(work: Callable[[], object]) -> int:
    """Return the most bytes that some work held at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("law", ["weibull", "gamma", "lognormal"])
def test_lead_time_posterior__of_many_that_are_out(law: str) -> None:
    rng = np.random.default_rng(3)
    drawn = {
        "weibull": rng.weibull(2.0, 25),
        "gamma": rng.gamma(4.0, 0.25, 25),
        "lognormal": np.exp(0.4 * rng.standard_normal(25)),
    }
    ages = np.concatenate([10.0 * drawn[law] + 0.1, rng.uniform(0.1, 3.0, 2_000)])
    arrived = np.arange(ages.size) < 25
    # Without parts the likelihood of 4,096 proposals at 2,000 ages alone takes 62 MiB, several times over.
    assert peak_of(lambda: lead_time_posterior(ages, arrived, drawing=Drawing(7, law, count=64))) < MOST_BYTES


def test_interval_posterior__of_many_that_are_alike() -> None:
    lows = np.random.default_rng(3).integers(0, 4, 200_000)
    # A weight for each value and draw would take 92 MiB.
    found = peak_of(lambda: interval_posterior(lows, lows + lows % 3, drawing=Drawing(7, "lane", count=60)))
    assert found < MOST_BYTES
