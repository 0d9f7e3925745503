"""Lead times as the engine draws them: probabilities of whole periods, one row a draw of the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.fidelity.calibration.parameters import Parameter
from chaintwin.laws.fits.intervals import pmf_of
from chaintwin.laws.law import FAMILIES, Law
from chaintwin.laws.parameters import LawKind
from chaintwin.network.graph import LeadMode
from chaintwin.network.sizes import LEAD_QUANTILE, longest_lead

Array = NDArray[np.float64]

BROAD = frozenset({LawKind.GAMMA, LawKind.LOGNORMAL, LawKind.WEIBULL})
"""Families of fitted lead times whose draws are worked out at once."""

PERIODS_MOST = 4096
"""Longest lead time that is kept as a table; longer ones count as this long."""


@dataclass(frozen=True, slots=True)
class LeadTable:
    """Probabilities of whole lead times.

    Parameters
    ----------
    first : periods, 0 or more: the lead time of the first column. shares : float64[draws, columns]; each row adds up to 1.
    """

    first: int
    shares: Array

    @property
    def mixed(self) -> LeadTable:
        """The one row that is met by who does not know which draw is right: the mean over the draws."""
        return self if self.shares.shape[0] == 1 else LeadTable(self.first, self.shares.mean(axis=0, keepdims=True))

    @property
    def means(self) -> Array:
        """float64[draws]: the mean lead time of each draw, periods."""
        found: Array = self.shares @ np.arange(self.first, self.first + self.shares.shape[1], dtype=np.float64)
        return found

    def law(self) -> Law:
        """Return the mixed lead time as a law."""
        periods = np.arange(self.first, self.first + self.shares.shape[1], dtype=np.float64)
        return pmf_of(periods, self.mixed.shares[0])

    def moved(self, periods: int) -> LeadTable:
        """Return the same lead times, each so many periods longer; none becomes shorter than none at all."""
        return self if not periods else LeadTable(self.first + periods, self.shares).at_least(0)

    def at_least(self, least: int) -> LeadTable:
        """Return the same lead times, none shorter than ``least``."""
        short = least - self.first
        if short <= 0:
            return self
        if short >= self.shares.shape[1]:
            return LeadTable(least, np.ones((self.shares.shape[0], 1)))
        kept = self.shares[:, short:].copy()
        kept[:, 0] += self.shares[:, :short].sum(axis=1)
        return LeadTable(least, kept)

    def until(self, low: int, high: int) -> Array:
        """Return float64[draws, high - low]: the probability of at most ``low``, of at most ``low`` + 1, up to below ``high``."""
        cumulative = np.minimum(np.cumsum(self.shares, axis=1), 1.0)
        cumulative[:, -1] = 1.0
        at = np.arange(low, high) - self.first
        found = cumulative[:, np.clip(at, 0, self.shares.shape[1] - 1)]
        found[:, at < 0] = 0.0
        return np.asarray(found)


def table_of_law(law: Law, *, least: int = 0) -> LeadTable:
    """Return a law of lead times in whole periods: halves round up, nothing is below ``least``.

    Parameters
    ----------
    law : in periods. least : 0 or more.

    Example
    -------
    >>> from chaintwin.laws import parse
    >>> table_of_law(parse("pmf(2:0.25, 3:0.75)")).shares.tolist()
    [[0.25, 0.75]]
    """
    high = min(max(longest_lead(law), least), PERIODS_MOST)
    low = min(max(least, int(np.floor(float(law.quantile(2.0**-33)) + 0.5))), high)
    return LeadTable(low, _shares(law.cdf_many(_edges(low, high))[None, :]))


def table_of(parameter: Parameter, *, draws: int | None = None) -> LeadTable:
    """Return a calibrated lead time in whole periods.

    Parameters
    ----------
    parameter : of a lead time. draws : how many of its draws, the first ones; all by default.

    Example
    -------
    >>> from chaintwin.fidelity.calibration import ParameterKind
    >>> two = Parameter(ParameterKind.LEAD_TIME, "a", "2", LawKind.PMF, (1.0, 3.0), ((0.5, 0.5), (0.0, 1.0)), "", 9, 0, 0, 1)
    >>> found = table_of(two)
    >>> found.first, found.shares.tolist(), found.means.tolist()
    (1, [[0.5, 0.0, 0.5], [0.0, 0.0, 1.0]], [2.0, 3.0])
    """
    numbers = np.array(parameter.draws[:draws], dtype=np.float64)
    if parameter.law in (LawKind.PMF, LawKind.CONSTANT):
        values = np.array(parameter.values) if parameter.law is LawKind.PMF else np.unique(numbers[:, 0])
        weights = numbers if parameter.law is LawKind.PMF else (numbers == values[None, :]).astype(np.float64)
        periods = np.clip(np.floor(values + 0.5), 0, PERIODS_MOST).astype(np.int64)
        shares = np.zeros((numbers.shape[0], int(periods[-1] - periods[0]) + 1))
        np.add.at(shares.T, periods - periods[0], weights.T)
        return _trimmed(LeadTable(int(periods[0]), shares / shares.sum(axis=1, keepdims=True)))
    if parameter.law in BROAD:
        family = FAMILIES[parameter.law]
        columns = tuple(numbers[:, place, None] for place in range(numbers.shape[1]))
        # These families take arrays as parameters as well as numbers.
        tops = family.quantile(columns, np.array([[LEAD_QUANTILE]]))  # type: ignore[arg-type]
        high = min(int(np.floor(float(tops.max()) + 0.5)), PERIODS_MOST)
        rows = np.asarray(family.cdf(columns, _edges(0, high)[None, :]))  # type: ignore[arg-type]
    else:
        laws = [parameter.draw(number) for number in range(numbers.shape[0])]
        high = min(max(longest_lead(law) for law in laws), PERIODS_MOST)
        rows = np.stack([law.cdf_many(_edges(0, high)) for law in laws])
    return _trimmed(LeadTable(0, _shares(rows)))


def met(table: LeadTable, *, mode: LeadMode, spacing: float = 1.0) -> LeadTable:
    """Return what is met of lead times, where order is kept: longer than what is drawn.

    Parameters
    ----------
    table : of what is drawn. mode : how lead times of one lane go together.
    spacing : periods between the starts of two shipments, 1 or more; it matters where nothing overtakes.

    Returns
    -------
    The mixed table of what is met. Where nothing overtakes P(met <= l) is the product of F(l + j * spacing) over j from 0 on;
    where goods arrive by their age P(met > l) is the product of 1 - F(j) over j from 1 to l.

    Source: METHODS 1.4.
    """
    mixed = table.mixed
    if mode is LeadMode.CROSSING:
        return mixed
    high = mixed.first + mixed.shares.shape[1]
    below = mixed.until(0, high)[0]
    if mode is LeadMode.FIFO:
        step = max(1, round(spacing))
        cumulative = below.copy()
        for ahead in range(step, high, step):
            cumulative[:-ahead] *= below[ahead:]
    else:
        later = np.cumprod(1.0 - below[1:]) if high > 1 else np.zeros(0)
        cumulative = np.concatenate([[0.0], 1.0 - later])
    cumulative[-1] = 1.0
    return _trimmed(LeadTable(0, np.diff(cumulative, prepend=0.0)[None, :]))


def pit_of(table: LeadTable, observed: int, *, tie_break: float) -> float:
    """Return where a whole lead time lies in a mixed table, 0 to 1.

    Parameters
    ----------
    table : of one row. observed : periods. tie_break : 0 to 1, from ``chaintwin.rng``.

    Example
    -------
    >>> pit_of(LeadTable(2, np.array([[0.25, 0.75]])), 3, tie_break=0.5)
    0.625

    Source: Czado, Gneiting & Held 2009, equation 1.
    """
    shares, place = table.shares[0], observed - table.first
    if place < 0:
        return 0.0
    if place >= shares.size:
        return 1.0
    return float(min(1.0, shares[:place].sum() + tie_break * shares[place]))


def crps_of(table: LeadTable, observed: int) -> float:
    """Return the CRPS of a mixed table: the sum over whole periods of (F - 1{observed <= period})².

    Parameters
    ----------
    table : of one row. observed : periods.

    Example
    -------
    >>> crps_of(LeadTable(2, np.array([[0.25, 0.75]])), 3)
    0.0625
    """
    cumulative = np.cumsum(table.shares[0])
    periods = table.first + np.arange(cumulative.size)
    inside = float(((cumulative - (observed <= periods)) ** 2).sum())
    return inside + max(0.0, float(table.first - observed)) + max(0.0, float(observed - periods[-1] - 1))


def crps_under_way(table: LeadTable, observed: int, *, age: int, until: int) -> float:
    """Return the CRPS of when goods come that are under way already, as far as is known by now.

    It is the sum of (F(l | at least ``age``) - 1{observed <= l})² over whole periods l from ``age`` to below ``until``. Goods
    that have not come by then are scored like others, so that it does not matter which of them came: the score is proper.

    Parameters
    ----------
    table : of one row. observed : periods; ``until`` or more for goods that have not come. age : periods under way when they
        were forecast. until : periods under way now; 0 is returned where that is no more.

    Example
    -------
    >>> table = LeadTable(2, np.array([[0.5, 0.25, 0.25]]))
    >>> crps_under_way(table, 9, age=3, until=4), crps_under_way(table, 3, age=0, until=9) == crps_of(table, 3)
    (0.25, True)

    Source: Gneiting & Raftery 2007, "Strictly Proper Scoring Rules", section 4.2, of a time that is cut off at a known moment.
    """
    periods = np.arange(age, until)
    cumulative = np.cumsum(table.shares[0])
    # What no lead time is longer than comes at once.
    at = np.concatenate([[0.0], cumulative[:-1], [1.0]])[np.clip(periods - table.first + 1, 0, cumulative.size)]
    place = age - table.first
    before = 0.0 if place <= 0 else float(cumulative[min(place, cumulative.size) - 1])
    share = (at - before) / (1.0 - before) if before < 1.0 and place < cumulative.size else np.ones(periods.size)
    return float(((share - (observed <= periods)) ** 2).sum())


def mixed_of(tables: Sequence[LeadTable]) -> LeadTable:
    """Return the mean of mixed tables, each with the same weight."""
    first = min(one.first for one in tables)
    last = max(one.first + one.shares.shape[1] for one in tables)
    shares = np.zeros((1, last - first))
    for one in tables:
        at = one.first - first
        shares[0, at : at + one.shares.shape[1]] += one.mixed.shares[0] / len(tables)
    return LeadTable(first, shares)


def _edges(low: int, high: int) -> Array:
    """Return what a lead time lies below if it counts as at most ``low``, ``low`` + 1, up to below ``high``."""
    return np.asarray(np.nextafter(np.arange(low, high) + 0.5, -np.inf), dtype=np.float64)


def _shares(cumulative: Array) -> Array:
    ends = np.concatenate([cumulative, np.ones((cumulative.shape[0], 1))], axis=1)
    return np.maximum(np.diff(ends, axis=1, prepend=0.0), 0.0)


def _trimmed(table: LeadTable) -> LeadTable:
    """Return the table without the columns at both ends that no draw uses."""
    used = np.flatnonzero(table.shares.max(axis=0) > 0.0)
    return LeadTable(table.first + int(used[0]), table.shares[:, used[0] : used[-1] + 1])
