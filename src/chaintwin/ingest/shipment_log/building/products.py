"""Products of a transaction log: value and weight of a unit, packs."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.ingest.shipment_log.building.rounding import rounded_column
from chaintwin.ingest.shipment_log.cells.classifying import CellKind
from chaintwin.ingest.shipment_log.cells.units import PIECE


@dataclass(frozen=True, slots=True)
class ProductTables:
    """The tables ``products`` and ``units``, and what had to be assumed."""

    products: pl.DataFrame
    units: pl.DataFrame
    findings: tuple[Finding, ...]


def build_products(lines: pl.DataFrame, *, counted_in: str = PIECE) -> ProductTables:
    """Return the products with the median value and weight of a unit over their lines.

    Medians, because a single line with a misplaced decimal point would spoil a mean. Weight is taken from lines that carry
    their own where there are any, else from shares of shared weights. Lines of value or weight 0 say nothing and are left
    out.

    Parameters
    ----------
    lines : usable lines with ``weight_kg``.
    counted_in : what quantities count; a kilogram weighs one kilogram.
    """
    # A product sold by the piece in one line and by the pack in another keeps the unit of most lines.
    per_unit = lines.with_columns(
        pl.when(pl.col("value") > 0).then(pl.col("value") / pl.col("quantity")).alias("unit_value"),
        pl.when(pl.col("weight_kg") > 0).then(pl.col("weight_kg") / pl.col("quantity")).alias("unit_weight"),
    )
    own = (pl.col("weight_kind") == CellKind.VALUE) & (pl.col("weight_kg") == pl.col("weight"))
    grouped = per_unit.group_by("product", maintain_order=True).agg(
        pl.coalesce(pl.col("unit_value").median(), pl.col("unit_price").median()).alias("value"),
        pl.coalesce(pl.col("unit_weight").filter(own).median(), pl.col("unit_weight").median()).alias("weight_kg"),
        pl.col("pack_size").drop_nulls().sort().mode(maintain_order=True).first().alias("pack_size"),
        pl.col("pack_size").n_unique().alias("pack_sizes"),
        pl.col("pack_unit").drop_nulls().sort().mode(maintain_order=True).first().alias("pack_unit"),
    )
    grouped = grouped.sort("product").with_columns(rounded_column("value"), rounded_column("weight_kg"))
    if counted_in == "kg":
        grouped = grouped.with_columns(pl.lit(1.0).alias("weight_kg"))
    packed = grouped.filter(pl.col("pack_size") > 1)
    usual = pl.lit(None if counted_in == PIECE else counted_in, dtype=pl.String)
    unit = pl.when(pl.col("pack_size") > 1).then(pl.lit("pack")).otherwise(usual)
    products = grouped.select(product_id="product", name="product", unit=unit, value="value", weight_kg="weight_kg")
    units = packed.select(
        product_id="product",
        unit=pl.coalesce("pack_unit", pl.lit("piece")).str.to_lowercase(),
        base_quantity=1.0 / pl.col("pack_size"),
    )
    return ProductTables(products, units, tuple(_findings(grouped)))


def _findings(grouped: pl.DataFrame) -> list[Finding]:
    value = "1 is used, so that costs of capital and stock are no amounts of money; fill in the value, or map a column of values"
    tests = (
        ("import.value_unknown", pl.col("value").is_null(), "value", "no value", value, Severity.WARNING),
        (
            "import.weight_unknown",
            pl.col("weight_kg").is_null(),
            "weight_kg",
            "no weight",
            "left blank; fill in the weight",
            Severity.NOTE,
        ),
        (
            "import.pack_sizes_differ",
            pl.col("pack_sizes") > 1,
            "unit",
            "packs of different sizes",
            "the most frequent size is used",
            Severity.NOTE,
        ),
    )
    findings = []
    for code, test, column, found, fix, severity in tests:
        hit = grouped.filter(test)
        if hit.height:
            found = f"{found} in the log: {hit['product'][0]}"
            findings.append(Finding(code, found, "one known figure", fix, "products.csv", 0, column, severity, hit.height))
    return findings
