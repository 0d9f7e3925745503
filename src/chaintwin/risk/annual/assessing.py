"""The loss of a year from all threats to a network (METHODS 3.2, 3.6, 3.7, 3.11)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_level, check_whole, refusal
from chaintwin.network.compiling import compile_graph
from chaintwin.network.lowering.lower import lower_in_full
from chaintwin.network.network import Network
from chaintwin.network.state import State, initial_state
from chaintwin.risk.annual.attribution import attribution
from chaintwin.risk.annual.catalogue.collecting import Catalogue, catalogue_of
from chaintwin.risk.annual.catalogue.places import Places
from chaintwin.risk.annual.catalogue.reading import ThreatFile, read_threats
from chaintwin.risk.annual.catalogue.threats import Threat
from chaintwin.risk.annual.costing import Costs, cost_years
from chaintwin.risk.annual.measures import Estimate, Sample
from chaintwin.risk.annual.pricing import price_outages
from chaintwin.risk.annual.simulated.choosing import LEAST
from chaintwin.risk.annual.simulated.playing import check_undisrupted
from chaintwin.risk.annual.simulated.simulating import SimulatedLoss, simulate_years
from chaintwin.risk.annual.years import Outages, draw_outages, years_to_draw
from chaintwin.risk.occurrence import Replications
from chaintwin.risk.stress.programmes.flows import Measure, flows_of

Floats = NDArray[np.float64]

YEARS = 10_000
LEVELS = (0.9, 0.95, 0.99)
SEED = 1

DRAWING, PRICING = 0.15, 0.8
"""Parts of the time that drawing years and pricing outages take, about."""

BEFORE = 0.2
"""Part of the time that all of this takes where years are simulated."""


@dataclass(frozen=True, slots=True)
class AnnualLoss:
    """What was found.

    Parameters
    ----------
    mean : expected loss of a year. any_loss : probability of a year with a loss.
    mean_low : expected loss by the lower curves of cost: the programme solved for each event gives a mean from there to ``mean``.
    levels : ``level``, ``return_period`` (years), ``value_at_risk`` and ``expected_shortfall``, each with ``_low`` and ``_high``.
    curve : the exceedance curve, ``loss``, ``probability`` (of a year that loses more), ``low``, ``high``, ``return_period``.
    contributions : as of ``attribution``, at ``level``. Causes add up to the whole, so do threats, and so do places of all kinds
        together.
    level : of the contributions, the middle one of ``levels``.
    threats : the catalogue: ``threat_id``, ``cause``, ``scope``, ``places``, ``rate_per_year`` with its interval, prior and
        counts where it comes from some, ``duration``, ``severity_rate``, ``vulnerability``, ``amplitude``, ``peak_day``,
        ``origin``.
    years : that have an event and were kept. drawn : years drawn for them in all. seed, confidence : of the simulation and of all
        intervals.
    event_probability : of a year with an event. events : expected number a year.
    variance_reduction : how many times as many years crude sampling would take for the same error of the mean.
    overlapping, bounded, cut, capped : as in ``Costs``.
    idle, expired : hazards and threats that touch nothing, or are not in force.
    measure, currency, period : what is measured, its unit unless that is units, and the unit of durations.
    simulated : what years say that were played by the rules of the network; None where none were.
    """

    mean: Estimate
    any_loss: Estimate
    mean_low: float
    levels: pl.DataFrame
    curve: pl.DataFrame
    contributions: pl.DataFrame
    level: float
    threats: pl.DataFrame
    years: int
    drawn: int
    seed: int
    confidence: float
    event_probability: float
    events: float
    variance_reduction: float
    overlapping: float
    bounded: float
    cut: float
    capped: float
    idle: tuple[str, ...]
    expired: tuple[str, ...]
    measure: Measure
    currency: str
    period: str
    simulated: SimulatedLoss | None = None

    @property
    def unit(self) -> str:
        """Unit of losses."""
        return "units" if self.measure is Measure.UNITS else self.currency


def annual_loss(
    network: Network,
    *,
    years: int = YEARS,
    seed: int = SEED,
    confidence: float = 0.95,
    levels: Sequence[float] = LEVELS,
    threats: Path | str | None = None,
    vulnerability: float = 1.0,
    own_rate: float | None = None,
    measure: Measure | str = Measure.MARGIN,
    simulated: int = 0,
    state: State | None = None,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> AnnualLoss:
    """Return what a year of disruptions costs a network.

    Parameters
    ----------
    network : tables without errors.
    years : simulated years with an event, 2 or more. seed : of all random numbers.
    confidence : of all intervals. levels : of value at risk and expected shortfall, each between 0 and 1.
    threats : file of further threats, as for ``read_threats``.
    vulnerability, own_rate : as for ``catalogue_of``.
    measure : what a unit not served costs. state : where every outage begins; by default as the project starts.
    simulated : how many of the years are played by the rules of the network too, 40 or more; 0 plays none.
    threads : that solve at once. progress : is told the part done, 0 to 1. cancel : stops when it is set.

    Raises
    ------
    InputError
        The file of threats has faults.
    UsageError
        A number is out of range, there are no threats, or years shall be played of a network with disruptions.
    CancelledError
        It was cancelled.

    Source: McNeil, Frey & Embrechts 2015, "Quantitative risk management", section 13.2 (compound annual losses); Simchi-Levi et
    al. 2015 (what an outage costs).
    """
    for level in levels or [0.0]:
        check_level("levels", level)
    check_level("confidence", confidence)
    if simulated:
        _check_simulated(network, simulated)
    lowered = lower_in_full(network)
    program = compile_graph(lowered.graph)
    places = Places.of(network, lowered)
    file = ThreatFile() if threats is None else read_threats(threats, places, confidence=confidence, folder=network.folder)
    catalogue = _catalogue(network, places, vulnerability=vulnerability, own_rate=own_rate, file=file)
    report, before = progress or (lambda _: None), BEFORE if simulated else 1.0

    def told(share: float) -> None:
        report(before * share)

    replications = Replications(seed, years_to_draw(catalogue.threats, years))
    outages = draw_outages(catalogue.threats, replications, most=years, progress=lambda share: told(DRAWING * share))
    flows = flows_of(program, state or initial_state(program), measure=Measure(measure))
    year = network.settings.period.per_year
    prices = price_outages(
        flows,
        catalogue.threats,
        outages=outages,
        longest=year,
        threads=threads,
        progress=lambda share: told(DRAWING + PRICING * share),
        cancel=cancel,
    )
    prices = replace(prices, most=float(flows.margin @ flows.rate) * year)
    costs = cost_years(catalogue.threats, outages, prices=prices, period_days=network.settings.period.hours / 24)
    found = _measured(catalogue, outages, costs, seed=seed, confidence=confidence, levels=levels)
    if simulated:
        played = simulate_years(
            network,
            catalogue.threats,
            outages=outages,
            costs=costs,
            count=simulated,
            measure=Measure(measure),
            levels=found.levels["level"].to_list(),
            confidence=confidence,
            seed=seed,
            longest=year,
            state=state,
            threads=threads,
            progress=lambda share: report(BEFORE + (1 - BEFORE) * share),
            cancel=cancel,
        )
        found = replace(found, simulated=played)
    report(1.0)
    settings = network.settings
    return replace(found, measure=Measure(measure), currency=settings.currency, period=str(settings.period))


def read_levels(text: str) -> tuple[float, ...]:
    """Return the levels that a text lists with commas.

    Raises
    ------
    UsageError
        A level is no number between 0 and 1.

    Example
    -------
    >>> read_levels("0.9, 0.99")
    (0.9, 0.99)
    """
    found = []
    for part in text.split(","):
        try:
            found.append(check_level("levels", float(part)))
        except ValueError:
            raise refusal("levels", part.strip(), allowed="numbers between 0 and 1, with commas", fix="write 0.9,0.99") from None
    return tuple(found)


def _check_simulated(network: Network, simulated: int) -> None:
    """Refuse before years are drawn what cannot be played."""
    if check_whole("simulated", simulated) < LEAST:
        allowed = f"0, or {LEAST} or more"
        raise refusal("simulated", simulated, allowed=allowed, fix="play 200, which take minutes at most; 0 plays none")
    check_undisrupted(network)


def _catalogue(network: Network, places: Places, *, vulnerability: float, own_rate: float | None, file: ThreatFile) -> Catalogue:
    """Return the threats, of which there must be one."""
    found = catalogue_of(
        network,
        places,
        vulnerability=vulnerability,
        own_rate=own_rate,
        more=file.threats,
        holds_for_each=file.holds_for_each,
    )
    if not found.threats:
        raise UsageError(
            "annual loss: found no threats; allowed: at least one; fix: fill the table hazards, or write a file of threats"
        )
    return found


def _measured(
    catalogue: Catalogue, outages: Outages, costs: Costs, *, seed: int, confidence: float, levels: Sequence[float]
) -> AnnualLoss:
    sample = Sample(costs.losses, outages.event_probability, confidence)
    ordered = sorted(set(levels))
    level = ordered[len(ordered) // 2]
    return AnnualLoss(
        mean=sample.mean(),
        any_loss=sample.any_loss(),
        mean_low=replace(sample, losses=costs.low_losses).mean().value,
        levels=_levels(sample, ordered),
        curve=sample.curve(),
        contributions=attribution(catalogue.threats, outages, costs=costs, sample=sample, level=level),
        level=level,
        threats=_threats(catalogue.threats),
        years=outages.years,
        drawn=int(outages.kept[-1]) + 1 if outages.years else 0,
        seed=seed,
        confidence=confidence,
        event_probability=outages.event_probability,
        events=outages.events,
        variance_reduction=sample.variance_reduction(),
        overlapping=costs.overlapping,
        bounded=costs.bounded,
        cut=costs.cut,
        capped=costs.capped,
        idle=catalogue.idle,
        expired=catalogue.expired,
        measure=Measure.MARGIN,
        currency="",
        period="",
    )


def _levels(sample: Sample, levels: Sequence[float]) -> pl.DataFrame:
    rows = []
    for level in levels:
        row = {"level": level, "return_period": round(1 / (1 - level), 6)}
        for name, found in (
            ("value_at_risk", sample.value_at_risk(level)),
            ("expected_shortfall", sample.expected_shortfall(level)),
        ):
            row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
        rows.append(row)
    return pl.DataFrame(rows)


def _threats(threats: Sequence[Threat]) -> pl.DataFrame:
    """Return the catalogue as a table; a rate from counts beside what it stands on."""
    rows = []
    for threat in threats:
        known = threat.estimate
        rows.append(
            {
                "threat_id": threat.id,
                "cause": threat.cause,
                "scope": threat.scope,
                "places": len(threat.places),
                "rate_per_year": threat.rate_per_year,
                "rate_low": None if known is None else known.interval[0],
                "rate_high": None if known is None else known.interval[1],
                "prior_events": None if known is None else known.prior.shape,
                "prior_years": None if known is None else known.prior.exposure_years,
                "counted_events": None if known is None else known.events,
                "counted_years": None if known is None else known.exposure_years,
                "duration": str(threat.duration),
                "severity_rate": threat.severity_rate,
                "vulnerability": float(threat.vulnerabilities.mean()),
                "amplitude": threat.amplitude,
                "peak_day": threat.peak_day,
                "origin": str(threat.origin),
            }
        )
    numbers = ("rate_per_year", "rate_low", "rate_high", "prior_events", "prior_years", "counted_years")
    return pl.DataFrame(rows, schema_overrides=dict.fromkeys(numbers, pl.Float64) | {"counted_events": pl.Int64})
