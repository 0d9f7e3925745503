"""Sharing a buffer's stock over its claims (METHODS 1.3): tiers by priority, proportional inside a tier."""

from __future__ import annotations

import math

from chaintwin.jit import inner_kernel, part_kernel
from chaintwin.network.program import Buffers
from chaintwin.simulation.layout import Moving, Scratch


@part_kernel
def allocate_kernel(buffer: int, integer: bool, buffers: Buffers, moving: Moving, scratch: Scratch) -> None:
    """Grant the stock of one buffer to its claims; ``scratch.grant[claims, W]`` is set, stock stays where it is.

    A tier that can be served in full gets its claims exactly, so that no rounding dust is left owed. After a tier that
    cannot, exactly nothing is left: a difference of sums would leave -1e-16, and an empty tier below would divide zero by zero.
    """
    width = scratch.left.shape[0]
    for w in range(width):
        scratch.left[w] = max(moving.on_hand[buffer, w], 0.0)
    first, last = buffers.claim_start[buffer], buffers.claim_start[buffer + 1]
    while first < last:
        end = first + 1
        while end < last and buffers.claim_tier[end] == buffers.claim_tier[first]:
            end += 1
        for w in range(width):
            scratch.total[w] = 0.0
        for claim in range(first, end):
            _claim_kernel(claim, buffers, moving, scratch)
        if end == first + 1:
            for w in range(width):
                granted = min(scratch.grant[first, w], scratch.left[w])
                scratch.grant[first, w] = granted
                scratch.left[w] -= granted
        elif integer:
            _whole_tier_kernel(first, end, scratch)
        else:
            _real_tier_kernel(first, end, scratch)
        first = end


@inner_kernel
def _claim_kernel(claim: int, buffers: Buffers, moving: Moving, scratch: Scratch) -> None:
    index, quantity = buffers.claim_index[claim], buffers.claim_quantity[claim]
    if buffers.claim_kind[claim] == 0:
        for w in range(scratch.total.shape[0]):
            wanted = moving.backlog[index, w]
            scratch.grant[claim, w] = wanted
            scratch.total[w] += wanted
    else:
        for w in range(scratch.total.shape[0]):
            wanted = quantity * moving.waiting[index, w]
            scratch.grant[claim, w] = wanted
            scratch.total[w] += wanted


@inner_kernel
def _real_tier_kernel(first: int, end: int, scratch: Scratch) -> None:
    for claim in range(first, end):
        for w in range(scratch.total.shape[0]):
            total, left, wanted = scratch.total[w], scratch.left[w], scratch.grant[claim, w]
            scratch.grant[claim, w] = wanted if total <= left else left * wanted / total
    for w in range(scratch.total.shape[0]):
        total, left = scratch.total[w], scratch.left[w]
        scratch.left[w] = left - total if total <= left else 0.0


@inner_kernel
def _whole_tier_kernel(first: int, end: int, scratch: Scratch) -> None:
    for w in range(scratch.total.shape[0]):
        total, left = scratch.total[w], scratch.left[w]
        if total <= left:
            scratch.left[w] = left - total
        else:
            _share_whole_kernel(left, first, end, w, scratch)
            scratch.left[w] = 0.0


@inner_kernel
def _share_whole_kernel(amount: float, first: int, end: int, w: int, scratch: Scratch) -> None:
    """Turn ``scratch.grant[first:end, w]`` from claims into whole shares of ``amount`` by largest remainder, first listed
    wins ties.

    Remainders are products less multiples of the total, exact below 2^53: as fractions of quotients 7/3 and 1/3 would differ.
    """
    total, rest = scratch.total[w], math.floor(amount)
    for claim in range(first, end):
        product = amount * scratch.grant[claim, w]
        part = math.floor(product / total)
        remainder = product - part * total
        if remainder < 0.0:
            part, remainder = part - 1, remainder + total
        scratch.remainder[claim, w] = remainder
        scratch.grant[claim, w] = part
        rest -= part
    while rest >= 1:
        best = first
        for claim in range(first + 1, end):
            if scratch.remainder[claim, w] > scratch.remainder[best, w]:
                best = claim
        scratch.grant[best, w] += 1.0
        scratch.remainder[best, w] = -1.0
        rest -= 1
