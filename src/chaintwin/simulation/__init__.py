"""The network engine: compiled kernels, ensembles of replications, results with intervals."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaintwin.simulation.comparing.comparing import compare
    from chaintwin.simulation.comparing.comparison import Comparison, check_file
    from chaintwin.simulation.counting.figures import FIGURES
    from chaintwin.simulation.ensemble import join_groups, run_ensemble, run_groups
    from chaintwin.simulation.first_causes.ranking import Causes, causes
    from chaintwin.simulation.first_causes.tracing_back import Cause
    from chaintwin.simulation.history.event_log import Event, EventLog, log_of
    from chaintwin.simulation.history.exporting import events_of, write_events
    from chaintwin.simulation.history.log_file import read_log, write_log
    from chaintwin.simulation.history.rebuilding import rebuild
    from chaintwin.simulation.history.state_file import read_state, write_state
    from chaintwin.simulation.history.trace import Journeys, Trace
    from chaintwin.simulation.history.tracing import trace, traces
    from chaintwin.simulation.pictures.drawing import draw, plot
    from chaintwin.simulation.playing import Span
    from chaintwin.simulation.preparing import prepare_kernels
    from chaintwin.simulation.ranking import cost_ranking, service_ranking
    from chaintwin.simulation.results import Result, result_of
    from chaintwin.simulation.resuming.checkpoint import Checkpoint, saved_replications
    from chaintwin.simulation.simulating import simulate
    from chaintwin.simulation.writing import Format, check_target, chosen_format

__all__ = [
    "FIGURES",
    "Cause",
    "Causes",
    "Checkpoint",
    "Comparison",
    "Event",
    "EventLog",
    "Format",
    "Journeys",
    "Result",
    "Span",
    "Trace",
    "causes",
    "check_file",
    "check_target",
    "chosen_format",
    "compare",
    "cost_ranking",
    "draw",
    "events_of",
    "join_groups",
    "log_of",
    "plot",
    "prepare_kernels",
    "read_log",
    "read_state",
    "rebuild",
    "result_of",
    "run_ensemble",
    "run_groups",
    "saved_replications",
    "service_ranking",
    "simulate",
    "trace",
    "traces",
    "write_events",
    "write_log",
    "write_state",
]

# Comparing, drawing and tracing load libraries that simulating needs not, so each name is looked up only when it is used.
_PLACES = {
    "FIGURES": "counting.figures",
    "Cause": "first_causes.tracing_back",
    "Causes": "first_causes.ranking",
    "Checkpoint": "resuming.checkpoint",
    "Comparison": "comparing.comparison",
    "Event": "history.event_log",
    "EventLog": "history.event_log",
    "Format": "writing",
    "Journeys": "history.trace",
    "Result": "results",
    "Span": "playing",
    "Trace": "history.trace",
    "causes": "first_causes.ranking",
    "check_file": "comparing.comparison",
    "check_target": "writing",
    "chosen_format": "writing",
    "compare": "comparing.comparing",
    "cost_ranking": "ranking",
    "draw": "pictures.drawing",
    "events_of": "history.exporting",
    "join_groups": "ensemble",
    "log_of": "history.event_log",
    "plot": "pictures.drawing",
    "prepare_kernels": "preparing",
    "read_log": "history.log_file",
    "read_state": "history.state_file",
    "rebuild": "history.rebuilding",
    "result_of": "results",
    "run_ensemble": "ensemble",
    "run_groups": "ensemble",
    "saved_replications": "resuming.checkpoint",
    "service_ranking": "ranking",
    "simulate": "simulating",
    "trace": "history.tracing",
    "traces": "history.tracing",
    "write_events": "history.exporting",
    "write_log": "history.log_file",
    "write_state": "history.state_file",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{place}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
