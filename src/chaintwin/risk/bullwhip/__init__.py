"""The bullwhip: measured on recorded series, and what closed forms and linear policies say it must be."""

from chaintwin.risk.bullwhip.blocks import Resampling, automatic_block_length
from chaintwin.risk.bullwhip.closed_forms import (
    ChainRatios,
    SmoothedRatios,
    best_adjustment_time,
    best_forecast_ratio,
    chain_ratios,
    moving_average_ratio,
    proportional_ratios,
    smoothing_ratio,
)
from chaintwin.risk.bullwhip.measuring import Bullwhip, Ratio, measure_bullwhip
from chaintwin.risk.bullwhip.recorded import CHAIN_SCHEMA, Level, measure_chain, stages_of, week_offset
from chaintwin.risk.bullwhip.responses import (
    impulse_response,
    moving_average_response,
    proportional_response,
    response_ratio,
    smoothing_response,
)
from chaintwin.risk.bullwhip.series import Season

__all__ = [
    "CHAIN_SCHEMA",
    "Bullwhip",
    "ChainRatios",
    "Level",
    "Ratio",
    "Resampling",
    "Season",
    "SmoothedRatios",
    "automatic_block_length",
    "best_adjustment_time",
    "best_forecast_ratio",
    "chain_ratios",
    "impulse_response",
    "measure_bullwhip",
    "measure_chain",
    "moving_average_ratio",
    "moving_average_response",
    "proportional_ratios",
    "proportional_response",
    "response_ratio",
    "smoothing_ratio",
    "smoothing_response",
    "stages_of",
    "week_offset",
]
