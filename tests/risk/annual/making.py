"""Threats and prices for tests, without a network."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from chaintwin.laws import parse
from chaintwin.risk.annual.catalogue.threats import Threat
from chaintwin.risk.annual.costing import Costs, Prices, cost_years
from chaintwin.risk.annual.severity import Curve
from chaintwin.risk.annual.years import Outages, draw_outages, years_to_draw
from chaintwin.risk.occurrence import Replications
from chaintwin.risk.stress.scopes import Scope, ScopeKind

AS_LONG = Curve.through([0.0, 1.0], [0.0, 1.0])
"""An outage costs as much as it lasts."""


def place(name: str) -> Scope:
    """Return a site on which one activity hangs."""
    return Scope(ScopeKind.SITE, name, name, np.zeros(1, dtype=np.int64))


def threat(
    name: str,
    rate: float,
    duration: str = "1",
    *,
    sites: Sequence[str] = ("a",),
    hit: Sequence[float] | None = None,
    **more: float,
) -> Threat:
    """Return a threat to some sites."""
    shares = np.ones(len(sites)) if hit is None else np.array(hit, dtype=np.float64)
    return Threat(
        name,
        name,
        tuple(map(place, sites)),
        shares,
        rate,
        parse(duration),
        amplitude=more.get("amplitude", 0.0),
        peak_day=more.get("peak_day", 0.0),
    )


def drawn(threats: Sequence[Threat], years: int, *, seed: int = 7) -> Outages:
    """Return so many years with an event."""
    return draw_outages(threats, Replications(seed, years_to_draw(threats, years)), most=years)


def costed(threats: Sequence[Threat], outages: Outages, *, curve: Curve = AS_LONG, most: float = math.inf) -> Costs:
    """Return what the years cost when every group costs the same."""
    alone = {(str(one.kind), one.id): curve for part in threats for one in part.places}
    prices = Prices(
        (curve,) * len(outages.groups), np.zeros(len(outages.groups), dtype=bool), alone=alone, longest=1e9, most=most
    )
    return cost_years(threats, outages, prices=prices)
