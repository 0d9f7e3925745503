"""The balances of one product in a network: which sensors there are, what they read, and which of them is off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chaintwin.errors import Finding, InputError
from chaintwin.fidelity.reconciliation.mass_balance import Reconciled, Search, find_wrong_sensors, reconcile

OUTSIDE = ""
"""Stands for what lies beyond the network: suppliers, customers, what was made or scrapped."""


@dataclass(frozen=True, slots=True)
class FlowSensor:
    """A measured flow of a product in a span of time.

    Parameters
    ----------
    name : of the sensor. origin, destination : sites, or ``OUTSIDE``. value : in units, NaN where not measured. sd : of it.
    """

    name: str
    origin: str
    destination: str
    value: float
    sd: float


@dataclass(frozen=True, slots=True)
class StockSensor:
    """A stock at the beginning or at the end of the span.

    Parameters
    ----------
    name : of the sensor. site : where. value, sd : as for `FlowSensor`. is_opening : at the beginning rather than the end.
    """

    name: str
    site: str
    value: float
    sd: float
    is_opening: bool = False


@dataclass(frozen=True, slots=True)
class ProductBalance:
    """What the sensors of a product say together.

    Parameters
    ----------
    names : of the sensors, flows first. before : all sensors made to agree. search : those found wrong, and what the others say.
    """

    names: tuple[str, ...]
    before: Reconciled
    search: Search

    @property
    def suspects(self) -> tuple[tuple[str, ...], ...]:
        """Return the names of the sensors found wrong, in groups that cannot be told apart; none where all agree."""
        return tuple(tuple(self.names[place] for place in group) for group in self.search.removed)

    @property
    def values(self) -> dict[str, float]:
        """Return what each sensor should have read, by its name; NaN where nothing fixes it."""
        return dict(zip(self.names, self.search.result.values.tolist(), strict=True))


def balance_product(flows: Sequence[FlowSensor], stocks: Sequence[StockSensor], *, level: float = 0.05) -> ProductBalance:
    """Make flows and stocks of a product agree at every site, with no value below 0, and name the sensors that are off.

    Parameters
    ----------
    flows, stocks : what was measured. A site without a stock sensor at one end is taken as empty there, as hubs are.
    level : as for `find_wrong_sensors`.

    Raises
    ------
    InputError : a name is used twice, a flow leads nowhere, or a standard deviation is not above 0; all faults at once.

    Example
    -------
    >>> flows = [FlowSensor("in", "", "hub", 500.0, 5.0), FlowSensor("out", "hub", "", 470.0, 6.0)]
    >>> found = balance_product(flows, [StockSensor("shelf", "hub", 30.0, 4.0)])
    >>> found.suspects, {name: round(value, 6) for name, value in found.values.items()}
    ((), {'in': 500.0, 'out': 470.0, 'shelf': 30.0})
    """
    _check(flows, stocks)
    sites = sorted(({flow.origin for flow in flows} | {flow.destination for flow in flows}) - {OUTSIDE})
    sites = sorted({*sites, *(stock.site for stock in stocks)})
    row = {site: place for place, site in enumerate(sites)}
    matrix = np.zeros((len(sites), len(flows) + len(stocks)))
    for place, flow in enumerate(flows):
        if flow.destination != OUTSIDE:
            matrix[row[flow.destination], place] += 1.0
        if flow.origin != OUTSIDE:
            matrix[row[flow.origin], place] -= 1.0
    for place, stock in enumerate(stocks, start=len(flows)):
        matrix[row[stock.site], place] += 1.0 if stock.is_opening else -1.0
    sensors: list[FlowSensor | StockSensor] = [*flows, *stocks]
    values = np.array([sensor.value for sensor in sensors])
    sds = np.array([sensor.sd for sensor in sensors])
    before = reconcile(matrix, values, sd=sds, nonnegative=True)
    search = find_wrong_sensors(matrix, values, sd=sds, level=level, nonnegative=True)
    return ProductBalance(tuple(sensor.name for sensor in sensors), before, search)


def _check(flows: Sequence[FlowSensor], stocks: Sequence[StockSensor]) -> None:
    findings = []
    seen: set[str] = set()
    sensors: list[FlowSensor | StockSensor] = [*flows, *stocks]
    for sensor in sensors:
        if sensor.name in seen:
            findings.append(Finding("balance.twice", sensor.name, "each name once", column="name"))
        seen.add(sensor.name)
        if not math.isnan(sensor.value) and not (math.isfinite(sensor.sd) and sensor.sd > 0 and math.isfinite(sensor.value)):
            found = f"{sensor.name}: {sensor.value:g} with sd {sensor.sd:g}"
            fix = "leave the value out (NaN) where it was not measured"
            findings.append(Finding("balance.number", found, "a finite value, and an sd above 0", fix=fix, column="sd"))
    findings += [
        Finding(
            "balance.flow", f"{flow.name} from {flow.origin or 'outside'} to itself", "two ends that differ", column="destination"
        )
        for flow in flows
        if flow.origin == flow.destination
    ]
    if not seen:
        findings.append(Finding("balance.empty", "no sensors", "at least one flow or stock"))
    if findings:
        raise InputError(findings)
