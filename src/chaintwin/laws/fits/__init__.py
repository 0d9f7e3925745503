"""Laws fitted to observations, right-censored ones included."""

from chaintwin.laws.fits.demand import fit_demand
from chaintwin.laws.fits.intervals import IntervalFit, fit_intervals
from chaintwin.laws.fits.lead_times import FitMethod, FittedLaw, fit_lead_time
from chaintwin.laws.fits.quantiles import QuantileInterval, QuantileRanks, quantile_interval, quantile_ranks
from chaintwin.laws.fits.survival import (
    SurvivalCurve,
    fit_gamma_censored,
    fit_lognormal_censored,
    fit_weibull_censored,
    kaplan_meier,
)
from chaintwin.laws.fits.unconstraining import UnconstrainedDemand, demand_curve, unconstrain_normal
from chaintwin.laws.fits.yields import JEFFREYS, YieldBelief, update_yield

__all__ = [
    "JEFFREYS",
    "FitMethod",
    "FittedLaw",
    "IntervalFit",
    "QuantileInterval",
    "QuantileRanks",
    "SurvivalCurve",
    "UnconstrainedDemand",
    "YieldBelief",
    "demand_curve",
    "fit_demand",
    "fit_gamma_censored",
    "fit_intervals",
    "fit_lead_time",
    "fit_lognormal_censored",
    "fit_weibull_censored",
    "kaplan_meier",
    "quantile_interval",
    "quantile_ranks",
    "unconstrain_normal",
    "update_yield",
]
