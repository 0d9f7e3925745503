"""What each part adds to a loss: parts of the expected shortfall that add up, and what is saved when one hazard is taken away."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_level, check_numbers
from chaintwin.risk.losses.tail import probability_weights, tail_risk, tail_weights

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TailContributions:
    """Parts of a loss, and of its expected shortfall.

    Parameters
    ----------
    level : of the expected shortfall.
    expected_shortfall : of the total.
    contribution : float64[parts]; mean of each part over the worst 1 - level of totals; they add up to the expected shortfall.
    mean : float64[parts]; mean of each part over all outcomes.
    standard_error : float64[parts] of the contributions, with the tail taken as known; nan where the outcomes have weights.
    """

    level: float
    expected_shortfall: float
    contribution: Array
    mean: Array
    standard_error: Array


@dataclass(frozen=True, slots=True)
class DropOne:
    """What is saved when one cause is taken away, on the same random numbers.

    Parameters
    ----------
    mean, value_at_risk, expected_shortfall : the measure with everything, less the one without this cause.
    mean_error, expected_shortfall_error : standard errors of the paired differences.
    """

    mean: float
    value_at_risk: float
    expected_shortfall: float
    mean_error: float
    expected_shortfall_error: float


def tail_contributions(parts: ArrayLike, level: float, *, weights: ArrayLike | None = None) -> TailContributions:
    """Return what each part of a loss adds to the expected shortfall of the sum.

    Parameters
    ----------
    parts : float[parts, n]; each part (a site, a product, a cause) in each outcome. The sum of a column is the total loss.
    level : between 0 and 1.
    weights : float[n], 0 or more; how often each outcome counts. None counts each once.

    Returns
    -------
    Contributions E[part | total in the tail], with atoms split as in the total, so that they add up exactly.

    Raises
    ------
    UsageError : a number is out of its range, or the shapes do not fit.

    Example
    -------
    >>> found = tail_contributions([[0, 0, 40, 50], [0, 10, 0, 50]], 0.5)
    >>> found.contribution.tolist(), found.expected_shortfall
    ([45.0, 25.0], 70.0)

    Source: Tasche 2000, "Risk contributions and performance measurement" (Euler allocation of the expected
    shortfall).
    """
    table = check_numbers("parts", parts, dimensions=2)
    check_level("level", level)
    total = table.sum(axis=0)
    shares = probability_weights(total, weights)
    outcome = tail_weights(total, level, shares=shares)
    contribution = table @ outcome
    # With the tail known, a contribution is a mean of part * outcome weight; the total's own quantile moves all parts by little.
    centered = (table - contribution[:, None]) * outcome
    error = np.sqrt((centered**2).sum(axis=1)) if weights is None else np.full(table.shape[0], math.nan)
    return TailContributions(
        level=level,
        expected_shortfall=math.fsum(contribution),
        contribution=contribution,
        mean=table @ shares,
        standard_error=error,
    )


def drop_one(losses: ArrayLike, without: Mapping[str, ArrayLike], *, level: float) -> dict[str, DropOne]:
    """Return what is saved when each cause is taken away, from runs on the same random numbers.

    Parameters
    ----------
    losses : float[n]; loss of each replication with every cause.
    without : by cause, float[n]; loss of the same replications without it.
    level : of value at risk and expected shortfall, between 0 and 1.

    Returns
    -------
    By cause, in the order of ``without``. The savings need not add up: two causes may only hurt together.

    Raises
    ------
    UsageError : a number is out of its range, or a run has another number of replications.

    Example
    -------
    >>> saved = drop_one([0, 10, 20, 90], {"flood": [0, 10, 20, 30]}, level=0.5)["flood"]
    >>> saved.mean, saved.expected_shortfall
    (15.0, 30.0)

    Source: paired differences; error of the expected shortfall by its influence function, Rockafellar & Uryasev 2002.
    """
    values = check_numbers("losses", losses)
    if values.size < 2:
        raise UsageError("losses: found one; allowed: at least 2; fix: run more replications")
    full = tail_risk(values, level)
    influence = np.maximum(values - full.value_at_risk, 0.0)
    found = {}
    for cause, other_losses in without.items():
        other = check_numbers(f"without[{cause!r}]", other_losses, size=values.size)
        rest = tail_risk(other, level)
        moved = (influence - np.maximum(other - rest.value_at_risk, 0.0)) / (1 - level)
        found[cause] = DropOne(
            mean=full.mean - rest.mean,
            value_at_risk=full.value_at_risk - rest.value_at_risk,
            expected_shortfall=full.expected_shortfall - rest.expected_shortfall,
            mean_error=float((values - other).std(ddof=1)) / math.sqrt(values.size),
            expected_shortfall_error=float(moved.std(ddof=1)) / math.sqrt(values.size),
        )
    return found
