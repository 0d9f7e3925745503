"""The network engine: compiled kernels, ensembles of replications, results with intervals."""

from chaintwin.simulation.ensemble import Span, run_ensemble
from chaintwin.simulation.results import FIGURES, Result, check_target, result_of
from chaintwin.simulation.simulating import simulate

__all__ = ["FIGURES", "Result", "Span", "check_target", "result_of", "run_ensemble", "simulate"]
