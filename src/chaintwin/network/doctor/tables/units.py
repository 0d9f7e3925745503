"""Units, weights and volumes that cannot all be right."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import Subject, joined, mark
from chaintwin.network.network import Quantities

MASSES_KG = {"kg": 1.0, "g": 0.001, "t": 1000.0, "tonne": 1000.0, "lb": 0.45359237}
VOLUMES_M3 = {"m3": 1.0, "l": 0.001, "liter": 0.001, "litre": 0.001, "ml": 1e-6}
PACKINGS = {"each": 0, "piece": 0, "pc": 0, "pack": 1, "box": 1, "carton": 2, "case": 2, "layer": 3, "pallet": 4, "container": 5}
"""Usual packings by size; only an order between them is taken from it."""

TOLERANCE = 0.02
"""Weights are often rounded to two digits, which is at most 2 %."""

DENSITY_MIN, DENSITY_MAX = 0.5, 25_000.0
"""kg/m3: below lie only foams with air around them, above nothing (osmium has 22,590)."""


def check_units(subject: Subject) -> list[Finding]:
    """Report products and conversions whose units, weights and volumes disagree."""
    products = subject.table("products").with_columns(plain=pl.col("unit").str.to_lowercase().str.strip_chars())
    weight, volume = pl.col("weight_kg"), pl.col("volume_m3")
    own = products.with_columns(implied=pl.col("plain").replace_strict(MASSES_KG, default=None, return_dtype=pl.Float64))
    wrong = own.filter(_differs(weight, pl.col("implied")))
    found = joined(weight, " for a product counted in ", pl.col("unit"))
    findings = mark(
        subject,
        "unit.weight",
        rows=wrong,
        table="products",
        column="weight_kg",
        found=found,
        fix=joined("write ", pl.col("implied"), " or another unit"),
    )
    density = weight / volume
    odd = products.filter((weight > 0) & (volume > 0) & ((density < DENSITY_MIN) | (density > DENSITY_MAX)))
    found = joined(density.round_sig_figs(3), " kg/m3")
    findings += mark(
        subject,
        "unit.density",
        rows=odd,
        table="products",
        column="volume_m3",
        found=found,
        fix="check whether g or cm3 were meant",
    )
    return findings + _conversions(subject, products) + _missing(subject, products) + _fractions(subject)


def _differs(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return ((left - right).abs() > TOLERANCE * pl.max_horizontal(left.abs(), right.abs())).fill_null(value=False)


def _conversions(subject: Subject, products: pl.DataFrame) -> list[Finding]:
    units = subject.table("units")
    if units.height == 0:
        return []
    own = products.unique("product_id", keep="first").select(
        "product_id", "weight_kg", "volume_m3", base="plain", base_unit="unit"
    )
    units = units.with_columns(plain=pl.col("unit").str.to_lowercase().str.strip_chars()).join(
        own, on="product_id", how="left", maintain_order="left"
    )
    same = units.filter((pl.col("plain") == pl.col("base")) & (pl.col("base_quantity") != 1))
    findings = mark(
        subject,
        "unit.base",
        rows=same,
        table="units",
        column="base_quantity",
        found="base_quantity",
        fix="write 1 or name another unit",
    )
    for sizes, column in ((MASSES_KG, "weight_kg"), (VOLUMES_M3, "volume_m3")):
        size = pl.col("plain").replace_strict(sizes, default=None, return_dtype=pl.Float64)
        # One base unit weighs weight_kg, so base_quantity of them weigh what the other unit says.
        measured = units.with_columns(size=size, expected=size / pl.col(column)).filter(pl.col(column) > 0)
        wrong = measured.filter(_differs(pl.col("base_quantity"), pl.col("expected")) & (pl.col("plain") != pl.col("base")))
        found = joined(pl.col("base_quantity"), " ", pl.col("base_unit"), " in one ", pl.col("unit"))
        fix = joined("with ", column, " ", pl.col(column), " it is ", pl.col("expected").round_sig_figs(6))
        findings += mark(subject, "unit.conversion", rows=wrong, table="units", column="base_quantity", found=found, fix=fix)
    ranked = units.with_columns(rank=pl.col("plain").replace_strict(PACKINGS, default=None, return_dtype=pl.Int64)).drop_nulls(
        "rank"
    )
    ranked = ranked.sort("product_id", "rank", "base_quantity")
    before, other = pl.col("base_quantity").shift(1).over("product_id"), pl.col("unit").shift(1).over("product_id")
    lower = pl.col("rank").shift(1).over("product_id")
    ranked = ranked.with_columns(before=before, other=other, lower=lower)
    wrong = ranked.filter((pl.col("before") > pl.col("base_quantity")) & (pl.col("lower") < pl.col("rank"))).sort("row")
    found = joined(pl.col("base_quantity"), " in a ", pl.col("unit"), ", ", pl.col("before"), " in a ", pl.col("other"))
    return findings + mark(
        subject,
        "unit.order",
        rows=wrong,
        table="units",
        column="base_quantity",
        found=found,
        fix="check whether the rows are swapped",
    )


def _missing(subject: Subject, products: pl.DataFrame) -> list[Finding]:
    packings = [name for name, rank in PACKINGS.items() if rank > 0]
    known = subject.network["units"]["product_id"].drop_nulls().unique().implode()
    lost = products.filter(pl.col("plain").is_in(packings) & ~pl.col("product_id").is_in(known))
    found = joined(pl.col("product_id"), " in ", pl.col("unit"))
    return mark(
        subject,
        "unit.missing",
        rows=lost,
        table="products",
        column="unit",
        found=found,
        fix="add what one holds to units",
        most=1,
    )


def _fractions(subject: Subject) -> list[Finding]:
    if subject.settings.quantities is not Quantities.INTEGER:
        return []
    bom = subject.table("bom")
    gross = pl.when(pl.col("role") == "input").then(pl.col("quantity") / (1 - pl.col("scrap_rate"))).otherwise(pl.col("quantity"))
    bom = bom.with_columns(gross=gross)
    broken = bom.filter((pl.col("gross") - pl.col("gross").round()).abs() > 1e-9)
    found = joined(pl.col("gross").round_sig_figs(6), " of ", pl.col("other_product_id"), " for one ", pl.col("product_id"))
    fix = "count the product in a smaller unit, or set quantities to continuous"
    return mark(subject, "bom.fraction", rows=broken, table="bom", column="quantity", found=found, fix=fix)
