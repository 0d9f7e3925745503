"""The network engine: compiled kernels, ensembles of replications, results with intervals."""

from chaintwin.simulation.counting.figures import FIGURES
from chaintwin.simulation.ensemble import Span, run_ensemble
from chaintwin.simulation.pictures.drawing import draw, plot
from chaintwin.simulation.preparing import prepare_kernels
from chaintwin.simulation.ranking import cost_ranking, service_ranking
from chaintwin.simulation.results import Result, result_of
from chaintwin.simulation.simulating import simulate
from chaintwin.simulation.writing import Format, check_target, chosen_format

__all__ = [
    "FIGURES",
    "Format",
    "Result",
    "Span",
    "check_target",
    "chosen_format",
    "cost_ranking",
    "draw",
    "plot",
    "prepare_kernels",
    "result_of",
    "run_ensemble",
    "service_ranking",
    "simulate",
]
