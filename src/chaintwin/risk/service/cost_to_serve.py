"""Cost to serve: every cost line of a ledger given to the order lines that caused it, to the last bit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number
from chaintwin.risk.service.order_lines import check_amounts, check_columns

Floats = NDArray[np.float64]

LEDGER = {"cost_id": "text or number", "amount": "number"}
"""Columns of a ledger; it may also have ``order_line_id`` and ``driver``."""

SHARE_SCHEMA = {"cost_id": pl.String, "order_line_id": pl.String, "way": pl.String, "amount": pl.Float64}

COST_DRIVERS = MappingProxyType(
    {
        "holding_cost": "volume",
        "in_transit_cost": "volume",
        "expired_cost": "volume",
        "transport_cost": "weight",
        "duty_cost": "value",
        "purchase_cost": "units",
        "production_cost": "hours",
        "resource_cost": "hours",
        "fixed_cost": "lines",
        "backlog_cost": "units",
        "lost_sales_cost": "units",
    }
)
"""What shares each cost line of a simulated result where nothing better is known: columns that order lines must have."""

SMALLEST = 1e-250
"""Amounts nearer to 0 than this cannot be split exactly in double precision and stay whole."""


@dataclass(frozen=True, slots=True, eq=False)
class CostToServe:
    """A ledger given to order lines.

    Parameters
    ----------
    shares : ``cost_id``, ``order_line_id`` (null: unattributed), ``way`` (``direct``, the driver, or ``unattributed``) and
        ``amount``; cost lines in the order of the ledger. The amounts of a cost line add up to its amount exactly, in any
        order, so that ``math.fsum`` of all of them is that of the ledger.
    by_order_line : ``order_line_id``, ``amount``, one row for each order line in the order given, 0 where nothing falls on it.
    attributed, unattributed, ledger : sums, money.
    """

    shares: pl.DataFrame
    by_order_line: pl.DataFrame
    attributed: float
    unattributed: float
    ledger: float


def attribute_costs(ledger: pl.DataFrame, order_lines: pl.DataFrame, *, scopes: Sequence[str] = ()) -> CostToServe:
    """Give every cost line to order lines: directly, or by its driver.

    Parameters
    ----------
    ledger : one row a cost line: ``cost_id``, each once, and ``amount`` (money, credits below 0); where known ``order_line_id``
        (the line that caused it) or ``driver`` (the column of ``order_lines`` by which it is shared, such as volume, weight,
        lines or hours). A cost line with neither is not attributed.
    order_lines : ``order_line_id``, each once, and the drivers, 0 or more, empty for none.
    scopes : columns of both tables, such as site, customer or month: a shared cost falls only on the order lines that have the
        same value. An empty cell of the ledger holds for all.

    Returns
    -------
    The shares. What is direct to an unknown order line, has no driver, or finds no order line with some of its driver is shown as
    unattributed.

    Raises
    ------
    UsageError : a column is absent or holds something else, an id is there twice, an amount is not finite, a driver is below 0
        or no column of the order lines, or a cost line names both an order line and a driver.

    Example
    -------
    >>> ledger = pl.DataFrame(
    ...     {
    ...         "cost_id": ["freight", "claim", "rent"],
    ...         "amount": [10.0, 3.0, 5.0],
    ...         "driver": ["kg", None, None],
    ...         "order_line_id": [None, "2", None],
    ...     }
    ... )
    >>> found = attribute_costs(ledger, pl.DataFrame({"order_line_id": ["1", "2"], "kg": [3.0, 1.0]}))
    >>> found.by_order_line.rows(), found.unattributed, found.ledger
    ([('1', 7.5), ('2', 5.5)], 5.0, 18.0)

    Source: METHODS 5.5; Cooper & Kaplan 1988, "Measure costs right: make the right decisions", for drivers.
    """
    ledger, order_lines = _checked(ledger, order_lines, scopes=scopes)
    ids = order_lines["order_line_id"]
    place = {name: index for index, name in enumerate(ids.to_list())}
    weights: dict[tuple[object, ...], tuple[NDArray[np.intp], Floats]] = {}
    owners: list[NDArray[np.intp]] = []
    parts: list[Floats] = []
    ways: list[str] = []
    for amount, direct, driver, *scope in ledger.select("amount", "order_line_id", "driver", *scopes).iter_rows():
        where, pieces, way = np.array([-1]), np.array([amount]), "unattributed"
        if direct is not None and direct in place:
            where, way = np.array([place[direct]]), "direct"
        elif driver is not None and direct is None and abs(amount) > SMALLEST:
            key = (driver, *scope)
            if key not in weights:
                weights[key] = _weights(order_lines, driver, scope=dict(zip(scopes, scope, strict=True)))
            members, sizes = weights[key]
            if members.size:
                where, pieces, way = members, split_exactly(amount, sizes), driver
        owners.append(where)
        parts.append(pieces)
        ways.append(way)
    counts = pl.Series([len(owner) for owner in owners])
    owner, amounts = np.concatenate(owners), np.concatenate(parts)
    row = np.repeat(np.arange(ledger.height), counts.to_numpy())
    shares = pl.DataFrame(
        {
            "cost_id": ledger["cost_id"].gather(row),
            "order_line_id": ids.gather(np.maximum(owner, 0)),
            "way": pl.Series(ways, dtype=pl.String).gather(row),
            "amount": amounts,
        },
        schema=SHARE_SCHEMA,
    ).with_columns(order_line_id=pl.when(pl.Series(owner) >= 0).then("order_line_id"))
    given = shares.drop_nulls("order_line_id").group_by("order_line_id").agg(pl.col("amount").sum())
    by_line = pl.DataFrame({"order_line_id": ids}).join(given, on="order_line_id", how="left", maintain_order="left")
    return CostToServe(
        shares=shares,
        by_order_line=by_line.with_columns(pl.col("amount").fill_null(0.0)),
        attributed=math.fsum(amounts[owner >= 0]),
        unattributed=math.fsum(amounts[owner < 0]),
        ledger=math.fsum(ledger["amount"].to_list()),
    )


def ledger_of(costs: pl.DataFrame, *, periods: float, drivers: Mapping[str, str] = COST_DRIVERS) -> pl.DataFrame:
    """Return the costs of a simulated result as a ledger.

    Parameters
    ----------
    costs : ``line``, ``kind``, ``id``, ``site_id``, ``product_id`` and ``amount`` (money a period), as results hold them.
    periods : how many periods the ledger is for, more than 0.
    drivers : column of the order lines that shares each line; lines that are not named stay unattributed.

    Returns
    -------
    ``cost_id`` (line, kind and id), ``amount``, ``driver``, ``site_id`` and ``product_id``. The latter two may serve as scopes
    where order lines are filled from the same place with the same product.

    Raises
    ------
    UsageError : a column is absent or holds something else, or the periods are out of range.

    Example
    -------
    >>> row = {"line": "holding_cost", "kind": "stock_point", "id": "s/p", "site_id": "s", "product_id": "p", "amount": 2.5}
    >>> ledger_of(pl.DataFrame([row]), periods=4).select("cost_id", "amount", "driver").row(0)
    ('holding_cost stock_point s/p', 10.0, 'volume')
    """
    text = dict.fromkeys(("line", "kind", "id"), "text or number")
    check_columns("costs", costs, required=text | {"amount": "number"}, optional={})
    count = check_number("periods", periods, low=0.0, open_low=True)
    return costs.select(
        pl.concat_str("line", "kind", "id", separator=" ").alias("cost_id"),
        pl.col("amount") * count,
        pl.col("line").replace_strict(dict(drivers), default=None, return_dtype=pl.String).alias("driver"),
        "site_id",
        "product_id",
    )


def split_exactly(amount: float, weights: Floats) -> Floats:
    """Split an amount by weights so that the parts add up to it exactly, in whatever order they are added.

    Parameters
    ----------
    amount : money, finite, further from 0 than `SMALLEST`.
    weights : Floats[n], more than 0, n below ten million.

    Returns
    -------
    Floats[n]: multiples of the last bit of the amount, so that no sum of them is rounded. The largest weight (the first of
    several) takes what rounding leaves, at most n last bits.

    Example
    -------
    >>> parts = split_exactly(0.1, np.array([1.0, 1.0, 1.0]))
    >>> float(parts.sum()) == 0.1, float(abs(parts - 0.1 / 3).max()) < 1e-16
    (True, True)
    """
    mantissa, exponent = math.frexp(abs(amount))
    whole = int(mantissa * 2.0**53)
    relative = weights / weights.max()
    bits = np.floor(whole * (relative / relative.sum())).astype(np.int64)
    bits[int(weights.argmax())] += whole - int(bits.sum())
    return np.asarray(np.ldexp(np.copysign(bits.astype(np.float64), amount), exponent - 53), dtype=np.float64)


def _weights(order_lines: pl.DataFrame, driver: str, *, scope: dict[str, object]) -> tuple[NDArray[np.intp], Floats]:
    """Return the order lines that share a cost, and by how much."""
    keep = order_lines[driver].fill_null(0.0).cast(pl.Float64).to_numpy() > 0
    for name, value in scope.items():
        if value is not None:
            keep = keep & (order_lines[name] == value).fill_null(value=False).to_numpy()
    members = np.flatnonzero(keep)
    return members, order_lines[driver].gather(members).cast(pl.Float64).to_numpy()


def _checked(ledger: pl.DataFrame, order_lines: pl.DataFrame, *, scopes: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    check_columns("ledger", ledger, required=LEDGER, optional={"order_line_id": "text or number", "driver": "text or number"})
    check_columns("order lines", order_lines, required={"order_line_id": "text or number"}, optional={})
    check_amounts("ledger", ledger["amount"], low=None)
    absent = [pl.lit(None, dtype=pl.String).alias(name) for name in ("order_line_id", "driver") if name not in ledger.columns]
    text = pl.col("order_line_id").cast(pl.String)
    ledger = ledger.with_columns(absent).with_columns(
        text, pl.col("cost_id").cast(pl.String), pl.col("driver").cast(pl.String), pl.col("amount").cast(pl.Float64)
    )
    order_lines = order_lines.with_columns(text)
    for where, frame, name in (("ledger", ledger, "cost_id"), ("order lines", order_lines, "order_line_id")):
        if frame[name].is_duplicated().any():
            twice = frame[name].filter(frame[name].is_duplicated())[0]
            raise UsageError(f"{where} {name}: found {twice} twice; allowed: each once; fix: give each row its own id")
    both = ledger.filter(pl.col("order_line_id").is_not_null() & pl.col("driver").is_not_null())
    if both.height:
        raise UsageError(
            f"ledger {both['cost_id'][0]}: found an order line and a driver; allowed: one of them; fix: leave one empty"
        )
    for driver in ledger["driver"].drop_nulls().unique().sort():
        if driver not in order_lines.columns or not order_lines[driver].dtype.is_numeric():
            allowed = f"a column of numbers of the order lines; fix: add {driver} to them"
            raise UsageError(f"ledger driver: found {driver}; allowed: {allowed}")
        check_amounts("order lines", order_lines[driver].fill_null(0), low=0.0)
    for name in scopes:
        if name not in ledger.columns or name not in order_lines.columns:
            raise UsageError(
                f"scopes: found {name}; allowed: a column of both the ledger and the order lines; fix: add it to both"
            )
    return ledger, order_lines
