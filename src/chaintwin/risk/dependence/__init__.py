"""Dependence of a network on suppliers, countries and blocs."""

from chaintwin.risk.dependence.blocs import read_blocs
from chaintwin.risk.dependence.concentration import Concentration, measure_concentration
from chaintwin.risk.dependence.losing_countries import CountryLosses, lose_countries
from chaintwin.risk.dependence.origins import UNKNOWN, Basis, origins_of

__all__ = [
    "UNKNOWN",
    "Basis",
    "Concentration",
    "CountryLosses",
    "lose_countries",
    "measure_concentration",
    "origins_of",
    "read_blocs",
]
