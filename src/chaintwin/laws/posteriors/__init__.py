"""What data leave open: laws drawn from the posterior of a fit, one for each replication of a simulation."""

from chaintwin.laws.posteriors.curves import curve_posterior, interval_posterior
from chaintwin.laws.posteriors.demand import demand_posterior
from chaintwin.laws.posteriors.lead_times import lead_time_posterior
from chaintwin.laws.posteriors.levels import level_posteriors
from chaintwin.laws.posteriors.samples import Drawing, LawPosterior
from chaintwin.laws.posteriors.shares import quantile_posterior, yield_posterior

__all__ = [
    "Drawing",
    "LawPosterior",
    "curve_posterior",
    "demand_posterior",
    "interval_posterior",
    "lead_time_posterior",
    "level_posteriors",
    "quantile_posterior",
    "yield_posterior",
]
