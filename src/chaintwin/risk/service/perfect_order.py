"""Perfect orders, orders on time and in full, and the six rights, line by line and by order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from chaintwin.risk.service.order_lines import check_order_lines
from chaintwin.risk.service.rates import Rate, counted_rate, total_rate

RIGHTS = ("right_product", "right_time", "right_quantity", "right_condition", "right_place", "right_cost")
"""The six rights of an order line, each a column of `PerfectOrders.lines`."""

UNITS_WITHIN = 1e-9
"""Accepted units equal ordered ones within this share of what was ordered: sums of weights and volumes are rounded."""


@dataclass(frozen=True, slots=True, eq=False)
class PerfectOrders:
    """Every order line judged, and the rates over them.

    Parameters
    ----------
    lines : the lines as given, with ``right_product``, ``right_time``, ``right_quantity``, ``right_condition``, ``right_place``,
        ``right_cost`` (null where no quote was recorded), ``right_documents``; ``is_in_full``, ``is_on_time``, ``is_otif`` and
        ``is_perfect``.
    perfect_order : share of orders all lines of which are perfect (SCOR RL.1.1).
    perfect_line : share of perfect lines.
    in_full, on_time, documents, condition : share of orders all lines of which are so (SCOR RL.2.1 to RL.2.4).
    otif_order, otif_line, otif_volume : on time in full, by order and by line; accepted units on time over ordered units.
    rights : share of orders all lines of which have each of the six rights; without ``right_cost`` where a line has no quote.
    all_rights : share of orders all lines of which have all of these.
    """

    lines: pl.DataFrame
    perfect_order: Rate
    perfect_line: Rate
    in_full: Rate
    on_time: Rate
    documents: Rate
    condition: Rate
    otif_order: Rate
    otif_line: Rate
    otif_volume: Rate
    rights: dict[str, Rate]
    all_rights: Rate


def judge_orders(lines: pl.DataFrame, *, confidence: float = 0.95) -> PerfectOrders:
    """Judge order lines.

    A line is in full if the right product was accepted in the ordered quantity; on time if it came to the right place from
    ``earliest`` to ``committed``, both included. One that was not delivered is late. It is perfect if it is both, with the right
    documents and in the right condition. An order is perfect if all its lines are.

    Parameters
    ----------
    lines : one row a line: ``order_id``, ``ordered_units`` (more than 0), ``accepted_units`` (0 or more), ``committed``,
        ``delivered`` (empty: not delivered), ``is_document_right``, ``is_condition_right``, ``is_place_right``,
        ``is_product_right``, and, where known, ``earliest`` (empty: any), ``quoted_cost`` and ``charged_cost`` (money).
    confidence : of the intervals, strictly between 0 and 1. Orders are taken as independent, lines of one order not.

    Raises
    ------
    UsageError : a column is absent or holds something else, or the confidence is out of range.

    Example
    -------
    >>> right = {f"is_{name}_right": [True, True] for name in ("document", "condition", "place", "product")}
    >>> judged = judge_orders(
    ...     pl.DataFrame(
    ...         {
    ...             "order_id": ["A", "B"],
    ...             "ordered_units": [4, 6],
    ...             "accepted_units": [4, 5],
    ...             "committed": [2, 2],
    ...             "delivered": [1, 2],
    ...         }
    ...         | right
    ...     )
    ... )
    >>> judged.perfect_order.value, judged.otif_volume.value, judged.lines["is_in_full"].to_list()
    (0.5, 0.9, [True, False])

    Source: METHODS 5.1; SCOR digital standard, RL.1.1 and RL.2.1 to RL.2.4.
    """
    check_order_lines(lines)
    judged = _judged(lines)
    rights = [name for name in RIGHTS if judged[name].null_count() == 0]

    def by_order(*names: str) -> Rate:
        return _order_rate(judged, names, confidence=confidence)

    units = judged.with_columns(
        line=pl.lit(1.0),
        perfect=pl.col("is_perfect").cast(pl.Float64),
        otif=pl.col("is_otif").cast(pl.Float64),
        ordered=pl.col("ordered_units").cast(pl.Float64),
        # Units beyond the order, and those of another product, do not make up for missing ones.
        good=pl.min_horizontal(pl.col("accepted_units").cast(pl.Float64), pl.col("ordered_units").cast(pl.Float64))
        * (pl.col("is_on_time") & pl.col("right_product")),
    )
    sums = units.group_by("order_id", maintain_order=True).agg(pl.col("line", "perfect", "otif", "ordered", "good").sum())

    def by_total(met: str, asked: str) -> Rate:
        return total_rate(sums[met].to_numpy(), sums[asked].to_numpy(), confidence=confidence)

    return PerfectOrders(
        lines=judged,
        perfect_order=by_order("is_perfect"),
        perfect_line=by_total("perfect", "line"),
        in_full=by_order("is_in_full"),
        on_time=by_order("is_on_time"),
        documents=by_order("right_documents"),
        condition=by_order("right_condition"),
        otif_order=by_order("is_otif"),
        otif_line=by_total("otif", "line"),
        otif_volume=by_total("good", "ordered"),
        rights={name: by_order(name) for name in rights},
        all_rights=by_order(*rights),
    )


def _judged(lines: pl.DataFrame) -> pl.DataFrame:
    ordered, accepted = (pl.col(name).cast(pl.Float64) for name in ("ordered_units", "accepted_units"))
    no_earlier = pl.lit(value=True)
    if "earliest" in lines.columns:
        no_earlier = (pl.col("earliest") <= pl.col("delivered")) | pl.col("earliest").is_null()
    cost = pl.lit(None, dtype=pl.Boolean)
    if {"quoted_cost", "charged_cost"} <= set(lines.columns):
        cost = pl.col("charged_cost") <= pl.col("quoted_cost")
    judged = lines.with_columns(
        right_product=pl.col("is_product_right"),
        right_time=(no_earlier & (pl.col("delivered") <= pl.col("committed"))).fill_null(value=False),
        right_quantity=(accepted - ordered).abs() <= UNITS_WITHIN * ordered,
        right_condition=pl.col("is_condition_right"),
        right_place=pl.col("is_place_right"),
        right_cost=cost,
        right_documents=pl.col("is_document_right"),
    )
    judged = judged.with_columns(
        is_in_full=pl.col("right_product") & pl.col("right_quantity"),
        is_on_time=pl.col("right_time") & pl.col("right_place"),
    )
    judged = judged.with_columns(is_otif=pl.col("is_in_full") & pl.col("is_on_time"))
    return judged.with_columns(is_perfect=pl.col("is_otif") & pl.col("right_documents") & pl.col("right_condition"))


def _order_rate(judged: pl.DataFrame, names: Sequence[str], *, confidence: float) -> Rate:
    met = judged.group_by("order_id", maintain_order=True).agg(pl.all_horizontal(*names).all().alias("met"))["met"]
    return counted_rate(met.to_numpy().astype(np.bool_), confidence)
