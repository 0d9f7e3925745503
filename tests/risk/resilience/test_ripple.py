"""Ripples: a small chain counted by hand, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.resilience import TierRipple, ripple

USUAL = np.full((4, 6), 10.0)
# The origin (tier 2) stands still in period 1; one of two sites of tier 1 loses half a period later, tier 0 a fifth after three.
DISTURBED = np.array(
    [
        [10, 0, 10, 10, 10, 10],
        [10, 10, 5, 10, 10, 10],
        [10, 10, 10, 10, 10, 10],
        [10, 10, 10, 10, 8, 10],
    ],
    dtype=float,
)
TIERS = [2, 1, 1, 0]


def test_ripple__a_chain_counted_by_hand() -> None:
    orders = USUAL.copy()
    orders[1, 3] = 25.0
    assert ripple(DISTURBED, USUAL, tiers=TIERS, origin=0, orders=orders, baseline_orders=USUAL) == [
        TierRipple(0, 1, 1, onset_lag=3, peak_loss_ratio=pytest.approx(0.2), order_amplification=0.0),
        TierRipple(1, 2, 1, onset_lag=1, peak_loss_ratio=0.25, order_amplification=0.75),
    ]


@given(data=st.data())
def test_ripple__numbers_of_a_disturbance_keep_their_bounds(data: st.DataObject) -> None:
    rows = st.lists(st.integers(0, 10), min_size=6, max_size=6)
    values = np.array(data.draw(st.lists(rows, min_size=4, max_size=4)), dtype=float)
    for tier in ripple(values, USUAL, tiers=TIERS, origin=0):
        assert 0 <= tier.affected_count <= tier.site_count
        assert (tier.onset_lag is None) == (tier.affected_count == 0 or (values[0] >= 9.5).all())
        assert tier.peak_loss_ratio is None or tier.peak_loss_ratio >= 0


def test_ripple__an_origin_that_lost_nothing_gives_no_ratios() -> None:
    found = ripple(USUAL, USUAL, tiers=TIERS, origin=0)
    assert [(tier.onset_lag, tier.peak_loss_ratio, tier.affected_count) for tier in found] == [(None, None, 0)] * 2


def test_ripple__refuses_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="baseline: found an array of shape"):
        ripple(DISTURBED, USUAL[:, :5], tiers=TIERS, origin=0)
    with pytest.raises(UsageError, match="origin: found 4"):
        ripple(DISTURBED, USUAL, tiers=TIERS, origin=4)
    with pytest.raises(UsageError, match="orders, baseline_orders: found one of them"):
        ripple(DISTURBED, USUAL, tiers=TIERS, origin=0, orders=USUAL)
