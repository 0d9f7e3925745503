"""Early warning: cumulative sums with known run lengths, and false alarms over many series."""

from chaintwin.laws.sequential.cusum import CusumPath, cusum, cusum_p_values, cusum_run_length, cusum_threshold
from chaintwin.risk.warning.alarms import Discoveries, benjamini_hochberg, false_alarms_per_year

__all__ = [
    "CusumPath",
    "Discoveries",
    "benjamini_hochberg",
    "cusum",
    "cusum_p_values",
    "cusum_run_length",
    "cusum_threshold",
    "false_alarms_per_year",
]
