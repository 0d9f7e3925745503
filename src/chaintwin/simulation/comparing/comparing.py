"""Runs scenarios on the same random numbers and compares them."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chaintwin.errors import Finding, InputError, UsageError
from chaintwin.network.network import Network
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.simulation.comparing.comparison import Comparison, comparison_of
from chaintwin.simulation.comparing.paired import Floats, difference, figure_of
from chaintwin.simulation.comparing.saving import Saved
from chaintwin.simulation.counting.precision import Precision, parse_precision
from chaintwin.simulation.ensemble import Kept, run_ensemble
from chaintwin.simulation.playing import GROUP, Reduced, Span
from chaintwin.simulation.preparing import prepare_kernels
from chaintwin.simulation.resuming.checkpoint import Checkpoint
from chaintwin.simulation.resuming.running import run_from_checkpoint
from chaintwin.simulation.simulating import Setup, set_up

BASELINE = "baseline"
"""Name of the network without changes in a comparison."""

FIRST = 8
"""Replications of the first answer that is told of a comparison."""


def compare(
    network: Network,
    scenarios: Sequence[Scenario],
    *,
    reference: str = BASELINE,
    periods: int | None = None,
    replications: int = 256,
    seed: int = 0,
    warm_up: int | None = None,
    confidence: float = 0.95,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
    until: str | None = None,
    checkpoint: Checkpoint | Path | str | None = None,
    partial: Callable[[Comparison], None] | None = None,
) -> Comparison:
    """Simulate a network and its scenarios on the same random numbers and return the differences with intervals.

    Parameters
    ----------
    network : the baseline.
    scenarios : at least one, each with a name of its own.
    reference : name of the scenario the others are compared with; the network without changes by default.
    periods, seed, warm_up, confidence, threads, progress, cancel : as for ``simulate``.
    replications : independent runs of each scenario, 1 or more; intervals need two.
    until : a precision of the differences, such as ``fill_rate +/- 0.001`` or ``total_cost +/- 0.5 %`` (of the reference): the
        scenarios are run with 64, 128, 256 and so on replications until every interval of the figure is as narrow;
        ``replications`` is the most.
    checkpoint : a folder in which finished replications of each scenario are saved every few seconds; a comparison that was
        stopped in any way goes on from there when it is asked for again, and comes to the same bit for bit. One that has finished
        removes the files.
    partial : is told what the first 8, 64, 128, 256 and so on replications say, for who does not want to wait for all.

    Returns
    -------
    The comparison. Its results are bit for bit those of ``simulate(network, scenario=...)``.

    Raises
    ------
    UsageError
        An argument is out of range, or two scenarios have one name.
    InputError
        A scenario does not fit the network; the exception carries the findings of all scenarios.
    CancelledError
        ``cancel`` was set.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> slower = Scenario.of("slower", [{"table": "lanes", "column": "lead_time", "add": 1}])
    >>> found = compare(load(Example.BEER_GAME), [slower], periods=36, replications=2)
    >>> str(found.verdict("slower", "total_cost"))
    'worse'
    """
    names = [BASELINE, *(scenario.name for scenario in scenarios)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not scenarios:
        found = f"{twice[0]} twice" if twice else "none"
        raise UsageError(f"scenarios: found {found}; allowed: at least one, each with a name of its own that is not {BASELINE}")
    if reference not in names:
        raise UsageError(f"reference: found {reference}; allowed: {', '.join(names)}")
    precision = None if until is None else parse_precision(until)
    setups: dict[str, Setup] = {}
    faults: list[Finding] = []
    for name, scenario in zip(names, (None, *scenarios), strict=True):
        try:
            setups[name] = set_up(
                network,
                scenario,
                periods=periods,
                replications=replications,
                seed=seed,
                warm_up=warm_up,
                state=None,
                confidence=confidence,
            )
        except InputError as error:
            faults += error.findings
    if faults:
        raise InputError(faults)
    prepare_kernels()
    asked = checkpoint if isinstance(checkpoint, Checkpoint) or checkpoint is None else Checkpoint(checkpoint)
    saved = None if asked is None else Saved(asked.file, anew=asked.anew)

    def compared(done: Mapping[str, Reduced]) -> Comparison:
        return comparison_of(
            {name: reduced.figures for name, reduced in done.items()},
            {name: setups[name].result(reduced) for name, reduced in done.items()},
            accounts={name: reduced.accounts for name, reduced in done.items()},
            reference=reference,
            confidence=confidence,
        )

    run = _Run(setups, threads=threads, cancel=cancel, progress=progress or (lambda _: None), saved=saved)
    before = {} if saved is None else saved.replications(setups)
    if asked is not None:
        asked.tell(sum(before.values()))
    done = _enough(
        run,
        replications,
        saved=max(before.values(), default=0),
        is_reached=None
        if precision is None
        else lambda found: _is_reached(precision, found, reference=reference, confidence=confidence),
        told=None if partial is None else lambda found: partial(compared(found)),
    )
    if saved is not None and asked is not None and not asked.keep:
        saved.remove(names)
    return compared(done)


def _enough(
    run: _Run,
    most: int,
    *,
    saved: int,
    is_reached: Callable[[Mapping[str, Reduced]], bool] | None,
    told: Callable[[Mapping[str, Reduced]], None] | None,
) -> dict[str, Reduced]:
    """Return what is kept of all replications, or of as many as a precision needs.

    Parameters
    ----------
    most : replications. saved : those that an earlier run left. is_reached : tells whether they are enough; None for all.
    told : is told what there is on the way.
    """
    if is_reached is None and told is None:
        return run.all(most)
    if told is not None and not saved and most > FIRST:
        told(run.all(FIRST))
    # What is saved was not precise enough, or it would have ended there.
    done = run.all(min(_first_round(saved), most))
    while run.count < most and not (is_reached is not None and is_reached(done)):
        if told is not None:
            told(done)
        done = run.all(min(2 * run.count, most))
    return done


class _Run:
    """Scenarios that are run with more and more replications, never one twice."""

    def __init__(
        self,
        setups: Mapping[str, Setup],
        *,
        threads: int | None,
        cancel: threading.Event | None,
        progress: Callable[[float], None],
        saved: Saved | None,
    ) -> None:
        self.count = 0
        self._setups, self._threads, self._cancel, self._progress = setups, threads, cancel, progress
        self._kept, self._saved = dict.fromkeys(setups, Kept()), saved

    def all(self, count: int) -> dict[str, Reduced]:
        """Return what is kept of the first ``count`` replications of every scenario."""
        done = {}
        for place, (name, setup) in enumerate(self._setups.items()):
            reporter = _Reporter(self._progress, setup.span.replications, len(self._setups), place, self.count, count)
            done[name] = self._one(name, replace(setup.span, replications=count), progress=reporter.report)
        self.count = count
        if self._saved is not None:
            # Only what an earlier comparison left is forgotten.
            self._saved = replace(self._saved, anew=False)
        return done

    def _one(self, name: str, span: Span, *, progress: Callable[[float], None]) -> Reduced:
        setup = self._setups[name]
        by_account = setup.program.names.accounts.height > 0
        if self._saved is not None:
            return run_from_checkpoint(
                setup.program,
                setup.state,
                span=span,
                checkpoint=self._saved.of(name),
                threads=self._threads,
                cancel=self._cancel,
                progress=progress,
                by_account=by_account,
            )

        def keep(kept: Kept) -> None:
            self._kept[name] = kept

        return run_ensemble(
            setup.program,
            setup.state,
            span=span,
            threads=self._threads,
            cancel=self._cancel,
            progress=progress,
            by_account=by_account,
            earlier=self._kept[name],
            keep=keep,
        )


@dataclass(frozen=True, slots=True)
class _Reporter:
    """Turns the share that one scenario has done of its replications into the share of all work.

    Parameters
    ----------
    progress : is told. most : replications of a scenario at the end. scenarios : how many. place : scenarios that are done with.
    before, count : replications before and after this round.
    """

    progress: Callable[[float], None]
    most: int
    scenarios: int
    place: int
    before: int
    count: int

    def report(self, share: float) -> None:
        own = max(share * self.count, self.before)
        total = self.place * self.count + own + (self.scenarios - self.place - 1) * self.before
        self.progress(min(1.0, total / (self.scenarios * self.most)))


def _first_round(saved: int) -> int:
    """Return how many replications the first round has: as many as that which was stopped, 64 where there was none."""
    count = GROUP
    while count < saved:
        count *= 2
    return count


def _is_reached(precision: Precision, done: Mapping[str, Reduced], *, reference: str, confidence: float) -> bool:
    base: Floats = done[reference].figures
    other = figure_of(base, precision.figure)
    for name, reduced in done.items():
        if name == reference:
            continue
        found = difference(figure_of(reduced.figures, precision.figure), other, confidence=confidence)
        wanted = precision.half_width * (abs(other.value) if precision.is_relative else 1.0)
        if not (math.isfinite(found.half_width) and found.half_width <= wanted):
            return False
    return True
