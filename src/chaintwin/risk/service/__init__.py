"""Service and what it costs: perfect orders, service of a stream, cash to cash, carbon, cost to serve."""

from chaintwin.risk.service.bounds import PerfectOrderBounds, perfect_order_bounds
from chaintwin.risk.service.carbon import (
    Emissions,
    Hub,
    Intensity,
    Leg,
    default_intensity,
    distance_between,
    transport_emissions,
)
from chaintwin.risk.service.cash import CashToCash, cash_to_cash
from chaintwin.risk.service.cost_to_serve import COST_DRIVERS, CostToServe, attribute_costs, ledger_of, split_exactly
from chaintwin.risk.service.fifo import Service, measure_service, waiting_shares
from chaintwin.risk.service.perfect_order import RIGHTS, PerfectOrders, judge_orders
from chaintwin.risk.service.rates import Rate

__all__ = [
    "COST_DRIVERS",
    "RIGHTS",
    "CashToCash",
    "CostToServe",
    "Emissions",
    "Hub",
    "Intensity",
    "Leg",
    "PerfectOrderBounds",
    "PerfectOrders",
    "Rate",
    "Service",
    "attribute_costs",
    "cash_to_cash",
    "default_intensity",
    "distance_between",
    "judge_orders",
    "ledger_of",
    "measure_service",
    "perfect_order_bounds",
    "split_exactly",
    "transport_emissions",
    "waiting_shares",
]
