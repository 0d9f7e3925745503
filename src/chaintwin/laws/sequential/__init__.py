"""What looks at every value as it comes: cumulative sums, e-detectors, when a change began, intervals that adapt."""

from chaintwin.laws.sequential.adaptive import AdaptiveLevel, adapt, new_level
from chaintwin.laws.sequential.change_points import ChangePoint, change_point, normal_scores, spread_scores
from chaintwin.laws.sequential.cusum import CusumPath, cusum, cusum_p_values, cusum_run_length, cusum_threshold
from chaintwin.laws.sequential.e_detector import (
    SHIFTS,
    STAKES,
    DetectorPath,
    DetectorState,
    new_detector,
    watch,
    watch_all,
    watch_together,
)

__all__ = [
    "SHIFTS",
    "STAKES",
    "AdaptiveLevel",
    "ChangePoint",
    "CusumPath",
    "DetectorPath",
    "DetectorState",
    "adapt",
    "change_point",
    "cusum",
    "cusum_p_values",
    "cusum_run_length",
    "cusum_threshold",
    "new_detector",
    "new_level",
    "normal_scores",
    "spread_scores",
    "watch",
    "watch_all",
    "watch_together",
]
