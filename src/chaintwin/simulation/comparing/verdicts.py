"""What a difference says at the confidence of its interval."""

from __future__ import annotations

import math
from enum import StrEnum

from chaintwin.simulation.comparing.paired import DUST, Difference


class Verdict(StrEnum):
    """What a difference says at the confidence of its interval."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    SAME = "the same"
    NOT_SHOWN = "no difference shown"
    UNKNOWN = "unknown"


def verdict_of(found: Difference, *, sign: int, size: float) -> Verdict:
    """Return what a difference says.

    Parameters
    ----------
    found : the difference.
    sign : 1 where more is good, -1 where less is, 0 where neither.
    size : of the figure, by which rounding is told from a difference.
    """
    dust = DUST * size
    if abs(found.value) <= dust and (math.isnan(found.half_width) or found.half_width <= dust):
        return Verdict.SAME
    if math.isnan(found.half_width):
        return Verdict.UNKNOWN
    if found.low <= 0 <= found.high:
        return Verdict.NOT_SHOWN
    is_more = found.value > 0
    if sign == 0:
        return Verdict.HIGHER if is_more else Verdict.LOWER
    return Verdict.BETTER if is_more == (sign > 0) else Verdict.WORSE
