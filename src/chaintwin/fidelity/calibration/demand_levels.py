"""How many times what its law says each demand comes to, where customers tell what they ask for.

A law, its season and its trend stay those of the tables; only how much is asked for in all is learned. That needs few periods,
and nothing has to be known of the shape of demand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from chaintwin.fidelity.calibration.fitting import Fitting
from chaintwin.fidelity.calibration.lanes import Calendar
from chaintwin.fidelity.calibration.observations import Asked
from chaintwin.fidelity.calibration.parameters import Parameter, ParameterKind, parameter_of
from chaintwin.laws.posteriors.levels import level_posteriors

Array = NDArray[np.float64]

PERIODS_LEAST = 14
"""With fewer periods nothing is said of a level."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a demand.

    Parameters
    ----------
    mean, variance : of its law, units a period. factor : float64[n], what the law is multiplied by, repeated.
    """

    mean: float
    variance: float
    factor: Array

    def factors(self, first: int, end: int) -> Array:
        """Return float64[end - first]: the factors of some periods."""
        return np.asarray(self.factor[np.arange(first, end) % self.factor.size])


@dataclass(frozen=True, slots=True)
class Level:
    """A demand relative to what was expected of it.

    Parameters
    ----------
    stream : id of the demand. value : what was asked for, as a share of what was expected. error : its standard error.
    first, periods : the first period, and how many it stands on.
    """

    stream: str
    value: float
    error: float
    first: int
    periods: int


def demand_levels(asked: Sequence[Asked], expected: Mapping[str, Expected]) -> list[Level]:
    """Return the level of every demand that has a law and was asked for in enough periods.

    Parameters
    ----------
    asked : by demand. expected : by the id of the demand, as the tables say.

    Example
    -------
    >>> asked = Asked("shop/milk", 0, np.array([12.0, 8.0] * 10))
    >>> (found,) = demand_levels([asked], {"shop/milk": Expected(8.0, 4.0, np.ones(1))})
    >>> found.value, round(found.error, 4)
    (1.25, 0.0574)
    """
    found = []
    for one in asked:
        law, periods = expected.get(one.stream), one.quantities.size
        if law is None or periods < PERIODS_LEAST:
            continue
        factors = law.factors(one.first, one.first + periods)
        sure = law.mean * factors
        if sure.sum() <= 0.0:
            continue
        value = float(one.quantities.sum() / sure.sum())
        # Few periods may happen to be alike, and the law may be wrong: the larger of the two spreads is believed.
        seen = float(((one.quantities - value * sure) ** 2).sum()) * periods / (periods - 1)
        error = np.sqrt(max(seen, law.variance * float((factors**2).sum()))) / float(sure.sum())
        if error > 0.0:
            found.append(Level(one.stream, value, float(error), one.first, periods))
    return found


def fit_demand_levels(levels: Sequence[Level], *, calendar: Calendar, fitting: Fitting) -> Iterator[Parameter]:
    """Yield each level as a parameter, drawn towards that of all others by how sure it is.

    Parameters
    ----------
    levels : of all demands. calendar : of the project. fitting : how.

    Source: METHODS 7.1 (posterior samples); DerSimonian & Laird 1986.
    """
    if not levels:
        return
    kind = ParameterKind.DEMAND_LEVEL
    posteriors = level_posteriors(
        [one.value for one in levels],
        [one.error for one in levels],
        drawings=[fitting.drawing(kind, one.stream) for one in levels],
        sizes=[one.periods for one in levels],
    )
    for one, posterior in zip(levels, posteriors, strict=True):
        since, until = calendar.start_of(one.first), calendar.start_of(one.first + one.periods)
        yield parameter_of(posterior, kind=kind, subject=one.stream, since=since, until=until)


def are_off(levels: Sequence[Level], in_use: Mapping[str, float], *, sure: float) -> bool:
    """Tell whether levels in use lie further from those found, all together, than chance explains.

    Parameters
    ----------
    levels : as they were found. in_use : by demand; 1 for those of the tables. sure : probability of no false alarm, 0 to 1.

    Example
    -------
    >>> levels = [Level("shop/milk", 1.25, 0.05, 0, 20)]
    >>> are_off(levels, {"shop/milk": 1.2}, sure=0.95), are_off(levels, {"shop/milk": 1.0}, sure=0.95)
    (False, True)

    Source: Cochran 1954, the test of homogeneity.
    """
    steps = [(one.value - in_use.get(one.stream, 1.0)) / one.error for one in levels]
    return bool(steps) and float(special.chdtrc(len(steps), float(np.square(steps).sum()))) < 1.0 - sure
