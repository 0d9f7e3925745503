"""When events happen: processes to sample, and rates from history."""

from chaintwin.risk.occurrence.common_shock import HitProbabilities, ShockEvents, hit_probabilities, sample_common_shock
from chaintwin.risk.occurrence.draws import Replications
from chaintwin.risk.occurrence.escalation import Escalation, sample_escalation
from chaintwin.risk.occurrence.events import Events, merge_events
from chaintwin.risk.occurrence.hawkes import HawkesProcess, sample_hawkes
from chaintwin.risk.occurrence.poisson import SeasonalRate, sample_poisson
from chaintwin.risk.occurrence.rates import GammaBelief, PooledRates, RateEstimate, estimate_rate, pool_rates
from chaintwin.risk.occurrence.renewal import RenewalStart, sample_renewal

__all__ = [
    "Escalation",
    "Events",
    "GammaBelief",
    "HawkesProcess",
    "HitProbabilities",
    "PooledRates",
    "RateEstimate",
    "RenewalStart",
    "Replications",
    "SeasonalRate",
    "ShockEvents",
    "estimate_rate",
    "hit_probabilities",
    "merge_events",
    "pool_rates",
    "sample_common_shock",
    "sample_escalation",
    "sample_hawkes",
    "sample_poisson",
    "sample_renewal",
]
