"""Laws fitted to observations, right-censored ones included."""

from chaintwin.laws.fits.demand import fit_demand
from chaintwin.laws.fits.lead_times import FitMethod, FittedLaw, fit_lead_time
from chaintwin.laws.fits.quantiles import QuantileInterval, QuantileRanks, quantile_interval, quantile_ranks
from chaintwin.laws.fits.survival import (
    SurvivalCurve,
    fit_gamma_censored,
    fit_lognormal_censored,
    fit_weibull_censored,
    kaplan_meier,
)

__all__ = [
    "FitMethod",
    "FittedLaw",
    "QuantileInterval",
    "QuantileRanks",
    "SurvivalCurve",
    "fit_demand",
    "fit_gamma_censored",
    "fit_lead_time",
    "fit_lognormal_censored",
    "fit_weibull_censored",
    "kaplan_meier",
    "quantile_interval",
    "quantile_ranks",
]
