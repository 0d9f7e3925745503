"""The bullwhip of a project: simulated, measured by echelon, and calmed in three ways on the same random numbers."""

from chaintwin.risk.bullwhip.simulated.arms import AS_IS, Arm, arms_of
from chaintwin.risk.bullwhip.simulated.chain import Chain, chain_of
from chaintwin.risk.bullwhip.simulated.ratios import RATIO_SCHEMA
from chaintwin.risk.bullwhip.simulated.studying import Study, study_bullwhip

__all__ = ["AS_IS", "RATIO_SCHEMA", "Arm", "Chain", "Study", "arms_of", "chain_of", "study_bullwhip"]
