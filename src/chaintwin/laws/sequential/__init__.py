"""Tests that look at every value as it comes: cumulative sums with known run lengths."""

from chaintwin.laws.sequential.cusum import CusumPath, cusum, cusum_p_values, cusum_run_length, cusum_threshold

__all__ = ["CusumPath", "cusum", "cusum_p_values", "cusum_run_length", "cusum_threshold"]
