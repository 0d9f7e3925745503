"""Ordering rules that contradict themselves, stock that does not fit, and money without a rate."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import Subject, joined, mark
from chaintwin.network.lowering.paying import RECEIVED_TERMS, SENT_TERMS, incoterm_code

PARAMETERS = {
    "base_stock": ("base_stock", "level_series"),
    "s_S": ("reorder_point", "order_up_to"),
    "min_max": ("reorder_point", "order_up_to"),
    "R_nQ": ("reorder_point", "order_quantity"),
    "kanban": ("base_stock", "order_quantity"),
    "constant": ("order_quantity",),
    "smoothed": ("base_stock",),
    "sterman": ("base_stock",),
    "echelon": ("base_stock",),
    "dual_index": ("base_stock", "expedite_level"),
    "base_surge": ("order_quantity", "expedite_level"),
    "drp": ("safety_stock", "cover_periods"),
    "none": (),
}
"""Parameters each policy uses."""


def check_holdings(subject: Subject) -> list[Finding]:
    """Report contradictions among ordering rules, first stock and storage, and amounts in unknown currencies."""
    points = subject.table("stock_points")
    name = joined(pl.col("site_id"), "/", pl.col("product_id"))
    upside_down = points.filter(pl.col("policy").is_in(["s_S", "min_max"]) & (pl.col("reorder_point") > pl.col("order_up_to")))
    found = joined(pl.col("reorder_point"), " above ", pl.col("order_up_to"))
    findings = mark(
        subject, "policy.levels", rows=upside_down, table="stock_points", column="reorder_point", found=found, fix="swap the two"
    )
    for column in (
        "base_stock",
        "reorder_point",
        "order_up_to",
        "order_quantity",
        "expedite_level",
        "level_series",
        "safety_stock",
        "cover_periods",
    ):
        unused_by = [policy for policy, used in PARAMETERS.items() if column not in used]
        idle = points.filter(pl.col(column).is_not_null() & pl.col("policy").is_in(unused_by))
        found = joined(pl.col(column), " with policy ", pl.col("policy"))
        findings += mark(
            subject,
            "policy.parameter",
            rows=idle,
            table="stock_points",
            column=column,
            found=found,
            fix="leave it blank or change the policy",
        )
    bare = points.filter((pl.col("policy") == "echelon") & pl.col("base_stock").is_null())
    fix = "write the echelon position to order up to: its own level and those of all below, in its units"
    findings += mark(subject, "policy.level_missing", rows=bare, table="stock_points", column="base_stock", found=name, fix=fix)
    late = points.filter(pl.col("review_phase") >= pl.col("review_period"))
    found = joined(pl.col("review_phase"), " of ", pl.col("review_period"), " for ", name)
    findings += mark(
        subject,
        "policy.phase",
        rows=late,
        table="stock_points",
        column="review_phase",
        found=found,
        fix="write the remainder",
        most=1,
    )
    return findings + _storage(subject, points) + _currencies(subject) + _terms(subject) + _prices(subject)


def _storage(subject: Subject, points: pl.DataFrame) -> list[Finding]:
    sites = subject.table("sites").filter(pl.col("storage_capacity").is_not_null())
    if sites.height == 0:
        return []
    volume = subject.network["products"].unique("product_id", keep="first").select("product_id", "volume_m3")
    filled = (
        points.join(volume, on="product_id")
        .group_by("site_id")
        .agg((pl.col("initial_stock") * pl.col("volume_m3")).sum().alias("filled"))
    )
    over = sites.join(filled, on="site_id", maintain_order="left").filter(
        pl.col("filled") > pl.col("storage_capacity") * (1 + 1e-9)
    )
    found = joined(
        pl.col("filled").round_sig_figs(4), " m3 of first stock in ", pl.col("storage_capacity"), " m3 at ", pl.col("site_id")
    )
    fix = "check the volumes of its products, or lower initial_stock"
    full = mark(subject, "stock.over_capacity", rows=over, table="sites", column="storage_capacity", found=found, fix=fix)
    bulky = subject.network["products"].filter(pl.col("volume_m3") > 0)
    bare = sites if bulky.height == 0 else sites.clear()
    found = joined(pl.col("storage_capacity"), " m3 at ", pl.col("site_id"), " and no volume of any product")
    fix = "write volume_m3 of the products, or leave storage_capacity blank"
    return full + mark(
        subject, "stock.no_volume", rows=bare, table="sites", column="storage_capacity", found=found, fix=fix, most=1
    )


def _currencies(subject: Subject) -> list[Finding]:
    own = subject.settings.currency
    begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= pl.lit(subject.settings.start))
    known = [own, *subject.network["exchange_rates"].filter(begun)["currency"].drop_nulls().unique().to_list()]
    findings: list[Finding] = []
    for table in ("partners", "prices"):
        lost = subject.table(table).filter(pl.col("currency").is_not_null() & ~pl.col("currency").is_in(known))
        fix = joined(
            "add the rate of ",
            pl.col("currency"),
            f" in {own} to exchange_rates, from the first day on; without it the row is left out",
        )
        findings += mark(subject, "currency.no_rate", rows=lost, table=table, column="currency", found="currency", fix=fix)
    return findings


def _terms(subject: Subject) -> list[Finding]:
    odd = subject.table("partners").filter(
        pl.col("incoterm").is_not_null() & ~incoterm_code().fill_null("").is_in([*SENT_TERMS, *RECEIVED_TERMS])
    )
    found = joined(pl.col("incoterm"), " of ", pl.col("partner_id"), ", counted from the receipt")
    fix = f"write one of {', '.join((*SENT_TERMS, *RECEIVED_TERMS))}, or leave it blank"
    return mark(subject, "incoterm.unknown", rows=odd, table="partners", column="incoterm", found=found, fix=fix, most=3)


def _prices(subject: Subject) -> list[Finding]:
    value = subject.network["products"].unique("product_id", keep="first").select("product_id", "value")
    cheap = subject.table("demand").join(value, on="product_id", maintain_order="left").filter(pl.col("price") < pl.col("value"))
    found = joined(pl.col("price"), " for ", pl.col("product_id"), " worth ", pl.col("value"))
    bare = subject.table("demand").filter(pl.col("price").is_null() & pl.col("price_series").is_null())
    fix = "write prices, or leave revenue out of account"
    without = mark(
        subject, "price.missing", rows=bare, table="demand", column="price", found=pl.col("stream_id"), fix=fix, most=1
    )
    sellers = pl.concat([subject.network["sources"]["partner"], subject.network["sites"]["owner"]]).drop_nulls().unique()
    unsold = subject.table("prices").filter(pl.col("partner").is_not_null() & ~pl.col("partner").is_in(sellers.implode()))
    idle = joined(pl.col("product_id"), " from ", pl.col("partner"), ", who sells nothing")
    fix = "name the partner in a row of sources, or leave it blank: a price for every supplier"
    without += mark(subject, "price.no_seller", rows=unsold, table="prices", column="partner", found=idle, fix=fix, most=3)
    return without + mark(
        subject, "price.below_value", rows=cheap, table="demand", column="price", found=found, fix="check price and value", most=1
    )
