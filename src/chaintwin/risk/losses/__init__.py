"""What events cost: tail measures with intervals, compound annual losses, rare events, sensitivities and contributions."""

from chaintwin.laws.fits.quantiles import QuantileInterval, QuantileRanks, quantile_interval, quantile_ranks
from chaintwin.risk.losses.compound import CompoundLoss, compound_poisson, panjer_poisson
from chaintwin.risk.losses.contributions import DropOne, TailContributions, drop_one, tail_contributions
from chaintwin.risk.losses.exceedance import ExceedanceCurve, exceedance_curve
from chaintwin.risk.losses.lattice import spread_on_lattice
from chaintwin.risk.losses.reweighting import RateSensitivity, ReweightedLoss, rate_sensitivity, reweight_rate
from chaintwin.risk.losses.stratified import (
    StratifiedEstimate,
    StratifiedPlan,
    counts_given_some,
    estimate_strata,
    event_strata,
    plan_strata,
)
from chaintwin.risk.losses.tail import TailRisk, expected_shortfall_error, tail_risk

__all__ = [
    "CompoundLoss",
    "DropOne",
    "ExceedanceCurve",
    "QuantileInterval",
    "QuantileRanks",
    "RateSensitivity",
    "ReweightedLoss",
    "StratifiedEstimate",
    "StratifiedPlan",
    "TailContributions",
    "TailRisk",
    "compound_poisson",
    "counts_given_some",
    "drop_one",
    "estimate_strata",
    "event_strata",
    "exceedance_curve",
    "expected_shortfall_error",
    "panjer_poisson",
    "plan_strata",
    "quantile_interval",
    "quantile_ranks",
    "rate_sensitivity",
    "reweight_rate",
    "spread_on_lattice",
    "tail_contributions",
    "tail_risk",
]
