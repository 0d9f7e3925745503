"""Parameters from events, as posterior samples in versions, and when they are replaced. Names load on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaintwin.fidelity.calibration.crossing import CrossingTest, check_crossing
    from chaintwin.fidelity.calibration.fitting import Fitting, calibrate, capacity_interval
    from chaintwin.fidelity.calibration.lanes import Lane, Layout
    from chaintwin.fidelity.calibration.lead_times import LeadTimeRow, Movement, Step, extract_lead_times
    from chaintwin.fidelity.calibration.observations import LeadTime, Observations
    from chaintwin.fidelity.calibration.parameters import (
        Parameter,
        ParameterKind,
        ParameterSet,
        read_parameters,
        write_parameters,
    )
    from chaintwin.fidelity.calibration.refitting import RefitDecision, Verdict, estimate_change, judge_refit

__all__ = [
    "CrossingTest",
    "Fitting",
    "Lane",
    "Layout",
    "LeadTime",
    "LeadTimeRow",
    "Movement",
    "Observations",
    "Parameter",
    "ParameterKind",
    "ParameterSet",
    "RefitDecision",
    "Step",
    "Verdict",
    "calibrate",
    "capacity_interval",
    "check_crossing",
    "estimate_change",
    "extract_lead_times",
    "judge_refit",
    "read_parameters",
    "write_parameters",
]

_HOME = {
    "CrossingTest": "crossing",
    "Fitting": "fitting",
    "Lane": "lanes",
    "Layout": "lanes",
    "LeadTime": "observations",
    "LeadTimeRow": "lead_times",
    "Movement": "lead_times",
    "Observations": "observations",
    "Parameter": "parameters",
    "ParameterKind": "parameters",
    "ParameterSet": "parameters",
    "RefitDecision": "refitting",
    "Step": "lead_times",
    "Verdict": "refitting",
    "calibrate": "fitting",
    "capacity_interval": "fitting",
    "check_crossing": "crossing",
    "estimate_change": "refitting",
    "extract_lead_times": "lead_times",
    "judge_refit": "refitting",
    "read_parameters": "parameters",
    "write_parameters": "parameters",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
