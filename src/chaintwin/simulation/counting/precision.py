"""A precision to be reached: how sure a figure has to be before a run may stop."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.simulation.counting.figures import FIGURES, SHARES, estimate

Floats = NDArray[np.float64]

_WRITTEN = re.compile(r"\s*(\w+)\s*(?:±|\+/-|\+-)\s*([\d.]+(?:[eE][+-]?\d+)?)\s*(%?)\s*")


@dataclass(frozen=True, slots=True)
class Precision:
    """Half the width that the interval of a figure must not exceed.

    Parameters
    ----------
    figure : one of ``FIGURES``.
    half_width : above 0; of a relative precision a share of the mean.
    is_relative : as above.
    """

    figure: str
    half_width: float
    is_relative: bool = False

    def share(self, ledger: Floats, *, confidence: float) -> float:
        """Return how near replications come: 1 and more where the precision is reached, 0 where nothing is known.

        The interval shrinks with the square root of the number of replications, so this is the share of the work done.

        Parameters
        ----------
        ledger : Floats[replications, LEDGER].
        confidence : level of the interval, between 0 and 1.
        """
        found = estimate(ledger, self.figure, confidence=confidence)
        wanted = self.half_width * (abs(found.mean) if self.is_relative else 1.0)
        if not math.isfinite(found.half_width):
            return 0.0
        return math.inf if found.half_width <= wanted else (wanted / found.half_width) ** 2

    def __str__(self) -> str:
        if self.is_relative:
            return f"{self.figure} +/- {100 * self.half_width:g} %"
        return f"{self.figure} +/- {self.half_width:g}"


def parse_precision(text: str) -> Precision:
    """Return the precision a text asks for: a figure, and half the width of its interval.

    A percentage is points of a share, and a part of the mean of anything else.

    Parameters
    ----------
    text : such as ``fill_rate ± 0.002``, ``fill_rate +/- 0.2 %`` or ``total_cost +/- 1 %``.

    Raises
    ------
    UsageError
        Another form, an unknown figure, or a width that is not above 0.

    Example
    -------
    >>> [str(parse_precision(text)) for text in ("total_cost +/- 1 %", "fill_rate ± 0.2 %")]
    ['total_cost +/- 1 %', 'fill_rate +/- 0.002']
    """
    match = _WRITTEN.fullmatch(text)
    try:
        width = float(match[2]) if match else math.nan
    except ValueError:
        width = math.nan
    if match is None or not 0 < width < math.inf:
        raise UsageError(f"until: found {text!r}; allowed: a figure and a width above 0, such as 'fill_rate +/- 0.002'")
    figure, percent = match[1], match[3] == "%"
    if figure not in FIGURES:
        raise UsageError(f"until: found {figure!r}; allowed: {', '.join(FIGURES)}")
    return Precision(figure, width / 100 if percent else width, percent and figure not in SHARES)
