"""How a chain stands a disruption: recovery, resilience, ripple, cascades, stock against outages, availability."""

from chaintwin.risk.resilience.availability import availability, k_of_n_availability
from chaintwin.risk.resilience.cascade import Cascade, FirmNetwork, cascade, cascade_index, firm_network
from chaintwin.risk.resilience.curve import ResilienceCurve, resilience_curve
from chaintwin.risk.resilience.outages import OutageStock, outage_distribution, two_state_base_stock
from chaintwin.risk.resilience.recovery import RecoveryProfile, RecoveryShape
from chaintwin.risk.resilience.ripple import TierRipple, ripple

__all__ = [
    "Cascade",
    "FirmNetwork",
    "OutageStock",
    "RecoveryProfile",
    "RecoveryShape",
    "ResilienceCurve",
    "TierRipple",
    "availability",
    "cascade",
    "cascade_index",
    "firm_network",
    "k_of_n_availability",
    "outage_distribution",
    "resilience_curve",
    "ripple",
    "two_state_base_stock",
]
