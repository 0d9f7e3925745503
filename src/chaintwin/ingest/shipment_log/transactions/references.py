"""Weight and freight that one line carries for several: pointers followed, totals shared out, nothing lost or counted twice."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.ingest.shipment_log.cells.classifying import CellKind

HOPS_MAX = 8
"""Pointers to pointers are followed this far; a longer chain is taken for a circle."""

INCLUDED = "included"
"""Meaning of a word that says the amount is contained in the price, so nothing is added."""


@dataclass(frozen=True, slots=True)
class SharedTotals:
    """Lines with every shared total shared out.

    Parameters
    ----------
    frame : the lines with ``weight_kg`` and ``freight_cost``: own or shared amount, 0 where included in the price, null
        where unknown.
    counts : by field the number of pointers ``found``, ``resolved`` (the line they name exists), ``with_total`` (and has an
        amount), ``dangling``, and ``shared_by:...`` the number of lines that got a share by each method.
    findings : dangling pointers.
    """

    frame: pl.DataFrame
    counts: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]


def share_totals(frame: pl.DataFrame) -> SharedTotals:
    """Follow the pointers in weight and freight and share each total over the lines that point to it.

    Weight is shared by estimated weight (quantity times the product's median weight of a unit over lines that stand alone)
    where that is known for every line of the group, else by value, else by quantity. Freight is shared by weight where
    known, else by value, else by quantity. The shares of a group sum to its total.

    Parameters
    ----------
    frame : lines as in ``LogLines.frame``; all lines of the log, because a line that is not usable may carry a total.
    """
    frame = frame.with_row_index("index").with_columns(pl.col("value").fill_null(pl.col("quantity") * pl.col("unit_price")))
    counts, findings = {}, []
    columns = {}
    for name, result in (("weight", "weight_kg"), ("freight", "freight_cost")):
        grouped, counts[name] = _groups(frame, name)
        basis = _unit_weight_basis(grouped) if name == "weight" else pl.col("weight_kg")
        label = "unit_weight" if name == "weight" else "weight"
        shared = _share(grouped, name, basis=basis, label=label)
        for method, count in (
            shared.filter(pl.col("method").is_not_null()).group_by("method", maintain_order=True).len().sort("method").iter_rows()
        ):
            counts[name][f"shared_by:{method}"] = count
        columns[result] = shared["share"]
        frame = frame.with_columns(shared["share"].alias(result))
        dangling = grouped.filter(pl.col("is_dangling"))
        if dangling.height:
            first = dangling.row(0, named=True)
            found = f"a pointer to line {first[f'{name}_reference']}, which the log does not have"
            findings.append(
                Finding(
                    "log.reference_dangling",
                    found,
                    "a line of the log",
                    f"its {name} is left unknown",
                    first["file"],
                    first["row"],
                    name,
                    Severity.WARNING,
                    dangling.height,
                )
            )
    return SharedTotals(frame.drop("index"), counts, tuple(findings))


def _groups(frame: pl.DataFrame, name: str) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the lines with ``root`` (index of the line that carries the total), ``total``, ``is_dangling``."""
    reference = pl.col(f"{name}_reference")
    targets = frame.filter(pl.col("shipment_id").is_not_null()).unique("shipment_id", keep="first", maintain_order=True)
    steps = frame.join(
        targets.select(shipment_id="shipment_id", next="index"),
        left_on=reference,
        right_on="shipment_id",
        how="left",
        maintain_order="left",
    )
    is_pointer = steps[f"{name}_reference"].is_not_null()
    # A line without a pointer is its own root; one whose pointer leads nowhere has none.
    step = pl.DataFrame({"next": pl.select(pl.when(is_pointer).then(steps["next"]).otherwise(steps["index"])).to_series()})
    root = step["next"]
    for _ in range(HOPS_MAX):
        root = (
            step["next"].gather(root.fill_null(0)).zip_with(root.is_not_null(), pl.Series([None] * root.len(), dtype=root.dtype))
        )
    # After so many hops only a circle still stands on a pointer.
    ends = is_pointer.gather(root.fill_null(0)) | root.is_null()
    root = root.zip_with(~ends, pl.Series([None] * root.len(), dtype=root.dtype))
    meaning = frame[f"{name}_meaning"]
    amount = pl.select(pl.when((meaning == INCLUDED).fill_null(value=False)).then(0.0).otherwise(frame[name])).to_series()
    total = amount.gather(root.fill_null(0)).zip_with(root.is_not_null(), pl.Series([None] * root.len(), dtype=pl.Float64))
    grouped = frame.with_columns(root=root, total=total, is_pointer=is_pointer, is_dangling=is_pointer & root.is_null())
    found = int(is_pointer.sum())
    dangling = int(grouped["is_dangling"].sum())
    with_total = int((is_pointer & total.is_not_null()).sum())
    return grouped, {"found": found, "resolved": found - dangling, "with_total": with_total, "dangling": dangling}


def _unit_weight_basis(grouped: pl.DataFrame) -> pl.Expr:
    alone = (
        (pl.len().over("root") == 1)
        & (pl.col("weight_kind") == CellKind.VALUE)
        & (pl.col("weight") > 0)
        & (pl.col("quantity") > 0)
    )
    unit_weight = pl.when(alone).then(pl.col("weight") / pl.col("quantity")).median().over("product")
    return pl.col("quantity") * unit_weight


def _share(grouped: pl.DataFrame, name: str, *, basis: pl.Expr, label: str) -> pl.DataFrame:
    """Return ``share`` and ``method`` (null where a line carries its own amount only) of each line."""
    # Lines without a root must not form a group together.
    group = pl.col("root").fill_null(pl.len() + pl.col("index"))
    frame = grouped.with_columns(group=group, by_basis=basis, by_value=pl.col("value"), by_quantity=pl.col("quantity"))
    methods = ((label, "by_basis"), ("value", "by_value"), ("quantity", "by_quantity"))
    # Where nothing tells how to share, the line that carries the total keeps it, so that no amount is lost.
    share: pl.Expr = pl.when(pl.col("index") == pl.col("root")).then("total")
    method: pl.Expr = pl.lit("nothing", dtype=pl.String)
    for text, column in reversed(methods):
        fits = (pl.col(column).is_not_null() & (pl.col(column) >= 0)).all().over("group") & (
            pl.col(column).sum().over("group") > 0
        )
        part = pl.col("total") * pl.col(column) / pl.col(column).sum().over("group")
        share = pl.when(fits).then(part).otherwise(share)
        method = pl.when(fits).then(pl.lit(text)).otherwise(method)
    size = pl.len().over("group")
    alone = size == 1
    return frame.select(
        pl.when(alone).then("total").otherwise(share).alias("share"),
        pl.when(~alone & pl.col("total").is_not_null()).then(method).alias("method"),
    )
