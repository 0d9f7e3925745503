"""Proper scores of forecasts, and the tests of whether what came about could have been drawn from them."""

from chaintwin.laws.scores.combining import combined_p, coverage_p
from chaintwin.laws.scores.crps import crps_normal, crps_sample, naive_ensemble, skill
from chaintwin.laws.scores.energy import energy_pit, energy_score
from chaintwin.laws.scores.pit import Coverage, Uniformity, central_coverage, coverage_of, randomized_pit, uniformity

__all__ = [
    "Coverage",
    "Uniformity",
    "central_coverage",
    "combined_p",
    "coverage_of",
    "coverage_p",
    "crps_normal",
    "crps_sample",
    "energy_pit",
    "energy_score",
    "naive_ensemble",
    "randomized_pit",
    "skill",
    "uniformity",
]
