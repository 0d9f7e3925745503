"""Rows of ``sources`` and ``lanes`` that cannot do what they say."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding, amount_of
from chaintwin.network.doctor.marks import Subject, joined, mark, remark
from chaintwin.network.lowering.moments import law_moments

HOURS_PER_YEAR = 8760.0
SPEEDS_KMH = {"sea": 60.0, "air": 1000.0, "road": 110.0, "rail": 250.0, "inland_water": 40.0, "courier": 1000.0, "pipeline": 40.0}
"""Faster than anything of the kind travels from door to door."""

NEAR = ("internal", "pipeline")
"""Modes between neighbors, where no lead time is nothing odd."""


def check_sourcing(subject: Subject) -> list[Finding]:
    """Report sources without lane or bill, shares that do not sum to one, and lead times that cannot be."""
    sources = subject.table("sources")
    findings = _without_lane(subject, sources) + _without_bill(subject, sources) if sources.height else []
    if sources.height:
        findings += _shares(subject, sources) + _substitutes(subject, sources)
    return findings + _lanes(subject) + _capacities(subject)


def _without_lane(subject: Subject, sources: pl.DataFrame) -> list[Finding]:
    lanes = subject.network["lanes"]
    ways = lanes.select("lane_id", "from_site", "to_site", carries="product_id")
    move = sources.filter(pl.col("kind") == "move")
    joined_ways = move.filter(pl.col("lane_id").is_not_null()).join(ways, on="lane_id")
    by_lane = joined_ways.filter(pl.col("to_site") == pl.col("site_id")).select(
        "row", "product_id", "from_site", "carries", sender="from_site_right"
    )
    by_site = move.filter(pl.col("lane_id").is_null()).join(ways, left_on="site_id", right_on="to_site")
    by_site = by_site.select("row", "product_id", "from_site", "carries", sender="from_site_right")
    fits = (pl.col("carries").is_null() | (pl.col("carries") == pl.col("product_id"))) & (
        pl.col("from_site").is_null() | (pl.col("from_site") == pl.col("sender"))
    )
    served = pl.concat([by_lane, by_site]).filter(fits)
    lost = move.join(served, on="row", how="anti")
    way = pl.coalesce(
        joined("lane ", pl.col("lane_id").cast(pl.String)) + pl.col("lane_id").str.slice(0, 0),
        joined("from ", pl.col("from_site")),
    )
    found = joined(pl.col("product_id"), " to ", pl.col("site_id"), " by ", way)
    return mark(
        subject,
        "source.no_lane",
        rows=lost,
        table="sources",
        column="lane_id",
        found=found,
        fix="add the lane, or correct the names",
    )


def _without_bill(subject: Subject, sources: pl.DataFrame) -> list[Finding]:
    bills = subject.network["bom"].select("product_id", bill=pl.coalesce("bom_id", "product_id"), at="site_id").unique()
    lost = _unbilled(sources.filter((pl.col("kind") == "make") & (pl.col("rule") != "substitute")), bills)
    if lost.height and not bills.height:
        # Without any bill there is one thing to say, not one for each product.
        products, sites = lost["product_id"].n_unique(), lost["site_id"].n_unique()
        said = f"no bill of material; products made without inputs: {products:,}, at {amount_of(sites, 'site')}"
        fix = "add what goes into them to bom, if inputs matter"
        return [remark("source.no_bills", found=said, fix=fix, file=subject.file("sources"), column="bom_id")]
    found = joined(pl.coalesce("bom_id", "product_id"), " at ", pl.col("site_id"))
    fix = "add its inputs to bom, or use kind buy"
    return mark(subject, "source.no_bill", rows=lost, table="sources", column="bom_id", found=found, fix=fix)


def _unbilled(made: pl.DataFrame, bills: pl.DataFrame) -> pl.DataFrame:
    here = pl.col("at").is_null() | (pl.col("at") == pl.col("site_id"))
    known = made.join(bills, on="product_id").filter(here & (pl.col("bom_id").is_null() | (pl.col("bom_id") == pl.col("bill"))))
    return made.join(known, on="row", how="anti")


def _substitutes(subject: Subject, sources: pl.DataFrame) -> list[Finding]:
    """Report substitutes that are not there at once, come in lots, are made of nothing, or stand for no other source."""
    mine = sources.filter(pl.col("rule") == "substitute")
    moments = law_moments(mine["lead_time"], folder=subject.network.folder, skip_faults=True)
    mine = mine.join(moments, left_on="lead_time", right_on="text", how="left", maintain_order="left")
    bills = subject.network["bom"].select("product_id", bill=pl.coalesce("bom_id", "product_id"), at="site_id").unique()
    alone = mine.join(sources.filter(pl.col("rule") != "substitute"), on=["site_id", "product_id"], how="anti")
    findings: list[Finding] = []
    late = (pl.col("law_mean") > 0) | (pl.col("law_variance") > 0)
    in_lots = (pl.col("minimum_order") > 0) | (pl.col("batch") > 0)
    not_made = mine.filter(pl.col("kind") != "make")
    made = mine.filter(pl.col("kind") == "make")
    name = joined(pl.col("site_id"), "/", pl.col("product_id"))
    for rows, column, found, fix in (
        (not_made, "kind", joined("kind ", pl.col("kind"), " for ", name), "make it from the substitute, with a row in bom"),
        (_unbilled(made, bills), "bom_id", joined(name, " made of nothing"), "add the substitute to bom as its input"),
        (
            made.filter(late),
            "lead_time",
            joined("lead time ", pl.col("lead_time"), " for ", name),
            "leave lead_time blank",
        ),
        (made.filter(in_lots), "minimum_order", joined("lots for ", name), "leave minimum_order and batch blank"),
        (alone, "rule", joined(name, " with substitutes only"), "list its own source too, with rule share"),
    ):
        findings += mark(subject, "source.substitute", rows=rows, table="sources", column=column, found=found, fix=fix)
    return findings


def _shares(subject: Subject, sources: pl.DataFrame) -> list[Finding]:
    pair = ["site_id", "product_id"]
    ordinary = pl.col("rule") == "share"
    first = (pl.col("priority") == pl.when(ordinary).then(pl.col("priority")).min()) & ordinary
    points = sources.group_by(pair, maintain_order=True).agg(
        pl.col("row").first(),
        ordinary.sum().alias("ordinary"),
        first.sum().alias("first"),
        pl.col("share").filter(first).sum().alias("total"),
        pl.col("share").filter(first).n_unique().alias("different"),
        pl.col("share").filter(first).max().alias("largest"),
    )
    name = joined(pl.col("site_id"), "/", pl.col("product_id"))
    spare = sources.filter(pl.col("rule") == "contingency").select(pair).unique()
    emergency = points.filter(pl.col("ordinary") == 0).join(spare, on=pair, how="semi", maintain_order="left")
    findings = mark(
        subject,
        "source.contingency_only",
        rows=emergency,
        table="sources",
        column="rule",
        found=name,
        fix="set rule share for one of them",
    )
    # Sources that all keep the default share of 1 are meant to be equal.
    meant = (pl.col("different") > 1) | (pl.col("largest") != 1)
    wrong = points.filter((pl.col("ordinary") > 0) & meant & ((pl.col("total") - 1).abs() > 1e-6))
    found = joined(name, " with ", pl.col("total").round_sig_figs(6))
    return findings + mark(
        subject, "source.shares", rows=wrong, table="sources", column="share", found=found, fix="write shares that sum to 1"
    )


def _lanes(subject: Subject) -> list[Finding]:
    lanes = subject.table("lanes")
    itself = lanes.filter(pl.col("from_site") == pl.col("to_site"))
    name = pl.coalesce("lane_id", pl.concat_str(["from_site", "to_site"], separator=">"))
    findings = mark(
        subject, "lane.to_itself", rows=itself, table="lanes", column="to_site", found=name, fix="delete it, or use a make source"
    )
    moments = law_moments(lanes["lead_time"], folder=subject.network.folder, skip_faults=True)
    lanes = lanes.join(itself, on="row", how="anti").join(
        moments, left_on="lead_time", right_on="text", how="left", maintain_order="left"
    )
    hours = pl.col("law_mean") * subject.settings.period.hours
    far = ~pl.col("mode").is_in(NEAR).fill_null(value=False)
    at_once = lanes.filter((pl.col("law_mean") == 0) & (pl.col("law_variance") == 0) & far)
    findings += mark(
        subject,
        "lane.lead_time_zero",
        rows=at_once,
        table="lanes",
        column="lead_time",
        found=joined("0 for ", name),
        fix="leave it blank to have it proposed",
    )
    found = joined(pl.col("law_mean").round_sig_figs(4), " periods for ", name)
    late = lanes.filter(hours > HOURS_PER_YEAR)
    findings += mark(
        subject,
        "lane.lead_time_long",
        rows=late,
        table="lanes",
        column="lead_time",
        found=found,
        fix="write it in periods of the project",
    )
    top = pl.col("mode").replace_strict(SPEEDS_KMH, default=None, return_dtype=pl.Float64)
    # What leaves at the start of one period arrives by the end of the last, one period more than the lead time says.
    fast = lanes.filter((pl.col("law_mean") > 0) & (pl.col("distance_km") > top * (hours + subject.settings.period.hours)))
    found = joined(
        pl.col("distance_km").round_sig_figs(4),
        " km by ",
        pl.col("mode"),
        " in ",
        pl.col("law_mean").round_sig_figs(3),
        " periods",
    )
    fix = "check the distance, the mode and the unit of the lead time"
    return findings + mark(subject, "lane.too_fast", rows=fast, table="lanes", column="lead_time", found=found, fix=fix)


def _capacities(subject: Subject) -> list[Finding]:
    findings: list[Finding] = []
    for table in ("lanes", "sources", "resources"):
        shut = subject.table(table).filter(pl.col("capacity") == 0)
        findings += mark(
            subject,
            "capacity.zero",
            rows=shut,
            table=table,
            column="capacity",
            found=pl.lit("0"),
            fix="leave it blank if it is unlimited" if table != "resources" else "remove the resource if it is unlimited",
        )
    return findings
