"""What a benchmark case is, and what measuring it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Phase:
    """One timed step of a case.

    Parameters
    ----------
    name : what it does.
    run : does it once and returns how much was done, counted in ``unit``, or what was found out, which is a ``finding``.
    unit : what is counted, such as ``row``; empty where a rate says nothing.
    limit_seconds : time the project promises for the full size, 0 if none.
    finding : what the number is that ``run`` returns where that, and not the time, is looked for, such as ``exponent``.
    """

    name: str
    run: Callable[[], float]
    unit: str = ""
    limit_seconds: float = 0.0
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One workload.

    Parameters
    ----------
    name : name on the command line.
    workload : one sentence for people.
    sizes : sizes from the smallest, which a smoke run takes, to the full one, which figures are quoted for.
    size_unit : what a size counts.
    prepare : makes the input of one size in an empty folder, untimed, and returns the phases in order.
    obstacle : says why the case cannot run here, an empty text if it can.
    """

    name: str
    workload: str
    sizes: tuple[int, ...]
    size_unit: str
    prepare: Callable[[int, Path], tuple[Phase, ...]]
    obstacle: Callable[[], str] = lambda: ""


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of one phase.

    Parameters
    ----------
    phase : its name.
    seconds : one time a repetition, in order.
    median, shortest, longest : of ``seconds``.
    amount, unit : how much was done each time.
    rate : amount a second at the median time, None without a unit.
    limit_seconds : time promised for the full size, None if none or at another size.
    finding : what ``amount`` is where it was looked for and is no amount of work; of several repetitions it is the median.
    """

    phase: str
    seconds: tuple[float, ...]
    median: float
    shortest: float
    longest: float
    amount: float
    unit: str
    rate: float | None
    limit_seconds: float | None
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What measuring one case gave.

    Parameters
    ----------
    case, workload, size, size_unit : what was run.
    timings : one a phase, none where the case was skipped.
    skipped : why it could not run here, empty if it ran.
    """

    case: str
    workload: str
    size: int
    size_unit: str
    timings: tuple[Timing, ...]
    skipped: str = ""
