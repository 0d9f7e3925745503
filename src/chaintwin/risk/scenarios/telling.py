"""The story of a scenario: what broke, when it reached whom, what it cost, and what would have helped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from chaintwin.errors import Finding, InputError, UsageError
from chaintwin.network.network import Network, Period
from chaintwin.network.program import Program
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.risk.resilience import ResilienceCurve, resilience_curve
from chaintwin.risk.scenarios.blows import blows_of
from chaintwin.risk.scenarios.library import answered
from chaintwin.risk.scenarios.recording import Recorded, record, stages_of
from chaintwin.risk.steps import Steps
from chaintwin.simulation import prepare_kernels
from chaintwin.simulation.comparing.comparing import BASELINE
from chaintwin.simulation.comparing.comparison import Comparison, comparison_of
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.playing import Reduced, Span
from chaintwin.simulation.simulating import Setup, set_up

Floats = NDArray[np.float64]

TOLERANCE = 0.05
"""Part of the usual performance that may be missing without a stock point counting as reached."""

WINDOWS = {Period.HOUR: 24, Period.DAY: 7, Period.WEEK: 1}
"""Periods that flows are averaged over, because goods move in batches; as many in a row make a recovery."""

DUST = 1e-9
"""A flow below this part of its largest is rounding."""

FOLLOWED = 64
"""Replications that are followed period by period."""

STAGE_SCHEMA = {
    "scenario": pl.String,
    "stage": pl.Int64,
    "points": pl.Int64,
    "reached": pl.Int64,
    "onset": pl.Int64,
    "depth": pl.Float64,
    "time_to_recover": pl.Int64,
    "lost_periods": pl.Float64,
    "order_swing": pl.Float64,
}
POINT_SCHEMA = {
    "scenario": pl.String,
    "stage": pl.Int64,
    "site_id": pl.String,
    "product_id": pl.String,
    "onset": pl.Int64,
    "depth": pl.Float64,
    "time_to_recover": pl.Int64,
    "lost_periods": pl.Float64,
    "missed_value": pl.Float64,
}
CURVE_SCHEMA = {
    "scenario": pl.String,
    "stage": pl.Int64,
    "period": pl.Int64,
    "usual": pl.Float64,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Tale:
    """What scenarios do to a network; every table has the scenario in its first column.

    Parameters
    ----------
    scenarios : by name; those with a response are named after both.
    blows : what struck: ``disruption``, ``cause``, ``where``, ``begins``, ``lasts`` (days), and how many ``sites``, ``flows``
        (lanes, sources and production of a product), ``stock_points`` and ``streams`` it is on; ``cascade_index`` (share of all
        flow that goes missing if it never ends and nothing is replaced) and ``sales_cut`` (the same of sales); null where it
        does nothing to capacity.
    curves : ``stage`` (1 sells to customers), ``period``, value of what was passed on, money a period, mean of the last
        ``WINDOWS`` periods: ``usual``, and with the scenario ``value``, with its interval ``low`` to ``high``.
    stages : how many ``points`` (stock points) a stage has and how many were ``reached``, ``onset`` (period), ``depth`` (0 to 1),
        ``time_to_recover`` (periods; null: not in the run), ``lost_periods`` (loss area), ``order_swing`` (largest change of
        what the stage orders in a period, over its mean orders).
    points : the same of stock points that were reached; ``missed_value``: money's worth not passed on when it was asked for, a
        period, beyond what is usual.
    comparison : figures against the network as it is; ``helped`` : against the scenario without the response; None without one.
    span, period, currency, confidence, followed : of the run; ``followed`` replications were followed by period.
    """

    scenarios: dict[str, Scenario]
    blows: pl.DataFrame
    curves: pl.DataFrame
    stages: pl.DataFrame
    points: pl.DataFrame
    comparison: Comparison
    helped: dict[str, Comparison]
    span: Span
    period: str
    currency: str
    confidence: float
    followed: int


def tell(
    network: Network,
    scenarios: Sequence[Scenario],
    *,
    responses: Sequence[Scenario] = (),
    periods: int | None = None,
    replications: int = 256,
    seed: int = 0,
    warm_up: int | None = None,
    confidence: float = 0.95,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> Tale:
    """Simulate scenarios and say what they do, on the same random numbers.

    Parameters
    ----------
    network : the project.
    scenarios : at least one, each with a name of its own.
    responses : each is tried with each scenario.
    periods, replications, seed, warm_up, confidence, threads, progress, cancel : as for ``chaintwin.compare``.

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
    >>> late = {"where": {"everywhere": True}, "after": 4, "duration": 28, "effect": {"lead_time": 2}}
    >>> tale = tell(load(Example.BEER_GAME), [Scenario.of("late", disruptions=[late])], replications=2)
    >>> tale.stages.filter(stage=1).select("reached", "onset").row(0)
    (1, 15)

    Source: METHODS 3.5; Bruneau et al. 2003 for the resilience curve.
    """
    pairs = [(scenario, answered(scenario, response), response) for scenario in scenarios for response in responses]
    played = _by_name([*scenarios, *(both for _, both, _ in pairs)], responses)
    run = _Run(network, periods, replications, seed, warm_up, confidence, threads, progress, cancel)
    setups = run.setups(played)
    prepare_kernels()
    usual = setups[BASELINE]
    stage, value = stages_of(usual.program), _values(network, usual.program)
    recorded, reduced = run.all(setups, stage=stage, value=value)
    # What an answer changes for good is usual with it: it is compared with the answer without the scenario.
    calm = {response.name: replace(response, disruptions=()) for response in responses if response.changes}
    alone = {
        name: run.recorded(setup, usual.program, stage=stage, value=value)
        for name, setup in run.setups(calm).items()
        if name != BASELINE
    }
    usually = dict.fromkeys(played, recorded[BASELINE])
    usually |= {both.name: alone[response.name] for _, both, response in pairs if response.changes}
    first, window = usual.span.first + usual.span.warm_up, WINDOWS[network.settings.period]
    told = [_Told(name, usual.program, stage, value, first, window, usually[name], recorded[name]) for name in played]
    helped = {}
    for scenario in scenarios if responses else ():
        names = [scenario.name, *(both.name for one, both, _ in pairs if one is scenario)]
        helped[scenario.name] = run.compared(setups, reduced, names, reference=scenario.name)
    return Tale(
        scenarios=played,
        blows=blows_of(played, setups),
        curves=pl.concat([one.curves(confidence=confidence) for one in told]),
        stages=pl.concat([one.stages() for one in told]),
        points=pl.concat([one.points() for one in told]),
        comparison=run.compared(setups, reduced, list(setups), reference=BASELINE),
        helped=helped,
        span=usual.span,
        period=str(network.settings.period.value),
        currency=network.settings.currency,
        confidence=confidence,
        followed=min(replications, FOLLOWED),
    )


def _by_name(scenarios: Sequence[Scenario], responses: Sequence[Scenario]) -> dict[str, Scenario]:
    """Return scenarios by name; refuse none, and two of one name, responses among them."""
    names = [BASELINE, *(scenario.name for scenario in scenarios), *(response.name for response in responses)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not scenarios:
        found = f"{twice[0]} twice" if twice else "none"
        raise UsageError(f"scenarios: found {found}; allowed: at least one, each with its own name")
    return {scenario.name: scenario for scenario in scenarios}


@dataclass(frozen=True, slots=True)
class _Run:
    """Compiles and plays scenarios of one network on the same random numbers."""

    network: Network
    periods: int | None
    replications: int
    seed: int
    warm_up: int | None
    confidence: float
    threads: int | None
    progress: Callable[[float], None] | None
    cancel: threading.Event | None

    def setups(self, scenarios: dict[str, Scenario]) -> dict[str, Setup]:
        """Return the network as it is and with each scenario, compiled; the findings of all scenarios together."""
        found: dict[str, Setup] = {}
        faults: list[Finding] = []
        for name, scenario in {BASELINE: None, **scenarios}.items():
            try:
                found[name] = set_up(
                    self.network,
                    scenario,
                    periods=self.periods,
                    replications=self.replications,
                    seed=self.seed,
                    warm_up=self.warm_up,
                    state=None,
                    confidence=self.confidence,
                )
            except InputError as error:
                faults += error.findings
        if faults:
            raise InputError(faults)
        return found

    def all(
        self, setups: dict[str, Setup], *, stage: NDArray[np.int64], value: Floats
    ) -> tuple[dict[str, Recorded], dict[str, Reduced]]:
        """Play everything: some replications period by period, and all of them for figures."""
        recorded: dict[str, Recorded] = {}
        reduced: dict[str, Reduced] = {}
        like, steps = setups[BASELINE].program, Steps(self.progress, 2 * len(setups))
        for number, (name, setup) in enumerate(setups.items()):
            step = steps.step(2 * number)
            recorded[name] = self.recorded(setup, like, stage=stage, value=value, progress=step)
            reduced[name] = run_ensemble(
                setup.program,
                setup.state,
                span=setup.span,
                threads=self.threads,
                progress=steps.step(2 * number + 1),
                cancel=self.cancel,
                by_account=setup.program.names.accounts.height > 0,
            )
        return recorded, reduced

    def recorded(
        self,
        setup: Setup,
        like: Program,
        *,
        stage: NDArray[np.int64],
        value: Floats,
        progress: Callable[[float], None] | None = None,
    ) -> Recorded:
        """Play some replications period by period."""
        few = replace(setup, span=replace(setup.span, replications=min(self.replications, FOLLOWED)))
        return record(few, like=like, stage=stage, value=value, progress=progress, cancel=self.cancel)

    def compared(
        self, setups: dict[str, Setup], reduced: dict[str, Reduced], names: Sequence[str], *, reference: str
    ) -> Comparison:
        """Return what ``chaintwin.compare`` would of the same runs."""
        return comparison_of(
            {name: reduced[name].figures for name in names},
            {name: setups[name].result(reduced[name]) for name in names},
            accounts={name: reduced[name].accounts for name in names},
            reference=reference,
            confidence=self.confidence,
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """Reads the tables of one scenario from what was recorded of it and of the network as it is."""

    name: str
    program: Program
    stage: NDArray[np.int64]
    value: Floats
    first: int
    window: int
    usual: Recorded
    struck: Recorded

    def curves(self, *, confidence: float) -> pl.DataFrame:
        """Return what each stage passes on by period."""
        usual, struck = self.usual, self.struck
        periods, stages, count = struck.stage_passed.shape
        level = stdtrit(count - 1, (1 + confidence) / 2) / np.sqrt(count) if count > 1 else np.nan
        parts = []
        for stage in range(stages):
            before, after = (_smooth(one.stage_passed[:, stage], self.window) for one in (usual, struck))
            half = level * after.std(axis=1, ddof=1) if count > 1 else np.full(periods, np.nan)
            mean = after.mean(axis=1)
            parts.append(
                pl.DataFrame(
                    {
                        "scenario": [self.name] * periods,
                        "stage": [stage + 1] * periods,
                        "period": np.arange(self.first, self.first + periods),
                        "usual": before.mean(axis=1),
                        "value": mean,
                        "low": np.maximum(mean - half, 0.0),
                        "high": mean + half,
                    },
                    schema=CURVE_SCHEMA,
                )
            )
        return pl.concat(parts).with_columns(pl.col("low", "high").fill_nan(None)) if parts else pl.DataFrame(schema=CURVE_SCHEMA)

    def stages(self) -> pl.DataFrame:
        """Return what each stage felt."""
        usual, struck = self.usual, self.struck
        points = self.points()
        rows = []
        for stage in range(usual.stage_passed.shape[1]):
            curve = self._curve(struck.stage_passed[:, stage].mean(axis=1), usual.stage_passed[:, stage].mean(axis=1))
            members = self.stage == stage + 1
            before, after = (_smooth(one.ordered[:, members] @ self.value[members], self.window) for one in (usual, struck))
            mean = float(before.mean())
            swing = float(np.abs(after - before).max() / mean) if mean > 0 else None
            reached = points.filter(pl.col("stage") == stage + 1).height
            onset = None if curve.onset is None else self.first + curve.onset
            rows.append(
                (self.name, stage + 1, int(members.sum()), reached, onset, curve.depth, curve.ttr, curve.loss_area, swing)
            )
        return pl.DataFrame(rows, schema=STAGE_SCHEMA, orient="row")

    def points(self) -> pl.DataFrame:
        """Return the stock points that were reached, those that lost most first."""
        usual, struck = self.usual, self.struck
        names = self.program.names.buffers
        missed = (struck.asked - struck.passed) - (usual.asked - usual.passed)
        rows = []
        for point in np.flatnonzero(self.stage > 0).tolist():
            curve = self._curve(struck.passed[:, point], usual.passed[:, point])
            if curve.onset is None:
                continue
            worth = float(max(missed[:, point].mean(), 0.0) * self.value[point])
            site, product = names["site_id"][point], names["product_id"][point]
            onset = self.first + curve.onset
            row = (self.name, int(self.stage[point]), site, product, onset, curve.depth, curve.ttr, curve.loss_area, worth)
            rows.append(row)
        found = pl.DataFrame(rows, schema=POINT_SCHEMA, orient="row")
        return found.sort("missed_value", "stage", "site_id", "product_id", descending=[True, False, False, False])

    def _curve(self, passed: Floats, usual: Floats) -> ResilienceCurve:
        """Return the resilience curve of what was passed on, against what usually is."""
        performance, baseline = (np.maximum(_smooth(values, self.window), 0.0) for values in (passed, usual))
        # What is next to nothing is rounding, and no share of it says anything.
        baseline[baseline <= DUST * baseline.max(initial=0.0)] = 0.0
        return resilience_curve(performance, baseline, tolerance=TOLERANCE, window=min(self.window, performance.size))


def _smooth(values: Floats, window: int) -> Floats:
    """Return the mean of each period and those before it, as many as a window holds."""
    total = np.cumsum(values, axis=0)
    total[window:] = total[window:] - total[:-window].copy()
    many = np.minimum(np.arange(1, values.shape[0] + 1), window)
    found: Floats = total / (many if values.ndim == 1 else many[:, None])
    return found


def _values(network: Network, program: Program) -> Floats:
    """Return what a unit of each stock point is worth, money; 1 where nothing says so."""
    worth = network["products"].select(pl.col("product_id").cast(pl.String), pl.col("value"))
    names = program.names.buffers.join(
        worth.unique("product_id", keep="first"), on="product_id", how="left", maintain_order="left"
    )
    found: Floats = names["value"].cast(pl.Float64).fill_null(1.0).to_numpy()
    return np.where(found > 0, found, 1.0)
