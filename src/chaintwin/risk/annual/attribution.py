"""What each cause, threat and place adds to the loss of a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.risk.annual.catalogue.threats import Threat
from chaintwin.risk.annual.costing import Costs
from chaintwin.risk.annual.measures import Sample, contributions
from chaintwin.risk.annual.years import Outages

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PARTS_MAX = 200
"""Causes, threats or places that are worked out one by one, those with the largest mean; the others are one row together."""

OTHERS = "all others"


@dataclass(frozen=True, slots=True)
class _Parts:
    """One way to take losses apart: which part each amount belongs to, and what people call the parts."""

    by: Sequence[str]
    ids: Sequence[str]
    names: Sequence[str]
    events: Floats
    number: Integers
    year: Integers
    amount: Floats


def attribution(threats: Sequence[Threat], outages: Outages, *, costs: Costs, sample: Sample, level: float) -> pl.DataFrame:
    """Return the contributions of causes, threats and places, one below the other.

    Parameters
    ----------
    threats : the catalogue. outages : years of its events. costs : what they cost.
    sample : the losses of the years. level : of the expected shortfall.

    Returns
    -------
    ``by`` (cause, threat, or the kind of place), ``id``, ``name``, ``rank`` (among causes, threats or places), ``events`` (a
    year; of places those that hit them), and the columns of ``measures.contributions``. Of more than PARTS_MAX parts those with
    the smallest mean are one row.
    """
    causes = list(dict.fromkeys(threat.cause for threat in threats))
    cause_of = np.array([causes.index(threat.cause) for threat in threats], dtype=np.int64)
    rates = np.array([threat.rate_per_year for threat in threats])
    by_cause: Floats = np.bincount(cause_of, weights=rates, minlength=len(causes)).astype(np.float64)
    hit_counts = np.bincount(costs.part_place, minlength=len(costs.places)).astype(np.float64)
    hits: Floats = hit_counts * (outages.event_probability / max(outages.years, 1))
    year_of_part = outages.year[costs.part_event]
    whole = (outages.year, costs.event)
    ways = (
        _Parts(["cause"] * len(causes), causes, causes, by_cause, cause_of[outages.threat], *whole),
        _Parts(
            ["threat"] * len(threats),
            [threat.id for threat in threats],
            [threat.scope for threat in threats],
            rates,
            outages.threat,
            *whole,
        ),
        _Parts(
            [str(place.kind) for place in costs.places],
            [place.id for place in costs.places],
            [place.name for place in costs.places],
            hits,
            costs.part_place,
            year_of_part,
            costs.part,
        ),
    )
    return pl.concat([_ranked(way, sample, level=level) for way in ways])


def _ranked(way: _Parts, sample: Sample, *, level: float) -> pl.DataFrame:
    """Return the contributions of one way to take losses apart, the largest first."""
    years, size = sample.losses.size, len(way.ids)
    means = np.bincount(way.number, weights=way.amount, minlength=size)
    ranked = np.lexsort((np.arange(size), -means))
    chosen = ranked[:PARTS_MAX] if size > PARTS_MAX else ranked
    row_of = np.full(size, chosen.size, dtype=np.int64)
    row_of[chosen] = np.arange(chosen.size)
    rows = chosen.size + (size > chosen.size)
    flat = np.bincount(row_of[way.number] * years + way.year, weights=way.amount, minlength=rows * years).astype(np.float64)
    parts = {str(row): part for row, part in enumerate(flat.reshape(rows, years))}
    found = contributions(sample, parts, level=level)
    at = [int(name) for name in found["name"].to_list()]
    rest = float(way.events.sum() - way.events[chosen].sum())

    def told(values: Sequence[str], other: str) -> list[str]:
        return [values[chosen[row]] if row < chosen.size else other for row in at]

    head = pl.DataFrame(
        {
            "by": told(way.by, "place" if way.by[0] not in ("cause", "threat") else way.by[0]),
            "id": told(way.ids, OTHERS),
            "name": told(way.names, OTHERS),
            "rank": np.arange(1, len(at) + 1),
            "events": np.array([float(way.events[chosen[row]]) if row < chosen.size else rest for row in at]),
        },
        schema={"by": pl.String(), "id": pl.String(), "name": pl.String(), "rank": pl.Int64(), "events": pl.Float64()},
    )
    return pl.concat([head, found.drop("name")], how="horizontal")
