"""How far a twin is to be trusted: everything that was measured of it, overall and by site, lane and stock point."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.fidelity.backcasting.past import Past
from chaintwin.fidelity.backcasting.shelf import CUSTOMERS, ON_HAND, Backcast, scored_of
from chaintwin.fidelity.calibration.fitting import subject_of
from chaintwin.fidelity.calibration.lanes import Lane
from chaintwin.fidelity.calibration.observations import Observations
from chaintwin.fidelity.calibration.parameters import ParameterSet
from chaintwin.fidelity.drift.arrivals import THRESHOLD, Arrival, LaneDrift, arrivals_of, drifts_of
from chaintwin.fidelity.drift.points import PointDrift, point_drifts
from chaintwin.fidelity.reporting.history import LawHistory
from chaintwin.fidelity.scoring.forecasts import ScoredForecast, apart_in_time
from chaintwin.fidelity.scoring.scorecard import OVERALL, Evidence, Scorecard, StateError, make_scorecard
from chaintwin.fidelity.scoring.vector import FidelityVector
from chaintwin.fidelity.versions.looking import Described
from chaintwin.store.interface import Store

Floats = NDArray[np.float64]

NOMINAL = 0.9
"""Probability of the interval whose coverage is judged."""

LATENCY_SHARE = 0.95
"""Share of the events of a site that its latency covers."""

TARGET_SHARE = 0.01
"""An event is timely that is known within this part of a period."""

LEAD_TIME = "lead_time"
"""Measure of lanes."""

PARTS = ("state", "skill", "coverage", "distribution", "timeliness")
"""Parts of the vector."""


@dataclass(frozen=True, slots=True)
class Report:
    """The fidelity of a twin.

    Parameters
    ----------
    card : scores by group. rows : ``kind`` (overall, customers, site, lane, stock point), ``name``, ``score``, the five parts,
        ``forecasts``, ``inside`` (share of them inside their 90 % interval); the worst of each kind first.
    coverage : ``measure``, ``horizon`` (0 for lead times), ``forecasts``, ``origins``, ``inside``, ``deviation`` (standard error
        over moments).
    pits : by measure, of forecasts that do not overlap. lanes, points : drift, alarms first.
    false_alarms : how many are to be expected at most among all that the detectors saw.
    backcasts : moments that were looked back from. as_known : how many of them with the state that the log knew then.
    counts : of stock, that books were held against.
    until : event time, microseconds. parameters : id of the version in force; empty for those of the tables.
    latency_target : seconds.
    """

    card: Scorecard | None
    rows: pl.DataFrame
    coverage: pl.DataFrame
    pits: Mapping[str, Floats]
    lanes: tuple[LaneDrift, ...]
    points: tuple[PointDrift, ...]
    false_alarms: float
    backcasts: int
    as_known: int
    counts: int
    until: int
    parameters: str
    latency_target: float

    @property
    def overall(self) -> FidelityVector:
        """Return the vector of the whole twin; empty where nothing was measured."""
        return FidelityVector() if self.card is None else self.card.overall


def report_of(
    store: Store,
    described: Described,
    *,
    observations: Observations,
    past: Past,
    backcasts: Sequence[Backcast],
    version: ParameterSet | None,
    until: int,
    seed: int = 0,
) -> Report:
    """Return the fidelity of a twin.

    Parameters
    ----------
    store : the log. described : the network in force. observations, past : of the log up to ``until``.
    backcasts : forecasts of stock that met their truth. version : of parameters in force; None for the tables.
    until : event time, microseconds: now. seed : of the numbers that break ties.

    Source: METHODS 7.4, 7.5.
    """
    calendar = observations.calendar
    points = described.program.names.buffers
    stock = scored_of(backcasts, points=points["buffer_id"].to_list())
    history = LawHistory(store, described, until=until)
    arrivals = arrivals_of(observations.lead_times(until), laws=history.of, calendar=calendar, seed=seed)
    lanes = [one for lane, mine in arrivals.items() for one in _of_lane(lane, mine)]
    target = TARGET_SHARE * calendar.length / 1e6
    evidence = Evidence(
        scored=[*stock, *lanes],
        states=_states(past, points["buffer_id"].to_list()),
        latencies=_latencies(past),
        latency_target=target,
    )
    groups = _Groups(points)
    has_any = bool(evidence.scored or evidence.states or evidence.latencies)
    card = make_scorecard(evidence, seed=seed, groups_of=groups.of, nominal=NOMINAL) if has_any else None
    begun = 0 if version is None else version.made_at
    fresh = [one for one in backcasts if one.made_at >= begun]
    drifts = _lane_drifts(arrivals, history, after=begun)
    off = point_drifts(scored_of(fresh, points=points["buffer_id"].to_list()), measure=ON_HAND)
    seen = sum(one.arrivals for one in drifts) + sum(one.forecasts for one in off)
    apart = apart_in_time([*stock, *lanes])
    return Report(
        card=card,
        rows=_rows(card),
        coverage=_coverage(apart),
        pits={name: np.array([one.pit for one in apart if one.measure == name]) for name in (ON_HAND, LEAD_TIME)},
        lanes=drifts,
        points=tuple(off),
        false_alarms=seen / THRESHOLD,
        backcasts=len(backcasts),
        as_known=sum(one.is_as_known for one in backcasts),
        counts=len(past.counts),
        until=until,
        parameters="" if version is None else version.id,
        latency_target=target,
    )


class _Groups:
    """In which groups a subject counts; names begin with the kind of the group."""

    def __init__(self, points: pl.DataFrame) -> None:
        self._sites = dict(points.select("buffer_id", "site_id").iter_rows())

    def of(self, subject: str) -> Iterable[str]:
        if subject in self._sites:
            return (f"stock point|{subject}", f"site|{self._sites[subject]}")
        return ("customers|",) if subject == CUSTOMERS else (subject,)


def _of_lane(lane: Lane, mine: Sequence[Arrival]) -> list[ScoredForecast]:
    return [
        ScoredForecast(f"lane|{subject_of(lane)}", LEAD_TIME, number, 0, one.pit, one.crps, one.reference)
        for number, one in enumerate(mine)
    ]


def _states(past: Past, points: Sequence[str]) -> dict[str, StateError]:
    """Return how far books were from counts before these were applied, against the mean stock."""
    index = {name: place for place, name in enumerate(points)}
    by_point: dict[str, list[tuple[float, float]]] = {}
    for one in past.counts:
        by_point.setdefault(one.stock_point, []).append((abs(one.book - one.counted), abs(one.counted)))
    found = {}
    for name, rows in by_point.items():
        errors, sizes = (math.fsum(column) / len(rows) for column in zip(*rows, strict=True))
        mean = float(np.abs(past.stock[:, index[name]]).mean()) if past.stock.shape[0] else 0.0
        found[name] = StateError(errors, mean or sizes, len(rows))
    return found


def _latencies(past: Past) -> dict[str, float]:
    """Return how late each site is heard of, seconds; nothing where the log was taken in after all was over."""
    if not past.known.size or past.late[-1] > past.known[-1] / 2:
        return {}
    return {f"site|{site}": float(np.quantile(values, LATENCY_SHARE)) for site, values in past.latencies.items()}


def _lane_drifts(arrivals: Mapping[Lane, Sequence[Arrival]], history: LawHistory, *, after: int) -> tuple[LaneDrift, ...]:
    # What the parameters in force were fitted to is no test of them.
    fresh = [[one for one in mine if one.ended_at > after] for mine in arrivals.values()]
    return tuple(drifts_of([mine for mine in fresh if mine], law_of=history.now.of))


def _rows(card: Scorecard | None) -> pl.DataFrame:
    schema = pl.Schema(
        {
            "kind": pl.String(),
            "name": pl.String(),
            "score": pl.Float64(),
            **dict.fromkeys(PARTS, pl.Float64()),
            "forecasts": pl.Int64(),
            "inside": pl.Float64(),
        }
    )
    rows = []
    for group, vector in () if card is None else card.vectors.items():
        kind, _, name = group.partition("|")
        scores = None if card is None else card.scores.get(group)
        rows.append(
            {
                "kind": "overall" if group == OVERALL else kind,
                "name": name,
                "score": vector.score,
                **{part: getattr(vector, part) for part in PARTS},
                "forecasts": 0 if scores is None else scores.size,
                "inside": None if scores is None else scores.coverage.share,
            }
        )
    order = {"overall": 0, "customers": 1, "site": 2, "lane": 3, "stock point": 4}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    rank = pl.col("kind").replace_strict(order, default=9, return_dtype=pl.Int64)
    return frame.sort(rank, "score", "name", maintain_order=True)


def _coverage(apart: Sequence[ScoredForecast]) -> pl.DataFrame:
    schema = pl.Schema({"measure": pl.String(), "horizon": pl.Int64(), "origin": pl.Int64(), "is_inside": pl.Boolean()})
    tail = (1 - NOMINAL) / 2
    frame = pl.DataFrame(
        {
            "measure": [one.measure for one in apart],
            "horizon": [one.horizon for one in apart],
            "origin": [one.origin for one in apart],
            "is_inside": [tail - 1e-12 <= one.pit <= 1 - tail + 1e-12 for one in apart],
        },
        schema=schema,
    )
    by_origin = frame.group_by("measure", "horizon", "origin").agg(size=pl.len(), share=pl.col("is_inside").mean())
    # Forecasts of one moment share what happens, so the moments are what varies independently.
    return (
        by_origin.group_by("measure", "horizon")
        .agg(
            forecasts=pl.col("size").sum(),
            origins=pl.len(),
            inside=(pl.col("share") * pl.col("size")).sum() / pl.col("size").sum(),
            deviation=pl.col("share").std() / pl.len().sqrt(),
        )
        .sort("measure", "horizon")
    )
