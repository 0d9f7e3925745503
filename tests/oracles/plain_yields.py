"""Which units of what arrives are good, in plain Python with exact fractions (METHODS 1.5, yield).

What the text leaves open was settled as follows; all are choices.

 1. The rarer kind is drawn: rejects where the yield is one half or more. Good units rise with the uniform.
 2. More units than a power of two for which the chance of none of the rarer kind is 1e-280 or more, or than 65,536, are drawn in
    parts as equal as can be, the larger ones first, part j with slot j.
 3. What arrives at once (E4) has slots of its own, because something may have arrived in the morning of the same day.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

AT_ONCE = 2**33


def good_units(units: int, rate: float, uniform: Callable[[int], float]) -> int:
    """Return the good ones of some units; ``uniform`` gives the uniform of a slot."""
    chance = Fraction(min(rate, 1.0 - rate))
    most, power = 1, 1.0 - float(chance)
    while most < 65536 and power * power >= 1e-280:
        most, power = 2 * most, power * power
    parts = -(-units // most)
    drawn = 0
    for part in range(parts):
        size = units // parts + (1 if part < units % parts else 0)
        u = Fraction(uniform(part))
        drawn += quantile(size, chance, u if rate < 0.5 else 1 - u)
    return drawn if rate < 0.5 else units - drawn


def quantile(units: int, chance: Fraction, u: Fraction) -> int:
    """Return the smallest k with P(binomial <= k) >= u."""
    term = (1 - chance) ** units
    total, k = term, 0
    while total < u:
        k += 1
        term = term * (units - k + 1) / k * chance / (1 - chance)
        total += term
    return k
