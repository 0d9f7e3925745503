"""Sharing what is available over claims, in plain Python (METHODS 1.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def allocate_plain(
    available: float,
    claims: Sequence[float],
    priorities: Sequence[float],
    integer: bool,
    share: Callable[[float, list[int]], list[float]] | None = None,
) -> tuple[list[float], float]:
    """Share what is available over claims, tier by tier (low number first); return the shares and what is left.

    ``share`` divides what is left over the members of a tier that is short, by their numbers; in proportion if there is none.
    """
    left = max(available, 0)
    shares: list[float] = [0.0] * len(claims)
    for tier in sorted(set(priorities)):
        members = [index for index, priority in enumerate(priorities) if priority == tier]
        total = sum(claims[index] for index in members)
        if total <= left:
            for index in members:
                shares[index] = claims[index]
            left -= total
            continue
        parts = share(left, members) if share else proportional(left, [claims[index] for index in members], integer)
        for index, part in zip(members, parts, strict=True):
            shares[index] = part
        # Exactly zero: the rounding of left - sum(parts) would make the tiers below divide by a total of 0.
        left = 0
    return shares, left


def proportional(available: float, claims: Sequence[float], integer: bool) -> list[float]:
    """Divide ``available`` in proportion to claims; in integer mode by largest remainder, first listed on ties."""
    total = sum(claims)
    if not integer:
        return [available * claim / total for claim in claims]
    # Python's floor division and modulo of whole floats are exact, unlike the fraction of a rounded quotient.
    parts = [float(available * claim // total) for claim in claims]
    remainders = [available * claim % total for claim in claims]
    spare = round(available - sum(parts))
    for index in sorted(range(len(claims)), key=lambda i: (-remainders[i], i))[:spare]:
        parts[index] += 1.0
    return parts
