"""Registered benchmark cases: one case is one workload, its sizes and its phases."""

from chaintwin.bench.case import Case, Measurement, Phase, Timing
from chaintwin.bench.measuring import measure
from chaintwin.bench.registry import case_names, cases

__all__ = ["Case", "Measurement", "Phase", "Timing", "case_names", "cases", "measure"]
