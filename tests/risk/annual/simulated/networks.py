"""Networks by hand whose years can be worked out, and the loss of a year by plain runs of scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaintwin import Scenario, simulate
from chaintwin.network.lowering.lower import lower_in_full
from chaintwin.network.network import Network, Settings
from chaintwin.risk.annual.catalogue.places import Places
from chaintwin.risk.annual.simulated.striking import Cut, Strike
from chaintwin.risk.stress.programmes.flows import Measure
from tests.network.building import network_of

STOCK, DEMAND, PRICE, COST = 50.0, 10.0, 5.0, 3.0
"""Of ``corner_shop``."""


def corner_shop() -> Network:
    """Return a shop that asks 10 a day of a supplier who delivers at once, and loses who finds nothing; holding costs nothing."""
    return network_of(
        {
            "products": [{"product_id": "bread", "value": COST}],
            "sites": [{"site_id": "shop", "kind": "store"}],
            "partners": [{"partner_id": "mill"}],
            "sources": [
                {"site_id": "shop", "product_id": "bread", "kind": "buy", "partner": "mill", "lead_time": "0", "cost": COST}
            ],
            "stock_points": [
                {"site_id": "shop", "product_id": "bread", "policy": "base_stock", "base_stock": STOCK, "initial_stock": STOCK}
                | {"holding_cost": 0.0}
            ],
            "demand": [
                {"stream_id": "people", "site_id": "shop", "product_id": "bread", "quantity": str(DEMAND), "price": PRICE}
                | {"lost_fraction": 1.0}
            ],
        },
        Settings(warm_up=0, horizon=365),
    )


def chain(*, lead: str = "3", quantity: str = "poisson(10)") -> Network:
    """Return a plant that sends to a store with a lead time; half of who finds nothing goes, the others wait."""
    return network_of(
        {
            "products": [{"product_id": "soap", "value": COST}],
            "sites": [{"site_id": "plant", "kind": "plant"}, {"site_id": "store", "kind": "store"}],
            "partners": [{"partner_id": "tallow"}],
            "lanes": [{"lane_id": "road", "from_site": "plant", "to_site": "store", "lead_time": lead}],
            "sources": [
                {"site_id": "plant", "product_id": "soap", "kind": "buy", "partner": "tallow", "lead_time": "2", "cost": COST}
            ],
            "stock_points": [
                {"site_id": "plant", "product_id": "soap", "policy": "base_stock", "base_stock": 40.0, "initial_stock": 40.0},
                {"site_id": "store", "product_id": "soap", "policy": "base_stock", "base_stock": 60.0, "initial_stock": 30.0},
            ],
            "demand": [
                {"stream_id": "people", "site_id": "store", "product_id": "soap", "quantity": quantity, "price": PRICE}
                | {"lost_fraction": 0.5}
            ],
        },
        Settings(warm_up=20, horizon=365),
    )


def strike(network: Network, kind: str, name: str, *, onset: float, length: float, share: float = 1.0) -> Strike:
    """Return the outage of a place."""
    place = Places.of(network, lower_in_full(network)).single[kind, name]
    return Strike(Cut.of([place.activities], share=share), onset, length)


def plain_losses(
    network: Network,
    outages: Sequence[Mapping[str, Any]],
    *,
    periods: int,
    measure: Measure,
    replications: int,
    seed: int,
) -> NDArray[np.float64]:
    """Return Floats[replications]: the loss of outages by two plain runs; the margin without what is in stock at the end."""
    scenario = Scenario.of("out", disruptions=list(outages))
    found = []
    for played in (None, scenario):
        run = simulate(network, scenario=played, periods=periods, replications=replications, seed=seed)
        figures = run.figures
        spent = figures["total_cost"] - figures["lost_sales_cost"]
        name = {Measure.UNITS: "shipped", Measure.SALES: "revenue"}.get(measure)
        found.append(periods * (figures[name] if name else figures["revenue"] - spent))
    return np.asarray(found[0] - found[1])
