"""The loss of a year by simulation: some of the drawn years are played, and what they say of all (METHODS 3.7)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.laws.checking import check_whole
from chaintwin.network.network import Network
from chaintwin.network.state import State
from chaintwin.risk.annual.catalogue.threats import YEAR_DAYS, Threat
from chaintwin.risk.annual.costing import Costs
from chaintwin.risk.annual.measures import Estimate
from chaintwin.risk.annual.simulated.choosing import LEAST, choose_years
from chaintwin.risk.annual.simulated.estimating import TwoPhase
from chaintwin.risk.annual.simulated.playing import Stage, Year
from chaintwin.risk.annual.simulated.singles import Events, single_losses
from chaintwin.risk.annual.simulated.striking import Cut, Strike
from chaintwin.risk.annual.years import Outages
from chaintwin.risk.occurrence import Replications
from chaintwin.risk.occurrence.draws import uniform_rows
from chaintwin.risk.steps import Steps
from chaintwin.risk.stress.programmes.flows import Measure

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

REPLICATIONS = 2
"""How often each year is played."""

MEASURES = tuple(f"{name}{end}" for name in ("value_at_risk", "expected_shortfall") for end in ("", "_low", "_high"))
UNTOLD = MEASURES[1:]
"""Columns of a level, and those that are null where too few years tell of the tail."""

BEYOND = 10.0
"""Fewest years that add alike that tell how the tail beyond a level is; below, nothing is said but where it begins."""


@dataclass(frozen=True, slots=True)
class SimulatedLoss:
    """What simulation says of the loss of a year.

    Parameters
    ----------
    mean : expected loss of a year. ratio : of it to that by the programme; NaN where that is 0.
    levels : ``level``, ``return_period`` (years), ``value_at_risk`` and ``expected_shortfall``, each with ``_low`` and ``_high``;
        ``beyond``, how many played years that add alike would tell as much of the tail; null where that begins at 0 or below.
        With less than ``BEYOND`` of them the expected shortfall and all ends of intervals are null.
    curve : the exceedance curve, as of ``AnnualLoss``.
    strata : how many years were played, as of ``TwoPhase.strata``.
    played : ``year`` (number among those drawn), ``weight`` (part of all years with an event it stands for), ``programme``,
        ``about`` (the sum of what its outages cost when they are played alone), ``simulated``.
    years, replications : how many were played, and how often each. outages : played alone before that.
    noise : part of the spread between years that is only chance within them; NaN with one replication.
    late : part of the mean loss that was added in the last 30 days that were played: what was perhaps not followed to its end.
    unseen : part of the mean loss that is of years which cost nothing by the programme.
    """

    mean: Estimate
    ratio: float
    levels: pl.DataFrame
    curve: pl.DataFrame
    strata: pl.DataFrame
    played: pl.DataFrame
    years: int
    replications: int
    outages: int
    noise: float
    late: float
    unseen: float


def simulate_years(
    network: Network,
    threats: Sequence[Threat],
    *,
    outages: Outages,
    costs: Costs,
    count: int,
    measure: Measure,
    levels: Sequence[float],
    confidence: float,
    seed: int,
    longest: float,
    replications: int = REPLICATIONS,
    state: State | None = None,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> SimulatedLoss:
    """Play some years by the rules of the network and return what they say of the loss of a year.

    Parameters
    ----------
    network : tables without errors. threats : the catalogue. outages : years of its events.
    costs : of the years by the programme.
    count : how many years are played, 40 or more.
    measure : what is lost. levels : of value at risk and expected shortfall. confidence : of all intervals.
    seed : of all random numbers. longest : periods after which an outage is over in any case.
    replications : how often each year is played.
    state : where every year begins; by default as the project starts, after its warm-up.
    threads : that play at once; never changes the result. progress : is told the part done. cancel : stops when it is set.

    Raises
    ------
    UsageError
        A number is out of range, or the network has disruptions.
    CancelledError
        It was cancelled.

    Source: Neyman 1938, "Contribution to the theory of sampling human populations"; Cochran 1977, "Sampling techniques", chapter
    12; Deville & Särndal 1992 (calibration); Glasserman 2003, "Monte Carlo methods in financial engineering", 4.1 and 4.3.
    """
    check_whole("simulated years", count, low=LEAST)
    is_hit = np.bincount(outages.year, minlength=outages.years) > 0
    steps = Steps(progress, 2)
    stage = Stage(network, measure=measure, replications=replications, seed=seed, state=state)
    events = _events(threats, outages, costs.event, longest=longest)
    about, singles = single_losses(
        stage, events, years=outages.years, most=count, first=count, progress=steps.step(0), threads=threads, cancel=cancel
    )
    uniforms = next(uniform_rows(Replications(seed, int(outages.kept.max(initial=0)) + 1), "simulated_year", entity=""))
    chosen = choose_years(about, is_hit, uniforms=uniforms[outages.kept], count=count)
    strikes = strikes_of(events, outages, years=chosen.years, network=network, begin=stage.begin)
    played = stage.play(_numbered(strikes, stage), threads=threads, progress=steps.step(1), cancel=cancel)
    sample = TwoPhase(chosen, about[chosen.years], played.losses, outages.event_probability, confidence)
    known = outages.event_probability * float(costs.losses.mean()) if outages.years else 0.0
    mean, weights = sample.mean(), sample.weights if chosen.years.size else np.zeros(0)
    whole = float(weights @ sample.values) if chosen.years.size else 0.0
    late = float(weights @ played.late.mean(axis=1)) if chosen.years.size else 0.0
    programme = costs.losses[chosen.years]
    unseen = float(weights[programme <= 0] @ sample.values[programme <= 0]) if chosen.years.size else 0.0
    return SimulatedLoss(
        mean=mean,
        ratio=mean.value / known if known > 0 else float("nan"),
        levels=_levels(sample, levels),
        curve=sample.curve(),
        strata=sample.strata(),
        played=pl.DataFrame(
            {
                "year": outages.kept[chosen.years],
                "weight": weights,
                "programme": programme,
                "about": sample.known,
                "simulated": sample.values if chosen.years.size else np.zeros(0),
            }
        ),
        years=int(chosen.years.size),
        replications=replications,
        outages=singles,
        noise=sample.noise() if chosen.years.size else 0.0,
        late=late / whole if whole > 0 else 0.0,
        unseen=unseen / whole if whole > 0 else 0.0,
    )


def strikes_of(events: Events, outages: Outages, *, years: Integers, network: Network, begin: int) -> list[tuple[Strike, ...]]:
    """Return the outages of some years, by when they begin.

    The year that is played begins in period ``begin`` of the project, which need not be the first of January. Days are those of
    the calendar, so that seasons of threats and of demand meet: what happens before that day happens at the end of the year.

    Parameters
    ----------
    events : the outages. outages : when they begin. years : which are wanted.
    network : whose calendar it is. begin : first period.
    """
    period_days = network.settings.period.hours / 24
    day = (network.settings.start + timedelta(days=begin * period_days)).timetuple().tm_yday - 1
    since = ((outages.time - day) % YEAR_DAYS) / period_days
    found = []
    for year in years.tolist():
        first, last = np.searchsorted(events.year, [year, year + 1]).tolist()
        strikes = [
            Strike(events.cuts[int(events.cut[event])], float(since[event]), float(events.duration[event]))
            for event in range(first, last)
        ]
        found.append(tuple(sorted(strikes, key=lambda strike: (strike.onset, strike.length))))
    return found


def _events(threats: Sequence[Threat], outages: Outages, costs: Floats, *, longest: float) -> Events:
    """Return the outages of all years; what is out together and as far is one cut, whatever the threat."""
    cuts: dict[Cut, int] = {}
    of_group = np.zeros(len(outages.groups), dtype=np.int64)
    for group, (threat, members) in enumerate(outages.groups):
        hit = [threats[threat].places[member].activities for member in members]
        of_group[group] = cuts.setdefault(Cut.of(hit, share=threats[threat].severity_rate), len(cuts))
    duration = np.minimum(outages.duration, longest)
    return Events(outages.year, of_group[outages.group] if outages.group.size else outages.group, duration, costs, tuple(cuts))


def _numbered(strikes: Sequence[tuple[Strike, ...]], stage: Stage) -> list[Year]:
    """Return years, those that are followed equally long with neighboring numbers, so that they are played together."""
    horizons = [stage.horizon(Year(0, part, stage.year)) for part in strikes]
    order = sorted(range(len(strikes)), key=lambda place: (horizons[place], place))
    number = {place: rank for rank, place in enumerate(order)}
    return [Year(number[place], part, stage.year) for place, part in enumerate(strikes)]


def _levels(sample: TwoPhase, levels: Sequence[float]) -> pl.DataFrame:
    rows = []
    for level in levels:
        beyond = sample.beyond(level)
        row: dict[str, float | None] = {"level": level, "return_period": round(1 / (1 - level), 6), "beyond": beyond}
        for name, found in (
            ("value_at_risk", sample.value_at_risk(level)),
            ("expected_shortfall", sample.expected_shortfall(level)),
        ):
            row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
        if beyond is not None and beyond < BEYOND:
            row |= dict.fromkeys(UNTOLD)
        rows.append(row)
    return pl.DataFrame(rows, schema=dict.fromkeys(("level", "return_period", "beyond", *MEASURES), pl.Float64()))
