"""The likely state behind records that disagree: one stock by its counts, a network of one product by its balances."""

from chaintwin.fidelity.reconciliation.kalman import Shrinkage, StockBelief, StockPath, book, count, fit_shrinkage, follow
from chaintwin.fidelity.reconciliation.mass_balance import Reconciled, Search, find_wrong_sensors, reconcile
from chaintwin.fidelity.reconciliation.particles import ParticlePath, assimilate, follow_particles
from chaintwin.fidelity.reconciliation.product_balance import FlowSensor, ProductBalance, StockSensor, balance_product

__all__ = [
    "FlowSensor",
    "ParticlePath",
    "ProductBalance",
    "Reconciled",
    "Search",
    "Shrinkage",
    "StockBelief",
    "StockPath",
    "StockSensor",
    "assimilate",
    "balance_product",
    "book",
    "count",
    "find_wrong_sensors",
    "fit_shrinkage",
    "follow",
    "follow_particles",
    "reconcile",
]
