"""The network engine: compiled kernels, ensembles of replications, results with intervals."""

from chaintwin.simulation.comparing.comparing import compare
from chaintwin.simulation.comparing.comparison import Comparison, check_file
from chaintwin.simulation.counting.figures import FIGURES
from chaintwin.simulation.ensemble import join_groups, run_ensemble, run_groups
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
    "Checkpoint",
    "Comparison",
    "Format",
    "Result",
    "Span",
    "check_file",
    "check_target",
    "chosen_format",
    "compare",
    "cost_ranking",
    "draw",
    "join_groups",
    "plot",
    "prepare_kernels",
    "result_of",
    "run_ensemble",
    "run_groups",
    "saved_replications",
    "service_ranking",
    "simulate",
]
