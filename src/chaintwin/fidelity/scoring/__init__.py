"""How far a twin is to be trusted: forecasts against their truth, the fidelity vector, and its score."""

from chaintwin.fidelity.scoring.forecasts import (
    Forecast,
    ForecastScores,
    ScoredForecast,
    apart_in_time,
    joint_pits,
    pits_of,
    pooled,
    score_forecasts,
    scored,
)
from chaintwin.fidelity.scoring.scorecard import OVERALL, Evidence, Scorecard, StateError, make_scorecard
from chaintwin.fidelity.scoring.vector import (
    FidelityVector,
    coverage_part,
    distribution_part,
    scale_of,
    skill_part,
    state_part,
    timeliness_part,
)

__all__ = [
    "OVERALL",
    "Evidence",
    "FidelityVector",
    "Forecast",
    "ForecastScores",
    "Scorecard",
    "ScoredForecast",
    "StateError",
    "apart_in_time",
    "coverage_part",
    "distribution_part",
    "joint_pits",
    "make_scorecard",
    "pits_of",
    "pooled",
    "scale_of",
    "score_forecasts",
    "scored",
    "skill_part",
    "state_part",
    "timeliness_part",
]
