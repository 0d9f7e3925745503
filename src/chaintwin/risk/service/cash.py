"""Cash to cash: for how many days money is tied up between paying suppliers and being paid."""

from __future__ import annotations

from dataclasses import dataclass

from chaintwin.laws.checking import check_number


@dataclass(frozen=True, slots=True)
class CashToCash:
    """Days that money is tied up.

    Parameters
    ----------
    inventory_days, receivable_days, payable_days : DIO, DSO, DPO; 0 or more.
    """

    inventory_days: float
    receivable_days: float
    payable_days: float

    @property
    def days(self) -> float:
        """Inventory and receivable days less payable days; below 0 where suppliers pay for the business."""
        return self.inventory_days + self.receivable_days - self.payable_days


def cash_to_cash(
    *,
    inventory_value: float,
    cost_of_goods_per_day: float,
    receivable: float,
    revenue_per_day: float,
    payable: float,
    purchases_per_day: float,
) -> CashToCash:
    """Return the cash-to-cash cycle.

    Parameters
    ----------
    inventory_value, receivable, payable : mean balances, money, 0 or more.
    cost_of_goods_per_day, revenue_per_day, purchases_per_day : flows that turn them over, money a day, more than 0.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> cycle = cash_to_cash(
    ...     inventory_value=900, cost_of_goods_per_day=20, receivable=1200, revenue_per_day=30, payable=800, purchases_per_day=16
    ... )
    >>> cycle.inventory_days, cycle.receivable_days, cycle.payable_days, cycle.days
    (45.0, 40.0, 50.0, 35.0)

    Source: SCOR digital standard, AM.1.1.
    """

    def days(balance_name: str, balance: float, flow_name: str, flow: float) -> float:
        fix = "without the flow a balance has no days"
        return check_number(balance_name, balance, low=0.0) / check_number(flow_name, flow, low=0.0, open_low=True, fix=fix)

    return CashToCash(
        days("inventory_value", inventory_value, "cost_of_goods_per_day", cost_of_goods_per_day),
        days("receivable", receivable, "revenue_per_day", revenue_per_day),
        days("payable", payable, "purchases_per_day", purchases_per_day),
    )
