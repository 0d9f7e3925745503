"""The likely state behind records that disagree or are missing: by counts, by balances, by the other events of a movement."""

from chaintwin.fidelity.reconciliation.kalman import Shrinkage, StockBelief, StockPath, book, count, fit_shrinkage, follow
from chaintwin.fidelity.reconciliation.mass_balance import Reconciled, Search, find_wrong_sensors, reconcile
from chaintwin.fidelity.reconciliation.particles import ParticlePath, assimilate, follow_particles
from chaintwin.fidelity.reconciliation.product_balance import FlowSensor, ProductBalance, StockSensor, balance_product
from chaintwin.fidelity.reconciliation.stock_estimates import StockHistory, follow_stock
from chaintwin.fidelity.reconciliation.witnesses import Opening, PeriodBook, Reason, WitnessedStock

__all__ = [
    "FlowSensor",
    "Opening",
    "ParticlePath",
    "PeriodBook",
    "ProductBalance",
    "Reason",
    "Reconciled",
    "Search",
    "Shrinkage",
    "StockBelief",
    "StockHistory",
    "StockPath",
    "StockSensor",
    "WitnessedStock",
    "assimilate",
    "balance_product",
    "book",
    "count",
    "find_wrong_sensors",
    "fit_shrinkage",
    "follow",
    "follow_particles",
    "follow_stock",
    "reconcile",
]
