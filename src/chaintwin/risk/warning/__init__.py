"""Early warning: cumulative sums with known run lengths, and false alarms over many series."""

from chaintwin.risk.warning.alarms import Discoveries, benjamini_hochberg, false_alarms_per_year
from chaintwin.risk.warning.cusum import CusumPath, cusum, cusum_p_values, cusum_run_length, cusum_threshold

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
