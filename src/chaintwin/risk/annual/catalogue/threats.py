"""Threats: what can put places of a network out, how often, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws import Law
from chaintwin.laws.checking import check_number
from chaintwin.risk.occurrence import RateEstimate
from chaintwin.risk.stress.scopes import Scope

Floats = NDArray[np.float64]

YEAR_DAYS = 365.0
"""Days of a year, as in ``Period.per_year``."""


class Origin(StrEnum):
    """Where a threat comes from."""

    TABLE = "hazards table"
    FILE = "file of threats"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Threat:
    """One process of events, and whom each of them may hit.

    Parameters
    ----------
    id : name for people.
    cause : flood, strike, fire, ...
    places : who may be hit; an event hits each on its own, with its vulnerability.
    vulnerabilities : Floats[places], 0 to 1.
    rate_per_year : events a year, whether they hit anybody or not, 0 or more.
    duration : law of how long those hit are out, periods; all that one event hits are out equally long.
    severity_rate : share of its usual work that a place cannot do while it is out, 0 to 1.
    amplitude : how far the rate swings over the year, as a share of it, 0 to 1. peak_day : day of the year when it is highest.
    estimate : prior, data and interval of the rate, where it comes from counts.
    origin : where the threat comes from. scope : what people call those that may be hit.
    stream : names its random numbers, which no other threat has; the id by default.

    Raises
    ------
    UsageError
        A number is out of range, or the vulnerabilities are not one for each place.
    """

    id: str
    cause: str
    places: tuple[Scope, ...]
    vulnerabilities: Floats
    rate_per_year: float
    duration: Law
    severity_rate: float = 1.0
    amplitude: float = 0.0
    peak_day: float = 0.0
    estimate: RateEstimate | None = field(default=None, kw_only=True)
    origin: Origin = field(default=Origin.FILE, kw_only=True)
    scope: str = field(default="", kw_only=True)
    stream: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        check_number(f"{self.id}: rate_per_year", self.rate_per_year, low=0.0)
        check_number(f"{self.id}: severity_rate", self.severity_rate, low=0.0, high=1.0)
        if self.vulnerabilities.shape != (len(self.places),):
            raise UsageError(
                f"{self.id}: found {self.vulnerabilities.size} vulnerabilities; allowed: {len(self.places)}, one for each place"
            )
        if ((self.vulnerabilities < 0) | (self.vulnerabilities > 1)).any():
            raise UsageError(f"{self.id}: found vulnerabilities {self.vulnerabilities}; allowed: 0 to 1")

    @property
    def key(self) -> str:
        """Return the name of its random numbers."""
        return self.stream or self.id
