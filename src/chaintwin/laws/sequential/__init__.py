"""Tests that look at every value as it comes: cumulative sums with known run lengths, e-detectors, and when a change began."""

from chaintwin.laws.sequential.change_points import ChangePoint, change_point, normal_scores, spread_scores
from chaintwin.laws.sequential.cusum import CusumPath, cusum, cusum_p_values, cusum_run_length, cusum_threshold
from chaintwin.laws.sequential.e_detector import SHIFTS, STAKES, DetectorPath, DetectorState, new_detector, watch, watch_all

__all__ = [
    "SHIFTS",
    "STAKES",
    "ChangePoint",
    "CusumPath",
    "DetectorPath",
    "DetectorState",
    "change_point",
    "cusum",
    "cusum_p_values",
    "cusum_run_length",
    "cusum_threshold",
    "new_detector",
    "normal_scores",
    "spread_scores",
    "watch",
    "watch_all",
]
